// SPDX-License-Identifier: GPL-2.0
/*
 * roster.c - tours, and taking changes back: see roster.h.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "agent/sched/roster.h"

static void roster_copy_tour(struct tour *to, const struct tour *from)
{
	memcpy(to, from, offsetof(struct tour, place) + (from->count + 2) * sizeof(*from->place));
}

int roster_new(const struct hops *hops, u32 tours_most, struct roster **ret_fleet)
{
	struct roster *roster = calloc(1, sizeof(*roster));
	u32 i;

	if (!roster)
		return -ENOMEM;
	roster->hops = hops;
	roster->customers = hops->places - 1;
	roster->tours_most = tours_most;
	roster->tour = calloc(tours_most, sizeof(*roster->tour));
	roster->saved = calloc(tours_most, sizeof(*roster->saved));
	roster->spare = calloc(tours_most, sizeof(*roster->spare));
	if (!roster->tour || !roster->saved || !roster->spare)
		goto no_memory;
	for (i = 0; i < tours_most; i++) {
		roster->tour[i] = malloc(sizeof(struct tour));
		roster->spare[i] = malloc(sizeof(struct tour));
		if (!roster->tour[i] || !roster->spare[i])
			goto no_memory;
	}
	roster->spares = tours_most;
	for (i = 1; i <= roster->customers; i++) {
		roster->tour_of[i] = ROSTER_NONE;
		roster->absent[roster->absent_count++] = (u16)i;
	}
	roster_settle(roster);
	*ret_fleet = roster;
	return 0;
no_memory:
	roster_free(roster);
	return -ENOMEM;
}

void roster_free(struct roster *roster)
{
	u32 i;

	if (!roster)
		return;
	for (i = 0; i < roster->tours_most; i++) {
		if (roster->tour)
			free(roster->tour[i]);
		if (roster->saved)
			free(roster->saved[i]);
		if (roster->spare)
			free(roster->spare[i]);
	}
	free(roster->tour);
	free(roster->saved);
	free(roster->spare);
	free(roster);
}

static void roster_touch(struct roster *roster, u32 tour)
{
	if (roster->saved[tour])
		return;
	roster->saved[tour] = roster->spare[--roster->spares];
	roster->spare[roster->spares] = NULL;
	roster_copy_tour(roster->saved[tour], roster->tour[tour]);
	roster->touched[roster->touched_count++] = (u16)tour;
}

static void roster_untouch(struct roster *roster, struct tour *copy)
{
	roster->spare[roster->spares++] = copy;
}

u32 roster_position(const struct roster *roster, u32 customer)
{
	const struct tour *tour = roster->tour[roster->tour_of[customer]];
	u32 at = 1;

	while (tour->place[at].node != customer)
		at++;
	return at;
}

void roster_take_out(struct roster *roster, u32 number, u32 place, u32 count)
{
	struct tour *tour = roster->tour[number];
	u32 i;

	roster_touch(roster, number);
	for (i = 0; i < count; i++) {
		u32 customer = tour->place[place + i].node;

		roster->tour_of[customer] = ROSTER_NONE;
		roster->absent[roster->absent_count++] = (u16)customer;
	}
	roster->distance -= tour->distance;
	tour_remove(roster->hops, tour, place, count);
	roster->distance += tour->distance;
}

static void roster_not_absent(struct roster *roster, u32 customer)
{
	u32 i = 0;

	while (roster->absent[i] != customer)
		i++;
	/* keeps the order: recreating walks the list */
	memmove(&roster->absent[i], &roster->absent[i + 1], (roster->absent_count - 1 - i) * sizeof(*roster->absent));
	roster->absent_count--;
}

bool roster_put_in(struct roster *roster, u32 number, u32 position, u32 customer)
{
	struct tour *tour = roster->tour[number];

	if (tour->count >= TOUR_PLACES_MAX)
		return false;
	roster_touch(roster, number);
	roster->distance -= tour->distance;
	tour_insert(roster->hops, tour, position, customer);
	if (tour->distance == INFINITY) { /* the bounded labels lost the way that was promised */
		tour_remove(roster->hops, tour, position + 1, 1);
		roster->distance += tour->distance;
		return false;
	}
	roster->distance += tour->distance;
	roster->tour_of[customer] = (u16)number;
	roster_not_absent(roster, customer);
	return true;
}

u32 roster_open_tour(struct roster *roster)
{
	if (roster->tours == roster->tours_most)
		return ROSTER_NONE;
	tour_clear(roster->hops, roster->tour[roster->tours]);
	roster_touch(roster, roster->tours);
	return roster->tours++;
}

void roster_undo(struct roster *roster)
{
	u32 i, at;

	for (i = 1; i <= roster->saved_absent_count; i++)
		roster->absent[i - 1] = roster->saved_absent[i - 1];
	roster->absent_count = roster->saved_absent_count;
	while (roster->touched_count) {
		u32 number = roster->touched[--roster->touched_count];
		struct tour *now = roster->tour[number];

		roster->tour[number] = roster->saved[number];
		roster->saved[number] = NULL;
		roster_untouch(roster, now);
		for (at = 1; at <= roster->tour[number]->count; at++)
			roster->tour_of[roster->tour[number]->place[at].node] = (u16)number;
	}
	for (i = 0; i < roster->absent_count; i++)
		roster->tour_of[roster->absent[i]] = ROSTER_NONE;
	roster->tours = roster->saved_tours;
	roster->distance = roster->saved_distance;
}

static void roster_drop_tour(struct roster *roster, u32 number)
{
	struct tour *gone = roster->tour[number];
	u32 at;

	roster->tours--;
	roster->tour[number] = roster->tour[roster->tours];
	roster->tour[roster->tours] = gone;
	if (number < roster->tours)
		for (at = 1; at <= roster->tour[number]->count; at++)
			roster->tour_of[roster->tour[number]->place[at].node] = (u16)number;
}

void roster_settle(struct roster *roster)
{
	u32 i;

	while (roster->touched_count) {
		u32 number = roster->touched[--roster->touched_count];

		roster_untouch(roster, roster->saved[number]);
		roster->saved[number] = NULL;
	}
	for (i = roster->tours; i-- > 0;)
		if (!roster->tour[i]->count)
			roster_drop_tour(roster, i);
	roster->distance = 0; /* summed anew: no rounding piles up */
	for (i = 0; i < roster->tours; i++)
		roster->distance += roster->tour[i]->distance;
	roster->saved_distance = roster->distance;
	roster->saved_tours = roster->tours;
	roster->saved_absent_count = roster->absent_count;
	memcpy(roster->saved_absent, roster->absent, roster->absent_count * sizeof(*roster->absent));
}

void roster_dissolve(struct roster *roster, u32 tour)
{
	roster_take_out(roster, tour, 1, roster->tour[tour]->count);
	roster_settle(roster);
}

void roster_copy(struct roster *roster, const struct roster *from)
{
	u32 i;

	for (i = 0; i < from->tours; i++)
		roster_copy_tour(roster->tour[i], from->tour[i]);
	roster->tours = from->tours;
	roster->absent_count = from->absent_count;
	memcpy(roster->absent, from->absent, sizeof(roster->absent));
	memcpy(roster->tour_of, from->tour_of, sizeof(roster->tour_of));
	roster_settle(roster);
}
