/* SPDX-License-Identifier: GPL-2.0 */
/*
 * plan_progress.h - how far a plan has come, on standard error once it takes
 * longer than two seconds; Ctrl-C ends the search with what there is, a second one ends the program.
 */
#ifndef VOLTGATE_TOOLS_PLAN_PROGRESS_H
#define VOLTGATE_TOOLS_PLAN_PROGRESS_H

#include "agent/sched/dispatch.h"

struct plan_progress {
	double start, told; /* seconds of a steady clock */
	bool terminal;
};

/* Lets @problem tell @progress from now on, and takes over SIGINT. */
void plan_progress_start(struct plan_progress *progress, struct dispatch_problem *problem);
/* Clears the line. */
void plan_progress_end(const struct plan_progress *progress);
/* Was Ctrl-C pressed? */
bool plan_progress_interrupted(void);

#endif
