// SPDX-License-Identifier: GPL-2.0
/*
 * chain_test.c - the verdict chain as its reader sees it: each accepted action
 * has exactly one record, batches verify, what multicast lost is fetched,
 * a reader that dies loses nothing, a full backlog refuses without spending.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/kmod/batches.h"
#include "tests/kmod/gate.h"
#include "tests/kmod/packet.h"
#include "tests/ktap.h"

#define ACTIONS 3000

static struct wire wire;
static struct packet_gate xdp;
static u64 now;
static u8 digests[ACTIONS + 1][VG_HASH_LEN]; /* of action n */
static u32 seen[ACTIONS + 1];
static u64 misfits;

static int send_action(u64 sequence)
{
	struct packet_fields fields = { 1, sequence, now, VG_VID_METER, sequence % 200, 0x0a010101 };
	struct packet packet;

	packet_make(&packet, &fields);
	if (sequence <= ACTIONS)
		EVP_Digest(packet_vid(&packet), packet_vid_len(&packet), digests[sequence], NULL, EVP_blake2s256(),
			   NULL);
	return packet_run(&xdp, &packet);
}

static void take_record(const struct vg_record *record)
{
	u64 sequence = vg_be64(record->sequence);

	if (record->kind != VG_RECORD_ACTION)
		return;
	if (sequence > ACTIONS || record->type != VG_VID_METER || record->grade != VG_GRADE_ATTESTED ||
	    record->reason != VG_ACCEPTED || vg_be64(record->session) != 1 ||
	    memcmp(record->digest, digests[sequence], VG_HASH_LEN))
		misfits++;
	else
		seen[sequence]++;
}

static bool wait_sealed(void)
{
	struct timespec pause = { 0, 10000000 };
	struct gate_state state;
	time_t end = time(NULL) + 20;

	do {
		gate_state(&wire, &state);
		if (!state.open)
			return true;
		nanosleep(&pause, NULL);
	} while (time(NULL) < end);
	return false;
}

static bool all_once(u64 from, u64 to)
{
	u64 i;

	for (i = from; i <= to; i++)
		if (seen[i] != 1) {
			printf("# action %llu has %u records\n", (unsigned long long)i, seen[i]);
			return false;
		}
	return true;
}

static void test_begin(struct batches *reader)
{
	static const u8 previous[VG_HASH_LEN] = { 0xaa };
	struct gate_state state;
	u64 i, passed = 0;

	gate_session_add(&wire, 1, now + 600000000);
	for (i = 1; i <= 100; i++)
		passed += send_action(i) == XDP_PASS;
	gate_state(&wire, &state);
	ktap_ok(passed == 100 && !state.epoch && !state.next_number && state.open == 101,
		"before chain-begin actions pass and are kept, nothing is sealed (%u open)", state.open);
	ktap_ok(!gate_chain_begin(&wire, previous), "chain-begin");
	ktap_ok(wait_sealed(), "then what was kept is sealed");
	ktap_ok(!batches_fetch(reader, &wire) && !reader->faults, "the first batches verify");
	ktap_ok(reader->records[VG_RECORD_EPOCH] == 1 && reader->records[VG_RECORD_SESSION_ADD] == 1 &&
			all_once(1, 100),
		"with the epoch's record, the session's, and one of each action");
	gate_state(&wire, &state);
	ktap_ok(!memcmp(state.head_hash, reader->chain.head_hash, VG_HASH_LEN) &&
			!memcmp(state.attestor, reader->chain.attestor, VG_KEY_LEN) &&
			state.epoch == reader->chain.epoch,
		"gate-get tells the same head, key and epoch");
}

/* A listener with hardly any buffer loses notifications; the dump has them all. */
static void test_lossy(struct batches *reader)
{
	static struct wire listener;
	int small = 4096, err = 0;
	u64 i;

	ktap_ok(!wire_open(&listener) && !wire_join(&listener, 0), "a reader listens");
	setsockopt(listener.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	for (i = 101; i <= 1500; i++)
		send_action(i);
	wait_sealed();
	while (err >= 0)
		err = wire_listen(&listener, 500, batches_take, reader) ?: -ETIMEDOUT;
	ktap_ok(err == -ENOBUFS, "its socket overflows and says so");
	wire_close(&listener); /* and the reader dies */
	ktap_ok(!batches_fetch(reader, &wire) && !reader->faults && all_once(101, 1500),
		"its successor fetches what is missing; every action is there once");
	ktap_ok(reader->largest < 8192, "no message has 8 KiB (%u)", reader->largest);
}

static void test_notified(struct batches *reader)
{
	static struct wire listener;
	u64 i;

	wire_open(&listener);
	wire_join(&listener, 0);
	for (i = 1501; i <= 2500; i++)
		send_action(i);
	wait_sealed();
	while (wire_listen(&listener, 500, batches_take, reader) > 0)
		;
	ktap_ok(!reader->faults && all_once(1501, 2500), "a reader that keeps up gets it all by notification");
	wire_close(&listener);
}

static void test_ack(struct batches *reader)
{
	struct gate_state state;
	struct batches second = { 0 };

	ktap_ok(!gate_ack(&wire, reader->want - 1), "acknowledge all");
	gate_state(&wire, &state);
	ktap_ok(!state.pending && state.acknowledged == reader->want, "then nothing is kept");
	batches_fetch(&second, &wire);
	ktap_ok(!second.largest, "and nothing can be fetched");
	ktap_ok(!gate_ack(&wire, 0), "an old acknowledgement is taken again without effect");
}

/* Fetches and acknowledges until nothing is kept; a full backlog may need that more than once. */
static bool drain(struct batches *reader)
{
	struct timespec pause = { 0, 10000000 };
	struct gate_state state;
	time_t end = time(NULL) + 20;

	do {
		batches_fetch(reader, &wire);
		gate_ack(&wire, reader->want - 1);
		gate_state(&wire, &state);
		if (!state.open && !state.pending)
			return true;
		nanosleep(&pause, NULL);
	} while (time(NULL) < end);
	return false;
}

static void test_backlog(struct batches *reader)
{
	struct gate_counts before, after;
	u64 i, passed = 0;
	int action;

	gate_policy_set(&wire, VG_POLICY_batch_records, 4);
	gate_policy_set(&wire, VG_POLICY_backlog_batches, 2);
	for (i = 2501; i <= 2520; i++) {
		if (send_action(i) != XDP_PASS)
			break;
		passed++;
	}
	ktap_ok(passed >= 4 && passed <= 8, "with room for 8 records at most 8 actions pass (%llu)",
		(unsigned long long)passed);
	gate_counters(&wire, false, &before);
	action = send_action(i);
	gate_counters(&wire, false, &after);
	ktap_ok(action == XDP_DROP && after.packets[VG_BACKLOG] == before.packets[VG_BACKLOG] + 1,
		"the next is refused as backlog");
	ktap_ok(!gate_session(&wire, VG_CMD_SESSION_REVOKE, 1, NULL, NULL), "a session can be revoked all the same");
	gate_session(&wire, VG_CMD_SESSION_REMOVE, 1, NULL, NULL);
	ktap_ok(drain(reader) && !reader->faults && all_once(2501, 2500 + passed) && reader->records[VG_RECORD_SESSION_REMOVE] == 1,
		"after the acknowledgement all that passed is in the chain, and the end of the session");
	gate_session_add(&wire, 1, now + 600000000);
	ktap_ok(send_action(2600) == XDP_PASS, "and packets pass again");
	gate_policy_set(&wire, VG_POLICY_backlog_batches, 2048);
	gate_policy_set(&wire, VG_POLICY_batch_records, 512);
}

/* The sequence of a packet that found no slot is not spent. */
static void test_unspent(void)
{
	struct gate_state state;
	u64 i;

	wait_sealed();
	gate_state(&wire, &state);
	gate_ack(&wire, state.next_number - 1);
	gate_policy_set(&wire, VG_POLICY_batch_records, 1);
	gate_policy_set(&wire, VG_POLICY_backlog_batches, 2);
	for (i = 2700; i < 2720 && send_action(i) == XDP_PASS; i++)
		;
	wait_sealed();
	gate_state(&wire, &state);
	gate_ack(&wire, state.next_number - 1);
	ktap_ok(i < 2720 && send_action(i) == XDP_PASS, "a packet refused as backlog is accepted when it comes again");
	gate_policy_set(&wire, VG_POLICY_backlog_batches, 2048);
	gate_policy_set(&wire, VG_POLICY_batch_records, 512);
}

/* An action over its budget has taken a slot and gives it back. */
static void test_release(void)
{
	struct gate_counts before, after;
	u64 i;

	wait_sealed();
	gate_policy_set(&wire, VG_POLICY_session_burst, 1);
	gate_policy_set(&wire, VG_POLICY_session_rate, 1);
	gate_counters(&wire, false, &before);
	for (i = 2800; i < 2820; i++)
		send_action(i);
	gate_counters(&wire, false, &after);
	gate_policy_set(&wire, VG_POLICY_session_rate, 0);
	ktap_ok(after.packets[VG_OVER_BUDGET] > before.packets[VG_OVER_BUDGET] && wait_sealed(),
		"slots of actions over budget are given back (%llu)",
		(unsigned long long)(after.packets[VG_OVER_BUDGET] - before.packets[VG_OVER_BUDGET]));
}

static void test_beacons(struct batches *reader)
{
	struct packet_fields fields = { 1, 0, now, VG_VID_BEACON, 10, 0x0a010101 };
	struct packet packet;
	u64 before, from = time(NULL);

	batches_fetch(reader, &wire);
	before = reader->records[VG_RECORD_BEACON];
	gate_policy_set(&wire, VG_POLICY_record_beacons, 1);
	for (fields.sequence = 4000; fields.sequence < 4200; fields.sequence++) {
		packet_make(&packet, &fields);
		packet_run(&xdp, &packet);
	}
	from = time(NULL) - from;
	wait_sealed();
	batches_fetch(reader, &wire);
	before = reader->records[VG_RECORD_BEACON] - before;
	ktap_ok(before >= 1 && before <= from + 2, "of 200 beacons one a second is recorded (%llu in %llu s)",
		(unsigned long long)before, (unsigned long long)from);
}

int main(void)
{
	static struct batches reader;
	struct gate_state state;

	ktap_plan(0);
	if (sodium_init() < 0 || gate_enter(&wire)) {
		ktap_skip("chain", "the module is not loaded here: run this in a guest (tests/vm)");
		return ktap_exit();
	}
	if (!ktap_ok(!packet_gate_open(&xdp), "the attested program loads"))
		return ktap_exit();
	gate_policy_set(&wire, VG_POLICY_session_rate, 0);
	gate_policy_set(&wire, VG_POLICY_stale_us, 600000000);
	gate_state(&wire, &state);
	now = state.time;
	reader.record = take_record;
	test_begin(&reader);
	test_lossy(&reader);
	test_notified(&reader);
	test_ack(&reader);
	test_backlog(&reader);
	batches_fetch(&reader, &wire);
	test_unspent();
	test_release();
	reader.want = 0; /* the part that was acknowledged unread is not checked */
	memset(&reader.chain, 0, sizeof(reader.chain));
	gate_state(&wire, &state);
	reader.want = state.acknowledged;
	test_beacons(&reader);
	ktap_ok(!misfits, "no record of an action misses its packet (%llu)", (unsigned long long)misfits);
	packet_gate_close(&xdp);
	wire_close(&wire);
	return ktap_exit();
}
