// SPDX-License-Identifier: GPL-2.0
/*
 * alarm_test.c - alarms as their listener sees them: at once for the first,
 * few for many, closed with the exact count, recorded in the chain under the
 * right hash, the least recently used making room.
 */
#include <linux/bpf.h>
#include <sodium.h>
#include <time.h>
#include <unistd.h>

#include "tests/kmod/batches.h"
#include "tests/kmod/gate.h"
#include "tests/kmod/packet.h"
#include "tests/ktap.h"
#include "voltgate/alarm.h"

static struct wire wire, listener;
static struct packet_gate xdp;
static u64 now;

struct heard {
	u32 events[4]; /* by kind */
	struct vg_alarm last[4];
};

static struct vg_alarm recorded_alarm;
static u32 records_matching;

static void take_alarm(void *arg, const struct wire_answer *answer)
{
	struct heard *heard = arg;
	u8 event = answer->attrs[VG_A_ALARM_EVENT] ? *(const u8 *)wire_data(answer->attrs[VG_A_ALARM_EVENT]) : 0;

	if (event > 3 || !answer->attrs[VG_A_ALARM_ALARM])
		return;
	heard->events[event]++;
	memcpy(&heard->last[event], wire_data(answer->attrs[VG_A_ALARM_ALARM]), sizeof(struct vg_alarm));
}

static void make(struct packet *packet, u64 session, u32 source)
{
	struct packet_fields fields = { session, 1, now, VG_VID_BEACON, 200, source };

	packet_make(packet, &fields);
}

static void listen_until(struct heard *heard, u32 event, u32 count, int seconds)
{
	time_t end = time(NULL) + seconds;

	while (heard->events[event] < count && time(NULL) < end)
		wire_listen(&listener, 200, take_alarm, heard);
}

/* The hash that the chain has of @alarm: all numbers big-endian, nothing behind the sample. */
static void alarm_digest(const struct vg_alarm *alarm, u8 ret_digest[32])
{
	struct vg_alarm encoded = *alarm;
	struct vg_alarm_state *state = &encoded.state;

	memset(state->sample + state->sample_len, 0, VG_ALARM_SAMPLE_MAX - state->sample_len);
	encoded.key.session = vg_be64(alarm->key.session);
	encoded.key.reason = vg_be32(alarm->key.reason);
	state->first = vg_be64(alarm->state.first);
	state->last = vg_be64(alarm->state.last);
	state->count = vg_be64(alarm->state.count);
	state->ifindex = vg_be32(alarm->state.ifindex);
	state->frame_len = vg_be16(alarm->state.frame_len);
	state->sample_len = vg_be16(alarm->state.sample_len);
	crypto_hash_sha256(ret_digest, (const u8 *)&encoded, sizeof(encoded));
}

static void take_record(const struct vg_record *record)
{
	u8 digest[32];

	alarm_digest(&recorded_alarm, digest);
	if (record->kind == VG_RECORD_ALARM && !memcmp(record->digest, digest, 32) &&
	    vg_be64(record->sequence) == recorded_alarm.state.count && record->reason == VG_UNKNOWN_SESSION &&
	    vg_be64(record->session) == recorded_alarm.key.session)
		records_matching++;
}

static void test_life(void)
{
	struct heard heard = { 0 };
	struct packet packet;
	struct timespec start, end;
	struct gate_counts counts;
	u64 i, tenths;

	make(&packet, 77, 0x0a010203);
	packet_run(&xdp, &packet);
	listen_until(&heard, 1, 1, 10);
	ktap_ok(heard.events[1] == 1 && heard.last[1].key.session == 77 &&
			heard.last[1].key.reason == VG_UNKNOWN_SESSION && heard.last[1].state.count == 1,
		"the first refusal is told");
	ktap_ok(heard.last[1].state.frame_len == packet.len && heard.last[1].state.sample_len == VG_ALARM_SAMPLE_MAX &&
			!memcmp(heard.last[1].state.sample, packet.bytes, VG_ALARM_SAMPLE_MAX) &&
			heard.last[1].key.source.family == VG_SOURCE_IPV4 &&
			!memcmp(heard.last[1].key.source.addr, "\x0a\x01\x02\x03", 4),
		"with its source and the beginning of its frame");
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (i = 0; i < 5000; i++)
		packet_run(&xdp, &packet);
	clock_gettime(CLOCK_MONOTONIC, &end);
	tenths = (end.tv_sec - start.tv_sec) * 10 + (end.tv_nsec - start.tv_nsec) / 100000000 + 2;
	listen_until(&heard, 3, 1, 30);
	ktap_ok(heard.events[2] >= 1 && heard.events[2] <= tenths,
		"5000 more lead to at most ten notices a second (%u)", heard.events[2]);
	gate_counters(&wire, false, &counts);
	ktap_ok(heard.events[3] == 1 && heard.last[3].state.count + counts.overflow[VG_UNKNOWN_SESSION] == 5001,
		"in silence it is closed; its count and the overflow are all 5001 (%llu, %llu)",
		(unsigned long long)heard.last[3].state.count, (unsigned long long)counts.overflow[VG_UNKNOWN_SESSION]);
	recorded_alarm = heard.last[3];
}

static void test_record(void)
{
	static struct batches reader = { .record = take_record };
	time_t end = time(NULL) + 10;

	while (!records_matching && time(NULL) < end) {
		batches_fetch(&reader, &wire);
		usleep(20000);
	}
	ktap_ok(records_matching == 1 && !reader.faults,
		"and recorded in the chain once, under the hash of what was told");
}

/* With room for 16, a 17th closes the one that was silent longest, not the one that was there first. */
static void test_room(void)
{
	struct heard heard = { 0 };
	struct packet packet;
	struct gate_state state;
	u32 i;

	gate_policy_set(&wire, VG_POLICY_alarm_idle_us, 3600000000LL);
	gate_policy_set(&wire, VG_POLICY_alarm_entries, 16);
	for (i = 0; i < 16; i++) {
		make(&packet, 100 + i, 0x0a010203);
		packet_run(&xdp, &packet);
	}
	listen_until(&heard, 1, 2, 2);
	make(&packet, 100, 0x0a010203); /* again: now 101 is the one */
	packet_run(&xdp, &packet);
	listen_until(&heard, 2, 1, 2); /* while a notice is under way an aggregate stays in any case */
	memset(&heard, 0, sizeof(heard));
	make(&packet, 200, 0x0a010203);
	packet_run(&xdp, &packet);
	listen_until(&heard, 3, 1, 10);
	ktap_ok(heard.events[3] == 1 && heard.last[3].key.session == 101,
		"the least recently used makes room (closed: %llu)", (unsigned long long)heard.last[3].key.session);
	gate_state(&wire, &state);
	ktap_ok(state.alarms == 16, "there are never more than 16 (%u)", state.alarms);
}

/* Beyond the rate of new aggregates, refusals are counted and cost no memory. */
static void test_rate(void)
{
	struct gate_counts before, after;
	struct packet packet;
	u32 i;

	gate_policy_set(&wire, VG_POLICY_alarm_entries, 4096);
	gate_policy_set(&wire, VG_POLICY_alarm_new_rate, 1);
	gate_counters(&wire, false, &before);
	for (i = 0; i < 300; i++) {
		make(&packet, 5000 + i, 0x0a010203);
		packet_run(&xdp, &packet);
	}
	gate_counters(&wire, false, &after);
	ktap_ok(after.packets[VG_UNKNOWN_SESSION] - before.packets[VG_UNKNOWN_SESSION] == 300 &&
			after.overflow[VG_UNKNOWN_SESSION] - before.overflow[VG_UNKNOWN_SESSION] >= 250,
		"beyond the rate of new ones refusals are counted as overflow (%llu of 300)",
		(unsigned long long)(after.overflow[VG_UNKNOWN_SESSION] - before.overflow[VG_UNKNOWN_SESSION]));
}

int main(void)
{
	static const u8 zeros[VG_HASH_LEN];
	struct gate_state state;

	ktap_plan(0);
	if (sodium_init() < 0 || gate_enter(&wire) || wire_open(&listener)) {
		ktap_skip("alarms", "the module is not loaded here: run this in a guest (tests/vm)");
		return ktap_exit();
	}
	if (!ktap_ok(!packet_gate_open(&xdp), "the attested program loads"))
		return ktap_exit();
	ktap_ok(!wire_join(&listener, 1), "a listener joins");
	gate_state(&wire, &state);
	now = state.time;
	gate_chain_begin(&wire, zeros);
	gate_policy_set(&wire, VG_POLICY_alarm_idle_us, 1000000);
	test_life();
	test_record();
	test_room();
	test_rate();
	packet_gate_close(&xdp);
	wire_close(&listener);
	wire_close(&wire);
	return ktap_exit();
}
