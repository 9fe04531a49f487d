/* SPDX-License-Identifier: GPL-2.0 */
/*
 * plan_area.h - one area of a case as a process: its sockets, its clock, and
 * what it says on standard output when the areas have agreed.
 */
#ifndef VOLTGATE_TOOLS_PLAN_AREA_H
#define VOLTGATE_TOOLS_PLAN_AREA_H

#include "agent/sched/area.h"

struct plan_area_words {
	u32 index, areas;
	const char *const *address; /* of each area: a path (unix datagrams), or HOST:PORT (UDP) */
	double drill;		    /* share of what is sent that is lost on purpose, and as much again said twice */
	int out;		    /* its part of the plan is written here as a line of JSON whenever it is done */
	int until;		    /* it answers its neighbours until nothing more can be read here */
};

/* 0 once @until ends, -errno with a sentence without a full stop. */
int plan_area_run(const struct dispatch_problem *problem, const struct plan_area_words *words, char ret_error[320]);

#endif
