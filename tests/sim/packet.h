/* SPDX-License-Identifier: GPL-2.0 */
/*
 * packet.h - takes a frame of the simulator apart again, independently of how
 * it was put together: for the tests' checks.
 */
#ifndef VOLTGATE_TESTS_SIM_PACKET_H
#define VOLTGATE_TESTS_SIM_PACKET_H

#include "voltgate/source.h"
#include "voltgate/types.h"

struct packet {
	u32 vlans;
	u16 vlan[2];
	u16 ethertype;
	u16 from_port, to_port;
	bool udp, fragment, checksums_right;
	struct vg_source source;
	const u8 *payload;
	u32 payload_len;
};

static inline u32 packet_be(const u8 *at, u32 len)
{
	u32 value = 0;

	while (len--)
		value = value << 8 | *at++;
	return value;
}

/* RFC 1071 over @len bytes at @at and @start; 0xffff if a checksum within is right. */
static inline u32 packet_sum(u32 start, const u8 *at, u32 len)
{
	u64 sum = start;
	u32 i;

	for (i = 0; i < len; i++)
		sum += i & 1 ? at[i] : (u32)at[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (u32)sum;
}

static inline bool packet_udp(const u8 *udp, const u8 *end, const u8 *addresses, u32 addresses_len, struct packet *ret)
{
	u32 len = packet_be(udp + 4, 2);

	if (udp + len != end)
		return false;
	ret->udp = true;
	ret->from_port = (u16)packet_be(udp, 2);
	ret->to_port = (u16)packet_be(udp + 2, 2);
	ret->payload = udp + 8;
	ret->payload_len = len - 8;
	ret->checksums_right &= packet_sum(packet_sum(17 + len, addresses, addresses_len), udp, len) == 0xffff;
	return true;
}

/* False if lengths within the frame do not agree with each other. */
static inline bool packet_read(const u8 *frame, u32 len, struct packet *ret)
{
	const u8 *at = frame + 12, *end = frame + len, *ip;
	u32 header, next;

	memset(ret, 0, sizeof(*ret));
	for (ret->ethertype = (u16)packet_be(at, 2); ret->ethertype == 0x8100 || ret->ethertype == 0x88a8;
	     ret->ethertype = (u16)packet_be(at, 2)) {
		ret->vlan[ret->vlans++] = (u16)packet_be(at + 2, 2);
		at += 4;
	}
	ip = at + 2;
	ret->checksums_right = true;
	if (ret->ethertype == 0x0800) {
		header = (ip[0] & 15) * 4u;
		ret->fragment = packet_be(ip + 6, 2) & 0x3fff;
		ret->checksums_right = packet_sum(0, ip, header) == 0xffff;
		ret->source.family = VG_SOURCE_IPV4;
		memcpy(ret->source.addr, ip + 12, 4);
		return packet_be(ip + 2, 2) == (u32)(end - ip) && packet_udp(ip + header, end, ip + 12, 8, ret);
	}
	if (ret->ethertype != 0x86dd)
		return true;
	ret->source.family = VG_SOURCE_IPV6;
	memcpy(ret->source.addr, ip + 8, 16);
	if (packet_be(ip + 4, 2) != (u32)(end - ip - 40))
		return false;
	for (next = ip[6], at = ip + 40; next != 17; at += 8) { /* all extension headers sent are 8 bytes */
		ret->fragment |= next == 44;
		next = at[0];
	}
	return packet_udp(at, end, ip + 8, 32, ret);
}

#endif
