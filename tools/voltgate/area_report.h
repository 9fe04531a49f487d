/* SPDX-License-Identifier: GPL-2.0 */
/*
 * area_report.h - what areas found apart, put together and held against the
 * optimum of the whole; and whether a case can be solved in areas at all.
 */
#ifndef VOLTGATE_TOOLS_AREA_REPORT_H
#define VOLTGATE_TOOLS_AREA_REPORT_H

#include "agent/sched/area.h"
#include "tools/voltgate/plan_case.h"
#include "tools/voltgate/say.h"

struct area_report {
	const struct dispatch_problem *problem;
	u32 areas, deaths;
	json_t *part[AREA_MOST]; /* as area_part_put() made them; not owned */
	bool apart;		 /* the optimum of the whole is not worked out */
};

/* CLI_OK, or another status after a sentence: too many areas, or something that areas cannot hold together. */
int area_judge(const struct dispatch_problem *problem, u32 areas);
/* Prints cost, gap, rounds and bytes. A status: CLI_REFUSED where the ends of ties do not agree. */
int area_report(const struct cli *cli, const struct area_report *report);

#endif
