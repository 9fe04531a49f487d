// SPDX-License-Identifier: GPL-2.0
/* rig.c - see rig.h. */
#include "rig.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "agent/policy_word.h"
#include "tests/ktap.h"

const char *rig_object(void)
{
	static char path[4096];
	const char *given = getenv("VG_OBJECT");
	ssize_t len;
	int i;

	if (given)
		return given;
	len = readlink("/proc/self/exe", path, sizeof(path) - 32);
	path[len > 0 ? len : 0] = 0;
	for (i = 0; i < 3; i++) /* build/tests/bpf/NAME */
		if (strrchr(path, '/'))
			*strrchr(path, '/') = 0;
	strcat(path, "/voltgate.bpf.o");
	return path;
}

static int take_event(void *arg, void *data, size_t size)
{
	struct rig *rig = arg;
	struct vg_event *event = data;

	if (size < sizeof(*event) || event->len > size - sizeof(*event) || event->len > sizeof(rig->last)) {
		snprintf(rig->complaint, sizeof(rig->complaint), "an event of %zu bytes says %u", size, event->len);
		return 0;
	}
	rig->last_event = *event;
	memcpy(rig->last, event->bytes, event->len);
	rig->its_frames += event->kind == VG_EVENT_ITS_FRAME;
	rig->notices += event->kind == VG_EVENT_ALARM;
	rig->records += event->kind == VG_EVENT_ACTION || event->kind == VG_EVENT_BEACON;
	if (event->kind == VG_EVENT_ASKED && event->len == sizeof(rig->last_asked)) {
		rig->asked++;
		memcpy(&rig->last_asked, event->bytes, sizeof(rig->last_asked));
	}
	return 0;
}

static int told_add(void *arg, const struct gate_session *session)
{
	(void)session;
	((struct rig *)arg)->told_added++;
	return 0;
}

static void told_remove(void *arg, const struct gate_session *session, enum vg_reason why)
{
	struct rig *rig = arg;

	rig->told_removed++;
	rig->last_removed = *session;
	rig->last_why = why;
}

static void told_alarm(void *arg, enum gate_alarm_event event, const struct vg_alarm *alarm)
{
	struct rig *rig = arg;

	rig->told_new += event == GATE_ALARM_NEW;
	rig->told_updates += event == GATE_ALARM_UPDATE;
	if (event != GATE_ALARM_CLOSED)
		return;
	rig->told_closed++;
	rig->told_closed_packets += alarm->state.count;
}

static int rig_fill(struct rig *rig)
{
	struct gate_plain_events events = { rig, told_add, told_remove, told_alarm };
	struct gate_error error;

	if (ingress_open(rig->loader, &rig->policy, &rig->ingress))
		return -EIO;
	if (gate_plain_open(rig->loader, rig->ingress, &rig->policy, &events, &rig->gate, &error))
		return -EIO;
	rig->ring = ring_buffer__new(loader_map_fd(rig->loader, LOADER_MAP_RING), take_event, rig, NULL);
	rig->actions = ring_buffer__new(loader_map_fd(rig->loader, LOADER_MAP_ACTIONS), take_event, rig, NULL);
	return rig->ring && rig->actions ? 0 : -EIO;
}

int rig_open(struct rig *rig, int *ret_exit)
{
	struct loader_options options = { .object = rig_object(), .grade = VG_GRADE_PLAIN, .max_sessions = 4096 };
	struct loader_error error;
	int err;

	memset(rig, 0, sizeof(*rig));
	ktap_plan(0);
	policy_word_defaults(&rig->policy);
	err = loader_open(&options, &rig->loader, &error);
	if (err == -EPERM) {
		ktap_skip("the XDP program", error.text);
		*ret_exit = ktap_exit();
		return err;
	}
	if (err || rig_fill(rig)) {
		ktap_ok(false, "the XDP program is loaded: %s", err ? error.text : "maps cannot be used");
		*ret_exit = ktap_exit();
		return -EIO;
	}
	return 0;
}

void rig_close(struct rig *rig)
{
	ring_buffer__free(rig->ring);
	ring_buffer__free(rig->actions);
	if (rig->gate)
		rig->gate->ops->close(rig->gate);
	ingress_close(rig->ingress);
	loader_close(rig->loader);
}

int rig_policy(struct rig *rig, enum vg_policy_key key, s64 value)
{
	int err = rig->gate->ops->policy_set(rig->gate, key, value);

	rig->gate->ops->policy_get(rig->gate, &rig->policy);
	return err;
}

void rig_counts(struct rig *rig, u64 ret_counts[VG_REASON_COUNT])
{
	static u64 *values;
	int cpus = libbpf_num_possible_cpus(), cpu;
	u32 reason;

	if (!values)
		values = calloc(cpus, sizeof(*values));
	for (reason = 0; reason < VG_REASON_COUNT; reason++) {
		ret_counts[reason] = 0;
		bpf_map_lookup_elem(loader_map_fd(rig->loader, LOADER_MAP_COUNTERS), &reason, values);
		for (cpu = 0; cpu < cpus; cpu++)
			ret_counts[reason] += values[cpu];
	}
}

static int complain(struct rig *rig, const char *what, int reason, u32 action)
{
	snprintf(rig->complaint, sizeof(rig->complaint), "%s (reason %s, action %u)", what, rig_word(reason), action);
	return RIG_WRONG;
}

int rig_judge(struct rig *rig, const u8 *bytes, u32 len)
{
	static u8 out[FRAME_MAX + 256];
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = bytes, .data_size_in = len, .data_out = out,
			    .data_size_out = sizeof(out), .repeat = 1);
	u64 counts[VG_REASON_COUNT];
	int reason = RIG_FOREIGN;
	u32 i;

	if (bpf_prog_test_run_opts(loader_program_fd(rig->loader), &run))
		return complain(rig, strerror(errno), RIG_FOREIGN, 0);
	rig_counts(rig, counts);
	for (i = 0; i < VG_REASON_COUNT; i++) {
		if (counts[i] == rig->counts[i])
			continue;
		if (reason != RIG_FOREIGN || counts[i] != rig->counts[i] + 1)
			return complain(rig, "one packet was counted twice", i, run.retval);
		reason = i;
	}
	memcpy(rig->counts, counts, sizeof(counts));
	if (run.data_size_out != len || memcmp(bytes, out, len))
		return complain(rig, "the frame was changed", reason, run.retval);
	if (run.retval != (reason == RIG_FOREIGN || reason == VG_ACCEPTED ? XDP_PASS : XDP_DROP))
		return complain(rig, "action and reason disagree", reason, run.retval);
	return reason;
}

int rig_repeat(struct rig *rig, const u8 *bytes, u32 len, u32 repeat)
{
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = bytes, .data_size_in = len, .repeat = repeat);
	int err = bpf_prog_test_run_opts(loader_program_fd(rig->loader), &run) ? -errno : 0;

	rig_counts(rig, rig->counts);
	return err;
}

void rig_drain(struct rig *rig)
{
	rig->its_frames = rig->notices = rig->records = rig->asked = 0;
	ring_buffer__consume(rig->ring);
	ring_buffer__consume(rig->actions);
}

u64 rig_now(const struct rig *rig)
{
	return ingress_now(rig->ingress);
}

void rig_session(struct rig *rig, u64 id, const struct vg_siphash_key *key, s64 seconds)
{
	struct vg_plain_session session = { .auth = { .id = id, .key = *key } };

	session.auth.expires = rig_now(rig) + seconds * 1000000;
	bpf_map_update_elem(loader_map_fd(rig->loader, LOADER_MAP_SESSIONS), &id, &session, BPF_ANY);
}

const char *rig_word(int reason)
{
	return reason == RIG_FOREIGN ? "foreign" : reason == RIG_WRONG ? "wrong" : vg_reason_word(reason);
}
