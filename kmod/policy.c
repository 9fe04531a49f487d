// SPDX-License-Identifier: GPL-2.0
/* policy.c - checks and replaces the settings of a gate; see policy.h. */
#include <linux/capability.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>
#include "gate.h"

struct vg_policy_limit {
	s64 preset, min, max;
	enum vg_policy_room room;
};

static const struct vg_policy_limit vg_policy_limits[] = {
#define VG_POLICY_LIMIT(name, word, preset, min, max, room, help) { preset, min, max, VG_POLICY_ROOM_##room },
	VG_POLICY_KEYS(VG_POLICY_LIMIT)
#undef VG_POLICY_LIMIT
};

/* The settings are numbered in list order, and so they lie in memory. */
static s64 *vg_policy_field(struct vg_policy *policy, u32 key)
{
	static_assert(sizeof(struct vg_policy) == VG_POLICY_KEY_COUNT * sizeof(s64));
	return (s64 *)policy + key;
}

/* Settings that decide how much kernel memory a gate may take. */
static bool vg_policy_takes_memory(u32 key)
{
	return key == VG_POLICY_max_sessions || key == VG_POLICY_backlog_batches || key == VG_POLICY_alarm_entries ||
	       key == VG_POLICY_alarm_new_rate;
}

static void vg_policy_derive(struct vg_gate_policy *policy)
{
	const struct vg_policy *set = &policy->set;

	policy->auth.stale_us = set->stale_us;
	policy->auth.future_us = set->future_us;
	policy->auth.session_budget = vg_budget_rate_of(set->session_rate, set->session_burst);
	policy->alarm_new = vg_budget_rate_of(set->alarm_new_rate, set->alarm_new_rate);
	policy->alarm_idle_ns = set->alarm_idle_us * NSEC_PER_USEC;
	policy->records_max = (u64)set->backlog_batches * set->batch_records;
	policy->record_flags = set->clock_offset_us ? VG_RECORD_FLAG_TEST_CLOCK : 0;
}

int vg_policy_init(struct vg_gate *gate)
{
	struct vg_gate_policy *policy = kzalloc(sizeof(*policy), GFP_KERNEL_ACCOUNT);
	u32 key;

	if (!policy)
		return -ENOMEM;
	for (key = 0; key < VG_POLICY_KEY_COUNT; key++)
		*vg_policy_field(&policy->set, key) = vg_policy_limits[key].preset;
	vg_policy_derive(policy);
	RCU_INIT_POINTER(gate->policy, policy);
	return 0;
}

void vg_policy_done(struct vg_gate *gate)
{
	kfree(rcu_dereference_protected(gate->policy, true));
}

const struct vg_gate_policy *vg_policy_of(const struct vg_gate *gate)
{
	return rcu_dereference_check(gate->policy, rcu_read_lock_bh_held());
}

struct vg_policy vg_policy_get(const struct vg_gate *gate)
{
	struct vg_policy set;

	rcu_read_lock();
	set = vg_policy_of(gate)->set;
	rcu_read_unlock();
	return set;
}

u64 vg_policy_now(const struct vg_gate *gate)
{
	u64 now;

	rcu_read_lock();
	now = vg_policy_moment(vg_policy_of(gate)).now;
	rcu_read_unlock();
	return now;
}

static int vg_policy_check(const struct vg_gate *gate, const struct vg_policy_change *change,
			   struct netlink_ext_ack *extack)
{
	const struct vg_policy_limit *limit;

	if (change->key >= VG_POLICY_KEY_COUNT) {
		NL_SET_ERR_MSG(extack, "No setting has this number; policy-get lists those there are");
		return -EINVAL;
	}
	limit = &vg_policy_limits[change->key];
	if (limit->room != VG_POLICY_ROOM_GATE) {
		NL_SET_ERR_MSG(extack, "This setting is enforced before the module; set it at the agent");
		return -EOPNOTSUPP;
	}
	if (change->value < limit->min || change->value > limit->max) {
		NL_SET_ERR_MSG(extack, "The value lies outside the limits of this setting; see voltgate-netlink(7)");
		return -ERANGE;
	}
	if (vg_policy_takes_memory(change->key) && change->value > limit->preset &&
	    gate->net->user_ns != &init_user_ns && !capable(CAP_NET_ADMIN)) {
		NL_SET_ERR_MSG(extack, "Only the machine's administrator may raise this setting above its default");
		return -EPERM;
	}
	return 0;
}

int vg_policy_set(struct vg_gate *gate, const struct vg_policy_change *changes, u32 count,
		  struct netlink_ext_ack *extack)
{
	struct vg_gate_policy *policy, *old;
	int err = 0;
	u32 i;

	policy = kzalloc(sizeof(*policy), GFP_KERNEL_ACCOUNT);
	if (!policy) {
		NL_SET_ERR_MSG(extack, "No memory is left for the new policy; the old one stays");
		return -ENOMEM;
	}
	mutex_lock(&gate->mutex);
	old = rcu_dereference_protected(gate->policy, lockdep_is_held(&gate->mutex));
	policy->set = old->set;
	for (i = 0; i < count && !err; i++) {
		err = vg_policy_check(gate, &changes[i], extack);
		if (!err)
			*vg_policy_field(&policy->set, changes[i].key) = changes[i].value;
	}
	if (!err) {
		vg_policy_derive(policy);
		rcu_assign_pointer(gate->policy, policy);
		policy = old;
	}
	mutex_unlock(&gate->mutex);
	if (err)
		kfree(policy);
	else
		kfree_rcu(policy, rcu);
	return err;
}
