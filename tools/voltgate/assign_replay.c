// SPDX-License-Identifier: GPL-2.0
/*
 * assign_replay.c - see assign_replay.h.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/sched/rolling.h"
#include "tools/voltgate/assign_replay.h"
#include "tools/voltgate/fleet_words.h"
#include "tools/voltgate/say.h"

static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

static bool show_plan(void *arg, const struct rolling_state *state, const struct assign_plan *plan)
{
	char at[16];

	(void)arg;
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%s  %u vehicles served or to be served, cost %.2f  (Ctrl-C ends the day) \033[K",
			fleet_words_time(state->now * state->fleet->period_s, at), plan->served,
			(double)plan->cost / ASSIGN_COST_YUAN);
	return !interrupted;
}

static int report(const struct cli *cli, const struct rolling_report *day)
{
	double foresight = (double)day->clairvoyant_cost / ASSIGN_COST_YUAN,
	       cost = (double)day->cost / ASSIGN_COST_YUAN;

	if (!day->good)
		return say_failure(CLI_REFUSED, "what was driven does not pass the check (a fault of this program): %s",
				   day->text);
	if (cli->json)
		return say_json(json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:f, s:f, s:b}", "plans",
					  (json_int_t)day->plans, "late", (json_int_t)day->late, "surprises",
					  (json_int_t)day->surprises, "failures", (json_int_t)day->failures, "promises",
					  (json_int_t)day->promises, "broken_by_failures", (json_int_t)day->broken,
					  "served", (json_int_t)day->served, "left", (json_int_t)day->left, "cost",
					  cost, "clairvoyant_cost", foresight, "clairvoyant_bound",
					  (double)day->clairvoyant_bound / ASSIGN_COST_YUAN, "slowest_s",
					  day->slowest_s, "ended", day->ended));
	printf("%u plans, the slowest took %.2f s; %u vehicles late, %u unannounced, %u chargers failed\n", day->plans,
	       day->slowest_s, day->late, day->surprises, day->failures);
	printf("%u promises, %u broken by failures, none by a plan; %u sessions, %u vehicles left\n", day->promises,
	       day->broken, day->served, day->left);
	printf("cost %.4f yuan; knowing all before, %.4f (no less than %.4f): %.2f %% more\n", cost, foresight,
	       (double)day->clairvoyant_bound / ASSIGN_COST_YUAN, foresight > 0 ? 100 * (cost / foresight - 1) : 0.0);
	return say_done(CLI_OK);
}

static int take_option(const char *option, const char *value, struct rolling_options *options)
{
	static const char *const names[] = {
		"--seed", "--late", "--surprise", "--broken", "--every", "--late-by", NULL
	};
	static const unsigned long long most[] = { ~0ull, 100, 100, 100, FLEET_PERIODS_MAX, FLEET_SECONDS_MAX };
	unsigned long long number;
	char *end = NULL;
	u32 which = 0;

	while (names[which] && strcmp(names[which], option))
		which++;
	if (!names[which])
		return say_usage("assign", "\"%.60s\" is no option of assign replay", option);
	number = value ? strtoull(value, &end, 10) : 0;
	if (!value || end == value || *end || *value == '-' || number > most[which])
		return say_usage("assign", "%s takes a whole number up to %llu", option, most[which]);
	if (!which)
		options->seed = number;
	else
		*(u32 *[]){ NULL,
			    &options->late_pct,
			    &options->surprise_pct,
			    &options->broken_pct,
			    &options->every,
			    &options->late_most_s }[which] = (u32)number;
	return CLI_OK;
}

int assign_replay(const struct cli *cli, int argc, char **argv)
{
	struct rolling_options options = {
		.seed = 1, .late_pct = 20, .late_most_s = 3600, .surprise_pct = 20, .broken_pct = 10, .seen = show_plan
	};
	const char *path = NULL;
	struct rolling_report day;
	struct fleet *fleet;
	int at, status;

	for (at = 0; at < argc; at++) {
		if (argv[at][0] == '-') {
			status = take_option(argv[at], argv[at + 1], &options);
			if (status)
				return status;
			at++;
		} else if (!path) {
			path = argv[at];
		} else {
			return say_usage("assign", "\"%.60s\" is one word too many", argv[at]);
		}
	}
	if (!path)
		return say_usage("assign", "assign replay needs a FLEET file");
	status = fleet_words_load(path, &fleet);
	if (status)
		return status;
	signal(SIGINT, interrupt);
	status = rolling_day(fleet, &options, &day);
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
	status = status ? say_failure(CLI_REFUSED, "%s", strerror(-status)) : report(cli, &day);
	fleet_free(fleet);
	return status;
}
