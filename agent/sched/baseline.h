/* SPDX-License-Identifier: GPL-2.0 */
/*
 * baseline.h - what charging without a plan does, to compare with: each period
 * the vehicles that are there are served in some order, as long as there is power.
 */
#ifndef VOLTGATE_SCHED_BASELINE_H
#define VOLTGATE_SCHED_BASELINE_H

#include "agent/sched/charging.h"

enum baseline {
	BASELINE_UNCONTROLLED, /* at once and whatever the limit says */
	BASELINE_FIRST_COME,
	BASELINE_EARLIEST_DEADLINE,
	BASELINE_LEAST_LAXITY, /* whose charge can wait least: stay left less time of charging left */
	BASELINE_ROUND_ROBIN,  /* a small portion each in turn; turns go on where they ended */
	BASELINES,
};

extern const char *const baseline_names[BASELINES];

/* -ENOMEM. */
int baseline_charge(const struct charging_site *site, enum baseline method, struct charging_plan **ret_plan);

#endif
