/* SPDX-License-Identifier: GPL-2.0 */
/*
 * route.h - how a packet is addressed, and the Ethernet frame around it.
 * Pure. Every vehicle has a number; from it follow its MAC address, its IP
 * address within the source prefix, and its UDP port.
 */
#ifndef VOLTGATE_SIM_ROUTE_H
#define VOLTGATE_SIM_ROUTE_H

#include <netinet/in.h>
#include "voltgate/source.h"
#include "voltgate/types.h"

#define ROUTE_VLANS_MAX 2
#define ROUTE_FRAME_MAX 2048
#define ROUTE_OVERHEAD_MAX (14 + 4 * ROUTE_VLANS_MAX + 40 + 16 + 8)

struct route {
	u8 to_mac[6];
	u16 vlans[ROUTE_VLANS_MAX]; /* ids, outer first */
	u32 vlan_count;
	bool has4, has6; /* both: vehicles alternate */
	struct in_addr to4, from4;
	struct in6_addr to6, from6;
	u32 from4_bits, from6_bits;
	bool headers; /* IPv4 options, IPv6 hop-by-hop and destination options */
};

/* One packet's part of the addressing. */
struct route_packet {
	u32 vehicle; /* its number */
	u16 from_port, to_port;
	bool fragment; /* a first fragment */
};

/* How many different sources the route has. */
u64 route_span(const struct route *route);
/* The source that vehicle number @vehicle shows. */
void route_source(const struct route *route, u32 vehicle, struct vg_source *ret_source);
/* The vehicle's own MAC address, locally administered. */
void route_mac(u32 vehicle, u8 ret_mac[6]);
/*
 * Puts Ethernet, VLAN tags, IP and UDP with checksums around @payload.
 * @ret_frame holds ROUTE_FRAME_MAX bytes, @len is at most that less
 * ROUTE_OVERHEAD_MAX. Returns the frame's length; @ret_payload_at: where the
 * payload begins in it.
 */
u32 route_wrap(const struct route *route, const struct route_packet *packet, const u8 *payload, u32 len, u8 *ret_frame,
	       u32 *ret_payload_at);
/* Puts Ethernet and VLAN tags around a payload of another protocol, to everyone. Returns the length. */
u32 route_wrap_ethernet(const struct route *route, u32 vehicle, u16 ethertype, const u8 *payload, u32 len,
			u8 *ret_frame);

#endif
