// SPDX-License-Identifier: GPL-2.0
/*
 * session_test.c - a session's life as packets see it: what is accepted, what
 * is refused and with which reason, budgets, deny list, expiry, dumps.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <sched.h>
#include <time.h>

#include "tests/kmod/gate.h"
#include "tests/kmod/packet.h"
#include "tests/ktap.h"

static struct wire wire;
static struct packet_gate xdp;

static u64 gate_now(void)
{
	struct gate_state state;

	gate_state(&wire, &state);
	return state.time;
}

/* Runs @packet; true if exactly the counter of @reason grew, by one, and the frame went the way it should. */
static bool judged(const struct packet *packet, u32 reason)
{
	struct gate_counts before, after;
	int action;
	u32 i;

	gate_counters(&wire, false, &before);
	action = packet_run(&xdp, packet);
	gate_counters(&wire, false, &after);
	for (i = 0; i < VG_REASON_COUNT; i++)
		if (after.packets[i] - before.packets[i] != (i == reason)) {
			printf("# %s grew by %llu, expected %s\n", vg_reason_word(i),
			       (unsigned long long)(after.packets[i] - before.packets[i]), vg_reason_word(reason));
			return false;
		}
	return action == (reason == VG_ACCEPTED ? XDP_PASS : XDP_DROP);
}

static struct packet_fields beacon(u64 session, u64 sequence)
{
	struct packet_fields fields = { session, sequence, gate_now(), VG_VID_BEACON, 64, 0x0a010101 };

	return fields;
}

static bool sent(struct packet_fields fields, u32 reason)
{
	struct packet packet;

	packet_make(&packet, &fields);
	return judged(&packet, reason);
}

static void test_reasons(void)
{
	struct packet_fields fields = beacon(1, 1);
	struct packet packet;

	ktap_ok(sent(fields, VG_UNKNOWN_SESSION), "a session that was not added is unknown");
	ktap_ok(!gate_session_add(&wire, 1, gate_now() + 600000000), "session 1 added");
	ktap_ok(sent(fields, VG_ACCEPTED), "its first packet is accepted");
	ktap_ok(sent(fields, VG_REPLAYED), "the same packet again is replayed");
	ktap_ok(sent(beacon(1, 2000), VG_ACCEPTED), "a sequence far ahead is accepted");
	ktap_ok(sent(beacon(1, 976), VG_REPLAYED), "a sequence below the window is replayed");
	ktap_ok(sent(beacon(1, 977), VG_ACCEPTED), "the lowest sequence of the window is accepted");
	fields = beacon(1, 2001);
	fields.generated -= 60000000;
	ktap_ok(sent(fields, VG_STALE), "a packet of a minute ago is stale");
	fields.generated += 120000000;
	ktap_ok(sent(fields, VG_FUTURE), "a packet of the next minute lies in the future");
	fields = beacon(1, 2001);
	packet_make(&packet, &fields);
	packet.bytes[packet.len - 1] ^= 1;
	ktap_ok(judged(&packet, VG_FORGED), "a flipped tag bit is forged");
	packet.bytes[packet.len - 1] ^= 1;
	ktap_ok(judged(&packet, VG_ACCEPTED), "and has cost the sequence nothing");
	packet_vid(&packet)[0] = 2;
	ktap_ok(judged(&packet, VG_MALFORMED), "an unknown version is malformed");
}

/* What a bit flipped behind the UDP header must lead to: never to acceptance, and to the right one of the refusals. */
static bool flip_reason_fits(u32 byte, u32 reason)
{
	if (byte < 8) /* version, type, length, zero; a type of the authenticated ones is forged */
		return reason == VG_MALFORMED || reason == VG_FORGED || reason == VG_BAD_COOKIE;
	if (byte < 16)
		return reason == VG_UNKNOWN_SESSION || (byte == 15 && reason == VG_MALFORMED); /* session 1 becomes 0 */
	if (byte < 24) /* a sequence seen already is refused before the tag is looked at */
		return reason == VG_FORGED || reason == VG_REPLAYED || reason == VG_MALFORMED;
	if (byte < 32)
		return reason == VG_FORGED || reason == VG_STALE || reason == VG_FUTURE;
	return reason == VG_FORGED;
}

static void test_flips(void)
{
	struct gate_counts before, after;
	struct packet_fields fields = beacon(1, 2500);
	u32 bit, reason, wrong = 0;
	struct packet packet;

	gate_policy_set(&wire, VG_POLICY_stale_us, 600000000);
	packet_make(&packet, &fields);
	for (bit = 0; bit < packet_vid_len(&packet) * 8; bit++) {
		gate_counters(&wire, false, &before);
		packet_vid(&packet)[bit / 8] ^= 1 << bit % 8;
		packet_run(&xdp, &packet);
		packet_vid(&packet)[bit / 8] ^= 1 << bit % 8;
		gate_counters(&wire, false, &after);
		for (reason = 0; reason < VG_REASON_COUNT; reason++)
			if (after.packets[reason] != before.packets[reason] &&
			    (reason == VG_ACCEPTED || !flip_reason_fits(bit / 8, reason)))
				wrong++;
	}
	ktap_ok(!wrong, "every flipped bit of a VID is refused with a fitting reason (%u bits, %u wrong)", bit, wrong);
	ktap_ok(judged(&packet, VG_ACCEPTED), "the packet itself is still accepted afterwards");
	gate_policy_set(&wire, VG_POLICY_stale_us, 2000000);
}

static void take_session(void *arg, const struct wire_answer *answer)
{
	const struct wire_answer **last = arg;
	static struct wire_answer copy;

	copy = *answer;
	*last = &copy;
}

static void test_view(void)
{
	const struct wire_answer *view = NULL;

	ktap_ok(!gate_session(&wire, VG_CMD_SESSION_GET, 1, take_session, &view) && view, "session 1 can be seen");
	if (!view)
		return;
	ktap_ok(wire_u64(view->attrs[VG_A_SESSION_HEAD]) == 2500, "its head is the highest sequence admitted");
	ktap_ok(wire_u64(view->attrs[VG_A_SESSION_ACCEPTED]) == 5, "it had 5 packets accepted");
	ktap_ok(!view->attrs[VG_A_SESSION_KEY], "its key is not shown");
	ktap_ok(!view->attrs[VG_A_SESSION_REVOKED], "it is not revoked");
}

static void test_end(void)
{
	ktap_ok(!gate_session(&wire, VG_CMD_SESSION_REVOKE, 1, NULL, NULL), "revoke session 1");
	ktap_ok(sent(beacon(1, 3000), VG_REVOKED), "its packets are refused as revoked");
	ktap_ok(!gate_session(&wire, VG_CMD_SESSION_REMOVE, 1, NULL, NULL), "remove session 1");
	ktap_ok(sent(beacon(1, 3001), VG_UNKNOWN_SESSION), "now it is unknown");
	ktap_ok(!gate_session_add(&wire, 1, gate_now() + 600000000), "its id can be added again");
	ktap_ok(sent(beacon(1, 1), VG_ACCEPTED), "and begins with sequence 1");
}

static void test_budget(void)
{
	u64 sequence;
	bool all = true;

	gate_session_add(&wire, 2, gate_now() + 600000000);
	gate_policy_set(&wire, VG_POLICY_session_rate, 1);
	gate_policy_set(&wire, VG_POLICY_session_burst, 3);
	for (sequence = 1; sequence <= 3; sequence++)
		all = sent(beacon(2, sequence), VG_ACCEPTED) && all;
	ktap_ok(all, "a burst of 3 is accepted");
	ktap_ok(sent(beacon(2, 4), VG_OVER_BUDGET), "the fourth is over budget");
	gate_policy_set(&wire, VG_POLICY_session_rate, 0);
	ktap_ok(sent(beacon(2, 5), VG_ACCEPTED), "without a rate there is no budget");
}

static void take_hits(void *arg, const struct wire_answer *answer)
{
	u64 *hits = arg; /* by prefix length */

	hits[wire_u32(answer->attrs[VG_A_DENY_BITS]) & 0xff] = wire_u64(answer->attrs[VG_A_DENY_HITS]);
}

static void test_deny(void)
{
	static const u8 net8[4] = { 10 }, net24[4] = { 10, 1, 1 };
	u64 hits[256] = { 0 };

	gate_deny(&wire, VG_CMD_DENY_ADD, 4, net8, 4, 8);
	gate_deny(&wire, VG_CMD_DENY_ADD, 4, net24, 4, 24);
	ktap_ok(sent(beacon(2, 10), VG_DENIED), "a source in 10.1.1.0/24 is denied");
	wire_begin(&wire, VG_CMD_DENY_GET, NLM_F_DUMP);
	wire_call(&wire, take_hits, hits);
	ktap_ok(hits[24] == 1 && hits[8] == 0, "the longest prefix has the hit (%llu, %llu)",
		(unsigned long long)hits[24], (unsigned long long)hits[8]);
	gate_deny(&wire, VG_CMD_DENY_REMOVE, 4, net24, 4, 24);
	ktap_ok(sent(beacon(2, 10), VG_DENIED), "without it the shorter one denies");
	gate_deny(&wire, VG_CMD_DENY_REMOVE, 4, net8, 4, 8);
	ktap_ok(sent(beacon(2, 10), VG_ACCEPTED), "without both it is accepted");
}

static void wait_for_sessions(u32 count, u32 seconds)
{
	struct timespec pause = { 0, 50000000 };
	struct gate_state state;
	time_t end = time(NULL) + seconds;

	do {
		gate_state(&wire, &state);
		if (state.sessions == count)
			return;
		nanosleep(&pause, NULL);
	} while (time(NULL) < end);
}

static void test_expiry(void)
{
	struct gate_state state;

	gate_flush(&wire);
	gate_state(&wire, &state);
	ktap_ok(state.sessions == 0, "flush removes all sessions");
	gate_policy_set(&wire, VG_POLICY_clock_offset_us, -1000000000);
	gate_session_add(&wire, 5, gate_now() + 500000000);
	ktap_ok(sent(beacon(5, 1), VG_ACCEPTED), "session 5 lives in a clock set back");
	gate_session_add(&wire, 6, gate_now() + 2000000000);
	gate_policy_set(&wire, VG_POLICY_clock_offset_us, 0);
	gate_session_add(&wire, 7, gate_now() + 600000000);
	wait_for_sessions(2, 20);
	gate_state(&wire, &state);
	ktap_ok(state.sessions == 2, "the worker forgets the expired session and no other (%u left)", state.sessions);
	ktap_ok(sent(beacon(7, 1), VG_ACCEPTED), "the others live on");
}

int main(void)
{
	int err;

	ktap_plan(0);
	if (gate_enter(&wire)) {
		ktap_skip("sessions", "the module is not loaded here: run this in a guest (tests/vm)");
		return ktap_exit();
	}
	err = packet_gate_open(&xdp);
	if (!ktap_ok(!err, "the attested program loads (%d)", err))
		return ktap_exit();
	gate_policy_set(&wire, VG_POLICY_session_rate, 0);
	test_reasons();
	test_flips();
	test_view();
	test_end();
	test_budget();
	test_deny();
	test_expiry();
	packet_gate_close(&xdp);
	wire_close(&wire);
	return ktap_exit();
}
