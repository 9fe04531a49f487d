/* SPDX-License-Identifier: GPL-2.0 */
/*
 * limiter.h - hellos of one source per second, before any work with keys: a
 * token bucket for each source address and one, LIMITER_NETWORK times as
 * wide, for its network (IPv6: /64, which one machine may own whole; IPv4: /24).
 *
 * Memory is what was asked for at the start. Sources share sets of a keyed hash; the one of a set that was
 * idle longest makes room, so that a flood of addresses can make a limit forgotten, never refuse a quiet source.
 * Pure.
 */
#ifndef VOLTGATE_HANDSHAKE_LIMITER_H
#define VOLTGATE_HANDSHAKE_LIMITER_H

#include "voltgate/budget.h"
#include "voltgate/siphash.h"
#include "voltgate/source.h"

#define LIMITER_WAYS 4
#define LIMITER_NETWORK 16

struct limiter;

/* At least @sources places of some 40 bytes; @rate: of one source; @key: random. -ENOMEM. */
int limiter_new(u32 sources, const struct vg_budget_rate *rate, const struct vg_siphash_key *key,
		struct limiter **ret_limiter);
void limiter_free(struct limiter *limiter); /* NULL is fine */
/* @rate from now on; what was spent stays spent. */
void limiter_set_rate(struct limiter *limiter, const struct vg_budget_rate *rate);
/* Spends one hello of @source at @now_ns (monotonic). False: over its rate or its network's. */
bool limiter_take(struct limiter *limiter, const struct vg_source *source, u64 now_ns);

#endif
