// SPDX-License-Identifier: GPL-2.0
/* route.c - Ethernet, VLAN, IPv4, IPv6 and UDP headers, written byte by byte. */
#include "tools/sim/route.h"

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define ETHERTYPE_VLAN 0x8100
#define ETHERTYPE_QINQ 0x88a8

static u8 *put16(u8 *at, u32 value)
{
	at[0] = (u8)(value >> 8);
	at[1] = (u8)value;
	return at + 2;
}

static u8 *put_bytes(u8 *at, const void *bytes, size_t len)
{
	memcpy(at, bytes, len);
	return at + len;
}

/* Ones' complement sum (RFC 1071), not yet folded. */
static u32 sum_bytes(u32 sum, const u8 *bytes, u32 len)
{
	u32 i;

	for (i = 0; i + 1 < len; i += 2)
		sum += (u32)bytes[i] << 8 | bytes[i + 1];
	return len & 1 ? sum + ((u32)bytes[len - 1] << 8) : sum;
}

static u16 sum_fold(u32 sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (u16)~sum;
}

static u64 span_of(u32 host_bits)
{
	return host_bits >= 32 ? 0xfffffffeULL : host_bits < 2 ? 1 : (1ULL << host_bits) - 2;
}

static bool route_is6(const struct route *route, u32 vehicle)
{
	return route->has6 && (!route->has4 || (vehicle & 1));
}

u64 route_span(const struct route *route)
{
	u64 span4 = span_of(32 - route->from4_bits), span6 = span_of(128 - route->from6_bits);

	if (route->has4 && route->has6)
		return span4 < span6 ? 2 * span4 : 2 * span6;
	return route->has4 ? span4 : span6;
}

void route_source(const struct route *route, u32 vehicle, struct vg_source *ret_source)
{
	bool both = route->has4 && route->has6;
	u32 number = both ? vehicle >> 1 : vehicle, host, i;

	memset(ret_source, 0, sizeof(*ret_source));
	if (route_is6(route, vehicle)) {
		ret_source->family = VG_SOURCE_IPV6;
		memcpy(ret_source->addr, &route->from6, 16);
		host = route->from6_bits == 128 ? 0 : (u32)(1 + number % span_of(128 - route->from6_bits));
		for (i = 0; i < 4; i++)
			ret_source->addr[15 - i] |= (u8)(host >> (8 * i));
		return;
	}
	ret_source->family = VG_SOURCE_IPV4;
	host = route->from4_bits == 32 ? 0 : (u32)(1 + number % span_of(32 - route->from4_bits));
	host |= ntohl(route->from4.s_addr);
	put16(put16(ret_source->addr, host >> 16), host);
}

void route_mac(u32 vehicle, u8 ret_mac[6])
{
	put16(put16(put16(ret_mac, 0x0256), vehicle >> 16), vehicle);
}

static u8 *put_ethernet(const struct route *route, u32 vehicle, const u8 to[6], u16 ethertype, u8 *at)
{
	u32 i;

	at = put_bytes(at, to, 6);
	route_mac(vehicle, at);
	at += 6;
	for (i = 0; i < route->vlan_count; i++) {
		at = put16(at, i + 1 < route->vlan_count ? ETHERTYPE_QINQ : ETHERTYPE_VLAN);
		at = put16(at, route->vlans[i]);
	}
	return put16(at, ethertype);
}

static u8 *put_ipv4(const struct route *route, const struct vg_source *from, bool fragment, u32 len, u8 *at)
{
	static const u8 options[4] = { 1, 1, 1, 0 }; /* no-operation, end of list */
	u32 header = route->headers ? 24 : 20;
	u8 *start = at;

	at = put16(at, 0x4000 | (header / 4) << 8);
	at = put16(at, header + len);
	at = put16(at, fragment ? 0x5647 : 0);
	at = put16(at, fragment ? 0x2000 : 0x4000); /* more fragments, or do not fragment */
	at = put16(at, 64 << 8 | IPPROTO_UDP);
	at = put16(at, 0);
	at = put_bytes(at, from->addr, 4);
	at = put_bytes(at, &route->to4, 4);
	if (route->headers)
		at = put_bytes(at, options, sizeof(options));
	put16(start + 10, sum_fold(sum_bytes(0, start, header)));
	return at;
}

static u8 *put_ipv6(const struct route *route, const struct vg_source *from, bool fragment, u32 len, u8 *at)
{
	static const u8 padding[6] = { 1, 4, 0, 0, 0, 0 }; /* PadN */
	u32 extra = (route->headers ? 16 : 0) + (fragment ? 8 : 0);
	u8 inner = fragment ? IPPROTO_FRAGMENT : IPPROTO_UDP;

	at = put16(put16(at, 0x6000), 0);
	at = put16(at, extra + len);
	at = put16(at, (route->headers ? IPPROTO_HOPOPTS : inner) << 8 | 64);
	at = put_bytes(at, from->addr, 16);
	at = put_bytes(at, &route->to6, 16);
	if (route->headers) {
		at = put_bytes(put16(at, IPPROTO_DSTOPTS << 8), padding, sizeof(padding));
		at = put_bytes(put16(at, inner << 8), padding, sizeof(padding));
	}
	if (fragment)
		at = put16(put16(put16(put16(at, IPPROTO_UDP << 8), 1), 0), 0x5647); /* offset 0, more to come */
	return at;
}

static u16 udp_checksum(const struct route *route, const struct vg_source *from, const u8 *udp, u32 len)
{
	bool is6 = from->family == VG_SOURCE_IPV6;
	u32 sum = IPPROTO_UDP + len;
	u16 folded;

	sum = sum_bytes(sum, from->addr, is6 ? 16 : 4);
	sum = is6 ? sum_bytes(sum, route->to6.s6_addr, 16) : sum_bytes(sum, (const u8 *)&route->to4, 4);
	folded = sum_fold(sum_bytes(sum, udp, len));
	return folded ? folded : 0xffff;
}

u32 route_wrap(const struct route *route, const struct route_packet *packet, const u8 *payload, u32 len, u8 *ret_frame,
	       u32 *ret_payload_at)
{
	bool is6 = route_is6(route, packet->vehicle);
	struct vg_source from;
	u8 *at, *udp;

	route_source(route, packet->vehicle, &from);
	at = put_ethernet(route, packet->vehicle, route->to_mac, is6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4, ret_frame);
	if (is6)
		at = put_ipv6(route, &from, packet->fragment, 8 + len, at);
	else
		at = put_ipv4(route, &from, packet->fragment, 8 + len, at);
	udp = at;
	at = put16(put16(at, packet->from_port), packet->to_port);
	at = put16(put16(at, 8 + len), 0);
	*ret_payload_at = (u32)(at - ret_frame);
	at = put_bytes(at, payload, len);
	put16(udp + 6, udp_checksum(route, &from, udp, 8 + len));
	return (u32)(at - ret_frame);
}

u32 route_wrap_ethernet(const struct route *route, u32 vehicle, u16 ethertype, const u8 *payload, u32 len,
			u8 *ret_frame)
{
	static const u8 everyone[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	u8 *at = put_ethernet(route, vehicle, everyone, ethertype, ret_frame);

	return (u32)(put_bytes(at, payload, len) - ret_frame);
}
