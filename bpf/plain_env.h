/* SPDX-License-Identifier: GPL-2.0 */
/*
 * plain_env.h - the plain grade: counting, alarms and the environment of
 * authenticate.h, all on BPF maps.
 *
 * A session's element may be freed and given to another while a packet of the
 * old one is being judged: vg_session_end zeroes its id under the lock before
 * the agent deletes it, and the commit rechecks the id under the lock.
 *
 * Every packet of ours ends in exactly one reason of vg_counters (PROTOCOL.md
 * D3). An alarm
 * aggregate that finds no room (vg_alarms full, more new ones than the global
 * limit lets in, more refusals in a tick than VG_ALARMS_PER_TICK) is only
 * counted there: the agent reports as overflow what the counter has more than
 * all aggregates together. So a flood of forgeries, each of them dearer to
 * look into than an accepted packet is to let in, is not looked into (D5).
 */
#ifndef VOLTGATE_BPF_PLAIN_ENV_H
#define VOLTGATE_BPF_PLAIN_ENV_H

#include "parse.h"

#define vg_session vg_plain_session
#define VG_LOCK_TRIES 512

/* A session's state word but for the lock bit, as it was when the lock was taken. */
struct vg_lock {
	u64 unlocked;
};

/* Offset and length of the VID stay in @frame and are read anew for each use: see vg_frame. */
struct vg_env {
	struct xdp_md *ctx;
	const struct vg_ingress *ingress;
	const struct vg_frame *frame;
	u64 now;
	struct vg_event *slot; /* held from reserve to release ... */
	u32 held;	       /* ... if this is 1; 0: no record is needed */
	u64 unlocked;	       /* the session's state word but for the lock bit, while we hold it */
	bool stuck;	       /* the lock could not be had */
};

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
__attribute__((noinline)) int vg_alarm_open(struct xdp_md *ctx, const struct vg_alarm_key *of)
{
	const struct vg_ingress *ingress = vg_ingress_get();
	struct vg_cpu *cpu = vg_cpu_get();
	struct vg_locked_budget *limit;
	struct vg_alarm_state *state;
	struct vg_alarm_key key; /* up to 6.6 a function's argument is no key of a map */
	u32 zero = 0, sample;
	u64 now;

	limit = bpf_map_lookup_elem(&vg_alarm_limit, &zero);
	if (!ingress || !cpu || !limit || !of || !vg_locked_budget_take(limit, &ingress->alarm_new_rate, cpu->now_ns))
		return 0;
	key = *of;
	now = vg_now(ingress, cpu);
	state = &cpu->fresh;
	memset(state, 0, sizeof(*state));
	state->first = now;
	state->last = now;
	state->count = 1;
	state->ifindex = ctx->ingress_ifindex;
	state->frame_len = ctx->data_end - ctx->data;
	sample = state->frame_len < VG_ALARM_SAMPLE_MAX ? state->frame_len : VG_ALARM_SAMPLE_MAX;
	if (!vg_packet_copy(ctx, 0, state->sample, sample, VG_ALARM_SAMPLE_MAX))
		state->sample_len = sample;
	if (!bpf_map_update_elem(&vg_alarms, &key, state, BPF_NOEXIST)) {
		vg_alarm_notify(ctx, &key, now);
		return 0;
	}
	state = bpf_map_lookup_elem(&vg_alarms, &key); /* another CPU's may have come between */
	if (state)
		__sync_fetch_and_add(&state->count, 1);
	return 0;
}

/* Adds the refused @frame to the aggregate of its session, source and reason. */
__attribute__((noinline)) int vg_alarm_add(struct xdp_md *ctx, u32 reason, const struct vg_frame *frame)
{
	const struct vg_ingress *ingress = vg_ingress_get();
	struct vg_cpu *cpu = vg_cpu_get();
	struct vg_alarm_state *state;
	struct vg_alarm_key key;
	u64 now;

	if (!ingress || !cpu || !frame)
		return 0;
	key.session = frame->session;
	key.source = frame->from.source;
	key.reason = reason;
	state = bpf_map_lookup_elem(&vg_alarms, &key);
	if (!state)
		return vg_alarm_open(ctx, &key);
	__sync_fetch_and_add(&state->count, 1);
	now = vg_now(ingress, cpu);
	if (state->last != now)
		state->last = now;
	return 0;
}

/* In the path of a flood this is one test and one subtraction. */
VG_INLINE void vg_plain_alarm(struct xdp_md *ctx, struct vg_cpu *cpu, u32 reason, const struct vg_frame *frame)
{
	if (!cpu->alarms_left)
		return;
	cpu->alarms_left--;
	vg_alarm_add(ctx, reason, frame);
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
	const u8 *data = (const u8 *)(long)env->ctx->data, *end = (const u8 *)(long)env->ctx->data_end;
	u32 len = VG_READ_ONCE(env->frame->len) - VG_VID_TAG_LEN;

	return vg_mac_inside(vg_packet_at(data, VG_READ_ONCE(env->frame->offset)), end, len, key, ret_tag);
}

VG_INLINE bool vg_env_tag_matches(struct vg_env *env, const struct vg_siphash_tag *tag)
{
	const u8 *data = (const u8 *)(long)env->ctx->data, *end = (const u8 *)(long)env->ctx->data_end;
	const u8 *at =
		vg_packet_at(data, VG_READ_ONCE(env->frame->offset) + VG_READ_ONCE(env->frame->len) - VG_VID_TAG_LEN);

	return vg_packet_has(at, VG_VID_TAG_LEN, end) && vg_siphash_tag_equal(tag, at);
}

/*
 * Takes a ring record of @room bytes and copies the VID into it; false if the
 * ring is full. @room is a constant: the verifier wants it. That a record is
 * held is said by @held and not by the pointer: up to 6.6 the verifier does
 * not know that such a pointer is never NULL.
 */
VG_INLINE bool vg_env_slot(struct vg_env *env, u32 kind, const u32 room)
{
	struct vg_event *event = bpf_ringbuf_reserve(&vg_actions, VG_EVENT_BYTES(room), 0);
	u32 len = VG_READ_ONCE(env->frame->len), held = 1;

	if (!event)
		return false;
	if (vg_packet_copy(env->ctx, VG_READ_ONCE(env->frame->offset), event->bytes, len, room)) {
		bpf_ringbuf_discard(event, 0);
		return false;
	}
	event->kind = kind;
	event->ifindex = env->ctx->ingress_ifindex;
	event->time = env->now;
	event->len = len;
	event->zero = 0;
	asm volatile("" : "+r"(held)); /* or clang asks the pointer after all */
	env->held = held;
	env->slot = event;
	return true;
}

VG_INLINE bool vg_env_slot_of_class(struct vg_env *env, u32 kind)
{
	u32 len = VG_READ_ONCE(env->frame->len);

	if (len <= 128)
		return vg_env_slot(env, kind, 128);
	if (len <= 320)
		return vg_env_slot(env, kind, 320);
	return vg_env_slot(env, kind, VG_VID_MAX);
}

VG_INLINE u64 vg_env_second(const struct vg_env *env)
{
	return env->now / 1000000;
}

/* Tries once. */
VG_INLINE bool vg_session_try_lock(struct vg_session *session, u64 *ret_unlocked)
{
	u64 seen = VG_READ_ONCE(session->state) & ~VG_SESSION_LOCKED;

	*ret_unlocked = seen;
	return __sync_val_compare_and_swap(&session->state, seen, seen | VG_SESSION_LOCKED) == seen;
}

/*
 * Waits for a lock that is held for some ten instructions, by a CPU that runs
 * with softirqs off. A holder that its hypervisor stopped is not waited for:
 * then the packet is refused as internal, with its sequence unspent. Out of
 * line, for the verifier, which walks every try. 1 if the lock is held now.
 */
__attribute__((noinline)) int vg_session_wait(struct vg_session *session, struct vg_lock *ret_lock)
{
	u32 i;

	if (!session || !ret_lock)
		return 0;
#pragma clang loop unroll(disable)
	for (i = 0; i < VG_LOCK_TRIES; i++)
		if (vg_session_try_lock(session, &ret_lock->unlocked))
			return 1;
	return 0;
}

VG_INLINE bool vg_session_lock(struct vg_session *session, u64 *ret_unlocked)
{
	struct vg_lock lock = { 0 };

	if (vg_session_try_lock(session, ret_unlocked))
		return true;
	if (!vg_session_wait(session, &lock))
		return false;
	*ret_unlocked = lock.unlocked;
	return true;
}

/* An exchange and no plain store, because it orders what was written under the lock before it. */
VG_INLINE void vg_session_unlock(struct vg_session *session, u64 state)
{
	__sync_lock_test_and_set(&session->state, state);
}

/* A slot, if this packet needs one. False: it does, and there is none. */
VG_INLINE bool vg_env_reserve_slot(struct vg_env *env, struct vg_session *session, const struct vg_vid_fields *fields)
{
	if (vg_vid_is_action(fields->type))
		return vg_env_slot_of_class(env, VG_EVENT_ACTION);
	if (!env->ingress->record_beacons || VG_READ_ONCE(session->auth.beacon_second) >= vg_env_second(env))
		return true;
	return vg_env_slot_of_class(env, VG_EVENT_BEACON);
}

/* Slot and lock: what may fail is had here; see vg_env_lock(). */
VG_INLINE bool vg_env_reserve(struct vg_env *env, struct vg_session *session, const struct vg_vid_fields *fields)
{
	if (!vg_env_reserve_slot(env, session, fields))
		return false;
	if (vg_session_lock(session, &env->unlocked))
		return true;
	env->stuck = true;
	if (env->held)
		bpf_ringbuf_discard(env->slot, 0);
	return false;
}

/* Held since vg_env_reserve(). */
VG_INLINE void vg_env_lock(struct vg_env *env, struct vg_session *session)
{
	(void)env;
	(void)session;
}

/* The lock is given back in vg_env_release(), which follows and knows what to count, in one and the same store. */
VG_INLINE void vg_env_unlock(struct vg_env *env, struct vg_session *session)
{
	(void)env;
	(void)session;
}

/* One CPU's beacon is the first of the second; another's then is not. */
VG_INLINE bool vg_env_is_first_beacon(struct vg_env *env, struct vg_session *session)
{
	u64 last = VG_READ_ONCE(session->auth.beacon_second), second = vg_env_second(env);

	return last < second && __sync_val_compare_and_swap(&session->auth.beacon_second, last, second) == last;
}

VG_INLINE void vg_env_release(struct vg_env *env, struct vg_session *session, const struct vg_vid_fields *fields,
			      enum vg_reason reason)
{
	vg_session_unlock(session, env->unlocked + (reason == VG_ACCEPTED ? VG_SESSION_ONE_ACCEPTED : 0));
	if (!env->held)
		return;
	if (reason == VG_ACCEPTED && (vg_vid_is_action(fields->type) || vg_env_is_first_beacon(env, session)))
		bpf_ringbuf_submit(env->slot, 0);
	else
		bpf_ringbuf_discard(env->slot, 0);
}

#define VG_AUTHENTICATE_ENV
#include "voltgate/authenticate.h"

/* --- what ingress.h asks of a grade --- */

/* Whether the deny list, which costs a call, has the source. */
VG_INLINE bool vg_plain_denied(const struct vg_ingress *ingress, const struct vg_frame *frame)
{
	return !ingress->deny_empty && bpf_map_lookup_elem(&vg_deny, &frame->from);
}

/* The decision proper, on the fields of a VID of right structure. */
VG_INLINE enum vg_reason vg_plain_decide(struct xdp_md *ctx, const struct vg_ingress *ingress, const struct vg_cpu *cpu,
					 const struct vg_frame *frame, const struct vg_vid_fields *fields)
{
	struct vg_env env = { .ctx = ctx, .ingress = ingress, .frame = frame, .now = vg_now(ingress, cpu) };
	struct vg_auth_policy policy = {
		.stale_us = ingress->stale_us,
		.future_us = ingress->future_us,
		.session_budget = ingress->session_rate,
		.now = env.now,
		.now_ns = cpu->now_ns,
	};
	enum vg_reason reason = vg_auth_decide(&env, &policy, fields);

	return env.stuck ? VG_INTERNAL : reason;
}

/* The plain twin of the module's vg_authenticate(), but that it neither counts nor raises the alarm. */
VG_INLINE enum vg_reason vg_plain_authenticate(struct xdp_md *ctx, const struct vg_ingress *ingress,
					       const struct vg_cpu *cpu, struct vg_frame *frame)
{
	const u8 *end = (const u8 *)(long)ctx->data_end;
	struct vg_vid_fields fields;
	const u8 *vid;

	if (vg_plain_denied(ingress, frame))
		return VG_DENIED;
	if (frame->offset > VG_OFFSET_MAX || frame->len < VG_VID_OVERHEAD || frame->len > VG_VID_MAX)
		return VG_MALFORMED;
	vid = vg_packet_at((const u8 *)(long)ctx->data, frame->offset);
	if (!vg_packet_has(vid, VG_VID_OVERHEAD, end) ||
	    !vg_vid_decode((const struct vg_vid *)vid, frame->len, &fields))
		return VG_MALFORMED;
	frame->session = fields.session;
	return vg_plain_decide(ctx, ingress, cpu, frame, &fields);
}

/* The plain twin of vg_note(). */
VG_INLINE void vg_plain_note(struct xdp_md *ctx, u32 reason, const struct vg_frame *frame)
{
	struct vg_cpu *cpu = vg_cpu_get();

	vg_plain_count(reason);
	if (cpu && reason != VG_ACCEPTED && reason != VG_ITS_HANDED)
		vg_plain_alarm(ctx, cpu, reason, frame);
}

/* One VID in the plain grade: judged, counted, reported. */
VG_INLINE int vg_plain_vid(struct xdp_md *ctx, struct vg_frame *frame)
{
	const struct vg_ingress *ingress = vg_ingress_get();
	struct vg_cpu *cpu = vg_cpu_get();
	enum vg_reason reason;

	if (!ingress || !cpu)
		return VG_INTERNAL;
	reason = vg_plain_authenticate(ctx, ingress, cpu, frame);
	vg_plain_count(reason);
	if (reason != VG_ACCEPTED)
		vg_plain_alarm(ctx, cpu, reason, frame);
	return reason;
}

/* What vg_session_end does, see maps.h. 0, or -1 if the lock cannot be had: the agent tries again. */
VG_INLINE int vg_plain_session_end(struct vg_session_end *end)
{
	struct vg_session *session;
	u64 id = end->id, unlocked;

	end->found = 0;
	session = bpf_map_lookup_elem(&vg_sessions, &id);
	if (!session)
		return 0;
	if (!vg_session_lock(session, &unlocked))
		return -1;
	session->auth.id = 0;
	end->head = session->auth.replay.head;
	vg_session_unlock(session, unlocked);
	end->accepted = unlocked / VG_SESSION_ONE_ACCEPTED;
	end->found = 1;
	return 0;
}

#endif
