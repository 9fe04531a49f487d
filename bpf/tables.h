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

/* The agent's words to the program. Array lookups of a constant key cannot fail; the verifier wants the test. */
VG_INLINE const struct vg_ingress *vg_ingress_get(void)
{
	u32 key = 0;

	return bpf_map_lookup_elem(&vg_ingress, &key);
}

/*
 * Nanoseconds to microseconds without the division instruction, which costs
 * as much as a hash lookup on some CPUs: with a = ns / 8 = h * 2^32 + l,
 * a / 125 = h * 34359738 + (h * 46 + l) / 125, and the last quotient is a
 * product with 2^36 / 125 rounded up. Exact for 14 years of uptime, one
 * microsecond off beyond.
 */
VG_INLINE u64 vg_us_of_ns(u64 ns)
{
	u64 a = ns >> 3, high = a >> 32, low = a & 0xffffffff;

	return high * 34359738 + (((high * 46 + low) * 549755814) >> 36);
}

/* What a CPU keeps to itself: softirqs do not nest, so nobody else is in it. */
struct vg_cpu {
	u64 tick;		 /* jiffy in which the clock was last read */
	u64 coarse_ns;		 /* that reading */
	struct vg_budget alarms; /* refusals that it still looks into */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct vg_cpu);
} vg_cpus SEC(".maps");

VG_INLINE struct vg_cpu *vg_cpu_get(void)
{
	u32 key = 0;

	return bpf_map_lookup_elem(&vg_cpus, &key);
}

/* The coarse monotonic clock. It moves once a tick, so it is read once a tick: the call costs as much as a hash lookup.
 */
VG_INLINE u64 vg_coarse_ns(void)
{
	struct vg_cpu *cpu = vg_cpu_get();
	u64 tick = bpf_jiffies64();

	if (!cpu)
		return bpf_ktime_get_coarse_ns();
	if (cpu->tick != tick) {
		cpu->coarse_ns = bpf_ktime_get_coarse_ns();
		cpu->tick = tick;
	}
	return cpu->coarse_ns;
}

/* Time64 by the coarse clock (a few milliseconds' grain): freshness needs no better, and the fine one costs 30 ns. */
VG_INLINE u64 vg_now(const struct vg_ingress *ingress, u64 *ret_ns)
{
	*ret_ns = vg_coarse_ns();
	return vg_us_of_ns(*ret_ns) + ingress->time64_offset_us;
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
