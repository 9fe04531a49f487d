// SPDX-License-Identifier: GPL-2.0
/*
 * attested_bench.c - the two grades beside each other in one machine that has
 * voltgate.ko: the same packets through vg_gate_plain and vg_gate_attested.
 *
 * Under QEMU -icount shift=0 a nanosecond of the guest's clock is one
 * instruction, so that the figures are instructions per packet; natively they
 * are time. attested_bench.sh boots it so. KTAP, figures as comments.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/gate.h"
#include "series.h"
#include "stage.h"
#include "tests/ktap.h"

#define SESSIONS 1000

static struct series_report report = { .bench = "attested" };
static struct stage plain, attested;
static struct gate *gate;
static u32 packets;

static const enum stage_verdict verdicts[] = { STAGE_ACCEPTED, STAGE_FORGED, STAGE_REPLAYED, STAGE_UNKNOWN };

static int add_sessions(void)
{
	struct gate_session session = { .expires = ~0ULL >> 1 };
	struct vg_siphash_key key;
	u32 i;
	int err = 0;

	for (i = 0; i < SESSIONS && !err; i++) {
		session.id = stage_session_id(i);
		stage_session_key(i, &key);
		memcpy(session.key, &key, sizeof(session.key));
		session.commitment[0] = 1;
		err = gate->ops->session_add(gate, &session);
	}
	return err;
}

/* The same freshness, budget and alarm limits as the stage gives the plain gate. */
static int set_policy(void)
{
	static const struct {
		enum vg_policy_key key;
		s64 value;
	} settings[] = { { VG_POLICY_stale_us, 3600000000LL },
			 { VG_POLICY_session_rate, 1000000000 },
			 { VG_POLICY_session_burst, 1000000 },
			 { VG_POLICY_alarm_new_rate, 1000 } };
	size_t i;
	int err = 0;

	for (i = 0; i < sizeof(settings) / sizeof(settings[0]) && !err; i++)
		err = gate->ops->policy_set(gate, settings[i].key, settings[i].value);
	return err;
}

static u64 attested_counter(enum vg_reason reason)
{
	struct gate_counters counters = { 0 };

	gate->ops->counters(gate, &counters);
	return counters.packets[reason];
}

/* One round of one grade; false if not every packet got the verdict it was made for. */
static bool measure(struct stage *stage, const char *grade, enum stage_verdict verdict, u32 payload)
{
	enum vg_reason reason = stage_reason(verdict);
	double feeder, both, empty;
	u64 before, after;

	stage_set_payload(stage, payload, VG_VID_BEACON);
	stage_fill(stage, verdict, 100, packets);
	feeder = stage_run(stage, stage->feed_empty_fd, packets);
	stage->control->next = 0;
	before = stage == &plain ? stage_counter(stage, reason) : attested_counter(reason);
	both = stage_run(stage, stage->feed_gate_fd, packets);
	after = stage == &plain ? stage_counter(stage, reason) : attested_counter(reason);
	empty = stage_run(stage, stage->empty_fd, packets);
	series_add(series_of(&report, "ns", "%s %s %u B", grade, stage_word(verdict), payload), both - feeder + empty);
	series_add(series_of(&report, "ns", "empty"), empty);
	if (after - before != packets)
		printf("# %s %s: %u fed, %llu counted so\n", grade, stage_word(verdict), packets,
		       (unsigned long long)(after - before));
	return after - before == packets;
}

static double median(const char *grade, enum stage_verdict verdict, u32 payload)
{
	return series_median(series_of(&report, "ns", "%s %s %u B", grade, stage_word(verdict), payload));
}

static void measure_all(int rounds)
{
	static const u32 payloads[] = { 0, 64, 256 };
	bool right = true;
	size_t i, j;
	int round;

	for (round = 0; round < rounds; round++)
		for (i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++)
			for (j = 0; j < 3; j++) {
				right &= measure(&plain, "plain", verdicts[i], payloads[j]);
				right &= measure(&attested, "attested", verdicts[i], payloads[j]);
			}
	ktap_ok(right, "every packet got the verdict it was made for, in both grades");
	printf("# empty program %.0f\n", series_median(series_of(&report, "ns", "empty")));
	for (i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++)
		for (j = 0; j < 3; j++) {
			double a = median("plain", verdicts[i], payloads[j]),
			       b = median("attested", verdicts[i], payloads[j]);

			printf("# figure %s %u plain %.1f attested %.1f ratio %.3f\n", stage_word(verdicts[i]),
			       payloads[j], a, b, b / a);
		}
}

/* The programs that hold the module are freed a little after they were closed. */
static bool unload(void)
{
	int tries;

	for (tries = 0; tries < 100; tries++) {
		if (!system("rmmod voltgate 2>/dev/null"))
			return true;
		usleep(100000);
	}
	return false;
}

int main(void)
{
	struct gate_error error = { "" };
	int err;

	ktap_plan(0);
	packets = 4096;
	if (system("modprobe voltgate") || gate_kernel_open(&gate, &error)) {
		ktap_skip(
			"both grades",
			"voltgate.ko is not here to be loaded; tests/bench/attested_bench.sh boots a machine with it");
		return ktap_exit();
	}
	err = set_policy();
	err = err ? err : add_sessions();
	if (!ktap_ok(!err, "the module's gate has its policy and %d sessions %s", SESSIONS,
		     err ? gate->error.text : ""))
		return ktap_exit();
	err = stage_open(&plain, VG_GRADE_PLAIN) || stage_set_sessions(&plain, SESSIONS);
	err = err || stage_open(&attested, VG_GRADE_ATTESTED) || stage_adopt_sessions(&attested, SESSIONS);
	if (ktap_ok(!err, "both programs are loaded"))
		measure_all(3);
	stage_close(&plain);
	stage_close(&attested);
	gate->ops->close(gate);
	ktap_ok(unload(), "voltgate.ko is unloaded again");
	return ktap_exit();
}
