/* SPDX-License-Identifier: GPL-2.0 */
/*
 * charge_room.h - what the files of agent/charge share.
 *
 *   charge.c      opening, the connection to the consortium, the rhythm
 *   request.c     an action on its way to the ledger and back
 *   home.c        the own node, asked without a connection
 *   heartbeat.c   heads of the verdict chain, posted by the gateway itself
 *   outlook.c     the load of the gateway's station, told by it
 */
#ifndef VOLTGATE_CHARGE_ROOM_H
#define VOLTGATE_CHARGE_ROOM_H

#include "agent/agent.h"
#include "agent/charge/charge.h"
#include "agent/charge/errands.h"
#include "agent/charge/heartbeat.h"
#include "agent/charge/home.h"
#include "agent/charge/outlook.h"
#include "agent/charge/proofs.h"
#include "agent/client/invoker.h"

struct charge {
	struct agent *agent;
	struct proofs *proofs;
	struct errands *errands;
	struct event *tick;
	u32 ticks;

	/* The channel, once it is open here; made anew when its configuration changes. */
	u8 channel[LEDGER_HASH_LEN];
	struct consortium *consortium; /* NULL: not yet */
	struct home *home;
	struct invoker *invoker;
	struct heartbeat *heartbeat; /* NULL: the gateway has no client's key of its own */
	struct outlook *outlook;     /* the same, and NULL where there is no station */
	bool troubled;		     /* and why was said */

	struct charge_counts counts;
};

/* The open channel's ledger that the section names, or NULL. */
struct ledger *charge_ledger(const struct charge *charge);

/* --- request.c: invoker_options.done and .endorsed of actions --- */
void request_done(struct charge *charge, const struct invoker_result *result);
void request_endorsed(struct charge *charge, u64 number, struct span text);
/* Often: who waits for long is told how far it is. */
void request_tick(struct charge *charge, u64 now_us);

#endif
