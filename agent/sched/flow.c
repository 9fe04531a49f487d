// SPDX-License-Identifier: GPL-2.0
/*
 * flow.c - flow of least cost: see flow.h.
 */
#include <errno.h>
#include <stdlib.h>

#include "agent/sched/flow.h"

#define FLOW_FAR ((s64)1 << 62)

int flow_new(u32 nodes, u32 arcs, struct flow **ret_flow)
{
	struct flow *flow = calloc(1, sizeof(*flow));

	if (!flow)
		return -ENOMEM;
	flow->nodes = nodes;
	flow->arcs_room = 2 * arcs + 2;
	flow->first = malloc(((size_t)nodes + 1) * sizeof(*flow->first));
	flow->potential = calloc((size_t)nodes + 1, sizeof(*flow->potential));
	flow->arc = malloc(flow->arcs_room * sizeof(*flow->arc));
	if (!flow->first || !flow->potential || !flow->arc) {
		flow_free(flow);
		return -ENOMEM;
	}
	memset(flow->first, 0xff, nodes * sizeof(*flow->first));
	*ret_flow = flow;
	return 0;
}

void flow_free(struct flow *flow)
{
	if (!flow)
		return;
	free(flow->first);
	free(flow->potential);
	free(flow->arc);
	free(flow);
}

static void flow_link(struct flow *flow, u32 from, u32 to, s64 room, s64 cost)
{
	flow->arc[flow->arcs] = (struct flow_arc){ to, flow->first[from], room, cost };
	flow->first[from] = flow->arcs++;
}

u32 flow_add(struct flow *flow, u32 from, u32 to, s64 room, s64 cost)
{
	struct flow_arc *grown;

	if (flow->arcs + 2 > flow->arcs_room) {
		grown = realloc(flow->arc, 2 * (size_t)flow->arcs_room * sizeof(*grown));
		if (!grown)
			return FLOW_NONE;
		flow->arc = grown;
		flow->arcs_room *= 2;
	}
	flow_link(flow, from, to, room, cost);
	flow_link(flow, to, from, 0, -cost);
	return flow->arcs - 2;
}

s64 flow_through(const struct flow *flow, u32 arc)
{
	return flow->arc[arc ^ 1].room;
}

/* --- shortest paths --- */

struct flow_heap {
	s64 *far;   /* of each node */
	u32 *place; /* in the heap, FLOW_NONE: not in it */
	u32 *node, count;
	u32 *level, *current, *path; /* for the second half */
};

static void flow_heap_free(struct flow_heap *heap)
{
	free(heap->far);
	free(heap->place);
	free(heap->node);
	free(heap->level);
	free(heap->current);
	free(heap->path);
}

static int flow_heap_new(u32 nodes, struct flow_heap *ret_heap)
{
	size_t room = (size_t)nodes + 1;

	*ret_heap = (struct flow_heap){ .far = malloc(room * sizeof(s64)) };
	ret_heap->place = malloc(room * sizeof(u32));
	ret_heap->node = malloc(room * sizeof(u32));
	ret_heap->level = malloc(room * sizeof(u32));
	ret_heap->current = malloc(room * sizeof(u32));
	ret_heap->path = malloc(room * sizeof(u32));
	if (ret_heap->far && ret_heap->place && ret_heap->node && ret_heap->level && ret_heap->current &&
	    ret_heap->path)
		return 0;
	flow_heap_free(ret_heap);
	return -ENOMEM;
}

static void flow_heap_up(struct flow_heap *heap, u32 at)
{
	u32 node = heap->node[at], above;

	for (; at; at = above) {
		above = (at - 1) / 2;
		if (heap->far[heap->node[above]] <= heap->far[node])
			break;
		heap->node[at] = heap->node[above];
		heap->place[heap->node[at]] = at;
	}
	heap->node[at] = node;
	heap->place[node] = at;
}

static u32 flow_heap_take(struct flow_heap *heap)
{
	u32 taken = heap->node[0], node = heap->node[--heap->count], at = 0, below;

	for (; (below = 2 * at + 1) < heap->count; at = below) {
		if (below + 1 < heap->count && heap->far[heap->node[below + 1]] < heap->far[heap->node[below]])
			below++;
		if (heap->far[heap->node[below]] >= heap->far[node])
			break;
		heap->node[at] = heap->node[below];
		heap->place[heap->node[at]] = at;
	}
	heap->node[at] = node;
	heap->place[node] = at;
	heap->place[taken] = FLOW_NONE;
	return taken;
}

static void flow_reach(struct flow_heap *heap, u32 node, s64 far)
{
	if (far >= heap->far[node])
		return;
	heap->far[node] = far;
	if (heap->place[node] == FLOW_NONE) {
		heap->place[node] = heap->count;
		heap->node[heap->count++] = node;
	}
	flow_heap_up(heap, heap->place[node]);
}

/* Raises the potentials by the distances up to the sink's; false: no way to the sink. */
static bool flow_shortest(struct flow *flow, struct flow_heap *heap, u32 source, u32 sink)
{
	u32 i, node, arc;

	for (i = 0; i < flow->nodes; i++) {
		heap->far[i] = FLOW_FAR;
		heap->place[i] = FLOW_NONE;
	}
	heap->count = 0;
	flow_reach(heap, source, 0);
	while (heap->count) {
		node = flow_heap_take(heap);
		if (node == sink)
			break;
		for (arc = flow->first[node]; arc != FLOW_NONE; arc = flow->arc[arc].next)
			if (flow->arc[arc].room)
				flow_reach(heap, flow->arc[arc].to,
					   heap->far[node] + flow->arc[arc].cost + flow->potential[node] -
						   flow->potential[flow->arc[arc].to]);
	}
	if (heap->far[sink] == FLOW_FAR)
		return false;
	for (i = 0; i < flow->nodes; i++) /* those further away keep their reduced costs >= 0 by the sink's distance */
		flow->potential[i] += heap->far[i] < heap->far[sink] ? heap->far[i] : heap->far[sink];
	return true;
}

/* --- all flow along shortest paths --- */

static bool flow_open(const struct flow *flow, u32 from, const struct flow_arc *arc)
{
	return arc->room && arc->cost + flow->potential[from] == flow->potential[arc->to];
}

/* Steps from the source over open arcs; the heap's place[] serves as the queue. */
static bool flow_levels(const struct flow *flow, struct flow_heap *heap, u32 source, u32 sink)
{
	u32 head = 0, tail = 0, node, arc;

	memset(heap->level, 0xff, flow->nodes * sizeof(*heap->level));
	heap->level[source] = 0;
	heap->place[tail++] = source;
	while (head < tail) {
		node = heap->place[head++];
		for (arc = flow->first[node]; arc != FLOW_NONE; arc = flow->arc[arc].next)
			if (flow_open(flow, node, &flow->arc[arc]) && heap->level[flow->arc[arc].to] == FLOW_NONE) {
				heap->level[flow->arc[arc].to] = heap->level[node] + 1;
				heap->place[tail++] = flow->arc[arc].to;
			}
	}
	return heap->level[sink] != FLOW_NONE;
}

/* Sends what the path's narrowest arc lets through; returns how many arcs of the path are still good. */
static u32 flow_send(struct flow *flow, const struct flow_heap *heap, u32 length)
{
	s64 amount = FLOW_FAR;
	u32 i, keep = length;

	for (i = 0; i < length; i++)
		if (flow->arc[heap->path[i]].room < amount)
			amount = flow->arc[heap->path[i]].room;
	for (i = length; i-- > 0;) {
		struct flow_arc *arc = &flow->arc[heap->path[i]];

		arc->room -= amount;
		flow->arc[heap->path[i] ^ 1].room += amount;
		flow->cost += amount * arc->cost;
		if (!arc->room)
			keep = i;
	}
	flow->amount += amount;
	return keep;
}

static void flow_block(struct flow *flow, struct flow_heap *heap, u32 source, u32 sink)
{
	u32 node = source, length = 0, *arc;

	memcpy(heap->current, flow->first, flow->nodes * sizeof(*heap->current));
	while (true) {
		if (node == sink) {
			length = flow_send(flow, heap, length);
			node = length ? flow->arc[heap->path[length - 1]].to : source;
			continue;
		}
		for (arc = &heap->current[node]; *arc != FLOW_NONE; *arc = flow->arc[*arc].next)
			if (flow_open(flow, node, &flow->arc[*arc]) &&
			    heap->level[flow->arc[*arc].to] == heap->level[node] + 1)
				break;
		if (*arc != FLOW_NONE) {
			heap->path[length++] = *arc;
			node = flow->arc[*arc].to;
		} else if (node == source) {
			return;
		} else { /* a dead end: back, and never again */
			heap->level[node] = FLOW_NONE;
			length--;
			node = flow->arc[heap->path[length] ^ 1].to;
		}
	}
}

int flow_solve(struct flow *flow, u32 source, u32 sink, bool (*goes_on)(void *arg), void *arg)
{
	struct flow_heap heap;
	int err = flow_heap_new(flow->nodes, &heap);

	if (err)
		return err;
	while (flow_shortest(flow, &heap, source, sink)) {
		while (flow_levels(flow, &heap, source, sink))
			flow_block(flow, &heap, source, sink);
		if (goes_on && !goes_on(arg)) {
			err = -EINTR;
			break;
		}
	}
	flow_heap_free(&heap);
	return err;
}

bool flow_proven(const struct flow *flow)
{
	u32 node, arc;

	for (node = 0; node < flow->nodes; node++)
		for (arc = flow->first[node]; arc != FLOW_NONE; arc = flow->arc[arc].next)
			if (flow->arc[arc].room &&
			    flow->arc[arc].cost + flow->potential[node] < flow->potential[flow->arc[arc].to])
				return false;
	return true;
}
