/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ingress.h - what the gate does with each kind of frame, in either grade.
 *
 * @attested is a constant in both programs: each compiles to its own branch.
 *
 *   foreign        pass
 *   malformed      deny list, then count and drop
 *   VID            the grade's authenticate(): pass what it accepts
 *   hello          deny list, structure, mac1, cookie and source budget: pass
 *   ITS frame      deny list, structure, generation time, duplicate, budget:
 *                  into the ring for the agent, and drop (the stack has no use for it)
 * Source: PROTOCOL.md P3, D1 to D4, H4, H5.
 */
#ifndef VOLTGATE_BPF_INGRESS_H
#define VOLTGATE_BPF_INGRESS_H

#include "attested_env.h"
#include "geonet.h"
#include "plain_env.h"
#include "voltgate/hello.h"

#define VG_HELLO_TRIES 4

VG_INLINE bool vg_is_denied(struct xdp_md *ctx, struct vg_frame *frame, const bool attested)
{
	const struct vg_ingress *ingress;

	if (attested)
		return vg_denied(ctx, &frame->from.source, sizeof(frame->from.source));
	ingress = vg_ingress_get();
	return ingress && vg_plain_denied(ingress, frame);
}

/* Counts (and reports, if it is a refusal) what was decided here. */
VG_INLINE void vg_conclude(struct xdp_md *ctx, u32 reason, struct vg_frame *frame, const bool attested)
{
	if (attested)
		vg_note(ctx, reason, &frame->from.source, sizeof(frame->from.source));
	else
		vg_plain_note(ctx, reason, frame);
}

/* --- hellos --- */

/* True if the 16 bytes at @offset are the MAC of the @len bytes from @start under @key. */
VG_INLINE bool vg_hello_proves(struct xdp_md *ctx, u32 start, u32 len, const struct vg_siphash_key *key)
{
	const u8 *data = (const u8 *)(long)ctx->data, *end = (const u8 *)(long)ctx->data_end;
	struct vg_siphash_tag tag = {};
	const u8 *at;

	if (vg_packet_mac(ctx, start, len, key, &tag))
		return false;
	at = vg_packet_at(data, start + len);
	return vg_packet_has(at, VG_VID_TAG_LEN, end) && vg_siphash_tag_equal(&tag, at);
}

/* Spends one packet of a budget without a lock: one word, exchanged if nobody else did meanwhile. */
VG_INLINE bool vg_hello_spend(struct vg_budget *budget, const struct vg_budget_rate *rate, u64 now_ns)
{
	struct vg_budget seen, next;
	int i;

#pragma unroll
	for (i = 0; i < VG_HELLO_TRIES; i++) {
		seen.empty_ns = VG_READ_ONCE(budget->empty_ns);
		next = seen;
		if (!vg_budget_take(&next, rate, now_ns))
			return false;
		if (next.empty_ns == seen.empty_ns ||
		    __sync_val_compare_and_swap(&budget->empty_ns, seen.empty_ns, next.empty_ns) == seen.empty_ns)
			return true;
	}
	return false; /* so many at once from one source are over any budget */
}

/* The budgets of @source, full ones for a source not seen lately. NULL only if the map cannot take it in. */
VG_INLINE struct vg_hello_budget *vg_hello_budget_of(const struct vg_source *source)
{
	struct vg_hello_budget *budget = bpf_map_lookup_elem(&vg_hellos, source);
	struct vg_hello_budget full = {};

	if (budget)
		return budget;
	bpf_map_update_elem(&vg_hellos, source, &full, BPF_NOEXIST);
	return bpf_map_lookup_elem(&vg_hellos, source);
}

/* True if mac2, the last 16 bytes before mac1, was made with the cookie of this source, new or previous. */
VG_INLINE bool vg_hello_is_proven(struct xdp_md *ctx, const struct vg_ingress *ingress, u32 offset, u32 len,
				  const struct vg_cookie_input *input)
{
	const u8 *data = (const u8 *)(long)ctx->data, *end = (const u8 *)(long)ctx->data_end;
	u32 signed_len = len - 2 * VG_VID_TAG_LEN;
	const u8 *mac2 = vg_packet_at(data, offset + signed_len);
	struct vg_siphash_key cookie;

	if (!vg_packet_has(mac2, VG_VID_TAG_LEN, end) || !(vg_siphash_load(mac2) | vg_siphash_load(mac2 + 8)))
		return false; /* zeros: it has no cookie and says so */
	vg_hello_cookie(&ingress->cookie_secrets[0], input, &cookie);
	if (vg_hello_proves(ctx, offset, signed_len, &cookie))
		return true;
	vg_hello_cookie(&ingress->cookie_secrets[1], input, &cookie);
	return vg_hello_proves(ctx, offset, signed_len, &cookie);
}

/* The address that the packet in @frame was sent to, in wire order. 0, or -1 if it cannot be read. */
VG_INLINE int vg_hello_destination(struct xdp_md *ctx, const struct vg_frame *frame, struct vg_source *ret_to)
{
	u32 ip = frame->ip;

	ret_to->family = frame->from.source.family;
	if (ret_to->family == VG_SOURCE_IPV4)
		return bpf_xdp_load_bytes(ctx, ip + 16, ret_to->addr, 4) ? -1 : 0;
	return bpf_xdp_load_bytes(ctx, ip + 24, ret_to->addr, 16) ? -1 : 0;
}

/*
 * Shows the agent a hello that is refused for want of a cookie, so that it can hand one out: within the source's budget
 * and everybody's. The look at the latter comes first: a flood costs no more than that look.
 */
VG_INLINE void vg_hello_ask(struct xdp_md *ctx, const struct vg_ingress *ingress, const struct vg_frame *frame,
			    const struct vg_cookie_input *input, const struct vg_cpu *cpu)
{
	struct vg_hello_budget *budget;
	struct vg_locked_budget *asked;
	struct vg_hello_asked *told;
	struct vg_event *event;
	u32 zero = 0;

	asked = bpf_map_lookup_elem(&vg_asked, &zero);
	if (!asked || !vg_budget_has(&asked->budget, &ingress->asked_rate, cpu->now_ns))
		return;
	budget = vg_hello_budget_of(&input->source);
	if (!budget || !vg_hello_spend(&budget->asked, &ingress->hello_rate, cpu->now_ns) ||
	    !vg_locked_budget_take(asked, &ingress->asked_rate, cpu->now_ns))
		return;
	event = bpf_ringbuf_reserve(&vg_ring, VG_EVENT_BYTES(sizeof(*told)), 0);
	if (!event)
		return;
	told = (struct vg_hello_asked *)event->bytes;
	memset(told, 0, sizeof(*told));
	told->from = *input;
	event->kind = VG_EVENT_ASKED;
	event->ifindex = ctx->ingress_ifindex;
	event->time = vg_now(ingress, cpu);
	event->len = sizeof(*told);
	event->zero = 0;
	if (vg_hello_destination(ctx, frame, &told->to) ||
	    bpf_xdp_load_bytes(ctx, frame->offset + frame->len - VG_VID_TAG_LEN, told->mac1, sizeof(told->mac1)))
		bpf_ringbuf_discard(event, 0);
	else
		bpf_ringbuf_submit(event, 0);
}

/* Judges the hello in @frame. The deny list was asked before. */
__attribute__((noinline)) int vg_hello_judge(struct xdp_md *ctx, const struct vg_frame *frame)
{
	const u8 *data = (const u8 *)(long)ctx->data, *end = (const u8 *)(long)ctx->data_end;
	const struct vg_ingress *ingress = vg_ingress_get();
	struct vg_cookie_input input = {};
	struct vg_hello_budget *budget;
	struct vg_cpu *cpu = vg_cpu_get();
	struct vg_vid_fields fields;
	u32 offset, len;
	const u8 *vid;
	bool proven;

	if (!ingress || !cpu || !frame)
		return VG_INTERNAL;
	offset = frame->offset;
	len = frame->len;
	if (offset > VG_OFFSET_MAX || len < VG_VID_OVERHEAD + VG_VID_TAG_LEN || len > VG_VID_MAX)
		return VG_MALFORMED;
	vid = vg_packet_at(data, offset);
	if (!vg_packet_has(vid, VG_VID_OVERHEAD, end) || !vg_vid_decode((const struct vg_vid *)vid, len, &fields) ||
	    fields.type != VG_VID_HELLO)
		return VG_MALFORMED;
	if (!ingress->hello_enabled || !vg_hello_proves(ctx, offset, len - VG_VID_TAG_LEN, &ingress->mac1_key))
		return VG_BAD_COOKIE;
	input.source = frame->from.source;
	input.port = frame->port;
	proven = vg_hello_is_proven(ctx, ingress, offset, len, &input);
	if (proven || !ingress->under_load) {
		budget = vg_hello_budget_of(&input.source); /* not the frame's: up to 6.6 an argument is no key */
		if (!budget)
			return VG_INTERNAL;
		if (vg_hello_spend(proven ? &budget->proven : &budget->unproven, &ingress->hello_rate, cpu->now_ns))
			return VG_ACCEPTED;
		if (proven)
			return VG_OVER_BUDGET;
	}
	vg_hello_ask(ctx, ingress, frame, &input, cpu);
	return VG_BAD_COOKIE;
}

/* --- ITS frames --- */

/* Puts the whole frame into the ring, in a record with @room bytes for it; -1 if the ring is full. */
VG_INLINE int vg_its_hand(struct xdp_md *ctx, u32 frame_len, u64 now, const u32 room)
{
	struct vg_event *event = bpf_ringbuf_reserve(&vg_ring, VG_EVENT_BYTES(room), 0);

	if (!event)
		return -1;
	if (vg_packet_copy(ctx, 0, event->bytes, frame_len, room)) {
		bpf_ringbuf_discard(event, 0);
		return -1;
	}
	event->kind = VG_EVENT_ITS_FRAME;
	event->ifindex = ctx->ingress_ifindex;
	event->time = now;
	event->len = frame_len;
	event->zero = 0;
	bpf_ringbuf_submit(event, 0);
	return 0;
}

VG_INLINE int vg_its_hand_by_class(struct xdp_md *ctx, u32 frame_len, u64 now)
{
	if (frame_len <= 232)
		return vg_its_hand(ctx, frame_len, now, 232);
	if (frame_len <= 488)
		return vg_its_hand(ctx, frame_len, now, 488);
	if (frame_len <= 1000)
		return vg_its_hand(ctx, frame_len, now, 1000);
	return vg_its_hand(ctx, frame_len, now, VG_ITS_FRAME_MAX);
}

/* The keyed hash of the whole frame: what makes two frames the same. 0, or -1. A function for the verifier's sake. */
__attribute__((noinline)) int vg_its_hash(struct xdp_md *ctx, struct vg_siphash_tag *ret_hash)
{
	const u8 *data = (const u8 *)(long)ctx->data, *end = (const u8 *)(long)ctx->data_end;
	const struct vg_ingress *ingress = vg_ingress_get();
	u32 frame_len = end - data;
	struct vg_siphash s;
	const u8 *at;

	if (!ingress || !ret_hash || frame_len > VG_ITS_FRAME_MAX)
		return -1;
	vg_siphash_init(&s, &ingress->duplicate_key);
	at = vg_mac_words(&s, data, end, frame_len);
	if (!at)
		return -1;
	vg_siphash_final(&s, vg_mac_tail(at, end, frame_len), frame_len, ret_hash);
	return 0;
}

/* Duplicate, budget, ring: what costs comes after what refuses. */
VG_INLINE enum vg_reason vg_its_admit(struct xdp_md *ctx, const struct vg_ingress *ingress, u32 frame_len, u64 now,
				      u64 now_ns)
{
	struct vg_locked_budget *budget;
	struct vg_siphash_tag hash = {};
	u32 zero = 0;

	if (vg_its_hash(ctx, &hash))
		return VG_INTERNAL;
	if (bpf_map_lookup_elem(&vg_its_seen, &hash))
		return VG_ITS_DUPLICATE;
	budget = bpf_map_lookup_elem(&vg_its_budget, &zero);
	if (!budget)
		return VG_INTERNAL;
	if (!vg_locked_budget_take(budget, &ingress->its_rate, now_ns))
		return VG_ITS_OVER_BUDGET;
	/* another CPU may have the same frame in hand: the map tells who was first */
	if (bpf_map_update_elem(&vg_its_seen, &hash, &now, BPF_NOEXIST))
		return VG_ITS_DUPLICATE;
	if (vg_its_hand_by_class(ctx, frame_len, now)) {
		bpf_map_delete_elem(&vg_its_seen, &hash); /* not handed: it may come again */
		return VG_ITS_OVER_BUDGET;
	}
	return VG_ITS_HANDED;
}

/* Judges the frame whose GeoNetworking header is at @offset. The deny list was asked before. */
__attribute__((noinline)) int vg_its_judge(struct xdp_md *ctx, u32 offset)
{
	const u8 *data = (const u8 *)(long)ctx->data, *end = (const u8 *)(long)ctx->data_end;
	const struct vg_ingress *ingress = vg_ingress_get();
	u32 frame_len = end - data;
	struct vg_cpu *cpu = vg_cpu_get();
	enum vg_reason reason;
	u64 now, generated;
	const u8 *at;

	if (!ingress || !cpu)
		return VG_INTERNAL;
	if (offset > 64 || frame_len > VG_ITS_FRAME_MAX)
		return VG_ITS_MALFORMED;
	at = vg_packet_at(data, offset);
	reason = vg_geonet_kind(at, end);
	if (reason != VG_ACCEPTED)
		return reason;
	reason = vg_geonet_signed(at + 6, end, &generated);
	if (reason != VG_ACCEPTED)
		return reason;
	now = vg_now(ingress, cpu);
	if (generated) {
		reason = vg_time64_fresh(now, generated, ingress->its_stale_us, ingress->its_future_us);
		if (reason != VG_ACCEPTED)
			return reason == VG_STALE ? VG_ITS_STALE : VG_ITS_FUTURE;
	}
	return vg_its_admit(ctx, ingress, frame_len, now, cpu->now_ns);
}

/* --- all of it --- */

VG_INLINE int vg_gate_vid(struct xdp_md *ctx, struct vg_frame *frame, const bool attested)
{
	u32 reason;

	if (frame->type == VG_VID_HELLO) {
		reason = vg_is_denied(ctx, frame, attested) ? (u32)VG_DENIED : (u32)vg_hello_judge(ctx, frame);
		vg_conclude(ctx, reason, frame, attested);
	} else if (attested) {
		reason = vg_authenticate(ctx, frame->offset, frame->len, &frame->from.source,
					 sizeof(frame->from.source));
	} else {
		reason = vg_plain_vid(ctx, frame);
	}
	return reason == VG_ACCEPTED ? XDP_PASS : XDP_DROP;
}

VG_INLINE int vg_gate(struct xdp_md *ctx, const bool attested)
{
	enum vg_frame_kind kind = vg_parse(ctx);
	struct vg_frame *frame;
	u32 reason;

	if (kind == VG_FRAME_FOREIGN)
		return XDP_PASS;
	frame = vg_frame_get();
	if (!frame)
		return XDP_DROP;
	if (kind == VG_FRAME_VID)
		return vg_gate_vid(ctx, frame, attested);
	if (vg_is_denied(ctx, frame, attested))
		reason = VG_DENIED;
	else
		reason = kind == VG_FRAME_ITS ? vg_its_judge(ctx, frame->offset) : VG_MALFORMED;
	vg_conclude(ctx, reason, frame, attested);
	return XDP_DROP;
}

#endif
