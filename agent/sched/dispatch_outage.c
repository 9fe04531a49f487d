// SPDX-License-Identifier: GPL-2.0
/*
 * dispatch_outage.c - limits after the outage of a branch (N-1) in the program
 * of dispatch.h: added when violated, by distribution factors, or all at once by angles.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "agent/sched/contingency.h"
#include "agent/sched/dispatch_parts.h"

#define DISPATCH_OUTAGE_SLACK 1e-7 /* MW, as in dispatch_lazy.c */
#define DISPATCH_OUTAGE_FELT 1e-6  /* factors below are left out of the full form */

void dispatch_outage_limits(const struct dispatch_problem *problem, u32 l, double *ret_least, double *ret_most)
{
	dispatch_flow_limits(&problem->grid->branch[l],
			     problem->limits_scale * (problem->outage_scale > 0 ? problem->outage_scale : 1), ret_least,
			     ret_most);
}

/* Notes the limit that row @row holds. */
static int dispatch_outage_note(struct dispatch *dispatch, const struct dispatch_outage *outage, u32 row)
{
	struct dispatch_plan *plan = dispatch->plan;
	u32 room = dispatch->outage_space ? 2 * dispatch->outage_space : 64;
	void *grown;

	if (plan->outages == dispatch->outage_space) {
		grown = realloc(plan->after, room * sizeof(*plan->after));
		if (!grown)
			return -ENOMEM;
		plan->after = grown;
		grown = realloc(dispatch->outage_row, room * sizeof(u32));
		if (!grown)
			return -ENOMEM;
		dispatch->outage_row = grown;
		dispatch->outage_space = room;
	}
	plan->after[plan->outages] = *outage;
	dispatch->outage_row[plan->outages++] = row;
	return 0;
}

static bool dispatch_outage_noted(const struct dispatch_plan *plan, const struct dispatch_outage *outage)
{
	u32 i;

	for (i = 0; i < plan->outages; i++)
		if (plan->after[i].period == outage->period && plan->after[i].branch == outage->branch &&
		    plan->after[i].outage == outage->outage)
			return true;
	return false;
}

/* Keeps the worst outage of each period and branch in @worst. */
static void dispatch_outage_compare(const struct dispatch *dispatch, u32 k, const double *factor,
				    struct dispatch_outage *worst, double *excess)
{
	const struct grid *grid = dispatch->grid;
	double least, most, flow, by;
	u32 t, l;

	for (l = 0; l < grid->branches; l++) {
		dispatch_outage_limits(dispatch->problem, l, &least, &most);
		if (l == k || (least == -INFINITY && most == INFINITY))
			continue;
		for (t = 0; t < dispatch->problem->periods; t++) {
			size_t at = (size_t)t * grid->branches + l;
			struct dispatch_outage outage = { t, l, k, factor[l], 0, 0 };

			flow = dispatch->plan->flow[at] +
			       factor[l] * dispatch->plan->flow[(size_t)t * grid->branches + k];
			by = fmax(least - flow, flow - most);
			if (by > DISPATCH_OUTAGE_SLACK && by > excess[at] &&
			    !dispatch_outage_noted(dispatch->plan, &outage)) {
				excess[at] = by;
				worst[at] = outage;
			}
		}
	}
}

static int dispatch_outage_add(struct dispatch *dispatch, const struct dispatch_outage *outage)
{
	double least, most;
	u32 row;

	dispatch_outage_limits(dispatch->problem, outage->branch, &least, &most);
	row = dispatch_factor_row(dispatch, outage->period, outage->branch, outage->outage, outage->factor, least,
				  most);
	return row == ~0U ? -ENOMEM : dispatch_outage_note(dispatch, outage, row);
}

int dispatch_outage_violated(struct dispatch *dispatch)
{
	const struct grid *grid = dispatch->grid;
	size_t count = (size_t)dispatch->problem->periods * grid->branches, i;
	struct dispatch_outage *worst = calloc(count + 1, sizeof(*worst));
	double *excess = calloc(count + 1, sizeof(*excess)),
	       *factor = calloc((size_t)grid->branches + 1, sizeof(double));
	int err = worst && excess && factor ? 0 : -ENOMEM, added = 0;
	u32 k;

	dispatch->plan->splits = 0;
	for (k = 0; !err && k < grid->branches; k++) {
		err = contingency_factors(grid, dispatch->ptdf, k, factor);
		if (!err)
			dispatch_outage_compare(dispatch, k, factor, worst, excess);
		dispatch->plan->splits += err == -ENOENT;
		err = err == -ENOENT ? 0 : err;
	}
	for (i = 0; !err && i < count; i++)
		if (excess[i] > 0) {
			err = dispatch_outage_add(dispatch, &worst[i]);
			added++;
		}
	free(worst);
	free(excess);
	free(factor);
	return err ? err : added;
}

/* One outage's limits in all periods, flows by their angles. */
static int dispatch_outage_rows(struct dispatch *dispatch, u32 k, const double *factor)
{
	const struct grid *grid = dispatch->grid;
	const struct grid_branch *out = &grid->branch[k];
	double least, most, shift;
	int err = 0;
	u32 t, l, row;

	for (l = 0; l < grid->branches; l++) {
		const struct grid_branch *branch = &grid->branch[l];

		dispatch_outage_limits(dispatch->problem, l, &least, &most);
		if (l == k || fabs(factor[l]) < DISPATCH_OUTAGE_FELT || (least == -INFINITY && most == INFINITY))
			continue;
		shift = branch->susceptance * branch->shift + factor[l] * out->susceptance * out->shift;
		for (t = 0; !err && t < dispatch->problem->periods; t++) {
			u32 angles = dispatch->angle[(size_t)t * grid->buses];

			row = qp_row(dispatch->qp, least + shift, most + shift);
			qp_term(dispatch->qp, angles + branch->from, branch->susceptance * NODAL_ANGLE);
			qp_term(dispatch->qp, angles + branch->to, -branch->susceptance * NODAL_ANGLE);
			qp_term(dispatch->qp, angles + out->from, factor[l] * out->susceptance * NODAL_ANGLE);
			qp_term(dispatch->qp, angles + out->to, -factor[l] * out->susceptance * NODAL_ANGLE);
			err = dispatch_outage_note(dispatch, &(struct dispatch_outage){ t, l, k, factor[l], 0, 0 },
						   row);
		}
	}
	return err;
}

int dispatch_outage_full(struct dispatch *dispatch)
{
	const struct grid *grid = dispatch->grid;
	double *factor = calloc((size_t)grid->branches + 1, sizeof(*factor));
	int err = factor ? 0 : -ENOMEM;
	u32 k;

	for (k = 0; !err && k < grid->branches; k++) {
		err = contingency_factors(grid, dispatch->ptdf, k, factor);
		if (!err)
			err = dispatch_outage_rows(dispatch, k, factor);
		dispatch->plan->splits += err == -ENOENT;
		err = err == -ENOENT ? 0 : err;
	}
	free(factor);
	return err;
}

/* Flows and rents; what did not bind is dropped, so that a plan tells only what mattered. Not before all is solved. */
void dispatch_outage_read(struct dispatch *dispatch)
{
	struct dispatch_plan *plan = dispatch->plan;
	const double *price = qp_prices(dispatch->qp);
	u32 i, kept = 0;

	for (i = 0; i < plan->outages; i++) {
		struct dispatch_outage outage = plan->after[i];

		outage.rent = price[dispatch->outage_row[i]] / dispatch->problem->hours;
		outage.flow = plan->flow[(size_t)outage.period * plan->branches + outage.branch] +
			      outage.factor * plan->flow[(size_t)outage.period * plan->branches + outage.outage];
		if (outage.rent)
			plan->after[kept++] = outage;
	}
	plan->outages = kept;
}
