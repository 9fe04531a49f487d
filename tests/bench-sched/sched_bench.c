// SPDX-License-Identifier: GPL-2.0
/*
 * sched_bench.c - how long dispatch takes, by factors (limits added when
 * violated) and in the full form by angles, Clp for both; and 10,000 and 100,000 vehicles through prices.
 *
 *   sched_bench FILE.json SECONDS [full]    SECONDS: when the full form is stopped and reported as unfinished
 */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
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

static json_t *results;

/* The full form in a process of its own: Clp does not look at the clock within a quadratic program. */
struct told {
	int err;
	double cost;
	u32 binding;
	bool good;
};

static bool apart(struct dispatch_problem *problem, double seconds, struct told *ret_told)
{
	struct dispatch_plan *plan = NULL;
	struct certificate certificate = { 0 };
	struct dispatch_error error;
	struct pollfd polled;
	int ends[2];
	pid_t child;
	bool came;

	if (pipe(ends))
		return false;
	child = fork();
	if (!child) {
		ret_told->err = dispatch_solve(problem, &plan, &error);
		if (plan) {
			certificate_check(problem, plan, &certificate);
			*ret_told = (struct told){ 0, plan->cost, plan->binding, certificate.good };
		}
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
	return came;
}

static double run_full(struct dispatch_problem *problem, double seconds, json_t *entry, double *ret_cost)
{
	struct told told = { 0 };
	double began = clock_s(), took;
	bool came;

	problem->form = DISPATCH_FULL;
	problem->seconds = 0;
	came = apart(problem, seconds, &told) && !told.err;
	took = clock_s() - began;
	*ret_cost = came ? told.cost : NAN;
	printf("  full     %9.3f s  ", took);
	if (came)
		printf("cost %.6f, %u limits bind, %s\n", told.cost, told.binding,
		       told.good ? "certified" : "not certified");
	else
		printf("unfinished\n");
	fflush(stdout);
	json_object_set_new(entry, "full",
			    json_pack("{s:f, s:b, s:f, s:b}", "seconds", took, "finished", came, "cost", told.cost,
				      "certified", told.good));
	return took;
}

/* One form's time; the cost through @ret_cost, NAN where it did not finish. */
static double run(struct dispatch_problem *problem, enum dispatch_form form, double seconds, json_t *entry,
		  double *ret_cost)
{
	struct dispatch_plan *plan = NULL;
	struct certificate certificate = { 0 };
	struct dispatch_error error;
	double began = clock_s(), took;
	const char *key = form == DISPATCH_FULL ? "full" : "factors";
	json_t *one;
	int err;

	problem->form = form;
	problem->seconds = seconds;
	err = dispatch_solve(problem, &plan, &error);
	took = clock_s() - began;
	*ret_cost = plan ? plan->cost : NAN;
	if (plan)
		certificate_check(problem, plan, &certificate);
	printf("  %-8s %9.3f s  %s", key, took, plan ? "" : error.text);
	if (plan)
		printf("cost %.6f, %u limits bind, %u added in %u rounds, %s", plan->cost, plan->binding,
		       plan->limits_added, plan->rounds, certificate.good ? "certified" : certificate.worst);
	printf("\n");
	fflush(stdout);
	one = json_pack("{s:f, s:b, s:f, s:i, s:i, s:b}", "seconds", took, "finished", plan != NULL, "cost",
			plan ? plan->cost : 0.0, "binding", plan ? (int)plan->binding : 0, "limits_added",
			plan ? (int)plan->limits_added : 0, "certified", certificate.good);
	json_object_set_new(entry, key, one);
	dispatch_free(plan);
	return err && err != -EINTR ? NAN : took;
}

static void measure(const char *name, struct dispatch_problem *problem, double seconds, bool full)
{
	json_t *entry = json_pack("{s:s}", "case", name);
	double lazy, baseline, cost, other;

	printf("%s\n", name);
	lazy = run(problem, DISPATCH_LAZY, 0, entry, &cost);
	if (full) {
		baseline = run_full(problem, seconds, entry, &other);
		printf("  ratio    %9.2f %s%s\n", baseline / lazy,
		       isnan(other) ? "at least: the full form was stopped" : "",
		       !isnan(other) && fabs(other - cost) > 1e-6 * fabs(cost) ? " BUT THE COSTS DIFFER" : "");
		json_object_set_new(entry, "ratio", json_real(baseline / lazy));
		json_object_set_new(entry, "ratio_is_at_least", json_boolean(isnan(other)));
	}
	json_array_append_new(results, entry);
}

static void bench_paper(double seconds)
{
	struct gridfiles files;
	struct dispatch_stations stations = { 0 };
	struct dispatch_problem problem;

	if (gridfiles_load("cases/paper36", false, &files) || crowd_flexible(&files.crowd, files.periods, 1, &stations))
		return;
	problem = (struct dispatch_problem){ .grid = files.grid,
					     .periods = files.periods,
					     .hours = 1,
					     .load = files.load,
					     .available = files.available,
					     .stations = &stations,
					     .limits_scale = 1 };
	measure("the paper's day, 36 nodes, 24 periods, 11 classes of vehicles", &problem, seconds, true);
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
	measure(name, &problem, seconds, true);
	crowd_flexible_done(&stations);
	free(load);
	grid_free(grid);
}

static void bench_mesh(double seconds, u32 side, u32 periods, bool full)
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
	measure(name, &problem, seconds, full);
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
	json_array_append_new(results, json_pack("{s:s, s:i, s:i, s:f, s:f}", "case", "vehicles through prices",
						 "vehicles", (int)vehicles, "groups", (int)groups, "seconds", took,
						 "gap", err ? NAN : guidance.grouped.gap));
	guidance_done(&guidance);
	crowd_done(&crowd);
	free(load);
	grid_free(grid);
}

int main(int argc, char **argv)
{
	double seconds = argc > 2 ? strtod(argv[2], NULL) : 60;
	bool full = argc > 3;

	if (argc < 2)
		return 1;
	results = json_array();
	bench_paper(seconds);
	bench_case118(seconds, 24, 200);
	bench_mesh(seconds, 15, 24, true);
	bench_mesh(seconds, 45, full ? 96 : 4, full);
	bench_vehicles(10000, 20);
	bench_vehicles(100000, 20);
	if (json_dump_file(results, argv[1], JSON_INDENT(1)))
		return 1;
	json_decref(results);
	return 0;
}
