// SPDX-License-Identifier: GPL-2.0
/* refresh.c - finds the eight bytes and replaces them. */
#include "agent/its/geonet.h"
#include "tools/sim/refresh.h"
#include "voltgate/vid.h"

#define ETHERNET_LEN 14
#define UDP_LEN 8

static u32 get16(const u8 *at)
{
	return (u32)at[0] << 8 | at[1];
}

/* Where the network layer begins; its EtherType. 0 if the frame is too short. */
static u32 network_at(const u8 *frame, u32 len, u32 *ret_type)
{
	u32 at = ETHERNET_LEN, tags;

	if (len < ETHERNET_LEN)
		return 0;
	*ret_type = get16(frame + 12);
	for (tags = 0; tags < 2 && (*ret_type == 0x8100 || *ret_type == 0x88a8); tags++, at += 4) {
		if (len < at + 4)
			return 0;
		*ret_type = get16(frame + at + 2);
	}
	return at;
}

/* Where the UDP header to our port begins; 0: none. Extension headers are not looked behind. */
static u32 udp_at(const u8 *frame, u32 len)
{
	u32 type = 0, at = network_at(frame, len, &type), udp = 0;

	if (!at)
		return 0;
	if (type == 0x0800 && len >= at + 20 && frame[at + 9] == 17 && !(get16(frame + at + 6) & 0x3fff))
		udp = at + (frame[at] & 15) * 4u;
	else if (type == 0x86dd && len >= at + 40 && frame[at + 6] == 17)
		udp = at + 40;
	return udp && len >= udp + UDP_LEN + VG_VID_OVERHEAD && get16(frame + udp + 2) == VG_VID_PORT ? udp : 0;
}

/* RFC 1624: the checksum follows from what was taken out and what was put in. */
static void checksum_replace(u8 *checksum, const u8 *old, const u8 *new, u32 len)
{
	u32 sum = (~get16(checksum)) & 0xffff, i;

	if (!get16(checksum))
		return; /* IPv4 without one */
	for (i = 0; i < len; i += 2)
		sum += ((~get16(old + i)) & 0xffff) + get16(new + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	sum = ~sum & 0xffff;
	sum = sum ? sum : 0xffff;
	checksum[0] = (u8)(sum >> 8);
	checksum[1] = (u8)sum;
}

static bool refresh_vid(u8 *frame, u32 len, u64 now)
{
	u64 wire = vg_be64(now);
	u32 udp = udp_at(frame, len);
	u8 *generated = frame + udp + UDP_LEN + offsetof(struct vg_vid, generated);

	if (!udp)
		return false;
	checksum_replace(frame + udp + 6, generated, (const u8 *)&wire, sizeof(wire));
	memcpy(generated, &wire, sizeof(wire));
	return true;
}

static bool refresh_its(u8 *frame, u32 len, u64 now)
{
	u64 wire = vg_be64(now), old;
	struct its_outer outer;
	struct its_signed data;
	const u8 *from, *end, *found;

	if (!its_outer_is(frame, len) || its_outer_decode(frame, len, &outer))
		return false;
	memset(&data, 0, sizeof(data));
	if (its_signed_decode(outer.secured, &data) || !data.has_generated)
		return false;
	old = vg_be64(data.generated);
	from = data.has_payload ? data.payload.at + data.payload.len : data.tbs.at;
	end = data.tbs.at + data.tbs.len;
	found = memmem(from, (size_t)(end - from), &old, sizeof(old));
	if (!found)
		return false;
	memcpy(frame + (found - frame), &wire, sizeof(wire));
	return true;
}

bool refresh_frame(u8 *frame, u32 len, u64 now)
{
	return refresh_vid(frame, len, now) || refresh_its(frame, len, now);
}
