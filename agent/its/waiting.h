/* SPDX-License-Identifier: GPL-2.0 */
/*
 * waiting.h - frames that wait for their signer's certificate: bounded, and
 * fair among signers.
 *
 * When the room is full, a frame of the signer with the most frames waiting
 * makes room (its oldest; the newcomer's own, if it is one of them); where all
 * have one frame and the newcomer none, the oldest of all. So whoever floods
 * under one name pushes out nobody but itself. Names cost nothing to invent;
 * who floods under many of them shortens everybody's wait alike, and that is
 * all.
 */
#ifndef VOLTGATE_ITS_WAITING_H
#define VOLTGATE_ITS_WAITING_H

#include "agent/its/verifier.h"

/*
 * A sender makes ten frames a second and shows its certificate within one; more
 * under one name is a flood, and would all be verified at once when the
 * certificate comes.
 */
#define ITS_WAITING_PER_SIGNER 32

struct its_queue;

struct its_waiter {
	u8 signer[8];
	struct its_verdict verdict; /* as far as it is known; verdict.frame is bytes */
	u64 now;		    /* Time64 at submission */
	u64 deadline_us;
	struct its_waiter *newer, *older; /* of all */
	struct its_waiter *next;	  /* of the signer's, oldest first */
	struct its_queue *queue;
	u8 bytes[];
};

struct its_waiting;

int its_waiting_new(u32 capacity, struct its_waiting **ret_waiting); /* -ENOMEM */
void its_waiting_free(struct its_waiting *waiting);		     /* must be empty but for memory */
/*
 * Copies the frame of @verdict in. *ret_dropped: a waiter that had to make
 * room (the caller reports and frees it), or NULL. -ENOMEM; -ENOSPC: no room at all
 * (capacity 0).
 */
int its_waiting_put(struct its_waiting *waiting, const u8 signer[8], const struct its_verdict *verdict, u64 now,
		    u64 deadline_us, struct its_waiter **ret_dropped);
/* Takes the oldest frame of @signer out, or NULL. The caller frees it with free(). */
struct its_waiter *its_waiting_take(struct its_waiting *waiting, const u8 signer[8]);
/* Takes out the oldest frame if its deadline is not after @now_us, or NULL. */
struct its_waiter *its_waiting_expire(struct its_waiting *waiting, u64 now_us);
u32 its_waiting_count(const struct its_waiting *waiting);

#endif
