/* SPDX-License-Identifier: GPL-2.0 */
/*
 * action.h - action packets (VID type 17 and up) as the network stack hands
 * them over, held until a stored verdict covers their digest. What no verdict
 * covers in time is never acted on: so a gate that was taken off an interface
 * lets nothing through.
 *
 * Packet and verdict come in either order; the table holds both, bounded,
 * oldest out first. Not thread-safe.
 */
#ifndef VOLTGATE_ACTION_H
#define VOLTGATE_ACTION_H

#include "agent/datagram.h"
#include "agent/verdictlog.h"
#include "voltgate/reason.h"

struct action_events {
	void *arg;
	/* @datagram: a whole VID, covered by record @index of the batch with @head. Called once for each. */
	void (*acted)(void *arg, const struct vg_batch_head *head, u32 index, const struct vg_record *record,
		      const struct datagram *datagram);
	/* A beacon of @session came through; no verdict says so. NULL: nobody listens. */
	void (*beacon)(void *arg, u64 session);
};

struct action_counts {
	u64 received; /* datagrams of any kind */
	u64 beacons;
	u64 hellos;  /* that did not come by their own socket */
	u64 foreign; /* not a VID that a vehicle may send */
	u64 acted;
	u64 uncovered; /* packets whose verdict did not come in time, or that had to make room */
	u64 unclaimed; /* verdicts whose packet did not come in time (lost behind the gate) */
	u64 dropped;   /* datagrams that the socket had no room for */
	u32 waiting;   /* entries now, packets and verdicts */
};

struct action;

/* @limit entries at most, each for @timeout_ms. -ENOMEM. */
int action_new(u32 limit, u32 timeout_ms, const struct action_events *events, struct action **ret_action);
/* Closes the sockets. NULL is fine. */
void action_free(struct action *action);
/* Opens UDP port 47800: datagram_open(). */
int action_open_sockets(struct action *action);
const struct datagram_port *action_port(const struct action *action);

/* Takes what waits in the socket @fd at @now_ms (monotonic); returns the datagrams taken. */
u32 action_receive(struct action *action, int fd, u64 now_ms);
void action_packet(struct action *action, const struct datagram *datagram, u64 now_ms);
/* The records of a batch that is stored and verified. */
void action_cover(struct action *action, const struct batch *batch, u64 now_ms);
/* Lets go what waited too long. Returns how many packets that were. */
u64 action_expire(struct action *action, u64 now_ms);
void action_counts(const struct action *action, struct action_counts *ret_counts);

#endif
