/* SPDX-License-Identifier: GPL-2.0 */
/*
 * rig.h - the plain gate on a test bench: loaded by the agent's own loader,
 * fed by BPF_PROG_TEST_RUN, read through its maps.
 */
#ifndef VOLTGATE_TESTS_BPF_RIG_H
#define VOLTGATE_TESTS_BPF_RIG_H

#include "agent/gate_plain.h"
#include "frame.h"

#define RIG_FOREIGN (-1) /* passed, not counted: not ours */
#define RIG_WRONG (-2)	 /* the program contradicts itself; rig->complaint says how */

struct ring_buffer;

struct rig {
	struct loader *loader;
	struct ingress *ingress;
	struct gate *gate;
	struct vg_policy policy;
	struct ring_buffer *ring, *actions;
	u64 counts[VG_REASON_COUNT]; /* at the end of the last judgement */
	char complaint[160];
	/* what came out of the rings since rig_drain() was last asked */
	u32 its_frames, notices, records, asked;
	struct vg_hello_asked last_asked;
	u8 last[4096] __attribute__((aligned(8))); /* bytes of the last event */
	struct vg_event last_event;
	/* what the gate told */
	u32 told_new, told_updates, told_closed, told_added, told_removed;
	u64 told_closed_packets;
	struct gate_session last_removed;
	enum vg_reason last_why;
};

/* Path of voltgate.bpf.o: $VG_OBJECT, else beside this program's folder. */
const char *rig_object(void);
/* 0, or prints the KTAP skip (no root) or failure and returns the program's exit code in @ret_exit. */
int rig_open(struct rig *rig, int *ret_exit);
void rig_close(struct rig *rig);
int rig_policy(struct rig *rig, enum vg_policy_key key, s64 value);
void rig_counts(struct rig *rig, u64 ret_counts[VG_REASON_COUNT]);
/* Runs one frame: its reason (VG_*), RIG_FOREIGN or RIG_WRONG. Checks action, counters and that no byte was changed. */
int rig_judge(struct rig *rig, const u8 *bytes, u32 len);
/* Runs it @repeat times in one go; 0 or -errno. */
int rig_repeat(struct rig *rig, const u8 *bytes, u32 len, u32 repeat);
void rig_drain(struct rig *rig);    /* empties both rings into the fields above */
u64 rig_now(const struct rig *rig); /* Time64 */
/* Makes or renews session @id: window and budget empty, expiring in @seconds (may be negative). */
void rig_session(struct rig *rig, u64 id, const struct vg_siphash_key *key, s64 seconds);
const char *rig_word(int reason);

#endif
