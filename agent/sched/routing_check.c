// SPDX-License-Identifier: GPL-2.0
/*
 * routing_check.c - drives routes stop by stop: see routing.h.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "agent/sched/routing.h"

struct drive {
	const struct evrptw *instance;
	u32 vehicle;
	u32 at;
	double time, energy, load, distance;
	struct routing_fault *fault;
};

static int drive_to(struct drive *drive, u32 to)
{
	const struct evrptw *instance = drive->instance;
	const struct evrptw_node *node = &instance->node[to];

	drive->time += evrptw_time(instance, drive->at, to);
	drive->energy -= evrptw_distance(instance, drive->at, to) * instance->consumption;
	drive->distance += evrptw_distance(instance, drive->at, to);
	if (drive->energy < -ROUTING_TOLERANCE) {
		snprintf(drive->fault->text, sizeof(drive->fault->text),
			 "Vehicle %u runs out of energy between node %u and node %u (%g short).", drive->vehicle,
			 drive->at, to, -drive->energy);
		return -EINVAL;
	}
	if (drive->time > node->due + ROUTING_TOLERANCE) {
		snprintf(drive->fault->text, sizeof(drive->fault->text),
			 "Vehicle %u reaches node %u at %g; its window closed at %g.", drive->vehicle, to, drive->time,
			 node->due);
		return -EINVAL;
	}
	drive->at = to;
	return 0;
}

static int drive_charge(struct drive *drive, double amount)
{
	if (!(amount >= -ROUTING_TOLERANCE && drive->energy + amount <= drive->instance->battery + ROUTING_TOLERANCE)) {
		snprintf(drive->fault->text, sizeof(drive->fault->text),
			 "Vehicle %u takes %g at station %u; it has %g and holds %g.", drive->vehicle, amount,
			 drive->at, drive->energy, drive->instance->battery);
		return -EINVAL;
	}
	drive->time += amount * drive->instance->recharging;
	drive->energy += amount;
	return 0;
}

/* @charge: what is taken at a station; NULL: all that it holds. */
static int drive_serve(struct drive *drive, const double *charge)
{
	const struct evrptw *instance = drive->instance;
	const struct evrptw_node *node = &instance->node[drive->at];

	if (node->kind == EVRPTW_STATION && charge)
		return drive_charge(drive, *charge);
	if (node->kind == EVRPTW_STATION) {
		drive->time += (instance->battery - drive->energy) * instance->recharging;
		drive->energy = instance->battery;
	} else {
		drive->time = fmax(drive->time, node->ready) + node->service;
		drive->load += node->demand;
	}
	return 0;
}

static int drive_route(struct drive *drive, const u16 *stops, const double *charge, u32 count, bool *visited)
{
	u32 i;

	for (i = 0; i < count; i++) {
		if (!stops[i] || stops[i] >= drive->instance->nodes) {
			snprintf(drive->fault->text, sizeof(drive->fault->text),
				 "Vehicle %u stops at node %u, which is no customer or station.", drive->vehicle,
				 stops[i]);
			return -EINVAL;
		}
		if (drive_to(drive, stops[i]) || drive_serve(drive, charge ? &charge[i] : NULL))
			return -EINVAL;
		if (drive->instance->node[stops[i]].kind != EVRPTW_CUSTOMER)
			continue;
		if (visited[stops[i]]) {
			snprintf(drive->fault->text, sizeof(drive->fault->text), "Customer %u is visited twice.",
				 stops[i]);
			return -EINVAL;
		}
		visited[stops[i]] = true;
	}
	if (drive->load > drive->instance->capacity + ROUTING_TOLERANCE) {
		snprintf(drive->fault->text, sizeof(drive->fault->text), "Vehicle %u carries %g; it holds %g.",
			 drive->vehicle, drive->load, drive->instance->capacity);
		return -EINVAL;
	}
	return drive_to(drive, 0);
}

int routing_check(const struct evrptw *instance, const struct routing *routing, double *ret_distance,
		  struct routing_fault *ret_fault)
{
	bool visited[EVRPTW_NODES_MAX] = { false };
	u32 vehicle, customer;

	*ret_distance = 0;
	if (instance->vehicles && routing->vehicles > instance->vehicles) {
		snprintf(ret_fault->text, sizeof(ret_fault->text), "%u vehicles are used; there are %u.",
			 routing->vehicles, instance->vehicles);
		return -EINVAL;
	}
	for (vehicle = 0; vehicle < routing->vehicles; vehicle++) {
		const struct routing_route *route = &routing->route[vehicle];
		struct drive drive = { .instance = instance, .vehicle = vehicle + 1, .fault = ret_fault };

		if (route->first > routing->stop_count || route->count > routing->stop_count - route->first) {
			snprintf(ret_fault->text, sizeof(ret_fault->text), "Vehicle %u's stops lie outside the plan.",
				 vehicle + 1);
			return -EINVAL;
		}
		drive.energy = instance->battery;
		drive.time = instance->node[0].ready;
		if (drive_route(&drive, &routing->stops[route->first],
				routing->partial ? &routing->charge[route->first] : NULL, route->count, visited))
			return -EINVAL;
		*ret_distance += drive.distance;
	}
	for (customer = 1; customer <= instance->customers; customer++)
		if (!visited[customer]) {
			snprintf(ret_fault->text, sizeof(ret_fault->text), "Customer %u is not visited.", customer);
			return -EINVAL;
		}
	return 0;
}
