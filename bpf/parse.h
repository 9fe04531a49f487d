/* SPDX-License-Identifier: GPL-2.0 */
/*
 * parse.h - from a frame to what is ours in it.
 *
 * Ours are UDP datagrams to port 47800 over IPv4 or IPv6 and frames of
 * EtherType 0x8947, behind up to three VLAN tags (802.1Q, 802.1ad, 0x9100).
 * All else is foreign and passes untouched, at once:
 *   - frames that end before it is known whether they are ours: the stack
 *     drops them itself
 *   - fragments but the first: they carry no port and never become a datagram
 *     without the first, which is dropped if it is ours
 * What is ours must be exact: IP total length = IP header + UDP length, all
 * of it in the frame, no fragment. Bytes behind (Ethernet padding) are
 * tolerated. More than VG_IPV6_HEADERS extension headers are malformed: what
 * they hide cannot be told, and nobody sends them.
 *
 * No checksum is checked: the tag covers every byte that the gate judges and
 * is stronger; the stack checks IP and UDP sums of what we let pass.
 * Source: PROTOCOL.md P5, D4.
 */
#ifndef VOLTGATE_BPF_PARSE_H
#define VOLTGATE_BPF_PARSE_H

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include "mac.h"

#define VG_ETHERTYPE_ITS 0x8947
#define VG_VLAN_TAGS 3
#define VG_IPV6_HEADERS 6
#define VG_IP_OFFSET 0x1fff
#define VG_IP_MORE 0x2000

enum vg_frame_kind { VG_FRAME_FOREIGN, VG_FRAME_MALFORMED, VG_FRAME_VID, VG_FRAME_ITS };

VG_INLINE bool vg_parse_is_vlan(u16 type)
{
	return type == bpf_htons(ETH_P_8021Q) || type == bpf_htons(ETH_P_8021AD) || type == bpf_htons(ETH_P_QINQ1);
}

/* This CPU's frame, empty but for its source's family. NULL cannot be. */
VG_INLINE struct vg_frame *vg_parse_ours(u8 family, u32 bits)
{
	struct vg_frame *frame = vg_frame_get();

	if (!frame)
		return NULL;
	__builtin_memset(frame, 0, sizeof(*frame));
	frame->from.bits = 32 + bits;
	frame->from.source.family = family;
	return frame;
}

/* The UDP header at @udp, @at in the frame, known to be to our port; by the IP header's word @ip_payload bytes from it
 * on. */
VG_INLINE enum vg_frame_kind vg_parse_udp(const struct udphdr *udp, const u8 *end, u32 at, s64 ip_payload,
					  bool fragment, struct vg_frame *frame)
{
	const u8 *vid = (const u8 *)(udp + 1);
	u32 udp_len;

	if (fragment || (const u8 *)(udp + 1) > end)
		return VG_FRAME_MALFORMED;
	udp_len = vg_be16(udp->len);
	if (udp_len < sizeof(*udp) || udp_len != ip_payload || end - (const u8 *)udp < udp_len)
		return VG_FRAME_MALFORMED;
	frame->port = udp->source;
	frame->offset = at + sizeof(*udp);
	frame->len = udp_len - sizeof(*udp);
	frame->type = vid + 2 <= end ? vid[1] : 0;
	return VG_FRAME_VID;
}

VG_INLINE bool vg_parse_is_our_port(const struct udphdr *udp, const u8 *end)
{
	return (const u8 *)udp + 4 <= end && udp->dest == bpf_htons(VG_VID_PORT);
}

VG_INLINE enum vg_frame_kind vg_parse_ipv4(const u8 *data, const u8 *end, u32 at)
{
	const struct iphdr *ip = (const void *)(data + at);
	const struct udphdr *udp;
	struct vg_frame *frame;
	u32 header, fragment;

	if ((const u8 *)(ip + 1) > end || ip->protocol != IPPROTO_UDP)
		return VG_FRAME_FOREIGN;
	header = ip->ihl * 4;
	fragment = vg_be16(ip->frag_off);
	if (ip->version != 4 || header < sizeof(*ip) || (fragment & VG_IP_OFFSET))
		return VG_FRAME_FOREIGN;
	udp = (const void *)((const u8 *)ip + header);
	if (!vg_parse_is_our_port(udp, end))
		return VG_FRAME_FOREIGN;
	frame = vg_parse_ours(VG_SOURCE_IPV4, 32);
	if (!frame)
		return VG_FRAME_FOREIGN;
	frame->ip = at;
	memcpy(frame->from.source.addr, &ip->saddr, 4);
	return vg_parse_udp(udp, end, at + header, (s64)vg_be16(ip->tot_len) - header, fragment & VG_IP_MORE, frame);
}

VG_INLINE bool vg_parse_is_extension(u8 next)
{
	return next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_DSTOPTS || next == IPPROTO_AH ||
	       next == IPPROTO_FRAGMENT;
}

/*
 * Steps over one extension header at *@at. False if it ends the walk: the
 * next header is none of these, the frame ends, or it is a later fragment.
 */
VG_INLINE bool vg_parse_ipv6_step(const u8 *data, const u8 *end, u32 *at, u8 *next, bool *fragment)
{
	const u8 *header = vg_packet_at(data, *at);
	u32 len;

	if (header + 8 > end)
		return false;
	switch (*next) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
		len = (header[1] + 1) * 8;
		break;
	case IPPROTO_AH:
		len = (header[1] + 2) * 4;
		break;
	case IPPROTO_FRAGMENT:
		if (vg_be16(*(const u16 *)(header + 2)) & 0xfff8)
			return false;
		*fragment = true;
		len = 8;
		break;
	default:
		return false;
	}
	*next = header[0];
	*at += len; /* at most 26 + 40 + 6 * 2048 in the end */
	/* Unchanged by this; but all ways through the headers now look alike to the verifier, which then walks one. */
	asm volatile("%0 &= 0x3fff" : "+r"(*at));
	return true;
}

VG_INLINE enum vg_frame_kind vg_parse_ipv6(const u8 *data, const u8 *end, u32 at)
{
	const struct ipv6hdr *ip = (const void *)(data + at);
	const struct udphdr *udp;
	struct vg_frame *frame;
	bool fragment = false;
	u32 start, i;
	u8 next;

	if ((const u8 *)(ip + 1) > end || ip->version != 6)
		return VG_FRAME_FOREIGN;
	next = ip->nexthdr;
	start = at + sizeof(*ip);
	at = start;
#pragma clang loop unroll(disable)
	for (i = 0; i < VG_IPV6_HEADERS && next != IPPROTO_UDP; i++)
		if (!vg_parse_ipv6_step(data, end, &at, &next, &fragment))
			return VG_FRAME_FOREIGN;
	udp = (const void *)vg_packet_at(data, at);
	if (next == IPPROTO_UDP ? !vg_parse_is_our_port(udp, end) : !vg_parse_is_extension(next))
		return VG_FRAME_FOREIGN;
	frame = vg_parse_ours(VG_SOURCE_IPV6, 128);
	if (!frame)
		return VG_FRAME_FOREIGN;
	frame->ip = start - sizeof(*ip);
	memcpy(frame->from.source.addr, &ip->saddr, 16);
	if (next != IPPROTO_UDP)
		return VG_FRAME_MALFORMED; /* one header too many */
	return vg_parse_udp(udp, end, at, (s64)vg_be16(ip->payload_len) - (at - start), fragment, frame);
}

/* Tells what the frame is; fills this CPU's struct vg_frame for what is ours. */
VG_INLINE enum vg_frame_kind vg_parse(struct xdp_md *ctx)
{
	const u8 *data = (const u8 *)(long)ctx->data, *end = (const u8 *)(long)ctx->data_end;
	const struct ethhdr *ethernet = (const void *)data;
	u32 at = sizeof(*ethernet), i;
	struct vg_frame *frame;
	u16 type;

	if (data + at > end)
		return VG_FRAME_FOREIGN;
	type = ethernet->h_proto;
#pragma unroll
	for (i = 0; i < VG_VLAN_TAGS; i++) {
		if (!vg_parse_is_vlan(type))
			break;
		if (data + at + 4 > end)
			return VG_FRAME_FOREIGN;
		type = *(const u16 *)(data + at + 2);
		at += 4;
	}
	if (type == bpf_htons(ETH_P_IP))
		return vg_parse_ipv4(data, end, at);
	if (type == bpf_htons(ETH_P_IPV6))
		return vg_parse_ipv6(data, end, at);
	if (type != bpf_htons(VG_ETHERTYPE_ITS))
		return VG_FRAME_FOREIGN;
	frame = vg_parse_ours(VG_SOURCE_MAC, 48);
	if (!frame)
		return VG_FRAME_FOREIGN;
	memcpy(frame->from.source.addr, ethernet->h_source, ETH_ALEN);
	frame->offset = at;
	return VG_FRAME_ITS;
}

#endif
