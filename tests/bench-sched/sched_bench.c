// SPDX-License-Identifier: GPL-2.0
/*
 * sched_bench.c - how long dispatch takes, by factors (limits added when
 * violated) and in the full form by angles, Clp for both; and 10,000 and 100,000 vehicles through prices.
 *
 *   sched_bench FILE.json SECONDS    SECONDS: when the full form is stopped and reported as unfinished
 */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/sched/certificate.h"
#include "agent/sched/gridfiles.h"
#include "agent/sched/guidance.h"
#include "tests/bench-sched/synthetic.h"

static double clock_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

#define LONGEST 600.0 /* seconds for our own method; reported as unfinished after that */

static json_t *results;
static const char *results_path;
static bool failed; /* a case without an answer, costs that differ, no file */

/* What is measured so far is on disk at any time. */
static int keep(json_t *entry)
{
	json_array_append_new(results, entry);
	fflush(stdout);
	return json_dump_file(results, results_path, JSON_INDENT(1));
}

/* What a dispatch in a process of its own tells. */
struct told {
	int err;
	double seconds, cost;
	u32 binding, added, rounds;
	bool good;
	char text[160];
};

static void tell(struct dispatch_problem *problem, struct told *ret_told)
{
	struct dispatch_plan *plan = NULL;
	struct certificate certificate = { 0 };
	struct dispatch_error error;
	double began = clock_s();

	memset(ret_told, 0, sizeof(*ret_told));
	ret_told->err = dispatch_solve(problem, &plan, &error);
	ret_told->seconds = clock_s() - began;
	snprintf(ret_told->text, sizeof(ret_told->text), "%.150s", error.text);
	if (!plan)
		return;
	if (certificate_check(problem, plan, &certificate))
		snprintf(certificate.worst, sizeof(certificate.worst), "the check ran out of memory");
	ret_told->cost = plan->cost;
	ret_told->binding = plan->binding;
	ret_told->added = plan->limits_added;
	ret_told->rounds = plan->rounds;
	ret_told->good = certificate.good;
	snprintf(ret_told->text, sizeof(ret_told->text), "%s", certificate.good ? "certified" : certificate.worst);
	dispatch_free(plan);
}

/* In a process that is ended when its time is over: Clp does not look at the clock within a quadratic program. */
static bool apart(struct dispatch_problem *problem, double seconds, struct told *ret_told)
{
	struct pollfd polled;
	int ends[2];
	pid_t child;
	bool came;

	fflush(stdout);
	if (pipe(ends))
		return false;
	child = fork();
	if (!child) {
		close(ends[0]);
		tell(problem, ret_told);
		_exit(write(ends[1], ret_told, sizeof(*ret_told)) != sizeof(*ret_told));
	}
	close(ends[1]);
	polled = (struct pollfd){ ends[0], POLLIN, 0 };
	came = child > 0 && poll(&polled, 1, (int)(1000 * seconds)) == 1 &&
	       read(ends[0], ret_told, sizeof(*ret_told)) == sizeof(*ret_told);
	close(ends[0]);
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	return came && !ret_told->err;
}

/* One form's time; the cost through @ret_cost, NAN where it did not finish within @seconds. */
static double run(struct dispatch_problem *problem, enum dispatch_form form, double seconds, json_t *entry,
		  double *ret_cost)
{
	const char *key = form == DISPATCH_FULL ? "full" : "factors";
	struct told told = { 0 };
	bool came;

	problem->form = form;
	came = apart(problem, seconds, &told);
	if (!came && !told.err)
		told.seconds = seconds;
	*ret_cost = came ? told.cost : NAN;
	if (came)
		printf("  %-8s %9.3f s  cost %.6f, %u limits bind, %u added in %u rounds, %s\n", key, told.seconds,
		       told.cost, told.binding, told.added, told.rounds, told.text);
	else
		printf("  %-8s %9.3f s  unfinished%s%s\n", key, told.seconds, told.err ? ": " : "", told.text);
	json_object_set_new(entry, key,
			    json_pack("{s:f, s:b, s:f, s:i, s:i, s:i, s:b}", "seconds", told.seconds, "finished", came,
				      "cost", told.cost, "binding", (int)told.binding, "limits_added", (int)told.added,
				      "rounds", (int)told.rounds, "certified", told.good));
	return told.seconds;
}

static void measure(const char *name, struct dispatch_problem *problem, double seconds)
{
	json_t *entry = json_pack("{s:s, s:f}", "case", name, "stopped_at", seconds);
	double lazy, baseline, cost, other;

	printf("%s\n", name);
	lazy = run(problem, DISPATCH_LAZY, LONGEST, entry, &cost);
	/* never less than what our own took, or a ratio would say nothing */
	baseline = run(problem, DISPATCH_FULL, fmax(seconds, 1.5 * lazy), entry, &other);
	if (!isnan(cost)) {
		printf("  ratio    %9.2f %s%s\n", baseline / lazy,
		       isnan(other) ? "at least: the full form was stopped" : "",
		       !isnan(other) && fabs(other - cost) > 1e-6 * fabs(cost) ? " BUT THE COSTS DIFFER" : "");
		json_object_set_new(entry, "ratio", json_real(baseline / lazy));
		json_object_set_new(entry, "ratio_is_at_least", json_boolean(isnan(other)));
	}
	failed |= keep(entry) || isnan(cost) || (!isnan(other) && fabs(other - cost) > 1e-6 * fabs(cost));
}

static void bench_paper(double seconds)
{
	struct gridfiles files;
	struct dispatch_stations stations = { 0 };
	struct dispatch_problem problem;

	if (gridfiles_load("agent/sched/cases/paper36", false, &files) ||
	    crowd_flexible(&files.crowd, files.periods, 1, &stations))
		return;
	problem = (struct dispatch_problem){ .grid = files.grid,
					     .periods = files.periods,
					     .hours = 1,
					     .load = files.load,
					     .available = files.available,
					     .stations = &stations,
					     .limits_scale = 1 };
	measure("the paper's day, 36 nodes, 24 periods, 11 classes of vehicles", &problem, seconds);
	crowd_flexible_done(&stations);
	gridfiles_free(&files);
}

static void bench_case118(double seconds, u32 periods, u32 count)
{
	const char *shared = getenv("SHARED") ? getenv("SHARED") : "../shared";
	struct dispatch_stations stations;
	struct dispatch_problem problem;
	struct grid *grid = NULL;
	char path[512], name[128];
	double *load;

	snprintf(path, sizeof(path), "%s/data/matpower/case118.m", shared);
	if (matpower_load(path, &grid)) {
		printf("case118: no %s; set SHARED to the folder with the shared data\n", path);
		return;
	}
	load = synthetic_load(grid, periods, 1, 7);
	synthetic_limits(grid, 1.1, 5);
	synthetic_stations(grid, periods, count, 4, 11, &stations);
	problem = (struct dispatch_problem){
		.grid = grid, .periods = periods, .hours = 1, .load = load, .stations = &stations, .limits_scale = 1
	};
	snprintf(name, sizeof(name), "case118, %u periods, %u stations, limits 1.1 times the base hour's flows",
		 periods, count);
	measure(name, &problem, seconds);
	crowd_flexible_done(&stations);
	free(load);
	grid_free(grid);
}

static void bench_mesh(double seconds, u32 side, u32 periods)
{
	struct grid *grid = synthetic_grid(side, 3);
	double *load = synthetic_load(grid, periods, 1, 5);
	struct dispatch_problem problem = {
		.grid = grid, .periods = periods, .hours = 24.0 / periods, .load = load, .limits_scale = 1
	};
	char name[128];

	synthetic_limits(grid, 1.4, 60);
	snprintf(name, sizeof(name), "a mesh of %u buses, %u branches, %u units, %u periods", grid->buses,
		 grid->branches, grid->units, periods);
	measure(name, &problem, seconds);
	free(load);
	grid_free(grid);
}

static void bench_vehicles(u32 vehicles, u32 groups)
{
	const char *shared = getenv("SHARED") ? getenv("SHARED") : "../shared";
	struct guidance_words words = { .groups = groups, .starts = 0 };
	struct guidance guidance;
	struct dispatch_error error;
	struct dispatch_problem problem;
	struct crowd crowd;
	struct grid *grid = NULL;
	char path[512];
	double *load, began, took;
	int err;

	snprintf(path, sizeof(path), "%s/data/matpower/case118.m", shared);
	if (matpower_load(path, &grid))
		return;
	load = synthetic_load(grid, 24, 1, 7);
	synthetic_limits(grid, 1.5, 30);
	synthetic_crowd(grid, 24, 50, vehicles, 3000.0 / vehicles, 13, &crowd);
	problem = (struct dispatch_problem){ .grid = grid, .periods = 24, .hours = 1, .load = load, .limits_scale = 1 };
	began = clock_s();
	err = guidance_run(&problem, &crowd, &words, &guidance, &error);
	took = clock_s() - began;
	printf("%u vehicles through prices, %u groups, case118 with 24 periods\n  %9.3f s  %s", vehicles, groups, took,
	       err ? error.text : "");
	if (!err)
		printf("gap %.4f %% to the bound %.1f (on arrival %.3f %%, one tariff %.3f %%), %u dispatches",
		       100 * guidance.grouped.gap, guidance.central, 100 * guidance.uncontrolled.gap,
		       100 * guidance.single.gap, guidance.solved);
	printf("\n");
	failed |= err ||
		  keep(json_pack("{s:s, s:i, s:i, s:f, s:f}", "case", "vehicles through prices", "vehicles",
				 (int)vehicles, "groups", (int)groups, "seconds", took, "gap", guidance.grouped.gap));
	guidance_done(&guidance);
	crowd_done(&crowd);
	free(load);
	grid_free(grid);
}

int main(int argc, char **argv)
{
	double seconds = argc > 2 ? strtod(argv[2], NULL) : 20;

	if (argc < 2 || !(seconds > 0 && seconds < 1e6))
		return 1;
	results_path = argv[1];
	results = json_array();
	printf("expected time: %.0f s, most of it the baseline, stopped after %g s a case\n", 45 + 3 * seconds,
	       seconds);
	bench_paper(seconds);
	bench_case118(seconds, 24, 200);
	bench_mesh(seconds, 15, 24);
	bench_mesh(seconds, 45, 96);
	bench_vehicles(10000, 20);
	bench_vehicles(100000, 20);
	json_decref(results);
	printf("raw numbers: %s\n", results_path);
	return failed;
}
