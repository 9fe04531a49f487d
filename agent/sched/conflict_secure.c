// SPDX-License-Identifier: GPL-2.0
/*
 * conflict_secure.c - reserve and limits after outages in the filter of
 * conflict.h.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "agent/sched/conflict_parts.h"
#include "agent/sched/contingency.h"
#include "agent/sched/dispatch_parts.h"

#define FILTER_FELT 1e-6 /* factors below are left out, as in dispatch_outage.c */

void filter_reserve_columns(const struct filter *filter, struct qp *qp, u32 *ret_first)
{
	u32 u, column;

	for (u = 0; filter->problem->reserve && u < filter->grid->units; u++) {
		column = qp_column(qp, 0, dispatch_reserve_most(&filter->grid->unit[u]), 0, 0);
		*ret_first = u ? *ret_first : column;
	}
}

void filter_reserve_rows(const struct filter *filter, struct qp *qp, u32 t, u32 units, u32 reserve)
{
	u32 u;

	if (!filter->problem->reserve || !filter->reserve[t])
		return;
	for (u = 0; u < filter->grid->units; u++) {
		if (filter->grid->unit[u].wind)
			continue;
		qp_row(qp, -INFINITY, filter->most[u] ? filter_most(filter, t, u) : INFINITY);
		qp_term(qp, units + u, 1);
		qp_term(qp, reserve + u, 1);
	}
	qp_row(qp, filter->problem->reserve[t], INFINITY);
	for (u = 0; u < filter->grid->units; u++)
		qp_term(qp, reserve + u, 1);
}

static void filter_outage_row(const struct filter *filter, struct qp *qp, u32 k, u32 l, u32 angles)
{
	const struct grid_branch *branch = &filter->grid->branch[l], *out = &filter->grid->branch[k];
	double least, most, weight = filter->factor[l] * out->susceptance;
	double shift = branch->susceptance * branch->shift + weight * out->shift;

	dispatch_outage_limits(filter->problem, l, &least, &most);
	if (l == k || fabs(filter->factor[l]) < FILTER_FELT || (least == -INFINITY && most == INFINITY))
		return;
	qp_row(qp, least + shift, most + shift);
	qp_term(qp, angles + branch->from, branch->susceptance * NODAL_ANGLE);
	qp_term(qp, angles + branch->to, -branch->susceptance * NODAL_ANGLE);
	qp_term(qp, angles + out->from, weight * NODAL_ANGLE);
	qp_term(qp, angles + out->to, -weight * NODAL_ANGLE);
}

int filter_outages(const struct filter *filter, struct qp *qp, u32 angles)
{
	u32 k, l;
	int err = 0;

	for (k = 0; !err && filter->ptdf && k < filter->grid->branches; k++) {
		if (!filter->outage[k])
			continue;
		err = contingency_factors(filter->grid, filter->ptdf, k, filter->factor);
		for (l = 0; !err && l < filter->grid->branches; l++)
			filter_outage_row(filter, qp, k, l, angles);
		err = err == -ENOENT ? 0 : err; /* splits the network: not secured */
	}
	return err;
}

void filter_secure_all(struct filter *filter)
{
	u32 i;

	for (i = 0; i < filter->problem->periods; i++)
		filter->reserve[i] = filter->problem->reserve && filter->problem->reserve[i] > 0;
	for (i = 0; i < filter->grid->branches; i++)
		filter->outage[i] = filter->ptdf != NULL;
}

int filter_secure_word(const struct dispatch_problem *problem, const struct conflict_limit *limit, char *to,
		       size_t size)
{
	const struct grid_branch *branch = &problem->grid->branch[limit->index];

	if (limit->kind == CONFLICT_RESERVE)
		return snprintf(to, size, "period %u asks for a reserve of %g MW", limit->index + 1,
				problem->reserve[limit->index]);
	return snprintf(to, size, "the others keep their limits after the outage of branch %s (%s-%s)", branch->name,
			problem->grid->bus[branch->from].name, problem->grid->bus[branch->to].name);
}
