// SPDX-License-Identifier: GPL-2.0
/* oracle_partial.c - see oracle.h. */
#include <string.h>

#include "tests/sched/oracle.h"

#define ENERGIES 64
#define NEVER 1000000

struct trip {
	const struct evrptw *instance;
	struct oracle *best;
	bool served[EVRPTW_NODES_MAX];
	u32 left;
};

struct whereabouts {
	u32 node, vehicles, stations_in_a_row, served;
	double load, distance;
	int time[ENERGIES]; /* earliest, for each energy; NEVER */
};

static bool trip_worse(const struct trip *trip, const struct whereabouts *at)
{
	const struct oracle *best = trip->best;

	return best->vehicles &&
	       (at->vehicles > best->vehicles || (at->vehicles == best->vehicles && at->distance >= best->distance));
}

static bool trip_step(const struct trip *trip, const struct whereabouts *from, u32 to, struct whereabouts *ret_at)
{
	const struct evrptw *instance = trip->instance;
	int far = (int)evrptw_distance(instance, from->node, to), energy;
	bool possible = false;

	*ret_at = *from;
	ret_at->node = to;
	ret_at->distance += far;
	for (energy = 0; energy < ENERGIES; energy++) {
		int time = energy + far < ENERGIES ? from->time[energy + far] + far : NEVER;

		ret_at->time[energy] = time <= (int)instance->node[to].due ? time : NEVER;
		possible |= ret_at->time[energy] < NEVER;
	}
	return possible;
}

static void trip_from(struct trip *trip, const struct whereabouts *from);

static void trip_customers(struct trip *trip, const struct whereabouts *from)
{
	const struct evrptw *instance = trip->instance;
	struct whereabouts at;
	u32 to;
	int energy;

	for (to = 1; to <= instance->customers; to++) {
		const struct evrptw_node *node = &instance->node[to];

		if (trip->served[to] || from->load + node->demand > instance->capacity ||
		    !trip_step(trip, from, to, &at))
			continue;
		for (energy = 0; energy < ENERGIES; energy++)
			if (at.time[energy] < NEVER)
				at.time[energy] = (at.time[energy] > node->ready ? at.time[energy] : (int)node->ready) +
						  (int)node->service;
		at.load += node->demand;
		at.stations_in_a_row = 0;
		at.served++;
		trip->served[to] = true;
		trip->left--;
		trip_from(trip, &at);
		trip->left++;
		trip->served[to] = false;
	}
}

static void trip_stations(struct trip *trip, const struct whereabouts *from)
{
	const struct evrptw *instance = trip->instance;
	struct whereabouts at;
	u32 to;
	int energy;

	if (from->stations_in_a_row == 2)
		return;
	for (to = instance->customers + 1; to < instance->nodes; to++) {
		if (to == from->node || !trip_step(trip, from, to, &at))
			continue;
		for (energy = 1; energy <= (int)instance->battery; energy++)
			if (at.time[energy - 1] + 1 < at.time[energy])
				at.time[energy] = at.time[energy - 1] + 1;
		at.stations_in_a_row = from->stations_in_a_row + 1;
		trip_from(trip, &at);
	}
}

static void trip_begin(const struct evrptw *instance, struct whereabouts *at)
{
	u32 energy;

	at->node = at->stations_in_a_row = at->served = 0;
	at->load = 0;
	for (energy = 0; energy < ENERGIES; energy++)
		at->time[energy] = NEVER;
	at->time[(int)instance->battery] = (int)instance->node[0].ready;
}

static void trip_from(struct trip *trip, const struct whereabouts *from)
{
	struct whereabouts at;

	if (trip_worse(trip, from))
		return;
	trip_customers(trip, from);
	trip_stations(trip, from);
	if (!from->served || !trip_step(trip, from, 0, &at) || trip_worse(trip, &at))
		return;
	if (!trip->left) {
		trip->best->vehicles = at.vehicles;
		trip->best->distance = at.distance;
		return;
	}
	at.vehicles++;
	trip_begin(trip->instance, &at);
	trip_from(trip, &at);
}

void oracle_solve_partial(const struct evrptw *instance, struct oracle *ret_best)
{
	struct trip trip = { .instance = instance, .best = ret_best, .left = instance->customers };
	struct whereabouts start = { .vehicles = 1 };

	*ret_best = (struct oracle){ 0 };
	trip_begin(instance, &start);
	trip_from(&trip, &start);
}
