// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_assign.c - voltgate assign: which vehicle charges where and when, and
 * the check of such a plan by code that did not make it.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/sched/assign_conflict.h"
#include "tools/voltgate/assign_json.h"
#include "tools/voltgate/assign_replay.h"
#include "tools/voltgate/assign_compare.h"
#include "tools/voltgate/fleet_words.h"
#include "tools/voltgate/page.h"
#include "tools/voltgate/say.h"

#define ASSIGN_SECONDS_MAX 86400.0
#define ASSIGN_CONFLICT_SECONDS 10.0

struct words {
	const char *fleet, *plan;
	const char *report; /* --report FILE */
	double seconds;
	bool quick, nearest;
};

static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

static bool show_progress(void *arg, const char *what, double done, const struct assign_plan *plan)
{
	(void)arg;
	if (isatty(STDERR_FILENO))
		fprintf(stderr,
			"\r%-10s %3.0f %%  %u served, cost %.2f, bound %.2f  (Ctrl-C keeps the best so far) \033[K",
			what, done * 100, plan->served, (double)plan->cost / ASSIGN_COST_YUAN,
			(double)plan->bound / ASSIGN_COST_YUAN);
	return !interrupted;
}

/* --- showing --- */

static void show_sessions(const struct fleet *fleet, const struct assign_plan *plan)
{
	u32 v;

	printf("%-16s %-16s %10s %10s %12s\n", "vehicle", "station", "begins", "periods", "energy Wh");
	for (v = 0; v < plan->vehicles; v++) {
		const struct assign_session *session = &plan->session[v];
		char begins[16];

		if (session->state != ASSIGN_SERVED)
			continue;
		printf("%-16s %-16s %10s %10u %12u\n", fleet->vehicle[v].name, fleet->station[session->station].name,
		       fleet_words_time(session->start * fleet->period_s, begins), session->periods,
		       session->energy_wh);
	}
}

static void show_whole(const struct assign_plan *plan, const struct assign_verdict *verdict)
{
	static const char *const methods[] = { "prices", "integer program", "flow" };

	printf("%u vehicles: %u served, %u need nothing, %u left, %u impossible even alone\n", plan->vehicles,
	       plan->served, plan->content, plan->left, plan->hopeless);
	printf("cost %.4f yuan (%.4f for %.3f kWh), no plan costs less than %.4f: gap %.4f %% (%s%s%s)\n",
	       (double)plan->cost / ASSIGN_COST_YUAN, (double)verdict->money / ASSIGN_COST_YUAN,
	       (double)verdict->energy_wh / 1000, (double)plan->bound / ASSIGN_COST_YUAN,
	       plan->cost ? 100 * (double)(plan->cost - plan->bound) / (double)plan->cost : 0.0, methods[plan->method],
	       plan->proven ? ", proven" : "", plan->cut_short ? ", cut short" : "");
	printf("driven to stations %.1f km, waited %.2f h in all, load factor %.2f (eq. 6)\n",
	       (double)verdict->distance_m / 1000, (double)verdict->waiting_s / 3600, verdict->load_pct / 100.0);
}

/* The first vehicle that could be served alone, and why it is not: in words, and as JSON where asked for. */
static int tell_conflict(const struct assign_problem *problem, const struct assign_plan *plan, double seconds)
{
	struct assign_conflict conflict;
	char text[1200];
	u32 v;
	int err;

	for (v = 0; v < plan->vehicles && plan->session[v].state != ASSIGN_LEFT; v++)
		;
	err = assign_conflict_find(problem, plan, v, seconds, &conflict);
	if (err == -ENOENT)
		return say_failure(CLI_REFUSED,
				   "%u vehicles are left, %s the first; that all can be served was not excluded: give "
				   "more --time, or raise what \"unserved\" counts",
				   plan->left, problem->fleet->vehicle[v].name);
	if (err)
		return say_failure(CLI_REFUSED, "%s", strerror(-err));
	assign_conflict_words(problem, &conflict, text, sizeof(text));
	assign_conflict_done(&conflict);
	return say_failure(CLI_REFUSED, "%s", text);
}

static int tell_unserved(const struct assign_problem *problem, const struct assign_plan *plan, double seconds)
{
	char text[240];
	u32 v, told = 0;

	if (interrupted)
		return CLI_OK;
	for (v = 0; v < plan->vehicles && plan->hopeless && told < 20; v++)
		if (plan->session[v].state == ASSIGN_FAR || plan->session[v].state == ASSIGN_LATE) {
			assign_why(problem, plan, v, text, sizeof(text));
			fprintf(stderr, "voltgate: warning: %s\n", text);
			told++;
		}
	if (plan->left)
		return tell_conflict(problem, plan, seconds);
	if (plan->hopeless)
		return say_failure(CLI_REFUSED, "%u vehicles cannot be served even alone", plan->hopeless);
	return CLI_OK;
}

static int report(const struct cli *cli, const struct assign_problem *problem, const struct words *words,
		  const struct assign_plan *plan)
{
	struct assign_verdict verdict;
	int status;

	if (assign_check(problem, plan, &verdict))
		return say_failure(CLI_REFUSED, "out of memory");
	if (!verdict.good)
		return say_failure(CLI_REFUSED, "the plan found does not pass the check (a fault of this program): %s",
				   verdict.text);
	if (words->report) {
		status = page_sessions(words->report, problem->fleet, plan);
		if (status)
			return status;
	}
	if (cli->json) {
		status = say_json(assign_json_put(problem, plan, &verdict));
	} else {
		show_sessions(problem->fleet, plan);
		show_whole(plan, &verdict);
		status = say_done(CLI_OK);
	}
	if (!status && !words->nearest)
		status = tell_unserved(problem, plan, ASSIGN_CONFLICT_SECONDS);
	return status;
}

/* --- doing --- */

static int solve(const struct cli *cli, const struct words *words)
{
	struct assign_options options = { .seconds = words->seconds, .quick = words->quick, .progress = show_progress };
	struct assign_plan *plan = NULL;
	struct fleet *fleet = NULL;
	struct assign_problem problem = { 0 };
	int status, err;

	signal(SIGINT, interrupt); /* also while the file is read: then the first plan is the best so far */
	status = fleet_words_load(words->fleet, &fleet);
	if (status)
		return status;
	problem.fleet = fleet;
	err = words->nearest ? assign_nearest(&problem, &plan) : assign_solve(&problem, &options, &plan);
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
	status = err ? say_failure(CLI_REFUSED, "%s", strerror(-err)) : report(cli, &problem, words, plan);
	assign_free(plan);
	fleet_free(fleet);
	return status;
}

static int check_loaded(const struct cli *cli, const struct fleet *fleet, const struct words *words)
{
	struct assign_problem problem = { .fleet = fleet };
	struct assign_verdict verdict;
	struct assign_plan *plan;
	json_error_t where;
	json_t *object = json_load_file(words->plan, 0, &where);
	char error[240];
	int err;

	if (!object)
		return say_failure(CLI_REFUSED, "%.200s, line %d: %s", words->plan, where.line, where.text);
	err = assign_json_take(object, fleet, &plan, error);
	json_decref(object);
	if (err)
		return say_failure(CLI_REFUSED, "%.200s: %s", words->plan, error);
	err = assign_check(&problem, plan, &verdict);
	if (!err && cli->json)
		say_json(json_pack("{s:b, s:I, s:I, s:s*}", "good", verdict.good, "served", (json_int_t)plan->served,
				   "cost_e7", (json_int_t)verdict.cost, "fault", verdict.good ? NULL : verdict.text));
	else if (!err && verdict.good)
		printf("good: %u vehicles are served, cost %.4f yuan\n", plan->served,
		       (double)verdict.cost / ASSIGN_COST_YUAN);
	assign_free(plan);
	if (err)
		return say_failure(CLI_REFUSED, "%s", strerror(-err));
	return verdict.good ? say_done(CLI_OK) : say_failure(CLI_REFUSED, "%s", verdict.text);
}

static int check(const struct cli *cli, const struct words *words)
{
	struct fleet *fleet = NULL;
	int status = fleet_words_load(words->fleet, &fleet);

	if (!status)
		status = check_loaded(cli, fleet, words);
	fleet_free(fleet);
	return status;
}

static int take_option(const char *option, const char *value, struct words *words)
{
	char *end = NULL;

	if (strcmp(option, "--time") && strcmp(option, "--report"))
		return say_usage("assign",
				 "\"%.60s\" is no option of assign (--time SECONDS, --quick, --nearest, --report FILE)",
				 option);
	if (!value)
		return say_usage("assign", "%s needs a value after it", option);
	if (!strcmp(option, "--report")) {
		words->report = value;
		return CLI_OK;
	}
	words->seconds = strtod(value, &end);
	if (end == value || *end || !(words->seconds > 0 && words->seconds <= ASSIGN_SECONDS_MAX))
		return say_usage("assign", "--time takes a time above 0 and up to 86400 seconds, not \"%.60s\"", value);
	return CLI_OK;
}

static int run(const struct cli *cli, int argc, char **argv)
{
	struct words words = { .seconds = 60 };
	bool checking = argc > 1 && !strcmp(argv[1], "check");
	int at, status;

	if (argc > 1 && !strcmp(argv[1], "replay"))
		return assign_replay(cli, argc - 2, argv + 2);
	if (argc > 1 && !strcmp(argv[1], "compare"))
		return assign_compare(cli, argc - 2, argv + 2);
	for (at = 1 + checking; at < argc; at++) {
		if (!checking && !strcmp(argv[at], "--quick")) {
			words.quick = true;
		} else if (!checking && !strcmp(argv[at], "--nearest")) {
			words.nearest = true;
		} else if (!checking && argv[at][0] == '-') {
			status = take_option(argv[at], argv[at + 1], &words);
			if (status)
				return status;
			at++;
		} else if (checking && !words.plan) {
			words.plan = argv[at];
		} else if (!words.fleet) {
			words.fleet = argv[at];
		} else {
			return say_usage("assign", "\"%.60s\" is one word too many", argv[at]);
		}
	}
	if (!words.fleet)
		return say_usage("assign",
				 checking ? "assign check needs a PLAN and a FLEET" : "assign needs a FLEET file");
	return checking ? check(cli, &words) : solve(cli, &words);
}

static const char *const verbs[] = { "check", "replay", "compare", NULL };

const struct cli_command cmd_assign = {
	.name = "assign",
	.run = run,
	.usage = "[--time SECONDS] [--quick] [--nearest] [--report FILE] FLEET\ncheck PLAN FLEET\n"
		 "replay [--seed N] [--late PCT] [--late-by SECONDS] [--surprise PCT] [--broken PCT] [--every PERIODS] "
		 "FLEET\ncompare FLEET",
	.summary = "Find or check which vehicle charges where and when",
	.help = "FLEET is a file of vehicles, stations and prices (its tables are in the manual). Each vehicle gets a "
		"station and\n"
		"a session without a break, within its deadline, the station's chargers and its power, so that price, "
		"time and\n"
		"rating, weighed as the vehicle does, cost least. The answer says below which cost no plan can lie. "
		"--quick\n"
		"stops at prices and does without the exact program; --nearest shows what drivers do by themselves, "
		"--report\n"
		"draws on an HTML page who charges when. Who\n"
		"cannot be served is told why; vehicles and limits that exclude each other are named. check follows a "
		"PLAN\n"
		"(what -j prints) with code of its own. replay lives through a day on which vehicles are late or come "
		"unannounced\n"
		"and chargers fail, plans anew around what was promised, and tells what foresight would have saved. "
		"compare\n"
		"charges those who stand at each station by the optimum and by first come, earliest deadline, least "
		"laxity,\nround robin and without control.",
	.verbs = verbs,
};
