// SPDX-License-Identifier: GPL-2.0
/*
 * conflict.c - see conflict.h. Feasibility is asked in angle form with no cost;
 * a limit that is left out gets infinite bounds.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/sched/conflict_parts.h"

#define CONFLICT_OUTAGE_ROWS_MAX 4e5 /* of the program with all outages; above they are not looked at */

double filter_most(const struct filter *filter, u32 t, u32 u)
{
	const struct dispatch_problem *problem = filter->problem;

	return problem->available ? problem->available[(size_t)t * filter->grid->units + u]
				  : filter->grid->unit[u].most;
}

static void filter_units(const struct filter *filter, struct qp *qp, u32 t, u32 *ret_first)
{
	u32 u;

	for (u = 0; u < filter->grid->units; u++) {
		double most = filter_most(filter, t, u), least = filter->grid->unit[u].least;
		u32 column;

		if (filter->grid->unit[u].wind)
			least = fmin(least, most);
		column = qp_column(qp, filter->least[u] ? least : -INFINITY, filter->most[u] ? most : INFINITY, 0, 0);
		*ret_first = u ? *ret_first : column;
	}
}

static void filter_angles(const struct filter *filter, struct qp *qp, u32 *ret_first)
{
	u32 b, column;

	for (b = 0; b < filter->grid->buses; b++) {
		column = qp_column(qp, -INFINITY, INFINITY, 0, 0);
		*ret_first = b ? *ret_first : column;
	}
}

static u32 filter_stations(const struct filter *filter)
{
	return filter->problem->stations ? filter->problem->stations->count : 0;
}

/* Charge, discharge and stock of each station, three columns after each other. */
static void filter_vehicles(const struct filter *filter, struct qp *qp, u32 t, u32 *ret_first)
{
	const struct dispatch_stations *stations = filter->problem->stations;
	u32 s, column;

	for (s = 0; s < filter_stations(filter); s++) {
		size_t at = (size_t)t * stations->count + s;

		column = qp_column(qp, 0, stations->charge[at], 0, 0);
		*ret_first = s ? *ret_first : column;
		qp_column(qp, 0, stations->discharge[at], 0, 0);
		qp_column(qp, filter->energy[s] ? stations->stock_least[at] : -INFINITY, stations->stock_most[at], 0,
			  0);
	}
}

static void filter_fill(const struct filter *filter, struct qp *qp, u32 vehicles, u32 before)
{
	const struct dispatch_stations *stations = filter->problem->stations;
	double hours = filter->problem->hours;
	u32 s;

	for (s = 0; s < filter_stations(filter); s++) {
		qp_row(qp, 0, 0);
		qp_term(qp, vehicles + 3 * s + 2, 1);
		if (before != ~0U)
			qp_term(qp, before + 3 * s + 2, -1);
		qp_term(qp, vehicles + 3 * s, -hours * stations->station[s].charge_efficiency);
		qp_term(qp, vehicles + 3 * s + 1, hours / stations->station[s].discharge_efficiency);
	}
}

static void filter_balances(const struct filter *filter, struct qp *qp, u32 t, u32 units, u32 angles, u32 vehicles)
{
	const struct grid *grid = filter->grid;
	u32 b, i;

	for (b = 0; b < grid->buses; b++) {
		double load = nodal_demand(filter->nodal, &filter->problem->load[(size_t)t * grid->buses], b);

		qp_row(qp, load, load);
		for (i = filter->nodal->unit_start[b]; i < filter->nodal->unit_start[b + 1]; i++)
			qp_term(qp, units + filter->nodal->unit[i], 1);
		for (i = 0; i < filter_stations(filter); i++)
			if (filter->problem->stations->station[i].bus == b) {
				qp_term(qp, vehicles + 3 * i, -1);
				qp_term(qp, vehicles + 3 * i + 1, 1);
			}
		nodal_inflow(qp, filter->nodal, b, angles);
	}
}

static void filter_branches(const struct filter *filter, struct qp *qp, u32 angles)
{
	u32 i;

	for (i = 0; i < filter->grid->branches; i++)
		if (filter->branch[i])
			nodal_limit(qp, filter->grid, i, filter->problem->limits_scale, angles);
}

static void filter_ramps(const struct filter *filter, struct qp *qp, u32 before, u32 units)
{
	double most;
	u32 u;

	for (u = 0; u < filter->grid->units; u++) {
		most = filter->grid->unit[u].ramp * filter->problem->hours;
		if (!filter->ramp[u] || !most)
			continue;
		qp_row(qp, -most, most);
		qp_term(qp, units + u, 1);
		qp_term(qp, before + u, -1);
	}
}

/* 1: what is in force can be met; 0: not; -ENOMEM. */
static int filter_possible(const struct filter *filter)
{
	struct qp *qp = qp_new();
	u32 *units = calloc(filter->periods, sizeof(*units)), *angles = calloc(filter->periods, sizeof(*angles)), t;
	u32 *vehicles = calloc(filter->periods, sizeof(*vehicles)), *reserve = calloc(filter->periods, sizeof(u32));
	enum qp_status status = QP_FAILED;
	int err = 0;

	if (qp && units && angles && vehicles && reserve) {
		for (t = 0; t < filter->periods; t++) {
			filter_units(filter, qp, filter->first + t, &units[t]);
			filter_angles(filter, qp, &angles[t]);
			filter_vehicles(filter, qp, filter->first + t, &vehicles[t]);
			filter_reserve_columns(filter, qp, &reserve[t]);
		}
		for (t = 0; t < filter->periods; t++) {
			filter_balances(filter, qp, filter->first + t, units[t], angles[t], vehicles[t]);
			filter_fill(filter, qp, vehicles[t], t ? vehicles[t - 1] : ~0U);
			filter_branches(filter, qp, angles[t]);
			filter_reserve_rows(filter, qp, filter->first + t, units[t], reserve[t]);
			err = err ? err : filter_outages(filter, qp, angles[t]);
			if (t)
				filter_ramps(filter, qp, units[t - 1], units[t]);
		}
		status = err ? QP_FAILED : qp_solve(qp, 0);
	}
	qp_free(qp);
	free(units);
	free(angles);
	free(vehicles);
	free(reserve);
	return status == QP_FAILED ? -ENOMEM : status != QP_INFEASIBLE;
}

/* Leaves out what the conflict does not need, and keeps the rest: all of it at once where that can be, else by halves.
 */
static int filter_reduce(struct filter *filter, enum conflict_kind kind, bool *in_force, u32 first, u32 count,
			 struct conflict *conflict)
{
	bool *kept = calloc((size_t)count + 1, sizeof(*kept));
	int possible = 0, err = kept ? 0 : -ENOMEM;

	if (kept)
		memcpy(kept, in_force + first, count * sizeof(*kept));
	if (kept && memchr(kept, true, count)) {
		memset(in_force + first, false, count * sizeof(*kept));
		possible = filter_possible(filter);
		err = possible < 0 ? possible : 0;
	}
	if (possible > 0) {
		memcpy(in_force + first, kept, count * sizeof(*kept));
		if (count > 1) {
			err = filter_reduce(filter, kind, in_force, first, count / 2, conflict);
			if (!err)
				err = filter_reduce(filter, kind, in_force, first + count / 2, count - count / 2,
						    conflict);
		} else if (conflict->count < CONFLICT_LIMITS_MAX) {
			conflict->limit[conflict->count++] = (struct conflict_limit){ kind, first };
		} else {
			conflict->untold++;
		}
	}
	free(kept);
	return err;
}

static void filter_all(struct filter *filter)
{
	double least, most;
	u32 i;

	for (i = 0; i < filter->grid->units; i++) {
		filter->most[i] = filter->least[i] = true;
		filter->ramp[i] = filter->grid->unit[i].ramp > 0 && filter->periods > 1;
	}
	for (i = 0; i < filter_stations(filter); i++)
		filter->energy[i] = true;
	filter_secure_all(filter);
	for (i = 0; i < filter->grid->branches; i++) {
		dispatch_flow_limits(&filter->grid->branch[i], filter->problem->limits_scale, &least, &most);
		filter->branch[i] = least > -INFINITY || most < INFINITY;
	}
}

/* The first period that is impossible by itself, or all of them together. */
static int filter_choose(struct filter *filter)
{
	int possible;

	/* what must be in the vehicles by when is no matter of one period */
	for (filter->periods = 1, filter->first = 0;
	     !filter_stations(filter) && filter->first < filter->problem->periods; filter->first++) {
		filter_all(filter);
		possible = filter_possible(filter);
		if (possible <= 0)
			return possible;
	}
	filter->first = 0;
	filter->periods = filter->problem->periods;
	filter_all(filter);
	possible = filter_possible(filter);
	return possible > 0 ? -ENOENT : possible;
}

/* Room for what is in force, all in one. NULL: out of memory. */
static bool *filter_room(struct filter *filter)
{
	const struct grid *grid = filter->grid;
	size_t count = 3 * (size_t)grid->units + 2 * (size_t)grid->branches + filter_stations(filter) +
		       filter->problem->periods;
	bool *room = calloc(count + 1, sizeof(*room));

	if (!room)
		return NULL;
	filter->most = room;
	filter->least = filter->most + grid->units;
	filter->ramp = filter->least + grid->units;
	filter->branch = filter->ramp + grid->units;
	filter->outage = filter->branch + grid->branches;
	filter->energy = filter->outage + grid->branches;
	filter->reserve = filter->energy + filter_stations(filter);
	return room;
}

static int filter_open(struct filter *filter)
{
	const struct dispatch_problem *problem = filter->problem;

	filter->nodal = nodal_new(filter->grid);
	filter->factor = calloc((size_t)filter->grid->branches + 1, sizeof(double));
	if (!filter->nodal || !filter->factor)
		return -ENOMEM;
	if (!problem->secure ||
	    (double)filter->grid->branches * filter->grid->branches * problem->periods > CONFLICT_OUTAGE_ROWS_MAX)
		return 0;
	return ptdf_new(filter->grid, &filter->ptdf);
}

/* In this order: what comes first is kept only if nothing later can be blamed instead. */
static int filter_reduce_all(struct filter *filter, struct conflict *conflict)
{
	const struct {
		enum conflict_kind kind;
		bool *in_force;
		u32 count;
	} limits[] = {
		{ CONFLICT_OUTAGE, filter->outage, filter->grid->branches },
		{ CONFLICT_RESERVE, filter->reserve, filter->problem->periods },
		{ CONFLICT_UNIT_LEAST, filter->least, filter->grid->units },
		{ CONFLICT_RAMP, filter->ramp, filter->grid->units },
		{ CONFLICT_BRANCH, filter->branch, filter->grid->branches },
		{ CONFLICT_UNIT_MOST, filter->most, filter->grid->units },
		{ CONFLICT_ENERGY, filter->energy, filter_stations(filter) },
	};
	u32 i;
	int err = 0;

	for (i = 0; !err && i < sizeof(limits) / sizeof(*limits); i++)
		err = filter_reduce(filter, limits[i].kind, limits[i].in_force, 0, limits[i].count, conflict);
	return err;
}

int conflict_find(const struct dispatch_problem *problem, struct conflict *ret_conflict)
{
	struct filter filter = { .problem = problem, .grid = problem->grid };
	bool *room = filter_room(&filter);
	int err = room ? filter_open(&filter) : -ENOMEM;

	memset(ret_conflict, 0, sizeof(*ret_conflict));
	if (!err)
		err = filter_choose(&filter);
	ret_conflict->period = filter.periods > 1 ? ~0U : filter.first;
	if (!err)
		err = filter_reduce_all(&filter, ret_conflict);
	ptdf_free(filter.ptdf);
	nodal_free(filter.nodal);
	free(filter.factor);
	free(room);
	return err;
}

/* The last of what a station must have taken up. */
static size_t conflict_energy(const struct dispatch_problem *problem, u32 s, char *to, size_t size)
{
	const struct dispatch_stations *stations = problem->stations;
	u32 t = problem->periods;

	while (t-- > 1 && !(stations->stock_least[(size_t)t * stations->count + s] > 0))
		;
	return (size_t)snprintf(to, size, "station %s needs %g MWh by the end of period %u", stations->station[s].name,
				stations->stock_least[(size_t)t * stations->count + s], t + 1);
}

static size_t conflict_word(const struct dispatch_problem *problem, const struct conflict *conflict, u32 i, char *to,
			    size_t size)
{
	const struct conflict_limit *limit = &conflict->limit[i];
	const struct grid_unit *unit = problem->grid->unit;
	const struct grid_branch *branch = problem->grid->branch;
	const struct grid_bus *bus = problem->grid->bus;
	u32 period = conflict->period == ~0U ? 0 : conflict->period;
	double least, most;

	if (limit->kind == CONFLICT_RESERVE || limit->kind == CONFLICT_OUTAGE)
		return (size_t)filter_secure_word(problem, limit, to, size);
	if (limit->kind == CONFLICT_BRANCH)
		branch += limit->index;
	else if (limit->kind != CONFLICT_ENERGY)
		unit += limit->index;
	switch (limit->kind) {
	case CONFLICT_ENERGY:
		return conflict_energy(problem, limit->index, to, size);
	case CONFLICT_UNIT_MOST:
		most = problem->available ? problem->available[(size_t)period * problem->grid->units + limit->index]
					  : unit->most;
		return (size_t)snprintf(to, size, "unit %s at bus %s gives %g MW at most", unit->name,
					bus[unit->bus].name, most);
	case CONFLICT_UNIT_LEAST:
		return (size_t)snprintf(to, size, "unit %s at bus %s gives %g MW at least", unit->name,
					bus[unit->bus].name, unit->least);
	case CONFLICT_RAMP:
		return (size_t)snprintf(to, size, "unit %s ramps by %g MW an hour at most", unit->name, unit->ramp);
	default:
		dispatch_flow_limits(branch, problem->limits_scale, &least, &most);
		return (size_t)snprintf(to, size, "branch %s (%s-%s) carries %g to %g MW", branch->name,
					bus[branch->from].name, bus[branch->to].name, least, most);
	}
}

void conflict_words(const struct dispatch_problem *problem, const struct conflict *conflict, char *ret_text,
		    size_t size)
{
	size_t len;
	u32 i;

	if (conflict->period == ~0U)
		len = (size_t)snprintf(ret_text, size, "the loads of the periods together cannot be met while");
	else
		len = (size_t)snprintf(ret_text, size, "the load of period %u cannot be met while",
				       conflict->period + 1);
	for (i = 0; i < conflict->count && len < size; i++) {
		len += (size_t)snprintf(ret_text + len, size - len, "%s ", i ? "," : "");
		if (len < size)
			len += conflict_word(problem, conflict, i, ret_text + len, size - len);
	}
	if (conflict->untold && len < size)
		snprintf(ret_text + len, size - len, ", and %u more", conflict->untold);
}
