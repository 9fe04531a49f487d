// SPDX-License-Identifier: GPL-2.0
/*
 * feed.bpf.c - feeds the gate with distinct pre-signed packets, since one that
 * is repeated is a replay. A feeder writes the next entry's fields into the
 * frame and then tail-calls what is measured (feed_call) or sends the frame to
 * an interface (feed_redirect). Its own cost is measured with feed_empty in
 * the gate's place.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "feed.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, FEED_ENTRIES);
	__type(key, u32);
	__type(value, struct feed_entry);
} feed_entries SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct feed_control);
} feed_controls SEC(".maps");

/* 0: the gate, 1: the empty program */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, u32);
} feed_targets SEC(".maps");

/* Makes the frame the next one. 0, or -1 if it is not of the kind that is fed. */
VG_INLINE int feed_swap(struct xdp_md *ctx, struct feed_control *control)
{
	u8 *data = (u8 *)(long)ctx->data, *end = (u8 *)(long)ctx->data_end;
	u32 at = control->tag_at & 0x7ff, key = control->next++ & (FEED_ENTRIES - 1);
	const struct feed_entry *entry = bpf_map_lookup_elem(&feed_entries, &key);

	if (!entry || data + FEED_PAYLOAD_AT > end || data + at + 16 > end)
		return -1;
	*(u64 *)(data + FEED_SOURCE_AT) = entry->source;
	*(u64 *)(data + FEED_VID_AT + 8) = entry->session;
	*(u64 *)(data + FEED_VID_AT + 16) = entry->sequence;
	*(u64 *)(data + at) = entry->tag[0];
	*(u64 *)(data + at + 8) = entry->tag[1];
	return 0;
}

VG_INLINE int feed_call(struct xdp_md *ctx, u32 target)
{
	u32 zero = 0;
	struct feed_control *control = bpf_map_lookup_elem(&feed_controls, &zero);

	if (!control || feed_swap(ctx, control))
		return XDP_ABORTED;
	bpf_tail_call(ctx, &feed_targets, target);
	return XDP_ABORTED;
}

SEC("xdp")
int feed_call_gate(struct xdp_md *ctx)
{
	return feed_call(ctx, 0);
}

SEC("xdp")
int feed_call_empty(struct xdp_md *ctx)
{
	return feed_call(ctx, 1);
}

SEC("xdp")
int feed_redirect(struct xdp_md *ctx)
{
	u32 zero = 0;
	struct feed_control *control = bpf_map_lookup_elem(&feed_controls, &zero);

	if (!control || feed_swap(ctx, control))
		return XDP_ABORTED;
	return bpf_redirect(control->ifindex, 0);
}

SEC("xdp")
int feed_empty(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_DROP;
}

SEC("xdp")
int feed_empty_pass(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
