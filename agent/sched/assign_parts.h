/* SPDX-License-Identifier: GPL-2.0 */
/*
 * assign_parts.h - what the parts of the assignment share: each vehicle's
 * ways (a station and when a session may begin there), costs, and prices on
 * what is short. Private to agent/sched/assign*.c.
 */
#ifndef VOLTGATE_SCHED_ASSIGN_PARTS_H
#define VOLTGATE_SCHED_ASSIGN_PARTS_H

#include "agent/sched/assign.h"

struct assign_way {
	u32 station;
	u16 first, last; /* periods in which the session may begin */
	u16 periods;	 /* that it takes */
	u32 rate_w, slot_wh, energy_wh;
	u32 last_wh;  /* in its last period */
	u32 finish_s; /* from the beginning of its last period */
	s64 fixed;    /* the part of its cost that does not depend on when */
	s64 least;    /* of its costs */
};

struct assign_desk {
	const struct fleet *fleet;
	u32 periods;
	u32 *first; /* vehicles + 1: ways of one are way[first[v] .. first[v + 1]), cheapest first */
	struct assign_way *way;
	enum assign_state *state; /* ASSIGN_LEFT: has ways */
	s64 *sum;		  /* stations x (periods + 1): prices summed up */
	u32 *chargers;		  /* stations x periods */
	s64 *watts;		  /* the same; negative: no limit */
	bool *limited;		  /* of each station: power may run short before chargers do */
	s64 unserved;
	u64 columns; /* sessions that could be */
};

int assign_desk_new(const struct assign_problem *problem, struct assign_desk **ret_desk);
void assign_desk_free(struct assign_desk *desk);
s64 assign_cost(const struct assign_desk *desk, u32 vehicle, const struct assign_way *way, u32 start);

/* Prices of a charger and of a watt for a period, and their sums. */
struct assign_prices {
	s64 *charger, *watt;	     /* stations x periods */
	s64 *charger_sum, *watt_sum; /* stations x (periods + 1) */
};

int assign_prices_new(const struct assign_desk *desk, struct assign_prices *ret_prices);
void assign_prices_free(struct assign_prices *prices);
void assign_prices_sum(const struct assign_desk *desk, struct assign_prices *prices);
/* What the session must pay for being where others would like to be. */
static inline s64 assign_toll(const struct assign_desk *desk, const struct assign_prices *prices,
			      const struct assign_way *way, u32 start)
{
	size_t at = (size_t)way->station * (desk->periods + 1) + start;
	s64 toll = prices->charger_sum[at + way->periods] - prices->charger_sum[at];

	if (desk->limited[way->station])
		toll += (s64)way->rate_w * (prices->watt_sum[at + way->periods] - prices->watt_sum[at]);
	return toll;
}

/* A vehicle's choice: way NULL is not to be served. */
struct assign_choice {
	const struct assign_way *way;
	u32 start;
	s64 cost; /* with the toll */
};

/* The cheapest at these prices, whatever others do. */
struct assign_choice assign_choose(const struct assign_desk *desk, const struct assign_prices *prices, u32 vehicle);

/* A set of sessions in the making. */
struct assign_table {
	const struct assign_desk *desk;
	u32 *chargers; /* left */
	s64 *watts;
	struct assign_choice *choice; /* of each vehicle; cost without toll */
	u32 *next, *before, *head;    /* sessions at each station, chained */
	s64 cost;
	u32 served;
};

int assign_table_new(const struct assign_desk *desk, struct assign_table **ret_table);
void assign_table_free(struct assign_table *table);
void assign_table_copy(struct assign_table *table, const struct assign_table *from);
bool assign_table_fits(const struct assign_table *table, const struct assign_way *way, u32 start);
void assign_table_put(struct assign_table *table, u32 vehicle, const struct assign_way *way, u32 start);
void assign_table_take(struct assign_table *table, u32 vehicle);
/* Nobody is served any more. */
void assign_table_clear(struct assign_table *table);

/* The search under way. */
struct assign_search {
	const struct assign_options *options;
	const struct assign_desk *desk;
	struct assign_prices prices; /* with which the bound was found */
	struct assign_table *table, *best;
	u32 *order; /* of placing */
	struct assign_plan *plan;
	s64 bound;
	double began;
	bool stopped;
};

/* False: time or somebody says that it is enough. */
bool assign_goes_on(struct assign_search *search, const char *what, double done);
/* Left until the search must end; a large number where nothing limits it. */
double assign_seconds_left(const struct assign_search *search);
/* Subgradient ascent on the prices: raises search->bound, and keeps the best plan met on the way. -ENOMEM. */
int assign_by_prices(struct assign_search *search, u32 rounds);
/* Sets the order in which vehicles are placed: those with the least choice first. */
void assign_order(struct assign_search *search);
/* Fills search->table greedily at @prices. */
void assign_fill(struct assign_search *search, const struct assign_prices *prices);
/* Moves single vehicles, and pairs where one is in another's way, while that helps; keeps what is best. */
void assign_improve(struct assign_search *search, u32 passes);
void assign_keep_best(struct assign_search *search);
/* The integer program over what could still be better than the best. -ENOMEM. */
int assign_by_cbc(struct assign_search *search);
/* Each session takes one period and power is no matter: exactly. -ENOMEM. */
int assign_by_flow(struct assign_search *search);
bool assign_is_flow(const struct assign_desk *desk);

#endif
