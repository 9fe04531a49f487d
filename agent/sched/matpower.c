// SPDX-License-Identifier: GPL-2.0
/*
 * matpower.c - reads MATPOWER cases, version 2: the assignments mpc.baseMVA,
 * mpc.bus, mpc.gen, mpc.branch and mpc.gencost, numbers only. It is no
 * interpreter: arithmetic or indexing in a case is refused with its line.
 *
 * What the direct-current model needs is taken; a unit or branch out of service is left out; everything odd is named.
 */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/sched/casefile.h"
#include "agent/sched/grid.h"

#define MATPOWER_FILE_MAX (64 * 1024 * 1024)
#define MATPOWER_COLUMNS_MAX 40

enum matpower_table { MATPOWER_BUS, MATPOWER_GEN, MATPOWER_BRANCH, MATPOWER_GENCOST, MATPOWER_OTHER };

static const struct {
	const char *name;
	u32 columns; /* at least */
} matpower_tables[] = { { "bus", 13 }, { "gen", 10 }, { "branch", 11 }, { "gencost", 5 } };

struct matpower {
	const char *file, *at, *end;
	u32 line;
	struct grid *grid;
	bool seen[MATPOWER_OTHER];
	u32 gen_rows, cost_rows;
	u32 *unit_of_row; /* gen row -> unit + 1; 0: out of service */
	bool no_memory;
};

#define matpower_fail(reader, ...) matpower_say(reader, true, __VA_ARGS__)
#define matpower_warn(reader, ...) matpower_say(reader, false, __VA_ARGS__)

__attribute__((format(printf, 3, 4))) static void matpower_say(struct matpower *reader, bool fatal, const char *format,
							       ...)
{
	char what[192];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	grid_fault(reader->grid, fatal, "%.48s:%u: %s", reader->file, reader->line, what);
}

static bool matpower_stopped(const struct matpower *reader)
{
	return reader->no_memory || grid_fatal(reader->grid);
}

/* --- rows --- */

static u32 matpower_bus_of(struct matpower *reader, const char *what, double number)
{
	u32 bus = number == floor(number) && fabs(number) < 1e15 ? grid_find_bus(reader->grid, (s64)number) : ~0U;

	if (bus == ~0U)
		matpower_fail(reader, "%s names bus %g, which is not in mpc.bus.", what, number);
	return bus;
}

static void matpower_bus_row(struct matpower *reader, const double *value)
{
	struct grid_bus *bus;

	if (value[0] != floor(value[0]) || value[0] < 1 || value[0] > 1e15) {
		matpower_fail(reader, "Bus number %g is no positive whole number.", value[0]);
		return;
	}
	if (grid_find_bus(reader->grid, (s64)value[0]) != ~0U) {
		matpower_fail(reader, "Bus %g stands in mpc.bus twice.", value[0]);
		return;
	}
	bus = grid_add_bus(reader->grid);
	if (!bus) {
		reader->no_memory = true;
		return;
	}
	bus->number = (s64)value[0];
	snprintf(bus->name, sizeof(bus->name), "%lld", (long long)bus->number);
	bus->load = value[2] + value[4];
	bus->area = (u32)fmax(0, fmin(value[6], 1e6));
	if (value[1] == 4) { /* isolated by its own word */
		if (bus->load)
			matpower_warn(reader, "Bus %g is isolated (type 4); its load of %g MW is left out.", value[0],
				      bus->load);
		bus->load = 0;
	}
}

static void matpower_gen_row(struct matpower *reader, const double *value)
{
	u32 *grown = realloc(reader->unit_of_row, (reader->gen_rows + 1) * sizeof(*grown)), bus;
	struct grid_unit *unit;

	if (!grown) {
		reader->no_memory = true;
		return;
	}
	reader->unit_of_row = grown;
	reader->unit_of_row[reader->gen_rows++] = 0;
	bus = matpower_bus_of(reader, "A unit", value[0]);
	if (bus == ~0U || value[7] <= 0)
		return;
	if (value[9] > value[8]) {
		matpower_fail(reader, "The unit's least output (%g MW) lies above its most (%g).", value[9], value[8]);
		return;
	}
	unit = grid_add_unit(reader->grid);
	if (!unit) {
		reader->no_memory = true;
		return;
	}
	unit->bus = bus;
	unit->least = value[9];
	unit->most = value[8];
	unit->row = reader->gen_rows;
	unit->area = reader->grid->bus[bus].area;
	snprintf(unit->name, sizeof(unit->name), "G%u", reader->gen_rows);
	reader->unit_of_row[reader->gen_rows - 1] = reader->grid->units;
}

static double matpower_angle(double degrees, double none)
{
	return !degrees || fabs(degrees) >= 360 ? none : degrees * M_PI / 180;
}

static void matpower_branch_row(struct matpower *reader, const double *value, u32 columns, u32 row)
{
	u32 from = matpower_bus_of(reader, "A branch", value[0]), to = matpower_bus_of(reader, "A branch", value[1]);
	struct grid_branch *branch;

	if (from == ~0U || to == ~0U || !value[10])
		return;
	if (from == to) {
		matpower_warn(reader, "Branch %u joins bus %g to itself: it can carry nothing and is left out.", row,
			      value[0]);
		return;
	}
	if (!value[3]) {
		matpower_fail(reader, "Branch %u (%g-%g) has no reactance; the direct-current model needs one.", row,
			      value[0], value[1]);
		return;
	}
	if (value[5] < 0) {
		matpower_fail(reader, "Branch %u (%g-%g) has the negative limit %g MW.", row, value[0], value[1],
			      value[5]);
		return;
	}
	branch = grid_add_branch(reader->grid);
	if (!branch) {
		reader->no_memory = true;
		return;
	}
	branch->from = from;
	branch->to = to;
	branch->row = row;
	branch->susceptance = reader->grid->base / (value[3] * (value[8] ? value[8] : 1));
	branch->shift = value[9] * M_PI / 180;
	branch->limit = value[5] >= 1e10 ? 0 : value[5];
	branch->angle_least = columns > 11 ? matpower_angle(value[11], -INFINITY) : -INFINITY;
	branch->angle_most = columns > 12 ? matpower_angle(value[12], INFINITY) : INFINITY;
	snprintf(branch->name, sizeof(branch->name), "%u", row);
}

static void matpower_polynomial(struct matpower *reader, struct grid_cost *cost, const double *value, u32 terms)
{
	const double *coefficient = &value[4];
	u32 i;

	for (i = 0; i + 3 < terms; i++)
		if (coefficient[i])
			matpower_fail(reader, "A cost of degree %u; at most quadratic costs are handled.",
				      terms - 1 - i);
	cost->constant = terms > 0 ? coefficient[terms - 1] : 0;
	cost->linear = terms > 1 ? coefficient[terms - 2] : 0;
	cost->quadratic = terms > 2 ? coefficient[terms - 3] : 0;
	if (cost->quadratic < 0)
		matpower_fail(reader,
			      "The quadratic cost %g is negative: more would cost less and less, and the optimum found "
			      "would be none.",
			      cost->quadratic);
}

static void matpower_pieces(struct matpower *reader, struct grid_cost *cost, const double *value, u32 points)
{
	double slope, before = -INFINITY;
	u32 i;

	if (points < 2 || points > GRID_SEGMENTS_MAX + 1) {
		matpower_fail(reader, "A piecewise-linear cost of %u points; it has 2 to %u.", points,
			      GRID_SEGMENTS_MAX + 1);
		return;
	}
	for (i = 0; i < points; i++) {
		cost->at[i] = value[4 + 2 * i];
		cost->cost[i] = value[5 + 2 * i];
		if (!i)
			continue;
		slope = (cost->cost[i] - cost->cost[i - 1]) / (cost->at[i] - cost->at[i - 1]);
		if (!(cost->at[i] > cost->at[i - 1]) || slope < before - 1e-9 * fabs(before)) {
			matpower_fail(reader,
				      "The corners of a piecewise-linear cost must go up in MW, and its slopes too "
				      "(point %u).",
				      i + 1);
			return;
		}
		before = slope;
	}
	cost->segments = points - 1;
}

static void matpower_cost_row(struct matpower *reader, const double *value, u32 columns)
{
	u32 row = reader->cost_rows++, terms = (u32)fmax(0, fmin(value[3], MATPOWER_COLUMNS_MAX));
	struct grid_cost *cost;

	if (row >= reader->gen_rows) { /* reactive costs, after all active ones */
		if (row == reader->gen_rows)
			matpower_warn(reader, "Costs of reactive power are left out.");
		return;
	}
	if (!reader->unit_of_row[row])
		return;
	cost = &reader->grid->unit[reader->unit_of_row[row] - 1].cost;
	if (value[0] == 2 && 4 + terms <= columns)
		matpower_polynomial(reader, cost, value, terms);
	else if (value[0] == 1 && 4 + 2 * terms <= columns)
		matpower_pieces(reader, cost, value, terms);
	else
		matpower_fail(reader, "A cost of model %g with %u terms does not fit its %u columns.", value[0], terms,
			      columns);
}

static void matpower_row(struct matpower *reader, enum matpower_table table, const double *value, u32 columns, u32 row)
{
	u32 i;

	if (columns < matpower_tables[table].columns) {
		matpower_fail(reader, "A row of mpc.%s has %u columns; at least %u are needed.",
			      matpower_tables[table].name, columns, matpower_tables[table].columns);
		return;
	}
	for (i = 0; i < columns; i++)
		if (isnan(value[i])) {
			matpower_fail(reader, "Column %u of a row of mpc.%s is not a number (NaN).", i + 1,
				      matpower_tables[table].name);
			return;
		}
	if (table == MATPOWER_BUS)
		matpower_bus_row(reader, value);
	else if (table == MATPOWER_GEN)
		matpower_gen_row(reader, value);
	else if (table == MATPOWER_BRANCH)
		matpower_branch_row(reader, value, columns, row);
	else
		matpower_cost_row(reader, value, columns);
}

/* --- text --- */

static int matpower_peek(const struct matpower *reader)
{
	return reader->at < reader->end ? (unsigned char)*reader->at : -1;
}

static void matpower_skip(struct matpower *reader)
{
	if (*reader->at++ == '\n')
		reader->line++;
}

static void matpower_skip_line(struct matpower *reader)
{
	while (matpower_peek(reader) >= 0 && matpower_peek(reader) != '\n')
		reader->at++;
}

/* Blanks, comments and continuation dots; with @lines also ends of lines. */
static void matpower_blank(struct matpower *reader, bool lines)
{
	int c;

	while ((c = matpower_peek(reader)) >= 0) {
		if (c == '%' || (c == '.' && reader->end - reader->at > 2 && !memcmp(reader->at, "...", 3))) {
			bool dots = c == '.';

			matpower_skip_line(reader);
			if (dots && matpower_peek(reader) >= 0)
				matpower_skip(reader);
		} else if (c == ' ' || c == '\t' || c == '\r' || c == ',' || (lines && (c == '\n' || c == ';'))) {
			matpower_skip(reader);
		} else {
			return;
		}
	}
}

static bool matpower_number(struct matpower *reader, double *ret_number)
{
	char text[64], *end;
	size_t len = (size_t)(reader->end - reader->at);

	if (len > sizeof(text) - 1)
		len = sizeof(text) - 1;
	memcpy(text, reader->at, len);
	text[len] = 0;
	*ret_number = strtod(text, &end);
	if (end == text || isalpha((unsigned char)*end) || *end == '*' || *end == '/' || *end == '(') {
		matpower_fail(reader, "\"%.20s\" is no number.", text);
		return false;
	}
	reader->at += end - text;
	return true;
}

static void matpower_read_table(struct matpower *reader, enum matpower_table table)
{
	double value[MATPOWER_COLUMNS_MAX];
	u32 columns = 0, row = 0;
	int c;

	while (!matpower_stopped(reader)) {
		matpower_blank(reader, false);
		c = matpower_peek(reader);
		if (c < 0) {
			matpower_fail(reader, "The file ends within mpc.%s.", matpower_tables[table].name);
			return;
		}
		if (c == ';' || c == '\n' || c == ']') {
			if (columns)
				matpower_row(reader, table, value, columns, ++row);
			columns = 0;
			matpower_skip(reader);
			if (c == ']')
				return;
		} else if (columns == MATPOWER_COLUMNS_MAX) {
			matpower_fail(reader, "A row of more than %u columns.", MATPOWER_COLUMNS_MAX);
		} else if (matpower_number(reader, &value[columns])) {
			columns++;
		}
	}
}

static enum matpower_table matpower_table_of(const char *name, size_t len)
{
	u32 i;

	for (i = 0; i < MATPOWER_OTHER; i++)
		if (strlen(matpower_tables[i].name) == len && !memcmp(matpower_tables[i].name, name, len))
			break;
	return (enum matpower_table)i;
}

/* Past the value of an assignment that is not needed: to the end of its line, or of its bracket. */
static void matpower_pass(struct matpower *reader)
{
	int c, depth = 0;

	while ((c = matpower_peek(reader)) >= 0) {
		if (c == '%') {
			matpower_skip_line(reader);
			continue;
		}
		depth += (c == '[' || c == '{') - (c == ']' || c == '}');
		if (c == '\n' && depth <= 0)
			return;
		matpower_skip(reader);
	}
}

static void matpower_assignment(struct matpower *reader)
{
	const char *name = reader->at + 4; /* "mpc." */
	enum matpower_table table;
	double version;

	for (reader->at = name; isalnum(matpower_peek(reader)) || matpower_peek(reader) == '_';)
		reader->at++;
	table = matpower_table_of(name, (size_t)(reader->at - name));
	if (reader->at - name == 7 && !memcmp(name, "baseMVA", 7)) {
		matpower_blank(reader, false);
		if (matpower_peek(reader) == '=')
			matpower_skip(reader);
		matpower_blank(reader, false);
		if (matpower_number(reader, &reader->grid->base) && !(reader->grid->base > 0))
			matpower_fail(reader, "mpc.baseMVA is %g; it must be above 0.", reader->grid->base);
		return;
	}
	if (reader->at - name == 7 && !memcmp(name, "version", 7)) {
		while (matpower_peek(reader) >= 0 && !isdigit(matpower_peek(reader)) && matpower_peek(reader) != '\n')
			reader->at++;
		if (!matpower_number(reader, &version) || version != 2)
			matpower_fail(reader, "Only cases of version 2 are read.");
		matpower_skip_line(reader);
		return;
	}
	matpower_blank(reader, false);
	if (table == MATPOWER_OTHER || matpower_peek(reader) != '=') {
		if (table != MATPOWER_OTHER)
			matpower_fail(reader,
				      "mpc.%s is changed by more than a plain assignment; write its numbers out.",
				      matpower_tables[table].name);
		matpower_pass(reader);
		return;
	}
	matpower_skip(reader);
	matpower_blank(reader, false);
	if (matpower_peek(reader) != '[' || reader->seen[table]) {
		matpower_fail(reader, "mpc.%s must be assigned once, as rows between [ and ].",
			      matpower_tables[table].name);
		return;
	}
	matpower_skip(reader);
	reader->seen[table] = true;
	if (table != MATPOWER_BUS && !reader->seen[MATPOWER_BUS])
		matpower_fail(reader, "mpc.bus must come before mpc.%s.", matpower_tables[table].name);
	matpower_read_table(reader, table);
}

static void matpower_statements(struct matpower *reader)
{
	while (!matpower_stopped(reader)) {
		matpower_blank(reader, true);
		if (matpower_peek(reader) < 0)
			return;
		if (reader->end - reader->at > 4 && !memcmp(reader->at, "mpc.", 4))
			matpower_assignment(reader);
		else
			matpower_pass(reader); /* function, end, define_constants */
		if (matpower_peek(reader) == ';')
			matpower_skip(reader);
	}
}

static void matpower_whole(struct matpower *reader)
{
	u32 table;

	for (table = 0; table < MATPOWER_OTHER; table++)
		if (!reader->seen[table])
			matpower_fail(reader, "The case has no mpc.%s.", matpower_tables[table].name);
	if (reader->seen[MATPOWER_GENCOST] && reader->cost_rows < reader->gen_rows)
		matpower_fail(reader, "%u units and only %u costs.", reader->gen_rows, reader->cost_rows);
	if (!reader->grid->units)
		matpower_fail(reader, "No unit is in service.");
}

int matpower_parse(const char *file, const char *text, size_t len, struct grid **ret_grid)
{
	struct matpower reader = { .file = file, .at = text, .end = text + len, .line = 1, .grid = grid_new() };
	const char *name = strrchr(file, '/');
	int err = 0;

	*ret_grid = reader.grid;
	if (!reader.grid)
		return -ENOMEM;
	snprintf(reader.grid->name, sizeof(reader.grid->name), "%.60s", name ? name + 1 : file);
	matpower_statements(&reader);
	if (!matpower_stopped(&reader))
		matpower_whole(&reader);
	if (!matpower_stopped(&reader))
		err = grid_finish(reader.grid, file);
	free(reader.unit_of_row);
	if (reader.no_memory || err) {
		grid_fault(reader.grid, true, "%.60s: out of memory, or more than %u buses, %u units or %u branches.",
			   file, GRID_BUSES_MAX, GRID_UNITS_MAX, GRID_BRANCHES_MAX);
		return -ENOMEM;
	}
	return grid_fatal(reader.grid) ? -EINVAL : 0;
}

int matpower_load(const char *path, struct grid **ret_grid)
{
	char *text;
	size_t len;
	int err = casefile_read(path, MATPOWER_FILE_MAX, &text, &len);

	if (!err) {
		err = matpower_parse(path, text, len, ret_grid);
		free(text);
		return err;
	}
	*ret_grid = grid_new();
	if (*ret_grid)
		grid_fault(*ret_grid, true, "%.200s: %s.", path, strerror(-err));
	return err;
}
