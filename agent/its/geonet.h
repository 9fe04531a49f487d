/* SPDX-License-Identifier: GPL-2.0 */
/*
 * geonet.h - GeoNetworking (ETSI EN 302 636-4-1 v1.3.1 and later) around
 * signed data: what stands before it in the frame, and what its payload says
 * of itself. Read in place. Payloads inform only: a payload that is not
 * GeoNetworking is no reason to refuse what its sender signed.
 */
#ifndef VOLTGATE_ITS_GEONET_H
#define VOLTGATE_ITS_GEONET_H

#include "agent/its/coer.h"
#include "agent/its/signeddata.h"

#define ITS_ETHERTYPE 0x8947

struct its_outer {
	const u8 *source;	   /* MAC, 6 bytes */
	struct coer_slice secured; /* Ieee1609Dot2Data */
};

struct its_inner {
	bool has_source;	      /* the fields down to location are there */
	bool single_hop;	      /* the frame's sender is the source */
	const u8 *address;	      /* GN_ADDR, 8 bytes; its last six are a MAC address */
	struct its_location location; /* of the source */
	bool has_port;
	u16 port; /* BTP destination port */
};

/* True if the frame's EtherType, behind at most two VLAN tags, is GeoNetworking's. */
bool its_outer_is(const u8 *frame, u32 len);
/*
 * Takes off Ethernet, VLAN tags and the basic header. 0, -EBADMSG, -ENOKEY (not
 * secured), -EOPNOTSUPP (another version: its security is not IEEE 1609.2 v3).
 */
int its_outer_decode(const u8 *frame, u32 len, struct its_outer *ret_outer);
/* Reads common and extended header and BTP port as far as they are there. */
void its_inner_decode(struct coer_slice payload, struct its_inner *ret_inner);

#endif
