/* SPDX-License-Identifier: GPL-2.0 */
/*
 * gate_plain.h - the plain grade's gate: gate.h over the XDP program's maps.
 *
 * The agent owns the maps; what must become a verdict record is told through
 * callbacks, in the order in which it happened. Ring consumption (vg_actions,
 * vg_ring) is the caller's.
 *
 * What a plain gate does not know is 0: gate_status's chain fields (the caller
 * knows them: override ops->status's answer) and hits of deny entries.
 */
#ifndef VOLTGATE_AGENT_GATE_PLAIN_H
#define VOLTGATE_AGENT_GATE_PLAIN_H

#include "agent/gate.h"
#include "agent/ingress.h"
#include "agent/loader.h"

struct gate_plain_events {
	void *arg;
	/*
	 * Before the session is put into the map: make its session-add record.
	 * Non-zero refuses the session with that error (-ENOBUFS: no slot).
	 */
	int (*session_add)(void *arg, const struct gate_session *session);
	/* After it left the map: @head is the highest sequence admitted, @why accepted (by command), expired or
	 * revoked. */
	void (*session_remove)(void *arg, const struct gate_session *session, enum vg_reason why);
	/* An aggregate that is new, has grown, or is closed (then it is forgotten: make its alarm record). Host byte
	 * order. */
	void (*alarm)(void *arg, enum gate_alarm_event event, const struct vg_alarm *alarm);
};

/*
 * @loader must have grade plain; loader and ingress outlive the gate. @policy is the starting
 * policy (copied). policy_set changes it and writes it to @ingress.
 */
int gate_plain_open(const struct loader *loader, struct ingress *ingress, const struct vg_policy *policy,
		    const struct gate_plain_events *events, struct gate **ret_gate, struct gate_error *ret_error);

/*
 * The gate's housekeeping; call every 100 ms: expired sessions leave, forgotten
 * revocations leave, alarm aggregates that changed are reported as updates (at
 * most ten times a second each), idle ones and those that must make room are closed.
 */
int gate_plain_tick(struct gate *gate);

/* A VG_EVENT_ALARM of vg_ring: reports the aggregate of @key as new at once. 0 or -ENOENT (already closed). */
int gate_plain_alarm_notice(struct gate *gate, const struct vg_alarm_key *key);

#endif
