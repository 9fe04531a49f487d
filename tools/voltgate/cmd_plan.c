// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_plan.c - voltgate plan: the cheapest dispatch of a case with its nodal
 * prices and a certificate, and the check of a plan by code that did not make it.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/sched/report.h"
#include "tools/voltgate/page.h"
#include "tools/voltgate/plan_csv.h"
#include "tools/voltgate/plan_fleet.h"
#include "tools/voltgate/plan_json.h"
#include "tools/voltgate/plan_progress.h"
#include "tools/voltgate/plan_verbs.h"

#define PLAN_LINES 40 /* buses shown to people */

static void show_period(const struct plan_case *plan_case, const struct dispatch_plan *plan, u32 t)
{
	const struct grid *grid = plan_case->files.grid;
	u32 i;

	printf("period %u\n  output MW:", t + 1);
	for (i = 0; i < grid->units && i < PLAN_LINES; i++)
		printf(" %s %.3f", grid->unit[i].name, plan->output[(size_t)t * grid->units + i]);
	printf("%s\n  price per MWh:", grid->units > PLAN_LINES ? " ..." : "");
	for (i = 0; i < grid->buses && i < PLAN_LINES; i++)
		printf(" %s %.4f", grid->bus[i].name, plan->price[(size_t)t * grid->buses + i]);
	printf("%s\n", grid->buses > PLAN_LINES ? " ..." : "");
	for (i = 0; i < plan->stations; i++) {
		size_t at = (size_t)t * plan->stations + i;

		printf("  station %s charges %.3f, gives back %.3f MW, has taken up %.3f MWh\n",
		       plan_case->problem.stations->station[i].name, plan->charge[at], plan->discharge[at],
		       plan->stock[at]);
	}
	if (plan_case->problem.reserve)
		printf("  reserve %.3f MW, one more would cost %.4f\n", plan_case->problem.reserve[t],
		       plan->reserve_price[t]);
	for (i = 0; i < plan->outages; i++)
		if (plan->after[i].period == t)
			printf("  branch %s would be at its limit after the outage of %s: %.3f MW, one more would "
			       "save %.4f per hour\n",
			       grid->branch[plan->after[i].branch].name, grid->branch[plan->after[i].outage].name,
			       plan->after[i].flow, fabs(plan->after[i].rent));
	for (i = 0; i < grid->branches; i++) {
		size_t at = (size_t)t * grid->branches + i;

		if (fabs(plan->rent[at]) > 1e-6)
			printf("  branch %s (%s-%s) is at its limit: %.3f MW, one more would save %.4f per hour\n",
			       grid->branch[i].name, grid->bus[grid->branch[i].from].name,
			       grid->bus[grid->branch[i].to].name, plan->flow[at], fabs(plan->rent[at]));
	}
}

static void show_reference(const struct plan_case *plan_case, const struct dispatch_plan *plan)
{
	const struct grid *grid = plan_case->files.grid;
	double cost = 0;
	size_t i;

	if (!plan_case->files.reference)
		return;
	for (i = 0; i < (size_t)plan->periods * grid->units; i++)
		cost += dispatch_unit_cost(&grid->unit[i % grid->units].cost, plan_case->files.reference[i]);
	printf("the dispatch that came with the case costs %.1f: %.3f %% of it are saved\n", cost,
	       100 * (cost - plan->cost) / cost);
}

static int report(const struct cli *cli, const struct plan_case *plan_case, const struct dispatch_plan *plan,
		  const struct certificate *certificate)
{
	u32 t;

	if (cli->json)
		return say_json(plan_json_put(&plan_case->problem, plan, certificate));
	printf("%s: cost %.6f over %u periods; %u branch limits bind (%u added in %u rounds)\n",
	       plan_case->files.grid->name, plan->cost, plan->periods, plan->binding, plan->limits_added, plan->rounds);
	if (plan_case->problem.secure)
		printf("N-1: secured against every outage but the %u that split the network\n", plan->splits);
	show_reference(plan_case, plan);
	for (t = 0; t < plan->periods; t++)
		show_period(plan_case, plan, t);
	if (plan->branchings)
		printf("%s; no plan without charging and discharging at once costs less by more than %.4f %%\n",
		       plan->cut_short ? "the search was ended early, with the best plan so far"
				       : "the directions of stations were chosen by a search",
		       100 * plan->excluded_gap);
	printf("certificate: optimal; duality gap %.1e of the cost, largest residual: %s\n", certificate->gap,
	       certificate->worst);
	return say_done(CLI_OK);
}

/* What goes to files, then the rest to standard output: a table there stands alone. */
static int answer(const struct cli *cli, const struct plan_words *words, const struct plan_case *plan_case,
		  const struct dispatch_plan *plan, const struct certificate *certificate)
{
	struct plot page;
	int status = CLI_OK;

	if (words->report) {
		report_make(&plan_case->problem, plan, certificate, &plan_case->files.crowd, NULL, &page);
		status = page_write(words->report, &page);
	}
	if (!status && words->csv)
		status = plan_csv_write(words->csv, &plan_case->problem, plan);
	return status || plan_csv_alone(words->csv) ? status : report(cli, plan_case, plan, certificate);
}

static int solve(const struct cli *cli, const struct plan_words *words)
{
	struct plan_case plan_case;
	struct certificate certificate;
	struct dispatch_error error;
	struct dispatch_plan *plan = NULL;
	struct plan_progress progress;
	int status = plan_case_load(words, &plan_case), err = 0;

	if (!status) {
		plan_progress_start(&progress, &plan_case.problem);
		err = dispatch_solve(&plan_case.problem, &plan, &error);
		plan_progress_end(&progress);
	}
	if (err)
		status = plan_case_explain(&plan_case, err, &error);
	if (!status && certificate_check(&plan_case.problem, plan, &certificate))
		status = say_failure(CLI_REFUSED, "out of memory");
	if (!status && !certificate.good)
		status = say_failure(CLI_REFUSED, "the solver's answer is not the optimum and is not shown: %s",
				     certificate.worst);
	if (!status)
		status = answer(cli, words, &plan_case, plan, &certificate);
	dispatch_free(plan);
	plan_case_free(&plan_case);
	return status;
}

static int check_loaded(const struct cli *cli, const struct plan_words *words, const json_t *object)
{
	struct plan_words with = *words;
	struct plan_case plan_case;
	struct certificate certificate;
	struct dispatch_plan *plan = NULL;
	json_int_t periods = json_integer_value(json_object_get(object, "periods"));
	char error[240];
	int status;

	if (periods < 1 || periods > DISPATCH_PERIODS_MAX)
		return say_failure(CLI_REFUSED, "%.200s: it has no \"periods\" from 1 to %u", words->plan,
				   DISPATCH_PERIODS_MAX);
	with.periods = (u32)periods;
	if (json_object_get(object, "limits_scale"))
		with.scale = json_number_value(json_object_get(object, "limits_scale"));
	if (json_object_get(object, "outage_scale"))
		with.outage_scale = json_number_value(json_object_get(object, "outage_scale"));
	if (json_object_get(object, "reserve_share"))
		with.reserve = json_number_value(json_object_get(object, "reserve_share"));
	status = plan_case_load(&with, &plan_case);
	if (!status && plan_json_take(object, &plan_case.problem, &plan, error))
		status = say_failure(CLI_REFUSED, "%.200s: %s", words->plan, error);
	if (!status && certificate_check(&plan_case.problem, plan, &certificate))
		status = say_failure(CLI_REFUSED, "out of memory");
	if (!status && cli->json)
		say_json(plan_json_certificate(&certificate));
	else if (!status && certificate.good)
		printf("good: cost %.6f is the optimum, duality gap %.1e of it\n", certificate.cost, certificate.gap);
	if (!status && !certificate.good)
		status = say_failure(CLI_REFUSED, "it is not the optimum: %s", certificate.worst);
	dispatch_free(plan);
	plan_case_free(&plan_case);
	return status ? status : say_done(CLI_OK);
}

static int check(const struct cli *cli, const struct plan_words *words)
{
	json_error_t where;
	json_t *object = json_load_file(words->plan, 0, &where);
	int status;

	if (!object)
		return say_failure(CLI_REFUSED, "%.200s, line %d: %s", words->plan, where.line, where.text);
	status = check_loaded(cli, words, object);
	json_decref(object);
	return status;
}

static const struct {
	const char *name;
	int (*run)(const struct cli *cli, int argc, char **argv);
} plan_verbs[] = {
	{ "congestion", plan_congestion },
	{ "guide", plan_guide },
	{ "areas", plan_areas },
	{ "area", plan_area },
};

static int run(const struct cli *cli, int argc, char **argv)
{
	struct plan_words words = { .scale = 1 };
	bool checking = argc > 1 && !strcmp(argv[1], "check");
	const char *fleet;
	int status;
	u32 i;

	for (i = 0; argc > 1 && i < sizeof(plan_verbs) / sizeof(*plan_verbs); i++)
		if (!strcmp(argv[1], plan_verbs[i].name))
			return plan_verbs[i].run(cli, argc - 1, argv + 1);
	fleet = checking ? NULL : plan_fleet_word(&argc, argv);
	if (fleet && !*fleet)
		return say_usage("plan", "--fleet needs a file after it");
	if (checking && argc < 4)
		return say_usage("plan", "plan check needs a PLAN and a CASE");
	words.plan = checking ? argv[2] : NULL;
	status = plan_case_words(argc, argv, checking ? 3 : 1, &words);
	if (status)
		return status;
	if (cli->json && plan_csv_alone(words.csv))
		return say_usage("plan", "-j and --csv - both want standard output: give --csv a FILE");
	if (fleet)
		return plan_fleet(cli, &words, fleet);
	return checking ? check(cli, &words) : solve(cli, &words);
}

static const char *const verbs[] = { "check", "congestion", "guide", "areas", "area", NULL };

const struct cli_command cmd_plan = {
	.name = "plan",
	.run = run,
	.usage = "[--periods N] [--limits-scale X] [--reserve SHARE] [--secure] [--outage-scale X] [--keep-areas] "
		 "[--full] "
		 "[--fleet FILE] [--time SECONDS] [--csv FILE] [--report FILE] CASE\n"
		 "check PLAN CASE\n"
		 "congestion CASE\n"
		 "guide [--groups N] CASE\n"
		 "areas [--areas N] [--drill SHARE] CASE\n"
		 "area INDEX ADDRESS,... [--areas N] CASE",
	.summary = "Find or check the cheapest dispatch of a grid; guide vehicles by prices",
	.help = "CASE is a MATPOWER file (version 2) or a folder of CSV tables (generators.csv, branches.csv, load.csv "
		"or a\n"
		"dispatch to take the load from, wind.csv, stations.csv, vehicles.csv, assumptions.csv). What is odd "
		"in "
		"it is\n"
		"named on standard error with file and line. Outputs, flows and nodal prices come with a certificate "
		"that "
		"they are\n"
		"the optimum. --limits-scale multiplies branch limits (0: none), --periods repeats a MATPOWER file's "
		"hour "
		"or takes\n"
		"a folder's first ones, --keep-areas balances each side of a case without network by itself, --full "
		"gives "
		"the\n"
		"solver all branch limits at once. --reserve asks units to keep that share of each period's load free, "
		"--secure\n"
		"(or --outage-scale X, on limits) keeps flows within limits after the outage of any one branch. check "
		"judges a\n"
		"PLAN (what -j prints) with code of its own. --fleet puts the charging of a fleet file's vehicles (see "
		"assign) on the\nbuses of their stations and guides them by the nodal prices. --csv writes a table of "
		"outputs, "
		"flows and prices\n(- is standard output, then without the rest), --report a page with drawings. "
		"--time or Ctrl-C ends the search with\nthe best plan so far and how far it may be from the "
		"optimum, or says that there is none yet. congestion compares "
		"charging on arrival with charging "
		"that "
		"waits,\n"
		"without and with branch limits. guide makes tariffs and shows what vehicles do with them, for all at "
		"once and by\n"
		"groups. areas lets each area of the case solve its part in a process of its own (--drill loses that "
		"share of\n"
		"their messages on purpose; --areas cuts the grid into N); area is one of them: ADDRESS is a path or "
		"HOST:PORT, one an area, and it "
		"ends with\n"
		"its standard input.",
	.verbs = verbs,
};
