// SPDX-License-Identifier: GPL-2.0
/*
 * list_frame.c - reads a frame by offsets, each checked against the length.
 */
#include "tools/experiments/list_frame.h"

#include <netinet/in.h>

#include "voltgate/vid.h"

#define VLAN_TAGS 3
#define IPV6_HEADERS 6
#define IPV6_FRAGMENT_LEN 8

/* What is left of the frame. */
struct rest {
	const u8 *at;
	size_t len;
};

static bool skip(struct rest *rest, size_t len)
{
	if (len > rest->len)
		return false;
	rest->at += len;
	rest->len -= len;
	return true;
}

static u16 word_at(const struct rest *rest, size_t at)
{
	return (u16)(rest->at[at] << 8 | rest->at[at + 1]);
}

/* Leaves the UDP header at the front; false: no UDP header for us here. */
static bool read_ipv4(struct rest *rest, struct list_frame *frame)
{
	size_t header;

	if (rest->len < 20)
		return false;
	header = (rest->at[0] & 15) * 4U;
	if (rest->at[0] >> 4 != 4 || header < 20 || rest->at[9] != IPPROTO_UDP || word_at(rest, 6) & 0x1fff)
		return false;
	frame->family = 4;
	memcpy(frame->source, rest->at + 12, 4);
	return skip(rest, header);
}

static bool read_ipv6(struct rest *rest, struct list_frame *frame)
{
	u32 headers;
	u8 next;

	if (rest->len < 40 || rest->at[0] >> 4 != 6)
		return false;
	next = rest->at[6];
	frame->family = 6;
	memcpy(frame->source, rest->at + 8, 16);
	skip(rest, 40);
	for (headers = 0; next != IPPROTO_UDP && headers < IPV6_HEADERS; headers++) {
		size_t len = IPV6_FRAGMENT_LEN;

		if (rest->len < 8)
			return false;
		if (next == IPPROTO_HOPOPTS || next == IPPROTO_DSTOPTS || next == IPPROTO_ROUTING)
			len = (rest->at[1] + 1U) * 8;
		else if (next != IPPROTO_FRAGMENT || word_at(rest, 2) & 0xfff8)
			return false;
		next = rest->at[0];
		if (!skip(rest, len))
			return false;
	}
	return next == IPPROTO_UDP;
}

static enum list_frame_kind read_udp(struct rest *rest, struct list_frame *frame)
{
	struct vg_vid_fields fields;
	u8 header[VG_VID_HEADER_LEN];
	size_t len;

	if (rest->len < 8 || word_at(rest, 2) != VG_VID_PORT)
		return LIST_FRAME_OTHER;
	len = word_at(rest, 4);
	skip(rest, 8);
	if (len < 8 + VG_VID_OVERHEAD || len - 8 > rest->len)
		return LIST_FRAME_WRONG;
	memcpy(header, rest->at, sizeof(header)); /* the frame's may not be aligned */
	if (!vg_vid_decode((const struct vg_vid *)header, (u32)len - 8, &fields))
		return LIST_FRAME_WRONG;
	if (fields.type == VG_VID_HELLO)
		return LIST_FRAME_OTHER;
	frame->session = fields.session;
	return LIST_FRAME_VEHICLE;
}

enum list_frame_kind list_frame_read(const u8 *bytes, size_t len, struct list_frame *ret_frame)
{
	struct rest rest = { bytes, len };
	u16 type;
	u32 tags;

	*ret_frame = (struct list_frame){ .family = 0 };
	if (!skip(&rest, 12))
		return LIST_FRAME_OTHER;
	for (tags = 0; tags <= VLAN_TAGS; tags++) {
		if (rest.len < 2)
			return LIST_FRAME_OTHER;
		type = word_at(&rest, 0);
		if (type != 0x8100 && type != 0x88a8 && type != 0x9100)
			break;
		if (!skip(&rest, 4))
			return LIST_FRAME_OTHER;
	}
	if (tags > VLAN_TAGS || !skip(&rest, 2))
		return LIST_FRAME_OTHER;
	if (type == 0x0800 ? !read_ipv4(&rest, ret_frame) : type != 0x86dd || !read_ipv6(&rest, ret_frame))
		return LIST_FRAME_OTHER;
	return read_udp(&rest, ret_frame);
}
