// SPDX-License-Identifier: GPL-2.0
/* core.bpf.c - the shared core as the BPF compiler and the JIT make it: runs the operation that the map's value asks
 * for. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "core_case.h"
#include "voltgate/hello.h"
#include "voltgate/maps.h"

/* Put every structure that crosses a boundary into this object's BTF, where layout_test.c reads it. */
struct vg_vid *core_vid;
struct vg_alarm *core_alarm;
struct vg_record *core_record;
struct vg_batch_seal *core_seal;
struct vg_cookie_input *core_cookie_input;
struct vg_ingress *core_ingress;
struct vg_locked_budget *core_locked_budget;
struct vg_hello_budget *core_hello_budget;
struct vg_hello_asked *core_hello_asked;
struct vg_plain_session *core_session;
struct vg_session_end *core_session_end;
struct vg_deny_key *core_deny_key;
struct vg_event *core_event;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, u32);
	__type(value, struct core_case);
} core_cases SEC(".maps");

static void run_siphash(struct core_case *c)
{
	struct vg_siphash s;
	u64 tail = 0;
	u32 at = 0, i;

	vg_siphash_init(&s, &c->key);
	for (i = 0; i < CORE_MESSAGE_MAX / 8; i++) {
		if (at + 8 > c->len)
			break;
		vg_siphash_word(&s, vg_siphash_load(&c->bytes[i * 8]));
		at += 8;
	}
	for (i = 0; i < 7; i++)
		if (i < (c->len & 7) && at + i < CORE_MESSAGE_MAX)
			tail |= (u64)c->bytes[at + i] << (8 * i);
	vg_siphash_final(&s, tail, c->len, &c->tag);
}

static void run_record(struct core_case *c)
{
	c->record.time = vg_be64(c->record.time);
	c->record.session = vg_be64(c->record.session);
	c->record.sequence = vg_be64(c->record.sequence);
}

SEC("xdp")
int core_run(struct xdp_md *ctx)
{
	u32 zero = 0;
	struct core_case *c = bpf_map_lookup_elem(&core_cases, &zero);

	if (!c)
		return XDP_ABORTED;
	switch (c->op) {
	case CORE_SIPHASH:
		run_siphash(c);
		break;
	case CORE_VID:
		c->result = vg_vid_decode((const struct vg_vid *)c->bytes, c->len, &c->fields);
		break;
	case CORE_REPLAY:
		c->result = vg_replay_seen(&c->window, c->args[0]);
		c->result |= (u64)vg_replay_commit(&c->window, c->args[0]) << 1;
		break;
	case CORE_BUDGET:
		c->result = vg_budget_has(&c->budget, &c->rate, c->args[0]);
		c->result |= (u64)vg_budget_take(&c->budget, &c->rate, c->args[0]) << 1;
		break;
	case CORE_FRESH:
		c->result = vg_time64_fresh(c->args[0], c->args[1], c->args[2], c->args[3]);
		break;
	case CORE_TIME64:
		c->result = vg_time64_of_utc(c->args[0], c->args[1], c->args[2]);
		break;
	case CORE_RECORD:
		run_record(c);
		break;
	default:
		return XDP_ABORTED;
	}
	return XDP_DROP;
}

char _license[] SEC("license") = "GPL";
