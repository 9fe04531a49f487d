/* SPDX-License-Identifier: GPL-2.0 */
/*
 * conflict.h - why there is no plan: an irreducible set of limits that exclude
 * each other. Take any one of them away and the rest can be met.
 *
 * Found by leaving limits out one after the other (deletion filter): what can stay out without making the rest
 * possible is no part of the reason. Many are tried at once first, halves where that does not do. Outages (N-1) are
 * looked at in networks of up to some 600 branches for a period. First in single periods, then, where only ramps are to
 * blame, over all.
 */
#ifndef VOLTGATE_SCHED_CONFLICT_H
#define VOLTGATE_SCHED_CONFLICT_H

#include "agent/sched/dispatch.h"

#define CONFLICT_LIMITS_MAX 64

enum conflict_kind {
	CONFLICT_UNIT_MOST,
	CONFLICT_UNIT_LEAST,
	CONFLICT_RAMP,
	CONFLICT_BRANCH,
	CONFLICT_ENERGY,
	CONFLICT_RESERVE,
	CONFLICT_OUTAGE
};

struct conflict_limit {
	enum conflict_kind kind;
	u32 index; /* of the unit, branch or station; of the period; of the branch that goes out */
};

struct conflict {
	u32 period; /* from 0; ~0: over several periods */
	u32 count;
	u32 untold; /* beyond CONFLICT_LIMITS_MAX */
	struct conflict_limit limit[CONFLICT_LIMITS_MAX];
};

/* 0 with the set; -ENOENT: there is a plan after all; -ENOMEM. */
int conflict_find(const struct dispatch_problem *problem, struct conflict *ret_conflict);
/* The set in words, without a full stop, cut at @size. */
void conflict_words(const struct dispatch_problem *problem, const struct conflict *conflict, char *ret_text,
		    size_t size);

#endif
