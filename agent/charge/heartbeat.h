/* SPDX-License-Identifier: GPL-2.0 */
/*
 * heartbeat.h - what a gateway says on the ledger in its own name: the head of
 * its verdict chain, so that it cannot be cut short unnoticed. Posted every heartbeat-s of the channel while the chain
 * grows, by the client's key of [charge]; one at a time, tried again with the next beat, and nothing waits for it.
 */
#ifndef VOLTGATE_CHARGE_HEARTBEAT_H
#define VOLTGATE_CHARGE_HEARTBEAT_H

#include "agent/client/invoker.h"
#include "voltgate/record.h"

struct heartbeat_options {
	struct consortium *consortium; /* its certificate's key is an enrolled client */
	u32 timeout_ms;		       /* of one statement */
	void (*anchored)(void *arg);   /* a head is on the ledger */
	void *arg;
};

struct heartbeat;

/* NULL: no memory. */
struct heartbeat *heartbeat_new(const struct heartbeat_options *options);
void heartbeat_free(struct heartbeat *heartbeat); /* NULL is fine */
/* Often: what is under way goes on. @last: the last batch that is stored, NULL if there is none. @now_ms monotonic. */
void heartbeat_tick(struct heartbeat *heartbeat, const struct vg_batch_seal *last, u64 now_ms);

#endif
