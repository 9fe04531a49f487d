// SPDX-License-Identifier: GPL-2.0
/*
 * dispatch_plan.c - room for a plan: see dispatch.h.
 */
#include <stdlib.h>

#include "agent/sched/dispatch.h"

struct dispatch_plan *dispatch_plan_new(const struct grid *grid, u32 periods, u32 stations)
{
	struct dispatch_plan *plan = calloc(1, sizeof(*plan));

	if (!plan)
		return NULL;
	plan->periods = periods;
	plan->buses = grid->buses;
	plan->units = grid->units;
	plan->branches = grid->branches;
	plan->islands = grid->islands;
	plan->stations = stations;
	plan->charge = calloc((size_t)periods * stations + 1, sizeof(double));
	plan->discharge = calloc((size_t)periods * stations + 1, sizeof(double));
	plan->stock = calloc((size_t)periods * stations + 1, sizeof(double));
	plan->open = calloc((size_t)periods * stations + 1, 1);
	plan->worth = calloc((size_t)periods * stations + 1, sizeof(double));
	plan->output = calloc((size_t)periods * grid->units + 1, sizeof(double));
	plan->ramp = calloc((size_t)periods * grid->units + 1, sizeof(double));
	plan->angle = calloc((size_t)periods * grid->buses + 1, sizeof(double));
	plan->price = calloc((size_t)periods * grid->buses + 1, sizeof(double));
	plan->flow = calloc((size_t)periods * grid->branches + 1, sizeof(double));
	plan->rent = calloc((size_t)periods * grid->branches + 1, sizeof(double));
	plan->reserve = calloc((size_t)periods * grid->units + 1, sizeof(double));
	plan->headroom = calloc((size_t)periods * grid->units + 1, sizeof(double));
	plan->reserve_price = calloc((size_t)periods + 1, sizeof(double));
	plan->energy = calloc((size_t)periods * grid->islands + 1, sizeof(double));
	if (plan->output && plan->ramp && plan->angle && plan->price && plan->flow && plan->rent && plan->energy &&
	    plan->charge && plan->discharge && plan->stock && plan->worth && plan->open && plan->reserve &&
	    plan->headroom && plan->reserve_price)
		return plan;
	dispatch_free(plan);
	return NULL;
}

void dispatch_free(struct dispatch_plan *plan)
{
	if (!plan)
		return;
	free(plan->output);
	free(plan->ramp);
	free(plan->angle);
	free(plan->price);
	free(plan->flow);
	free(plan->rent);
	free(plan->energy);
	free(plan->charge);
	free(plan->discharge);
	free(plan->stock);
	free(plan->worth);
	free(plan->open);
	free(plan->reserve);
	free(plan->headroom);
	free(plan->reserve_price);
	free(plan->after);
	free(plan);
}
