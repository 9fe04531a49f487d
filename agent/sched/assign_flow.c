// SPDX-License-Identifier: GPL-2.0
/*
 * assign_flow.c - where every session takes one period and power cannot run
 * short, the assignment is a flow from vehicles to (station, period): exact, and in whole numbers by itself.
 */
#include <errno.h>
#include <stdlib.h>

#include "agent/sched/assign_parts.h"
#include "agent/sched/flow.h"

#define ASSIGN_FLOW_WORK 1000000000ull /* vehicles x columns, at most */

bool assign_is_flow(const struct assign_desk *desk)
{
	u32 i;

	for (i = 0; i < desk->first[desk->fleet->vehicles]; i++)
		if (desk->way[i].periods > 1 || desk->limited[desk->way[i].station])
			return false;
	return desk->columns * desk->fleet->vehicles <= ASSIGN_FLOW_WORK;
}

static bool assign_flow_goes_on(void *arg)
{
	return assign_goes_on(arg, "flow", 0);
}

/* Nodes: 0 the source, 1 the sink, vehicles, then stations x periods. */
static int assign_flow_build(const struct assign_desk *desk, struct flow *flow)
{
	const struct fleet *fleet = desk->fleet;
	u32 cells = 2 + fleet->vehicles, bad = 0, v, w, start, at;

	for (v = 0; v < fleet->vehicles; v++) {
		if (desk->state[v] != ASSIGN_LEFT)
			continue;
		bad |= flow_add(flow, 0, 2 + v, 1, 0) == FLOW_NONE;
		bad |= flow_add(flow, 2 + v, 1, 1, desk->unserved) == FLOW_NONE;
		for (w = desk->first[v]; w < desk->first[v + 1]; w++)
			for (start = desk->way[w].first; start <= desk->way[w].last; start++)
				bad |= flow_add(flow, 2 + v, cells + desk->way[w].station * desk->periods + start, 1,
						assign_cost(desk, v, &desk->way[w], start)) == FLOW_NONE;
	}
	for (at = 0; at < fleet->stations * fleet->periods; at++)
		if (desk->chargers[at])
			bad |= flow_add(flow, cells + at, 1, desk->chargers[at], 0) == FLOW_NONE;
	return bad ? -ENOMEM : 0;
}

/* Arcs come back in the order in which they were made. */
static void assign_flow_read(const struct flow *flow, struct assign_table *table)
{
	const struct assign_desk *desk = table->desk;
	u32 v, w, start, arc = 0;

	assign_table_clear(table);
	for (v = 0; v < desk->fleet->vehicles; v++) {
		if (desk->state[v] != ASSIGN_LEFT)
			continue;
		arc += 4;
		for (w = desk->first[v]; w < desk->first[v + 1]; w++)
			for (start = desk->way[w].first; start <= desk->way[w].last; start++, arc += 2)
				if (flow_through(flow, arc))
					assign_table_put(table, v, &desk->way[w], start);
	}
}

int assign_by_flow(struct assign_search *search)
{
	const struct fleet *fleet = search->desk->fleet;
	u32 nodes = 2 + fleet->vehicles + fleet->stations * fleet->periods;
	struct flow *flow = NULL;
	int err = flow_new(nodes, (u32)search->desk->columns + 2 * fleet->vehicles + nodes, &flow);

	if (!err)
		err = assign_flow_build(search->desk, flow);
	if (!err)
		err = flow_solve(flow, 0, 1, assign_flow_goes_on, search);
	if (!err) {
		assign_flow_read(flow, search->table);
		search->plan->method = ASSIGN_BY_FLOW;
		search->plan->proven = flow_proven(flow);
		search->bound = search->plan->proven ? search->table->cost : 0;
		assign_keep_best(search);
	} else if (err == -EINTR) { /* a plan is owed all the same */
		assign_fill(search, &search->prices);
		assign_keep_best(search);
		err = 0;
	}
	flow_free(flow);
	return err;
}
