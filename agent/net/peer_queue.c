// SPDX-License-Identifier: GPL-2.0
/*
 * peer_queue.c - parcels that wait for one link.
 */
#include <errno.h>
#include <stdlib.h>

#include "agent/net/peer_queue.h"

#define ITEM_COST 32 /* bytes that a parcel is counted for beside its own, so that empty ones are bounded too */

static struct peer_item *item_at(const struct peer_queue *queue, u32 index)
{
	return &queue->items[(queue->first + index) & (queue->size - 1)];
}

static int grow(struct peer_queue *queue)
{
	u32 size = queue->size ? 2 * queue->size : 64;
	struct peer_item *items = malloc(size * sizeof(*items));

	if (!items)
		return -ENOMEM;
	for (u32 i = 0; i < queue->count; i++)
		items[i] = *item_at(queue, i);
	free(queue->items);
	queue->items = items;
	queue->first = 0;
	queue->size = size;
	return 0;
}

int peer_queue_add(struct peer_queue *queue, struct grpc_buffer *channel, struct grpc_buffer *parcel)
{
	if (queue->bytes + parcel->len + ITEM_COST > queue->most)
		return -ENOBUFS;
	if (queue->count == queue->size && grow(queue))
		return -ENOMEM;
	*item_at(queue, queue->count++) = (struct peer_item){ grpc_buffer_get(channel), grpc_buffer_get(parcel) };
	queue->bytes += parcel->len + ITEM_COST;
	return 0;
}

const struct peer_item *peer_queue_first(const struct peer_queue *queue)
{
	return queue->count ? item_at(queue, 0) : NULL;
}

struct peer_item peer_queue_take(struct peer_queue *queue)
{
	struct peer_item item = *item_at(queue, 0);

	queue->first = (queue->first + 1) & (queue->size - 1);
	queue->count--;
	queue->bytes -= item.parcel->len + ITEM_COST;
	return item;
}

void peer_queue_clear(struct peer_queue *queue)
{
	while (queue->count) {
		struct peer_item item = peer_queue_take(queue);

		grpc_buffer_put(item.channel);
		grpc_buffer_put(item.parcel);
	}
}

void peer_queue_done(struct peer_queue *queue)
{
	peer_queue_clear(queue);
	free(queue->items);
	queue->items = NULL;
	queue->size = 0;
}
