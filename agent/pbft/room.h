/* SPDX-License-Identifier: GPL-2.0 */
/*
 * room.h - memory handed out from a block of fixed size, never taken back:
 * the core's arena, and the parts of a message. With no block it only counts.
 */
#ifndef VOLTGATE_PBFT_ROOM_H
#define VOLTGATE_PBFT_ROOM_H

#include "voltgate/types.h"

struct room {
	u8 *bytes; /* aligned to 16, or NULL */
	size_t size, used;
	bool full;
};

#define ROOM_ALIGNED(size) (((size_t)(size) + 15) & ~(size_t)15)

void room_init(struct room *room, void *bytes, size_t size);
/* Not cleared. NULL (and full) if there is not enough; NULL too if the room only counts. */
void *room_take(struct room *room, size_t size);

#endif
