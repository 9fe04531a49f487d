// SPDX-License-Identifier: GPL-2.0
/*
 * congestion.c - see congestion.h.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "agent/sched/congestion.h"

#define CONGESTION_SLACK 1e-5 /* MW */

static const struct {
	const char *name;
	bool waits, limits;
} congestion_plan[CONGESTION_STAGES] = {
	[CONGESTION_BEFORE] = { "charging on arrival, no limits", false, false },
	[CONGESTION_OUTPUTS] = { "charging on arrival, limits added", false, true },
	[CONGESTION_WAITING] = { "charging that may wait, no limits", true, false },
	[CONGESTION_AFTER] = { "charging that may wait, limits added", true, true },
};

double congestion_excess(const struct congestion *congestion, const struct congestion_stage *stage, u32 t, u32 l)
{
	double least, most, flow = stage->plan->flow[(size_t)t * stage->plan->branches + l];

	dispatch_flow_limits(&congestion->problem->grid->branch[l], congestion->problem->limits_scale, &least, &most);
	return fmax(least - flow, flow - most);
}

static void congestion_judge(const struct congestion *congestion, struct congestion_stage *stage)
{
	const struct dispatch_plan *plan = stage->plan;
	double excess, weight = 0, load;
	u32 t, l, b;

	for (l = 0; l < plan->branches; l++) {
		u32 before = stage->overloads;

		for (t = 0; t < plan->periods; t++) {
			excess = congestion_excess(congestion, stage, t, l);
			stage->overloads += excess > CONGESTION_SLACK;
			stage->worst = fmax(stage->worst, excess);
		}
		stage->branches += stage->overloads > before;
	}
	stage->worst = fmax(0, stage->worst);
	for (t = 0; t < plan->periods; t++)
		for (b = 0; b < plan->buses; b++) {
			load = congestion->problem->load[(size_t)t * plan->buses + b];
			stage->price_mean += load * plan->price[(size_t)t * plan->buses + b];
			weight += load;
			if (stage->load[(size_t)t * plan->buses + b] > 0)
				stage->price_most = fmax(stage->price_most, plan->price[(size_t)t * plan->buses + b]);
		}
	stage->price_mean /= weight > 0 ? weight : 1;
}

/* Vehicles that charge on arrival are in the stage's load, those that wait in its plan. */
static void congestion_price_charging(const struct congestion *congestion, struct congestion_stage *stage)
{
	const struct dispatch_stations *stations = congestion->problem->stations;
	const struct dispatch_plan *plan = stage->plan;
	double drawn = 0, power;
	size_t cell;
	u32 t, b, i;

	for (t = 0; t < plan->periods; t++) {
		for (b = 0; b < plan->buses; b++) {
			cell = (size_t)t * plan->buses + b;
			power = stage->load[cell] - congestion->problem->load[cell];
			stage->price_charging += power * plan->price[cell];
			drawn += power;
		}
		for (i = 0; i < plan->stations; i++) {
			power = plan->charge[(size_t)t * plan->stations + i];
			cell = (size_t)t * plan->buses + stations->station[i].bus;
			stage->price_charging += power * plan->price[cell];
			drawn += power;
		}
	}
	stage->price_charging /= drawn > 0 ? drawn : 1;
}

static int congestion_stage(struct congestion *congestion, u32 which, const double *arrival)
{
	struct congestion_stage *stage = &congestion->stage[which];
	struct dispatch_problem problem = *congestion->problem;
	size_t cells = (size_t)problem.periods * problem.grid->buses;
	int err;

	stage->name = congestion_plan[which].name;
	stage->load = malloc((cells + 1) * sizeof(double));
	if (!stage->load)
		return -ENOMEM;
	memcpy(stage->load, problem.load, cells * sizeof(double));
	if (!congestion_plan[which].waits) {
		crowd_add(congestion->crowd, problem.grid->buses, problem.periods, arrival, stage->load);
		problem.stations = NULL;
	}
	if (!congestion_plan[which].limits)
		problem.limits_scale = 0;
	problem.load = stage->load;
	err = dispatch_solve(&problem, &stage->plan, &stage->error);
	if (err)
		return err == -ENOMEM ? err : 0;
	congestion_judge(congestion, stage);
	congestion_price_charging(congestion, stage);
	return certificate_check(&problem, stage->plan, &stage->certificate);
}

int congestion_run(const struct dispatch_problem *problem, const struct crowd *crowd, struct congestion *ret_congestion)
{
	double *arrival = calloc((size_t)problem->periods * crowd->stations + 1, sizeof(*arrival));
	int err = arrival ? 0 : -ENOMEM;
	u32 i;

	memset(ret_congestion, 0, sizeof(*ret_congestion));
	ret_congestion->problem = problem;
	ret_congestion->crowd = crowd;
	if (!err)
		crowd_uncontrolled(crowd, problem->periods, problem->hours, arrival);
	for (i = 0; !err && i < CONGESTION_STAGES; i++)
		err = congestion_stage(ret_congestion, i, arrival);
	free(arrival);
	return err;
}

void congestion_done(struct congestion *congestion)
{
	u32 i;

	for (i = 0; i < CONGESTION_STAGES; i++) {
		dispatch_free(congestion->stage[i].plan);
		free(congestion->stage[i].load);
	}
	memset(congestion, 0, sizeof(*congestion));
}
