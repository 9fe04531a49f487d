/* SPDX-License-Identifier: GPL-2.0 */
/*
 * congestion.h - the paper's experiment: what vehicles that charge when they
 * come do to branches, and what it takes to be rid of it (Table 3 and its text).
 *
 * Four stages of one case: charging on arrival without branch limits (the paper's "before"); the same with limits
 * added where passed, outputs alone giving way; charging that may wait, without limits; and with them ("after").
 */
#ifndef VOLTGATE_SCHED_CONGESTION_H
#define VOLTGATE_SCHED_CONGESTION_H

#include "agent/sched/certificate.h"
#include "agent/sched/crowd.h"

enum congestion_stages {
	CONGESTION_BEFORE,
	CONGESTION_OUTPUTS,
	CONGESTION_WAITING,
	CONGESTION_AFTER,
	CONGESTION_STAGES,
};

struct congestion_stage {
	const char *name;
	struct dispatch_plan *plan; /* NULL: there is none, error says why */
	struct dispatch_error error;
	double *load;		       /* periods x buses, with charging on arrival where it is */
	u32 overloads, branches;       /* branches over their limit, by period and altogether */
	double worst;		       /* MW over the limit, at most */
	double price_mean, price_most; /* over buses with load or vehicles and periods, weighted by load */
	double price_charging;	       /* what vehicles charge at, weighted by what they draw; 0: they draw nothing */
	struct certificate certificate;
};

struct congestion {
	const struct dispatch_problem *problem; /* its stations are those of the crowd */
	const struct crowd *crowd;
	struct congestion_stage stage[CONGESTION_STAGES];
};

/* @problem: the case with flexible stations of @crowd and limits. 0, or -ENOMEM; a stage without plan is no error. */
int congestion_run(const struct dispatch_problem *problem, const struct crowd *crowd,
		   struct congestion *ret_congestion);
void congestion_done(struct congestion *congestion);
/* MW by which branch @l passes its limit in @stage at period @t; 0 or less: it does not. */
double congestion_excess(const struct congestion *congestion, const struct congestion_stage *stage, u32 t, u32 l);

#endif
