// SPDX-License-Identifier: GPL-2.0
/*
 * dispatch.c - builds the program of dispatch.h in either form, solves it, and
 * reads outputs and prices back.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "agent/sched/dispatch_parts.h"

#define DISPATCH_BRANCHINGS_MAX 400

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

static void dispatch_pieces(struct dispatch *dispatch, const struct grid_cost *cost, u32 output, u32 block)
{
	u32 i, value = qp_column(dispatch->qp, -INFINITY, INFINITY, dispatch->problem->hours, 0);

	if (dispatch->problem->form == DISPATCH_LAZY)
		qp_block(dispatch->qp, block);

	for (i = 0; i < cost->segments; i++) {
		double slope = (cost->cost[i + 1] - cost->cost[i]) / (cost->at[i + 1] - cost->at[i]);

		qp_row(dispatch->qp, cost->cost[i] - slope * cost->at[i], INFINITY);
		qp_term(dispatch->qp, value, 1);
		qp_term(dispatch->qp, output, -slope);
	}
}

u32 dispatch_unit_block(const struct dispatch *dispatch, u32 t, u32 u)
{
	u32 units = dispatch->grid->units;

	return dispatch->grid->unit[u].ramp > 0 ? u : (t + 1) * units + u;
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
			if (dispatch->problem->form == DISPATCH_LAZY)
				qp_block(dispatch->qp, dispatch_unit_block(dispatch, t, u));
		}
		for (last = ~0U, b = 0; dispatch->angle && b < grid->buses; b++) {
			bool first =
				last == ~0U || grid->bus[b].island > last; /* islands are numbered by their first bus */

			last = first ? grid->bus[b].island : last;
			dispatch->angle[(size_t)t * grid->buses + b] =
				qp_column(dispatch->qp, first ? 0 : -INFINITY, first ? 0 : INFINITY, 0, 0);
		}
	}
	dispatch_station_columns(dispatch);
	dispatch_reserve_columns(dispatch);
	for (t = 0; t < dispatch->problem->periods; t++)
		for (u = 0; u < grid->units; u++)
			if (grid->unit[u].cost.segments)
				dispatch_pieces(dispatch, &grid->unit[u].cost,
						dispatch->output[(size_t)t * grid->units + u],
						dispatch_unit_block(dispatch, t, u));
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

static double dispatch_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static u32 *dispatch_room(size_t count, bool *fine)
{
	u32 *room = calloc(count + 1, sizeof(*room));

	*fine = *fine && room;
	return room;
}

static bool dispatch_open_rooms(struct dispatch *dispatch)
{
	const struct dispatch_problem *problem = dispatch->problem;
	size_t units = (size_t)problem->periods * dispatch->grid->units, i;
	size_t buses = (size_t)problem->periods * dispatch->grid->buses;
	size_t branches = (size_t)problem->periods * dispatch->grid->branches;
	size_t stations = (size_t)problem->periods * dispatch_stations(problem);
	bool fine = true;

	dispatch->output = dispatch_room(units, &fine);
	dispatch->ramp = dispatch_room(units, &fine);
	dispatch->balance = dispatch_room(buses, &fine);
	dispatch->limit = dispatch_room(branches, &fine);
	dispatch->charge = dispatch_room(stations, &fine);
	dispatch->discharge = dispatch_room(stations, &fine);
	dispatch->stock = dispatch_room(stations, &fine);
	dispatch->fill = dispatch_room(stations, &fine);
	if (problem->form == DISPATCH_FULL)
		dispatch->angle = dispatch_room(buses, &fine);
	if (problem->reserve) {
		dispatch->reserve = dispatch_room(units, &fine);
		dispatch->room = dispatch_room(units, &fine);
		dispatch->need = dispatch_room(problem->periods, &fine);
	}
	dispatch->factor = calloc((size_t)dispatch->grid->buses + 1, sizeof(double));
	for (i = 0; fine && i < branches; i++)
		dispatch->limit[i] = ~0U;
	return fine && dispatch->factor;
}

static int dispatch_open(struct dispatch *dispatch)
{
	const struct dispatch_problem *problem = dispatch->problem;
	int err;

	dispatch->started = dispatch_clock();
	dispatch->plan = dispatch_plan_new(dispatch->grid, problem->periods, dispatch_stations(problem));
	dispatch->qp = qp_new();
	dispatch->nodal = nodal_new(dispatch->grid);
	if (!dispatch_open_rooms(dispatch) || !dispatch->plan || !dispatch->qp || !dispatch->nodal)
		return -ENOMEM;
	err = ptdf_new(dispatch->grid, &dispatch->ptdf);
	if (err == -EDOM)
		snprintf(dispatch->error->text, sizeof(dispatch->error->text),
			 "the branches' susceptances cancel out at some bus, so that flows are not determined");
	return err;
}

void dispatch_close(struct dispatch *dispatch)
{
	qp_free(dispatch->qp);
	ptdf_free(dispatch->ptdf);
	nodal_free(dispatch->nodal);
	free(dispatch->output);
	free(dispatch->angle);
	free(dispatch->balance);
	free(dispatch->limit);
	free(dispatch->ramp);
	free(dispatch->charge);
	free(dispatch->discharge);
	free(dispatch->stock);
	free(dispatch->fill);
	free(dispatch->reserve);
	free(dispatch->room);
	free(dispatch->need);
	free(dispatch->outage_row);
	free(dispatch->factor);
}

static int dispatch_stopped(struct dispatch *dispatch)
{
	int len = snprintf(dispatch->error->text, sizeof(dispatch->error->text),
			   "the search was ended after %u rounds and %u limits, before it was done: there is no plan "
			   "yet that keeps all limits",
			   dispatch->plan->rounds, dispatch->plan->limits_added);

	if (!isnan(dispatch->bound))
		snprintf(dispatch->error->text + len, sizeof(dispatch->error->text) - (size_t)len,
			 "; whatever it will be costs %.6f at least", dispatch->bound);
	return -EINTR;
}

static bool dispatch_watch(void *context)
{
	const struct dispatch *dispatch = context;
	const struct dispatch_problem *problem = dispatch->problem;

	return !dispatch->settling && problem->progress &&
	       problem->progress(problem->context, dispatch->plan->rounds, dispatch->plan->limits_added,
				 dispatch->bound);
}

static int dispatch_run(struct dispatch *dispatch)
{
	double left = dispatch->problem->seconds - (dispatch_clock() - dispatch->started);
	bool limited = dispatch->problem->seconds > 0 && !dispatch->settling;
	enum qp_status status;

	if (limited && left <= 0)
		return dispatch_stopped(dispatch);
	qp_watch(dispatch->qp, dispatch_watch, dispatch);
	status = qp_solve(dispatch->qp, limited ? left : 0);
	dispatch->plan->rounds++;
	if (status == QP_OPTIMAL)
		return 0;
	if (status == QP_STOPPED)
		return dispatch_stopped(dispatch);
	if (status == QP_INFEASIBLE)
		snprintf(dispatch->error->text, sizeof(dispatch->error->text),
			 "no output of the units meets load, unit limits, ramps%s and %s branch limits%s together",
			 dispatch->problem->reserve ? ", reserve" : "",
			 dispatch->plan->limits_added || dispatch->problem->form == DISPATCH_FULL ? "the" : "no",
			 dispatch->problem->secure ? ", after single outages too," : "");
	else if (status == QP_UNBOUNDED)
		snprintf(dispatch->error->text, sizeof(dispatch->error->text),
			 "the cost has no lower end: a unit without upper limit has a negative cost");
	else
		snprintf(dispatch->error->text, sizeof(dispatch->error->text), "the solver gave up (status %d)",
			 status);
	return -EDOM;
}

static double dispatch_cost(const struct dispatch *dispatch)
{
	const struct dispatch_plan *plan = dispatch->plan;
	double cost = 0;
	size_t i;

	for (i = 0; i < (size_t)plan->periods * plan->units; i++)
		cost += dispatch->problem->hours *
			dispatch_unit_cost(&dispatch->grid->unit[i % plan->units].cost, plan->output[i]);
	return cost;
}

/* Adds what the solution passes: limits first, then, once none is passed, those after outages. */
static int dispatch_tighten(struct dispatch *dispatch)
{
	int added = dispatch_add_violated(dispatch);

	return added || !dispatch->problem->secure ? added : dispatch_outage_violated(dispatch);
}

/* Solves with the bounds as they stand, until no branch limit is violated. */
static int dispatch_settle(struct dispatch *dispatch)
{
	const struct dispatch_problem *problem = dispatch->problem;
	int err, added = 1;

	while (added > 0) {
		err = dispatch_run(dispatch);
		if (!err)
			err = dispatch_read_flows(dispatch);
		if (err)
			return err;
		added = problem->form == DISPATCH_FULL ? 0 : dispatch_tighten(dispatch);
		if (!dispatch->plan->branchings) /* a program with fewer limits, or with all of them */
			dispatch->bound = dispatch_cost(dispatch);
		if (dispatch_watch(dispatch) && added > 0)
			return dispatch_stopped(dispatch);
	}
	return added;
}

struct dispatch_choice { /* which of charging and discharging stays open at a station in a period; 0: both */
	signed char *open, *best;
	double best_cost;
};

static void dispatch_bound(struct dispatch *dispatch, size_t at, signed char open)
{
	const struct dispatch_stations *stations = dispatch->problem->stations;

	qp_bounds(dispatch->qp, dispatch->charge[at], 0, open < 0 ? 0 : stations->charge[at]);
	qp_bounds(dispatch->qp, dispatch->discharge[at], 0, open > 0 ? 0 : stations->discharge[at]);
}

/* Depth first; each node closes one of the two where both are used. */
static int dispatch_branch(struct dispatch *dispatch, struct dispatch_choice *choice)
{
	u32 t, s, side;
	size_t at;
	signed char first;
	int err;

	if (dispatch->plan->branchings++ >= DISPATCH_BRANCHINGS_MAX)
		return 0;
	err = dispatch_watch(dispatch) ? dispatch_stopped(dispatch) : dispatch_settle(dispatch);
	if (err)
		return err == -EDOM ? 0 : err;
	if (dispatch_cost(dispatch) >= choice->best_cost - 1e-9 * fabs(choice->best_cost))
		return 0;
	if (!dispatch_station_both(dispatch, &t, &s)) {
		choice->best_cost = dispatch_cost(dispatch);
		memcpy(choice->best, choice->open, (size_t)dispatch->plan->periods * dispatch->plan->stations);
		return 0;
	}
	at = (size_t)t * dispatch->plan->stations + s;
	first = dispatch->plan->charge[at] >= dispatch->plan->discharge[at] ? 1 : -1;
	for (side = 0; !err && side < 2; side++) {
		choice->open[at] = side ? -first : first;
		dispatch_bound(dispatch, at, choice->open[at]);
		err = dispatch_branch(dispatch, choice);
	}
	choice->open[at] = 0;
	dispatch_bound(dispatch, at, 0);
	return err;
}

/* Excludes charging and discharging at once, where the prices invite it. */
static int dispatch_exclude(struct dispatch *dispatch)
{
	size_t count = (size_t)dispatch->plan->periods * dispatch->plan->stations, i;
	struct dispatch_choice choice = { .open = calloc(count, 1), .best = calloc(count, 1), .best_cost = INFINITY };
	double bound = dispatch_cost(dispatch);
	int err = choice.open && choice.best ? dispatch_branch(dispatch, &choice) : -ENOMEM;

	if (err == -EINTR && choice.best_cost < INFINITY) { /* the best so far is the answer */
		dispatch->plan->cut_short = dispatch->settling = true;
		for (i = 0; i < count; i++)
			dispatch_bound(dispatch, i, 0);
		err = 0;
	}
	if (!err && choice.best_cost == INFINITY) {
		snprintf(dispatch->error->text, sizeof(dispatch->error->text),
			 "no plan was found in which no station charges and discharges at once");
		err = -EDOM;
	}
	for (i = 0; !err && i < count; i++) {
		dispatch->plan->open[i] = choice.best[i];
		dispatch_bound(dispatch, i, choice.best[i]);
	}
	if (!err)
		err = dispatch_settle(dispatch);
	if (!err)
		dispatch->plan->excluded_gap = (choice.best_cost - bound) / fmax(1, fabs(choice.best_cost));
	free(choice.open);
	free(choice.best);
	return err;
}

int dispatch_build(struct dispatch *dispatch)
{
	int err = dispatch_open(dispatch);

	if (err)
		return err;
	dispatch_columns(dispatch);
	dispatch_ramps(dispatch);
	dispatch_station_rows(dispatch);
	dispatch_reserve_rows(dispatch);
	if (dispatch->problem->form == DISPATCH_FULL)
		dispatch_full_rows(dispatch);
	else
		dispatch_balance_islands(dispatch);
	if (dispatch->problem->form == DISPATCH_FULL && dispatch->problem->secure)
		err = dispatch_outage_full(dispatch);
	return err;
}

static int dispatch_work(struct dispatch *dispatch)
{
	u32 t, s;
	int err = dispatch_settle(dispatch);

	if (!err && dispatch_station_both(dispatch, &t, &s))
		err = dispatch_exclude(dispatch);
	return err;
}

static void dispatch_finish(struct dispatch *dispatch)
{
	const struct grid *grid = dispatch->grid;
	struct dispatch_plan *plan = dispatch->plan;
	const double *price = qp_prices(dispatch->qp);
	size_t i;

	dispatch_reserve_read(dispatch);
	dispatch_outage_read(dispatch);
	if (dispatch->problem->form == DISPATCH_FULL)
		dispatch_price_full(dispatch);
	else
		dispatch_price_lazy(dispatch);
	for (i = 0; i < (size_t)plan->periods * grid->units; i++)
		plan->ramp[i] = dispatch->ramp[i] == ~0U ? 0 : price[dispatch->ramp[i]] / dispatch->problem->hours;
	for (i = 0; i < (size_t)plan->periods * plan->stations; i++)
		plan->worth[i] = -price[dispatch->fill[i]];
	plan->cost = dispatch_cost(dispatch);
	for (i = 0; i < (size_t)plan->periods * grid->branches; i++)
		plan->binding += fabs(plan->rent[i]) > 1e-6;
	for (i = 0; i < plan->outages; i++)
		plan->binding += fabs(plan->after[i].rent) > 1e-6;
}

int dispatch_solve(const struct dispatch_problem *problem, struct dispatch_plan **ret_plan,
		   struct dispatch_error *ret_error)
{
	struct dispatch dispatch = { .problem = problem, .grid = problem->grid, .error = ret_error, .bound = NAN };
	int err;

	ret_error->text[0] = 0;
	err = dispatch_build(&dispatch);
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
