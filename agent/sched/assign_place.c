// SPDX-License-Identifier: GPL-2.0
/*
 * assign_place.c - makes plans: greedily at given prices, those with the least
 * choice first; then vehicles move to where it is cheaper for all.
 */
#include <errno.h>
#include <stdlib.h>

#include "agent/sched/assign_parts.h"

#define ASSIGN_CLASSES 128 /* of freedom: how many sessions a vehicle can choose from */

/* The cheapest session that fits, below @limit; @prices NULL: without tolls. */
static struct assign_choice assign_find(const struct assign_table *table, const struct assign_prices *prices,
					u32 vehicle, s64 limit)
{
	const struct assign_desk *desk = table->desk;
	struct assign_choice best = { .cost = limit };
	u32 w, start;

	for (w = desk->first[vehicle]; w < desk->first[vehicle + 1]; w++) {
		const struct assign_way *way = &desk->way[w];

		if (way->least >= best.cost)
			break;
		for (start = way->first; start <= way->last; start++) {
			s64 cost = assign_cost(desk, vehicle, way, start) +
				   (prices ? assign_toll(desk, prices, way, start) : 0);

			if (cost < best.cost && assign_table_fits(table, way, start))
				best = (struct assign_choice){ way, start, cost };
		}
	}
	return best;
}

static void assign_fill_one(struct assign_table *table, const struct assign_prices *prices, u32 vehicle)
{
	struct assign_choice choice;

	if (table->desk->state[vehicle] != ASSIGN_LEFT || table->choice[vehicle].way)
		return;
	choice = assign_find(table, prices, vehicle, table->desk->unserved);
	if (!choice.way && prices) /* tolls are for order, not for excluding anybody */
		choice = assign_find(table, NULL, vehicle, table->desk->unserved);
	if (choice.way)
		assign_table_put(table, vehicle, choice.way, choice.start);
}

static u32 assign_freedom(const struct assign_desk *desk, u32 vehicle)
{
	u32 w, starts = 0;

	for (w = desk->first[vehicle]; w < desk->first[vehicle + 1]; w++)
		starts += desk->way[w].last - desk->way[w].first + 1u;
	return starts / 2 < ASSIGN_CLASSES ? starts / 2 : ASSIGN_CLASSES - 1;
}

void assign_order(struct assign_search *search)
{
	const struct assign_desk *desk = search->desk;
	u32 first[ASSIGN_CLASSES + 1] = { 0 }, v, level;

	for (v = 0; v < desk->fleet->vehicles; v++)
		first[assign_freedom(desk, v) + 1]++;
	for (level = 0; level < ASSIGN_CLASSES; level++)
		first[level + 1] += first[level];
	for (v = 0; v < desk->fleet->vehicles; v++)
		search->order[first[assign_freedom(desk, v)]++] = v;
}

void assign_fill(struct assign_search *search, const struct assign_prices *prices)
{
	u32 i;

	assign_table_clear(search->table);
	for (i = 0; i < search->desk->fleet->vehicles; i++)
		assign_fill_one(search->table, prices, search->order[i]);
}

void assign_keep_best(struct assign_search *search)
{
	if (search->table->cost < search->best->cost)
		assign_table_copy(search->best, search->table);
}

/* Takes a session out, places its vehicle as cheaply as it goes; true if that helped. */
static bool assign_move(struct assign_table *table, u32 vehicle)
{
	struct assign_choice old = table->choice[vehicle], new;

	if (old.way)
		assign_table_take(table, vehicle);
	new = assign_find(table, NULL, vehicle, old.cost);
	if (new.way)
		assign_table_put(table, vehicle, new.way, new.start);
	else if (old.way)
		assign_table_put(table, vehicle, old.way, old.start);
	return new.way != NULL;
}

static bool assign_overlaps(const struct assign_choice *one, const struct assign_way *way, u32 start)
{
	return one->start < start + way->periods && start < one->start + one->way->periods;
}

/* @vehicle, not in the table now, would like (way, start): does it help to move @other out of the way? */
static bool assign_displace(struct assign_table *table, u32 vehicle, s64 had, const struct assign_way *way, u32 start,
			    u32 other)
{
	struct assign_choice old = table->choice[other], new;
	s64 gain;

	assign_table_take(table, other);
	if (assign_table_fits(table, way, start)) {
		assign_table_put(table, vehicle, way, start);
		gain = had - table->choice[vehicle].cost;
		new = assign_find(table, NULL, other,
				  old.cost + gain < table->desk->unserved ? old.cost + gain : table->desk->unserved);
		if (new.way) {
			assign_table_put(table, other, new.way, new.start);
			return true;
		}
		if (old.cost + gain > table->desk->unserved) /* it pays to leave the other one out */
			return true;
		assign_table_take(table, vehicle);
	}
	assign_table_put(table, other, old.way, old.start);
	return false;
}

static bool assign_displace_any(struct assign_table *table, u32 vehicle, s64 had, const struct assign_way *way,
				u32 start, s64 *work)
{
	u32 other = table->head[way->station], next;

	for (; other != ASSIGN_NONE && *work > 0; other = next) {
		next = table->next[other];
		(*work)--;
		if (!assign_overlaps(&table->choice[other], way, start))
			continue;
		*work -= 16;
		if (assign_displace(table, vehicle, had, way, start, other))
			return true;
	}
	return false;
}

/* Somebody else is in the way: who would lose less by moving? */
static bool assign_push(struct assign_table *table, u32 vehicle, s64 *work)
{
	const struct assign_desk *desk = table->desk;
	struct assign_choice old = table->choice[vehicle];
	u32 w, start;

	if (old.way)
		assign_table_take(table, vehicle);
	for (w = desk->first[vehicle]; w < desk->first[vehicle + 1] && *work > 0; w++) {
		const struct assign_way *way = &desk->way[w];

		if (way->least >= old.cost)
			break;
		for (start = way->first; start <= way->last && *work > 0; start++)
			if (assign_cost(desk, vehicle, way, start) < old.cost &&
			    assign_displace_any(table, vehicle, old.cost, way, start, work))
				return true;
	}
	if (old.way)
		assign_table_put(table, vehicle, old.way, old.start);
	return false;
}

void assign_improve(struct assign_search *search, u32 passes)
{
	const struct assign_desk *desk = search->desk;
	struct assign_table *table = search->table;
	s64 work = 4000000 + (s64)desk->fleet->vehicles * 200;
	bool better = true;
	u32 pass, v;

	for (pass = 0; pass < passes && better && work > 0; pass++) {
		better = false;
		for (v = 0; v < desk->fleet->vehicles; v++) {
			if (desk->state[v] != ASSIGN_LEFT)
				continue;
			better |= assign_move(table, v);
			if (table->choice[v].cost > desk->way[desk->first[v]].least)
				better |= assign_push(table, v, &work);
			if (v % 4096 == 4095 && !assign_goes_on(search, "improving", (double)pass / passes))
				break;
		}
		assign_keep_best(search);
		if (search->stopped)
			break;
	}
}
