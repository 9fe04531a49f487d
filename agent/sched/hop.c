// SPDX-License-Identifier: GPL-2.0
/*
 * hop.c - enumerates the ways between places: see hop.h.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "agent/sched/hop.h"

struct hop_pair {
	const struct evrptw *instance;
	bool partial;
	u32 from, to;
	u32 count;
	struct hop way[HOP_WAYS_MAX];
};

static double hop_energy(const struct evrptw *instance, u32 from, u32 to)
{
	return evrptw_distance(instance, from, to) * instance->consumption;
}

/* Is @one at least as good as @other in everything that a route can feel? */
static bool hop_beats(bool partial, const struct hop *one, const struct hop *other)
{
	if (!one->stations !=
	    !other->stations) /* with and without a full battery at the end: neither replaces the other */
		return false;
	if (partial && (one->energy_middle > other->energy_middle || one->drive_middle > other->drive_middle))
		return false;
	return one->distance <= other->distance && one->energy_first <= other->energy_first &&
	       one->time_first <= other->time_first && (partial || one->time_middle <= other->time_middle) &&
	       one->energy_last <= other->energy_last && one->time_last <= other->time_last &&
	       one->due_first >= other->due_first && one->slack_last >= other->slack_last;
}

static void hop_offer(struct hop_pair *pair, const struct hop *way)
{
	u32 i, kept = 0;

	for (i = 0; i < pair->count; i++)
		if (hop_beats(pair->partial, &pair->way[i], way))
			return;
	for (i = 0; i < pair->count; i++)
		if (!hop_beats(pair->partial, way, &pair->way[i]))
			pair->way[kept++] = pair->way[i];
	pair->count = kept;
	for (i = pair->count; i && pair->way[i - 1].distance > way->distance; i--)
		if (i < HOP_WAYS_MAX)
			pair->way[i] = pair->way[i - 1];
	if (i < HOP_WAYS_MAX) {
		pair->way[i] = *way;
		if (pair->count < HOP_WAYS_MAX)
			pair->count++;
	}
}

static void hop_direct(struct hop_pair *pair)
{
	struct hop way = { .due_first = INFINITY, .slack_last = INFINITY };

	way.distance = evrptw_distance(pair->instance, pair->from, pair->to);
	way.energy_first = hop_energy(pair->instance, pair->from, pair->to);
	way.time_first = evrptw_time(pair->instance, pair->from, pair->to);
	if (way.energy_first <= pair->instance->battery)
		hop_offer(pair, &way);
}

/* By station @one, and then @two (or the same: once). */
static void hop_charged(struct hop_pair *pair, u32 one, u32 two)
{
	const struct evrptw *instance = pair->instance;
	struct hop way = { .stations = one == two ? 1 : 2, .station = { (u16)one, (u16)two }, .slack_last = INFINITY };
	double middle = 0;

	way.energy_first = hop_energy(instance, pair->from, one);
	way.time_first = evrptw_time(instance, pair->from, one);
	way.energy_last = hop_energy(instance, two, pair->to);
	way.time_last = evrptw_time(instance, two, pair->to);
	way.due_first = instance->node[one].due;
	way.distance = evrptw_distance(instance, pair->from, one) + evrptw_distance(instance, two, pair->to);
	if (one != two) {
		middle = hop_energy(instance, one, two);
		way.energy_middle = middle;
		way.drive_middle = evrptw_time(instance, one, two);
		way.time_middle = way.drive_middle + middle * instance->recharging;
		way.slack_last = instance->node[two].due - evrptw_time(instance, one, two);
		way.distance += evrptw_distance(instance, one, two);
	}
	if (way.energy_first <= instance->battery && middle <= instance->battery &&
	    way.energy_last <= instance->battery)
		hop_offer(pair, &way);
}

static void hop_ways(struct hop_pair *pair)
{
	const struct evrptw *instance = pair->instance;
	u32 first = instance->customers + 1, one, two;

	pair->count = 0;
	if (pair->from == pair->to)
		return;
	hop_direct(pair);
	for (one = first; one < instance->nodes; one++)
		hop_charged(pair, one, one);
	for (one = first; one < instance->nodes; one++)
		for (two = first; two < instance->nodes; two++)
			if (one != two)
				hop_charged(pair, one, two);
}

int hops_new(const struct evrptw *instance, bool partial, struct hops **ret_hops)
{
	struct hops *hops = calloc(1, sizeof(*hops));
	u32 places = instance->customers + 1, used = 0;
	struct hop_pair pair = { .instance = instance, .partial = partial };
	size_t at, pairs = (size_t)places * places;

	if (!hops)
		return -ENOMEM;
	hops->instance = instance;
	hops->partial = partial;
	hops->places = places;
	hops->first = calloc(pairs + 1, sizeof(*hops->first));
	hops->way = malloc(pairs * HOP_WAYS_MAX * sizeof(*hops->way));
	if (!hops->first || !hops->way) {
		hops_free(hops);
		return -ENOMEM;
	}
	for (at = 0; at < pairs; at++) {
		pair.from = (u32)(at / places);
		pair.to = (u32)(at % places);
		hop_ways(&pair);
		hops->first[at] = used;
		memcpy(&hops->way[used], pair.way, pair.count * sizeof(*pair.way));
		used += pair.count;
	}
	hops->first[pairs] = used;
	*ret_hops = hops;
	return 0;
}

void hops_free(struct hops *hops)
{
	if (!hops)
		return;
	free(hops->first);
	free(hops->way);
	free(hops);
}
