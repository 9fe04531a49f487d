/* SPDX-License-Identifier: GPL-2.0 */
/*
 * scenario.h - runs that are written down, not drawn: one for each way in which
 * view changes and catching up went wrong in other implementations. The network's delays still come from the seed.
 */
#ifndef VOLTGATE_CLUSTER_SCENARIO_H
#define VOLTGATE_CLUSTER_SCENARIO_H

#include "tests/cluster/world.h"

#define SCENARIO_STEP_US 10000

struct scenario {
	const char *name, *bug; /* that it would show */
	u64 trouble_ms;
	/* After the plan was drawn: four replicas, none lies, no faults. May be NULL. */
	void (*begin)(struct world *world);
	/* Every 10 ms of the trouble; may be NULL. */
	void (*step)(struct world *world, u64 at_ms);
	/* At the end, beyond what the judge checks; may be NULL. */
	void (*end)(struct world *world);
};

u32 scenario_count(void);
const struct scenario *scenario_at(u32 index);

#endif
