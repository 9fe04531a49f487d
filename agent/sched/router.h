/* SPDX-License-Identifier: GPL-2.0 */
/*
 * router.h - finds routes: first few vehicles, then short ones.
 *
 * Slack induction by string removals (Christiaens, Vanden Berghe 2020): strings of neighbouring customers are taken
 * out of a few tours near each other and put back greedily, under simulated annealing. While vehicles are being
 * saved, customers may stay unserved for a while, and those that are often unserved weigh more. Stations follow
 * from each tour by labels (tour.h), exactly but for the bounded number of labels.
 *
 * The same instance, seed and rounds give the same routes; a deadline that cuts the rounds short is told.
 */
#ifndef VOLTGATE_SCHED_ROUTER_H
#define VOLTGATE_SCHED_ROUTER_H

#include "agent/sched/routing.h"

struct router_options {
	u64 seed;
	bool partial;	/* recharging by as much as one likes; else always all */
	double seconds; /* plans so many rounds as take about this long on a slow core, and ends at twice of it */
	u64 rounds;	/* instead, if not 0 */
	/* Every half second of work. False ends the search with the best so far. May be NULL. */
	bool (*progress)(void *arg, double done, u32 vehicles, double distance);
	void *arg;
};

struct router_report {
	u64 rounds;
	bool cut_short;	 /* by the deadline or by progress() */
	u32 unreachable; /* a customer that no vehicle can serve alone, 0: none */
};

/* 0 with a routing that routing_check() accepts; -ENOSPC: more vehicles are needed than there are; -EINVAL: a customer
 * cannot be served at all; -ENOMEM. */
int router_solve(const struct evrptw *instance, const struct router_options *options, struct routing *ret_routing,
		 struct router_report *ret_report);

#endif
