/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tables.h - the maps of voltgate.bpf.o. What each is for, its keys and
 * values: voltgate/maps.h. Sizes here are starting values; the loader sets
 * them from the agent's configuration before the object is loaded.
 */
#ifndef VOLTGATE_BPF_TABLES_H
#define VOLTGATE_BPF_TABLES_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "voltgate/maps.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct vg_ingress);
} vg_ingress SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, VG_REASON_COUNT);
	__type(key, u32);
	__type(value, u64);
} vg_counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct vg_source);
	__type(value, struct vg_hello_budget);
} vg_hellos SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct vg_locked_budget);
} vg_asked SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct vg_siphash_tag);
	__type(value, u64);
} vg_its_seen SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct vg_locked_budget);
} vg_its_budget SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
} vg_ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1048576);
	__type(key, u64);
	__type(value, struct vg_plain_session);
} vg_sessions SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, u64);
	__type(value, u64);
} vg_revoked SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
} vg_actions SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct vg_deny_key);
	__type(value, u8);
} vg_deny SEC(".maps");

/* Preallocated: filled from the program, where an allocation could fail under load. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct vg_alarm_key);
	__type(value, struct vg_alarm_state);
} vg_alarms SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct vg_locked_budget);
} vg_alarm_limit SEC(".maps");

/* --- each CPU's own: softirqs do not nest, so nobody else is in it --- */

struct vg_cpu {
	u64 tick;   /* jiffies at which the clock was read */
	u64 now_ns; /* monotonic, coarse */
	u64 now_us;
	u64 alarms_left;
	struct vg_alarm_state fresh; /* room to make a new aggregate in */
};

/*
 * What the parser found. Not on the stack: the verifier forgets what it knew
 * of numbers that went through a map, so that all ways through the parser
 * look alike to it afterwards, and it walks the rest once.
 */
struct vg_frame {
	u32 offset;		 /* of the VID or the GeoNetworking header */
	u32 len;		 /* of the VID */
	u16 port;		 /* UDP source port, wire order */
	u8 type;		 /* of the VID, 0 if it ends before */
	u8 ip;			 /* offset of the IP header */
	struct vg_deny_key from; /* the source, ready to be looked up */
	u64 session;		 /* as a VID of right structure claims, else 0 */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct vg_cpu);
} vg_cpus SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct vg_frame);
} vg_frames SEC(".maps");

VG_INLINE struct vg_frame *vg_frame_get(void)
{
	u32 key = 0;

	return bpf_map_lookup_elem(&vg_frames, &key);
}

/* The agent's words to the program. Array lookups of a constant key cannot fail; the verifier wants the test. */
VG_INLINE const struct vg_ingress *vg_ingress_get(void)
{
	u32 key = 0;

	return bpf_map_lookup_elem(&vg_ingress, &key);
}

/*
 * This CPU's page with the time of the last tick. The coarse clock moves with
 * the tick too, but asking for it is a call, which with today's mitigations
 * costs as much as hashing 16 bytes; reading jiffies is one load.
 */
VG_INLINE struct vg_cpu *vg_cpu_get(void)
{
	u64 tick = bpf_jiffies64();
	struct vg_cpu *cpu;
	u32 key = 0;

	cpu = bpf_map_lookup_elem(&vg_cpus, &key);
	if (cpu && cpu->tick != tick) {
		cpu->tick = tick;
		cpu->now_ns = bpf_ktime_get_coarse_ns();
		cpu->now_us = cpu->now_ns / 1000;
		cpu->alarms_left = VG_ALARMS_PER_TICK;
	}
	return cpu;
}

/* Time64. Freshness needs no better than a few milliseconds. */
VG_INLINE u64 vg_now(const struct vg_ingress *ingress, const struct vg_cpu *cpu)
{
	return cpu->now_us + ingress->time64_offset_us;
}

/* Spends one packet of a budget that all CPUs share; the look without the lock spares a flood the lock. */
VG_INLINE bool vg_locked_budget_take(struct vg_locked_budget *shared, const struct vg_budget_rate *rate, u64 now_ns)
{
	struct vg_budget_rate held = *rate;
	bool taken;

	if (!held.cost_ns)
		return true;
	if (!vg_budget_has(&shared->budget, &held, now_ns))
		return false;
	bpf_spin_lock(&shared->lock);
	taken = vg_budget_take(&shared->budget, &held, now_ns);
	bpf_spin_unlock(&shared->lock);
	return taken;
}

#endif
