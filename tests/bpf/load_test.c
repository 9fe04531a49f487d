// SPDX-License-Identifier: GPL-2.0
/*
 * load_test.c - two CPUs at once in the program. Each sequence of a session
 * is accepted exactly once whoever brings it, counters add up to the packets
 * sent, and sessions may come and go under traffic.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <bpf/bpf.h>
#include "rig.h"
#include "tests/ktap.h"

#define THREADS 2
#define SEQUENCES 20000
#define CHURNS 300

static struct rig rig;
static const struct vg_siphash_key key = { 77, 88 };
static const u8 key_bytes[16] = { 77, 0, 0, 0, 0, 0, 0, 0, 88 };
static const u64 id = 0x5151;
static atomic_ullong sent, passed;
static atomic_bool stop;

static u32 run(const u8 *bytes, u32 len)
{
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = bytes, .data_size_in = len, .repeat = 1);

	bpf_prog_test_run_opts(loader_program_fd(rig.loader), &opts);
	atomic_fetch_add(&sent, 1);
	return opts.retval;
}

static void build(struct frame *frame, u64 session, u64 sequence, u8 type)
{
	struct frame_vid vid = { session, sequence, rig_now(&rig), key, type, 24 };
	u8 bytes[VG_VID_MAX];
	u32 len = frame_vid_make(&vid, bytes);

	frame_plain(frame, true, bytes, len);
}

/* All threads bring the same sequences of the same session in the same order. */
static void *bring_all(void *arg)
{
	struct frame frame;
	u64 sequence;

	(void)arg;
	for (sequence = 1; sequence <= SEQUENCES; sequence++) {
		build(&frame, id, sequence, VG_VID_BEACON);
		if (run(frame.bytes, frame.len) == XDP_PASS)
			atomic_fetch_add(&passed, 1);
	}
	return NULL;
}

static u64 total(void)
{
	u64 counts[VG_REASON_COUNT], sum = 0;
	u32 i;

	rig_counts(&rig, counts);
	for (i = 0; i < VG_REASON_COUNT; i++)
		sum += counts[i];
	return sum;
}

static void test_once_each(void)
{
	u64 counts[VG_REASON_COUNT];
	pthread_t threads[THREADS];
	int i;

	rig_session(&rig, id, &key, 3600);
	for (i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, bring_all, NULL);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	rig_counts(&rig, counts);
	ktap_ok(passed == SEQUENCES && counts[VG_ACCEPTED] == SEQUENCES,
		"%d sequences brought by %d CPUs at once: %llu accepted", SEQUENCES, THREADS,
		(unsigned long long)passed);
	/* A hypervisor may stop the CPU that holds a session's lock: who does not wait for it is refused as internal.
	 */
	ktap_ok(counts[VG_REPLAYED] + counts[VG_ACCEPTED] + counts[VG_INTERNAL] == sent &&
			counts[VG_INTERNAL] <= sent / 100,
		"all others are replays: %llu, but for a lock that a stopped CPU held: %llu",
		(unsigned long long)counts[VG_REPLAYED], (unsigned long long)counts[VG_INTERNAL]);
	ktap_ok(total() == sent, "counters add up to the %llu packets sent", (unsigned long long)sent);
}

static void *bring_churned(void *arg)
{
	struct frame frame;
	u64 sequence = 0;

	(void)arg;
	while (!atomic_load(&stop)) {
		build(&frame, id + 1, ++sequence, VG_VID_BEACON);
		run(frame.bytes, frame.len);
	}
	return NULL;
}

/* Until the session has let something in; it has a second. */
static bool wait_accepted(void)
{
	u64 deadline = rig_now(&rig) + 1000000;
	struct gate_session seen = { 0 };

	while (!seen.accepted && rig_now(&rig) < deadline)
		rig.gate->ops->session_get(rig.gate, id + 1, &seen);
	return seen.accepted;
}

/* What a session's end says was its head and count is never less than what was seen to pass, and the next one starts at
 * zero. */
static void test_churn(void)
{
	struct gate_session session = { .id = id + 1 };
	pthread_t thread;
	u32 wrong = 0, i;
	u64 before, accepted = 0;

	memcpy(session.key, key_bytes, sizeof(key_bytes));
	rig_counts(&rig, rig.counts);
	before = rig.counts[VG_ACCEPTED];
	pthread_create(&thread, NULL, bring_churned, NULL);
	for (i = 0; i < CHURNS; i++) {
		session.expires = rig_now(&rig) + 3600000000u;
		wrong += rig.gate->ops->session_add(rig.gate, &session) != 0;
		wrong += !wait_accepted();
		wrong += rig.gate->ops->session_remove(rig.gate, id + 1) != 0;
		accepted += rig.last_removed.accepted;
		wrong += rig.last_removed.accepted && !rig.last_removed.head;
	}
	atomic_store(&stop, true);
	pthread_join(thread, NULL);
	rig_counts(&rig, rig.counts);
	ktap_ok(!wrong, "%d sessions added and removed under traffic", CHURNS);
	ktap_ok(accepted >= CHURNS && rig.counts[VG_ACCEPTED] - before == accepted,
		"the ends of sessions told %llu packets accepted, the counter %llu", (unsigned long long)accepted,
		(unsigned long long)(rig.counts[VG_ACCEPTED] - before));
	ktap_ok(total() == sent, "counters still add up to the %llu packets sent", (unsigned long long)sent);
}

int main(void)
{
	int exit_code;

	if (rig_open(&rig, &exit_code))
		return exit_code;
	rig_policy(&rig, VG_POLICY_session_rate, 0);
	test_once_each();
	test_churn();
	rig_close(&rig);
	return ktap_exit();
}
