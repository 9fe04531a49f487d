/* SPDX-License-Identifier: GPL-2.0 */
/*
 * list_frame.h - from an Ethernet frame to the vehicle identifier in it, as a
 * list check reads it (listcheck.c): up to three VLAN tags, IPv4 or IPv6, UDP
 * to port 47800, then a vehicle-ID packet (PROTOCOL.md section 1). Pure; no byte behind the frame's length is read.
 */
#ifndef VOLTGATE_EXPERIMENTS_LIST_FRAME_H
#define VOLTGATE_EXPERIMENTS_LIST_FRAME_H

#include "voltgate/types.h"

enum list_frame_kind {
	LIST_FRAME_OTHER, /* not to our port, a later fragment, or a hello, which carries no identifier yet */
	LIST_FRAME_WRONG, /* to our port, and no vehicle-ID packet */
	LIST_FRAME_VEHICLE,
};

struct list_frame {
	u64 session; /* host order; of LIST_FRAME_VEHICLE only */
	u8 family;   /* 4 or 6; not of LIST_FRAME_OTHER */
	u8 source[16];
};

enum list_frame_kind list_frame_read(const u8 *bytes, size_t len, struct list_frame *ret_frame);

#endif
