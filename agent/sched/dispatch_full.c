// SPDX-License-Identifier: GPL-2.0
/*
 * dispatch_full.c - every bus balanced and every limit given at once, by angles: the baseline.
 */
#include <math.h>

#include "agent/sched/dispatch_parts.h"

#define DISPATCH_ANGLE 1e-3 /* radians of an angle column: brings its coefficients near 1 */

void dispatch_full_rows(struct dispatch *dispatch)
{
	const struct grid *grid = dispatch->grid;
	double least, most, load, shift;
	u32 t, b, i;

	for (t = 0; t < dispatch->problem->periods; t++) {
		const u32 *angle = &dispatch->angle[(size_t)t * grid->buses];

		for (b = 0; b < grid->buses; b++) {
			load = dispatch->problem->load[(size_t)t * grid->buses + b];
			for (i = 0; i < grid->branches; i++) {
				shift = grid->branch[i].susceptance * grid->branch[i].shift;
				load -= grid->branch[i].from == b ? shift : grid->branch[i].to == b ? -shift : 0;
			}
			dispatch->balance[(size_t)t * grid->buses + b] = qp_row(dispatch->qp, load, load);
			for (i = 0; i < grid->units; i++)
				if (grid->unit[i].bus == b)
					qp_term(dispatch->qp, dispatch->output[(size_t)t * grid->units + i], 1);
			for (i = 0; i < dispatch_stations(dispatch->problem); i++)
				if (dispatch->problem->stations->station[i].bus == b)
					dispatch_station_terms(dispatch, t, i, 1);
			for (i = 0; i < grid->branches; i++) {
				const struct grid_branch *branch = &grid->branch[i];

				if (branch->from != b && branch->to != b)
					continue;
				qp_term(dispatch->qp, angle[b], -branch->susceptance * DISPATCH_ANGLE);
				qp_term(dispatch->qp, angle[branch->from == b ? branch->to : branch->from],
					branch->susceptance * DISPATCH_ANGLE);
			}
		}
		for (i = 0; i < grid->branches; i++) {
			const struct grid_branch *branch = &grid->branch[i];

			shift = branch->susceptance * branch->shift;
			dispatch_flow_limits(branch, dispatch->problem->limits_scale, &least, &most);
			if (least == -INFINITY && most == INFINITY)
				continue;
			dispatch->limit[(size_t)t * grid->branches + i] =
				qp_row(dispatch->qp, least + shift, most + shift);
			qp_term(dispatch->qp, angle[branch->from], branch->susceptance * DISPATCH_ANGLE);
			qp_term(dispatch->qp, angle[branch->to], -branch->susceptance * DISPATCH_ANGLE);
		}
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
