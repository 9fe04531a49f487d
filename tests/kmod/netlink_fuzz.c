// SPDX-License-Identifier: GPL-2.0
/*
 * netlink_fuzz.c - random messages to the module's family: sensible, bent and
 * broken ones, dumps left unread, between packets. Afterwards the gate must
 * still answer, judge, and have the counters right.
 *
 *   netlink_fuzz [SEED [SECONDS]]     default: 1, 15
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tests/kmod/gate.h"
#include "tests/kmod/packet.h"
#include "tests/ktap.h"

static struct wire wire;
static u64 state_of_dice;

static u32 dice(u32 sides)
{
	state_of_dice ^= state_of_dice << 13;
	state_of_dice ^= state_of_dice >> 7;
	state_of_dice ^= state_of_dice << 17;
	return (u32)(state_of_dice >> 16) % sides;
}

static u64 some_number(void)
{
	static const u64 favourites[] = { 0, 1, 2, 3, 255, 1 << 16, ~0ULL, 1ULL << 63, ~0ULL >> 1 };

	return dice(3) ? favourites[dice(sizeof(favourites) / sizeof(favourites[0]))] : state_of_dice;
}

/* Mostly the length that an attribute of some kind has. */
static u16 some_len(void)
{
	static const u16 favourites[] = { 0, 1, 4, 8, 16, 31, 32, 33, 216, 6400 };

	return dice(8) ? favourites[dice(sizeof(favourites) / sizeof(favourites[0]))] : dice(300);
}

static void put_some(u32 depth)
{
	u8 bytes[6400];
	u64 number = some_number();
	u32 nest, i, left;

	if (depth < 3 && !dice(4)) {
		nest = wire_nest(&wire, dice(20));
		for (left = dice(4); left; left--)
			put_some(depth + 1);
		wire_nest_end(&wire, nest);
		return;
	}
	if (dice(2)) {
		wire_put(&wire, dice(20), &number, dice(2) ? 8 : dice(2) ? 4 : 1);
		return;
	}
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = state_of_dice >> i % 57;
	wire_put(&wire, dice(20), bytes, some_len());
}

/* What a well-meaning caller would ask for, with some numbers out of place. */
static void make_sensible(void)
{
	u8 address[16] = { dice(256), dice(256) }, lengths[] = { 4, 16, 6 }, families[] = { 4, 6, 48 }, which = dice(3);
	u64 id = 1 + dice(200);

	switch (dice(8)) {
	case 0 ... 2:
		gate_session_add(&wire, id, dice(3) ? 1ULL << 60 : some_number());
		break;
	case 3:
		gate_session(&wire, dice(2) ? VG_CMD_SESSION_REMOVE : VG_CMD_SESSION_REVOKE, id, NULL, NULL);
		break;
	case 4:
		gate_policy_set(&wire, dice(VG_POLICY_KEY_COUNT + 2), dice(2) ? dice(100000) : some_number());
		break;
	case 5:
		gate_deny(&wire, dice(2) ? VG_CMD_DENY_ADD : VG_CMD_DENY_REMOVE, families[which], address,
			  lengths[which], dice(2) ? 16 : dice(140));
		break;
	case 6:
		gate_ack(&wire, dice(2) ? dice(1000) : some_number());
		break;
	default:
		gate_session(&wire, VG_CMD_SESSION_GET, id, NULL, NULL);
		if (!dice(50))
			gate_flush(&wire);
	}
}

static void make_broken(void)
{
	u32 left, at;

	wire_begin(&wire, dice(21), dice(3) ? 0 : NLM_F_DUMP);
	for (left = dice(6); left; left--)
		put_some(0);
	if (!dice(3))
		wire_nest_end(&wire, wire_nest(&wire, VG_A_POLICY_SETTING)); /* empty */
	for (left = dice(4) ? 0 : dice(5); left; left--) {
		at = NLMSG_HDRLEN + dice(wire.len - NLMSG_HDRLEN);
		wire.message[at] ^= 1 << dice(8);
	}
	if (!dice(8))
		wire.len = NLMSG_HDRLEN + dice(wire.len - NLMSG_HDRLEN + 1);
	wire_send(&wire);
	if (dice(4)) /* else the answers, and dumps under way, are left until there are too many */
		wire_drain(&wire);
}

static u64 packets_of(struct wire *own)
{
	struct gate_counts counts;
	u64 sum = 0;
	u32 reason;

	if (gate_counters(own, false, &counts))
		return 0;
	for (reason = 0; reason < VG_REASON_COUNT; reason++)
		sum += counts.packets[reason];
	return sum;
}

static u64 fuzz(const struct packet_gate *xdp, u32 seconds, u64 *ret_packets)
{
	struct packet_fields fields = { 0, 0, 1ULL << 40, VG_VID_BEACON, 0, 0x0a000001 };
	time_t end = time(NULL) + seconds;
	struct packet packet;
	u64 messages = 0;

	while (messages % 64 || time(NULL) < end) {
		if (dice(4))
			make_broken();
		else
			make_sensible();
		messages++;
		if (dice(8))
			continue;
		fields.session = 1 + dice(200);
		fields.sequence++;
		fields.type = VG_VID_BEACON + dice(5);
		packet_make(&packet, &fields);
		*ret_packets += packet_run(xdp, &packet) >= 0;
	}
	return messages;
}

int main(int argc, char **argv)
{
	static struct wire check;
	u32 seconds = argc > 2 ? atoi(argv[2]) : 15;
	struct packet_gate xdp;
	u64 messages, packets = 0, counted;
	struct gate_state state;

	state_of_dice = (argc > 1 ? strtoull(argv[1], NULL, 0) : 1) * 0x9e3779b97f4a7c15ULL + 1;
	ktap_plan(0);
	if (gate_enter(&wire)) {
		ktap_skip("netlink fuzzing", "the module is not loaded here: run this in a guest (tests/vm)");
		return ktap_exit();
	}
	if (!ktap_ok(!packet_gate_open(&xdp), "the attested program loads"))
		return ktap_exit();
	messages = fuzz(&xdp, seconds, &packets);
	wire_close(&wire);
	ktap_ok(!wire_open(&check) && !gate_state(&check, &state), "after %llu messages the gate answers",
		(unsigned long long)messages);
	counted = packets_of(&check);
	ktap_ok(packets && counted == packets, "and has counted its packets: %llu of %llu", (unsigned long long)counted,
		(unsigned long long)packets);
	ktap_ok(!gate_flush(&check) && !gate_state(&check, &state) && !state.sessions, "and can be flushed");
	packet_gate_close(&xdp);
	wire_close(&check);
	return ktap_exit();
}
