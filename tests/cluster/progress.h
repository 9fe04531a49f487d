/* SPDX-License-Identifier: GPL-2.0 */
/*
 * progress.h - how far a long run of seeds has come: a line now and then, and a record by which an
 * interrupted run goes on, if program and range are the same.
 */
#ifndef VOLTGATE_TESTS_CLUSTER_PROGRESS_H
#define VOLTGATE_TESTS_CLUSTER_PROGRESS_H

#include "voltgate/types.h"

#define PROGRESS_FAILED_MAX 1000 /* seeds remembered; more are only counted */

struct progress {
	const char *file; /* NULL: none is kept */
	u64 first, last;
	u64 through; /* all seeds up to here are done */
	u64 earlier; /* of them in earlier runs */
	u32 earlier_failed;
	u32 rules; /* that those passed through */
	u64 failed[PROGRESS_FAILED_MAX];
	u32 failed_count;
	u64 started_s, told_s, kept_s;
};

/* Reads what an earlier run of the same program left in @file; through = first - 1 if there is nothing. */
void progress_init(struct progress *progress, const char *file, u64 first, u64 last);
/* Tells every 15 s, keeps every 5 s. @done: seeds of this run, @failed: of all runs. */
void progress_tick(struct progress *progress, u64 done, u64 failed);
/* The whole range is done: nothing is left to go on with. */
void progress_done(struct progress *progress);

#endif
