// SPDX-License-Identifier: GPL-2.0
/*
 * gridfiles_assume.c - assumptions.csv of a case: what its tables leave open,
 * all in one file that a user can edit. A row is
 *
 *   what         name               other columns
 *   reactance    a branch, or *     value: per unit
 *   unit         a unit             node
 *   wind         a new unit         node, value: MW built; until: nothing
 *   wind_factor  a wind unit, or *  period, value: share of what is built
 *   area         an area's name     node: belongs to it
 *   load         an area's name     node, value: share of the area's total in the reference dispatch
 *   station      a station          node, value: MW of its connection
 *   efficiency   a station, or *    value: of charging
 *   vehicles     a station          value: how many; period, until: their stay; energy_kwh, power_kw: of one
 *
 * and why, in words. Empty fields say nothing.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/sched/gridfiles_parts.h"

static const char *const gridfiles_whats[] = { "reactance", "unit",    "wind",	     "wind_factor", "area",
					       "load",	    "station", "efficiency", "vehicles" };

static double gridfiles_maybe(struct gridfiles_reader *reader, const char *column)
{
	return *gridfiles_text(reader, column) ? gridfiles_number(reader, column, NAN) : NAN;
}

static void gridfiles_take(struct gridfiles_reader *reader)
{
	struct gridfiles_assumption *to = &reader->assumption[reader->assumptions];
	u32 i, known = sizeof(gridfiles_whats) / sizeof(*gridfiles_whats);

	snprintf(to->what, sizeof(to->what), "%.31s", gridfiles_text(reader, "what"));
	snprintf(to->name, sizeof(to->name), "%.31s", gridfiles_text(reader, "name"));
	to->node = gridfiles_maybe(reader, "node");
	to->period = gridfiles_maybe(reader, "period");
	to->until = gridfiles_maybe(reader, "until");
	to->value = gridfiles_maybe(reader, "value");
	to->energy_kwh = gridfiles_maybe(reader, "energy_kwh");
	to->power_kw = gridfiles_maybe(reader, "power_kw");
	to->line = reader->csv.line;
	for (i = 0; i < known && strcmp(gridfiles_whats[i], to->what); i++)
		;
	if (i == known || reader->assumptions == GRIDFILES_ASSUMPTIONS_MAX) {
		grid_fault(reader->grid, true, "%.120s:%u: %s \"%.31s\".", reader->path, to->line,
			   i == known ? "nothing is assumed about a" : "too many rows, at", to->what);
		return;
	}
	reader->assumes_places |= !strcmp(to->what, "unit");
	reader->assumptions++;
}

int gridfiles_assume(struct gridfiles_reader *reader)
{
	if (!gridfiles_begin(reader, "assumptions.csv", false))
		return 0;
	reader->assumption = calloc(GRIDFILES_ASSUMPTIONS_MAX + 1, sizeof(*reader->assumption));
	if (!reader->assumption) {
		csv_close(&reader->csv);
		return -ENOMEM;
	}
	while (gridfiles_row(reader))
		gridfiles_take(reader);
	return 0;
}

static const struct gridfiles_assumption *gridfiles_find(struct gridfiles_reader *reader, const char *what,
							 const char *name)
{
	u32 i;

	for (i = 0; i < reader->assumptions; i++)
		if (!strcmp(reader->assumption[i].what, what) && !strcmp(reader->assumption[i].name, name))
			return &reader->assumption[i];
	return NULL;
}

double gridfiles_assumed_node(struct gridfiles_reader *reader, const char *what, const char *name)
{
	const struct gridfiles_assumption *of = gridfiles_find(reader, what, name);

	if (of && !isnan(of->node))
		return of->node;
	grid_fault(reader->grid, true, "%.120s:%u: %s %.31s has no node: assumptions.csv has no row \"%s,%.31s,NODE\".",
		   reader->path, reader->csv.line, what, name, what, name);
	return NAN;
}

double gridfiles_assumed_value(struct gridfiles_reader *reader, const char *what, const char *name, double otherwise)
{
	const struct gridfiles_assumption *of = gridfiles_find(reader, what, name);

	if (!of)
		of = gridfiles_find(reader, what, "*");
	return of && !isnan(of->value) ? of->value : otherwise;
}

/* Wind turbines that the tables name without numbers. */
void gridfiles_assumed_wind(struct gridfiles_reader *reader)
{
	char number[GRID_NAME_MAX];
	struct grid_unit *unit;
	u32 i, bus;

	for (i = 0; i < reader->assumptions; i++) {
		const struct gridfiles_assumption *of = &reader->assumption[i];

		if (strcmp(of->what, "wind"))
			continue;
		if (!(of->value >= 0) || !(of->node >= 1)) {
			grid_fault(reader->grid, true, "%.120s:%u: wind %.31s needs a node and a value of 0 or more.",
				   reader->path, of->line, of->name);
			return;
		}
		snprintf(number, sizeof(number), "%.0f", of->node);
		bus = gridfiles_bus(reader, (s64)of->node, number);
		unit = grid_add_unit(reader->grid);
		if (!unit) {
			grid_fault(reader->grid, true, "%.150s: out of memory.", reader->path);
			return;
		}
		*unit = (struct grid_unit){ .bus = bus, .most = of->value, .wind = true, .row = of->line };
		snprintf(unit->name, sizeof(unit->name), "%.31s", of->name);
	}
}

/* Available wind by period; also, now that all buses are there, which area each belongs to. */
void gridfiles_assumed_factors(struct gridfiles_reader *reader)
{
	struct gridfiles *files = reader->files;
	struct grid *grid = reader->grid;
	u32 i, u, bus;

	for (i = 0; i < reader->assumptions; i++) {
		const struct gridfiles_assumption *of = &reader->assumption[i];

		if (!strcmp(of->what, "area")) {
			bus = isnan(of->node) ? ~0U : grid_find_bus(grid, (s64)of->node);
			if (bus == ~0U) {
				grid_fault(grid, true, "%.120s:%u: area %.31s has a node that is not there.",
					   reader->path, of->line, of->name);
				return;
			}
			grid->bus[bus].area = gridfiles_area(reader, of->name);
		}
		if (strcmp(of->what, "wind_factor") || !(of->period >= 1 && of->period <= files->periods))
			continue;
		for (u = 0; u < grid->units; u++)
			if (grid->unit[u].wind && (!strcmp(of->name, "*") || !strcmp(of->name, grid->unit[u].name)))
				files->available[((size_t)of->period - 1) * grid->units + u] =
					fmax(0, of->value) * grid->unit[u].most;
	}
}

bool gridfiles_assumed_load(struct gridfiles_reader *reader)
{
	struct gridfiles *files = reader->files;
	const struct grid *grid = reader->grid;
	bool any = false;
	u32 i, t, u, bus, area;

	for (i = 0; i < reader->assumptions; i++) {
		const struct gridfiles_assumption *of = &reader->assumption[i];

		if (strcmp(of->what, "load"))
			continue;
		any = true;
		bus = isnan(of->node) ? ~0U : grid_find_bus(grid, (s64)of->node);
		area = gridfiles_area(reader, of->name);
		if (bus == ~0U || !(of->value >= 0)) {
			grid_fault(reader->grid, true,
				   "%.120s:%u: load %.31s needs a node of the network and a share of 0 or more.",
				   reader->path, of->line, of->name);
			return true;
		}
		for (t = 0; t < files->periods; t++)
			for (u = 0; u < grid->units; u++)
				if (!grid->unit[u].wind && grid->unit[u].area == area)
					files->load[(size_t)t * grid->buses + bus] +=
						of->value * files->reference[(size_t)t * grid->units + u];
	}
	return any;
}
