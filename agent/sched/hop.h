/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hop.h - the ways from one place (depot or customer) to the next: directly,
 * or by one or two recharging stations. Worked out once for an instance; ways
 * that another one beats in every respect are left out.
 */
#ifndef VOLTGATE_SCHED_HOP_H
#define VOLTGATE_SCHED_HOP_H

#include <stdbool.h>

#include "agent/sched/evrptw.h"

#define HOP_STATIONS 2
#define HOP_WAYS_MAX 12

struct hop {
	u8 stations; /* visited on the way */
	u16 station[HOP_STATIONS];
	double distance;     /* of the whole way */
	double energy_first; /* to the first station, or to the end */
	double time_first;
	double time_middle;		    /* between two stations, charging at the second included */
	double energy_middle, drive_middle; /* between two stations, without charging */
	double energy_last, time_last;	    /* from the last station to the end */
	double due_first,
		slack_last; /* windows of the stations on the way: latest arrival at the first and at the second */
};

struct hops {
	const struct evrptw *instance;
	bool partial;	 /* stations charge as much as one likes, not always all */
	u32 places;	 /* depot and customers */
	u32 *first;	 /* places x places + 1: ways of (from, to) are way[first .. next first) */
	struct hop *way; /* of one pair, shortest first */
};

/* -ENOMEM. A pair may have no way at all. */
int hops_new(const struct evrptw *instance, bool partial, struct hops **ret_hops);
void hops_free(struct hops *hops);

static inline const struct hop *hops_ways(const struct hops *hops, u32 from, u32 to, u32 *ret_count)
{
	size_t pair = (size_t)from * hops->places + to;

	*ret_count = hops->first[pair + 1] - hops->first[pair];
	return &hops->way[hops->first[pair]];
}

#endif
