// SPDX-License-Identifier: GPL-2.0
/*
 * assign_ways.c - what each vehicle can do, and what that costs.
 */
#include <errno.h>
#include <stdlib.h>

#include "agent/sched/assign_parts.h"

s64 assign_cost(const struct assign_desk *desk, u32 vehicle, const struct assign_way *way, u32 start)
{
	const struct fleet_vehicle *who = &desk->fleet->vehicle[vehicle];
	const s64 *sum = &desk->sum[(size_t)way->station * (desk->periods + 1)];
	u32 last = start + way->periods - 1, finish = last * desk->fleet->period_s + way->finish_s;
	s64 money = (sum[last] - sum[start]) * way->slot_wh + (sum[last + 1] - sum[last]) * way->last_wh;

	/* Wh * 1/10000 yuan a kWh = 1e-7 yuan */
	return way->fixed + money * who->weight_price_pct / 100 +
	       (s64)who->weight_time_hour * (finish - who->arrival_s) * 10 / 36;
}

/* The session of a vehicle at a station; false: none is possible, @ret_state says why. */
static bool assign_way_make(const struct assign_desk *desk, u32 vehicle, u32 station, struct assign_way *ret_way,
			    enum assign_state *ret_state)
{
	const struct fleet *fleet = desk->fleet;
	const struct fleet_vehicle *who = &fleet->vehicle[vehicle];
	const struct fleet_station *where = &fleet->station[station];
	u32 distance = fleet_distance_m(fleet, who, where), spent = fleet_travel_wh(who, distance);
	u64 there = (u64)who->arrival_s + fleet_travel_s(fleet, distance), first, periods, end;

	*ret_state = ASSIGN_FAR;
	if (spent > who->energy_wh || !where->chargers)
		return false;
	*ret_state = ASSIGN_LATE;
	*ret_way = (struct assign_way){ .station = station };
	ret_way->rate_w = fleet_rate_w(who, where);
	ret_way->slot_wh = (u32)((u64)ret_way->rate_w * fleet->period_s / 3600);
	ret_way->energy_wh = who->need_wh - (who->energy_wh - spent);
	if (!ret_way->slot_wh)
		return false;
	periods = (ret_way->energy_wh + ret_way->slot_wh - 1) / ret_way->slot_wh;
	first = (there + fleet->period_s - 1) / fleet->period_s;
	end = who->deadline_s;
	ret_way->last_wh = ret_way->energy_wh - (u32)(periods - 1) * ret_way->slot_wh;
	ret_way->finish_s = (u32)(((u64)ret_way->last_wh * 3600 + ret_way->rate_w - 1) / ret_way->rate_w);
	/* start + periods - 1 = last period, whose finish must not be after the deadline nor the plan's end */
	if (first + periods > fleet->periods || (first + periods - 1) * fleet->period_s + ret_way->finish_s > end)
		return false;
	ret_way->first = (u16)first;
	ret_way->periods = (u16)periods;
	end = (end - ret_way->finish_s) / fleet->period_s; /* the latest last period */
	if (end > fleet->periods - 1)
		end = fleet->periods - 1;
	ret_way->last = (u16)(end - (periods - 1));
	ret_way->fixed = (s64)who->weight_rating_unit * (FLEET_RATING_MAX - where->rating) * 10;
	return true;
}

struct assign_near {
	u64 square;
	u32 station;
};

/* The nearest stations with chargers, nearest first. */
static u32 assign_nearest_stations(const struct fleet *fleet, const struct fleet_vehicle *who,
				   struct assign_near ret_near[64])
{
	u32 count = 0, i, j;

	for (i = 0; i < fleet->stations; i++) {
		s64 x = (s64)who->x_m - fleet->station[i].x_m, y = (s64)who->y_m - fleet->station[i].y_m;
		u64 square = (u64)(x * x + y * y);

		if (!fleet->station[i].chargers || (count == fleet->choices && square >= ret_near[count - 1].square))
			continue;
		if (count < fleet->choices)
			count++;
		for (j = count - 1; j && ret_near[j - 1].square > square; j--)
			ret_near[j] = ret_near[j - 1];
		ret_near[j] = (struct assign_near){ square, i };
	}
	return count;
}

static void assign_way_least(const struct assign_desk *desk, u32 vehicle, struct assign_way *way)
{
	u32 start;

	way->least = assign_cost(desk, vehicle, way, way->first);
	for (start = way->first + 1; start <= way->last; start++) {
		s64 cost = assign_cost(desk, vehicle, way, start);

		if (cost < way->least)
			way->least = cost;
	}
}

static u32 assign_ways_make(struct assign_desk *desk, u32 vehicle, struct assign_way *ret_way)
{
	struct assign_near near[64];
	const struct fleet_vehicle *who = &desk->fleet->vehicle[vehicle];
	u32 near_count = assign_nearest_stations(desk->fleet, who, near), count = 0, i, j;
	enum assign_state state;
	struct assign_way way;

	desk->state[vehicle] = ASSIGN_FAR;
	for (i = 0; i < near_count; i++) {
		if (!assign_way_make(desk, vehicle, near[i].station, &way, &state)) {
			if (state == ASSIGN_LATE && desk->state[vehicle] == ASSIGN_FAR)
				desk->state[vehicle] = ASSIGN_LATE;
			continue;
		}
		desk->state[vehicle] = ASSIGN_LEFT;
		assign_way_least(desk, vehicle, &way);
		for (j = count++; j && ret_way[j - 1].least > way.least; j--)
			ret_way[j] = ret_way[j - 1];
		ret_way[j] = way;
		desk->columns += way.last - way.first + 1u;
	}
	return count;
}

static void assign_desk_limits(struct assign_desk *desk, const struct assign_problem *problem)
{
	const struct fleet *fleet = desk->fleet;
	u32 i, t;

	for (i = 0; i < fleet->stations; i++) {
		const struct fleet_station *station = &fleet->station[i];
		s64 *sum = &desk->sum[(size_t)i * (fleet->periods + 1)];

		for (t = 0; t < fleet->periods; t++) {
			size_t at = (size_t)i * fleet->periods + t;

			desk->chargers[at] = problem->chargers ? problem->chargers[at] : station->chargers;
			desk->watts[at] = problem->watts     ? problem->watts[at]
					  : station->limit_w ? (s64)station->limit_w
							     : -1;
			sum[t + 1] = sum[t] + fleet->price[at];
			if (desk->watts[at] >= 0 && desk->watts[at] < (s64)desk->chargers[at] * station->power_w)
				desk->limited[i] = true;
		}
	}
}

static int assign_desk_fill(struct assign_desk *desk, const struct assign_problem *problem)
{
	const struct fleet *fleet = desk->fleet;
	u32 room = fleet->vehicles * 2 + 64, count = 0, v;
	struct assign_way *grown;

	desk->way = malloc(room * sizeof(*desk->way));
	if (!desk->way)
		return -ENOMEM;
	for (v = 0; v < fleet->vehicles; v++) {
		desk->first[v] = count;
		if (room - count < 64) {
			room *= 2;
			grown = realloc(desk->way, room * sizeof(*desk->way));
			if (!grown)
				return -ENOMEM;
			desk->way = grown;
		}
		if ((problem->leave && problem->leave[v]) || fleet->vehicle[v].energy_wh >= fleet->vehicle[v].need_wh)
			desk->state[v] = ASSIGN_CONTENT;
		else
			count += assign_ways_make(desk, v, &desk->way[count]);
	}
	desk->first[v] = count;
	return 0;
}

int assign_desk_new(const struct assign_problem *problem, struct assign_desk **ret_desk)
{
	const struct fleet *fleet = problem->fleet;
	struct assign_desk *desk = calloc(1, sizeof(*desk));
	size_t cells = (size_t)fleet->stations * fleet->periods + 1;
	int err = -ENOMEM;

	if (!desk)
		return -ENOMEM;
	desk->fleet = fleet;
	desk->periods = fleet->periods;
	desk->unserved = fleet->unserved * 1000;
	desk->first = calloc((size_t)fleet->vehicles + 1, sizeof(*desk->first));
	desk->state = calloc((size_t)fleet->vehicles + 1, sizeof(*desk->state));
	desk->sum = calloc(cells + fleet->stations, sizeof(*desk->sum));
	desk->chargers = calloc(cells, sizeof(*desk->chargers));
	desk->watts = calloc(cells, sizeof(*desk->watts));
	desk->limited = calloc((size_t)fleet->stations + 1, sizeof(*desk->limited));
	if (desk->first && desk->state && desk->sum && desk->chargers && desk->watts && desk->limited) {
		assign_desk_limits(desk, problem);
		err = assign_desk_fill(desk, problem);
	}
	if (err)
		assign_desk_free(desk);
	else
		*ret_desk = desk;
	return err;
}

void assign_desk_free(struct assign_desk *desk)
{
	if (!desk)
		return;
	free(desk->first);
	free(desk->way);
	free(desk->state);
	free(desk->sum);
	free(desk->chargers);
	free(desk->watts);
	free(desk->limited);
	free(desk);
}
