// SPDX-License-Identifier: GPL-2.0
/* oracle.c - see oracle.h. */
#include <math.h>

#include "tests/sched/oracle.h"

struct walk {
	const struct evrptw *instance;
	struct oracle *best;
	bool served[EVRPTW_NODES_MAX];
	u32 left;
};

struct position {
	u32 node, vehicles, stations_in_a_row, served; /* served: by this vehicle */
	double time, energy, load, distance;
};

static bool walk_worse(const struct walk *walk, const struct position *at)
{
	const struct oracle *best = walk->best;

	return best->vehicles &&
	       (at->vehicles > best->vehicles || (at->vehicles == best->vehicles && at->distance >= best->distance));
}

static bool walk_step(const struct walk *walk, const struct position *from, u32 to, struct position *ret_at)
{
	const struct evrptw *instance = walk->instance;
	const struct evrptw_node *node = &instance->node[to];

	*ret_at = *from;
	ret_at->node = to;
	ret_at->time += evrptw_time(instance, from->node, to);
	ret_at->energy -= evrptw_distance(instance, from->node, to) * instance->consumption;
	ret_at->distance += evrptw_distance(instance, from->node, to);
	return ret_at->energy >= -1e-9 && ret_at->time <= node->due + 1e-9;
}

static void walk_from(struct walk *walk, const struct position *from);

static void walk_customers(struct walk *walk, const struct position *from)
{
	const struct evrptw *instance = walk->instance;
	struct position at;
	u32 to;

	for (to = 1; to <= instance->customers; to++) {
		if (walk->served[to] || from->load + instance->node[to].demand > instance->capacity + 1e-9)
			continue;
		if (!walk_step(walk, from, to, &at))
			continue;
		at.load += instance->node[to].demand;
		at.time = fmax(at.time, instance->node[to].ready) + instance->node[to].service;
		at.stations_in_a_row = 0;
		at.served++;
		walk->served[to] = true;
		walk->left--;
		walk_from(walk, &at);
		walk->left++;
		walk->served[to] = false;
	}
}

static void walk_stations(struct walk *walk, const struct position *from)
{
	const struct evrptw *instance = walk->instance;
	struct position at;
	u32 to;

	if (from->stations_in_a_row == 2)
		return;
	for (to = instance->customers + 1; to < instance->nodes; to++) {
		if (to == from->node || !walk_step(walk, from, to, &at))
			continue;
		at.time += (instance->battery - at.energy) * instance->recharging;
		at.energy = instance->battery;
		at.stations_in_a_row = from->stations_in_a_row + 1;
		walk_from(walk, &at);
	}
}

static void walk_home(struct walk *walk, const struct position *from)
{
	const struct evrptw *instance = walk->instance;
	struct position at;

	if (!walk_step(walk, from, 0, &at) || walk_worse(walk, &at))
		return;
	if (!walk->left) {
		walk->best->vehicles = at.vehicles;
		walk->best->distance = at.distance;
		return;
	}
	at = (struct position){ .vehicles = at.vehicles + 1,
				.distance = at.distance,
				.energy = instance->battery,
				.time = instance->node[0].ready };
	walk_from(walk, &at);
}

static void walk_from(struct walk *walk, const struct position *from)
{
	if (walk_worse(walk, from))
		return;
	walk_customers(walk, from);
	walk_stations(walk, from);
	if (from->served)
		walk_home(walk, from);
}

void oracle_solve(const struct evrptw *instance, struct oracle *ret_best)
{
	struct walk walk = { .instance = instance, .best = ret_best, .left = instance->customers };
	struct position start = { .vehicles = 1, .energy = instance->battery, .time = instance->node[0].ready };

	*ret_best = (struct oracle){ 0 };
	walk_from(&walk, &start);
}
