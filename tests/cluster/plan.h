/* SPDX-License-Identifier: GPL-2.0 */
/*
 * plan.h - kinds of faults (fault.c carries them out). At any time at most f
 * replicas are worse than crashed: liars, twins, those that lost their votes, those whose clock is far off.
 */
#ifndef VOLTGATE_CLUSTER_PLAN_H
#define VOLTGATE_CLUSTER_PLAN_H

#include "tests/cluster/world.h"

enum plan_kind {
	PLAN_LOSS,	/* a part of the parcels is lost for a while */
	PLAN_DELAY,	/* some parcels take long */
	PLAN_SPLIT,	/* the network falls into two parts, and heals */
	PLAN_ALONE,	/* one node is cut off, perhaps in one direction */
	PLAN_KILL,	/* a process ends and comes again */
	PLAN_POWER,	/* power is cut: torn and forgotten writes */
	PLAN_STORM,	/* power of all nodes */
	PLAN_MINORITY,	/* so many nodes are off that nothing can be decided */
	PLAN_PAUSE,	/* a process is stopped and goes on with what waited for it */
	PLAN_CLOCK,	/* clocks jump within what the protocol bears */
	PLAN_CLOCK_FAR, /* one clock is far off */
	PLAN_DISK_FULL,
	PLAN_DISK_DIES, /* at a drawn operation; then power is cut */
	PLAN_LOSE_VOTES,
	PLAN_ADD,     /* a node joins the replicas */
	PLAN_REMOVE,  /* a replica leaves */
	PLAN_PRIMARY, /* the primary is killed */
	PLAN_FAULTS
};

void plan_node(struct membership *membership, const u8 key[32], u32 index);

#endif
