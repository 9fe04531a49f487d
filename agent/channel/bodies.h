/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bodies.h - bodies of proposals by header hash, from when they come until
 * their number is stable: to be carried out, to be given to replicas that lack them, and kept across views.
 *
 * A body is only proved by carrying it out: the header hashes outcomes and state. @giver says whom to blame before.
 * At most BODIES_PER_NUMBER for a number, at most twice the window of numbers.
 */
#ifndef VOLTGATE_CHANNEL_BODIES_H
#define VOLTGATE_CHANNEL_BODIES_H

#include "agent/pbft/message.h"

#define BODIES_PER_NUMBER 4
#define BODIES_NUMBERS (2 * PBFT_WINDOW_MAX)
#define BODIES_OWN 0xffffffff /* giver: built here, or from the vote log */

struct body {
	u64 number, order;
	u8 header[32];
	u8 *bytes;
	size_t len;
	u32 giver;	/* node */
	bool proved;	/* carried out, and the header came out */
	bool persisted; /* in the vote log */
	bool sent;	/* went out beside its pre-prepare */
};

struct bodies {
	struct body slots[BODIES_NUMBERS][BODIES_PER_NUMBER];
	u64 order, bytes;
};

struct body *bodies_find(struct bodies *bodies, u64 number, const u8 header[32]);
/* Takes @bytes (malloc'd) over. One that is not proved gives way to a newer one. NULL: no place; @bytes freed. */
struct body *bodies_put(struct bodies *bodies, u64 number, const u8 header[32], u8 *bytes, size_t len, u32 giver);
void bodies_drop(struct bodies *bodies, struct body *body);
/* Those of numbers up to @number go. */
void bodies_stable(struct bodies *bodies, u64 number);
void bodies_clear(struct bodies *bodies);

#endif
