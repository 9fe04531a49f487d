/* SPDX-License-Identifier: GPL-2.0 */
/*
 * oracle.h - the best routes of a tiny instance by trying everything: each
 * vehicle drives stop by stop to whatever is left, stations in between as it
 * likes (at most two in a row). Slow and obvious; shares no code with the solver.
 */
#ifndef VOLTGATE_TESTS_ORACLE_H
#define VOLTGATE_TESTS_ORACLE_H

#include "agent/sched/evrptw.h"

struct oracle {
	u32 vehicles;	 /* fewest; 0: impossible */
	double distance; /* shortest with so many */
};

/*
 * Partial recharge, for instances whose distances and battery are whole, with rates of 1: then whole amounts are
 * enough, and the earliest time for each whole energy says all. Slow, obvious, and unlike the solver.
 */
void oracle_solve_partial(const struct evrptw *instance, struct oracle *ret_best);

/* At most some 7 customers. */
void oracle_solve(const struct evrptw *instance, struct oracle *ret_best);

#endif
