// SPDX-License-Identifier: GPL-2.0
/*
 * area.c - see area.h. The area's part is a grid of its own, in which each tie
 * ends at a bus of its own with a unit that gives or takes whatever flows: the program is dispatch.h's full form. That
 * unit's cost carries the price and the weight of the flow; a column beside it those of the angle.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/sched/area.h"
#include "agent/sched/crowd.h"
#include "agent/sched/dispatch_parts.h"

struct area_work {
	struct grid grid; /* own buses, then one a tie; own units, then one a tie; own branches, then ties */
	struct dispatch_problem problem;
	struct dispatch_stations stations;
	struct dispatch dispatch;
	double *load, *available;
	u32 *angle; /* columns: ties x periods */
};

u32 area_count(const struct grid *grid)
{
	u32 i, count = 0;

	for (i = 0; i < grid->buses; i++)
		count = grid->bus[i].area >= count ? grid->bus[i].area + 1 : count;
	return count;
}

double area_price_scale(const struct grid *grid)
{
	double scale = 0;
	u32 i;

	for (i = 0; i < grid->units; i++) {
		const struct grid_unit *unit = &grid->unit[i];
		double most = fmin(unit->most, 1e4);

		if (most > 0)
			scale = fmax(scale, fabs(dispatch_unit_cost(&unit->cost, most / 2) -
						 dispatch_unit_cost(&unit->cost, most / 2 - 1)));
	}
	return scale;
}

static bool area_owns(const struct area *area, u32 bus)
{
	return area->whole->grid->bus[bus].area == area->index;
}

static int area_compare(const void *one, const void *other)
{
	const struct area_tie *a = one, *b = other;

	if (a->neighbour != b->neighbour)
		return a->neighbour < b->neighbour ? -1 : 1;
	return a->branch < b->branch ? -1 : a->branch > b->branch;
}

/* Lists what is its own; @at: bus of the whole -> own bus. */
static int area_list(struct area *area, u32 *at)
{
	const struct grid *grid = area->whole->grid;
	u32 i;

	area->bus = calloc((size_t)grid->buses + 1, sizeof(u32));
	area->unit = calloc((size_t)grid->units + 1, sizeof(u32));
	area->station = calloc((size_t)dispatch_stations(area->whole) + 1, sizeof(u32));
	area->tie = calloc((size_t)grid->branches + 1, sizeof(*area->tie));
	if (!area->bus || !area->unit || !area->station || !area->tie)
		return -ENOMEM;
	for (i = 0; i < grid->buses; i++)
		if (area_owns(area, i)) {
			at[i] = area->buses;
			area->bus[area->buses++] = i;
		}
	for (i = 0; i < grid->units; i++)
		if (area_owns(area, grid->unit[i].bus))
			area->unit[area->units++] = i;
	for (i = 0; i < dispatch_stations(area->whole); i++)
		if (area_owns(area, area->whole->stations->station[i].bus))
			area->station[area->stations++] = i;
	for (i = 0; i < grid->branches; i++) {
		bool from = area_owns(area, grid->branch[i].from), to = area_owns(area, grid->branch[i].to);
		u32 far = from ? grid->branch[i].to : grid->branch[i].from;

		if (from != to)
			area->tie[area->ties++] = (struct area_tie){ i, grid->bus[far].area, from };
	}
	qsort(area->tie, area->ties, sizeof(*area->tie), area_compare);
	return 0;
}

static int area_grid(struct area *area, const u32 *at)
{
	const struct grid *whole = area->whole->grid;
	struct grid *grid = &area->work->grid;
	struct grid_branch *branch;
	u32 i;

	grid->base = whole->base;
	for (i = 0; i < area->buses + area->ties; i++) {
		struct grid_bus *bus = grid_add_bus(grid);

		if (!bus)
			return -ENOMEM;
		if (i < area->buses)
			*bus = whole->bus[area->bus[i]];
	}
	for (i = 0; i < area->units + area->ties; i++) {
		struct grid_unit *unit = grid_add_unit(grid);

		if (!unit)
			return -ENOMEM;
		if (i < area->units) {
			*unit = whole->unit[area->unit[i]];
			unit->bus = at[unit->bus];
		} else {
			*unit = (struct grid_unit){ .bus = area->buses + i - area->units,
						    .least = -INFINITY,
						    .most = INFINITY };
		}
	}
	for (i = 0; i < whole->branches; i++) {
		if (!area_owns(area, whole->branch[i].from) || !area_owns(area, whole->branch[i].to))
			continue;
		branch = grid_add_branch(grid);
		if (!branch)
			return -ENOMEM;
		*branch = whole->branch[i];
		branch->from = at[branch->from];
		branch->to = at[branch->to];
	}
	for (i = 0; i < area->ties; i++) {
		branch = grid_add_branch(grid);
		if (!branch)
			return -ENOMEM;
		*branch = whole->branch[area->tie[i].branch];
		branch->from = area->tie[i].outward ? at[branch->from] : area->buses + i;
		branch->to = area->tie[i].outward ? area->buses + i : at[branch->to];
	}
	return grid_finish(grid, "area");
}

static double *area_pick(const double *from, u32 rows, u32 wide, const u32 *which, u32 count, u32 room, double rest)
{
	double *to = calloc((size_t)rows * room + 1, sizeof(*to));
	u32 t, i;

	for (t = 0; to && t < rows; t++)
		for (i = 0; i < room; i++)
			to[(size_t)t * room + i] = i < count ? from[(size_t)t * wide + which[i]] : rest;
	return to;
}

static int area_stations(struct area *area, const u32 *at)
{
	const struct dispatch_stations *whole = area->whole->stations;
	struct dispatch_stations *own = &area->work->stations;
	struct dispatch_station *station = calloc((size_t)area->stations + 1, sizeof(*station));
	u32 i, rows = area->whole->periods, count = area->stations;

	own->count = count;
	own->station = station;
	if (!station)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		station[i] = whole->station[area->station[i]];
		station[i].bus = at[station[i].bus];
	}
	if (!count)
		return 0;
	own->charge = area_pick(whole->charge, rows, whole->count, area->station, count, count, 0);
	own->discharge = area_pick(whole->discharge, rows, whole->count, area->station, count, count, 0);
	own->stock_least = area_pick(whole->stock_least, rows, whole->count, area->station, count, count, 0);
	own->stock_most = area_pick(whole->stock_most, rows, whole->count, area->station, count, count, 0);
	area->work->problem.stations = own;
	return own->charge && own->discharge && own->stock_least && own->stock_most ? 0 : -ENOMEM;
}

/* A column for each tie and period: the mean of both ends' angles, in susceptance. */
static int area_angles(struct area *area)
{
	struct dispatch *dispatch = &area->work->dispatch;
	const struct grid *grid = &area->work->grid;
	u32 i, t, periods = area->whole->periods;

	area->work->angle = calloc((size_t)area->ties * periods + 1, sizeof(u32));
	if (!area->work->angle)
		return -ENOMEM;
	for (i = 0; i < area->ties; i++)
		for (t = 0; t < periods; t++) {
			const struct grid_branch *branch = &grid->branch[grid->branches - area->ties + i];
			u32 first = dispatch->angle[(size_t)t * grid->buses];
			u32 column = qp_column(dispatch->qp, -INFINITY, INFINITY, 0, 0);

			area->work->angle[(size_t)i * periods + t] = column;
			qp_row(dispatch->qp, 0, 0);
			qp_term(dispatch->qp, column, 1);
			qp_term(dispatch->qp, first + branch->from, -0.5 * branch->susceptance * NODAL_ANGLE);
			qp_term(dispatch->qp, first + branch->to, -0.5 * branch->susceptance * NODAL_ANGLE);
		}
	return 0;
}

/* Only the whole's own references stay at angle 0. */
static void area_references(struct area *area)
{
	const struct grid *whole = area->whole->grid, *grid = &area->work->grid;
	struct dispatch *dispatch = &area->work->dispatch;
	u32 b, t, next = 0;
	bool *reference = calloc((size_t)whole->buses + 1, sizeof(bool));

	for (b = 0; reference && b < whole->buses; b++)
		if (whole->bus[b].island == next) {
			reference[b] = true;
			next++;
		}
	for (b = 0; reference && b < grid->buses; b++) {
		bool fixed = b < area->buses && reference[area->bus[b]];

		for (t = 0; t < area->whole->periods; t++)
			qp_bounds(dispatch->qp, dispatch->angle[(size_t)t * grid->buses + b], fixed ? 0 : -INFINITY,
				  fixed ? 0 : INFINITY);
	}
	free(reference);
}

/*
 * A block a period: Clp goes round in circles on many of these programs (case118 cut in two), for the weights curve
 * what is else linear. Columns that are here not named (pieces of costs) stand behind their unit's.
 */
static int area_blocks(struct area *area)
{
	struct area_work *work = area->work;
	struct dispatch *dispatch = &work->dispatch;
	u32 columns = qp_columns(dispatch->qp), i, t, *block = malloc(((size_t)columns + 1) * sizeof(*block));

	if (!block)
		return -ENOMEM;
	memset(block, 0xff, (size_t)columns * sizeof(*block));
	for (t = 0; t < area->whole->periods; t++) {
		for (i = 0; i < work->grid.units; i++)
			block[dispatch->output[(size_t)t * work->grid.units + i]] = t;
		for (i = 0; i < work->grid.buses; i++)
			block[dispatch->angle[(size_t)t * work->grid.buses + i]] = t;
		for (i = 0; i < area->stations; i++) {
			block[dispatch->charge[(size_t)t * area->stations + i]] = t;
			block[dispatch->discharge[(size_t)t * area->stations + i]] = t;
			block[dispatch->stock[(size_t)t * area->stations + i]] = t;
		}
		for (i = 0; i < area->ties; i++)
			block[work->angle[(size_t)i * area->whole->periods + t]] = t;
	}
	for (i = 0; i < columns; i++)
		if (block[i] == ~0U)
			block[i] = i ? block[i - 1] : 0;
	qp_reblock(dispatch->qp, block);
	free(block);
	return 0;
}

static int area_build(struct area *area, struct dispatch_error *error)
{
	const struct dispatch_problem *whole = area->whole;
	struct area_work *work = area->work;
	u32 *at = calloc((size_t)whole->grid->buses + 1, sizeof(*at));
	int err = at ? area_list(area, at) : -ENOMEM;

	if (!err)
		err = area_grid(area, at);
	work->problem = *whole;
	work->problem.grid = &work->grid;
	work->problem.form = DISPATCH_FULL;
	work->problem.stations = NULL;
	work->problem.progress = NULL;
	if (!err && whole->stations)
		err = area_stations(area, at);
	free(at);
	if (err)
		return err;
	work->load =
		area_pick(whole->load, whole->periods, whole->grid->buses, area->bus, area->buses, work->grid.buses, 0);
	if (whole->available)
		work->available = area_pick(whole->available, whole->periods, whole->grid->units, area->unit,
					    area->units, work->grid.units, INFINITY);
	if (!work->load || (whole->available && !work->available))
		return -ENOMEM;
	work->problem.load = work->load;
	work->problem.available = work->available;
	work->dispatch = (struct dispatch){ .problem = &work->problem, .grid = &work->grid, .error = error };
	err = dispatch_build(&work->dispatch);
	if (!err)
		err = area_angles(area);
	if (!err)
		err = area_blocks(area);
	if (!err)
		area_references(area);
	return err;
}

int area_new(const struct dispatch_problem *whole, u32 index, struct area **ret_area, struct dispatch_error *ret_error)
{
	struct area *area;
	int err;

	ret_error->text[0] = 0;
	if (whole->reserve || whole->secure) {
		snprintf(ret_error->text, sizeof(ret_error->text),
			 "areas that solve apart can hold no common reserve and no N-1: ask for the plan of the whole");
		return -EINVAL;
	}
	area = calloc(1, sizeof(*area));
	if (area)
		area->work = calloc(1, sizeof(*area->work));
	if (!area || !area->work) {
		free(area);
		return -ENOMEM;
	}
	area->whole = whole;
	area->index = index;
	err = area_build(area, ret_error);
	if (!err && area->ties > AREA_TIES_MAX) {
		snprintf(ret_error->text, sizeof(ret_error->text), "area %u has more than %u ties", index + 1,
			 AREA_TIES_MAX);
		err = -EINVAL;
	}
	if (err)
		area_free(area);
	else
		*ret_area = area;
	return err;
}

void area_free(struct area *area)
{
	if (!area)
		return;
	dispatch_free(area->work->dispatch.plan);
	dispatch_close(&area->work->dispatch);
	crowd_flexible_done(&area->work->stations);
	free(area->work->grid.bus);
	free(area->work->grid.unit);
	free(area->work->grid.branch);
	free(area->work->load);
	free(area->work->available);
	free(area->work->angle);
	free(area->work);
	free(area->bus);
	free(area->unit);
	free(area->station);
	free(area->tie);
	free(area);
}

/* Columns that stand for x of a tie: its flow is what the unit at its far end takes. */
static u32 area_column(const struct area *area, u32 i, u32 t, enum area_kinds kind, double *ret_sign)
{
	const struct area_work *work = area->work;

	*ret_sign = kind == AREA_FLOW && area->tie[i].outward ? -1 : 1;
	if (kind == AREA_ANGLE)
		return work->angle[(size_t)i * area->whole->periods + t];
	return work->dispatch.output[(size_t)t * work->grid.units + area->units + i];
}

int area_solve(struct area *area, const double *price, const double *aim, const double *weight, double *ret_x,
	       struct dispatch_error *ret_error)
{
	struct dispatch *dispatch = &area->work->dispatch;
	u32 i, t, kind, column, periods = area->whole->periods;
	enum qp_status status;
	double sign;

	for (i = 0; i < area->ties; i++)
		for (t = 0; t < periods; t++)
			for (kind = 0; kind < AREA_KINDS; kind++) {
				size_t at = ((size_t)i * periods + t) * AREA_KINDS + kind;
				double heavy = weight[(size_t)i * AREA_KINDS + kind];

				column = area_column(area, i, t, kind, &sign);
				qp_cost(dispatch->qp, column, sign * (price[at] - heavy * aim[at]), heavy / 2);
			}
	status = qp_solve(dispatch->qp, 0);
	if (status != QP_OPTIMAL) {
		snprintf(ret_error->text, sizeof(ret_error->text), "area %u by itself: %s", area->index + 1,
			 status == QP_INFEASIBLE  ? "no output of its units and flow over its ties meets its limits"
			 : status == QP_UNBOUNDED ? "its cost has no lower end"
						  : "the solver gave up");
		return -EDOM;
	}
	for (i = 0; i < area->ties; i++)
		for (t = 0; t < periods; t++)
			for (kind = 0; kind < AREA_KINDS; kind++) {
				column = area_column(area, i, t, kind, &sign);
				ret_x[((size_t)i * periods + t) * AREA_KINDS + kind] =
					sign * qp_values(dispatch->qp)[column];
			}
	return 0;
}

void area_put(const struct area *area, struct dispatch_plan *plan)
{
	const struct area_work *work = area->work;
	const struct dispatch *dispatch = &work->dispatch;
	const double *value = qp_values(dispatch->qp), *price = qp_prices(dispatch->qp);
	u32 t, i;

	for (t = 0; t < plan->periods; t++) {
		for (i = 0; i < area->units; i++) {
			double output = value[dispatch->output[(size_t)t * work->grid.units + i]];

			plan->output[(size_t)t * plan->units + area->unit[i]] = output;
			plan->cost += area->whole->hours * dispatch_unit_cost(&work->grid.unit[i].cost, output);
		}
		for (i = 0; i < area->buses; i++)
			plan->price[(size_t)t * plan->buses + area->bus[i]] =
				price[dispatch->balance[(size_t)t * work->grid.buses + i]] / area->whole->hours;
		for (i = 0; i < area->stations; i++) {
			size_t to = (size_t)t * plan->stations + area->station[i];
			size_t from = (size_t)t * area->stations + i;

			plan->charge[to] = value[dispatch->charge[from]];
			plan->discharge[to] = value[dispatch->discharge[from]];
			plan->stock[to] = value[dispatch->stock[from]];
		}
	}
}

int area_flows(const struct dispatch_problem *whole, struct dispatch_plan *plan)
{
	const struct grid *grid = whole->grid;
	double *injection = calloc((size_t)grid->buses + 1, sizeof(*injection));
	struct ptdf *ptdf = NULL;
	int err = injection ? ptdf_new(grid, &ptdf) : -ENOMEM;
	u32 t, i;

	for (t = 0; !err && t < plan->periods; t++) {
		for (i = 0; i < grid->buses; i++)
			injection[i] = -whole->load[(size_t)t * grid->buses + i];
		for (i = 0; i < grid->units; i++)
			injection[grid->unit[i].bus] += plan->output[(size_t)t * grid->units + i];
		for (i = 0; i < plan->stations; i++)
			injection[whole->stations->station[i].bus] += plan->discharge[(size_t)t * plan->stations + i] -
								      plan->charge[(size_t)t * plan->stations + i];
		ptdf_angles(ptdf, injection, &plan->angle[(size_t)t * grid->buses]);
		ptdf_flows(grid, &plan->angle[(size_t)t * grid->buses], &plan->flow[(size_t)t * grid->branches]);
	}
	ptdf_free(ptdf);
	free(injection);
	return err;
}
