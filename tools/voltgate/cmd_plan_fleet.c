// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_plan_fleet.c - voltgate plan CASE --fleet FILE: the dispatch with the
 * vehicles' charging on the buses of their stations.
 *
 * First the vehicles are assigned at the file's prices. Then, a few rounds: dispatch, the stations' prices rise by what
 * the nodal price lies above the cheapest hour's, and the vehicles are assigned anew. The round with the least cost of
 * dispatch, of time, rating and vehicles left is the answer.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/sched/certificate.h"
#include "tools/voltgate/assign_json.h"
#include "agent/sched/report.h"
#include "tools/voltgate/fleet_words.h"
#include "tools/voltgate/page.h"
#include "tools/voltgate/plan_csv.h"
#include "tools/voltgate/plan_fleet.h"
#include "tools/voltgate/plan_json.h"
#include "tools/voltgate/plan_progress.h"
#include "tools/voltgate/say.h"

#define PLAN_FLEET_ROUNDS 4
#define PLAN_FLEET_SECONDS 20.0 /* of one assignment */

struct plan_fleet {
	const struct cli *cli;
	const struct plan_words *words;
	struct plan_case plan_case;
	struct fleet *fleet;
	u32 *bus;     /* of each station */
	u32 *tariff;  /* the file's prices; those of the fleet change from round to round */
	double *base; /* periods x buses: the load without vehicles */
	double *load;
	struct assign_plan *vehicles, *best_vehicles;
	struct dispatch_plan *dispatch, *best_dispatch;
	struct assign_verdict verdict, best_verdict; /* at the file's prices */
	double best;
	u32 best_round, rounds; /* rounds: that were finished */
	struct plan_progress progress;
};

/* --- what belongs together --- */

static int fleet_on_case(struct plan_fleet *run)
{
	const struct grid *grid = run->plan_case.files.grid;
	const struct fleet *fleet = run->fleet;
	double seconds = run->plan_case.problem.periods * run->plan_case.problem.hours * 3600;
	u32 i, b;

	if ((double)fleet->periods * fleet->period_s > seconds + 0.5)
		return say_failure(CLI_REFUSED,
				   "the fleet's plan lasts %u s, the case's %.0f s: give more --periods, or a shorter "
				   "fleet file",
				   fleet->periods * fleet->period_s, seconds);
	for (i = 0; i < fleet->stations; i++) {
		for (b = 0; b < grid->buses && strcmp(grid->bus[b].name, fleet->station[i].bus); b++)
			;
		if (b == grid->buses)
			return say_failure(CLI_REFUSED,
					   "station %s stands at bus \"%s\", which the case does not have: name one of "
					   "its buses in the column bus",
					   fleet->station[i].name, fleet->station[i].bus);
		run->bus[i] = b;
	}
	return CLI_OK;
}

static int open_run(struct plan_fleet *run, const char *path)
{
	size_t cells, prices;
	int status = plan_case_load(run->words, &run->plan_case);

	if (!status)
		status = fleet_words_load(path, &run->fleet);
	if (status)
		return status;
	cells = (size_t)run->plan_case.problem.periods * run->plan_case.files.grid->buses;
	prices = (size_t)run->fleet->stations * run->fleet->periods;
	run->bus = calloc(run->fleet->stations + 1u, sizeof(*run->bus));
	run->tariff = calloc(prices + 1, sizeof(*run->tariff));
	run->base = calloc(cells + 1, sizeof(double));
	run->load = calloc(cells + 1, sizeof(double));
	if (!run->bus || !run->tariff || !run->base || !run->load)
		return say_failure(CLI_REFUSED, "out of memory");
	memcpy(run->base, run->plan_case.problem.load, cells * sizeof(double));
	memcpy(run->tariff, run->fleet->price, prices * sizeof(*run->tariff));
	run->plan_case.problem.load = run->load;
	run->best = INFINITY;
	return fleet_on_case(run);
}

static void close_run(struct plan_fleet *run)
{
	assign_free(run->vehicles);
	assign_free(run->best_vehicles);
	dispatch_free(run->dispatch);
	dispatch_free(run->best_dispatch);
	free(run->bus);
	free(run->tariff);
	free(run->base);
	free(run->load);
	fleet_free(run->fleet);
	plan_case_free(&run->plan_case);
}

/* --- one round --- */

/* The case's period in which the fleet's period @t lies. */
static u32 case_period(const struct plan_fleet *run, u32 t)
{
	return (u32)((double)t * run->fleet->period_s / (run->plan_case.problem.hours * 3600));
}

/* The sessions' energy as MW on the stations' buses. */
static void add_load(struct plan_fleet *run)
{
	const struct fleet *fleet = run->fleet;
	u32 buses = run->plan_case.files.grid->buses, v, t, left, wh;

	memcpy(run->load, run->base, (size_t)run->plan_case.problem.periods * buses * sizeof(double));
	for (v = 0; v < run->vehicles->vehicles; v++) {
		const struct assign_session *session = &run->vehicles->session[v];
		u32 most;

		if (session->state != ASSIGN_SERVED)
			continue;
		most = (u32)((u64)fleet_rate_w(&fleet->vehicle[v], &fleet->station[session->station]) *
			     fleet->period_s / 3600);
		left = session->energy_wh;
		for (t = session->start; t < session->start + session->periods; t++, left -= wh) {
			wh = left < most ? left : most;
			run->load[(size_t)case_period(run, t) * buses + run->bus[session->station]] +=
				wh / 1e6 / run->plan_case.problem.hours;
		}
	}
}

/* Prices with what the nodal price lies above its least, station by station. */
static void guide(struct plan_fleet *run)
{
	const struct dispatch_plan *dispatch = run->dispatch;
	struct fleet *fleet = run->fleet;
	double least, more;
	u32 i, t;

	for (i = 0; i < fleet->stations; i++) {
		least = INFINITY;
		for (t = 0; t < fleet->periods; t++)
			least = fmin(least,
				     dispatch->price[(size_t)case_period(run, t) * dispatch->buses + run->bus[i]]);
		for (t = 0; t < fleet->periods; t++) {
			size_t at = (size_t)i * fleet->periods + t;

			more = dispatch->price[(size_t)case_period(run, t) * dispatch->buses + run->bus[i]] - least;
			/* money a MWh is ten times 1/10000 yuan a kWh */
			fleet->price[at] = (u32)fmin(FLEET_PRICE_MAX, run->tariff[at] + round(10 * more));
		}
	}
}

static void swap_prices(struct plan_fleet *run, u32 *guided)
{
	size_t bytes = (size_t)run->fleet->stations * run->fleet->periods * sizeof(u32);

	memcpy(guided, run->fleet->price, bytes);
	memcpy(run->fleet->price, run->tariff, bytes);
}

static bool go_on(void *arg, const char *what, double done, const struct assign_plan *plan)
{
	(void)arg;
	(void)what;
	(void)done;
	(void)plan;
	return !plan_progress_interrupted();
}

/* Vehicles at the prices of now, then what that means at the file's prices. */
static int assign_round(struct plan_fleet *run)
{
	struct assign_problem problem = { .fleet = run->fleet };
	struct assign_options options = { .seconds = PLAN_FLEET_SECONDS,
					  .quick = run->fleet->vehicles > 2000,
					  .progress = go_on };
	u32 *guided = calloc((size_t)run->fleet->stations * run->fleet->periods + 1, sizeof(*guided));
	int err = guided ? assign_solve(&problem, &options, &run->vehicles) : -ENOMEM;

	if (!err) {
		swap_prices(run, guided);
		err = assign_follow(&problem, run->vehicles, &run->verdict);
		run->vehicles->cost = run->verdict.cost;
		memcpy(run->fleet->price, guided, (size_t)run->fleet->stations * run->fleet->periods * sizeof(*guided));
	}
	free(guided);
	return err ? say_failure(CLI_REFUSED, "%s", strerror(-err)) : CLI_OK;
}

static void keep_if_best(struct plan_fleet *run, u32 round)
{
	double cost = run->dispatch->cost + (double)(run->verdict.cost - run->verdict.money) / ASSIGN_COST_YUAN;

	if (cost >= run->best) {
		assign_free(run->vehicles);
		dispatch_free(run->dispatch);
	} else {
		assign_free(run->best_vehicles);
		dispatch_free(run->best_dispatch);
		run->best_vehicles = run->vehicles;
		run->best_dispatch = run->dispatch;
		run->best_verdict = run->verdict;
		run->best = cost;
		run->best_round = round;
	}
	run->vehicles = NULL;
	run->dispatch = NULL;
}

static int rounds(struct plan_fleet *run)
{
	struct dispatch_error error;
	u32 round;
	int status, err;

	plan_progress_start(&run->progress, &run->plan_case.problem);
	for (round = 0; round < PLAN_FLEET_ROUNDS && !(round && plan_progress_interrupted()); round++) {
		status = assign_round(run);
		if (status)
			return status;
		add_load(run);
		err = dispatch_solve(&run->plan_case.problem, &run->dispatch, &error);
		if (err == -EINTR && round)
			break; /* the best of the rounds before is the answer */
		if (err)
			return plan_case_explain(&run->plan_case, err, &error);
		guide(run);
		keep_if_best(run, round);
	}
	run->rounds = round;
	assign_free(run->vehicles); /* of a round that was not finished */
	memcpy(run->fleet->price, run->tariff,
	       (size_t)run->fleet->stations * run->fleet->periods * sizeof(*run->tariff));
	run->vehicles = run->best_vehicles; /* its load, for the certificate */
	add_load(run);
	run->vehicles = NULL;
	return CLI_OK;
}

/* --- the answer --- */

static void show(const struct plan_fleet *run, const struct certificate *certificate)
{
	const struct dispatch_plan *plan = run->best_dispatch;
	const struct grid *grid = run->plan_case.files.grid;
	u32 t, i;

	printf("%s with %u vehicles: dispatch costs %.6f over %u periods, %u branch limits bind; round %u of %u\n",
	       grid->name, run->fleet->vehicles, plan->cost, plan->periods, plan->binding, run->best_round + 1,
	       run->rounds);
	printf("%u vehicles charge %.3f kWh for %.4f yuan, %u are left, %u impossible; load factor %.2f (eq. 6)\n",
	       run->best_vehicles->served, (double)run->best_verdict.energy_wh / 1000,
	       (double)run->best_verdict.money / ASSIGN_COST_YUAN, run->best_vehicles->left,
	       run->best_vehicles->hopeless, run->best_verdict.load_pct / 100.0);
	for (t = 0; t < plan->periods; t++) {
		printf("period %u:", t + 1);
		for (i = 0; i < run->fleet->stations && i < 8; i++)
			printf(" %s %.4f", run->fleet->station[i].name,
			       plan->price[(size_t)t * plan->buses + run->bus[i]]);
		printf("%s per MWh\n", run->fleet->stations > 8 ? " ..." : "");
	}
	printf("certificate: optimal; duality gap %.1e of the cost, largest residual: %s\n", certificate->gap,
	       certificate->worst);
}

static int write_files(const struct plan_fleet *run, const struct certificate *certificate)
{
	const struct dispatch_problem *problem = &run->plan_case.problem;
	struct report_fleet drawn = { 0 };
	struct plot_bar *bar = NULL;
	struct plot page;
	int status = CLI_OK;

	if (run->words->report) {
		if (page_bars(run->fleet, run->best_vehicles, &bar, &drawn.bars))
			return say_failure(CLI_REFUSED, "out of memory");
		drawn.bar = bar;
		report_make(problem, run->best_dispatch, certificate, &run->plan_case.files.crowd, &drawn, &page);
		free(bar);
		status = page_write(run->words->report, &page);
	}
	if (!status && run->words->csv)
		status = plan_csv_write(run->words->csv, problem, run->best_dispatch);
	return status;
}

static int answer(const struct plan_fleet *run)
{
	struct assign_problem problem = { .fleet = run->fleet };
	struct certificate certificate;
	json_t *object;
	int status;

	if (certificate_check(&run->plan_case.problem, run->best_dispatch, &certificate))
		return say_failure(CLI_REFUSED, "out of memory");
	if (!certificate.good || !run->best_verdict.good)
		return say_failure(CLI_REFUSED, "the answer does not pass the check and is not shown: %s",
				   certificate.good ? run->best_verdict.text : certificate.worst);
	status = write_files(run, &certificate);
	if (status || plan_csv_alone(run->words->csv))
		return status;
	if (!run->cli->json) {
		show(run, &certificate);
		return say_done(CLI_OK);
	}
	object = plan_json_put(&run->plan_case.problem, run->best_dispatch, &certificate);
	json_object_set_new(object, "fleet", assign_json_put(&problem, run->best_vehicles, &run->best_verdict));
	return say_json(object);
}

int plan_fleet(const struct cli *cli, const struct plan_words *words, const char *path)
{
	struct plan_fleet run = { .cli = cli, .words = words };
	int status = open_run(&run, path);

	if (!status)
		status = rounds(&run);
	plan_progress_end(&run.progress);
	if (!status)
		status = answer(&run);
	close_run(&run);
	return status;
}

const char *plan_fleet_word(int *argc, char **argv)
{
	const char *path = NULL;
	int at, kept = 0;

	for (at = 0; at < *argc; at++)
		if (!path && !strcmp(argv[at], "--fleet"))
			path = at + 1 < *argc ? argv[++at] : "";
		else
			argv[kept++] = argv[at];
	*argc = kept;
	argv[kept] = NULL;
	return path;
}
