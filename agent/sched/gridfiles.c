// SPDX-License-Identifier: GPL-2.0
/*
 * gridfiles.c - see gridfiles.h. Units first, then the network, then what
 * happens over the periods; each table's faults where its rows are read.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/sched/gridfiles_parts.h"

#define GRIDFILES_REACTANCE 0.1

bool gridfiles_begin(struct gridfiles_reader *reader, const char *name, bool needed)
{
	snprintf(reader->path, sizeof(reader->path), "%.300s/%s", reader->folder, name);
	if (!needed && access(reader->path, F_OK))
		return false;
	if (!csv_open(reader->path, &reader->csv, &reader->error))
		return true;
	grid_fault(reader->grid, true, "%s", reader->error.text);
	return false;
}

bool gridfiles_row(struct gridfiles_reader *reader)
{
	int got = grid_fatal(reader->grid) ? 0 : csv_next(reader->path, &reader->csv, &reader->error);

	if (got < 0)
		grid_fault(reader->grid, true, "%s", reader->error.text);
	if (got <= 0)
		csv_close(&reader->csv);
	return got > 0;
}

/* The number in column @name; @otherwise where there is no such column (NAN: it is needed). */
double gridfiles_number(struct gridfiles_reader *reader, const char *name, double otherwise)
{
	int column = csv_column(&reader->csv, name);
	double number = otherwise;

	if (column < 0 && isnan(otherwise))
		grid_fault(reader->grid, true, "%.150s:1: there is no column %s.", reader->path, name);
	else if (column >= 0 && csv_number(reader->path, &reader->csv, column, &number, &reader->error))
		grid_fault(reader->grid, true, "%s", reader->error.text);
	return number;
}

const char *gridfiles_text(struct gridfiles_reader *reader, const char *name)
{
	int column = csv_column(&reader->csv, name);

	return column < 0 ? "" : reader->csv.field[column];
}

u32 gridfiles_bus(struct gridfiles_reader *reader, s64 number, const char *name)
{
	u32 bus = grid_find_bus(reader->grid, number);
	struct grid_bus *new;

	if (bus != ~0U)
		return bus;
	new = grid_add_bus(reader->grid);
	if (!new) {
		grid_fault(reader->grid, true, "%.150s: out of memory or more than %u buses.", reader->path,
			   GRID_BUSES_MAX);
		return 0;
	}
	new->number = number;
	snprintf(new->name, sizeof(new->name), "%s", name);
	return reader->grid->buses - 1;
}

/* Without buses of their own: one place for all, or one for each side. */
static u32 gridfiles_place(struct gridfiles_reader *reader)
{
	const char *side = gridfiles_text(reader, "side");
	char name[GRID_NAME_MAX];
	u32 i;

	if (reader->placed) {
		double number = reader->assumes_places
					? gridfiles_assumed_node(reader, "unit", gridfiles_text(reader, "unit"))
					: gridfiles_number(reader, "bus", NAN);

		snprintf(name, sizeof(name), "%.0f", number);
		return gridfiles_bus(reader, (s64)number, name);
	}
	if (!reader->keep_areas)
		return gridfiles_bus(reader, 1, "all");
	for (i = 0; i < reader->grid->buses; i++)
		if (!strcmp(reader->grid->bus[i].name, side))
			return i;
	return gridfiles_bus(reader, reader->grid->buses + 1, side);
}

/* Sides are numbered in the order in which they are first named. */
u32 gridfiles_area(struct gridfiles_reader *reader, const char *side)
{
	struct gridfiles *files = reader->files;
	u32 i;

	for (i = 0; i < files->areas; i++)
		if (!strcmp(files->area[i], side))
			return i;
	if (files->areas == GRIDFILES_AREAS_MAX)
		return 0;
	snprintf(files->area[i], sizeof(files->area[i]), "%.31s", side);
	return files->areas++;
}

static void gridfiles_unit(struct gridfiles_reader *reader)
{
	const char *name = gridfiles_text(reader, "unit");
	struct grid_unit unit = { 0 }, *new;

	unit.least = gridfiles_number(reader, "p_min_mw", NAN);
	unit.most = gridfiles_number(reader, "p_max_mw", NAN);
	unit.cost.constant = gridfiles_number(reader, "a_yuan", NAN);
	unit.cost.linear = gridfiles_number(reader, "b_yuan_per_mw", NAN);
	unit.cost.quadratic = gridfiles_number(reader, "c_yuan_per_mw2", NAN);
	unit.ramp = gridfiles_number(reader, "ramp_mw_per_h", 0);
	unit.wind = !strcmp(gridfiles_text(reader, "kind"), "wind");
	unit.bus = gridfiles_place(reader);
	unit.area = gridfiles_area(reader, gridfiles_text(reader, "side"));
	unit.row = reader->grid->units + 1;
	snprintf(unit.name, sizeof(unit.name), "%.31s", name);
	if (grid_fatal(reader->grid))
		return;
	if (unit.least > unit.most || unit.cost.quadratic < 0 || unit.ramp < 0) {
		grid_fault(reader->grid, true, "%.120s:%u: unit %.31s has %s.", reader->path, reader->csv.line, name,
			   unit.least > unit.most    ? "a least output above its most"
			   : unit.cost.quadratic < 0 ? "a negative quadratic cost: there would be no lowest cost"
						     : "a negative ramp");
		return;
	}
	new = grid_add_unit(reader->grid);
	if (new)
		*new = unit;
	else
		grid_fault(reader->grid, true, "%.150s: out of memory or more than %u units.", reader->path,
			   GRID_UNITS_MAX);
}

/* A second circuit between the same buses is no fault, but may be a line typed twice. */
static void gridfiles_look_parallel(struct gridfiles_reader *reader, u32 from, u32 to)
{
	u32 i;

	for (i = 0; i < reader->grid->branches; i++) {
		const struct grid_branch *other = &reader->grid->branch[i];

		if ((other->from == from && other->to == to) || (other->from == to && other->to == from)) {
			grid_fault(
				reader->grid, false,
				"%.120s:%u: branches %s and %.31s both join %s and %s: taken as two parallel circuits.",
				reader->path, reader->csv.line, other->name, gridfiles_text(reader, "branch"),
				reader->grid->bus[from].name, reader->grid->bus[to].name);
			return;
		}
	}
}

static void gridfiles_branch(struct gridfiles_reader *reader)
{
	double from = gridfiles_number(reader, "from_node", NAN), to = gridfiles_number(reader, "to_node", NAN);
	double limit = gridfiles_number(reader, "limit_mw", 0);
	double reactance = gridfiles_number(
		reader, "reactance_pu",
		gridfiles_assumed_value(reader, "reactance", gridfiles_text(reader, "branch"), GRIDFILES_REACTANCE));
	const char *name = gridfiles_text(reader, "branch");
	struct grid_branch *branch;
	char bus[GRID_NAME_MAX];
	u32 one, other;

	if (grid_fatal(reader->grid))
		return;
	if (limit < 0 || !reactance) {
		grid_fault(reader->grid, true, "%.120s:%u: branch %.31s has %s.", reader->path, reader->csv.line, name,
			   limit < 0 ? "a negative limit" : "no reactance");
		return;
	}
	snprintf(bus, sizeof(bus), "%.0f", from);
	one = gridfiles_bus(reader, (s64)from, bus);
	snprintf(bus, sizeof(bus), "%.0f", to);
	other = gridfiles_bus(reader, (s64)to, bus);
	if (from == to) {
		grid_fault(reader->grid, false,
			   "%.120s:%u: branch %.31s joins node %.0f to itself: it can carry nothing and is left out.",
			   reader->path, reader->csv.line, name, from);
		return;
	}
	gridfiles_look_parallel(reader, one, other);
	branch = grid_add_branch(reader->grid);
	if (!branch) {
		grid_fault(reader->grid, true, "%.150s: out of memory or more than %u branches.", reader->path,
			   GRID_BRANCHES_MAX);
		return;
	}
	*branch = (struct grid_branch){ .from = one,
					.to = other,
					.limit = limit,
					.row = reader->csv.line,
					.susceptance = reader->grid->base / reactance,
					.angle_least = -INFINITY,
					.angle_most = INFINITY };
	snprintf(branch->name, sizeof(branch->name), "%.31s", name);
}

/* Nodes are numbered from 1; one that no branch names stands alone. */
static void gridfiles_lone_buses(struct gridfiles_reader *reader)
{
	char names[160] = "", name[GRID_NAME_MAX];
	s64 most = 0, number;
	size_t len = 0;
	u32 i;

	for (i = 0; i < reader->grid->buses; i++)
		if (reader->grid->bus[i].number > most)
			most = reader->grid->bus[i].number;
	for (number = 1; number <= most && most <= GRID_BUSES_MAX; number++) {
		if (grid_find_bus(reader->grid, number) != ~0U)
			continue;
		snprintf(name, sizeof(name), "%lld", (long long)number);
		gridfiles_bus(reader, number, name);
		if (len < sizeof(names) - 24)
			len += (size_t)snprintf(names + len, sizeof(names) - len, " %s", name);
	}
	if (len)
		grid_fault(reader->grid, false, "%.100s: no branch ends at node%s; they stand alone.", reader->path,
			   names);
}

static int gridfiles_column_of(const struct csv *csv, const struct grid_unit *unit)
{
	char name[GRID_NAME_MAX + 4];

	snprintf(name, sizeof(name), "%s_mw", unit->name);
	return csv_column(csv, name);
}

/* A dispatch that came with the case: kept for comparison, and judged. */
static void gridfiles_reference_row(struct gridfiles_reader *reader)
{
	struct gridfiles *files = reader->files;
	struct grid *grid = reader->grid;
	double *grown = realloc(files->reference, (size_t)(files->periods + 1) * (grid->units + 1) * sizeof(double)),
	       value;
	u32 i;

	if (!grown) {
		grid_fault(grid, true, "%.150s: out of memory.", reader->path);
		return;
	}
	files->reference = grown;
	for (i = 0; i < grid->units; i++) {
		int column = gridfiles_column_of(&reader->csv, &grid->unit[i]);

		value = 0;
		if (column >= 0 && csv_number(reader->path, &reader->csv, column, &value, &reader->error))
			grid_fault(grid, true, "%s", reader->error.text);
		files->reference[(size_t)files->periods * grid->units + i] = value;
		if (value > grid->unit[i].most + 1e-9 || value < grid->unit[i].least - 1e-9)
			grid_fault(grid, false, "%.120s:%u: %s gives %g MW; its own limits are %g to %g.", reader->path,
				   reader->csv.line, grid->unit[i].name, value, grid->unit[i].least,
				   grid->unit[i].most);
	}
	files->periods++;
}

static void gridfiles_load_row(struct gridfiles_reader *reader)
{
	double period = gridfiles_number(reader, "period", NAN), bus = gridfiles_number(reader, "bus", NAN);
	double load = gridfiles_number(reader, "load_mw", NAN);
	struct gridfiles *files = reader->files;
	u32 at = grid_find_bus(reader->grid, (s64)bus), buses = reader->grid->buses;

	if (grid_fatal(reader->grid))
		return;
	if (at == ~0U || !(period >= 1 && period <= DISPATCH_PERIODS_MAX) || period != floor(period)) {
		grid_fault(reader->grid, true, "%.120s:%u: %s.", reader->path, reader->csv.line,
			   at == ~0U ? "the bus is at no end of a branch and has no unit"
				     : "periods are numbered from 1 to 672");
		return;
	}
	if (period > files->periods) {
		double *grown = realloc(files->load, (size_t)period * buses * sizeof(double));

		if (!grown) {
			grid_fault(reader->grid, true, "%.150s: out of memory.", reader->path);
			return;
		}
		files->load = grown;
		memset(&grown[(size_t)files->periods * buses], 0,
		       ((size_t)period - files->periods) * buses * sizeof(double));
		files->periods = (u32)period;
	}
	files->load[((size_t)period - 1) * buses + at] = load;
}

static void gridfiles_wind_row(struct gridfiles_reader *reader)
{
	double period = gridfiles_number(reader, "period", NAN), most = gridfiles_number(reader, "available_mw", NAN);
	struct gridfiles *files = reader->files;
	const char *name = gridfiles_text(reader, "unit");
	u32 units = reader->grid->units, i;

	for (i = 0; i < units && strcmp(reader->grid->unit[i].name, name); i++)
		;
	if (grid_fatal(reader->grid))
		return;
	if (i == units || !(period >= 1 && period <= files->periods) || most < 0) {
		grid_fault(reader->grid, true, "%.120s:%u: %s.", reader->path, reader->csv.line,
			   i == units ? "no such unit"
			   : most < 0 ? "wind below 0"
				      : "the load has no such period");
		return;
	}
	files->available[((size_t)period - 1) * units + i] = most;
}

/* Totals of the reference dispatch as load, where the case brings none. */
static int gridfiles_load_of_reference(struct gridfiles_reader *reader)
{
	struct gridfiles *files = reader->files;
	const struct grid *grid = reader->grid;
	size_t i;

	files->load = calloc((size_t)files->periods * grid->buses + 1, sizeof(double));
	if (!files->load)
		return -ENOMEM;
	if (gridfiles_assumed_load(reader))
		return 0;
	for (i = 0; i < (size_t)files->periods * grid->units; i++)
		files->load[i / grid->units * grid->buses + grid->unit[i % grid->units].bus] += files->reference[i];
	return 0;
}

static int gridfiles_periods(struct gridfiles_reader *reader)
{
	struct gridfiles *files = reader->files;
	u32 reference_periods;
	size_t i;

	if (gridfiles_begin(reader, "dispatch_table2.csv", false))
		while (gridfiles_row(reader))
			gridfiles_reference_row(reader);
	reference_periods = files->periods;
	if (gridfiles_begin(reader, "load.csv", false)) {
		files->periods = 0;
		while (gridfiles_row(reader))
			gridfiles_load_row(reader);
	} else if (!grid_fatal(reader->grid) && files->reference && gridfiles_load_of_reference(reader)) {
		return -ENOMEM;
	}
	if (!files->load && !grid_fatal(reader->grid))
		grid_fault(reader->grid, true,
			   "%.200s: there is neither load.csv nor a dispatch to take the load from.", reader->folder);
	if (files->reference && reference_periods != files->periods) {
		free(files->reference); /* not comparable */
		files->reference = NULL;
	}
	files->available = calloc((size_t)files->periods * reader->grid->units + 1, sizeof(double));
	if (!files->available)
		return -ENOMEM;
	for (i = 0; i < (size_t)files->periods * reader->grid->units; i++)
		files->available[i] = reader->grid->unit[i % reader->grid->units].most;
	if (gridfiles_begin(reader, "wind.csv", false))
		while (gridfiles_row(reader))
			gridfiles_wind_row(reader);
	gridfiles_assumed_factors(reader);
	return 0;
}

/* Branches of a case whose units have no place: judged in a grid of their own, then forgotten. */
static void gridfiles_judge_network(struct gridfiles_reader *reader)
{
	struct grid *real = reader->grid, *apart = grid_new();
	u32 i;

	if (!apart)
		return;
	reader->grid = apart;
	while (gridfiles_row(reader))
		gridfiles_branch(reader);
	gridfiles_lone_buses(reader);
	if (!grid_fatal(apart))
		grid_finish(apart, reader->path);
	reader->grid = real;
	for (i = 0; i < apart->faults; i++)
		grid_fault(real, apart->fault[i].fatal, "%s", apart->fault[i].text);
	grid_fault(real, false, "%.150s: units have no column bus, so the network is left out of the dispatch.",
		   reader->path);
	grid_free(apart);
}

int gridfiles_load(const char *folder, bool keep_areas, struct gridfiles *ret_files)
{
	struct gridfiles_reader reader = { .folder = folder, .keep_areas = keep_areas, .files = ret_files };
	int err = 0;

	memset(ret_files, 0, sizeof(*ret_files));
	reader.grid = ret_files->grid = grid_new();
	if (!reader.grid)
		return -ENOMEM;
	snprintf(reader.grid->name, sizeof(reader.grid->name), "%.60s", folder);
	err = gridfiles_assume(&reader);
	if (!err && !grid_fatal(reader.grid) && gridfiles_begin(&reader, "generators.csv", true)) {
		reader.placed = csv_column(&reader.csv, "bus") >= 0 || reader.assumes_places;
		while (gridfiles_row(&reader))
			gridfiles_unit(&reader);
	}
	if (!err && !grid_fatal(reader.grid))
		gridfiles_assumed_wind(&reader);
	if (!err && !grid_fatal(reader.grid) && gridfiles_begin(&reader, "branches.csv", reader.placed)) {
		if (!reader.placed)
			gridfiles_judge_network(&reader);
		while (reader.placed && gridfiles_row(&reader))
			gridfiles_branch(&reader);
		if (reader.placed)
			gridfiles_lone_buses(&reader);
	}
	if (!err && !grid_fatal(reader.grid))
		err = gridfiles_periods(&reader);
	if (!err && !grid_fatal(reader.grid))
		err = gridfiles_stations(&reader);
	if (!err && !grid_fatal(reader.grid))
		err = gridfiles_crowd(&reader);
	if (!err && !grid_fatal(reader.grid))
		err = grid_finish(reader.grid, folder);
	free(reader.assumption);
	return err ? err : grid_fatal(reader.grid) ? -EINVAL : 0;
}

void gridfiles_free(struct gridfiles *files)
{
	grid_free(files->grid);
	free(files->load);
	free(files->available);
	free(files->reference);
	crowd_flexible_done(&files->stations);
	crowd_done(&files->crowd);
	memset(files, 0, sizeof(*files));
}
