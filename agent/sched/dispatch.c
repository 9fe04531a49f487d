// SPDX-License-Identifier: GPL-2.0
/*
 * dispatch.c - builds the program of dispatch.h in either form, solves it, and
 * reads outputs and prices back.
 *
 * By factors: flow_l = sum over buses of factor_lb * (output - load + shifters) - susceptance_l * shift_l, so a limit
 * on flow_l is one row over the units. The price of a bus is energy + sum of rent_l * factor_lb.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/sched/dispatch.h"
#include "agent/sched/ptdf.h"
#include "agent/sched/qp.h"

#define DISPATCH_ANGLE 1e-3 /* radians of an angle column: brings its coefficients near 1 */
#define DISPATCH_SLACK 1e-7 /* MW: a limit passed by less is met */

struct dispatch {
	const struct dispatch_problem *problem;
	const struct grid *grid;
	struct qp *qp;
	struct ptdf *ptdf;
	struct dispatch_plan *plan;
	u32 *output;  /* columns, periods x units */
	u32 *angle;   /* columns of the full form, periods x buses */
	u32 *balance; /* rows: periods x islands, or periods x buses */
	u32 *limit;   /* rows: periods x branches; ~0: not there */
	u32 *ramp;    /* rows: periods x units; ~0: none */
	struct dispatch_error *error;
};

double dispatch_unit_cost(const struct grid_cost *cost, double output)
{
	double best = -INFINITY, line;
	u32 i;

	if (!cost->segments)
		return cost->constant + cost->linear * output + cost->quadratic * output * output;
	for (i = 0; i < cost->segments; i++) { /* convex: the highest of its lines */
		line = cost->cost[i] +
		       (output - cost->at[i]) * (cost->cost[i + 1] - cost->cost[i]) / (cost->at[i + 1] - cost->at[i]);
		best = fmax(best, line);
	}
	return best;
}

void dispatch_flow_limits(const struct grid_branch *branch, double scale, double *ret_least, double *ret_most)
{
	double one = branch->susceptance * (branch->angle_least - branch->shift);
	double other = branch->susceptance * (branch->angle_most - branch->shift);

	*ret_least = fmin(one, other);
	*ret_most = fmax(one, other);
	if (branch->limit > 0 && scale > 0) {
		*ret_least = fmax(*ret_least, -branch->limit * scale);
		*ret_most = fmin(*ret_most, branch->limit * scale);
	}
}

static double dispatch_most(const struct dispatch *dispatch, u32 t, u32 u)
{
	const struct dispatch_problem *problem = dispatch->problem;

	return problem->available ? problem->available[(size_t)t * dispatch->grid->units + u]
				  : dispatch->grid->unit[u].most;
}

static void dispatch_pieces(struct dispatch *dispatch, const struct grid_cost *cost, u32 output)
{
	u32 i, value = qp_column(dispatch->qp, -INFINITY, INFINITY, dispatch->problem->hours, 0);

	for (i = 0; i < cost->segments; i++) {
		double slope = (cost->cost[i + 1] - cost->cost[i]) / (cost->at[i + 1] - cost->at[i]);

		qp_row(dispatch->qp, cost->cost[i] - slope * cost->at[i], INFINITY);
		qp_term(dispatch->qp, value, 1);
		qp_term(dispatch->qp, output, -slope);
	}
}

static void dispatch_columns(struct dispatch *dispatch)
{
	const struct grid *grid = dispatch->grid;
	double hours = dispatch->problem->hours;
	u32 t, u, b, last;

	for (t = 0; t < dispatch->problem->periods; t++) {
		for (u = 0; u < grid->units; u++) {
			const struct grid_unit *unit = &grid->unit[u];
			bool pieces = unit->cost.segments;
			double most = dispatch_most(dispatch, t, u);

			dispatch->output[(size_t)t * grid->units + u] = qp_column(
				dispatch->qp, unit->wind ? fmin(unit->least, most) : unit->least, most,
				pieces ? 0 : hours * unit->cost.linear, pieces ? 0 : hours * unit->cost.quadratic);
		}
		for (last = ~0U, b = 0; dispatch->angle && b < grid->buses; b++) {
			bool first =
				last == ~0U || grid->bus[b].island > last; /* islands are numbered by their first bus */

			last = first ? grid->bus[b].island : last;
			dispatch->angle[(size_t)t * grid->buses + b] =
				qp_column(dispatch->qp, first ? 0 : -INFINITY, first ? 0 : INFINITY, 0, 0);
		}
	}
	for (t = 0; t < dispatch->problem->periods; t++)
		for (u = 0; u < grid->units; u++)
			if (grid->unit[u].cost.segments)
				dispatch_pieces(dispatch, &grid->unit[u].cost,
						dispatch->output[(size_t)t * grid->units + u]);
}

static void dispatch_ramps(struct dispatch *dispatch)
{
	const struct grid *grid = dispatch->grid;
	u32 t, u;

	for (t = 0; t < dispatch->problem->periods; t++)
		for (u = 0; u < grid->units; u++) {
			double most = grid->unit[u].ramp * dispatch->problem->hours;
			size_t at = (size_t)t * grid->units + u;

			dispatch->ramp[at] = ~0U;
			if (!t || !most)
				continue;
			dispatch->ramp[at] = qp_row(dispatch->qp, -most, most);
			qp_term(dispatch->qp, dispatch->output[at], 1);
			qp_term(dispatch->qp, dispatch->output[at - grid->units], -1);
		}
}

/* --- by distribution factors --- */

static void dispatch_balance_islands(struct dispatch *dispatch)
{
	const struct grid *grid = dispatch->grid;
	u32 t, i, island;

	for (t = 0; t < dispatch->problem->periods; t++)
		for (island = 0; island < grid->islands; island++) {
			double load = 0;

			for (i = 0; i < grid->buses; i++)
				if (grid->bus[i].island == island)
					load += dispatch->problem->load[(size_t)t * grid->buses + i];
			dispatch->balance[(size_t)t * grid->islands + island] = qp_row(dispatch->qp, load, load);
			for (i = 0; i < grid->units; i++)
				if (grid->bus[grid->unit[i].bus].island == island)
					qp_term(dispatch->qp, dispatch->output[(size_t)t * grid->units + i], 1);
		}
}

static int dispatch_add_limit(struct dispatch *dispatch, u32 t, u32 l)
{
	const struct grid *grid = dispatch->grid;
	const struct grid_branch *branch = &grid->branch[l];
	const double *factor = ptdf_row(dispatch->ptdf, l);
	double fixed = -branch->susceptance * branch->shift, least, most;
	u32 i;

	if (!factor)
		return -ENOMEM;
	for (i = 0; i < grid->buses; i++)
		fixed -= factor[i] * dispatch->problem->load[(size_t)t * grid->buses + i];
	for (i = 0; i < grid->branches; i++)
		if (grid->branch[i].shift)
			fixed += grid->branch[i].susceptance * grid->branch[i].shift *
				 (factor[grid->branch[i].from] - factor[grid->branch[i].to]);
	dispatch_flow_limits(branch, dispatch->problem->limits_scale, &least, &most);
	dispatch->limit[(size_t)t * grid->branches + l] = qp_row(dispatch->qp, least - fixed, most - fixed);
	for (i = 0; i < grid->units; i++)
		if (fabs(factor[grid->unit[i].bus]) > 1e-11)
			qp_term(dispatch->qp, dispatch->output[(size_t)t * grid->units + i], factor[grid->unit[i].bus]);
	dispatch->plan->limits_added++;
	return 0;
}

/* Outputs, angles and flows of the solution at hand. */
static int dispatch_read_flows(struct dispatch *dispatch)
{
	const struct grid *grid = dispatch->grid;
	struct dispatch_plan *plan = dispatch->plan;
	const double *value = qp_values(dispatch->qp);
	double *injection = calloc((size_t)grid->buses + 1, sizeof(*injection));
	u32 t, i;

	if (!injection)
		return -ENOMEM;
	for (t = 0; t < plan->periods; t++) {
		for (i = 0; i < grid->buses; i++)
			injection[i] = -dispatch->problem->load[(size_t)t * grid->buses + i];
		for (i = 0; i < grid->units; i++) {
			plan->output[(size_t)t * grid->units + i] =
				value[dispatch->output[(size_t)t * grid->units + i]];
			injection[grid->unit[i].bus] += plan->output[(size_t)t * grid->units + i];
		}
		ptdf_angles(dispatch->ptdf, injection, &plan->angle[(size_t)t * grid->buses]);
		ptdf_flows(grid, &plan->angle[(size_t)t * grid->buses], &plan->flow[(size_t)t * grid->branches]);
	}
	free(injection);
	return 0;
}

/* Adds the limits that the solution passes; how many, or -ENOMEM. */
static int dispatch_add_violated(struct dispatch *dispatch)
{
	const struct grid *grid = dispatch->grid;
	double least, most, flow;
	int added = 0;
	u32 t, l;

	for (t = 0; t < dispatch->problem->periods; t++)
		for (l = 0; l < grid->branches; l++) {
			if (dispatch->limit[(size_t)t * grid->branches + l] != ~0U)
				continue;
			dispatch_flow_limits(&grid->branch[l], dispatch->problem->limits_scale, &least, &most);
			flow = dispatch->plan->flow[(size_t)t * grid->branches + l];
			if (flow >= least - DISPATCH_SLACK && flow <= most + DISPATCH_SLACK)
				continue;
			if (dispatch_add_limit(dispatch, t, l))
				return -ENOMEM;
			added++;
		}
	return added;
}

static void dispatch_price_lazy(struct dispatch *dispatch)
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
}

/* --- by angles --- */

static void dispatch_full_rows(struct dispatch *dispatch)
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

static void dispatch_price_full(struct dispatch *dispatch)
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

/* --- both --- */

static int dispatch_open(struct dispatch *dispatch)
{
	const struct dispatch_problem *problem = dispatch->problem;
	size_t units = (size_t)problem->periods * dispatch->grid->units, i;
	size_t buses = (size_t)problem->periods * dispatch->grid->buses;
	size_t branches = (size_t)problem->periods * dispatch->grid->branches;
	int err;

	dispatch->plan = dispatch_plan_new(dispatch->grid, problem->periods);
	dispatch->qp = qp_new();
	dispatch->output = calloc(units + 1, sizeof(u32));
	dispatch->ramp = calloc(units + 1, sizeof(u32));
	dispatch->balance = calloc(buses + 1, sizeof(u32));
	dispatch->limit = calloc(branches + 1, sizeof(u32));
	if (problem->form == DISPATCH_FULL)
		dispatch->angle = calloc(buses + 1, sizeof(u32));
	if (!dispatch->plan || !dispatch->qp || !dispatch->output || !dispatch->ramp || !dispatch->balance ||
	    !dispatch->limit || (problem->form == DISPATCH_FULL && !dispatch->angle))
		return -ENOMEM;
	for (i = 0; i < branches; i++)
		dispatch->limit[i] = ~0U;
	err = ptdf_new(dispatch->grid, &dispatch->ptdf);
	if (err == -EDOM)
		snprintf(dispatch->error->text, sizeof(dispatch->error->text),
			 "the branches' susceptances cancel out at some bus, so that flows are not determined");
	return err;
}

static void dispatch_close(struct dispatch *dispatch)
{
	qp_free(dispatch->qp);
	ptdf_free(dispatch->ptdf);
	free(dispatch->output);
	free(dispatch->angle);
	free(dispatch->balance);
	free(dispatch->limit);
	free(dispatch->ramp);
}

static int dispatch_run(struct dispatch *dispatch)
{
	enum qp_status status = qp_solve(dispatch->qp, 0);

	dispatch->plan->rounds++;
	if (status == QP_OPTIMAL)
		return 0;
	if (status == QP_INFEASIBLE)
		snprintf(dispatch->error->text, sizeof(dispatch->error->text),
			 "no output of the units meets load, unit limits, ramps and %s branch limits together",
			 dispatch->plan->limits_added || dispatch->problem->form == DISPATCH_FULL ? "the" : "no");
	else if (status == QP_UNBOUNDED)
		snprintf(dispatch->error->text, sizeof(dispatch->error->text),
			 "the cost has no lower end: a unit without upper limit has a negative cost");
	else
		snprintf(dispatch->error->text, sizeof(dispatch->error->text), "the solver gave up (status %d)",
			 status);
	return -EDOM;
}

static int dispatch_work(struct dispatch *dispatch)
{
	int err, added = 1;

	dispatch_columns(dispatch);
	dispatch_ramps(dispatch);
	if (dispatch->problem->form == DISPATCH_FULL) {
		dispatch_full_rows(dispatch);
		err = dispatch_run(dispatch);
		return err ? err : dispatch_read_flows(dispatch);
	}
	dispatch_balance_islands(dispatch);
	while (added > 0) {
		err = dispatch_run(dispatch);
		if (!err)
			err = dispatch_read_flows(dispatch);
		if (err)
			return err;
		added = dispatch_add_violated(dispatch);
	}
	return added;
}

static void dispatch_finish(struct dispatch *dispatch)
{
	const struct grid *grid = dispatch->grid;
	struct dispatch_plan *plan = dispatch->plan;
	const double *price = qp_prices(dispatch->qp);
	size_t i;

	if (dispatch->problem->form == DISPATCH_FULL)
		dispatch_price_full(dispatch);
	else
		dispatch_price_lazy(dispatch);
	for (i = 0; i < (size_t)plan->periods * grid->units; i++) {
		plan->ramp[i] = dispatch->ramp[i] == ~0U ? 0 : price[dispatch->ramp[i]] / dispatch->problem->hours;
		plan->cost += dispatch->problem->hours *
			      dispatch_unit_cost(&grid->unit[i % grid->units].cost, plan->output[i]);
	}
	for (i = 0; i < (size_t)plan->periods * grid->branches; i++)
		plan->binding += fabs(plan->rent[i]) > 1e-6;
}

int dispatch_solve(const struct dispatch_problem *problem, struct dispatch_plan **ret_plan,
		   struct dispatch_error *ret_error)
{
	struct dispatch dispatch = { .problem = problem, .grid = problem->grid, .error = ret_error };
	int err;

	ret_error->text[0] = 0;
	err = dispatch_open(&dispatch);
	if (!err)
		err = dispatch_work(&dispatch);
	if (!err) {
		dispatch_finish(&dispatch);
		*ret_plan = dispatch.plan;
	} else {
		dispatch_free(dispatch.plan);
	}
	if (err == -ENOMEM)
		snprintf(ret_error->text, sizeof(ret_error->text), "out of memory");
	dispatch_close(&dispatch);
	return err;
}
