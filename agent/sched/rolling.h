/* SPDX-License-Identifier: GPL-2.0 */
/*
 * rolling.h - plans anew as reality departs from the plan: what was promised
 * stays as it is, all else may change. And a day of such departures, by seed.
 *
 * A session is promised from the moment its vehicle sets out for it (latest: the session's beginning less the way).
 * Only a charger that fails can break a promise: then the vehicle is where it is, with the energy it has.
 */
#ifndef VOLTGATE_SCHED_ROLLING_H
#define VOLTGATE_SCHED_ROLLING_H

#include "agent/sched/assign.h"

struct rolling_state {
	const struct fleet *fleet;	       /* as known now */
	u32 now;			       /* period; nothing new begins before it */
	const u32 *chargers;		       /* stations x periods: in working order, as known now; NULL: all */
	const struct assign_session *promised; /* of each vehicle; state ASSIGN_SERVED: a promise, to be kept */
	const bool *absent;		       /* vehicles not to be planned: not known yet, or gone; NULL: none */
};

/* A plan that keeps all promises. Its cost is that of the whole, its bound the promises' cost and the bound of the
 * rest. 0; -EINVAL: the promises themselves overrun what there is; -ENOMEM. */
int rolling_renew(const struct rolling_state *state, const struct assign_options *options,
		  struct assign_plan **ret_plan);
/* When the vehicle must set out for the session, in seconds. */
u64 rolling_sets_out(const struct fleet *fleet, u32 vehicle, const struct assign_session *session);

struct rolling_options {
	u64 seed;
	u32 late_pct, late_most_s; /* vehicles that come later than they said, by up to so much */
	u32 surprise_pct;	   /* vehicles nobody knows of before they are there */
	u32 broken_pct;		   /* stations where a charger fails once, for up to an eighth of the plan */
	u32 every;		   /* periods between plans if nothing happens; 0: 4 */
	/* After each plan: what was promised before it, and the plan. False ends the day. May be NULL. */
	bool (*seen)(void *arg, const struct rolling_state *state, const struct assign_plan *plan);
	void *arg;
};

struct rolling_report {
	u32 plans;
	u32 late, surprises, failures;
	u32 promises, broken;			       /* promises made, and broken by failures */
	u32 served, left;			       /* at the end; those interrupted count once more */
	s64 cost, clairvoyant_cost, clairvoyant_bound; /* 1e-7 yuan */
	double slowest_s;			       /* of the plans */
	bool good;				       /* what was driven passes the check */
	bool ended;				       /* seen() said so */
	char text[240];
};

/* Lives through the fleet's day. The clairvoyant knows all from the beginning. 0; -ENOMEM. */
int rolling_day(const struct fleet *fleet, const struct rolling_options *options, struct rolling_report *ret_report);

#endif
