/* SPDX-License-Identifier: GPL-2.0 */
/*
 * nodal.h - the network in a quadratic program, by angles: what each bus's
 * balance and each branch's limit contribute to a row. Dispatch and the search for conflicts build the same network of
 * it.
 */
#ifndef VOLTGATE_SCHED_NODAL_H
#define VOLTGATE_SCHED_NODAL_H

#include "agent/sched/grid.h"
#include "agent/sched/qp.h"

#define NODAL_ANGLE 1e-3 /* radians of an angle column: brings its coefficients near 1 */

/* Who is where: units and branches by bus, units and buses by island. Made once for a grid that no longer changes. */
struct nodal {
	const struct grid *grid;
	u32 *branch_start, *branch; /* of bus b: branch[branch_start[b]] .. branch[branch_start[b + 1] - 1] */
	u32 *unit_start, *unit;
	u32 *island_start, *island_unit;
	double *shifted; /* by bus: what phase shifters feed in there at angle 0 */
};

struct nodal *nodal_new(const struct grid *grid);
void nodal_free(struct nodal *nodal);
/* What must be fed in at bus @b beyond what its angles carry: its load, phase shifters' flows taken off. */
double nodal_demand(const struct nodal *nodal, const double *load, u32 b);
/* Adds what flows towards bus @b to the row at hand; angle columns stand from @angles on, one a bus. */
void nodal_inflow(struct qp *qp, const struct nodal *nodal, u32 b, u32 angles);
/* A row that holds branch @l to its limits. Index; ~0: it has none. */
u32 nodal_limit(struct qp *qp, const struct grid *grid, u32 l, double scale, u32 angles);

#endif
