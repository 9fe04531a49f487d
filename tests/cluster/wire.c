// SPDX-License-Identifier: GPL-2.0
/* wire.c - the heap of events. */
#include "tests/cluster/wire.h"

#include <stdio.h>
#include <stdlib.h>

static bool before(const struct wire_event *one, const struct wire_event *other)
{
	return one->at < other->at || (one->at == other->at && one->order < other->order);
}

void wire_push(struct wire *wire, const struct wire_event *event)
{
	u32 at = wire->count;

	if (wire->count == wire->room) {
		wire->room = wire->room ? wire->room * 2 : 1024;
		wire->heap = realloc(wire->heap, wire->room * sizeof(*wire->heap));
		if (!wire->heap) {
			fprintf(stderr, "The simulator has no memory for %u events.\n", wire->room);
			exit(2);
		}
	}
	wire->count++;
	wire->heap[at] = *event;
	wire->heap[at].order = ++wire->order;
	while (at && before(&wire->heap[at], &wire->heap[(at - 1) / 2])) {
		struct wire_event swap = wire->heap[at];

		wire->heap[at] = wire->heap[(at - 1) / 2];
		wire->heap[(at - 1) / 2] = swap;
		at = (at - 1) / 2;
	}
}

bool wire_pop(struct wire *wire, struct wire_event *ret_event)
{
	struct wire_event last;
	u32 at = 0, child;

	if (!wire->count)
		return false;
	*ret_event = wire->heap[0];
	last = wire->heap[--wire->count];
	while ((child = 2 * at + 1) < wire->count) {
		if (child + 1 < wire->count && before(&wire->heap[child + 1], &wire->heap[child]))
			child++;
		if (!before(&wire->heap[child], &last))
			break;
		wire->heap[at] = wire->heap[child];
		at = child;
	}
	if (wire->count)
		wire->heap[at] = last;
	return true;
}

void wire_done(struct wire *wire)
{
	u32 i;

	for (i = 0; i < wire->count; i++)
		free(wire->heap[i].bytes);
	free(wire->heap);
	memset(wire, 0, sizeof(*wire));
}
