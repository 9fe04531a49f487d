/* SPDX-License-Identifier: GPL-2.0 */
/*
 * counters.h - how many packets ended in each reason, exactly, per CPU.
 *
 * A CPU adds to its own words only; who reads sums over all CPUs, also those
 * that are off by now.
 */
#ifndef VOLTGATE_KMOD_COUNTERS_H
#define VOLTGATE_KMOD_COUNTERS_H

#include <linux/percpu.h>
#include "voltgate/reason.h"

struct vg_gate;

struct vg_counters {
	u64 packets[VG_REASON_COUNT];
	u64 alarm_overflow[VG_REASON_COUNT]; /* refused packets that no alarm aggregate holds */
};

int vg_counters_init(struct vg_gate *gate);
void vg_counters_done(struct vg_gate *gate);

/* Both: @reason < VG_REASON_COUNT; any context. */
#define vg_counters_packet(gate, reason) this_cpu_inc((gate)->counters->packets[reason])
#define vg_counters_overflow(gate, reason) this_cpu_inc((gate)->counters->alarm_overflow[reason])

/* Adds what @cpu counted to @sum. Any context. */
void vg_counters_add(const struct vg_gate *gate, unsigned int cpu, struct vg_counters *sum);

#endif
