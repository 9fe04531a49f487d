/* SPDX-License-Identifier: GPL-2.0 */
/*
 * area.h - one area's own part of a dispatch: its buses, units and stations, and
 * of other areas nothing but the far ends of the lines that tie it to them. What an area and its neighbour must agree
 * on is, for each tie and period, the line's flow and the mean of its ends' angles.
 *
 * Consensus by the alternating direction method of multipliers (Boyd et al., 2011, section 7): each area minimises
 * its cost + price * x + weight / 2 * (x - z)^2 over its own x; see consensus.h for who learns what when.
 */
#ifndef VOLTGATE_SCHED_AREA_H
#define VOLTGATE_SCHED_AREA_H

#include "agent/sched/dispatch.h"

#define AREA_MOST 64
#define AREA_TIES_MAX 512 /* of one area */

struct area_tie {
	u32 branch; /* of the whole grid */
	u32 neighbour;
	bool outward; /* the branch begins here */
};

/* What is said about one tie in one period. */
enum area_kinds { AREA_FLOW, AREA_ANGLE, AREA_KINDS }; /* MW; radians times the branch's susceptance */

struct area {
	const struct dispatch_problem *whole;
	u32 index, ties;
	struct area_tie *tie; /* by neighbour, then by branch */
	u32 buses, units, stations;
	u32 *bus, *unit, *station; /* own ones, indices of the whole */
	struct area_work *work;	   /* area.c's own */
};

/* How many areas the buses of @grid name: 0 .. n - 1. */
u32 area_count(const struct grid *grid);
/* What prices are like, for the first weights: the dearest unit's at half its output. Money per MWh. */
double area_price_scale(const struct grid *grid);
/* 0; -EINVAL: the problem asks for what areas cannot do apart (reserve, N-1), with a sentence; -EDOM; -ENOMEM. */
int area_new(const struct dispatch_problem *whole, u32 index, struct area **ret_area, struct dispatch_error *ret_error);
void area_free(struct area *area);
/*
 * Least cost with the penalties. @price, @aim, @ret_x: (ties x periods) x AREA_KINDS, the period running within the
 * tie; @weight: by tie x AREA_KINDS. 0; -EDOM with a sentence; -ENOMEM.
 */
int area_solve(struct area *area, const double *price, const double *aim, const double *weight, double *ret_x,
	       struct dispatch_error *ret_error);

/* Of the last solution: into a plan of the whole, its own outputs, stations, prices and angles; its own cost added. */
void area_put(const struct area *area, struct dispatch_plan *plan);
/* Flows of a plan that all areas have put their parts into, by Kirchhoff from its injections; the largest mismatch
 * (MW) between what both ends of a tie say (@flow: by area's tie order is the caller's to compare). -ENOMEM, -EDOM. */
int area_flows(const struct dispatch_problem *whole, struct dispatch_plan *plan);

#endif
