// SPDX-License-Identifier: GPL-2.0
/*
 * area_report.c - see area_report.h.
 */
#include <math.h>
#include <stdio.h>

#include "tools/voltgate/area_part.h"
#include "tools/voltgate/area_report.h"

#define AREA_MISMATCH 1e-4 /* MW */

static double area_most(const struct area_report *report, const char *key, bool sum)
{
	double most = 0, value;
	u32 i;

	for (i = 0; i < report->areas; i++) {
		value = json_number_value(json_object_get(report->part[i], key));
		most = sum ? most + value : fmax(most, value);
	}
	return most;
}

/* MW by which a branch passes its limit, flows worked out from what all parts feed in. */
static double area_over(const struct dispatch_problem *problem, const struct dispatch_plan *plan)
{
	double over = 0, least, most;
	size_t i;

	for (i = 0; i < (size_t)plan->periods * plan->branches; i++) {
		dispatch_flow_limits(&problem->grid->branch[i % plan->branches], problem->limits_scale, &least, &most);
		over = fmax(over, fmax(least - plan->flow[i], plan->flow[i] - most));
	}
	return over;
}

/* @central: NAN where it was not worked out. */
static json_t *area_object(const struct area_report *report, const struct dispatch_plan *plan, double central)
{
	json_t *parts = json_array(), *whole;
	u32 i;

	for (i = 0; i < report->areas; i++)
		json_array_append(parts, report->part[i]);
	whole = json_pack(
		"{s:s, s:I, s:f, s:I, s:I, s:I, s:I, s:f, s:f, s:o}", "case", report->problem->grid->name, "areas",
		(json_int_t)report->areas, "cost", plan->cost, "rounds", (json_int_t)area_most(report, "rounds", false),
		"bytes", (json_int_t)area_most(report, "bytes", true), "messages",
		(json_int_t)area_most(report, "messages", true), "deaths", (json_int_t)report->deaths, "mismatch_mw",
		area_most(report, "mismatch_mw", false), "over_mw", area_over(report->problem, plan), "parts", parts);
	if (whole && !isnan(central)) {
		json_object_set_new(whole, "central_cost", json_real(central));
		json_object_set_new(whole, "gap", json_real((plan->cost - central) / fmax(1, fabs(central))));
	}
	return whole;
}

static int area_print(const struct cli *cli, const struct area_report *report, const struct dispatch_plan *plan,
		      double central)
{
	double mismatch = area_most(report, "mismatch_mw", false);

	if (cli->json)
		return say_json(area_object(report, plan, central));
	printf("%u areas: cost %.6f", report->areas, plan->cost);
	if (!isnan(central))
		printf(", the whole at once %.6f (%.1e apart)", central,
		       (plan->cost - central) / fmax(1, fabs(central)));
	printf("\n%.0f rounds, %.0f messages, %.0f bytes; ties agree to %.1e MW, limits hold to %.1e MW; %u deaths\n",
	       area_most(report, "rounds", false), area_most(report, "messages", true),
	       area_most(report, "bytes", true), mismatch, area_over(report->problem, plan), report->deaths);
	return say_done(mismatch <= AREA_MISMATCH ? CLI_OK : CLI_REFUSED);
}

int area_report(const struct cli *cli, const struct area_report *report)
{
	const struct dispatch_problem *problem = report->problem;
	struct dispatch_plan *central = NULL,
			     *plan = dispatch_plan_new(problem->grid, problem->periods,
						       problem->stations ? problem->stations->count : 0);
	struct dispatch_error error = { "out of memory" };
	int status = CLI_OK;
	u32 i;

	for (i = 0; plan && i < report->areas; i++)
		if (area_part_take(report->part[i], plan))
			status = say_failure(CLI_REFUSED, "the part of area %u does not fit the case", i + 1);
	if (!status && (!plan || area_flows(problem, plan)))
		status = say_failure(CLI_REFUSED, "%s", error.text);
	if (!status && !report->apart && dispatch_solve(problem, &central, &error))
		status = say_failure(CLI_REFUSED, "%s", error.text);
	if (!status)
		status = area_print(cli, report, plan, central ? central->cost : NAN);
	dispatch_free(central);
	dispatch_free(plan);
	return status;
}

int area_judge(const struct dispatch_problem *problem, u32 areas)
{
	if (areas < 1 || areas > AREA_MOST)
		return say_failure(CLI_REFUSED, "the case names %u areas; 1 to %u can work together", areas, AREA_MOST);
	if (problem->reserve || problem->secure)
		return say_usage("plan", "areas hold no common --reserve and no N-1");
	return CLI_OK;
}
