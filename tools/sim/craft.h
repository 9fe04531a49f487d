/* SPDX-License-Identifier: GPL-2.0 */
/*
 * craft.h - draws the next packet to send, by mode and weight, and says what
 * the gate must answer. No clock and no I/O; one crafter per thread, each with
 * vehicles of its own, so that what a vehicle sends stays in order.
 */
#ifndef VOLTGATE_SIM_CRAFT_H
#define VOLTGATE_SIM_CRAFT_H

#include "tools/sim/dice.h"
#include "tools/sim/fleet.h"
#include "tools/sim/mode.h"
#include "tools/sim/oracle.h"
#include "tools/sim/route.h"

struct its_shots;

/* What all crafters share; nothing of it changes while they run. */
struct craft_plan {
	u32 weights[MODE_COUNT];
	u32 weight_total;
	int expect;	 /* a reason that overrides what the core says (deny list, revocation), or -1 */
	int payload_len; /* -1: as the type has it */
	u16 from_port;
	struct oracle oracle;
	struct route route;
	struct vg_siphash_key mac1_key;
	struct vg_siphash_key cookie_secret;
	u32 session_burst; /* of the gate's policy */
};

struct shot {
	enum mode mode; /* what was asked for, or accepted where it prepares that */
	int expected;	/* enum vg_reason or REASON_NONE */
	bool action;	/* accepted and to be recorded */
	u32 payload_at; /* UDP payload within the frame; 0: not UDP */
	u32 len;
	u8 frame[ROUTE_FRAME_MAX];
};

struct crafter {
	const struct craft_plan *plan;
	struct vehicle *vehicles; /* this crafter's own */
	u32 vehicle_count;
	struct dice dice;
	u32 turn;	/* whose turn it is among the vehicles */
	u32 number, of; /* this crafter among all: hello sources never meet */
	u32 hellos;
	int pending; /* a mode that waits for its vehicle to be primed, or -1 */
	struct vehicle *pending_vehicle;
	struct its_shots *its; /* NULL: no ITS modes */
};

void crafter_init(struct crafter *crafter, const struct craft_plan *plan, struct vehicle *vehicles, u32 vehicle_count,
		  u32 number, u32 of, u64 seed);
/* The next packet, generated at @now (Time64). 0, or -errno where an ITS frame could not be signed. */
int crafter_next(struct crafter *crafter, u64 now, struct shot *ret_shot);

#endif
