// SPDX-License-Identifier: GPL-2.0
/*
 * unlink_test.c - two sessions of one vehicle look like two vehicles: thousands
 * of sessions of a few vehicles that all ask the same, every byte of hello,
 * cookie's answer, welcome, beacon, action and answer compared (PROTOCOL.md N7).
 *
 * Each byte position is the same in every session of every vehicle, or the clock's, or as even as random bytes are.
 * No eight bytes stand in two sessions but those. A distinguisher that is told which sessions are one vehicle's guesses
 * no better than chance.
 */
#include <errno.h>
#include <math.h>
#include <sodium.h>
#include <stdlib.h>

#include "agent/handshake/cookie.h"
#include "agent/handshake/payload.h"
#include "tests/handshake/gateway.h"
#include "tests/ktap.h"

#define VEHICLES 8
#define SESSIONS 4096 /* of all vehicles, in turn */
#define PACKETS 7
#define SESSION_BYTES 4096
#define CHI_LIMIT 450 /* 255 in the mean, 23 its deviation: one in 10^15 is beyond */

static const char *const names[PACKETS] = {
	"hello", "cookie", "second hello", "welcome", "beacon", "action", "answer"
};

struct session {
	u32 lens[PACKETS];
	u8 bytes[SESSION_BYTES]; /* all packets, one behind the other */
};

static struct session *sessions;
static struct gateway gateway;
static struct voltgate_wallet wallets[VEHICLES];
static u8 clock_byte[SESSION_BYTES], constant[SESSION_BYTES], short_byte[SESSION_BYTES];

static void capture(struct session *session, u32 packet, const u8 *vid, size_t len)
{
	u32 at = 0, i;

	for (i = 0; i < packet; i++)
		at += session->lens[i];
	if (at + len > SESSION_BYTES)
		abort();
	memcpy(session->bytes + at, vid, len);
	session->lens[packet] = (u32)len;
}

/* --- one session, as anybody on the air sees it --- */

static void capture_hellos(struct session *session, const struct voltgate_wallet *wallet,
			   struct voltgate_session *ret_session)
{
	struct vg_siphash_key cookie;
	struct voltgate_handshake handshake;
	struct responder_offer offer;
	u8 vid[HELLO_LEN], answer[COOKIE_LEN], key[32], nonce[COOKIE_NONCE_LEN], random[32];

	gateway_hello(&gateway, wallet, ++gateway.now, &handshake, vid);
	capture(session, 0, vid, sizeof(vid));
	randombytes_buf(&cookie, sizeof(cookie)); /* the source port is new with each session, so is the cookie */
	randombytes_buf(nonce, sizeof(nonce));
	randombytes_buf(random, sizeof(random));
	cookie_key(responder_public_key(gateway.responder), key);
	cookie_make(key, &cookie, hello_mac1(vid), nonce, answer);
	capture(session, 1, answer, sizeof(answer));
	if (voltgate_handshake_read(&handshake, answer, sizeof(answer), ret_session) != VOLTGATE_COOKIE ||
	    voltgate_hello_make(&handshake, ++gateway.now, random, vid) != HELLO_LEN)
		abort();
	capture(session, 2, vid, sizeof(vid));
	if (gateway_take(&gateway, vid, sizeof(vid), &offer, NULL) != RESPONDER_WELCOME ||
	    voltgate_handshake_read(&handshake, offer.welcome, WELCOME_LEN, ret_session) != VOLTGATE_WELCOME)
		abort();
	capture(session, 3, offer.welcome, WELCOME_LEN);
	voltgate_handshake_done(&handshake);
}

/* The same request under the same terms each time: what could betray a vehicle is only itself. */
static void capture_requests(struct session *session, const struct voltgate_wallet *wallet,
			     struct voltgate_session *air, u64 nonce)
{
	struct voltgate_mandate mandate = { .price = 20000, .energy = 50000, .nonce = nonce, .expires = 1 };
	static const char *const arguments[] = { "00", "1", "1" };
	const struct voltgate_request request = { nonce, gateway.now, "session.start", arguments, 3 };
	struct greeted *greeted = greeted_find(responder_table(gateway.responder), air->id);
	struct answer answer = {
		.sequence = 2, .stage = ANSWER_COMMITTED, .block = 7, .text = { (const u8 *)"{}", 2 }
	};
	u8 vid[VG_VID_MAX], proposal[VOLTGATE_PROPOSAL_MAX], charging[32], salt[16];
	uint64_t sequence;
	int len;

	len = voltgate_vid_make(air, VOLTGATE_BEACON, ++gateway.now, NULL, 0, vid, sizeof(vid));
	capture(session, 4, vid, (size_t)len);
	voltgate_mandate_sign(wallet, air, &mandate, charging);
	len = voltgate_proposal_make(wallet, air, &request, proposal);
	randombytes_buf(salt, sizeof(salt));
	len = voltgate_action_make(air, VOLTGATE_CHARGE_REQUEST, ++gateway.now, &mandate, proposal, (size_t)len, salt,
				   vid, sizeof(vid), &sequence);
	capture(session, 5, vid, (size_t)len);
	len = answer_seal(&greeted->keys, ++greeted->answers, &answer, vid);
	capture(session, 6, vid, (size_t)len);
}

static void drive(void)
{
	struct voltgate_session air;
	u32 i;

	for (i = 0; i < SESSIONS; i++) {
		gateway.now += 1000003; /* the clock goes on as it does, for everybody */
		capture_hellos(&sessions[i], &wallets[i % VEHICLES], &air);
		capture_requests(&sessions[i], &wallets[i % VEHICLES], &air, i + 1);
	}
}

/* --- what an observer finds --- */

static void test_lengths(void)
{
	u32 i, packet, differ = 0;

	for (i = 1; i < SESSIONS; i++)
		for (packet = 0; packet < PACKETS; packet++)
			differ += sessions[i].lens[packet] != sessions[0].lens[packet];
	ktap_ok(!differ, "every packet of a kind has one length: %u, %u, %u, %u, %u, %u, %u bytes", sessions[0].lens[0],
		sessions[0].lens[1], sessions[0].lens[2], sessions[0].lens[3], sessions[0].lens[4], sessions[0].lens[5],
		sessions[0].lens[6]);
}

/* Marks the bytes of generation times: the clock's, the same for whoever sends at that moment. */
static void mark_clock(void)
{
	static const u32 stamped[] = { 0, 2, 3, 4, 5 };
	u32 i, packet, at;

	for (i = 0; i < sizeof(stamped) / sizeof(*stamped); i++) {
		for (packet = 0, at = 0; packet < stamped[i]; packet++)
			at += sessions[0].lens[packet];
		memset(clock_byte + at + offsetof(struct vg_vid, generated), 1, 8);
	}
}

/* Marks the last bytes of ephemeral keys, which have 255 bits, whoever's they are. */
static void mark_ephemerals(void)
{
	static const u32 keyed[] = { 0, 2, 3 };
	u32 i, packet, at;

	for (i = 0; i < sizeof(keyed) / sizeof(*keyed); i++) {
		for (packet = 0, at = 0; packet < keyed[i]; packet++)
			at += sessions[0].lens[packet];
		short_byte[at + VG_VID_HEADER_LEN + NOISE_KEY_LEN - 1] = 1;
	}
}

/* Chi-square of the bytes at @at over every @step'th session from @from on; -1: all the same. */
static double evenness(u32 at, u32 from, u32 step)
{
	u32 counts[256] = { 0 }, i, total = 0, values = short_byte[at] ? 128 : 256;
	double expected, sum = 0;

	for (i = from; i < SESSIONS; i += step, total++)
		counts[sessions[i].bytes[at]]++;
	if (counts[sessions[from].bytes[at]] == total)
		return -1;
	expected = (double)total / values;
	for (i = 0; i < 256; i++)
		sum += i >= values ? counts[i] * 1e6 : (counts[i] - expected) * (counts[i] - expected) / expected;
	return sum;
}

static void test_positions(void)
{
	u32 packet, i, at = 0, uneven, same, even;
	double chi, worst;

	for (packet = 0; packet < PACKETS; packet++) {
		for (i = 0, uneven = 0, same = 0, even = 0, worst = 0; i < sessions[0].lens[packet]; i++, at++) {
			chi = evenness(at, 0, 1);
			constant[at] = chi < 0;
			same += chi < 0;
			if (chi < 0 || clock_byte[at])
				continue;
			even++;
			uneven += chi > CHI_LIMIT;
			worst = chi > worst ? chi : worst;
		}
		ktap_ok(!uneven,
			"%s: %u bytes the same for everybody, %u as even as random ones (worst chi-square %.0f)",
			names[packet], same, even, worst);
	}
}

/* A byte that is one vehicle's: constant or uneven within its own sessions. */
static void test_vehicles(void)
{
	u32 vehicle, at, total = 0, betrayed = 0, i;

	for (i = 0; i < PACKETS; i++)
		total += sessions[0].lens[i];
	for (vehicle = 0; vehicle < VEHICLES; vehicle++)
		for (at = 0; at < total; at++)
			betrayed +=
				!constant[at] && !clock_byte[at] &&
				(evenness(at, vehicle, VEHICLES) < 0 || evenness(at, vehicle, VEHICLES) > CHI_LIMIT);
	ktap_ok(!betrayed, "also among the sessions of each vehicle alone (%u positions betray one)", betrayed);
}

struct window {
	u8 bytes[8];
	u32 session;
};

static int compare_windows(const void *one, const void *other)
{
	return memcmp(one, other, 8);
}

/* The session's id is the same within a session; between two there must be nothing. */
static void test_windows(void)
{
	u32 i, at, total = 0, count = 0, j, common = 0, few = SESSIONS / 4;
	struct window *windows;

	for (i = 0; i < PACKETS; i++)
		total += sessions[0].lens[i];
	windows = malloc((size_t)few * total * sizeof(*windows));
	if (!windows)
		abort();
	for (i = 0; i < few; i++) {
		for (at = 0; at + 8 <= total; at++) {
			for (j = 0; j < 8 && !constant[at + j] && !clock_byte[at + j]; j++)
				;
			if (j < 8)
				continue;
			memcpy(windows[count].bytes, sessions[i].bytes + at, 8);
			windows[count++].session = i;
		}
	}
	qsort(windows, count, sizeof(*windows), compare_windows);
	for (i = 1; i < count; i++)
		common += !memcmp(windows[i].bytes, windows[i - 1].bytes, 8) &&
			  windows[i].session != windows[i - 1].session;
	ktap_ok(!common, "of %u windows of eight bytes in %u sessions none stands in two sessions (%u)", count, few,
		common);
	free(windows);
}

/* The score of a pair: bytes in common, where anything but chance can make them so. */
static u32 likeness(const struct session *one, const struct session *other, u32 total)
{
	u32 at, same = 0;

	for (at = 0; at < total; at++)
		same += !constant[at] && !clock_byte[at] && one->bytes[at] == other->bytes[at];
	return same;
}

/* A pair of one vehicle's against a pair of two: the more alike one is said to be of one vehicle. */
static void test_distinguisher(void)
{
	u32 i, total = 0, pairs = 0;
	double right = 0, advantage;

	for (i = 0; i < PACKETS; i++)
		total += sessions[0].lens[i];
	for (i = 0; i + VEHICLES + 1 < SESSIONS; i++, pairs++) {
		u32 one = likeness(&sessions[i], &sessions[i + VEHICLES], total);
		u32 two = likeness(&sessions[i], &sessions[i + VEHICLES + 1], total);

		right += one > two ? 1 : one == two ? 0.5 : 0;
	}
	advantage = fabs(right / pairs - 0.5) * 2;
	ktap_ok(advantage < 0.1,
		"a distinguisher is right in %.1f %% of %u pairs (advantage %.3f, by chance up to 0.1)",
		right / pairs * 100, pairs, advantage);
}

int main(void)
{
	u32 i;

	ktap_plan(0);
	if (sodium_init() < 0)
		return 1;
	sessions = calloc(SESSIONS, sizeof(*sessions));
	if (!sessions)
		return 1;
	gateway_open(&gateway, 16, 0);
	for (i = 0; i < VEHICLES; i++)
		gateway_enrol(&gateway, &wallets[i]);
	drive();
	test_lengths();
	mark_clock();
	mark_ephemerals();
	test_positions();
	test_vehicles();
	test_windows();
	test_distinguisher();
	gateway_close(&gateway);
	free(sessions);
	return ktap_exit();
}
