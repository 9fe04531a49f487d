/* SPDX-License-Identifier: GPL-2.0 */
/*
 * greet_room.h - what greet.c (sessions) and greet_hello.c (the queue of
 * hellos, cookies) share. For nobody else.
 *
 *   hello socket --structure, mac1, limiter--> queue --at most so many per second and per turn--> judged
 *        \--over its rate, or under load without a cookie--> a cookie           --welcome--> gate, vehicle
 *
 * The queue's length is the load: three quarters full, the XDP program is told to demand cookies, until the queue was
 * short for a while. A full queue stops the reading of hellos; the kernel drops what is beyond the socket's buffer.
 */
#ifndef VOLTGATE_GREET_ROOM_H
#define VOLTGATE_GREET_ROOM_H

#include <event2/event.h>

#include "agent/admission.h"
#include "agent/datagram.h"
#include "agent/greet.h"
#include "agent/handshake/limiter.h"
#include "agent/handshake/responder.h"

struct greet {
	struct agent *agent;
	struct responder *responder;
	struct limiter *limiter;
	struct responder_gate gate;
	u64 gate_asked_ms;	      /* when it was last asked who it is */
	enum admission_reason reason; /* of the hello being judged */
	u8 cookie_key[NOISE_KEY_LEN];
	struct vg_budget cookie_budget, work_budget;
	struct vg_budget_rate cookie_rate, work_rate;
	struct event *hello_events[2], *work_event;
	bool reading;
	bool loaded;
	u64 short_since_ms; /* since when the queue has been short */
	u64 told_ms;	    /* when refusals were last said */
	struct admission_counts told;
	struct greet_counts counts;
	u32 size, head, count;
	struct datagram burst[DATAGRAM_BURST];
	struct datagram queue[];
};

/* --- greet.c --- */
/* Judges one hello; brings its session into the gate; sends the welcome. */
void greet_judge(struct greet *greet, const struct datagram *hello);
void greet_send(struct greet *greet, const struct greeted_path *path, const void *bytes, size_t len);

/* --- greet_hello.c --- */
int greet_hello_open(struct greet *greet);
void greet_hello_close(struct greet *greet);
/* Hands @path a cookie for the hello with @mac1, if there is still one for this second. */
void greet_cookie(struct greet *greet, const struct greeted_path *path, const u8 mac1[VG_VID_TAG_LEN]);
/* Ends the load if it is over. */
void greet_hello_tick(struct greet *greet);

#endif
