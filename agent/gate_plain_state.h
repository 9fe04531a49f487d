/* SPDX-License-Identifier: GPL-2.0 */
/*
 * gate_plain_state.h - what gate_plain.c, gate_plain_session.c and
 * gate_plain_alarm.c share: a plain gate's inside. For nobody else.
 */
#ifndef VOLTGATE_AGENT_GATE_PLAIN_STATE_H
#define VOLTGATE_AGENT_GATE_PLAIN_STATE_H

#include "agent/gate_plain.h"
#include "agent/plain_sessions.h"

/* An aggregate as it was last reported. */
struct plain_alarm {
	struct vg_alarm alarm;
	u64 reported; /* count of the last report, 0: none yet */
};

struct plain_alarms {
	struct plain_alarm *list; /* the last walk, in order of key */
	u32 count;
	u64 closed[VG_REASON_COUNT];   /* packets of aggregates that are closed */
	u64 overflow[VG_REASON_COUNT]; /* as last told: it never falls */
};

struct gate_plain {
	struct gate gate; /* first */
	const struct loader *loader;
	struct ingress *ingress;
	struct vg_policy policy;
	struct gate_plain_events events;
	struct plain_sessions sessions;
	u32 sweep_at;	   /* place of sessions where the next sweep goes on, downwards */
	u64 sweep_revoked; /* Time64 of the last walk over vg_revoked */
	struct plain_alarms alarms;
	int cpus; /* possible ones: per-CPU maps have a value for each */
};

/* Leaves the sentence in the gate's error and returns @err. */
__attribute__((format(printf, 3, 4))) int gate_plain_fail(struct gate_plain *plain, int err, const char *format, ...);
int gate_plain_map(const struct gate_plain *plain, enum loader_map map);
u64 gate_plain_now(const struct gate_plain *plain);

/* gate_plain_session.c */
int gate_plain_session_add(struct gate *gate, const struct gate_session *session);
int gate_plain_session_remove(struct gate *gate, u64 id);
int gate_plain_session_revoke(struct gate *gate, u64 id);
int gate_plain_session_get(struct gate *gate, u64 id, struct gate_session *ret_session);
int gate_plain_session_dump(struct gate *gate, int (*each)(void *arg, const struct gate_session *session), void *arg);
void gate_plain_session_sweep(struct gate_plain *plain, u32 places);
void gate_plain_session_flush(struct gate_plain *plain);

/* gate_plain_alarm.c */
int gate_plain_alarm_walk(struct gate_plain *plain);
int gate_plain_alarm_dump(struct gate *gate, int (*each)(void *arg, const struct vg_alarm *alarm), void *arg);
void gate_plain_alarm_overflow(struct gate_plain *plain, const u64 packets[VG_REASON_COUNT]);
int gate_plain_alarm_flush(struct gate_plain *plain);

#endif
