// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_plan_guide.c - voltgate plan guide: tariffs from nodal prices, what
 * vehicles make of them at worst, and how far that is from the central optimum.
 */
#include <stdio.h>

#include "agent/sched/guidance.h"
#include "tools/voltgate/plan_verbs.h"

static json_t *guide_prices(const struct pricelist *list)
{
	json_t *table = json_array(), *row;
	u32 t, s;

	for (t = 0; t < list->periods; t++) {
		row = json_array();
		for (s = 0; s < list->stations; s++)
			json_array_append_new(row, json_integer(list->price[(size_t)t * list->stations + s]));
		json_array_append_new(table, row);
	}
	return table;
}

static json_t *guide_outcome(const struct guidance_outcome *outcome, u32 periods, u32 stations)
{
	json_t *power = json_array(), *row;
	u32 t, s;

	for (t = 0; t < periods; t++) {
		row = json_array();
		for (s = 0; s < stations; s++)
			json_array_append_new(row, json_real(outcome->power[(size_t)t * stations + s]));
		json_array_append_new(power, row);
	}
	return json_pack("{s:f, s:f, s:f, s:f, s:o}", "cost", outcome->cost, "gap", outcome->gap, "shed_mwh",
			 outcome->shed, "bill", outcome->bill, "power", power);
}

static json_t *guide_json(const struct plan_case *plan_case, const struct guidance *guidance)
{
	u32 periods = plan_case->problem.periods, stations = plan_case->files.crowd.stations, i;
	json_t *names = json_array(), *groups = json_array();

	for (i = 0; i < stations; i++)
		json_array_append_new(names, json_string(plan_case->files.crowd.station[i].name));
	for (i = 0; i < guidance->groups; i++)
		json_array_append_new(groups, guide_prices(&guidance->group[i]));
	return json_pack("{s:s, s:f, s:b, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "case", plan_case->files.grid->name,
			 "central_cost", guidance->central, "central_exact", guidance->exact, "unit",
			 "1/10000 yuan per kWh", "stations", names, "tariff", guide_prices(&guidance->tariff),
			 "group_tariffs", groups, "uncontrolled",
			 guide_outcome(&guidance->uncontrolled, periods, stations), "one_tariff",
			 guide_outcome(&guidance->single, periods, stations), "by_groups",
			 guide_outcome(&guidance->grouped, periods, stations));
}

static int guide_show(const struct plan_case *plan_case, const struct guidance *guidance)
{
	const struct crowd *crowd = &plan_case->files.crowd;
	u32 t, s;

	printf("central optimum%s: %.1f\n", guidance->exact ? "" : ", bounded below", guidance->central);
	printf("charging on arrival: %.1f, gap %.3f %%, %.2f MWh not served\n", guidance->uncontrolled.cost,
	       100 * guidance->uncontrolled.gap, guidance->uncontrolled.shed);
	printf("one tariff, worst ties found: %.1f, gap %.3f %%, %.2f MWh not served\n", guidance->single.cost,
	       100 * guidance->single.gap, guidance->single.shed);
	printf("by %u groups, worst ties found: %.1f, gap %.3f %%, %.2f MWh not served\n", guidance->groups,
	       guidance->grouped.cost, 100 * guidance->grouped.gap, guidance->grouped.shed);
	printf("tariff, 1/10000 yuan per kWh\nperiod");
	for (s = 0; s < crowd->stations && s < 12; s++)
		printf(" %10.10s", crowd->station[s].name);
	printf("%s\n", crowd->stations > 12 ? " ..." : "");
	for (t = 0; t < guidance->tariff.periods; t++) {
		printf("%6u", t + 1);
		for (s = 0; s < crowd->stations && s < 12; s++)
			printf(" %10d", guidance->tariff.price[(size_t)t * crowd->stations + s]);
		printf("\n");
	}
	return say_done(CLI_OK);
}

int plan_guide(const struct cli *cli, int argc, char **argv)
{
	struct plan_words words = { .scale = 1, .groups = 40 };
	struct plan_case plan_case = { 0 };
	struct guidance guidance = { 0 };
	struct guidance_words how = { .starts = 1 };
	struct dispatch_error error;
	int status = plan_case_words(argc, argv, 1, &words);

	how.groups = words.groups;
	if (!status)
		status = plan_case_load(&words, &plan_case);
	if (!status && !plan_case.files.crowd.classes)
		status = say_failure(CLI_REFUSED,
				     "%.200s has no vehicles (vehicles.csv, assumptions.csv): nobody to "
				     "guide",
				     words.path);
	plan_case.problem.stations = NULL;
	if (!status && guidance_run(&plan_case.problem, &plan_case.files.crowd, &how, &guidance, &error))
		status = say_failure(CLI_REFUSED, "%s", error.text);
	if (!status)
		status = cli->json ? say_json(guide_json(&plan_case, &guidance)) : guide_show(&plan_case, &guidance);
	guidance_done(&guidance);
	plan_case_free(&plan_case);
	return status;
}
