/* SPDX-License-Identifier: GPL-2.0 */
/*
 * run.h - sends what the options ask for, on as many threads, at their rate,
 * until a bound is reached.
 */
#ifndef VOLTGATE_SIM_RUN_H
#define VOLTGATE_SIM_RUN_H

#include "tools/sim/options.h"
#include "tools/sim/sender.h"
#include "tools/sim/tally.h"

/* Set by the signal handler; every thread ends soon after. */
extern volatile int run_stop;

/* Now, as the gate counts it. */
u64 run_time64(const struct options *options);
/* 0 or -errno and a sentence; @ret_tally holds in either case what went out. */
int run_all(const struct options *options, struct fleet *fleet, struct tally *ret_tally,
	    struct sender_error *ret_error);

#endif
