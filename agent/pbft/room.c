// SPDX-License-Identifier: GPL-2.0
/*
 * room.c - memory handed out from a block of fixed size.
 */
#include "agent/pbft/room.h"

void room_init(struct room *room, void *bytes, size_t size)
{
	room->bytes = bytes;
	room->size = size;
	room->used = 0;
	room->full = false;
}

void *room_take(struct room *room, size_t size)
{
	size_t from = room->used;

	size = ROOM_ALIGNED(size);
	if (!room->bytes) {
		room->used += size;
		return NULL;
	}
	if (room->full || size > room->size - from) {
		room->full = true;
		return NULL;
	}
	room->used += size;
	return room->bytes + from;
}
