// SPDX-License-Identifier: GPL-2.0
/*
 * area_partition.c - see area_partition.h. Seeds far from each other; the
 * smallest area takes the next bus around it, layer by layer, until none is left; then buses at the borders change
 * sides while that saves ties (Fiduccia and Mattheyses, 1982, without their moves for the worse).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/sched/area.h"
#include "agent/sched/area_partition.h"

#define AREA_PASSES 12
#define AREA_UNEVEN 1.15 /* of the mean size, where that saves ties */
#define AREA_NONE (~0U)

struct area_cut {
	struct grid *grid;
	u32 areas, buses;
	u32 *first, *near; /* neighbours of bus b: near[first[b]] .. near[first[b + 1] - 1] */
	u32 *area;	   /* of a bus; AREA_NONE: of none yet */
	u32 *walk, *hops;  /* scratch: buses in the order of a walk; how far they are, AREA_NONE: not met */
	u32 *after;	   /* the bus that joined the same area next */
	struct {
		u32 size, seed, last, looking; /* the member whose neighbours are looked at */
	} of[AREA_MOST];
};

static void area_cut_close(struct area_cut *cut)
{
	free(cut->first);
	free(cut->near);
	free(cut->area);
	free(cut->walk);
	free(cut->hops);
	free(cut->after);
}

static int area_cut_open(struct area_cut *cut)
{
	const struct grid *grid = cut->grid;
	size_t room = (size_t)grid->buses + 2;
	u32 i, from, to;

	cut->buses = grid->buses;
	cut->first = calloc(room, sizeof(u32));
	cut->near = calloc(2 * (size_t)grid->branches + 1, sizeof(u32));
	cut->area = malloc(room * sizeof(u32));
	cut->walk = malloc(room * sizeof(u32));
	cut->hops = malloc(room * sizeof(u32));
	cut->after = malloc(room * sizeof(u32));
	if (!cut->first || !cut->near || !cut->area || !cut->walk || !cut->hops || !cut->after)
		return -ENOMEM;
	memset(cut->area, 0xff, room * sizeof(u32));
	memset(cut->after, 0xff, room * sizeof(u32));
	for (i = 0; i < grid->branches; i++) {
		cut->first[grid->branch[i].from]++;
		cut->first[grid->branch[i].to]++;
	}
	for (i = 0; i < cut->buses; i++)
		cut->first[i + 1] += cut->first[i];
	for (i = grid->branches; i-- > 0;) { /* first[] counts down from each bus's end to its beginning */
		from = grid->branch[i].from;
		to = grid->branch[i].to;
		cut->near[--cut->first[from]] = to;
		cut->near[--cut->first[to]] = from;
	}
	return 0;
}

/* Goes on from the walk's @count buses to all that are nearer to them than hops[] says. */
static void area_spread(struct area_cut *cut, u32 count)
{
	u32 at, i, bus, near;

	for (at = 0; at < count; at++) {
		bus = cut->walk[at];
		for (i = cut->first[bus]; i < cut->first[bus + 1]; i++) {
			near = cut->near[i];
			if (cut->hops[near] <= cut->hops[bus] + 1)
				continue;
			cut->hops[near] = cut->hops[bus] + 1;
			if (count < cut->buses) /* hops grow along the walk: none is met twice */
				cut->walk[count++] = near;
		}
	}
}

static void area_join(struct area_cut *cut, u32 area, u32 bus)
{
	if (cut->of[area].size++)
		cut->after[cut->of[area].last] = bus;
	else
		cut->of[area].seed = cut->of[area].looking = bus;
	cut->of[area].last = bus;
	cut->area[bus] = area;
}

/* Each the farthest from those before it; one in an island without a seed is farther than any other. */
static void area_seeds(struct area_cut *cut)
{
	u32 area, bus, far;

	memset(cut->hops, 0xff, cut->buses * sizeof(u32));
	cut->walk[0] = 0;
	cut->hops[0] = 0;
	area_spread(cut, 1);
	for (area = 0; area < cut->areas; area++) {
		for (far = 0, bus = 0; bus < cut->buses; bus++)
			if (cut->area[bus] == AREA_NONE &&
			    (cut->area[far] != AREA_NONE || cut->hops[bus] > cut->hops[far]))
				far = bus;
		area_join(cut, area, far);
		if (!area) /* what was measured from bus 0 was only for finding an end of the grid */
			memset(cut->hops, 0xff, cut->buses * sizeof(u32));
		cut->walk[0] = far;
		cut->hops[far] = 0;
		area_spread(cut, 1);
	}
}

/* The next bus around an area that is nobody's; AREA_NONE: there is none any more. */
static u32 area_around(struct area_cut *cut, u32 area)
{
	u32 *looking = &cut->of[area].looking, i;

	for (; *looking != AREA_NONE; *looking = cut->after[*looking])
		for (i = cut->first[*looking]; i < cut->first[*looking + 1]; i++)
			if (cut->area[cut->near[i]] == AREA_NONE)
				return cut->near[i];
	return AREA_NONE;
}

static void area_grow(struct area_cut *cut)
{
	bool closed[AREA_MOST] = { false };
	u32 left, area, bus, rest = 0;

	for (left = cut->buses - cut->areas; left;) {
		u32 small = AREA_NONE, any = 0;

		for (area = 0; area < cut->areas; area++) {
			if (!closed[area] && (small == AREA_NONE || cut->of[area].size < cut->of[small].size))
				small = area;
			any = cut->of[area].size < cut->of[any].size ? area : any;
		}
		bus = small == AREA_NONE ? AREA_NONE : area_around(cut, small);
		if (small != AREA_NONE && bus == AREA_NONE) {
			closed[small] = true;
			continue;
		}
		if (small == AREA_NONE) { /* an island that has no seed: to the smallest of all, which grows there */
			while (cut->area[rest] != AREA_NONE)
				rest++;
			small = any;
			bus = rest;
			closed[small] = false;
			cut->of[small].looking = bus;
		}
		area_join(cut, small, bus);
		left--;
	}
}

/* --- borders --- */

/* Without @bus, do its neighbours in its area still reach each other there? */
static bool area_holds(struct area_cut *cut, u32 bus)
{
	u32 area = cut->area[bus], count = 0, at, i, wanted = 0, met = 0;

	memset(cut->hops, 0xff, cut->buses * sizeof(u32));
	for (i = cut->first[bus]; i < cut->first[bus + 1]; i++)
		if (cut->area[cut->near[i]] == area && cut->near[i] != bus && cut->hops[cut->near[i]] == AREA_NONE) {
			cut->hops[cut->near[i]] = 1; /* wanted */
			cut->walk[0] = cut->near[i];
			wanted++;
		}
	if (wanted < 2)
		return true;
	cut->hops[bus] = 0;
	cut->hops[cut->walk[0]] = 0;
	for (count = met = 1, at = 0; at < count && met < wanted; at++)
		for (i = cut->first[cut->walk[at]]; i < cut->first[cut->walk[at] + 1]; i++) {
			u32 near = cut->near[i];

			if (cut->area[near] != area || !cut->hops[near])
				continue;
			met += cut->hops[near] == 1;
			cut->hops[near] = 0;
			cut->walk[count++] = near;
		}
	return met == wanted;
}

/* The area to which a bus has more branches than to its own, or as many if that one is smaller by two. */
static u32 area_better(const struct area_cut *cut, u32 bus)
{
	u32 branches[AREA_MOST] = { 0 }, own = cut->area[bus], best = own, i, area;
	u32 most = (u32)(AREA_UNEVEN * cut->buses / cut->areas) + 1;

	for (i = cut->first[bus]; i < cut->first[bus + 1]; i++)
		branches[cut->area[cut->near[i]]]++;
	for (area = 0; area < cut->areas; area++) {
		bool smaller = cut->of[area].size + 1 < cut->of[own].size;

		if (area == own || !branches[area] || cut->of[area].size >= most)
			continue;
		if (branches[area] > branches[best] || (branches[area] == branches[best] && best == own && smaller))
			best = area;
	}
	return best;
}

static void area_smooth(struct area_cut *cut)
{
	u32 pass, bus, better, moved = 1, least = (u32)(cut->buses / cut->areas / AREA_UNEVEN);

	for (pass = 0; moved && pass < AREA_PASSES; pass++)
		for (moved = 0, bus = 0; bus < cut->buses; bus++) {
			u32 own = cut->area[bus];

			better = area_better(cut, bus);
			if (better == own || cut->of[own].size <= (least > 1 ? least : 1) || !area_holds(cut, bus))
				continue;
			cut->of[own].size--;
			cut->of[better].size++;
			cut->area[bus] = better;
			moved++;
		}
}

int area_partition(struct grid *grid, u32 areas)
{
	struct area_cut *cut;
	u32 i;
	int err;

	if (!areas || areas > AREA_MOST || areas > grid->buses)
		return -EINVAL;
	cut = calloc(1, sizeof(*cut));
	if (!cut)
		return -ENOMEM;
	cut->grid = grid;
	cut->areas = areas;
	err = area_cut_open(cut);
	if (!err) {
		area_seeds(cut);
		area_grow(cut);
		area_smooth(cut);
		for (i = 0; i < grid->buses; i++)
			grid->bus[i].area = cut->area[i];
	}
	area_cut_close(cut);
	free(cut);
	return err;
}

static int area_order(const void *one, const void *other)
{
	u32 a = *(const u32 *)one, b = *(const u32 *)other;

	return a < b ? -1 : a > b;
}

int area_renumber(struct grid *grid)
{
	u32 *named = calloc((size_t)grid->buses + 1, sizeof(u32)), *found, count = 0, i;

	if (!named)
		return -ENOMEM;
	for (i = 0; i < grid->buses; i++)
		named[i] = grid->bus[i].area;
	qsort(named, grid->buses, sizeof(u32), area_order);
	for (i = 0; i < grid->buses; i++)
		if (!i || named[i] != named[count - 1])
			named[count++] = named[i];
	for (i = 0; i < grid->buses; i++) {
		found = bsearch(&grid->bus[i].area, named, count, sizeof(u32), area_order);
		grid->bus[i].area = (u32)(found - named);
	}
	free(named);
	return 0;
}
