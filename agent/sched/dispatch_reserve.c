// SPDX-License-Identifier: GPL-2.0
/*
 * dispatch_reserve.c - room that units keep upwards, in the program of
 * dispatch.h: a column a unit and period, a row that holds output + reserve to the most, a row a period that asks for
 * the sum.
 */
#include <math.h>

#include "agent/sched/dispatch_parts.h"

double dispatch_reserve_most(const struct grid_unit *unit)
{
	if (unit->wind)
		return 0;
	return unit->ramp > 0 ? unit->ramp * DISPATCH_RESERVE_HOURS : INFINITY;
}

void dispatch_reserve_columns(struct dispatch *dispatch)
{
	const struct grid *grid = dispatch->grid;
	size_t i;

	for (i = 0; dispatch->reserve && i < (size_t)dispatch->problem->periods * grid->units; i++) {
		dispatch->reserve[i] =
			qp_column(dispatch->qp, 0, dispatch_reserve_most(&grid->unit[i % grid->units]), 0, 0);
		if (dispatch->problem->form == DISPATCH_LAZY)
			qp_block(dispatch->qp,
				 dispatch_unit_block(dispatch, (u32)(i / grid->units), (u32)(i % grid->units)));
	}
}

void dispatch_reserve_rows(struct dispatch *dispatch)
{
	const struct grid *grid = dispatch->grid;
	u32 t, u;

	for (t = 0; dispatch->reserve && t < dispatch->problem->periods; t++) {
		for (u = 0; u < grid->units; u++) {
			size_t at = (size_t)t * grid->units + u;
			double most =
				dispatch->problem->available ? dispatch->problem->available[at] : grid->unit[u].most;

			dispatch->room[at] = ~0U;
			if (grid->unit[u].wind || most == INFINITY)
				continue;
			dispatch->room[at] = qp_row(dispatch->qp, -INFINITY, most);
			qp_term(dispatch->qp, dispatch->output[at], 1);
			qp_term(dispatch->qp, dispatch->reserve[at], 1);
		}
		dispatch->need[t] = qp_row(dispatch->qp, dispatch->problem->reserve[t], INFINITY);
		for (u = 0; u < grid->units; u++)
			qp_term(dispatch->qp, dispatch->reserve[(size_t)t * grid->units + u], 1);
	}
}

void dispatch_reserve_read(struct dispatch *dispatch)
{
	struct dispatch_plan *plan = dispatch->plan;
	const double *value = qp_values(dispatch->qp), *price = qp_prices(dispatch->qp);
	double hours = dispatch->problem->hours;
	size_t i;

	for (i = 0; dispatch->reserve && i < (size_t)plan->periods * plan->units; i++) {
		plan->reserve[i] = value[dispatch->reserve[i]];
		plan->headroom[i] = dispatch->room[i] == ~0U ? 0 : price[dispatch->room[i]] / hours;
	}
	for (i = 0; dispatch->reserve && i < plan->periods; i++)
		plan->reserve_price[i] = price[dispatch->need[i]] / hours;
}
