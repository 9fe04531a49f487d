/* SPDX-License-Identifier: GPL-2.0 */
/*
 * drawn.h - what the scheduler's tests draw by seed, and the published cases
 * they draw it for ($(SHARED)/data/matpower).
 */
#ifndef VOLTGATE_TESTS_SCHED_DRAWN_H
#define VOLTGATE_TESTS_SCHED_DRAWN_H

#include <stdio.h>
#include <stdlib.h>

#include "agent/sched/grid.h"

static u64 draw_state = 1;

__attribute__((unused)) static double draw(double least, double most)
{
	draw_state = draw_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return least + (most - least) * (double)(draw_state >> 33) / (double)(1ULL << 31);
}

__attribute__((unused)) static const char *shared(void)
{
	return getenv("SHARED") ? getenv("SHARED") : "../shared";
}

__attribute__((unused)) static struct grid *load_case(const char *name)
{
	struct grid *grid = NULL;
	char path[512];

	snprintf(path, sizeof(path), "%s/data/matpower/%s.m", shared(), name);
	if (matpower_load(path, &grid)) {
		grid_free(grid);
		return NULL;
	}
	return grid;
}

__attribute__((unused)) static double *loads(const struct grid *grid, u32 periods, double low, double high)
{
	double *load = calloc((size_t)periods * grid->buses, sizeof(*load)), factor;
	u32 t, i;

	for (t = 0; t < periods; t++)
		for (factor = draw(low, high), i = 0; i < grid->buses; i++)
			load[(size_t)t * grid->buses + i] = grid->bus[i].load * factor;
	return load;
}

#endif
