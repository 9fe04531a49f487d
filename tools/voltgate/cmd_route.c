// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_route.c - voltgate route: finds routes for electric vehicles with time
 * windows and recharging, and checks routes, each without the other's code.
 */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/sched/router.h"
#include "tools/voltgate/page.h"
#include "tools/voltgate/routing_json.h"
#include "tools/voltgate/say.h"

#define ROUTE_SECONDS_MAX 86400.0

struct words {
	const char *instance, *solution;
	const char *report; /* --report FILE */
	u64 seed;
	double seconds;
	bool partial;
};

static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

static bool show_progress(void *arg, double done, u32 vehicles, double distance)
{
	(void)arg;
	if (isatty(STDERR_FILENO)) {
		if (vehicles)
			fprintf(stderr, "\r%3.0f %%  %u vehicles, distance %.2f  (Ctrl-C keeps the best so far) ",
				done * 100, vehicles, distance);
		else
			fprintf(stderr, "\r%3.0f %%  not everybody is served yet ", done * 100);
	}
	return !interrupted;
}

static int load(const char *path, struct evrptw **ret_instance)
{
	struct evrptw_error error = { "" };
	int err = evrptw_load(path, ret_instance, &error);
	size_t len = strlen(error.text);

	if (err)
		return say_failure(CLI_REFUSED, "%.*s", (int)(len - (len && error.text[len - 1] == '.')), error.text);
	return CLI_OK;
}

static int report(const struct cli *cli, const struct evrptw *instance, const struct words *words,
		  const struct routing *routing, const struct router_report *solved)
{
	u32 i, j;
	json_t *object;

	if (cli->json) {
		object = routing_json_put(instance, routing);
		json_object_set_new(object, "seed", json_integer((json_int_t)words->seed));
		json_object_set_new(object, "rounds", json_integer((json_int_t)solved->rounds));
		json_object_set_new(object, "cut_short", json_boolean(solved->cut_short));
		return say_json(object);
	}
	printf("%s: %u vehicles, distance %.2f, %s rounds%s\n", instance->name, routing->vehicles, routing->distance,
	       say_count(solved->rounds), solved->cut_short ? ", cut short" : "");
	for (i = 0; i < routing->vehicles; i++) {
		const struct routing_route *route = &routing->route[i];

		printf("%3u:", i + 1);
		for (j = 0; j < route->count; j++) {
			u32 node = routing->stops[route->first + j];

			if (routing->partial && instance->node[node].kind == EVRPTW_STATION)
				printf(" (%u +%.2f)", node, routing->charge[route->first + j]);
			else
				printf(instance->node[node].kind == EVRPTW_STATION ? " (%u)" : " %u", node);
		}
		printf("\n");
	}
	return say_done(CLI_OK);
}

static int fail(const struct evrptw *instance, const struct router_report *solved, const struct routing *routing,
		int err)
{
	if (err == -EINVAL)
		return say_failure(
			CLI_REFUSED,
			"customer %u cannot be served by any vehicle: no way there and back fits its window (%g "
			"to %g), the battery (%g) and the depot's closing (%g)",
			solved->unreachable, instance->node[solved->unreachable].ready,
			instance->node[solved->unreachable].due, instance->battery, instance->node[0].due);
	if (err == -ENOSPC)
		return say_failure(
			CLI_REFUSED,
			"no plan with the %u vehicles of the instance was found; the best has %u: allow more "
			"vehicles or more --time",
			instance->vehicles, routing->vehicles);
	return say_failure(CLI_REFUSED, "%s", strerror(-err));
}

static int solve(const struct cli *cli, const struct words *words)
{
	struct routing *routing = malloc(sizeof(*routing));
	struct router_options options = {
		.seed = words->seed, .partial = words->partial, .seconds = words->seconds, .progress = show_progress
	};
	struct router_report solved;
	struct routing_fault fault;
	struct evrptw *instance;
	double distance;
	int status = load(words->instance, &instance), err;

	if (status || !routing) {
		free(routing);
		return status ? status : say_failure(CLI_REFUSED, "out of memory");
	}
	signal(SIGINT, interrupt);
	err = router_solve(instance, &options, routing, &solved);
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
	if (err)
		status = fail(instance, &solved, routing, err);
	else if (routing_check(instance, routing, &distance, &fault))
		status =
			say_failure(CLI_REFUSED, "the routes found do not pass the check (a fault of this program): %s",
				    fault.text);
	else if (words->report)
		status = page_routes(words->report, instance, routing);
	if (!status)
		status = report(cli, instance, words, routing, &solved);
	evrptw_free(instance);
	free(routing);
	return status;
}

static int check_loaded(const struct cli *cli, const struct evrptw *instance, const struct words *words,
			struct routing *routing)
{
	struct routing_fault fault = { "" };
	json_error_t where;
	json_t *object = json_load_file(words->solution, 0, &where);
	char error[240];
	double distance = 0;
	int err;

	if (!object)
		return say_failure(CLI_REFUSED, "%.200s, line %d: %s", words->solution, where.line, where.text);
	err = routing_json_take(object, routing, error);
	json_decref(object);
	if (err)
		return say_failure(CLI_REFUSED, "%.200s: %s", words->solution, error);
	err = routing_check(instance, routing, &distance, &fault);
	if (!err && fabs(distance - routing->distance) > 0.01) {
		snprintf(fault.text, sizeof(fault.text), "The plan says distance %.2f; driving it takes %.2f.",
			 routing->distance, distance);
		err = -EINVAL;
	}
	if (cli->json)
		say_json(json_pack("{s:b, s:I, s:f, s:s*}", "good", !err, "vehicles", (json_int_t)routing->vehicles,
				   "distance", distance, "fault", err ? fault.text : NULL));
	else if (!err)
		printf("good: %u vehicles, distance %.2f\n", routing->vehicles, distance);
	return err ? say_failure(CLI_REFUSED, "%.*s", (int)strlen(fault.text) - 1, fault.text) : say_done(CLI_OK);
}

static int check(const struct cli *cli, const struct words *words)
{
	struct routing *routing = malloc(sizeof(*routing));
	struct evrptw *instance;
	int status;

	if (!routing)
		return say_failure(CLI_REFUSED, "out of memory");
	status = load(words->instance, &instance);
	if (!status) {
		status = check_loaded(cli, instance, words, routing);
		evrptw_free(instance);
	}
	free(routing);
	return status;
}

static int take_option(const char *option, const char *value, struct words *words)
{
	char *end = NULL;

	if (!value)
		return say_usage("route", "%s needs a value after it", option);
	if (!strcmp(option, "--report")) {
		words->report = value;
		return CLI_OK;
	}
	if (!strcmp(option, "--seed"))
		words->seed = strtoull(value, &end, 10);
	else if (!strcmp(option, "--time"))
		words->seconds = strtod(value, &end);
	else
		return say_usage("route",
				 "\"%.60s\" is no option of route (--seed N, --time SECONDS, --partial, --report FILE)",
				 option);
	if (end == value || *end || *value == '-' || !(words->seconds > 0 && words->seconds <= ROUTE_SECONDS_MAX))
		return say_usage("route", "%s takes a %s, not \"%.60s\"", option,
				 strcmp(option, "--seed") ? "time above 0 and up to 86400 seconds" : "number", value);
	return CLI_OK;
}

static int route(const struct cli *cli, int argc, char **argv)
{
	struct words words = { .seed = 1, .seconds = 10 };
	bool checking = argc > 1 && !strcmp(argv[1], "check");
	int at, status;

	for (at = 1 + checking; at < argc; at++) {
		if (!checking && !strcmp(argv[at], "--partial")) {
			words.partial = true;
		} else if (argv[at][0] == '-' && !checking) {
			status = take_option(argv[at], argv[at + 1], &words);
			if (status)
				return status;
			at++;
		} else if (checking && !words.solution) {
			words.solution = argv[at];
		} else if (!words.instance) {
			words.instance = argv[at];
		} else {
			return say_usage("route", "\"%.60s\" is one word too many", argv[at]);
		}
	}
	if (!words.instance)
		return say_usage("route", checking ? "route check needs a SOLUTION and an INSTANCE"
						   : "route needs an INSTANCE file (E-VRPTW)");
	return checking ? check(cli, &words) : solve(cli, &words);
}

static const char *const verbs[] = { "check", NULL };

const struct cli_command cmd_route = {
	.name = "route",
	.run = route,
	.usage = "[--seed N] [--time SECONDS] [--partial] [--report FILE] INSTANCE\ncheck SOLUTION INSTANCE",
	.summary = "Find or check routes of electric vehicles",
	.help = "INSTANCE is a file of the E-VRPTW format. Few vehicles come first, then a short distance; recharging "
		"fills\n"
		"the battery, or with --partial takes as much as is needed (a problem of its own, whose distances are "
		"not to be\ncompared). The same --seed (default 1) and --time (default 10) give the same routes "
		"wherever the "
		"machine\n"
		"is not much slower than that time was meant for; \"cut short\" says where it was. --report draws the "
		"routes\n"
		"on an HTML page. check drives the routes of a SOLUTION (what -j prints) stop by stop, with code of "
		"its own.",
	.verbs = verbs,
};
