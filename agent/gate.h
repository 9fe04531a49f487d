/* SPDX-License-Identifier: GPL-2.0 */
/*
 * gate.h - one gate, whoever enforces it: the operations an administrator has
 * on sessions, policy, deny list, counters and alarms of a namespace's gate.
 *
 * Three rooms implement it: gate_kernel.c (generic netlink to voltgate.ko),
 * gate_plain.c (BPF maps; inside the agent) and gate_control.c (the agent's
 * socket; the command line's way to a plain gate). Callers never ask which.
 *
 * Not thread-safe; one event loop owns a gate. Every function returns 0 or
 * -errno and, on error, leaves one sentence in error (what, where, remedy).
 * Times are Time64, microseconds.
 */
#ifndef VOLTGATE_AGENT_GATE_H
#define VOLTGATE_AGENT_GATE_H

#include <linux/bpf.h>
#include "voltgate/maps.h"
#include "voltgate/policy.h"
#include "voltgate/record.h"

struct gate_error {
	char text[256];
};

struct gate_session {
	u64 id;
	u8 key[16]; /* input of session_add only; zeros on output */
	u64 expires;
	u8 commitment[VG_HASH_LEN];
	u64 added;
	u64 head;
	u64 accepted;
	bool revoked;
};

struct gate_deny {
	struct vg_source source;
	u32 prefix_bits; /* of the address */
	u64 hits;	 /* 0 where the grade does not count them (plain) */
};

struct gate_counters {
	u64 packets[VG_REASON_COUNT];
	u64 alarm_overflow[VG_REASON_COUNT];
};

struct gate_status {
	enum vg_grade grade;
	u64 epoch;
	u8 attestor[VG_KEY_LEN];
	u64 next_number;
	u8 head_hash[VG_HASH_LEN];
	u64 acknowledged;
	u32 pending_batches;
	u32 open_records;
	u32 sessions;
	u32 session_bytes;
	bool test_clock;
	u64 time;
	u32 alarm_entries;
	char version[32];
};

enum gate_alarm_event { GATE_ALARM_NEW = 1, GATE_ALARM_UPDATE = 2, GATE_ALARM_CLOSED = 3 };

struct gate;

struct gate_ops {
	int (*status)(struct gate *gate, struct gate_status *ret_status);
	int (*session_add)(struct gate *gate, const struct gate_session *session); /* -EEXIST, -ENOSPC */
	int (*session_remove)(struct gate *gate, u64 id);			   /* -ENOENT */
	int (*session_revoke)(struct gate *gate, u64 id);			   /* -ENOENT */
	int (*session_get)(struct gate *gate, u64 id, struct gate_session *ret_session);
	/* @each returning non-zero ends the walk and is returned. */
	int (*session_dump)(struct gate *gate, int (*each)(void *arg, const struct gate_session *session), void *arg);
	int (*policy_get)(struct gate *gate, struct vg_policy *ret_policy);
	int (*policy_set)(struct gate *gate, enum vg_policy_key key,
			  s64 value); /* -ERANGE; -EOPNOTSUPP: not this room's */
	int (*deny_add)(struct gate *gate, const struct gate_deny *deny);
	int (*deny_remove)(struct gate *gate, const struct gate_deny *deny);
	int (*deny_dump)(struct gate *gate, int (*each)(void *arg, const struct gate_deny *deny), void *arg);
	int (*counters)(struct gate *gate, struct gate_counters *ret_counters);
	/* The same for each CPU (without overflow). NULL where the room cannot tell. */
	int (*counters_cpu)(struct gate *gate, int (*each)(void *arg, int cpu, const struct gate_counters *counters),
			    void *arg);
	int (*alarm_dump)(struct gate *gate, int (*each)(void *arg, const struct vg_alarm *alarm), void *arg);
	int (*flush)(struct gate *gate);
	void (*close)(struct gate *gate); /* frees the gate */
};

/* Embedded first in each implementation's own struct. */
struct gate {
	const struct gate_ops *ops;
	struct gate_error error; /* of the last call that failed */
};

/* Opens the module's family in the calling process's namespace. -ENOENT: no such family here. */
int gate_kernel_open(struct gate **ret_gate, struct gate_error *ret_error);
/* Connects to the agent's control socket at @path. */
int gate_control_open(const char *path, struct gate **ret_gate, struct gate_error *ret_error);

#endif
