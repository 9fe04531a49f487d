/* SPDX-License-Identifier: GPL-2.0 */
/*
 * crowd.h - many vehicles plugged in at stations, in classes of equals: when
 * they came, when they leave, what they want by then. What a grid sees of a fleet whose vehicles have a station
 * already.
 *
 * Powers in MW at the plug, energies in MWh in the battery, periods from 0; a class may charge in arrive .. depart,
 * both included.
 */
#ifndef VOLTGATE_SCHED_CROWD_H
#define VOLTGATE_SCHED_CROWD_H

#include "agent/sched/dispatch.h"

#define CROWD_STATIONS_MAX 2000
#define CROWD_CLASSES_MAX 1000000
#define CROWD_COUNT_MAX 1000000 /* vehicles of a class */

struct crowd_station {
	char name[GRID_NAME_MAX];
	u32 bus; /* index */
	double efficiency;
	double limit; /* MW of the connection; 0: none known. Shown, not enforced */
};

struct crowd_class {
	u32 station, count;
	u32 arrive, depart;
	double energy, power; /* of one vehicle */
};

struct crowd {
	u32 stations, classes;
	struct crowd_station *station;
	struct crowd_class *class;
};

void crowd_done(struct crowd *crowd);
/* NULL: fine; else what is wrong with class @i, as "energy that ...". */
const char *crowd_fault(const struct crowd *crowd, u32 i, u32 periods, double hours);
/* Each at full power from its arrival until it has what it wants: adds up MW, periods x stations. */
void crowd_uncontrolled(const struct crowd *crowd, u32 periods, double hours, double *ret_power);
/* Each spread evenly over its stay. */
void crowd_even(const struct crowd *crowd, u32 periods, double hours, double *ret_power);
/* Adds @power (periods x stations) to @load (periods x buses). */
void crowd_add(const struct crowd *crowd, u32 buses, u32 periods, const double *power, double *load);

/* The classes as loads that may wait, one dispatch station each: exact, for their members are equal. -ENOMEM. */
int crowd_flexible(const struct crowd *crowd, u32 periods, double hours, struct dispatch_stations *ret_stations);
void crowd_flexible_done(struct dispatch_stations *stations);

#endif
