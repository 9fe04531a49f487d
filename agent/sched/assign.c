// SPDX-License-Identifier: GPL-2.0
/*
 * assign.c - the order of the search: prices, a plan from them, then what is
 * exact where the size allows it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "agent/sched/assign_parts.h"

#define ASSIGN_ROUNDS 60
#define ASSIGN_ROUNDS_SMALL 200
#define ASSIGN_SMALL 5000 /* vehicles */
#define ASSIGN_PASSES 12

static double assign_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

bool assign_goes_on(struct assign_search *search, const char *what, double done)
{
	const struct assign_options *options = search->options;

	if (options->seconds > 0 && assign_clock() - search->began > options->seconds)
		search->stopped = true;
	if (options->progress && !search->stopped) {
		search->plan->cost = search->best->cost;
		search->plan->bound = search->bound;
		search->plan->served = search->best->served;
		if (!options->progress(options->arg, what, done, search->plan))
			search->stopped = true;
	}
	if (search->stopped)
		search->plan->cut_short = true;
	return !search->stopped;
}

double assign_seconds_left(const struct assign_search *search)
{
	double left = search->options->seconds - (assign_clock() - search->began);

	return search->options->seconds <= 0 ? 1e9 : left > 0 ? left : 0;
}

struct assign_plan *assign_plan_new(u32 vehicles)
{
	struct assign_plan *plan = calloc(1, sizeof(*plan));

	if (plan)
		plan->session = calloc((size_t)vehicles + 1, sizeof(*plan->session));
	if (!plan || !plan->session) {
		free(plan);
		return NULL;
	}
	plan->vehicles = vehicles;
	return plan;
}

void assign_free(struct assign_plan *plan)
{
	if (!plan)
		return;
	free(plan->session);
	free(plan);
}

static void assign_write(const struct assign_table *table, struct assign_plan *plan)
{
	const struct assign_desk *desk = table->desk;
	u32 v;

	plan->cost = table->cost;
	plan->served = plan->content = plan->left = plan->hopeless = 0;
	for (v = 0; v < plan->vehicles; v++) {
		const struct assign_choice *choice = &table->choice[v];
		struct assign_session *session = &plan->session[v];

		*session = (struct assign_session){ .state = desk->state[v], .station = ASSIGN_NONE };
		if (choice->way)
			*session = (struct assign_session){ .state = ASSIGN_SERVED,
							    .station = choice->way->station,
							    .start = choice->start,
							    .periods = choice->way->periods,
							    .energy_wh = choice->way->energy_wh };
		plan->served += session->state == ASSIGN_SERVED;
		plan->content += session->state == ASSIGN_CONTENT;
		plan->left += session->state == ASSIGN_LEFT;
		plan->hopeless += session->state == ASSIGN_FAR || session->state == ASSIGN_LATE;
	}
}

static int assign_search_all(struct assign_search *search)
{
	const struct assign_options *options = search->options;
	u32 vehicles = search->desk->fleet->vehicles, rounds = options->rounds;
	int err;

	if (!rounds)
		rounds = vehicles <= ASSIGN_SMALL ? ASSIGN_ROUNDS_SMALL : ASSIGN_ROUNDS;
	if (assign_is_flow(search->desk))
		return assign_by_flow(search);
	err = assign_by_prices(search, rounds);
	if (err)
		return err;
	assign_fill(search, &search->prices);
	assign_improve(search, ASSIGN_PASSES);
	if (search->best->cost != search->table->cost && !search->stopped) {
		assign_table_copy(search->table, search->best);
		assign_improve(search, ASSIGN_PASSES);
	}
	if (search->best->cost > search->bound && !options->quick && !search->stopped)
		err = assign_by_cbc(search);
	return err;
}

static int assign_open(struct assign_search *search, const struct assign_problem *problem,
		       struct assign_desk **ret_desk)
{
	int err = assign_desk_new(problem, ret_desk);

	search->desk = *ret_desk;
	search->plan = assign_plan_new(problem->fleet->vehicles);
	if (!err && !search->plan)
		err = -ENOMEM;
	if (!err)
		err = assign_prices_new(search->desk, &search->prices);
	if (!err)
		err = assign_table_new(search->desk, &search->table);
	if (!err)
		err = assign_table_new(search->desk, &search->best);
	search->order = calloc((size_t)problem->fleet->vehicles + 1, sizeof(*search->order));
	if (!err && !search->order)
		err = -ENOMEM;
	if (!err)
		assign_order(search);
	return err;
}

int assign_solve(const struct assign_problem *problem, const struct assign_options *options,
		 struct assign_plan **ret_plan)
{
	struct assign_search search = { .options = options, .began = assign_clock() };
	struct assign_desk *desk = NULL;
	int err = assign_open(&search, problem, &desk);

	if (!err)
		err = assign_search_all(&search);
	if (!err) {
		assign_write(search.best, search.plan);
		search.plan->bound = search.bound < search.best->cost ? search.bound : search.best->cost;
		search.plan->proven |= search.plan->bound == search.plan->cost;
		*ret_plan = search.plan;
	} else {
		assign_free(search.plan);
	}
	free(search.order);
	assign_table_free(search.table);
	assign_table_free(search.best);
	assign_prices_free(&search.prices);
	assign_desk_free(desk);
	return err;
}

/* --- the baseline --- */

struct assign_turn {
	u64 there_s;
	u32 vehicle;
};

static int assign_compare_turns(const void *one, const void *other)
{
	const struct assign_turn *a = one, *b = other;

	return a->there_s != b->there_s ? (a->there_s < b->there_s ? -1 : 1) : (int)a->vehicle - (int)b->vehicle;
}

/* The way to the station that is nearest. */
static const struct assign_way *assign_nearest_way(const struct assign_desk *desk, u32 vehicle)
{
	const struct assign_way *best = NULL;
	u32 w, least = 0xffffffffu, far;

	for (w = desk->first[vehicle]; w < desk->first[vehicle + 1]; w++) {
		far = fleet_distance_m(desk->fleet, &desk->fleet->vehicle[vehicle],
				       &desk->fleet->station[desk->way[w].station]);
		if (far < least) {
			least = far;
			best = &desk->way[w];
		}
	}
	return best;
}

/* When the vehicle can be at the nearest station. */
static u64 assign_there_s(const struct assign_desk *desk, u32 vehicle)
{
	const struct fleet_vehicle *who = &desk->fleet->vehicle[vehicle];
	const struct fleet_station *where = &desk->fleet->station[assign_nearest_way(desk, vehicle)->station];

	return (u64)who->arrival_s + fleet_travel_s(desk->fleet, fleet_distance_m(desk->fleet, who, where));
}

static void assign_first_free(struct assign_table *table, u32 vehicle)
{
	const struct assign_way *way = assign_nearest_way(table->desk, vehicle);
	u32 start;

	for (start = way->first; start <= way->last; start++)
		if (assign_table_fits(table, way, start)) {
			assign_table_put(table, vehicle, way, start);
			return;
		}
}

int assign_nearest(const struct assign_problem *problem, struct assign_plan **ret_plan)
{
	struct assign_turn *turn = calloc((size_t)problem->fleet->vehicles + 1, sizeof(*turn));
	struct assign_plan *plan = assign_plan_new(problem->fleet->vehicles);
	struct assign_table *table = NULL;
	struct assign_desk *desk = NULL;
	int err = turn && plan ? assign_desk_new(problem, &desk) : -ENOMEM;
	u32 v, turns = 0;

	if (!err)
		err = assign_table_new(desk, &table);
	if (!err) {
		for (v = 0; v < problem->fleet->vehicles; v++)
			if (desk->state[v] == ASSIGN_LEFT)
				turn[turns++] = (struct assign_turn){ assign_there_s(desk, v), v };
		qsort(turn, turns, sizeof(*turn), assign_compare_turns);
		for (v = 0; v < turns; v++)
			assign_first_free(table, turn[v].vehicle);
		assign_write(table, plan);
		*ret_plan = plan;
	} else {
		assign_free(plan);
	}
	assign_table_free(table);
	assign_desk_free(desk);
	free(turn);
	return err;
}

void assign_why(const struct assign_problem *problem, const struct assign_plan *plan, u32 vehicle, char *ret_text,
		size_t size)
{
	const struct fleet_vehicle *who = &problem->fleet->vehicle[vehicle];

	switch (plan->session[vehicle].state) {
	case ASSIGN_FAR:
		snprintf(ret_text, size, "vehicle %s reaches no station with a charger on its %u Wh", who->name,
			 who->energy_wh);
		break;
	case ASSIGN_LATE:
		snprintf(ret_text, size,
			 "vehicle %s (%u s to %u s, up to %u W) cannot have %u Wh in time at any station that it "
			 "reaches, even alone",
			 who->name, who->arrival_s, who->deadline_s, who->power_w, who->need_wh);
		break;
	case ASSIGN_LEFT:
		snprintf(ret_text, size, "vehicle %s could be served, but not together with the others", who->name);
		break;
	default:
		snprintf(ret_text, size, "vehicle %s is served", who->name);
	}
}
