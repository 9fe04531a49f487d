/* SPDX-License-Identifier: GPL-2.0 */
/*
 * wire.h - what will happen, in order of virtual time: a binary heap of events,
 * of equal times the earlier pushed first, so that a run has one order.
 */
#ifndef VOLTGATE_CLUSTER_WIRE_H
#define VOLTGATE_CLUSTER_WIRE_H

#include "voltgate/types.h"

enum wire_kind {
	WIRE_PARCEL, /* reaches @member from @from */
	WIRE_WAKE,   /* what channel_io.wake() asked for */
	WIRE_FLUSH,  /* end of a round of @member's loop */
	WIRE_START,  /* @member's process starts (again) */
	WIRE_RESUME, /* @member was paused */
	WIRE_FAULT,  /* next fault is drawn */
	WIRE_MEND,   /* fault number @number ends */
	WIRE_CLIENT, /* client @member has a turn */
	WIRE_LIE,    /* liar @member says something unasked */
	WIRE_LOOK,   /* the judge looks whether the run is over */
};

struct wire_event {
	u64 at, order;
	enum wire_kind kind;
	u32 member, from;
	u64 number;
	u8 *bytes; /* parcel: malloc'd */
	size_t len;
};

struct wire {
	struct wire_event *heap;
	u32 count, room;
	u64 order;
};

void wire_push(struct wire *wire, const struct wire_event *event);
/* The next event, its bytes the caller's. False: nothing will ever happen. */
bool wire_pop(struct wire *wire, struct wire_event *ret_event);
void wire_done(struct wire *wire);

#endif
