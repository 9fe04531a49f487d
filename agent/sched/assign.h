/* SPDX-License-Identifier: GPL-2.0 */
/*
 * assign.h - which vehicle charges at which station and when: sessions of
 * whole periods at a charger, without a break, as many at once as there are
 * chargers and power.
 *
 *   least  sum over vehicles served: price * energy + weight of time * hours until done + weight of rating * points
 * lost
 *        + sum over vehicles not served: what that counts (fleet->unserved)
 *
 * A session runs at full rate, the least of the vehicle's, the charger's and the station's, from the beginning of a
 * period; energy spent on the way is charged too. Every plan comes with a bound below which no plan's cost can lie.
 *
 * Methods: prices on chargers and power (Lagrangian bound; 100,000 vehicles), from there the exact integer program by
 * Cbc over what the prices leave open, or a minimum-cost flow where each session takes one period.
 */
#ifndef VOLTGATE_SCHED_ASSIGN_H
#define VOLTGATE_SCHED_ASSIGN_H

#include <stdbool.h>

#include "agent/sched/fleet.h"

#define ASSIGN_NONE 0xffffffffu
#define ASSIGN_COST_YUAN 10000000 /* costs are integers of 1e-7 yuan */

enum assign_state {
	ASSIGN_LEFT, /* could be served, but not with the others */
	ASSIGN_SERVED,
	ASSIGN_CONTENT, /* has what it needs */
	ASSIGN_FAR,	/* reaches no station with what it has */
	ASSIGN_LATE,	/* reaches some, but no session ends in time */
};

enum assign_method { ASSIGN_BY_PRICES, ASSIGN_BY_CBC, ASSIGN_BY_FLOW };

struct assign_session {
	enum assign_state state;
	u32 station; /* ASSIGN_NONE: not served */
	u32 start, periods;
	u32 energy_wh;
};

struct assign_problem {
	const struct fleet *fleet;
	const u32 *chargers; /* stations x periods: in working order and free; NULL: all */
	const s64 *watts;    /* stations x periods: power left; NULL: the stations' limits. Negative: no limit */
	const bool *leave;   /* vehicles that are not to be planned; NULL: none */
};

struct assign_plan {
	u32 vehicles, served, content, left, hopeless;
	struct assign_session *session; /* of each vehicle */
	s64 cost, bound;		/* bound <= the least cost of any plan */
	enum assign_method method;
	bool proven;	/* the solver says that there is no better one */
	bool cut_short; /* by time or by progress() */
	u32 rounds;
};

struct assign_options {
	double seconds; /* the search ends then at the latest; what it does until then does not depend on the clock */
	u32 rounds;	/* of prices; 0: enough for most */
	bool quick;	/* prices only */
	/* At times. False ends the search with the best so far. May be NULL. */
	bool (*progress)(void *arg, const char *what, double done, const struct assign_plan *plan);
	void *arg;
};

/* 0 with a plan, perhaps without all vehicles; -ENOMEM. */
int assign_solve(const struct assign_problem *problem, const struct assign_options *options,
		 struct assign_plan **ret_plan);
/* What drivers do by themselves: each goes to the nearest station and takes the first charger that is free long enough,
 * in the order of arrival there (Fig. 6's baseline). */
int assign_nearest(const struct assign_problem *problem, struct assign_plan **ret_plan);
/* Nobody is served. NULL: out of memory. */
struct assign_plan *assign_plan_new(u32 vehicles);
void assign_free(struct assign_plan *plan);

struct assign_verdict {
	bool good;
	s64 cost;
	s64 money;	/* of it, paid for energy: 1e-7 yuan */
	u64 energy_wh;	/* charged */
	u64 waiting_s;	/* between reaching the station and the session's beginning */
	u64 distance_m; /* driven to stations */
	u32 load_pct;	/* paper eq. (6): battery capacity served per station capacity, in hundredths */
	char text[240]; /* the first thing wrong, a sentence without its full stop */
};

/* Judges the sessions of a plan, with code of its own; what the plan says of its cost is not looked at. -ENOMEM, else 0
 * with the verdict. */
int assign_follow(const struct assign_problem *problem, const struct assign_plan *plan,
		  struct assign_verdict *ret_verdict);
/* The same, and the cost must be what the plan says. */
int assign_check(const struct assign_problem *problem, const struct assign_plan *plan,
		 struct assign_verdict *ret_verdict);

/* Why the vehicle is not served, as a sentence without its full stop. */
void assign_why(const struct assign_problem *problem, const struct assign_plan *plan, u32 vehicle, char *ret_text,
		size_t size);

#endif
