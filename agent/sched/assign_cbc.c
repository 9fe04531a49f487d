// SPDX-License-Identifier: GPL-2.0
/*
 * assign_cbc.c - the exact program over the sessions that could still be part
 * of a better plan: those whose reduced cost at the best prices is below the gap (none other can be).
 *
 * First its linear relaxation by Clp: the prices of its rows, rounded to integers, give a bound that is exact
 * whatever Clp's tolerances are. Then Cbc, from the best plan known.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <coin/Cbc_C_Interface.h>
#include <coin/Clp_C_Interface.h>

#include "agent/sched/assign_parts.h"

#define ASSIGN_CBC_COLUMNS 60000
#define ASSIGN_CBC_RELAX 3	/* relaxations over a part of the sessions, each for better prices */
#define ASSIGN_CBC_SECONDS 15.0 /* of one relaxation: nobody can stop it */
#define ASSIGN_CBC_NODES 500	/* of the first slice; each has twice as many as the one before */
#define ASSIGN_CBC_SLICES 7
#define ASSIGN_CBC_UNIT 1000.0 /* costs go to the solver in 1/10000 yuan */

struct program_column {
	u32 vehicle, start;
	const struct assign_way *way;
};

struct program {
	struct assign_search *search;
	const struct assign_desk *desk;
	u32 columns, rows;
	s64 slack; /* sessions with a reduced cost below it are in */
	struct program_column *column;
	int *row_of;	     /* of each vehicle, then charger and watt of each cell; -1: none is needed */
	s64 *least;	     /* of each vehicle: its cheapest choice with tolls */
	CoinBigIndex *start; /* of the columns */
	int *index;
	double *element, *objective, *upper, *row_upper, *row_lower, *lower;
};

static void program_close(struct program *program)
{
	free(program->column);
	free(program->row_of);
	free(program->least);
	free(program->start);
	free(program->index);
	free(program->element);
	free(program->objective);
	free(program->upper);
	free(program->lower);
	free(program->row_upper);
	free(program->row_lower);
}

/* Can a plan better than the best contain this session? */
static bool program_wants(const struct program *program, u32 vehicle, const struct assign_way *way, u32 start)
{
	const struct assign_search *search = program->search;
	const struct assign_choice *has = &search->best->choice[vehicle];
	s64 reduced = assign_cost(program->desk, vehicle, way, start) +
		      assign_toll(program->desk, &search->prices, way, start) - program->least[vehicle];

	return reduced < program->slack || (has->way == way && has->start == start);
}

/* Calls for every session wanted; returns how many there are. @ret may be NULL. */
static u64 program_columns(struct program *program, struct program_column *ret)
{
	const struct assign_desk *desk = program->desk;
	u32 v, w, start;
	u64 count = 0;

	for (v = 0; v < desk->fleet->vehicles; v++)
		for (w = desk->first[v]; w < desk->first[v + 1]; w++)
			for (start = desk->way[w].first; start <= desk->way[w].last; start++) {
				if (!program_wants(program, v, &desk->way[w], start))
					continue;
				if (ret)
					ret[count] = (struct program_column){ v, start, &desk->way[w] };
				count++;
			}
	return count;
}

/* Rows are made for what could be overrun by the columns there are. */
static int program_rows(struct program *program)
{
	const struct assign_desk *desk = program->desk;
	u32 vehicles = desk->fleet->vehicles, cells = desk->fleet->stations * desk->periods, i, t;
	u64 *heads = calloc((size_t)cells + 1, sizeof(*heads)), *watts = calloc((size_t)cells + 1, sizeof(*watts));

	if (!heads || !watts) {
		free(heads);
		free(watts);
		return -ENOMEM;
	}
	memset(program->row_of, 0xff, (vehicles + 2 * (size_t)cells) * sizeof(*program->row_of));
	for (i = 0; i < program->columns; i++) {
		const struct program_column *column = &program->column[i];

		program->row_of[column->vehicle] = 0;
		for (t = 0; t < column->way->periods; t++) {
			heads[column->way->station * desk->periods + column->start + t]++;
			watts[column->way->station * desk->periods + column->start + t] += column->way->rate_w;
		}
	}
	for (i = 0; i < vehicles; i++)
		if (!program->row_of[i])
			program->row_of[i] = (int)program->rows++;
	for (i = 0; i < cells; i++) {
		if (heads[i] > desk->chargers[i])
			program->row_of[vehicles + i] = (int)program->rows++;
		if (desk->limited[i / desk->periods] && desk->watts[i] >= 0 && watts[i] > (u64)desk->watts[i])
			program->row_of[vehicles + cells + i] = (int)program->rows++;
	}
	free(heads);
	free(watts);
	return 0;
}

static void program_limits(struct program *program)
{
	const struct assign_desk *desk = program->desk;
	u32 vehicles = desk->fleet->vehicles, cells = desk->fleet->stations * desk->periods, i;

	for (i = 0; i < program->rows; i++) {
		program->row_lower[i] = -HUGE_VAL;
		program->row_upper[i] = 1;
	}
	for (i = 0; i < cells; i++) {
		if (program->row_of[vehicles + i] >= 0)
			program->row_upper[program->row_of[vehicles + i]] = desk->chargers[i];
		if (program->row_of[vehicles + cells + i] >= 0) /* in kW: nearer to the other coefficients */
			program->row_upper[program->row_of[vehicles + cells + i]] = (double)desk->watts[i] / 1000;
	}
}

static void program_fill(struct program *program)
{
	const struct assign_desk *desk = program->desk;
	u32 vehicles = desk->fleet->vehicles, cells = desk->fleet->stations * desk->periods, i, t;
	int count = 0;

	for (i = 0; i < program->columns; i++) {
		const struct program_column *column = &program->column[i];
		u32 at = vehicles + column->way->station * desk->periods + column->start;

		program->start[i] = count;
		program->upper[i] = 1;
		program->objective[i] =
			(double)(assign_cost(desk, column->vehicle, column->way, column->start) - desk->unserved) /
			ASSIGN_CBC_UNIT;
		program->index[count] = program->row_of[column->vehicle];
		program->element[count++] = 1;
		for (t = 0; t < column->way->periods; t++, at++) {
			if (program->row_of[at] >= 0) {
				program->index[count] = program->row_of[at];
				program->element[count++] = 1;
			}
			if (program->row_of[at + cells] >= 0) {
				program->index[count] = program->row_of[at + cells];
				program->element[count++] = column->way->rate_w / 1000.0;
			}
		}
	}
	program->start[i] = count;
}

static int program_open(struct program *program)
{
	const struct assign_desk *desk = program->desk;
	size_t cells = (size_t)desk->fleet->stations * desk->periods, vehicles = desk->fleet->vehicles, room;
	u64 columns, i, elements = 0;
	u32 v;

	program->least = calloc(vehicles + 1, sizeof(*program->least));
	program->row_of = malloc((vehicles + 2 * cells + 1) * sizeof(*program->row_of));
	if (!program->least || !program->row_of)
		return -ENOMEM;
	for (v = 0; v < vehicles; v++)
		program->least[v] = assign_choose(desk, &program->search->prices, v).cost;
	program->slack = program->search->best->cost - program->search->bound;
	columns = program_columns(program, NULL);
	for (; columns > ASSIGN_CBC_COLUMNS && program->slack; columns = program_columns(program, NULL))
		program->slack /= 2;
	program->column = calloc(columns + 1, sizeof(*program->column));
	if (!program->column)
		return -ENOMEM;
	program->columns = (u32)program_columns(program, program->column);
	for (i = 0; i < columns; i++)
		elements += 1 + 2u * program->column[i].way->periods;
	if (program_rows(program))
		return -ENOMEM;
	room = (program->rows > columns ? program->rows : columns) + 1;
	program->start = calloc(room, sizeof(*program->start));
	program->index = calloc(elements + 1, sizeof(*program->index));
	program->element = calloc(elements + 1, sizeof(double));
	program->objective = calloc(room, sizeof(double));
	program->upper = calloc(room, sizeof(double));
	program->lower = calloc(room, sizeof(double));
	program->row_upper = calloc(room, sizeof(double));
	program->row_lower = calloc(room, sizeof(double));
	if (!program->start || !program->index || !program->element || !program->objective || !program->upper ||
	    !program->lower || !program->row_upper || !program->row_lower)
		return -ENOMEM;
	program_limits(program);
	program_fill(program);
	return 0;
}

/* The relaxation's row prices as integers; better bound: they are kept. -ENOMEM. */
static int program_take_prices(struct program *program, const double *dual)
{
	struct assign_search *search = program->search;
	const struct assign_desk *desk = program->desk;
	u32 vehicles = desk->fleet->vehicles, cells = desk->fleet->stations * desk->periods, i, v;
	struct assign_prices prices;
	__int128 bound = 0;
	int err = assign_prices_new(desk, &prices);

	if (err)
		return err;
	for (i = 0; i < cells; i++) {
		int head = program->row_of[vehicles + i], watt = program->row_of[vehicles + cells + i];

		if (head >= 0)
			prices.charger[i] = (s64)fmax(0, -dual[head] * ASSIGN_CBC_UNIT);
		if (watt >= 0)
			prices.watt[i] = (s64)fmax(0, -dual[watt] * ASSIGN_CBC_UNIT / 1000);
		bound -= (__int128)prices.charger[i] * desk->chargers[i];
		bound -= desk->watts[i] > 0 ? (__int128)prices.watt[i] * desk->watts[i] : 0;
	}
	assign_prices_sum(desk, &prices);
	for (v = 0; v < vehicles; v++)
		if (desk->state[v] != ASSIGN_CONTENT)
			bound += assign_choose(desk, &prices, v).cost;
	if (bound > search->bound) {
		search->bound = (s64)bound;
		memcpy(search->prices.charger, prices.charger, cells * sizeof(s64));
		memcpy(search->prices.watt, prices.watt, cells * sizeof(s64));
		assign_prices_sum(desk, &search->prices);
	}
	assign_prices_free(&prices);
	return 0;
}

/* A plan from a solution that may be rounded: what is most wanted first. */
static void program_round(struct program *program, const double *value)
{
	struct assign_table *table = program->search->table;
	double least;
	u32 i;

	assign_table_clear(table);
	for (least = 0.99; least > 0.05; least -= 0.3)
		for (i = 0; i < program->columns; i++) {
			const struct program_column *column = &program->column[i];

			if (value[i] > least && !table->choice[column->vehicle].way &&
			    assign_table_fits(table, column->way, column->start))
				assign_table_put(table, column->vehicle, column->way, column->start);
		}
	assign_improve(program->search, 4);
	assign_keep_best(program->search);
}

static int program_relax(struct program *program)
{
	Clp_Simplex *clp = Clp_newModel();
	int err = 0;

	if (!clp)
		return -ENOMEM;
	Clp_setLogLevel(clp, 0);
	Clp_setMaximumSeconds(clp, fmin(ASSIGN_CBC_SECONDS, assign_seconds_left(program->search)));
	Clp_loadProblem(clp, (int)program->columns, (int)program->rows, program->start, program->index,
			program->element, program->lower, program->upper, program->objective, program->row_lower,
			program->row_upper);
	Clp_initialSolve(clp);
	err = program_take_prices(program, Clp_getRowPrice(clp));
	if (!err)
		program_round(program, Clp_getColSolution(clp));
	Clp_deleteModel(clp);
	return err;
}

static void program_start_from_best(const struct program *program, Cbc_Model *cbc)
{
	int *index = calloc(program->columns + 1u, sizeof(*index)), count = 0;
	double *value = calloc(program->columns + 1u, sizeof(*value));
	u32 i;

	for (i = 0; index && value && i < program->columns; i++) {
		const struct program_column *column = &program->column[i];
		const struct assign_choice *has = &program->search->best->choice[column->vehicle];

		if (has->way == column->way && has->start == column->start) {
			index[count] = (int)i;
			value[count++] = 1;
		}
	}
	if (count)
		Cbc_setMIPStartI(cbc, count, index, value);
	free(index);
	free(value);
}

/* What Cbc's bound means for the whole; vehicles not in the program count as unserved in both. */
static void program_take_answer(struct program *program, Cbc_Model *cbc)
{
	struct assign_search *search = program->search;
	const struct assign_desk *desk = program->desk;
	double bound = Cbc_getBestPossibleObjValue(cbc) * ASSIGN_CBC_UNIT;
	u32 v;

	if (Cbc_getColSolution(cbc) && Cbc_bestSolution(cbc))
		program_round(program, Cbc_bestSolution(cbc));
	if (Cbc_isProvenOptimal(cbc)) {
		search->plan->proven = true;
		search->bound = search->best->cost;
		return;
	}
	for (v = 0; v < desk->fleet->vehicles; v++)
		bound += desk->state[v] != ASSIGN_CONTENT ? (double)desk->unserved : 0;
	bound -= 1 + fabs(bound) * 1e-9; /* the solver's own tolerance */
	if (bound > (double)search->bound && bound < (double)search->best->cost)
		search->bound = (s64)bound;
}

static int program_branch(struct program *program, int nodes)
{
	Cbc_Model *cbc = Cbc_newModel();
	char text[32];
	u32 i;

	if (!cbc)
		return -ENOMEM;
	Cbc_loadProblem(cbc, (int)program->columns, (int)program->rows, program->start, program->index,
			program->element, program->lower, program->upper, program->objective, program->row_lower,
			program->row_upper);
	for (i = 0; i < program->columns; i++)
		Cbc_setInteger(cbc, (int)i);
	Cbc_setLogLevel(cbc, 0);
	program_start_from_best(program, cbc);
	snprintf(text, sizeof(text), "%d", nodes);
	Cbc_setParameter(cbc, "maxNodes", text);
	snprintf(text, sizeof(text), "%.0f", ceil(assign_seconds_left(program->search)));
	Cbc_setParameter(cbc, "preprocess", "off"); /* it crashes where time runs out early (Cbc 2.10.8) */
	Cbc_setParameter(cbc, "timeMode", "elapsed");
	Cbc_setParameter(cbc, "seconds", text);
	Cbc_solve(cbc);
	program_take_answer(program, cbc);
	program->search->plan->method = ASSIGN_BY_CBC;
	Cbc_deleteModel(cbc);
	return 0;
}

/* Is every session in that could make the best plan better? */
static bool program_whole(const struct program *program)
{
	return program->slack >= program->search->best->cost - program->search->bound;
}

static int program_reopen(struct program *program)
{
	struct assign_search *search = program->search;

	program_close(program);
	*program = (struct program){ .search = search, .desk = search->desk };
	return program_open(program);
}

/* Better prices leave less to look at, until all of what is left fits. */
static int program_relax_all(struct program *program)
{
	struct assign_search *search = program->search;
	int err = 0, round;

	for (round = 0; !err && round < ASSIGN_CBC_RELAX && search->best->cost > search->bound; round++) {
		if (!assign_goes_on(search, "relaxing", (double)round / ASSIGN_CBC_RELAX))
			break;
		err = program_reopen(program);
		if (!err)
			err = program_relax(program);
		if (program_whole(program))
			break;
	}
	return err;
}

int assign_by_cbc(struct assign_search *search)
{
	struct program program = { .search = search, .desk = search->desk };
	int err = program_relax_all(&program), slice;

	if (!err && search->best->cost > search->bound && assign_goes_on(search, "exact", 0))
		err = program_reopen(&program);
	for (slice = 0; !err && slice < ASSIGN_CBC_SLICES && search->best->cost > search->bound; slice++) {
		if (!program.columns || !program_whole(&program) ||
		    !assign_goes_on(search, "exact", (double)slice / ASSIGN_CBC_SLICES))
			break;
		err = program_branch(&program, ASSIGN_CBC_NODES << slice);
	}
	program_close(&program);
	return err;
}
