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
 */
#ifndef VOLTGATE_SCHED_DISPATCH_H
#define VOLTGATE_SCHED_DISPATCH_H

#include "agent/sched/grid.h"

#define DISPATCH_PERIODS_MAX 672

enum dispatch_form {
	DISPATCH_LAZY, /* branch limits by distribution factors, added when violated */
	DISPATCH_FULL, /* all limits at once, by angles: the baseline */
};

struct dispatch_problem {
	const struct grid *grid;
	u32 periods;
	double hours;		 /* of a period */
	const double *load;	 /* periods x buses, MW */
	const double *available; /* periods x units: most output; NULL: as in the case */
	double limits_scale;	 /* on branch limits; 0: limits are ignored */
	enum dispatch_form form;
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
	u32 rounds;	/* solutions until no limit was violated */
	u32 limits_added;
	u32 binding; /* branch limits, over all periods */
};

struct dispatch_error {
	char text[320]; /* a sentence without a full stop */
};

/* 0; -EDOM: no output meets the limits, or there is no lowest cost: @ret_error says which; -ENOMEM. */
int dispatch_solve(const struct dispatch_problem *problem, struct dispatch_plan **ret_plan,
		   struct dispatch_error *ret_error);
void dispatch_free(struct dispatch_plan *plan);
struct dispatch_plan *dispatch_plan_new(const struct grid *grid, u32 periods);

/* Least and most flow of a branch under its limit and its angles' limits. */
void dispatch_flow_limits(const struct grid_branch *branch, double scale, double *ret_least, double *ret_most);
double dispatch_unit_cost(const struct grid_cost *cost, double output);

#endif
