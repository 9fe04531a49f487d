// SPDX-License-Identifier: GPL-2.0
/*
 * vid_test.c - the structure check of VIDs: every type, every length for
 * every stated payload length near it, every bit of a good header.
 */
#include "tests/ktap.h"
#include "voltgate/vid.h"

static void put_be(u8 *at, int size, u64 value)
{
	while (size--) {
		at[size] = value;
		value >>= 8;
	}
}

/* A header by its offsets as PROTOCOL.md has them, not by struct vg_vid. */
static void make_header(u8 header[32], u8 type, u32 payload_len)
{
	memset(header, 0, 32);
	put_be(header, 1, 1);
	put_be(header + 1, 1, type);
	put_be(header + 2, 2, payload_len);
	put_be(header + 8, 8, 0x0102030405060708);
	put_be(header + 16, 8, 0x1112131415161718);
	put_be(header + 24, 8, 0x2122232425262728);
}

static bool decodes(const u8 *header, u32 len)
{
	struct vg_vid_fields fields;

	return vg_vid_decode((const struct vg_vid *)header, len, &fields);
}

static void test_fields(void)
{
	struct vg_vid_fields fields;
	u8 header[33];

	make_header(header + 1, VG_VID_METER, 300); /* at an odd address */
	ktap_ok(vg_vid_decode((const struct vg_vid *)(header + 1), 348, &fields) && fields.type == 18 &&
			fields.payload_len == 300 && fields.session == 0x0102030405060708 &&
			fields.sequence == 0x1112131415161718 && fields.generated == 0x2122232425262728,
		"every field is read from its offset, unaligned");
}

static void test_lengths(void)
{
	u32 stated, len, wrong = 0;
	u8 header[32];

	for (stated = 0; stated <= 65535; stated++) {
		make_header(header, VG_VID_BEACON, stated);
		for (len = stated < 8 ? 0 : stated; len < stated + 100; len++)
			wrong += decodes(header, len) != (len == stated + 48 && stated <= 1024);
	}
	ktap_ok(!wrong, "payload lengths 0..65535 against datagrams from %s to 99 bytes longer: %u wrong", "theirs",
		wrong);
}

static void test_types(void)
{
	static const u8 known[] = { 16, 17, 18, 19, 20 };
	u32 type, i, wrong = 0, actions = 0;
	u8 header[32];

	for (type = 0; type < 256; type++) {
		bool good = type == 1;

		for (i = 0; i < sizeof(known); i++)
			good |= type == known[i];
		make_header(header, type, 64);
		wrong += decodes(header, 112) != good;
		actions += vg_vid_is_action(type) && type <= 20;
	}
	ktap_ok(!wrong, "of 256 types exactly hello and 16..20 may come in: %u wrong", wrong);
	ktap_ok(actions == 4 && !vg_vid_is_action(VG_VID_BEACON) && !vg_vid_is_action(VG_VID_HELLO),
		"17..20 are actions, beacons and hellos are not");
}

static void test_hello(void)
{
	u32 payload_len, wrong = 0;
	u8 header[32];

	for (payload_len = 0; payload_len <= 1025; payload_len++) {
		make_header(header, VG_VID_HELLO, payload_len);
		memset(header + 8, 0, 16);
		wrong += decodes(header, payload_len + 48) != (payload_len >= 16 && payload_len <= 1024);
	}
	ktap_ok(!wrong, "a hello has room for mac2 and needs neither session nor sequence: %u wrong", wrong);
}

static void test_bits(void)
{
	u8 good[32], header[32];
	int bit, accepted = 0, field_bits = 0;

	make_header(good, VG_VID_BEACON, 64);
	for (bit = 0; bit < 64; bit++) {
		memcpy(header, good, 32);
		header[bit / 8] ^= 0x80 >> bit % 8;
		accepted += decodes(header, 112);
	}
	/* type 16 with its lowest bit flipped is 17, with bit 2 flipped 20, with bit 1 flipped 18: three known types */
	ktap_ok(accepted == 3,
		"one flipped bit in the first eight bytes: only those that make another known type pass (%d)",
		accepted);
	for (bit = 64; bit < 256; bit++) {
		memcpy(header, good, 32);
		header[bit / 8] ^= 0x80 >> bit % 8;
		field_bits += decodes(header, 112);
	}
	ktap_ok(field_bits == 192, "session, sequence and time are not judged by structure");
}

static void test_zero(void)
{
	u8 header[32];
	int at, refused = 0;

	for (at = 4; at < 8; at++) {
		make_header(header, VG_VID_BEACON, 64);
		header[at] = 1;
		refused += !decodes(header, 112);
	}
	make_header(header, VG_VID_BEACON, 64);
	memset(header + 8, 0, 8);
	refused += !decodes(header, 112);
	make_header(header, VG_VID_BEACON, 64);
	memset(header + 16, 0, 8);
	refused += !decodes(header, 112);
	ktap_ok(refused == 6, "the zero field must be zero, session and sequence must not");
}

int main(void)
{
	ktap_plan(0);
	test_fields();
	test_lengths();
	test_types();
	test_hello();
	test_bits();
	test_zero();
	return ktap_exit();
}
