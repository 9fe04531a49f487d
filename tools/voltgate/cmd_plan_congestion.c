// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_plan_congestion.c - voltgate plan congestion: what charging on arrival does
 * to the branches of a case, and what charging that waits and limits do about it.
 */
#include <math.h>
#include <stdio.h>

#include "agent/sched/congestion.h"
#include "tools/voltgate/plan_verbs.h"

#define CONGESTION_FELT 1e-5 /* MW */

static json_t *congestion_overloads(const struct congestion *congestion, const struct congestion_stage *stage)
{
	const struct grid *grid = congestion->problem->grid;
	json_t *list = json_array();
	u32 l, t;

	for (l = 0; l < grid->branches; l++)
		for (t = 0; t < stage->plan->periods; t++) {
			double over = congestion_excess(congestion, stage, t, l);

			if (over > CONGESTION_FELT)
				json_array_append_new(list,
						      json_pack("{s:s, s:I, s:f, s:f}", "branch", grid->branch[l].name,
								"period", (json_int_t)t + 1, "flow",
								stage->plan->flow[(size_t)t * grid->branches + l],
								"over", over));
		}
	return list;
}

static json_t *congestion_json(const struct congestion *congestion)
{
	json_t *stages = json_array(), *entry;
	u32 i;

	for (i = 0; i < CONGESTION_STAGES; i++) {
		const struct congestion_stage *stage = &congestion->stage[i];

		entry = json_pack("{s:s, s:b}", "stage", stage->name, "possible", stage->plan != NULL);
		if (stage->plan) {
			json_object_set_new(entry, "cost", json_real(stage->plan->cost));
			json_object_set_new(entry, "price_mean", json_real(stage->price_mean));
			json_object_set_new(entry, "price_charging", json_real(stage->price_charging));
			json_object_set_new(entry, "price_most", json_real(stage->price_most));
			json_object_set_new(entry, "limits_added", json_integer(stage->plan->limits_added));
			json_object_set_new(entry, "rounds", json_integer(stage->plan->rounds));
			json_object_set_new(entry, "branches_over", json_integer(stage->branches));
			json_object_set_new(entry, "worst_mw", json_real(stage->worst));
			json_object_set_new(entry, "overloads", congestion_overloads(congestion, stage));
			json_object_set_new(entry, "certified", json_boolean(stage->certificate.good));
		} else {
			json_object_set_new(entry, "why", json_string(stage->error.text));
		}
		json_array_append_new(stages, entry);
	}
	return json_pack("{s:s, s:o}", "case", congestion->problem->grid->name, "stages", stages);
}

static void congestion_show_branches(const struct congestion *congestion, const struct congestion_stage *stage)
{
	const struct grid *grid = congestion->problem->grid;
	u32 l, t, periods;
	double worst, over;

	for (l = 0; l < grid->branches; l++) {
		for (worst = 0, periods = 0, t = 0; t < stage->plan->periods; t++) {
			over = congestion_excess(congestion, stage, t, l);
			periods += over > CONGESTION_FELT;
			worst = fmax(worst, over);
		}
		if (periods)
			printf("  branch %s (%s-%s) passes its %.0f MW in %u periods, by %.2f MW at most\n",
			       grid->branch[l].name, grid->bus[grid->branch[l].from].name,
			       grid->bus[grid->branch[l].to].name,
			       grid->branch[l].limit * congestion->problem->limits_scale, periods, worst);
	}
}

static int congestion_show(const struct congestion *congestion)
{
	u32 i;

	for (i = 0; i < CONGESTION_STAGES; i++) {
		const struct congestion_stage *stage = &congestion->stage[i];

		printf("%s\n", stage->name);
		if (!stage->plan) {
			printf("  not possible: %s\n", stage->error.text);
			continue;
		}
		printf("  cost %.1f; price of load %.2f on average, %.2f at most, of charging %.2f; %u branches over; "
		       "%u limits added in "
		       "%u "
		       "rounds; %s\n",
		       stage->plan->cost, stage->price_mean, stage->price_most, stage->price_charging, stage->branches,
		       stage->plan->limits_added, stage->plan->rounds,
		       stage->certificate.good ? "certified" : stage->certificate.worst);
		congestion_show_branches(congestion, stage);
	}
	return say_done(CLI_OK);
}

int plan_congestion(const struct cli *cli, int argc, char **argv)
{
	struct plan_words words = { .scale = 1 };
	struct plan_case plan_case = { 0 };
	struct congestion congestion = { 0 };
	int status = plan_case_words(argc, argv, 1, &words);

	if (!status)
		status = plan_case_load(&words, &plan_case);
	if (!status && !plan_case.files.crowd.classes)
		status = say_failure(CLI_REFUSED,
				     "%.200s has no vehicles (vehicles.csv, assumptions.csv): nothing to "
				     "compare",
				     words.path);
	if (!status && congestion_run(&plan_case.problem, &plan_case.files.crowd, &congestion))
		status = say_failure(CLI_REFUSED, "out of memory");
	if (!status)
		status = cli->json ? say_json(congestion_json(&congestion)) : congestion_show(&congestion);
	congestion_done(&congestion);
	plan_case_free(&plan_case);
	return status;
}
