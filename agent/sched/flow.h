/* SPDX-License-Identifier: GPL-2.0 */
/*
 * flow.h - flow of least cost through a network with integer capacities: as
 * much as possible, and that as cheaply as possible. Integers in, integers out.
 *
 * Primal-dual: shortest paths by reduced costs (Dijkstra), then all flow along
 * them at once (Dinic). The potentials that remain prove the optimum: no arc with room has a reduced cost below 0.
 */
#ifndef VOLTGATE_SCHED_FLOW_H
#define VOLTGATE_SCHED_FLOW_H

#include <stdbool.h>

#include "voltgate/types.h"

#define FLOW_NONE 0xffffffffu

struct flow_arc {
	u32 to, next; /* next: of those that leave the same node */
	s64 room;     /* what can still go through */
	s64 cost;     /* of a unit; of the arc back: the negative */
};

struct flow {
	u32 nodes, arcs, arcs_room;
	u32 *first;
	struct flow_arc *arc; /* pairs: one, and back */
	s64 *potential;
	s64 amount, cost; /* found */
};

/* -ENOMEM. @arcs: room for so many; more are made as needed. */
int flow_new(u32 nodes, u32 arcs, struct flow **ret_flow);
void flow_free(struct flow *flow);
/* Number of the arc, FLOW_NONE: out of memory. @cost >= 0. */
u32 flow_add(struct flow *flow, u32 from, u32 to, s64 room, s64 cost);
/* What goes through an arc. */
s64 flow_through(const struct flow *flow, u32 arc);
/* 0; -ENOMEM; -EINTR: @goes_on (may be NULL) said no, what was found until then is a cheapest flow of its amount. */
int flow_solve(struct flow *flow, u32 source, u32 sink, bool (*goes_on)(void *arg), void *arg);
/* Do the potentials prove that no cheaper flow of this amount exists? */
bool flow_proven(const struct flow *flow);

#endif
