// SPDX-License-Identifier: GPL-2.0
/*
 * kfunc.c - the gate's side of the XDP program: the environment in which
 * voltgate/authenticate.h decides, and the three functions that BPF may call.
 */
#include <linux/filter.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <net/xdp.h>
#include "compat.h"
#include "gate.h"
#include "kfunc.h"
#include "trace.h"

/* One packet under decision. */
struct vg_env {
	struct vg_gate *gate;
	const struct vg_gate_policy *policy;
	u64 now; /* Time64 */
	const u8 *vid;
	u32 vid_len;
	enum vg_reason absent;	     /* why there is no live session */
	struct vg_record_lane *lane; /* a slot is held here */
	enum vg_record_kind kind;    /* of its record */
	u64 beacon_second;	     /* the session's, when the slot was taken */
	u8 digest[VG_HASH_LEN];
};

static __always_inline struct vg_session *vg_env_session(struct vg_env *env, u64 id)
{
	struct vg_session *session = rhashtable_lookup(&env->gate->sessions.table, &id, vg_session_params);

	env->absent = VG_UNKNOWN_SESSION;
	if (!session || READ_ONCE(session->auth.id))
		return session;
	if (session->state == VG_SESSION_REVOKED)
		env->absent = VG_REVOKED;
	return NULL;
}

static __always_inline enum vg_reason vg_env_absent(struct vg_env *env, u64 id)
{
	return env->absent;
}

static __always_inline int vg_env_tag(struct vg_env *env, const struct vg_siphash_key *key, struct vg_siphash_tag *tag)
{
	vg_siphash(key, env->vid, env->vid_len - VG_VID_TAG_LEN, tag);
	return 0;
}

static __always_inline bool vg_env_tag_matches(struct vg_env *env, const struct vg_siphash_tag *tag)
{
	return vg_siphash_tag_equal(tag, env->vid + env->vid_len - VG_VID_TAG_LEN);
}

/* The kind of record that the packet needs before it may pass; 0: none. */
static __always_inline enum vg_record_kind vg_env_kind(struct vg_env *env, struct vg_session *session,
						       const struct vg_vid_fields *vid)
{
	if (vg_vid_is_action(vid->type))
		return VG_RECORD_ACTION;
	if (!env->policy->set.record_beacons)
		return 0;
	env->beacon_second = READ_ONCE(session->auth.beacon_second);
	return env->beacon_second < env->now / USEC_PER_SEC ? VG_RECORD_BEACON : 0;
}

static __always_inline bool vg_env_reserve(struct vg_env *env, struct vg_session *session,
					   const struct vg_vid_fields *vid)
{
	env->kind = vg_env_kind(env, session, vid);
	if (!env->kind)
		return true;
	vg_blake2s(env->vid, env->vid_len, env->digest);
	env->lane = vg_record_reserve(env->gate, env->policy);
	return env->lane;
}

static noinline void vg_env_record(struct vg_env *env, const struct vg_vid_fields *vid)
{
	struct vg_record record;

	vg_record_start(&record, env->kind, env->policy, env->now);
	record.session = vg_be64(vid->session);
	record.sequence = vg_be64(vid->sequence);
	record.type = vid->type;
	record.reason = VG_ACCEPTED;
	memcpy(record.digest, env->digest, VG_HASH_LEN);
	vg_record_publish(env->gate, env->lane, env->policy, &record);
}

static __always_inline void vg_env_release(struct vg_env *env, struct vg_session *session,
					   const struct vg_vid_fields *vid, enum vg_reason reason)
{
	bool keep = reason == VG_ACCEPTED;

	if (keep)
		atomic64_inc(&session->accepted);
	if (!env->lane)
		return;
	/* Of several CPUs with a beacon of one session in one second, one records it. */
	if (keep && env->kind == VG_RECORD_BEACON)
		keep = cmpxchg64(&session->auth.beacon_second, env->beacon_second, env->now / USEC_PER_SEC) ==
		       env->beacon_second;
	if (keep)
		vg_env_record(env, vid);
	else
		vg_record_release(env->gate, env->lane);
}

static __always_inline void vg_env_lock(struct vg_env *env, struct vg_session *session)
{
	spin_lock(&session->lock);
}

static __always_inline void vg_env_unlock(struct vg_env *env, struct vg_session *session)
{
	spin_unlock(&session->lock);
}

#define VG_AUTHENTICATE_ENV
#include "voltgate/authenticate.h"

/* A driver's poll has softirqs off, a BPF test run on older kernels has not. True: they are off because of us. */
static __always_inline bool vg_kfunc_enter(void)
{
	bool off = !in_softirq();

	if (off)
		local_bh_disable();
	rcu_read_lock();
	return off;
}

static __always_inline void vg_kfunc_leave(bool off)
{
	rcu_read_unlock();
	if (off)
		local_bh_enable();
}

static __always_inline struct vg_gate *vg_kfunc_gate(const struct xdp_buff *xdp)
{
	return vg_gate_of(dev_net(xdp->rxq->dev));
}

static enum vg_reason vg_kfunc_decide(struct vg_env *env, const struct vg_moment *moment, struct vg_vid_fields *vid)
{
	struct vg_auth_policy auth = env->policy->auth;

	if (!vg_vid_decode((const struct vg_vid *)env->vid, env->vid_len, vid) || vid->type < VG_VID_BEACON)
		return VG_MALFORMED;
	auth.now = moment->now;
	auth.now_ns = moment->now_ns;
	return vg_auth_decide(env, &auth, vid);
}

/* Counts; a refusal also goes to the alarms. */
static void vg_kfunc_conclude(struct vg_gate *gate, const struct vg_gate_policy *policy, const struct vg_moment *moment,
			      const struct xdp_buff *xdp, const struct vg_vid_fields *vid,
			      const struct vg_source *source, enum vg_reason reason)
{
	struct vg_alarm_key key = { .session = vid->session, .source = *source, .reason = reason };

	vg_counters_packet(gate, reason);
	trace_vg_verdict(xdp->rxq->dev, vid, reason);
	if (vg_alarm_wanted(reason))
		vg_alarm_packet(gate, policy, moment, &key, xdp);
}

__bpf_kfunc int vg_authenticate(struct xdp_md *ctx, u32 offset, u32 len, struct vg_source *source, u32 source__sz)
{
	const struct xdp_buff *xdp = (const struct xdp_buff *)ctx;
	struct vg_vid_fields vid = {};
	u32 frame_len = xdp->data_end - xdp->data;
	struct vg_moment moment;
	enum vg_reason reason;
	struct vg_env env;
	bool off;

	if (source__sz != sizeof(*source))
		return VG_INTERNAL;
	off = vg_kfunc_enter();
	env.gate = vg_kfunc_gate(xdp);
	env.policy = vg_policy_of(env.gate);
	env.vid = xdp->data + offset;
	env.vid_len = len;
	env.lane = NULL;
	moment = vg_policy_moment(env.policy);
	env.now = moment.now;
	if (vg_deny_hit(env.gate, source))
		reason = VG_DENIED;
	else if (offset > frame_len || len > frame_len - offset || len < VG_VID_OVERHEAD)
		reason = VG_MALFORMED;
	else
		reason = vg_kfunc_decide(&env, &moment, &vid);
	vg_kfunc_conclude(env.gate, env.policy, &moment, xdp, &vid, source, reason);
	vg_kfunc_leave(off);
	return reason;
}

__bpf_kfunc int vg_denied(struct xdp_md *ctx, struct vg_source *source, u32 source__sz)
{
	const struct xdp_buff *xdp = (const struct xdp_buff *)ctx;
	bool denied, off;

	if (source__sz != sizeof(*source))
		return 1;
	off = vg_kfunc_enter();
	denied = vg_deny_hit(vg_kfunc_gate(xdp), source);
	vg_kfunc_leave(off);
	return denied;
}

__bpf_kfunc int vg_note(struct xdp_md *ctx, u32 reason, struct vg_source *source, u32 source__sz)
{
	const struct xdp_buff *xdp = (const struct xdp_buff *)ctx;
	const struct vg_gate_policy *policy;
	struct vg_vid_fields vid = {};
	struct vg_moment moment;
	struct vg_gate *gate;
	bool off;

	if (reason >= VG_REASON_COUNT || source__sz != sizeof(*source))
		return -EINVAL;
	off = vg_kfunc_enter();
	gate = vg_kfunc_gate(xdp);
	policy = vg_policy_of(gate);
	moment = vg_policy_moment(policy);
	vg_kfunc_conclude(gate, policy, &moment, xdp, &vid, source, reason);
	vg_kfunc_leave(off);
	return 0;
}

VG_KFUNCS_START(vg_kfunc_ids)
BTF_ID_FLAGS(func, vg_authenticate)
BTF_ID_FLAGS(func, vg_denied)
BTF_ID_FLAGS(func, vg_note)
VG_KFUNCS_END(vg_kfunc_ids)

static const struct btf_kfunc_id_set vg_kfunc_set = {
	.owner = THIS_MODULE, /* what makes a loaded program hold the module */
	.set = &vg_kfunc_ids,
};

/* There is no way back, and none is needed: the set goes with the module's BTF. */
int vg_kfunc_start(void)
{
	return register_btf_kfunc_id_set(BPF_PROG_TYPE_XDP, &vg_kfunc_set);
}
