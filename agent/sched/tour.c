// SPDX-License-Identifier: GPL-2.0
/*
 * tour.c - labels of a tour: see tour.h.
 *
 * Backward over a station: whoever comes at t with b leaves it at t + g (B - b) with a full battery B, so "t <= latest"
 * of what follows becomes a limit on t - g b: the label's charge. Backward over a customer that opens at r:
 * max(t, r) splits every limit on t - g b into one for t and one for b alone.
 */
#include <math.h>

#include "agent/sched/recharge.h"
#include "agent/sched/tour.h"

#define TOUR_EPSILON 1e-9

/* What arrives by @way from a departure at (time, energy); false: impossible. */
static inline bool tour_drive(const struct evrptw *instance, const struct hop *way, double time, double energy,
			      double *ret_time, double *ret_energy)
{
	energy -= way->energy_first;
	time += way->time_first;
	if (energy < -TOUR_EPSILON)
		return false;
	if (way->stations) {
		if (time > way->due_first + TOUR_EPSILON)
			return false;
		time += (instance->battery - energy) * instance->recharging;
		if (time > way->slack_last + TOUR_EPSILON)
			return false;
		time += way->time_middle + way->time_last;
		energy = instance->battery - way->energy_last;
	}
	*ret_time = time;
	*ret_energy = energy;
	return true;
}

/* The same where stations charge as much as one likes. */
static bool tour_drive_partial(const struct evrptw *instance, const struct hop *way, struct recharge_state *state)
{
	if (!recharge_drive(instance, way->time_first, way->energy_first, state))
		return false;
	if (!way->stations)
		return true;
	if (!recharge_plug(instance, way->due_first, state))
		return false;
	if (way->stations == 2 && (!recharge_drive(instance, way->drive_middle, way->energy_middle, state) ||
				   !recharge_plug(instance, way->slack_last + way->drive_middle, state)))
		return false;
	return recharge_drive(instance, way->time_last, way->energy_last, state);
}

static struct recharge_state tour_state(const struct tour_ahead *ahead)
{
	return (struct recharge_state){ ahead->time, ahead->energy, ahead->most };
}

/* Is @one never worse than @other? */
static inline bool tour_ahead_beats(const struct hops *hops, const struct tour_ahead *one,
				    const struct tour_ahead *other, double epsilon)
{
	struct recharge_state a, b;

	if (one->distance > other->distance + epsilon)
		return false;
	if (!hops->partial)
		return one->time <= other->time + epsilon && one->energy >= other->energy - epsilon;
	a = tour_state(one);
	b = tour_state(other);
	return recharge_beats(hops->instance, &a, &b, epsilon);
}

static void tour_keep_ahead(const struct hops *hops, struct tour_place *place, const struct tour_ahead *new)
{
	u32 i, kept = 0;

	for (i = 0; i < place->aheads; i++)
		if (tour_ahead_beats(hops, &place->ahead[i], new, TOUR_EPSILON))
			return;
	for (i = 0; i < place->aheads; i++)
		if (!tour_ahead_beats(hops, new, &place->ahead[i], 0))
			place->ahead[kept++] = place->ahead[i];
	for (i = kept; i && place->ahead[i - 1].distance > new->distance; i--)
		if (i < TOUR_LABELS)
			place->ahead[i] = place->ahead[i - 1];
	if (i < TOUR_LABELS) {
		place->ahead[i] = *new;
		kept += kept < TOUR_LABELS;
	}
	place->aheads = (u8)kept;
}

static void tour_set_earliest(struct tour_place *place)
{
	u32 i;

	place->earliest = INFINITY;
	for (i = 0; i < place->aheads; i++)
		place->earliest = fmin(place->earliest, place->ahead[i].time);
}

static void tour_set_latest(struct tour_place *place)
{
	u32 i;

	place->latest = -INFINITY;
	for (i = 0; i < place->rests; i++)
		place->latest = fmax(place->latest, place->rest[i].latest);
}

/* From leaving one place with @from to leaving the next one; false: impossible. */
static inline bool tour_reach(const struct hops *hops, const struct hop *way, const struct tour_ahead *from,
			      const struct evrptw_node *node, struct tour_ahead *ret_new)
{
	struct recharge_state state;

	if (hops->partial) {
		state = tour_state(from);
		if (!tour_drive_partial(hops->instance, way, &state) || !recharge_serve(hops->instance, node, &state))
			return false;
		ret_new->time = state.time;
		ret_new->energy = state.energy;
		ret_new->most = state.most;
		return true;
	}
	if (!tour_drive(hops->instance, way, from->time, from->energy, &ret_new->time, &ret_new->energy) ||
	    ret_new->time > node->due + TOUR_EPSILON)
		return false;
	ret_new->time = fmax(ret_new->time, node->ready) + node->service;
	ret_new->most = ret_new->energy;
	return true;
}

static void tour_label_ahead(const struct hops *hops, struct tour *tour, u32 at)
{
	struct tour_place *before = &tour->place[at - 1], *place = &tour->place[at];
	const struct evrptw_node *node = &hops->instance->node[place->node];
	struct tour_ahead new;
	const struct hop *ways;
	u32 i, j, count;

	place->aheads = 0;
	ways = hops_ways(hops, before->node, place->node, &count);
	for (i = 0; i < before->aheads; i++)
		for (j = 0; j < count; j++) {
			if (!tour_reach(hops, &ways[j], &before->ahead[i], node, &new))
				continue;
			new.distance = before->ahead[i].distance + ways[j].distance;
			new.way = &ways[j];
			new.from = (u8)i;
			tour_keep_ahead(hops, place, &new);
		}
	tour_set_earliest(place);
}

static void tour_keep_rest(struct tour_place *place, const struct tour_rest *new)
{
	u32 i, kept = 0;

	for (i = 0; i < place->rests; i++) {
		const struct tour_rest *old = &place->rest[i];

		if (old->distance <= new->distance + TOUR_EPSILON && old->energy <= new->energy + TOUR_EPSILON &&
		    old->latest >= new->latest - TOUR_EPSILON && old->charge >= new->charge - TOUR_EPSILON)
			return;
	}
	for (i = 0; i < place->rests; i++) {
		const struct tour_rest *old = &place->rest[i];

		if (new->distance > old->distance || new->energy > old->energy || new->latest < old->latest ||
		    new->charge < old->charge)
			place->rest[kept++] = *old;
	}
	for (i = kept; i && place->rest[i - 1].distance > new->distance; i--)
		if (i < TOUR_LABELS)
			place->rest[i] = place->rest[i - 1];
	if (i < TOUR_LABELS) {
		place->rest[i] = *new;
		kept += kept < TOUR_LABELS;
	}
	place->rests = (u8)kept;
}

/* Limits at the departure from a place so that @way leads to @rest. False: impossible for everybody. */
static bool tour_back(const struct evrptw *instance, const struct hop *way, const struct tour_rest *rest,
		      struct tour_rest *ret_rest)
{
	double g = instance->recharging, full = instance->battery, arrive;

	ret_rest->distance = rest->distance + way->distance;
	if (!way->stations) {
		ret_rest->energy = rest->energy + way->energy_first;
		ret_rest->latest = rest->latest - way->time_first;
		ret_rest->charge = rest->charge - way->time_first - g * way->energy_first;
		return ret_rest->energy <= full + TOUR_EPSILON;
	}
	if (full - way->energy_last < rest->energy - TOUR_EPSILON)
		return false;
	/* latest end of charging at the first station */
	arrive = fmin(rest->latest, rest->charge + g * (full - way->energy_last)) - way->time_last - way->time_middle;
	arrive = fmin(arrive, way->slack_last);
	ret_rest->energy = way->energy_first;
	ret_rest->latest = way->due_first - way->time_first;
	ret_rest->charge = arrive - g * full - way->time_first - g * way->energy_first;
	return true;
}

/* tour_back() where stations charge as much as one likes. */
static bool tour_back_partial(const struct evrptw *instance, const struct hop *way, const struct tour_rest *rest,
			      struct tour_rest *ret_rest)
{
	struct recharge_need need = { rest->energy, rest->latest, rest->charge };

	if (way->stations) {
		if (!recharge_drive_back(instance, way->time_last, way->energy_last, &need))
			return false;
		if (way->stations == 2) {
			recharge_plug_back(instance, way->slack_last + way->drive_middle, &need);
			recharge_drive_back(instance, way->drive_middle, way->energy_middle, &need);
		}
		recharge_plug_back(instance, way->due_first, &need);
	}
	if (!recharge_drive_back(instance, way->time_first, way->energy_first, &need))
		return false;
	*ret_rest = (struct tour_rest){ rest->distance + way->distance, need.energy, need.latest, need.charge };
	return true;
}

static bool tour_retreat(const struct hops *hops, const struct hop *way, const struct tour_rest *rest,
			 const struct evrptw_node *node, struct tour_rest *ret_rest)
{
	struct recharge_need need;

	if (!(hops->partial ? tour_back_partial : tour_back)(hops->instance, way, rest, ret_rest))
		return false;
	need = (struct recharge_need){ ret_rest->energy, ret_rest->latest, ret_rest->charge };
	if (!recharge_serve_back(hops->instance, node, &need))
		return false;
	*ret_rest = (struct tour_rest){ ret_rest->distance, need.energy, need.latest, need.charge };
	return true;
}

static void tour_label_rest(const struct hops *hops, struct tour *tour, u32 at)
{
	struct tour_place *place = &tour->place[at], *after = &tour->place[at + 1];
	const struct evrptw_node *node = &hops->instance->node[place->node];
	struct tour_rest new;
	const struct hop *ways;
	u32 i, j, count;

	place->rests = 0;
	ways = hops_ways(hops, place->node, after->node, &count);
	for (i = 0; i < after->rests; i++)
		for (j = 0; j < count; j++)
			if (tour_retreat(hops, &ways[j], &after->rest[i], node, &new))
				tour_keep_rest(place, &new);
	tour_set_latest(place);
}

static void tour_ends(const struct hops *hops, struct tour *tour)
{
	const struct evrptw *instance = hops->instance;
	struct tour_place *first = &tour->place[0], *last = &tour->place[tour->count + 1];

	first->node = last->node = 0;
	first->aheads = last->rests = 1;
	first->ahead[0] = (struct tour_ahead){ .time = instance->node[0].ready,
					       .energy = instance->battery,
					       .most = instance->battery };
	last->rest[0] = (struct tour_rest){ .latest = instance->node[0].due, .charge = INFINITY };
	tour_set_earliest(first);
	tour_set_latest(last);
}

/* Labels again after a change between places @from - 1 and @to + 1: what lies before keeps its forward labels, what
 * lies behind its backward ones. */
static void tour_relabel(const struct hops *hops, struct tour *tour, u32 from, u32 to)
{
	const struct evrptw *instance = hops->instance;
	u32 at;

	tour->load = tour->bare = 0;
	for (at = 1; at <= tour->count + 1; at++) {
		if (at >= from)
			tour_label_ahead(hops, tour, at);
		tour->load += instance->node[tour->place[at].node].demand;
		tour->bare += evrptw_distance(instance, tour->place[at - 1].node, tour->place[at].node);
	}
	for (at = to + 1; at-- > 0;)
		tour_label_rest(hops, tour, at);
	at = tour->count + 1;
	tour->distance = !tour->count ? 0 : tour->place[at].aheads ? tour->place[at].ahead[0].distance : INFINITY;
}

void tour_label(const struct hops *hops, struct tour *tour)
{
	tour_ends(hops, tour);
	tour_relabel(hops, tour, 1, tour->count);
}

void tour_clear(const struct hops *hops, struct tour *tour)
{
	tour->count = 0;
	tour_label(hops, tour);
}

bool tour_insert(const struct hops *hops, struct tour *tour, u32 position, u32 node)
{
	if (tour->count >= TOUR_PLACES_MAX)
		return false;
	memmove(&tour->place[position + 2], &tour->place[position + 1],
		(tour->count + 1 - position) * sizeof(*tour->place));
	tour->place[position + 1].node = (u16)node;
	tour->count++;
	tour_relabel(hops, tour, position + 1, position + 1);
	return true;
}

void tour_remove(const struct hops *hops, struct tour *tour, u32 from, u32 count)
{
	memmove(&tour->place[from], &tour->place[from + count],
		(tour->count + 2 - from - count) * sizeof(*tour->place));
	tour->count -= count;
	tour_relabel(hops, tour, from, from - 1);
}

/* The cheapest rest from @way on; INFINITY. */
static double tour_finish_partial(const struct evrptw *instance, const struct hop *way, const struct tour_ahead *from,
				  const struct tour_place *place)
{
	struct recharge_state state = tour_state(from);
	u32 i;

	if (!tour_drive_partial(instance, way, &state))
		return INFINITY;
	for (i = 0; i < place->rests; i++) { /* cheapest first */
		struct recharge_need need = { place->rest[i].energy, place->rest[i].latest, place->rest[i].charge };

		if (recharge_meets(instance, &state, &need))
			return place->rest[i].distance;
	}
	return INFINITY;
}

/* The same with full recharges. */
static double tour_finish(const struct evrptw *instance, const struct hop *way, const struct tour_ahead *from,
			  const struct tour_place *place)
{
	double time, energy, mix;
	u32 i;

	if (!tour_drive(instance, way, from->time, from->energy, &time, &energy))
		return INFINITY;
	mix = time - instance->recharging * energy;
	for (i = 0; i < place->rests; i++) { /* cheapest first */
		const struct tour_rest *rest = &place->rest[i];

		if (energy >= rest->energy - TOUR_EPSILON && time <= rest->latest + TOUR_EPSILON &&
		    mix <= rest->charge + TOUR_EPSILON)
			return rest->distance;
	}
	return INFINITY;
}

double tour_with(const struct hops *hops, const struct tour *tour, u32 position, u32 node, double limit)
{
	const struct tour_place *before = &tour->place[position], *after = &tour->place[position + 1];
	const struct evrptw *instance = hops->instance;
	const struct evrptw_node *stop = &instance->node[node];
	const struct hop *in, *out;
	u32 i, j, k, in_count, out_count;
	double best = limit, time, so_far, rest;
	struct tour_ahead at;

	/* driving straight through is the fastest there is */
	time = before->earliest + evrptw_time(instance, before->node, node);
	if (time > stop->due + TOUR_EPSILON)
		return INFINITY;
	time = fmax(time, stop->ready) + stop->service + evrptw_time(instance, node, after->node);
	if (time > after->latest + TOUR_EPSILON)
		return INFINITY;
	in = hops_ways(hops, before->node, node, &in_count);
	out = hops_ways(hops, node, after->node, &out_count);
	for (i = 0; i < before->aheads; i++)
		for (j = 0; j < in_count; j++) {
			so_far = before->ahead[i].distance + in[j].distance;
			if (!out_count || so_far + out[0].distance + after->rest[0].distance >= best)
				break; /* ways are in order of distance */
			if (!tour_reach(hops, &in[j], &before->ahead[i], stop, &at))
				continue;
			for (k = 0; k < out_count; k++) {
				if (so_far + out[k].distance + after->rest[0].distance >= best)
					break;
				rest = hops->partial ? tour_finish_partial(instance, &out[k], &at, after)
						     : tour_finish(instance, &out[k], &at, after);
				if (so_far + out[k].distance + rest < best)
					best = so_far + out[k].distance + rest;
			}
		}
	return best < limit ? best : INFINITY;
}

u32 tour_stops(const struct tour *tour, u16 *ret_stops, u32 size)
{
	const struct tour_ahead *ahead = &tour->place[tour->count + 1].ahead[0];
	u32 at, count = 0, i;

	/* from the end back, then turned round */
	for (at = tour->count + 1; at >= 1; at--) {
		if (at <= tour->count && count < size)
			ret_stops[count++] = tour->place[at].node;
		for (i = ahead->way->stations; i-- > 0;)
			if (count < size)
				ret_stops[count++] = ahead->way->station[i];
		ahead = &tour->place[at - 1].ahead[ahead->from];
	}
	for (i = 0; i < count / 2; i++) {
		u16 swap = ret_stops[i];

		ret_stops[i] = ret_stops[count - 1 - i];
		ret_stops[count - 1 - i] = swap;
	}
	return count;
}
