// SPDX-License-Identifier: GPL-2.0
/*
 * crowd.c - see crowd.h.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/sched/crowd.h"

void crowd_done(struct crowd *crowd)
{
	free(crowd->station);
	free(crowd->class);
	memset(crowd, 0, sizeof(*crowd));
}

const char *crowd_fault(const struct crowd *crowd, u32 i, u32 periods, double hours)
{
	const struct crowd_class *class = &crowd->class[i];

	if (class->station >= crowd->stations)
		return "a station that is not there";
	if (class->arrive > class->depart || class->depart >= periods)
		return "a stay that ends before it begins, or after the last period";
	if (!(class->energy >= 0) || !(class->power >= 0) || isinf(class->energy) || isinf(class->power))
		return "an energy or a power below 0 or without end";
	if (class->energy >
	    class->power * hours * (class->depart - class->arrive + 1) * crowd->station[class->station].efficiency +
		    1e-9)
		return "more energy to take up than its power gives during its stay";
	return NULL;
}

/* Full power from the first period on, what is left in the last. */
void crowd_uncontrolled(const struct crowd *crowd, u32 periods, double hours, double *ret_power)
{
	u32 i, t;

	(void)periods;
	for (i = 0; i < crowd->classes; i++) {
		const struct crowd_class *class = &crowd->class[i];
		double left = class->energy / crowd->station[class->station].efficiency, part;

		for (t = class->arrive; t <= class->depart && left > 0; t++) {
			part = fmin(left, class->power * hours);
			ret_power[(size_t)t * crowd->stations + class->station] += class->count * part / hours;
			left -= part;
		}
	}
}

void crowd_even(const struct crowd *crowd, u32 periods, double hours, double *ret_power)
{
	u32 i, t;

	(void)periods;
	for (i = 0; i < crowd->classes; i++) {
		const struct crowd_class *class = &crowd->class[i];
		double part = class->count * class->energy / crowd->station[class->station].efficiency /
			      (hours * (class->depart - class->arrive + 1));

		for (t = class->arrive; t <= class->depart; t++)
			ret_power[(size_t)t * crowd->stations + class->station] += part;
	}
}

void crowd_add(const struct crowd *crowd, u32 buses, u32 periods, const double *power, double *load)
{
	u32 t, s;

	for (t = 0; t < periods; t++)
		for (s = 0; s < crowd->stations; s++)
			load[(size_t)t * buses + crowd->station[s].bus] += power[(size_t)t * crowd->stations + s];
}

static void crowd_bounds(const struct crowd *crowd, u32 periods, u32 i, double *charge, double *least, double *most)
{
	const struct crowd_class *class = &crowd->class[i];
	u32 t;

	for (t = 0; t < periods; t++) {
		size_t at = (size_t)t * crowd->classes + i;

		charge[at] = t >= class->arrive && t <= class->depart ? class->power * class->count : 0;
		least[at] = t >= class->depart ? class->energy * class->count : 0;
		most[at] = class->energy * class->count;
	}
}

int crowd_flexible(const struct crowd *crowd, u32 periods, double hours, struct dispatch_stations *ret_stations)
{
	size_t room = (size_t)periods * crowd->classes + 1;
	struct dispatch_station *station = calloc((size_t)crowd->classes + 1, sizeof(*station));
	double *charge = calloc(room, sizeof(double)), *discharge = calloc(room, sizeof(double));
	double *least = calloc(room, sizeof(double)), *most = calloc(room, sizeof(double));
	u32 i;

	(void)hours;
	*ret_stations = (struct dispatch_stations){ crowd->classes, station, charge, discharge, least, most };
	if (!station || !charge || !discharge || !least || !most) {
		crowd_flexible_done(ret_stations);
		return -ENOMEM;
	}
	for (i = 0; i < crowd->classes; i++) {
		const struct crowd_station *at = &crowd->station[crowd->class[i].station];

		snprintf(station[i].name, sizeof(station[i].name), "%.20s/%u", at->name, i + 1);
		station[i].bus = at->bus;
		station[i].charge_efficiency = at->efficiency;
		station[i].discharge_efficiency = 1;
		crowd_bounds(crowd, periods, i, charge, least, most);
	}
	return 0;
}

void crowd_flexible_done(struct dispatch_stations *stations)
{
	free((void *)stations->station);
	free((void *)stations->charge);
	free((void *)stations->discharge);
	free((void *)stations->stock_least);
	free((void *)stations->stock_most);
	memset(stations, 0, sizeof(*stations));
}
