// SPDX-License-Identifier: GPL-2.0
/*
 * load_test.c - under load on every CPU at once, counters add up exactly to
 * the packets sent, and alarm aggregates with their overflow exactly to the
 * packets refused, also while aggregates are evicted.
 */
#include <linux/bpf.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/kmod/gate.h"
#include "tests/kmod/packet.h"
#include "tests/ktap.h"
#include "voltgate/alarm.h"

#define CPUS_MAX 16
#define ROUNDS 1500
#define SHARED 99 /* a session that all CPUs send for */

static struct packet_gate xdp;
static u64 now;

struct sender {
	pthread_t thread;
	u32 cpu;
	u64 expected[VG_REASON_COUNT];
	u64 wrong; /* went another way than expected */
};

static void send_one(struct sender *sender, const struct packet *packet, u32 reason)
{
	int action = packet_run(&xdp, packet);

	sender->expected[reason]++;
	if (action != (reason == VG_ACCEPTED ? XDP_PASS : XDP_DROP))
		sender->wrong++;
}

static void *send_all(void *arg)
{
	struct sender *sender = arg;
	struct packet_fields fields = { 1000 + sender->cpu, 0, now, VG_VID_BEACON, 64, 0x0a010100 + sender->cpu };
	struct packet packet;
	cpu_set_t cpus;
	u64 round;

	CPU_ZERO(&cpus);
	CPU_SET(sender->cpu, &cpus);
	pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus);
	for (round = 1; round <= ROUNDS; round++) {
		fields.session = 1000 + sender->cpu;
		fields.sequence = round;
		packet_make(&packet, &fields);
		send_one(sender, &packet, VG_ACCEPTED);
		send_one(sender, &packet, VG_REPLAYED);
		fields.sequence = round + 1;
		packet_make(&packet, &fields);
		packet.bytes[packet.len - 3] ^= 4;
		send_one(sender, &packet, VG_FORGED);
		fields.session = 5000 + round % 100; /* the same aggregates on all CPUs, were it not for the source */
		fields.source = round % 2 ? 0x0a010101 : 0x0a020000 + (u32)round;
		packet_make(&packet, &fields);
		send_one(sender, &packet, VG_UNKNOWN_SESSION);
		fields.source = 0x0a010100 + sender->cpu;
		packet_vid(&packet)[4] = 1;
		send_one(sender, &packet, VG_MALFORMED);
	}
	return NULL;
}

/* Each sequence of the shared session is sent by every CPU: one of them is accepted, the others are replays. */
static void *send_shared(void *arg)
{
	struct sender *sender = arg;
	struct packet_fields fields = { SHARED, 0, now, VG_VID_BEACON, 0, 0x0a030000 };
	struct packet packet;

	for (fields.sequence = 1; fields.sequence <= ROUNDS / 2; fields.sequence++) {
		packet_make(&packet, &fields);
		if (packet_run(&xdp, &packet) == XDP_PASS)
			sender->wrong++; /* here: how many were accepted */
	}
	return NULL;
}

static u32 run(struct sender *senders, void *(*body)(void *))
{
	u32 cpus = sysconf(_SC_NPROCESSORS_ONLN), i;

	cpus = cpus > CPUS_MAX ? CPUS_MAX : cpus;
	memset(senders, 0, CPUS_MAX * sizeof(*senders));
	for (i = 0; i < cpus; i++) {
		senders[i].cpu = i;
		pthread_create(&senders[i].thread, NULL, body, &senders[i]);
	}
	for (i = 0; i < cpus; i++)
		pthread_join(senders[i].thread, NULL);
	return cpus;
}

static void check_counts(struct wire *wire, const u64 expected[VG_REASON_COUNT])
{
	struct gate_counts sum, parts;
	u32 reason;

	gate_counters(wire, false, &sum);
	gate_counters(wire, true, &parts);
	for (reason = 0; reason < VG_REASON_COUNT; reason++)
		if (expected[reason] || sum.packets[reason])
			ktap_ok(sum.packets[reason] == expected[reason] && parts.packets[reason] == expected[reason],
				"%s: %llu sent, %llu counted, %llu on %u CPUs", vg_reason_word(reason),
				(unsigned long long)expected[reason], (unsigned long long)sum.packets[reason],
				(unsigned long long)parts.packets[reason], parts.cpus);
}

struct alarm_sums {
	u64 live[VG_REASON_COUNT];
	u64 closed[VG_REASON_COUNT];
	u32 entries;
};

static void take_alarm(void *arg, const struct wire_answer *answer)
{
	struct alarm_sums *sums = arg;
	struct vg_alarm alarm;

	if (!answer->attrs[VG_A_ALARM_ALARM] || wire_len(answer->attrs[VG_A_ALARM_ALARM]) != sizeof(alarm))
		return;
	memcpy(&alarm, wire_data(answer->attrs[VG_A_ALARM_ALARM]), sizeof(alarm));
	if (!answer->attrs[VG_A_ALARM_EVENT])
		sums->live[alarm.key.reason] += alarm.state.count;
	else if (*(const u8 *)wire_data(answer->attrs[VG_A_ALARM_EVENT]) == 3)
		sums->closed[alarm.key.reason] += alarm.state.count;
	sums->entries++;
}

/* Flushes, so that every aggregate is closed and told; listens until all that was refused has been accounted for. */
static void check_alarms(struct wire *wire, struct wire *listener, const u64 expected[VG_REASON_COUNT])
{
	struct alarm_sums sums = { 0 };
	struct gate_counts counts;
	u32 reason, bad = 0;
	u64 overflow = 0;

	gate_flush(wire);
	while (wire_listen(listener, 1000, take_alarm, &sums) > 0)
		;
	gate_counters(wire, false, &counts);
	for (reason = 1; reason < VG_REASON_COUNT; reason++) {
		overflow += counts.overflow[reason];
		if (sums.closed[reason] + counts.overflow[reason] != expected[reason]) {
			printf("# %s: %llu refused, %llu in aggregates, %llu overflow\n", vg_reason_word(reason),
			       (unsigned long long)expected[reason], (unsigned long long)sums.closed[reason],
			       (unsigned long long)counts.overflow[reason]);
			bad++;
		}
	}
	ktap_ok(!bad, "aggregates and overflow add up to the refusals (%u messages, %llu overflow)", sums.entries,
		(unsigned long long)overflow);
	ktap_ok(overflow > 0, "the small table did overflow");
}

int main(void)
{
	static struct sender senders[CPUS_MAX];
	static struct wire wire, listener;
	u64 expected[VG_REASON_COUNT] = { 0 }, wrong = 0, accepted = 0;
	struct gate_state state;
	u32 cpus, i, reason;

	ktap_plan(0);
	if (gate_enter(&wire) || wire_open(&listener)) {
		ktap_skip("load", "the module is not loaded here: run this in a guest (tests/vm)");
		return ktap_exit();
	}
	if (!ktap_ok(!packet_gate_open(&xdp), "the attested program loads"))
		return ktap_exit();
	wire_join(&listener, 1);
	gate_policy_set(&wire, VG_POLICY_session_rate, 0);
	gate_policy_set(&wire, VG_POLICY_stale_us, 600000000);
	gate_policy_set(&wire, VG_POLICY_alarm_entries, 64);
	gate_state(&wire, &state);
	now = state.time;
	gate_session_add(&wire, SHARED, now + 600000000);
	for (i = 0; i < CPUS_MAX; i++)
		gate_session_add(&wire, 1000 + i, now + 600000000);
	cpus = run(senders, send_all);
	for (i = 0; i < cpus; i++) {
		wrong += senders[i].wrong;
		for (reason = 0; reason < VG_REASON_COUNT; reason++)
			expected[reason] += senders[i].expected[reason];
	}
	ktap_ok(!wrong, "every packet of %u CPUs went the way it should (%llu did not)", cpus,
		(unsigned long long)wrong);
	check_counts(&wire, expected);
	cpus = run(senders, send_shared);
	for (i = 0; i < cpus; i++)
		accepted += senders[i].wrong;
	ktap_ok(accepted == ROUNDS / 2, "of %u CPUs with the same %u packets, one each is accepted (%llu)", cpus,
		ROUNDS / 2, (unsigned long long)accepted);
	expected[VG_ACCEPTED] += ROUNDS / 2;
	expected[VG_REPLAYED] += (u64)(cpus - 1) * (ROUNDS / 2);
	check_counts(&wire, expected);
	check_alarms(&wire, &listener, expected);
	packet_gate_close(&xdp);
	wire_close(&listener);
	wire_close(&wire);
	return ktap_exit();
}
