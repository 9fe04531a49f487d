// SPDX-License-Identifier: GPL-2.0
/*
 * grid.c - a case in memory: see grid.h.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/sched/grid.h"

struct grid *grid_new(void)
{
	struct grid *grid = calloc(1, sizeof(*grid));

	if (grid)
		grid->base = 100;
	return grid;
}

void grid_free(struct grid *grid)
{
	if (!grid)
		return;
	free(grid->bus);
	free(grid->unit);
	free(grid->branch);
	free(grid);
}

/* Arrays double when their count reaches a power of two. */
static void *grid_room(void *array, u32 *count, u32 most, size_t size, void **ret_array)
{
	void *grown = array;

	if (*count >= most)
		return NULL;
	if (!(*count & (*count - 1)))
		grown = realloc(array, (size_t)(*count ? *count * 2 : 1) * size);
	if (!grown)
		return NULL;
	*ret_array = grown;
	array = (u8 *)grown + (size_t)(*count)++ * size;
	memset(array, 0, size);
	return array;
}

struct grid_bus *grid_add_bus(struct grid *grid)
{
	return grid_room(grid->bus, &grid->buses, GRID_BUSES_MAX, sizeof(*grid->bus), (void **)&grid->bus);
}

struct grid_unit *grid_add_unit(struct grid *grid)
{
	return grid_room(grid->unit, &grid->units, GRID_UNITS_MAX, sizeof(*grid->unit), (void **)&grid->unit);
}

struct grid_branch *grid_add_branch(struct grid *grid)
{
	return grid_room(grid->branch, &grid->branches, GRID_BRANCHES_MAX, sizeof(*grid->branch),
			 (void **)&grid->branch);
}

u32 grid_find_bus(const struct grid *grid, s64 number)
{
	u32 i;

	/* files number their buses in order more often than not */
	if (number >= 1 && (u64)number <= grid->buses && grid->bus[number - 1].number == number)
		return (u32)number - 1;
	for (i = 0; i < grid->buses; i++)
		if (grid->bus[i].number == number)
			return i;
	return ~0U;
}

void grid_fault(struct grid *grid, bool fatal, const char *format, ...)
{
	struct grid_fault *fault = &grid->fault[grid->faults];
	va_list arguments;

	if (grid->faults == GRID_FAULTS_MAX) {
		grid->faults_untold++;
		if (!fatal)
			return;
		fault = &grid->fault[GRID_FAULTS_MAX - 1]; /* what ends the reading is always told */
	} else {
		grid->faults++;
	}
	fault->fatal = fatal;
	va_start(arguments, format);
	vsnprintf(fault->text, sizeof(fault->text), format, arguments);
	va_end(arguments);
}

bool grid_fatal(const struct grid *grid)
{
	u32 i;

	for (i = 0; i < grid->faults; i++)
		if (grid->fault[i].fatal)
			return true;
	return false;
}

static u32 grid_root(u32 *parent, u32 at)
{
	while (parent[at] != at)
		at = parent[at] = parent[parent[at]];
	return at;
}

static void grid_find_islands(struct grid *grid, u32 *parent)
{
	u32 i;

	for (i = 0; i < grid->buses; i++)
		parent[i] = i;
	for (i = 0; i < grid->branches; i++) {
		u32 from = grid_root(parent, grid->branch[i].from), to = grid_root(parent, grid->branch[i].to);

		parent[from > to ? from : to] = from > to ? to : from;
	}
	for (i = 0; i < grid->buses; i++) {
		u32 root = grid_root(parent, i);

		grid->bus[i].island = root == i ? grid->islands++ : grid->bus[root].island;
	}
}

static void grid_judge_islands(struct grid *grid, const char *file)
{
	double load, supply;
	u32 island, i, members, first;

	if (grid->islands > 1)
		grid_fault(grid, false, "%.60s: the branches leave %u islands; each is balanced by itself.", file,
			   grid->islands);
	for (island = 0; island < grid->islands && grid->islands <= 64; island++) {
		load = supply = 0;
		for (first = members = 0, i = 0; i < grid->buses; i++)
			if (grid->bus[i].island == island) {
				load += grid->bus[i].load;
				first = members++ ? first : i;
			}
		for (i = 0; i < grid->units; i++)
			if (grid->bus[grid->unit[i].bus].island == island)
				supply += grid->unit[i].most;
		if (load > supply + 1e-9)
			grid_fault(grid, true,
				   "%.60s: the island of bus %lld (%u buses) asks for %g MW and its units give %g at "
				   "most.",
				   file, (long long)grid->bus[first].number, members, load, supply);
	}
}

int grid_finish(struct grid *grid, const char *file)
{
	u32 *parent = calloc(grid->buses ? grid->buses : 1, sizeof(*parent));

	if (!parent)
		return -ENOMEM;
	grid_find_islands(grid, parent);
	free(parent);
	grid_judge_islands(grid, file);
	return 0;
}
