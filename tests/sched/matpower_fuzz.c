// SPDX-License-Identifier: GPL-2.0
/*
 * matpower_fuzz.c - any bytes as a MATPOWER case: refused with a sentence that
 * names the file, or taken; a small one that is taken is dispatched, and what comes out is certified.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "agent/sched/certificate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void dispatch(const struct grid *grid)
{
	struct dispatch_problem problem = { .grid = grid, .periods = 1, .hours = 1, .limits_scale = 1 };
	struct certificate certificate;
	struct dispatch_error error;
	struct dispatch_plan *plan;
	double load[16];
	u32 i;

	for (i = 0; i < grid->buses; i++)
		load[i] = grid->bus[i].load;
	problem.load = load;
	if (dispatch_solve(&problem, &plan, &error))
		return;
	certificate_check(&problem, plan, &certificate);
	dispatch_free(plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct grid *grid = NULL;
	int err = matpower_parse("fuzz", (const char *)data, size, &grid);

	if (err && (!grid || !grid_fatal(grid)))
		abort();
	if (!err && grid->buses <= 16 && grid->units <= 16 && grid->branches <= 32)
		dispatch(grid);
	grid_free(grid);
	return 0;
}
