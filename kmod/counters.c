// SPDX-License-Identifier: GPL-2.0
/* counters.c - memory and sums of the counters; see counters.h. */
#include "gate.h"

int vg_counters_init(struct vg_gate *gate)
{
	gate->counters = alloc_percpu_gfp(struct vg_counters, GFP_KERNEL_ACCOUNT);
	return gate->counters ? 0 : -ENOMEM;
}

void vg_counters_done(struct vg_gate *gate)
{
	free_percpu(gate->counters);
}

void vg_counters_add(const struct vg_gate *gate, unsigned int cpu, struct vg_counters *sum)
{
	const struct vg_counters *counters = per_cpu_ptr(gate->counters, cpu);
	unsigned int reason;

	for (reason = 0; reason < VG_REASON_COUNT; reason++) {
		sum->packets[reason] += READ_ONCE(counters->packets[reason]);
		sum->alarm_overflow[reason] += READ_ONCE(counters->alarm_overflow[reason]);
	}
}
