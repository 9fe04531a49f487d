// SPDX-License-Identifier: GPL-2.0
/* frame.c - see frame.h. */
#include "frame.h"

#include <arpa/inet.h>

static void put16(struct frame *frame, u32 at, u32 value)
{
	frame->bytes[at] = value >> 8;
	frame->bytes[at + 1] = value;
}

void frame_begin(struct frame *frame)
{
	static const u8 macs[12] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 7 };

	memset(frame, 0, sizeof(*frame));
	memcpy(frame->bytes, macs, sizeof(macs));
	frame->type_at = 12;
	frame->len = 14;
}

void frame_ethertype(struct frame *frame, u16 type)
{
	put16(frame, frame->type_at, type);
}

void frame_vlan(struct frame *frame, u16 type)
{
	frame_ethertype(frame, type);
	put16(frame, frame->len, 42);
	frame->type_at = frame->len + 2;
	frame->len += 4;
}

void frame_ipv4(struct frame *frame, const u8 source[4], u32 options)
{
	static const u8 otherwise[4] = { 192, 0, 2, 7 };
	u8 *ip = frame->bytes + frame->len;

	frame_ethertype(frame, 0x0800);
	frame->ip_at = frame->len;
	frame->ip_header_len = 20 + options;
	ip[0] = 0x40 | frame->ip_header_len / 4;
	ip[8] = 64;
	memcpy(ip + 12, source ? source : otherwise, 4);
	memcpy(ip + 16, "\xc0\x00\x02\x01", 4);
	memset(ip + 20, 1, options);
	frame->type_at = frame->len + 9;
	frame->len += frame->ip_header_len;
}

void frame_ipv6(struct frame *frame, const u8 source[16])
{
	static const u8 otherwise[16] = { 0x20, 1, 0x0d, 0xb8, [15] = 7 };
	u8 *ip = frame->bytes + frame->len;

	frame_ethertype(frame, 0x86dd);
	frame->ip_at = frame->len;
	frame->ip_header_len = 40;
	frame->ipv6 = true;
	ip[0] = 0x60;
	ip[7] = 64;
	memcpy(ip + 8, source ? source : otherwise, 16);
	memcpy(ip + 24, otherwise, 16);
	ip[39] = 1;
	frame->type_at = frame->len + 6;
	frame->len += 40;
}

u32 frame_extension(struct frame *frame, u8 type, u32 len)
{
	u32 at = frame->len;

	frame->bytes[frame->type_at] = type;
	frame->type_at = at;
	frame->bytes[at + 1] = type == 44 ? 0 : type == 51 ? len / 4 - 2 : len / 8 - 1;
	frame->len += type == 44 ? 8 : len;
	return at;
}

void frame_udp(struct frame *frame, u16 port)
{
	frame->bytes[frame->type_at] = 17;
	frame->udp_at = frame->len;
	put16(frame, frame->len, 40000);
	put16(frame, frame->len + 2, port);
	put16(frame, frame->len + 6, 0xbeef); /* a checksum that nobody looks at */
	frame->len += 8;
}

void frame_bytes(struct frame *frame, const void *bytes, u32 len)
{
	memcpy(frame->bytes + frame->len, bytes, len);
	frame->len += len;
}

void frame_end(struct frame *frame)
{
	if (frame->udp_at)
		put16(frame, frame->udp_at + 4, frame->len - frame->udp_at);
	if (frame->ip_at && frame->ipv6)
		put16(frame, frame->ip_at + 4, frame->len - frame->ip_at - 40);
	else if (frame->ip_at)
		put16(frame, frame->ip_at + 2, frame->len - frame->ip_at);
}

u32 frame_vid_make(const struct frame_vid *vid, u8 *ret_bytes)
{
	struct vg_vid *header = (void *)ret_bytes;
	struct vg_siphash_tag tag;
	u32 i;

	memset(ret_bytes, 0, VG_VID_HEADER_LEN);
	header->version = VG_VID_VERSION;
	header->type = vid->type;
	header->payload_len = htons(vid->payload_len);
	header->session = vg_be64(vid->session);
	header->sequence = vg_be64(vid->sequence);
	header->generated = vg_be64(vid->generated);
	for (i = 0; i < vid->payload_len; i++)
		ret_bytes[VG_VID_HEADER_LEN + i] = i * 7 + 3;
	vg_siphash(&vid->key, ret_bytes, VG_VID_HEADER_LEN + vid->payload_len, &tag);
	vg_siphash_tag_encode(&tag, ret_bytes + VG_VID_HEADER_LEN + vid->payload_len);
	return VG_VID_OVERHEAD + vid->payload_len;
}

u32 frame_hello_make(const struct vg_siphash_key *key, const struct vg_siphash_key *cookie, u32 payload_len,
		     u8 *ret_bytes)
{
	struct frame_vid vid = { .type = VG_VID_HELLO, .payload_len = payload_len };
	u32 len = frame_vid_make(&vid, ret_bytes);
	u8 *mac2 = ret_bytes + len - 2 * VG_VID_TAG_LEN;
	struct vg_siphash_tag tag;

	memset(mac2, 0, VG_VID_TAG_LEN);
	if (cookie) {
		vg_siphash(cookie, ret_bytes, mac2 - ret_bytes, &tag);
		vg_siphash_tag_encode(&tag, mac2);
	}
	vg_siphash(key, ret_bytes, len - VG_VID_TAG_LEN, &tag);
	vg_siphash_tag_encode(&tag, ret_bytes + len - VG_VID_TAG_LEN);
	return len;
}

void frame_plain(struct frame *frame, bool ipv6, const u8 *vid, u32 len)
{
	frame_begin(frame);
	if (ipv6)
		frame_ipv6(frame, NULL);
	else
		frame_ipv4(frame, NULL, 0);
	frame_udp(frame, VG_VID_PORT);
	frame_bytes(frame, vid, len);
	frame_end(frame);
}
