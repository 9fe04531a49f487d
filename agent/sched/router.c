// SPDX-License-Identifier: GPL-2.0
/*
 * router.c - ruin, recreate, accept: see router.h.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "agent/sched/dice.h"
#include "agent/sched/recharge.h"
#include "agent/sched/roster.h"
#include "agent/sched/router.h"

#define ROUTER_REMOVED 10.0 /* customers taken out a round, on average */
#define ROUTER_STRING 10.0  /* longest string */
#define ROUTER_BLINK 0.01   /* chance to overlook a position */
#define ROUTER_SPLIT 0.5    /* chance that a string keeps some of its middle */
#define ROUTER_SPLIT_MORE 0.01
#define ROUTER_WARM 0.02 /* first and last temperature, as a part of the distance by customer */
#define ROUTER_COLD 0.0002
#define ROUTER_FLEET_SHARE 0.4 /* of the rounds, at most, go into saving vehicles */
#define ROUTER_CHECK_ROUNDS 64 /* between looks at the clock */

struct router {
	const struct evrptw *instance;
	const struct router_options *options;
	struct hops *hops;
	struct roster *roster, *best;
	struct dice dice;
	u16 *near;			   /* customers x customers: of each, the others by distance */
	double absences[EVRPTW_NODES_MAX]; /* how often each stayed unserved */
	u32 tours_limit;
	u64 rounds, planned;
	double began, told;
	bool stopped;
};

/* --- ruin --- */

static void router_ruin_tour(struct router *router, u32 customer, double longest)
{
	struct roster *roster = router->roster;
	u32 number = roster->tour_of[customer], size = roster->tour[number]->count;
	u32 at = roster_position(roster, customer), length, first, keep = 0, least, most;
	double limit = fmin(longest, size);

	length = (u32)(1 + dice_unit(&router->dice) * limit);
	if (length > size)
		length = size;
	if (length > 1 && length < size && dice_unit(&router->dice) < ROUTER_SPLIT) {
		keep = 1;
		while (length + keep < size && dice_unit(&router->dice) > ROUTER_SPLIT_MORE)
			keep++;
	}
	/* a stretch of length + keep that holds the customer */
	least = at > length + keep - 1 ? at - (length + keep - 1) : 1;
	most = at + length + keep - 1 <= size ? at : size - (length + keep) + 1;
	first = least + dice_below(&router->dice, most - least + 1);
	if (!keep) {
		roster_take_out(roster, number, first, length);
		return;
	}
	least = 1 + dice_below(&router->dice, length); /* taken before what is kept: 0 .. length */
	if (length - (least - 1))
		roster_take_out(roster, number, first + (least - 1) + keep, length - (least - 1));
	if (least - 1)
		roster_take_out(roster, number, first, least - 1);
}

static void router_ruin(struct router *router)
{
	struct roster *roster = router->roster;
	double average = roster->tours ? (double)(roster->customers - roster->absent_count) / roster->tours : 0;
	double longest = fmin(ROUTER_STRING, average);
	u32 strings = (u32)(1 + dice_unit(&router->dice) * (4 * ROUTER_REMOVED / (1 + longest) - 1));
	u32 seed = 1 + dice_below(&router->dice, roster->customers), i, ruined = 0;
	bool done[EVRPTW_NODES_MAX] = { false };

	for (i = 0; i < roster->customers && ruined < strings; i++) {
		u32 customer = i ? router->near[(size_t)(seed - 1) * roster->customers + i - 1] : seed;
		u32 tour = roster->tour_of[customer];

		if (tour == ROSTER_NONE || done[tour])
			continue;
		done[tour] = true;
		router_ruin_tour(router, customer, longest);
		ruined++;
	}
}

/* --- recreate --- */

enum router_order { ROUTER_RANDOM, ROUTER_DEMAND, ROUTER_FAR, ROUTER_CLOSE, ROUTER_WINDOW, ROUTER_READY, ROUTER_DUE };

static enum router_order router_draw_order(struct router *router)
{
	static const u8 weights[] = { 4, 4, 2, 1, 2, 2, 2 };
	u32 draw = dice_below(&router->dice, 17), order = 0;

	while (draw >= weights[order])
		draw -= weights[order++];
	return (enum router_order)order;
}

static double router_rank(const struct router *router, enum router_order order, u32 customer)
{
	const struct evrptw_node *node = &router->instance->node[customer];

	switch (order) {
	case ROUTER_DEMAND:
		return -node->demand;
	case ROUTER_FAR:
		return -evrptw_distance(router->instance, 0, customer);
	case ROUTER_CLOSE:
		return evrptw_distance(router->instance, 0, customer);
	case ROUTER_WINDOW:
		return node->due - node->ready;
	case ROUTER_READY:
		return node->ready;
	case ROUTER_DUE:
		return -node->due;
	default:
		return 0;
	}
}

static void router_sort(struct router *router, u16 *customers, u32 count)
{
	enum router_order order = router_draw_order(router);
	double rank[EVRPTW_NODES_MAX];
	u32 i, j;

	for (i = count; i > 1; i--) {
		u32 other = dice_below(&router->dice, i);
		u16 swap = customers[i - 1];

		customers[i - 1] = customers[other];
		customers[other] = swap;
	}
	for (i = 0; i < count; i++) {
		u16 customer = customers[i];
		double mine = router_rank(router, order, customer);

		for (j = i; j && rank[j - 1] > mine; j--) {
			rank[j] = rank[j - 1];
			customers[j] = customers[j - 1];
		}
		rank[j] = mine;
		customers[j] = customer;
	}
}

struct router_place {
	u32 tour, position;
	double cost;
};

static void router_try_tour(struct router *router, u32 number, u32 customer, struct router_place *best)
{
	const struct tour *tour = router->roster->tour[number];
	const struct evrptw *instance = router->instance;
	const struct evrptw_node *node = &instance->node[customer];
	double slack = tour->distance - tour->bare, bare, whole;
	u32 position;

	if (tour->load + node->demand > instance->capacity + 1e-9)
		return;
	for (position = 0; position <= tour->count; position++) {
		const struct tour_place *before = &tour->place[position], *after = &tour->place[position + 1];

		/* the rest of the tour opens its windows later than this customer closes */
		if (position && instance->node[before->node].ready > node->due)
			break;
		bare = evrptw_distance(instance, before->node, customer) +
		       evrptw_distance(instance, customer, after->node) -
		       evrptw_distance(instance, before->node, after->node);
		if (bare - slack >= best->cost || dice_unit(&router->dice) < ROUTER_BLINK)
			continue;
		whole = tour_with(router->hops, tour, position, customer, tour->distance + best->cost);
		if (whole - tour->distance < best->cost)
			*best = (struct router_place){ number, position, whole - tour->distance };
	}
}

static void router_insert(struct router *router, u32 customer)
{
	struct roster *roster = router->roster;
	struct router_place best = { .tour = ROSTER_NONE, .cost = INFINITY };
	u32 tour;

	for (tour = 0; tour < roster->tours; tour++)
		router_try_tour(router, tour, customer, &best);
	if (best.tour == ROSTER_NONE && roster->tours < router->tours_limit) {
		best.tour = roster_open_tour(roster);
		best.position = 0;
		if (best.tour != ROSTER_NONE &&
		    tour_with(router->hops, roster->tour[best.tour], 0, customer, INFINITY) == INFINITY)
			best.tour = ROSTER_NONE;
	}
	if (best.tour != ROSTER_NONE)
		roster_put_in(roster, best.tour, best.position, customer);
}

static void router_recreate(struct router *router)
{
	u16 waiting[EVRPTW_NODES_MAX];
	u32 count = router->roster->absent_count, i;

	memcpy(waiting, router->roster->absent, count * sizeof(*waiting));
	router_sort(router, waiting, count);
	for (i = 0; i < count; i++)
		router_insert(router, waiting[i]);
}

/* --- accept --- */

static double router_absence(const struct router *router, const u16 *absent, u32 count)
{
	double sum = 0;
	u32 i;

	for (i = 0; i < count; i++)
		sum += router->absences[absent[i]];
	return sum;
}

static double router_temperature(const struct router *router)
{
	double done = (double)router->rounds / (double)router->planned;
	double unit = router->roster->saved_distance / router->roster->customers;

	return unit * ROUTER_WARM * pow(ROUTER_COLD / ROUTER_WARM, done);
}

/* Ruins, recreates, and keeps or takes back. */
static void router_round(struct router *router)
{
	struct roster *roster = router->roster;
	double before, after;
	bool keep;
	u32 i;

	router_ruin(router);
	router_recreate(router);
	before = router_absence(router, roster->saved_absent, roster->saved_absent_count);
	after = router_absence(router, roster->absent, roster->absent_count);
	if (roster->absent_count != roster->saved_absent_count || after != before)
		keep = after < before || !roster->absent_count;
	else
		keep = roster->distance <
		       roster->saved_distance - router_temperature(router) * log(1 - dice_unit(&router->dice));
	for (i = 0; i < roster->absent_count; i++)
		router->absences[roster->absent[i]] += 1;
	if (keep)
		roster_settle(roster);
	else
		roster_undo(roster);
	router->rounds++;
}

static bool router_better(const struct roster *one, const struct roster *other)
{
	if (one->absent_count)
		return false;
	return other->absent_count || one->tours < other->tours ||
	       (one->tours == other->tours && one->distance < other->distance - 1e-9);
}

static double router_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static bool router_goes_on(struct router *router, u64 until)
{
	const struct router_options *options = router->options;
	double now;

	if (router->stopped || router->rounds >= until)
		return false;
	if (router->rounds % ROUTER_CHECK_ROUNDS)
		return true;
	now = router_clock();
	if (!options->rounds && now - router->began > 2 * options->seconds)
		router->stopped = true;
	if (options->progress && now - router->told > 0.5) {
		router->told = now;
		if (!options->progress(options->arg, (double)router->rounds / (double)router->planned,
				       router->best->tours, router->best->distance))
			router->stopped = true;
	}
	return !router->stopped;
}

/* The tour whose customers are easiest to place elsewhere. */
static u32 router_weakest(const struct router *router)
{
	const struct roster *roster = router->roster;
	double least = INFINITY, sum;
	u32 i, at, weakest = 0;

	for (i = 0; i < roster->tours; i++) {
		for (sum = 0, at = 1; at <= roster->tour[i]->count; at++)
			sum += router->absences[roster->tour[i]->place[at].node];
		if (sum < least) {
			least = sum;
			weakest = i;
		}
	}
	return weakest;
}

static u32 router_least_vehicles(const struct evrptw *instance)
{
	double demand = 0;
	u32 i;

	for (i = 1; i <= instance->customers; i++)
		demand += instance->node[i].demand;
	return instance->capacity > 0 ? (u32)ceil(demand / instance->capacity - 1e-9) : 1;
}

static void router_keep_best(struct router *router)
{
	if (router_better(router->roster, router->best))
		roster_copy(router->best, router->roster);
}

static void router_save_vehicles(struct router *router)
{
	u64 until = (u64)((double)router->planned * ROUTER_FLEET_SHARE);
	u32 least = router_least_vehicles(router->instance);

	while (router_goes_on(router, until)) {
		if (!router->roster->absent_count) {
			router_keep_best(router);
			if (router->roster->tours <= least || router->roster->tours <= 1)
				break;
			roster_dissolve(router->roster, router_weakest(router));
			router->tours_limit = router->roster->tours;
		}
		router_round(router);
	}
	if (!router->roster->absent_count)
		router_keep_best(router);
}

static void router_shorten(struct router *router)
{
	if (router->best->absent_count) /* no plan serves everybody yet: go on with what there is */
		router->tours_limit = router->roster->tours_most;
	else {
		roster_copy(router->roster, router->best);
		router->tours_limit = router->best->tours;
	}
	while (router_goes_on(router, router->planned)) {
		router_round(router);
		router_keep_best(router);
	}
}

static int router_compare_near(const void *one, const void *other, void *distances)
{
	double a = ((const double *)distances)[*(const u16 *)one], b = ((const double *)distances)[*(const u16 *)other];

	return a < b ? -1 : a > b ? 1 : *(const u16 *)one - *(const u16 *)other;
}

static int router_neighbours(struct router *router)
{
	u32 customers = router->instance->customers, from, to, count;

	router->near = calloc((size_t)customers * customers, sizeof(*router->near));
	if (!router->near)
		return -ENOMEM;
	for (from = 1; from <= customers; from++) {
		u16 *row = &router->near[(size_t)(from - 1) * customers];

		for (count = 0, to = 1; to <= customers; to++)
			if (to != from)
				row[count++] = (u16)to;
		qsort_r(row, count, sizeof(*row), router_compare_near,
			&router->instance->distance[(size_t)from * router->instance->nodes]);
	}
	return 0;
}

static int router_open(struct router *router)
{
	u32 most = router->instance->customers;
	int err = hops_new(router->instance, router->options->partial, &router->hops);

	if (!err)
		err = router_neighbours(router);
	if (!err)
		err = roster_new(router->hops, most, &router->roster);
	if (!err)
		err = roster_new(router->hops, most, &router->best);
	dice_seed(&router->dice, router->options->seed);
	router->tours_limit = most;
	router->began = router->told = router_clock();
	router->planned = router->options->rounds
				  ? router->options->rounds
				  : (u64)(router->options->seconds * 1000000 / router->instance->customers);
	router->planned += !router->planned;
	return err;
}

static void router_close(struct router *router)
{
	roster_free(router->best);
	roster_free(router->roster);
	free(router->near);
	hops_free(router->hops);
}

static u32 router_unreachable(const struct router *router)
{
	struct tour *tour = malloc(sizeof(*tour));
	u32 customer;

	if (!tour)
		return 0;
	tour_clear(router->hops, tour);
	for (customer = 1; customer <= router->instance->customers; customer++)
		if (tour_with(router->hops, tour, 0, customer, INFINITY) == INFINITY)
			break;
	free(tour);
	return customer <= router->instance->customers ? customer : 0;
}

static void router_write(const struct roster *roster, struct routing *ret_routing)
{
	const struct hops *hops = roster->hops;
	u32 i;

	memset(ret_routing, 0, sizeof(*ret_routing));
	ret_routing->partial = hops->partial;
	for (i = 0; i < roster->tours; i++) {
		struct routing_route *route = &ret_routing->route[i];

		route->first = ret_routing->stop_count;
		route->count = tour_stops(roster->tour[i], &ret_routing->stops[route->first],
					  ROUTING_STOPS_MAX - route->first);
		if (hops->partial)
			route->count = recharge_settle(hops->instance, &ret_routing->stops[route->first], route->count,
						       &ret_routing->charge[route->first]);
		ret_routing->stop_count += route->count;
	}
	ret_routing->vehicles = roster->tours;
	ret_routing->distance = roster->distance;
}

int router_solve(const struct evrptw *instance, const struct router_options *options, struct routing *ret_routing,
		 struct router_report *ret_report)
{
	struct router *router = calloc(1, sizeof(*router));
	int err;

	if (!router)
		return -ENOMEM;
	*ret_report = (struct router_report){ 0 };
	router->instance = instance;
	router->options = options;
	err = router_open(router);
	if (!err) {
		ret_report->unreachable = router_unreachable(router);
		err = ret_report->unreachable ? -EINVAL : 0;
	}
	if (!err) {
		router_recreate(router);
		roster_settle(router->roster);
		router_save_vehicles(router);
		router_shorten(router);
		router_write(router->best, ret_routing);
		ret_report->rounds = router->rounds;
		ret_report->cut_short = router->stopped;
		if (router->best->absent_count || (instance->vehicles && router->best->tours > instance->vehicles))
			err = -ENOSPC;
	}
	router_close(router);
	free(router);
	return err;
}
