// SPDX-License-Identifier: GPL-2.0
/*
 * dispatch_lazy.c - branch limits by distribution factors, added when violated.
 *
 * flow_l = sum over buses of factor_lb * (fed in - load + shifters) - susceptance_l * shift_l, so a limit on flow_l is
 * one row over units and stations. The price of a bus is energy + sum of rent_l * factor_lb.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "agent/sched/dispatch_parts.h"

#define DISPATCH_SLACK 1e-7 /* MW: a limit passed by less is met */
#define DISPATCH_PICKY 3    /* rounds that add only limits passed by ... */
#define DISPATCH_WORST 0.25 /* ... that share of the worst of their period */

void dispatch_balance_islands(struct dispatch *dispatch)
{
	const struct grid *grid = dispatch->grid;
	const struct nodal *nodal = dispatch->nodal;
	double *load = dispatch->factor; /* scratch: there are no more islands than buses */
	u32 t, i, island;

	for (t = 0; t < dispatch->problem->periods; t++) {
		memset(load, 0, grid->islands * sizeof(*load));
		for (i = 0; i < grid->buses; i++)
			load[grid->bus[i].island] += dispatch->problem->load[(size_t)t * grid->buses + i];
		for (island = 0; island < grid->islands; island++) {
			dispatch->balance[(size_t)t * grid->islands + island] =
				qp_row(dispatch->qp, load[island], load[island]);
			for (i = nodal->island_start[island]; i < nodal->island_start[island + 1]; i++)
				qp_term(dispatch->qp, dispatch->output[(size_t)t * grid->units + nodal->island_unit[i]],
					1);
			for (i = 0; i < dispatch_stations(dispatch->problem); i++)
				if (grid->bus[dispatch->problem->stations->station[i].bus].island == island)
					dispatch_station_terms(dispatch, t, i, 1);
		}
	}
}

u32 dispatch_factor_row(struct dispatch *dispatch, u32 t, u32 l, u32 k, double weight, double least, double most)
{
	const struct grid *grid = dispatch->grid;
	const double *one = ptdf_row(dispatch->ptdf, l), *other = weight ? ptdf_row(dispatch->ptdf, k) : one;
	const double *load = &dispatch->problem->load[(size_t)t * grid->buses];
	double fixed, *factor = dispatch->factor;
	u32 i, row;

	if (!one || !other)
		return ~0U;
	fixed = -grid->branch[l].susceptance * grid->branch[l].shift -
		weight * grid->branch[k].susceptance * grid->branch[k].shift;
	for (i = 0; i < grid->buses; i++) {
		factor[i] = one[i] + weight * other[i];
		fixed += factor[i] * (dispatch->nodal->shifted[i] - load[i]);
	}
	row = qp_row(dispatch->qp, least - fixed, most - fixed);
	for (i = 0; i < grid->units; i++)
		if (fabs(factor[grid->unit[i].bus]) > 1e-11)
			qp_term(dispatch->qp, dispatch->output[(size_t)t * grid->units + i], factor[grid->unit[i].bus]);
	for (i = 0; i < dispatch_stations(dispatch->problem); i++)
		dispatch_station_terms(dispatch, t, i, factor[dispatch->problem->stations->station[i].bus]);
	dispatch->plan->limits_added++;
	return row;
}

static int dispatch_add_limit(struct dispatch *dispatch, u32 t, u32 l)
{
	double least, most;
	u32 row;

	dispatch_flow_limits(&dispatch->grid->branch[l], dispatch->problem->limits_scale, &least, &most);
	row = dispatch_factor_row(dispatch, t, l, l, 0, least, most);
	dispatch->limit[(size_t)t * dispatch->grid->branches + l] = row;
	return row == ~0U ? -ENOMEM : 0;
}

int dispatch_read_flows(struct dispatch *dispatch)
{
	const struct grid *grid = dispatch->grid;
	struct dispatch_plan *plan = dispatch->plan;
	const double *value = qp_values(dispatch->qp);
	double *injection = calloc((size_t)grid->buses + 1, sizeof(*injection));
	u32 t, i;

	if (!injection)
		return -ENOMEM;
	dispatch_station_read(dispatch);
	for (t = 0; t < plan->periods; t++) {
		for (i = 0; i < grid->buses; i++)
			injection[i] = -dispatch->problem->load[(size_t)t * grid->buses + i];
		for (i = 0; i < grid->units; i++) {
			plan->output[(size_t)t * grid->units + i] =
				value[dispatch->output[(size_t)t * grid->units + i]];
			injection[grid->unit[i].bus] += plan->output[(size_t)t * grid->units + i];
		}
		for (i = 0; i < plan->stations; i++)
			injection[dispatch->problem->stations->station[i].bus] +=
				plan->discharge[(size_t)t * plan->stations + i] -
				plan->charge[(size_t)t * plan->stations + i];
		ptdf_angles(dispatch->ptdf, injection, &plan->angle[(size_t)t * grid->buses]);
		ptdf_flows(grid, &plan->angle[(size_t)t * grid->buses], &plan->flow[(size_t)t * grid->branches]);
	}
	free(injection);
	return 0;
}

/* MW by which the solution passes a limit that is not there yet; below 0: it does not. */
static double dispatch_excess(const struct dispatch *dispatch, u32 t, u32 l)
{
	size_t at = (size_t)t * dispatch->grid->branches + l;
	double least, most, flow = dispatch->plan->flow[at];

	if (dispatch->limit[at] != ~0U)
		return -1;
	dispatch_flow_limits(&dispatch->grid->branch[l], dispatch->problem->limits_scale, &least, &most);
	return fmax(least - flow, flow - most);
}

/* At first only the worst of each period: with them most others are met too. */
int dispatch_add_violated(struct dispatch *dispatch)
{
	const struct grid *grid = dispatch->grid;
	double worst, share = dispatch->plan->rounds <= DISPATCH_PICKY ? DISPATCH_WORST : 0;
	int added = 0;
	u32 t, l;

	for (t = 0; t < dispatch->problem->periods; t++) {
		for (worst = 0, l = 0; l < grid->branches; l++)
			worst = fmax(worst, dispatch_excess(dispatch, t, l));
		for (l = 0; worst > DISPATCH_SLACK && l < grid->branches; l++) {
			if (dispatch_excess(dispatch, t, l) <= fmax(DISPATCH_SLACK, share * worst))
				continue;
			if (dispatch_add_limit(dispatch, t, l))
				return -ENOMEM;
			added++;
		}
	}
	return added;
}

static void dispatch_price_outages(struct dispatch *dispatch)
{
	struct dispatch_plan *plan = dispatch->plan;
	u32 i, b;

	for (i = 0; i < plan->outages; i++) {
		const struct dispatch_outage *outage = &plan->after[i];
		const double *factor = ptdf_row(dispatch->ptdf, outage->branch);
		const double *out = ptdf_row(dispatch->ptdf, outage->outage);

		for (b = 0; factor && out && b < plan->buses; b++)
			plan->price[(size_t)outage->period * plan->buses + b] +=
				outage->rent * (factor[b] + outage->factor * out[b]);
	}
}

void dispatch_price_lazy(struct dispatch *dispatch)
{
	const struct grid *grid = dispatch->grid;
	struct dispatch_plan *plan = dispatch->plan;
	const double *price = qp_prices(dispatch->qp);
	double hours = dispatch->problem->hours;
	u32 t, i, l;

	for (t = 0; t < plan->periods; t++) {
		double *prices = &plan->price[(size_t)t * grid->buses], *rent = &plan->rent[(size_t)t * grid->branches];

		for (i = 0; i < grid->islands; i++)
			plan->energy[(size_t)t * grid->islands + i] =
				price[dispatch->balance[(size_t)t * grid->islands + i]] / hours;
		for (i = 0; i < grid->buses; i++)
			prices[i] = plan->energy[(size_t)t * grid->islands + grid->bus[i].island];
		for (l = 0; l < grid->branches; l++) {
			u32 row = dispatch->limit[(size_t)t * grid->branches + l];
			const double *factor = row == ~0U ? NULL : ptdf_row(dispatch->ptdf, l);

			rent[l] = factor ? price[row] / hours : 0;
			for (i = 0; rent[l] && i < grid->buses; i++)
				prices[i] += rent[l] * factor[i];
		}
	}
	dispatch_price_outages(dispatch);
}
