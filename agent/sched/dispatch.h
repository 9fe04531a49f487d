/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dispatch.h - the cheapest output of all units over the periods of a case:
 * quadratic or piecewise-linear costs, each island balanced, ramps, wind that
 * may be curtailed, branch limits. A convex quadratic program, solved by Clp.
 *
 *   least  sum over periods t, units u: hours * cost_u(p_tu)
 *   balance of each island (price of energy), unit limits, ramps, |flow| <= limit (price of congestion)
 *
 * Nodal price at a bus = what one more MWh there costs: energy + congestion.
 *
 * On request also: reserve (units keep room upwards, together as much as each period asks for) and N-1 (after the
 * outage of any one branch that does not split the network, every flow still keeps its limit).
 */
#ifndef VOLTGATE_SCHED_DISPATCH_H
#define VOLTGATE_SCHED_DISPATCH_H

#include "agent/sched/grid.h"

#define DISPATCH_PERIODS_MAX 672
#define DISPATCH_RESERVE_HOURS (1.0 / 6) /* reserve is what a unit can ramp up in ten minutes */

enum dispatch_form {
	DISPATCH_LAZY, /* branch limits by distribution factors, added when violated */
	DISPATCH_FULL, /* all limits at once, by angles: the baseline */
};

/*
 * Vehicles at a station, all together: a load that may wait, and may give back
 * (V2G). stock = net energy taken up since the start, in the vehicles: what must be in by when and what can be in at
 * most. stock_t = stock_t-1 + hours * (charge_efficiency * charge_t - discharge_t / discharge_efficiency) Never both at
 * once: with losses and prices above 0 that is never cheapest; where prices invite it, it is excluded by branching.
 */
struct dispatch_station {
	char name[GRID_NAME_MAX];
	u32 bus;
	double charge_efficiency, discharge_efficiency; /* above 0, at most 1 */
};

struct dispatch_stations {
	u32 count;
	const struct dispatch_station *station;
	const double *charge, *discharge;	/* periods x stations: most MW */
	const double *stock_least, *stock_most; /* periods x stations: MWh after the period */
};

struct dispatch_problem {
	const struct grid *grid;
	u32 periods;
	double hours;				  /* of a period */
	const double *load;			  /* periods x buses, MW */
	const double *available;		  /* periods x units: most output; NULL: as in the case */
	const struct dispatch_stations *stations; /* NULL: none */
	double limits_scale;			  /* on branch limits; 0: limits are ignored */
	enum dispatch_form form;
	const double *reserve; /* by period, MW upwards from units that are no wind; NULL: none */
	bool secure;	       /* N-1 */
	double outage_scale;   /* on branch limits after an outage, besides limits_scale; 0: 1 */
	double seconds;	       /* 0: as long as it takes */
	/* Told after each round and often on the way, NULL: nobody; true ends the search, as seconds do. @cost: of the
	 * last round, NAN before the first; no plan costs less (unless branchings are under way). */
	bool (*progress)(void *context, u32 round, u32 limits, double cost);
	void *context;
};

/* A branch limit after the outage of another branch: flow + factor * flow of the branch that is out. */
struct dispatch_outage {
	u32 period, branch, outage;
	double factor, flow, rent;
};

struct dispatch_plan {
	u32 periods, buses, units, branches, islands;
	double cost;
	double *output; /* periods x units, MW */
	double *angle;	/* periods x buses */
	double *flow;	/* periods x branches */
	double *price;	/* periods x buses, money per MWh */
	double *energy; /* periods x islands: the part that is the same all over the island */
	double *rent;	/* periods x branches: price of the branch's limit, with the sign of the flow's direction (money
			   per MWh) */
	double *ramp;	/* periods x units: price of the ramp limit into this period */
	u32 stations;
	double *charge, *discharge; /* periods x stations, MW */
	double *stock;		    /* periods x stations, MWh */
	double *worth;		    /* periods x stations: of a MWh in the vehicles */
	signed char *open;     /* periods x stations: 1, only charging was left open; -1, only discharging; 0, both */
	u32 branchings;	       /* programs solved to exclude charging and discharging at once */
	double excluded_gap;   /* of the cost, between the plan and the bound without that exclusion */
	bool cut_short;	       /* the search was ended; excluded_gap says how far from the best it may be */
	double *reserve;       /* periods x units, MW kept free upwards; 0 where none is asked for */
	double *headroom;      /* periods x units: price of the room between output + reserve and the most */
	double *reserve_price; /* by period: of one more MW of reserve */
	struct dispatch_outage *after; /* limits after outages that took part */
	u32 outages;		       /* of them */
	u32 splits;		       /* branches whose outage splits the network: not secured */
	u32 rounds;		       /* solutions until no limit was violated */
	u32 limits_added;
	u32 binding; /* branch limits, over all periods */
};

struct dispatch_error {
	char text[320]; /* a sentence without a full stop */
};

/* 0; -EDOM: no output meets the limits, or there is no lowest cost: @ret_error says which; -EINTR: stopped, by time or
 * by @problem->progress, before there was any plan (where there was one, it is the answer); -ENOMEM. */
int dispatch_solve(const struct dispatch_problem *problem, struct dispatch_plan **ret_plan,
		   struct dispatch_error *ret_error);
void dispatch_free(struct dispatch_plan *plan);
struct dispatch_plan *dispatch_plan_new(const struct grid *grid, u32 periods, u32 stations);

/* Least and most flow of a branch under its limit and its angles' limits. */
void dispatch_flow_limits(const struct grid_branch *branch, double scale, double *ret_least, double *ret_most);
/* What a unit can hold ready: 0 for wind. */
double dispatch_reserve_most(const struct grid_unit *unit);
double dispatch_unit_cost(const struct grid_cost *cost, double output);

#endif
