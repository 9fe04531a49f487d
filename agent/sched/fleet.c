// SPDX-License-Identifier: GPL-2.0
/*
 * fleet.c - tours, and taking changes back: see fleet.h.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "agent/sched/fleet.h"

static void fleet_copy_tour(struct tour *to, const struct tour *from)
{
	memcpy(to, from, offsetof(struct tour, place) + (from->count + 2) * sizeof(*from->place));
}

int fleet_new(const struct hops *hops, u32 tours_most, struct fleet **ret_fleet)
{
	struct fleet *fleet = calloc(1, sizeof(*fleet));
	u32 i;

	if (!fleet)
		return -ENOMEM;
	fleet->hops = hops;
	fleet->customers = hops->places - 1;
	fleet->tours_most = tours_most;
	fleet->tour = calloc(tours_most, sizeof(*fleet->tour));
	fleet->saved = calloc(tours_most, sizeof(*fleet->saved));
	fleet->spare = calloc(tours_most, sizeof(*fleet->spare));
	if (!fleet->tour || !fleet->saved || !fleet->spare)
		goto no_memory;
	for (i = 0; i < tours_most; i++) {
		fleet->tour[i] = malloc(sizeof(struct tour));
		fleet->spare[i] = malloc(sizeof(struct tour));
		if (!fleet->tour[i] || !fleet->spare[i])
			goto no_memory;
	}
	fleet->spares = tours_most;
	for (i = 1; i <= fleet->customers; i++) {
		fleet->tour_of[i] = FLEET_NONE;
		fleet->absent[fleet->absent_count++] = (u16)i;
	}
	fleet_settle(fleet);
	*ret_fleet = fleet;
	return 0;
no_memory:
	fleet_free(fleet);
	return -ENOMEM;
}

void fleet_free(struct fleet *fleet)
{
	u32 i;

	if (!fleet)
		return;
	for (i = 0; i < fleet->tours_most; i++) {
		if (fleet->tour)
			free(fleet->tour[i]);
		if (fleet->saved)
			free(fleet->saved[i]);
		if (fleet->spare)
			free(fleet->spare[i]);
	}
	free(fleet->tour);
	free(fleet->saved);
	free(fleet->spare);
	free(fleet);
}

static void fleet_touch(struct fleet *fleet, u32 tour)
{
	if (fleet->saved[tour])
		return;
	fleet->saved[tour] = fleet->spare[--fleet->spares];
	fleet->spare[fleet->spares] = NULL;
	fleet_copy_tour(fleet->saved[tour], fleet->tour[tour]);
	fleet->touched[fleet->touched_count++] = (u16)tour;
}

static void fleet_untouch(struct fleet *fleet, struct tour *copy)
{
	fleet->spare[fleet->spares++] = copy;
}

u32 fleet_position(const struct fleet *fleet, u32 customer)
{
	const struct tour *tour = fleet->tour[fleet->tour_of[customer]];
	u32 at = 1;

	while (tour->place[at].node != customer)
		at++;
	return at;
}

void fleet_take_out(struct fleet *fleet, u32 number, u32 place, u32 count)
{
	struct tour *tour = fleet->tour[number];
	u32 i;

	fleet_touch(fleet, number);
	for (i = 0; i < count; i++) {
		u32 customer = tour->place[place + i].node;

		fleet->tour_of[customer] = FLEET_NONE;
		fleet->absent[fleet->absent_count++] = (u16)customer;
	}
	fleet->distance -= tour->distance;
	tour_remove(fleet->hops, tour, place, count);
	fleet->distance += tour->distance;
}

static void fleet_not_absent(struct fleet *fleet, u32 customer)
{
	u32 i = 0;

	while (fleet->absent[i] != customer)
		i++;
	/* keeps the order: recreating walks the list */
	memmove(&fleet->absent[i], &fleet->absent[i + 1], (fleet->absent_count - 1 - i) * sizeof(*fleet->absent));
	fleet->absent_count--;
}

bool fleet_put_in(struct fleet *fleet, u32 number, u32 position, u32 customer)
{
	struct tour *tour = fleet->tour[number];

	if (tour->count >= TOUR_PLACES_MAX)
		return false;
	fleet_touch(fleet, number);
	fleet->distance -= tour->distance;
	tour_insert(fleet->hops, tour, position, customer);
	if (tour->distance == INFINITY) { /* the bounded labels lost the way that was promised */
		tour_remove(fleet->hops, tour, position + 1, 1);
		fleet->distance += tour->distance;
		return false;
	}
	fleet->distance += tour->distance;
	fleet->tour_of[customer] = (u16)number;
	fleet_not_absent(fleet, customer);
	return true;
}

u32 fleet_open_tour(struct fleet *fleet)
{
	if (fleet->tours == fleet->tours_most)
		return FLEET_NONE;
	tour_clear(fleet->hops, fleet->tour[fleet->tours]);
	fleet_touch(fleet, fleet->tours);
	return fleet->tours++;
}

void fleet_undo(struct fleet *fleet)
{
	u32 i, at;

	for (i = 1; i <= fleet->saved_absent_count; i++)
		fleet->absent[i - 1] = fleet->saved_absent[i - 1];
	fleet->absent_count = fleet->saved_absent_count;
	while (fleet->touched_count) {
		u32 number = fleet->touched[--fleet->touched_count];
		struct tour *now = fleet->tour[number];

		fleet->tour[number] = fleet->saved[number];
		fleet->saved[number] = NULL;
		fleet_untouch(fleet, now);
		for (at = 1; at <= fleet->tour[number]->count; at++)
			fleet->tour_of[fleet->tour[number]->place[at].node] = (u16)number;
	}
	for (i = 0; i < fleet->absent_count; i++)
		fleet->tour_of[fleet->absent[i]] = FLEET_NONE;
	fleet->tours = fleet->saved_tours;
	fleet->distance = fleet->saved_distance;
}

static void fleet_drop_tour(struct fleet *fleet, u32 number)
{
	struct tour *gone = fleet->tour[number];
	u32 at;

	fleet->tours--;
	fleet->tour[number] = fleet->tour[fleet->tours];
	fleet->tour[fleet->tours] = gone;
	if (number < fleet->tours)
		for (at = 1; at <= fleet->tour[number]->count; at++)
			fleet->tour_of[fleet->tour[number]->place[at].node] = (u16)number;
}

void fleet_settle(struct fleet *fleet)
{
	u32 i;

	while (fleet->touched_count) {
		u32 number = fleet->touched[--fleet->touched_count];

		fleet_untouch(fleet, fleet->saved[number]);
		fleet->saved[number] = NULL;
	}
	for (i = fleet->tours; i-- > 0;)
		if (!fleet->tour[i]->count)
			fleet_drop_tour(fleet, i);
	fleet->distance = 0; /* summed anew: no rounding piles up */
	for (i = 0; i < fleet->tours; i++)
		fleet->distance += fleet->tour[i]->distance;
	fleet->saved_distance = fleet->distance;
	fleet->saved_tours = fleet->tours;
	fleet->saved_absent_count = fleet->absent_count;
	memcpy(fleet->saved_absent, fleet->absent, fleet->absent_count * sizeof(*fleet->absent));
}

void fleet_dissolve(struct fleet *fleet, u32 tour)
{
	fleet_take_out(fleet, tour, 1, fleet->tour[tour]->count);
	fleet_settle(fleet);
}

void fleet_copy(struct fleet *fleet, const struct fleet *from)
{
	u32 i;

	for (i = 0; i < from->tours; i++)
		fleet_copy_tour(fleet->tour[i], from->tour[i]);
	fleet->tours = from->tours;
	fleet->absent_count = from->absent_count;
	memcpy(fleet->absent, from->absent, sizeof(fleet->absent));
	memcpy(fleet->tour_of, from->tour_of, sizeof(fleet->tour_of));
	fleet_settle(fleet);
}
