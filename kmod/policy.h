/* SPDX-License-Identifier: GPL-2.0 */
/*
 * policy.h - the settings of one gate, ready for use by the packet path, and
 * the gate's clock, which depends on them.
 *
 * A policy is never changed in place: a new one takes its place under RCU.
 */
#ifndef VOLTGATE_KMOD_POLICY_H
#define VOLTGATE_KMOD_POLICY_H

#include <linux/ktime.h>
#include <linux/rcupdate.h>
#include <linux/timekeeping.h>
#include "voltgate/authenticate.h"
#include "voltgate/policy.h"
#include "voltgate/record.h"

struct vg_gate;
struct netlink_ext_ack;

struct vg_gate_policy {
	struct rcu_head rcu;
	struct vg_policy set;	    /* as the administrator sees it */
	struct vg_auth_policy auth; /* the times in it are 0: each packet has its own */
	struct vg_budget_rate alarm_new;
	u64 alarm_idle_ns;
	u64 records_max; /* that may wait for the agent */
	u8 record_flags; /* VG_RECORD_FLAG_* */
};

int vg_policy_init(struct vg_gate *gate);
void vg_policy_done(struct vg_gate *gate);

/* The policy now. The caller is in an RCU read section, or in softirq. */
const struct vg_gate_policy *vg_policy_of(const struct vg_gate *gate);
/* A copy of the settings. May be called in any context. */
struct vg_policy vg_policy_get(const struct vg_gate *gate);

/* One change asked for. */
struct vg_policy_change {
	u32 key; /* enum vg_policy_key; not checked yet */
	s64 value;
};
/*
 * Makes all @count changes or none. -EINVAL: no such key; -ERANGE: outside its
 * limits; -EOPNOTSUPP: enforced by the agent; -EPERM: above the default in a
 * namespace of an unprivileged user; -ENOMEM. @extack gets the sentence.
 */
int vg_policy_set(struct vg_gate *gate, const struct vg_policy_change *changes, u32 count,
		  struct netlink_ext_ack *extack);

/* One moment, read once for each packet. */
struct vg_moment {
	u64 now;    /* Time64, test offset included */
	u64 now_ns; /* monotonic */
};

static inline struct vg_moment vg_policy_moment(const struct vg_gate_policy *policy)
{
	ktime_t monotonic = ktime_get_coarse(); /* of the last tick: freshness and budgets need no better */
	u64 utc_us = ktime_to_us(ktime_mono_to_real(monotonic));
	struct vg_moment moment = {
		.now = vg_time64_of_utc(utc_us, policy->set.leap_seconds, policy->set.clock_offset_us),
		.now_ns = ktime_to_ns(monotonic),
	};

	return moment;
}

/* The gate's clock, Time64. Any context. */
u64 vg_policy_now(const struct vg_gate *gate);

#endif
