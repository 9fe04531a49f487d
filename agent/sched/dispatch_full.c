// SPDX-License-Identifier: GPL-2.0
/*
 * dispatch_full.c - every bus balanced and every limit given at once, by angles: the baseline.
 */
#include "agent/sched/dispatch_parts.h"

static void dispatch_full_balance(struct dispatch *dispatch, u32 t, u32 b, u32 angles)
{
	const struct grid *grid = dispatch->grid;
	double load = nodal_demand(dispatch->nodal, &dispatch->problem->load[(size_t)t * grid->buses], b);
	u32 i;

	dispatch->balance[(size_t)t * grid->buses + b] = qp_row(dispatch->qp, load, load);
	for (i = dispatch->nodal->unit_start[b]; i < dispatch->nodal->unit_start[b + 1]; i++)
		qp_term(dispatch->qp, dispatch->output[(size_t)t * grid->units + dispatch->nodal->unit[i]], 1);
	for (i = 0; i < dispatch_stations(dispatch->problem); i++)
		if (dispatch->problem->stations->station[i].bus == b)
			dispatch_station_terms(dispatch, t, i, 1);
	nodal_inflow(dispatch->qp, dispatch->nodal, b, angles);
}

void dispatch_full_rows(struct dispatch *dispatch)
{
	const struct grid *grid = dispatch->grid;
	u32 t, i, angles;

	for (t = 0; t < dispatch->problem->periods; t++) {
		angles = dispatch->angle[(size_t)t * grid->buses];
		for (i = 0; i < grid->buses; i++)
			dispatch_full_balance(dispatch, t, i, angles);
		for (i = 0; i < grid->branches; i++)
			dispatch->limit[(size_t)t * grid->branches + i] =
				nodal_limit(dispatch->qp, grid, i, dispatch->problem->limits_scale, angles);
	}
}

void dispatch_price_full(struct dispatch *dispatch)
{
	const struct grid *grid = dispatch->grid;
	struct dispatch_plan *plan = dispatch->plan;
	const double *price = qp_prices(dispatch->qp);
	double hours = dispatch->problem->hours;
	u32 t, i;

	for (t = 0; t < plan->periods; t++) {
		for (i = grid->buses; i-- > 0;) { /* downwards: the island's first bus has the last word */
			double at = price[dispatch->balance[(size_t)t * grid->buses + i]] / hours;

			plan->price[(size_t)t * grid->buses + i] = at;
			plan->energy[(size_t)t * grid->islands + grid->bus[i].island] = at;
		}
		for (i = 0; i < grid->branches; i++) {
			u32 row = dispatch->limit[(size_t)t * grid->branches + i];

			plan->rent[(size_t)t * grid->branches + i] = row == ~0U ? 0 : price[row] / hours;
		}
	}
}
