/* SPDX-License-Identifier: GPL-2.0 */
/*
 * plain_env.h - the plain grade: counting, alarms and the environment of
 * authenticate.h, all on BPF maps.
 *
 * A session's element may be freed and given to another while a packet of the
 * old one is being judged: the agent zeroes its id under the lock before it
 * deletes it, and the commit rechecks the id under the lock.
 *
 * Every packet of ours ends in exactly one reason of vg_counters. An alarm
 * aggregate that finds no room (vg_alarms full, more new ones than the global
 * limit lets in, more refusals than a CPU looks into) is only counted there: the agent reports as overflow
 * what the counter has more than all aggregates together.
 */
#ifndef VOLTGATE_BPF_PLAIN_ENV_H
#define VOLTGATE_BPF_PLAIN_ENV_H

#include "parse.h"

#define vg_session vg_plain_session

struct vg_env {
	struct xdp_md *ctx;
	const struct vg_ingress *ingress;
	const u8 *data, *end;
	u32 offset, len; /* of the VID in the frame */
	u64 now;
	struct vg_event *slot; /* held from reserve to release; NULL: no record is needed */
};

#define VG_ALARM_CPU_NS 10000	/* 100,000 refusals a second are looked into on each CPU ... */
#define VG_ALARM_CPU_BURST 1000 /* ... and so many at once */
#define VG_EVENT_BYTES(bytes) (sizeof(struct vg_event) + (bytes))

/* --- counting and alarms --- */

VG_INLINE void vg_plain_count(u32 reason)
{
	u64 *packets = bpf_map_lookup_elem(&vg_counters, &reason);

	if (packets)
		*packets += 1; /* this CPU's own, and softirqs do not nest */
}

VG_INLINE void vg_alarm_notify(struct xdp_md *ctx, const struct vg_alarm_key *key, u64 now)
{
	struct vg_event *event = bpf_ringbuf_reserve(&vg_ring, VG_EVENT_BYTES(sizeof(*key)), 0);

	if (!event)
		return; /* the agent finds the aggregate on its next walk */
	event->kind = VG_EVENT_ALARM;
	event->ifindex = ctx->ingress_ifindex;
	event->time = now;
	event->len = sizeof(*key);
	event->zero = 0;
	memcpy(event->bytes, key, sizeof(*key));
	bpf_ringbuf_submit(event, 0);
}

/* Makes a new aggregate with this packet as its sample, if the global limit has room for one more. */
__attribute__((noinline)) int vg_alarm_open(struct xdp_md *ctx, const struct vg_alarm_key *key)
{
	const struct vg_ingress *ingress = vg_ingress_get();
	struct vg_alarm_state state = {}, *raced;
	struct vg_locked_budget *limit;
	u32 zero = 0, sample;
	u64 now, now_ns;

	limit = bpf_map_lookup_elem(&vg_alarm_limit, &zero);
	if (!ingress || !limit || !key)
		return 0;
	now = vg_now(ingress, &now_ns);
	if (!vg_locked_budget_take(limit, &ingress->alarm_new_rate, now_ns))
		return 0;
	state.first = now;
	state.last = now;
	state.count = 1;
	state.ifindex = ctx->ingress_ifindex;
	state.frame_len = ctx->data_end - ctx->data;
	sample = state.frame_len < VG_ALARM_SAMPLE_MAX ? state.frame_len : VG_ALARM_SAMPLE_MAX;
	if (!vg_packet_copy(ctx, 0, state.sample, sample, VG_ALARM_SAMPLE_MAX))
		state.sample_len = sample;
	if (!bpf_map_update_elem(&vg_alarms, key, &state, BPF_NOEXIST)) {
		vg_alarm_notify(ctx, key, now);
		return 0;
	}
	raced = bpf_map_lookup_elem(&vg_alarms, key);
	if (raced)
		__sync_fetch_and_add(&raced->count, 1);
	return 0;
}

/*
 * True if this CPU may still look into what was refused. An aggregate costs
 * more than all that an accepted packet has beyond a refused one, so a flood
 * is aggregated up to VG_ALARM_CPU_NS each, and beyond only counted.
 */
VG_INLINE bool vg_alarm_affordable(u64 now_ns)
{
	const struct vg_budget_rate rate = { VG_ALARM_CPU_NS, VG_ALARM_CPU_NS * VG_ALARM_CPU_BURST };
	struct vg_cpu *cpu = vg_cpu_get();

	return cpu && vg_budget_take(&cpu->alarms, &rate, now_ns);
}

/* Adds the refused @frame to the aggregate of its session, source and reason. */
__attribute__((noinline)) int vg_plain_alarm(struct xdp_md *ctx, u32 reason, const struct vg_frame *frame)
{
	const struct vg_ingress *ingress = vg_ingress_get();
	struct vg_alarm_state *state;
	struct vg_alarm_key key;
	u64 now, now_ns;

	if (!ingress || !frame)
		return 0;
	now = vg_now(ingress, &now_ns);
	if (!vg_alarm_affordable(now_ns))
		return 0;
	key.session = frame->session;
	key.source = frame->from.source;
	key.reason = reason;
	state = bpf_map_lookup_elem(&vg_alarms, &key);
	if (!state)
		return vg_alarm_open(ctx, &key);
	__sync_fetch_and_add(&state->count, 1);
	if (state->last != now)
		state->last = now;
	return 0;
}

/* --- the environment of authenticate.h --- */

VG_INLINE struct vg_session *vg_env_session(struct vg_env *env, u64 id)
{
	(void)env;
	return bpf_map_lookup_elem(&vg_sessions, &id);
}

VG_INLINE enum vg_reason vg_env_absent(struct vg_env *env, u64 id)
{
	u64 *until = bpf_map_lookup_elem(&vg_revoked, &id);

	return until && env->now < *until ? VG_REVOKED : VG_UNKNOWN_SESSION;
}

VG_INLINE int vg_env_tag(struct vg_env *env, const struct vg_siphash_key *key, struct vg_siphash_tag *ret_tag)
{
	return vg_packet_mac(env->ctx, env->offset, env->len - VG_VID_TAG_LEN, key, ret_tag);
}

VG_INLINE bool vg_env_tag_matches(struct vg_env *env, const struct vg_siphash_tag *tag)
{
	const u8 *at = vg_packet_at(env->data, env->offset + env->len - VG_VID_TAG_LEN);

	return vg_packet_has(at, VG_VID_TAG_LEN, env->end) && vg_siphash_tag_equal(tag, at);
}

/* A ring record of @room bytes with the VID copied in; NULL if the ring is full. @room is a constant: the verifier
 * wants it. */
VG_INLINE struct vg_event *vg_env_slot(struct vg_env *env, const u32 room)
{
	struct vg_event *event = bpf_ringbuf_reserve(&vg_actions, VG_EVENT_BYTES(room), 0);

	if (!event)
		return NULL;
	if (vg_packet_copy(env->ctx, env->offset, event->bytes, env->len, room)) {
		bpf_ringbuf_discard(event, 0);
		return NULL;
	}
	event->ifindex = env->ctx->ingress_ifindex;
	event->time = env->now;
	event->len = env->len;
	event->zero = 0;
	return event;
}

VG_INLINE struct vg_event *vg_env_slot_of_class(struct vg_env *env)
{
	if (env->len <= 128)
		return vg_env_slot(env, 128);
	if (env->len <= 320)
		return vg_env_slot(env, 320);
	return vg_env_slot(env, VG_VID_MAX);
}

VG_INLINE u64 vg_env_second(const struct vg_env *env)
{
	return env->now / 1000000;
}

VG_INLINE bool vg_env_reserve(struct vg_env *env, struct vg_session *session, const struct vg_vid_fields *fields)
{
	env->slot = NULL;
	if (!vg_vid_is_action(fields->type) &&
	    (!env->ingress->record_beacons || VG_READ_ONCE(session->auth.beacon_second) >= vg_env_second(env)))
		return true;
	env->slot = vg_env_slot_of_class(env);
	if (!env->slot)
		return false;
	env->slot->kind = vg_vid_is_action(fields->type) ? VG_EVENT_ACTION : VG_EVENT_BEACON;
	return true;
}

VG_INLINE void vg_env_release(struct vg_env *env, struct vg_session *session, const struct vg_vid_fields *fields,
			      enum vg_reason reason)
{
	u64 last, second;

	if (reason == VG_ACCEPTED)
		__sync_fetch_and_add(&session->accepted, 1);
	if (!env->slot)
		return;
	if (reason == VG_ACCEPTED && !vg_vid_is_action(fields->type)) {
		/* one CPU's beacon is the first of the second, another's then is not */
		last = VG_READ_ONCE(session->auth.beacon_second);
		second = vg_env_second(env);
		if (last >= second || __sync_val_compare_and_swap(&session->auth.beacon_second, last, second) != last)
			reason = VG_REPLAYED;
	}
	if (reason == VG_ACCEPTED)
		bpf_ringbuf_submit(env->slot, 0);
	else
		bpf_ringbuf_discard(env->slot, 0);
}

VG_INLINE void vg_env_lock(struct vg_env *env, struct vg_session *session)
{
	(void)env;
	bpf_spin_lock(&session->lock);
}

VG_INLINE void vg_env_unlock(struct vg_env *env, struct vg_session *session)
{
	(void)env;
	bpf_spin_unlock(&session->lock);
}

#define VG_AUTHENTICATE_ENV
#include "voltgate/authenticate.h"

/* --- what ingress.h asks of a grade --- */

/*
 * The plain twin of the module's vg_authenticate(), but for the alarm, which
 * the caller raises. A global function, which the verifier walks once and not
 * once for each way through the parser.
 */
__attribute__((noinline)) int vg_plain_authenticate(struct xdp_md *ctx, struct vg_frame *frame)
{
	const u8 *data = (const u8 *)(long)ctx->data, *end = (const u8 *)(long)ctx->data_end;
	const struct vg_ingress *ingress = vg_ingress_get();
	enum vg_reason reason = VG_MALFORMED;
	struct vg_auth_policy policy;
	struct vg_vid_fields fields;
	struct vg_env env;
	const u8 *vid;

	if (!ingress || !frame)
		return VG_INTERNAL;
	if (bpf_map_lookup_elem(&vg_deny, &frame->from)) {
		reason = VG_DENIED;
		goto out;
	}
	if (frame->offset > VG_OFFSET_MAX || frame->len < VG_VID_OVERHEAD || frame->len > VG_VID_MAX)
		goto out;
	vid = vg_packet_at(data, frame->offset);
	if (!vg_packet_has(vid, VG_VID_OVERHEAD, end) ||
	    !vg_vid_decode((const struct vg_vid *)vid, frame->len, &fields))
		goto out;
	frame->session = fields.session;
	env.ctx = ctx;
	env.ingress = ingress;
	env.data = data;
	env.end = end;
	env.offset = frame->offset;
	env.len = frame->len;
	policy.now = vg_now(ingress, &policy.now_ns);
	env.now = policy.now;
	policy.stale_us = ingress->stale_us;
	policy.future_us = ingress->future_us;
	policy.session_budget = ingress->session_rate;
	reason = vg_auth_decide(&env, &policy, &fields);
out:
	vg_plain_count(reason);
	return reason;
}

/* The plain twin of vg_note(). */
__attribute__((noinline)) int vg_plain_note(struct xdp_md *ctx, u32 reason, const struct vg_frame *frame)
{
	vg_plain_count(reason);
	if (frame && reason != VG_ACCEPTED && reason != VG_ITS_HANDED)
		vg_plain_alarm(ctx, reason, frame);
	return 0;
}

VG_INLINE bool vg_plain_denied(const struct vg_frame *frame)
{
	return bpf_map_lookup_elem(&vg_deny, &frame->from) != NULL;
}

#endif
