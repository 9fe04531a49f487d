/* SPDX-License-Identifier: GPL-2.0 */
/*
 * charging.h - vehicles plugged in at one site that share its power: who gets
 * how much in which period.
 *
 * Wh, W, seconds, prices in 1/10000 yuan a kWh; so Wh * price is money in 1e-7
 * yuan. A vehicle takes at most its power for the part of a period in which it is there.
 */
#ifndef VOLTGATE_SCHED_CHARGING_H
#define VOLTGATE_SCHED_CHARGING_H

#include <stdbool.h>

#include "agent/sched/fleet.h"

#define CHARGING_SESSIONS_MAX 20000
#define CHARGING_CELLS_MAX 8000000 /* sessions x periods */

struct charging_session {
	u32 arrival_s, departure_s; /* since the plan's beginning */
	u32 energy_wh;		    /* wanted */
	u32 power_w;
	bool gives_back;	  /* V2G: only charging_linear() makes use of it */
	u32 battery_wh, stock_wh; /* V2G: what it holds, and holds on arrival */
};

struct charging_site {
	u32 period_s, periods, sessions;
	const struct charging_session *session;
	const u32 *limit_w; /* of each period */
	const u32 *price;   /* of each period */
};

struct charging_plan {
	u32 sessions, periods;
	u32 *wh; /* sessions x periods */
	bool proven;
};

struct charging_score {
	u64 served_wh, wanted_wh;
	u32 unmet;	 /* sessions that leave with less than they wanted */
	s64 money;	 /* 1e-7 yuan */
	u64 overload_wh; /* beyond the limit */
	u32 peak_w;
	char text[160]; /* what no plan may do, if it does; else empty: a sentence without its full stop */
};

enum charging_goal {
	CHARGING_ENERGY,    /* the most energy, and that as cheaply as possible */
	CHARGING_DEADLINES, /* the fewest unmet first (which of equally many is left open), then as above */
};

/* Wh that session @i could take in period @t, limit aside. */
u32 charging_most_wh(const struct charging_site *site, u32 i, u32 t);
/* Wh that the site may take in period @t. */
u32 charging_limit_wh(const struct charging_site *site, u32 t);

struct charging_plan *charging_plan_new(const struct charging_site *site); /* NULL: out of memory */
void charging_free(struct charging_plan *plan);

/* The optimum, by a flow of least cost that proves itself; which sessions are met for CHARGING_DEADLINES is decided by
 * an integer program (@plan->proven tells whether in time). 0; -ENOMEM. */
int charging_optimum(const struct charging_site *site, enum charging_goal goal, struct charging_plan **ret_plan);

/* Follows a plan with code of its own. */
void charging_score(const struct charging_site *site, const struct charging_plan *plan,
		    struct charging_score *ret_score);

/* The same goals as a linear program, with vehicles that may give back. Energies are in kWh here. */
struct charging_linear {
	double served_kwh, money_yuan; /* money: bought less sold */
	double *charge, *discharge;    /* sessions x periods, at the charger */
	bool both;		       /* some session charges and gives back in one period */
};

/* @efficiency each way, above 0, at most 1, for those that give back. 0; -ENOMEM; -EDOM: the solver failed. */
int charging_linear(const struct charging_site *site, double efficiency, struct charging_linear *ret_linear);
void charging_linear_done(struct charging_linear *linear);

/* The vehicles of a fleet that stand nearest to @station, plugged in from their arrival to their deadline. The arrays
 * of @ret_site are malloc'd: charging_site_done(). -ENOMEM. */
int charging_site_from_fleet(const struct fleet *fleet, u32 station, struct charging_site *ret_site);
void charging_site_done(struct charging_site *site);

#endif
