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
#include <sys/stat.h>

#include "agent/sched/conflict.h"
#include "agent/sched/gridfiles.h"
#include "tools/voltgate/plan_json.h"
#include "tools/voltgate/say.h"

#define PLAN_LINES 40 /* buses shown to people */

struct words {
	const char *path, *plan;
	u32 periods; /* 0: as the case has them */
	double scale;
	bool keep_areas, full;
};

/* A case with its periods, wherever it came from. */
struct plan_case {
	struct gridfiles files;
	struct dispatch_problem problem;
};

static void tell_faults(const struct grid *grid)
{
	u32 i;

	for (i = 0; i < grid->faults; i++)
		if (!grid->fault[i].fatal)
			fprintf(stderr, "voltgate: warning: %s\n", grid->fault[i].text);
	if (grid->faults_untold)
		fprintf(stderr, "voltgate: warning: %u more warnings are not shown\n", grid->faults_untold);
}

static const char *fatal_text(const struct grid *grid)
{
	u32 i;

	for (i = 0; grid && i < grid->faults; i++)
		if (grid->fault[i].fatal)
			return grid->fault[i].text;
	return "out of memory.";
}

/* A MATPOWER file holds one period; it stands for all. */
static int repeat_period(struct gridfiles *files, u32 periods)
{
	const struct grid *grid = files->grid;
	u32 t, i;

	files->periods = periods;
	files->load = calloc((size_t)periods * grid->buses + 1, sizeof(double));
	if (!files->load)
		return -ENOMEM;
	for (t = 0; t < periods; t++)
		for (i = 0; i < grid->buses; i++)
			files->load[(size_t)t * grid->buses + i] = grid->bus[i].load;
	return 0;
}

static int load(const struct words *words, struct plan_case *ret_case)
{
	struct gridfiles *files = &ret_case->files;
	struct stat entry;
	const char *text;
	int err;

	memset(ret_case, 0, sizeof(*ret_case));
	if (!stat(words->path, &entry) && S_ISDIR(entry.st_mode)) {
		err = gridfiles_load(words->path, words->keep_areas, files);
		if (!err && words->periods && words->periods < files->periods)
			files->periods = words->periods; /* the first ones */
		else if (!err && words->periods > files->periods)
			return say_usage("plan", "the case has %u periods, not %u", files->periods, words->periods);
	} else {
		err = matpower_load(words->path, &files->grid);
		if (!err)
			err = repeat_period(files, words->periods ? words->periods : 1);
	}
	if (files->grid)
		tell_faults(files->grid);
	if (err) {
		text = fatal_text(files->grid);
		return say_failure(CLI_REFUSED, "%.*s", (int)strlen(text) - 1, text);
	}
	ret_case->problem = (struct dispatch_problem){
		.grid = files->grid,
		.periods = files->periods,
		.hours = 1,
		.load = files->load,
		.available = files->available,
		.stations = files->stations.count ? &files->stations : NULL,
		.limits_scale = words->scale,
		.form = words->full ? DISPATCH_FULL : DISPATCH_LAZY,
	};
	return CLI_OK;
}

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
		       plan_case->files.stations.station[i].name, plan->charge[at], plan->discharge[at],
		       plan->stock[at]);
	}
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
	show_reference(plan_case, plan);
	for (t = 0; t < plan->periods; t++)
		show_period(plan_case, plan, t);
	printf("certificate: optimal; duality gap %.1e of the cost, largest residual: %s\n", certificate->gap,
	       certificate->worst);
	return say_done(CLI_OK);
}

/* No plan: the limits that exclude each other, in words. */
static int explain(const struct plan_case *plan_case, const struct dispatch_error *error)
{
	struct conflict conflict;
	char text[1500];

	if (conflict_find(&plan_case->problem, &conflict))
		return say_failure(CLI_REFUSED, "%.60s: %s", plan_case->files.grid->name, error->text);
	conflict_words(&plan_case->problem, &conflict, text, sizeof(text));
	return say_failure(CLI_REFUSED, "%.60s: %s", plan_case->files.grid->name, text);
}

static int solve(const struct cli *cli, const struct words *words)
{
	struct plan_case plan_case;
	struct certificate certificate;
	struct dispatch_error error;
	struct dispatch_plan *plan = NULL;
	int status = load(words, &plan_case);

	if (!status && dispatch_solve(&plan_case.problem, &plan, &error))
		status = explain(&plan_case, &error);
	if (!status && certificate_check(&plan_case.problem, plan, &certificate))
		status = say_failure(CLI_REFUSED, "out of memory");
	if (!status && !certificate.good)
		status = say_failure(CLI_REFUSED, "the solver's answer is not the optimum and is not shown: %s",
				     certificate.worst);
	if (!status)
		status = report(cli, &plan_case, plan, &certificate);
	dispatch_free(plan);
	gridfiles_free(&plan_case.files);
	return status;
}

static int check_loaded(const struct cli *cli, const struct words *words, const json_t *object)
{
	struct words with = *words;
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
	status = load(&with, &plan_case);
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
	gridfiles_free(&plan_case.files);
	return status ? status : say_done(CLI_OK);
}

static int check(const struct cli *cli, const struct words *words)
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

static int take_option(const char *option, const char *value, struct words *words)
{
	char *end = NULL;
	double number;

	if (!value)
		return say_usage("plan", "%s needs a value after it", option);
	number = strtod(value, &end);
	if (end == value || *end || !isfinite(number) || number < 0)
		return say_usage("plan", "%s takes a number, not \"%.60s\"", option, value);
	if (!strcmp(option, "--limits-scale")) {
		words->scale = number;
		return CLI_OK;
	}
	if (number < 1 || number > DISPATCH_PERIODS_MAX || number != floor(number))
		return say_usage("plan", "--periods takes a whole number from 1 to %u", DISPATCH_PERIODS_MAX);
	words->periods = (u32)number;
	return CLI_OK;
}

static int take_words(int argc, char **argv, bool checking, struct words *words)
{
	int at, status;

	for (at = 1 + checking; at < argc; at++) {
		if (!strcmp(argv[at], "--keep-areas")) {
			words->keep_areas = true;
		} else if (!strcmp(argv[at], "--full")) {
			words->full = true;
		} else if (!strcmp(argv[at], "--periods") || !strcmp(argv[at], "--limits-scale")) {
			status = take_option(argv[at], argv[at + 1], words);
			if (status)
				return status;
			at++;
		} else if (argv[at][0] == '-') {
			return say_usage("plan", "\"%.60s\" is no option of plan", argv[at]);
		} else if (checking && !words->plan) {
			words->plan = argv[at];
		} else if (!words->path) {
			words->path = argv[at];
		} else {
			return say_usage("plan", "\"%.60s\" is one word too many", argv[at]);
		}
	}
	if (words->path)
		return CLI_OK;
	return say_usage("plan", checking ? "plan check needs a PLAN and a CASE"
					  : "plan needs a CASE: a MATPOWER file or a folder of CSV tables");
}

static int run(const struct cli *cli, int argc, char **argv)
{
	struct words words = { .scale = 1 };
	bool checking = argc > 1 && !strcmp(argv[1], "check");
	int status = take_words(argc, argv, checking, &words);

	if (status)
		return status;
	return checking ? check(cli, &words) : solve(cli, &words);
}

static const char *const verbs[] = { "check", NULL };

const struct cli_command cmd_plan = {
	.name = "plan",
	.run = run,
	.usage = "[--periods N] [--limits-scale X] [--keep-areas] [--full] CASE\ncheck [--keep-areas] PLAN CASE",
	.summary = "Find or check the cheapest dispatch of a grid",
	.help = "CASE is a MATPOWER file (version 2) or a folder of CSV tables (generators.csv, branches.csv, load.csv "
		"or a\n"
		"dispatch to take the load from, wind.csv). What is odd in it is named on standard error with file and "
		"line.\n"
		"Outputs, flows and nodal prices come with a certificate that they are the optimum. --limits-scale "
		"multiplies\n"
		"branch limits (0: none), --periods repeats a MATPOWER file's hour or takes a folder's first ones,\n"
		"--keep-areas balances each side of a case without network by itself, --full gives the solver all "
		"branch\n"
		"limits at once. check judges a PLAN (what -j prints) with code of its own.",
	.verbs = verbs,
};
