/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fleetdraw.h - fleets drawn by seed: a town with its stations and a day's
 * vehicles, as large and as crowded as asked for.
 */
#ifndef VOLTGATE_TESTS_FLEETDRAW_H
#define VOLTGATE_TESTS_FLEETDRAW_H

#include "agent/sched/fleet.h"

struct fleetdraw {
	u64 seed;
	u32 vehicles, stations, periods, period_s, choices;
	u32 chargers; /* of a station, on average */
	u32 span_m;
	u32 sessions; /* periods that a session takes, at most about */
	bool limited; /* some stations have less power than chargers */
	bool tariffs; /* prices change over the day */
};

struct fleet *fleetdraw(const struct fleetdraw *wish);
/* The same as the text of a fleet file; malloc'd. */
char *fleetdraw_text(const struct fleet *fleet, size_t *ret_len);

#endif
