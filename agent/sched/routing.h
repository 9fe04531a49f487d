/* SPDX-License-Identifier: GPL-2.0 */
/*
 * routing.h - a set of routes for an instance, and the check that it is one:
 * separate code from what finds it, so that neither can excuse the other.
 */
#ifndef VOLTGATE_SCHED_ROUTING_H
#define VOLTGATE_SCHED_ROUTING_H

#include <stdbool.h>

#include "agent/sched/evrptw.h"

#define ROUTING_STOPS_MAX (4 * EVRPTW_NODES_MAX)

struct routing_route {
	u32 first, count; /* in stops; without the depot at both ends */
};

struct routing {
	u32 vehicles;
	double distance;
	struct routing_route route[EVRPTW_NODES_MAX];
	u32 stop_count;
	u16 stops[ROUTING_STOPS_MAX];	  /* customers and stations in the order of the visits */
	bool partial;			  /* stations charge what @charge says, not always all */
	double charge[ROUTING_STOPS_MAX]; /* energy taken at each stop */
};

struct routing_fault {
	char text[240]; /* the first thing wrong, in words */
};

#define ROUTING_TOLERANCE 1e-6

/* Drives every route as it stands. 0 with the distance driven; -EINVAL with the fault. */
int routing_check(const struct evrptw *instance, const struct routing *routing, double *ret_distance,
		  struct routing_fault *ret_fault);

#endif
