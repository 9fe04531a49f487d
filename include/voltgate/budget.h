/* SPDX-License-Identifier: GPL-2.0 */
/*
 * budget.h - a token bucket without division on its path.
 *
 * Tokens are counted in nanoseconds: a packet costs @cost_ns (1e9 / rate) and
 * the bucket never holds more than @burst packets' worth. One word of state:
 * the moment at which the bucket was, or will be, empty (the "theoretical
 * arrival time" of the generic cell rate algorithm, ITU-T I.371). The caller
 * holds whatever lock makes the two steps one.
 */
#ifndef VOLTGATE_BUDGET_H
#define VOLTGATE_BUDGET_H

#include "types.h"

struct vg_budget {
	u64 empty_ns; /* 0: full */
};

/* As a policy states it; cost_ns 0 means no limit. */
struct vg_budget_rate {
	u64 cost_ns;  /* 1e9 / packets per second */
	u64 burst_ns; /* cost_ns * burst */
};

/* True if one packet more is affordable at @now_ns; changes nothing. */
VG_INLINE bool vg_budget_has(const struct vg_budget *budget, const struct vg_budget_rate *rate, u64 now_ns)
{
	u64 empty_ns = VG_READ_ONCE(budget->empty_ns);

	return !rate->cost_ns || empty_ns <= now_ns || empty_ns - now_ns <= rate->burst_ns - rate->cost_ns;
}

/* Spends one packet. False, and nothing spent, if it is not affordable. */
VG_INLINE bool vg_budget_take(struct vg_budget *budget, const struct vg_budget_rate *rate, u64 now_ns)
{
	u64 from;

	if (!rate->cost_ns)
		return true;
	if (!vg_budget_has(budget, rate, now_ns))
		return false;
	from = budget->empty_ns > now_ns ? budget->empty_ns : now_ns;
	budget->empty_ns = from + rate->cost_ns;
	return true;
}

#ifndef __bpf__
/* @rate_pps packets per second (0: no limit), @burst packets at once (at least 1). */
static inline struct vg_budget_rate vg_budget_rate_of(u32 rate_pps, u32 burst)
{
	struct vg_budget_rate rate = { 0, 0 };

	if (rate_pps) {
		rate.cost_ns = 1 + (1000000000u - 1) / rate_pps; /* rounded up: the rate is never exceeded */
		rate.burst_ns = rate.cost_ns * (burst ? burst : 1);
	}
	return rate;
}
#endif

#endif
