// SPDX-License-Identifier: GPL-2.0
/*
 * fleet_fuzz.c - any bytes as a fleet: refused with sentences that name the
 * file, or taken; a small one that is taken is planned, and the plan passes the check.
 */
#include <stdint.h>
#include <stdlib.h>

#include "agent/sched/assign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void plan(const struct fleet *fleet)
{
	struct assign_problem problem = { .fleet = fleet };
	struct assign_options options = { .rounds = 5, .quick = true };
	struct assign_verdict verdict;
	struct assign_plan *plan;

	if (assign_solve(&problem, &options, &plan))
		abort();
	if (assign_check(&problem, plan, &verdict) || !verdict.good || plan->bound > plan->cost)
		abort();
	assign_free(plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fleet *fleet = NULL;
	int err = fleet_parse("fuzz", (const char *)data, size, &fleet);

	if (err && (!fleet || !fleet->faults || strncmp(fleet->fault[0].text, "fuzz:", 5)))
		abort();
	if (!err && fleet->vehicles <= 30 && (u64)fleet->stations * fleet->periods <= 4000)
		plan(fleet);
	fleet_free(fleet);
	return 0;
}
