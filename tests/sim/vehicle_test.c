// SPDX-License-Identifier: GPL-2.0
/* vehicle_test.c - the vehicle library against the core's decoder and libsodium's SipHash. */
#include <errno.h>
#include <sodium.h>
#include "tests/ktap.h"
#include "tools/libvehicle/voltgate-vehicle.h"
#include "voltgate/time64.h"
#include "voltgate/vid.h"

#define ROUNDS 20000

static const enum voltgate_type types[] = { VOLTGATE_BEACON, VOLTGATE_CHARGE_REQUEST, VOLTGATE_METER,
					    VOLTGATE_CHARGE_STOP, VOLTGATE_RATING };

/* True if one random packet is exactly what the core and libsodium expect. */
static bool one_agrees(void)
{
	u8 key[16], payload[VOLTGATE_PAYLOAD_MAX], packet[VOLTGATE_VID_MAX], tag[16];
	u32 len = randombytes_uniform(VOLTGATE_PAYLOAD_MAX + 1);
	enum voltgate_type type = types[randombytes_uniform(5)];
	struct voltgate_session session;
	struct vg_vid_fields fields;
	u64 id = 0, generated, sequence;
	int made;

	randombytes_buf(key, sizeof(key));
	randombytes_buf(payload, len);
	randombytes_buf(&generated, sizeof(generated));
	while (!id)
		randombytes_buf(&id, sizeof(id));
	voltgate_session_init(&session, id, key);
	session.next_sequence = sequence = 1 + randombytes_random();
	made = voltgate_vid_make(&session, type, generated, payload, len, packet, sizeof(packet));
	if (made != (int)(48 + len) || session.next_sequence != sequence + 1)
		return false;
	if (!vg_vid_decode((const struct vg_vid *)packet, (u32)made, &fields))
		return false;
	crypto_shorthash_siphashx24(tag, packet, (u64)made - 16, key);
	return fields.session == id && fields.sequence == sequence && fields.generated == generated &&
	       fields.payload_len == len && fields.type == (u32)type && !memcmp(packet + 32, payload, len) &&
	       !memcmp(packet + made - 16, tag, 16);
}

static void test_random(void)
{
	int i, agreed = 0;

	for (i = 0; i < ROUNDS; i++)
		agreed += one_agrees();
	ktap_ok(agreed == ROUNDS, "%d of %d random packets agree with the core's decoder and libsodium's tag", agreed,
		ROUNDS);
}

/* Bytes written down by hand from PROTOCOL.md; the tag by libsodium. */
static void test_bytes(void)
{
	static const u8 key[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
	static const u8 wanted[34] = { 1, 17, 0, 2, 0, 0, 0, 0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0,
				       0, 0,  0, 0, 0, 0, 1, 0, 2,    0x8c, 0x1a, 0x2b, 0x3c, 0x4d, 0x5e, 'h',	'i' };
	struct voltgate_session session;
	u8 packet[VOLTGATE_VID_MAX], tag[16];
	int made;

	voltgate_session_init(&session, 0x1122334455667788ULL, key);
	made = voltgate_vid_make(&session, VOLTGATE_CHARGE_REQUEST, 0x00028c1a2b3c4d5eULL, "hi", 2, packet,
				 sizeof(packet));
	crypto_shorthash_siphashx24(tag, wanted, sizeof(wanted), key);
	ktap_ok(made == 50 && !memcmp(packet, wanted, 34) && !memcmp(packet + 34, tag, 16),
		"a packet has the bytes that PROTOCOL.md says");
}

static void test_refusals(void)
{
	struct voltgate_session session;
	u8 key[16] = { 1 }, payload[1025] = { 0 }, packet[VOLTGATE_VID_MAX];
	static const struct voltgate_session wiped;

	ktap_ok(voltgate_session_init(&session, 0, key) == -EINVAL, "id 0 is refused");
	voltgate_session_init(&session, 7, key);
	ktap_ok(voltgate_vid_make(&session, 15, 0, NULL, 0, packet, sizeof(packet)) == -EINVAL &&
			voltgate_vid_make(&session, 21, 0, NULL, 0, packet, sizeof(packet)) == -EINVAL &&
			voltgate_vid_make(&session, 1, 0, NULL, 0, packet, sizeof(packet)) == -EINVAL,
		"types that are not a vehicle's are refused");
	ktap_ok(voltgate_vid_make(&session, 16, 0, payload, 1025, packet, sizeof(packet)) == -EMSGSIZE,
		"a payload of 1025 bytes is refused");
	ktap_ok(voltgate_vid_make(&session, 16, 0, payload, 10, packet, 57) == -ENOBUFS,
		"a buffer too small is refused");
	ktap_ok(session.next_sequence == 1, "a refusal spends no sequence number");
	session.next_sequence = ~0ULL;
	ktap_ok(voltgate_vid_make(&session, 16, 0, NULL, 0, packet, sizeof(packet)) == 48 &&
			voltgate_vid_make(&session, 16, 0, NULL, 0, packet, sizeof(packet)) == -EOVERFLOW,
		"the last sequence number is used once and never wraps");
	voltgate_session_done(&session);
	ktap_ok(!memcmp(&session, &wiped, sizeof(session)), "a session that is done is wiped");
}

static void test_time(void)
{
	/* IEEE 1609.2: 2004-01-01T00:00:00 UTC is 0; 2026-11-23T00:00:00Z = 1795392000, 5 leap seconds later. */
	ktap_ok(voltgate_time64(1072915200, 0, 0) == 0, "Time64 begins in 2004");
	ktap_ok(voltgate_time64(1795392000, 250000, 5) == (1795392000ULL - 1072915200ULL + 5) * 1000000 + 250000,
		"Time64 counts leap seconds and microseconds");
}

int main(void)
{
	ktap_plan(0);
	if (sodium_init() < 0)
		return 1;
	test_random();
	test_bytes();
	test_refusals();
	test_time();
	return ktap_exit();
}
