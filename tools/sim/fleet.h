/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fleet.h - the simulated vehicles: session, what the gate should know of it,
 * and the last packet it sent.
 *
 * A session file has one vehicle a line, "ID KEY [NEXT-SEQUENCE]" (16 and 32
 * hex digits, decimal), '#' begins a comment; it holds secrets and must be of
 * mode 0600.
 */
#ifndef VOLTGATE_SIM_FLEET_H
#define VOLTGATE_SIM_FLEET_H

#include "tools/libvehicle/voltgate-vehicle.h"
#include "voltgate/authenticate.h"
#include "voltgate/source.h"
#include "voltgate/vid.h"

#define FLEET_MAX 2000000
#define FLEET_LAST_MAX 128 /* longest packet kept for a replay */

struct vg_session {
	struct vg_session_auth auth;
};

struct vehicle {
	struct voltgate_session session;
	struct vg_session gate; /* as the gate must have it by now */
	u32 index;		/* gives the vehicle its addresses */
	u32 accepted;		/* packets of this run */
	bool primed;		/* an accepted packet of this run lies in the gate's window */
	u16 last_len;		/* last accepted packet, 0: none kept */
	u64 last_generated;	/* Time64 */
	u8 last[FLEET_LAST_MAX];
};

struct fleet {
	struct vehicle *vehicles; /* wiped when the fleet is done */
	u32 count;
};

struct fleet_error {
	char text[320];
};

/* @count vehicles with random keys, or, if @seed is not 0, with those that the seed gives. 0 or -ENOMEM. */
int fleet_make(struct fleet *fleet, u32 count, u64 seed);
/* Reads a session file; sequences not given begin at @first_sequence. 0 or -errno and a sentence. */
int fleet_load(struct fleet *fleet, const char *path, u64 first_sequence, struct fleet_error *ret_error);
/* Writes one, whole or not at all. */
int fleet_save(const struct fleet *fleet, const char *path, struct fleet_error *ret_error);
void fleet_done(struct fleet *fleet);

#endif
