/* SPDX-License-Identifier: GPL-2.0 */
/*
 * heartbeat.h - what a gateway says on the ledger in its own name, by the
 * client's key of [charge]: the head of its verdict chain, so that it cannot be cut short unnoticed, every heartbeat-s
 * of the channel while the chain grows; and its alarm records, so that others know what was refused there, at most
 * HEARTBEAT_ALARMS in a beat. One statement at a time, and nothing waits for it; alarms that find no room in the queue
 * stay in the gate's own log.
 */
#ifndef VOLTGATE_CHARGE_HEARTBEAT_H
#define VOLTGATE_CHARGE_HEARTBEAT_H

#include "agent/client/invoker.h"
#include "ledger/evidence.h"

#define HEARTBEAT_ALARMS 8
#define HEARTBEAT_QUEUE 64 /* alarms that wait */

struct heartbeat_options {
	struct consortium *consortium; /* its certificate's key is an enrolled client */
	u32 timeout_ms;		       /* of one statement */
	void (*anchored)(void *arg);   /* a head is on the ledger */
	void (*reported)(void *arg);   /* an alarm is */
	void *arg;
};

struct heartbeat;

/* NULL: no memory. */
struct heartbeat *heartbeat_new(const struct heartbeat_options *options);
void heartbeat_free(struct heartbeat *heartbeat); /* NULL is fine */
/* A stored alarm record with its path: copied. False: there is no room. In the chain's order. */
bool heartbeat_alarm(struct heartbeat *heartbeat, const struct evidence *proof);
/* Often: what is under way goes on. @last: the last batch that is stored, NULL if there is none. @now_ms monotonic. */
void heartbeat_tick(struct heartbeat *heartbeat, const struct vg_batch_seal *last, u64 now_ms);

#endif
