// SPDX-License-Identifier: GPL-2.0
/*
 * geonet.c - reads GeoNetworking headers; figures in comments are those of
 * ETSI EN 302 636-4-1 v1.3.1.
 */
#include "agent/its/geonet.h"

#include <errno.h>

#define MAC_LEN 6
#define VLAN_TAGS_MAX 2
#define GN_VERSION 1
#define GN_NEXT_COMMON 1
#define GN_NEXT_SECURED 2
#define BTP_A 1
#define BTP_B 2

/* Leaves @coer behind the EtherType, which is returned. */
static u16 read_ethernet(struct coer *coer, const u8 **ret_source)
{
	u16 type;
	u32 tags;

	coer_bytes(coer, MAC_LEN);
	*ret_source = coer_bytes(coer, MAC_LEN);
	type = coer_u16(coer);
	for (tags = 0; tags < VLAN_TAGS_MAX && (type == 0x8100 || type == 0x88a8); tags++) {
		coer_u16(coer);
		type = coer_u16(coer);
	}
	return type;
}

bool its_outer_is(const u8 *frame, u32 len)
{
	struct coer coer = coer_of(frame, len);
	const u8 *source;

	return read_ethernet(&coer, &source) == ITS_ETHERTYPE && !coer.error;
}

int its_outer_decode(const u8 *frame, u32 len, struct its_outer *ret_outer)
{
	struct coer coer = coer_of(frame, len);
	u8 versions;

	if (read_ethernet(&coer, &ret_outer->source) != ITS_ETHERTYPE)
		coer_fail(&coer, -EBADMSG);
	versions = coer_u8(&coer); /* 9.6.1: version, next header */
	coer_bytes(&coer, 3); /* reserved, lifetime, remaining hop limit: routers change them, so nobody signs them */
	if (!coer.error && versions >> 4 != GN_VERSION)
		coer_fail(&coer, -EOPNOTSUPP);
	if (!coer.error && (versions & 0xf) == GN_NEXT_COMMON)
		coer_fail(&coer, -ENOKEY);
	if (!coer.error && (versions & 0xf) != GN_NEXT_SECURED)
		coer_fail(&coer, -EBADMSG);
	ret_outer->secured = (struct coer_slice){ coer.at, (u32)(coer.end - coer.at) };
	return coer.error;
}

/* Where the source's position vector stands behind the common header, and how long the extended header is (9.8). */
struct extended {
	u8 type; /* header type and subtype; subtype ignored where @any_subtype */
	bool any_subtype;
	u8 position;
	u8 len;
};

static const struct extended *find_extended(u8 type)
{
	static const struct extended table[] = {
		{ 0x10, true, 0, 24 },	/* beacon */
		{ 0x20, true, 4, 48 },	/* GeoUnicast */
		{ 0x30, true, 4, 44 },	/* GeoAnycast */
		{ 0x40, true, 4, 44 },	/* GeoBroadcast */
		{ 0x50, false, 0, 28 }, /* single-hop broadcast */
		{ 0x51, false, 4, 28 }, /* topologically-scoped broadcast */
		{ 0x60, false, 4, 36 }, /* location service request */
		{ 0x61, false, 4, 48 }, /* location service reply */
	};
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].type == (table[i].any_subtype ? type & 0xf0 : type))
			return &table[i];
	return NULL;
}

void its_inner_decode(struct coer_slice payload, struct its_inner *ret_inner)
{
	struct coer coer = coer_sub(payload), vector;
	const struct extended *extended;
	u8 next = coer_u8(&coer) >> 4, type = coer_u8(&coer);
	const u8 *header;

	memset(ret_inner, 0, sizeof(*ret_inner));
	coer_bytes(&coer, 6); /* traffic class, flags, payload length, hop limit, reserved */
	extended = find_extended(type);
	header = extended ? coer_bytes(&coer, extended->len) : NULL;
	if (!header)
		return;
	ret_inner->single_hop = type == 0x50 || type >> 4 == 1;
	vector = coer_of(header + extended->position, 24);
	ret_inner->address = coer_bytes(&vector, 8);
	coer_bytes(&vector, 4); /* timestamp */
	ret_inner->location.latitude = coer_s32(&vector);
	ret_inner->location.longitude = coer_s32(&vector);
	ret_inner->has_source = true;
	if (next != BTP_A && next != BTP_B)
		return;
	ret_inner->port = coer_u16(&coer);
	coer_u16(&coer);
	ret_inner->has_port = !coer.error;
}
