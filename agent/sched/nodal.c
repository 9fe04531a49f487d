// SPDX-License-Identifier: GPL-2.0
/*
 * nodal.c - see nodal.h.
 */
#include <math.h>

#include "agent/sched/dispatch.h"
#include "agent/sched/nodal.h"

double nodal_demand(const struct grid *grid, const double *load, u32 b)
{
	double demand = load[b], shift;
	u32 i;

	for (i = 0; i < grid->branches; i++) {
		shift = grid->branch[i].susceptance * grid->branch[i].shift;
		demand -= grid->branch[i].from == b ? shift : grid->branch[i].to == b ? -shift : 0;
	}
	return demand;
}

void nodal_inflow(struct qp *qp, const struct grid *grid, u32 b, u32 angles)
{
	u32 i;

	for (i = 0; i < grid->branches; i++) {
		const struct grid_branch *branch = &grid->branch[i];
		double per = branch->susceptance * NODAL_ANGLE;

		if (branch->from != b && branch->to != b)
			continue;
		qp_term(qp, angles + b, -per);
		qp_term(qp, angles + (branch->from == b ? branch->to : branch->from), per);
	}
}

u32 nodal_limit(struct qp *qp, const struct grid *grid, u32 l, double scale, u32 angles)
{
	const struct grid_branch *branch = &grid->branch[l];
	double least, most, shift = branch->susceptance * branch->shift;
	u32 row;

	dispatch_flow_limits(branch, scale, &least, &most);
	if (least == -INFINITY && most == INFINITY)
		return ~0U;
	row = qp_row(qp, least + shift, most + shift);
	qp_term(qp, angles + branch->from, branch->susceptance * NODAL_ANGLE);
	qp_term(qp, angles + branch->to, -branch->susceptance * NODAL_ANGLE);
	return row;
}
