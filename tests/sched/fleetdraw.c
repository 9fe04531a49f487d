// SPDX-License-Identifier: GPL-2.0
/*
 * fleetdraw.c - see fleetdraw.h.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/sched/fleetdraw.h"

static u64 state;

static u32 draw(u32 least, u32 most)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return most > least ? least + (u32)((state >> 33) % (most - least + 1)) : least;
}

static void draw_station(struct fleet *fleet, const struct fleetdraw *wish, u32 i)
{
	struct fleet_station *station = &fleet->station[i];
	u32 t, price = draw(3000, 9000);

	snprintf(station->name, sizeof(station->name), "S%u", i + 1);
	station->x_m = (int)draw(0, wish->span_m);
	station->y_m = (int)draw(0, wish->span_m);
	station->chargers = draw(1, 2 * wish->chargers - 1);
	station->power_w = 1000 * draw(7, 22);
	station->rating = draw(100, 600);
	if (wish->limited && draw(0, 1))
		station->limit_w = station->chargers * station->power_w * draw(50, 90) / 100;
	for (t = 0; t < fleet->periods; t++) {
		if (wish->tariffs && !draw(0, 7))
			price = draw(3000, 12000);
		fleet->price[(size_t)i * fleet->periods + t] = price;
	}
}

static void draw_vehicle(struct fleet *fleet, const struct fleetdraw *wish, u32 i)
{
	struct fleet_vehicle *vehicle = &fleet->vehicle[i];
	u32 span = fleet->periods * fleet->period_s, stay;

	snprintf(vehicle->name, sizeof(vehicle->name), "V%u", i + 1);
	vehicle->x_m = (int)draw(0, wish->span_m);
	vehicle->y_m = (int)draw(0, wish->span_m);
	vehicle->power_w = 1000 * draw(7, 22);
	vehicle->battery_wh = draw(30000, 80000);
	vehicle->energy_wh = draw(2000, vehicle->battery_wh / 2);
	vehicle->need_wh = vehicle->energy_wh + draw(1, 7000 * fleet->period_s / 3600 * wish->sessions);
	if (vehicle->need_wh > vehicle->battery_wh)
		vehicle->need_wh = vehicle->battery_wh;
	vehicle->use_wh_km = draw(130, 220);
	vehicle->arrival_s = draw(0, span * 3 / 4);
	stay = fleet->period_s * (wish->sessions + 1) + draw(0, span / 5);
	vehicle->deadline_s = vehicle->arrival_s + stay;
	vehicle->gives_back = !draw(0, 3);
	vehicle->weight_price_pct = draw(0, 5) ? 100 : draw(0, 200);
	vehicle->weight_time_hour = draw(0, 1) ? 0 : draw(0, 50000);
	vehicle->weight_rating_unit = draw(0, 1) ? 0 : draw(0, 5000);
}

struct fleet *fleetdraw(const struct fleetdraw *wish)
{
	struct fleet *fleet = calloc(1, sizeof(*fleet));
	u32 i;

	state = wish->seed * 2862933555777941757ULL + 3037000493ULL;
	fleet->periods = wish->periods;
	fleet->period_s = wish->period_s;
	fleet->speed_m_h = 30000;
	fleet->detour_pct = 130;
	fleet->choices = wish->choices;
	fleet->unserved = 10000000;
	fleet->vehicles = wish->vehicles;
	fleet->stations = wish->stations;
	fleet->vehicle = calloc(wish->vehicles + 1u, sizeof(*fleet->vehicle));
	fleet->station = calloc(wish->stations + 1u, sizeof(*fleet->station));
	fleet->price = calloc((size_t)wish->stations * wish->periods + 1, sizeof(*fleet->price));
	for (i = 0; i < wish->stations; i++)
		draw_station(fleet, wish, i);
	for (i = 0; i < wish->vehicles; i++)
		draw_vehicle(fleet, wish, i);
	return fleet;
}

char *fleetdraw_text(const struct fleet *fleet, size_t *ret_len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_len);
	u32 i, t;

	fprintf(out, "[settings]\nperiod_s,periods,speed_m_h,detour_pct,choices,unserved\n%u,%u,%u,%u,%u,%lld\n",
		fleet->period_s, fleet->periods, fleet->speed_m_h, fleet->detour_pct, fleet->choices,
		(long long)fleet->unserved);
	fprintf(out, "[stations]\nname,bus,x_m,y_m,chargers,power_w,limit_w,rating\n");
	for (i = 0; i < fleet->stations; i++) {
		const struct fleet_station *station = &fleet->station[i];

		fprintf(out, "%s,%s,%d,%d,%u,%u,%u,%u\n", station->name, station->bus, station->x_m, station->y_m,
			station->chargers, station->power_w, station->limit_w, station->rating);
	}
	fprintf(out, "[prices]\nstation,from,price\n");
	for (i = 0; i < fleet->stations; i++)
		for (t = 0; t < fleet->periods; t++) {
			const u32 *price = &fleet->price[(size_t)i * fleet->periods];

			if (!t || price[t] != price[t - 1])
				fprintf(out, "%s,%u,%u\n", fleet->station[i].name, t, price[t]);
		}
	fprintf(out, "[vehicles]\nname,x_m,y_m,battery_wh,energy_wh,need_wh,arrival_s,deadline_s,power_w,use_wh_km,"
		     "v2g,weight_price_pct,weight_time_hour,weight_rating_unit\n");
	for (i = 0; i < fleet->vehicles; i++) {
		const struct fleet_vehicle *v = &fleet->vehicle[i];

		fprintf(out, "%s,%d,%d,%u,%u,%u,%u,%u,%u,%u,%s,%u,%u,%u\n", v->name, v->x_m, v->y_m, v->battery_wh,
			v->energy_wh, v->need_wh, v->arrival_s, v->deadline_s, v->power_w, v->use_wh_km,
			v->gives_back ? "yes" : "no", v->weight_price_pct, v->weight_time_hour, v->weight_rating_unit);
	}
	fclose(out);
	return text;
}
