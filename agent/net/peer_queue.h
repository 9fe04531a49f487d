/* SPDX-License-Identifier: GPL-2.0 */
/*
 * peer_queue.h - parcels that wait for one link, of one urgency: bounded, first in first out.
 */
#ifndef VOLTGATE_NET_PEER_QUEUE_H
#define VOLTGATE_NET_PEER_QUEUE_H

#include "agent/net/grpc_queue.h"

struct peer_item {
	struct grpc_buffer *channel; /* field 1 of Parcels, encoded; the same pointer for the same channel */
	struct grpc_buffer *parcel;  /* field 2, encoded */
};

struct peer_queue {
	struct peer_item *items; /* a ring of a power of two */
	u32 first, count, size;
	size_t bytes, most;
};

/* References of its own are taken. -ENOBUFS: over most; -ENOMEM. */
int peer_queue_add(struct peer_queue *queue, struct grpc_buffer *channel, struct grpc_buffer *parcel);
/* NULL: empty. */
const struct peer_item *peer_queue_first(const struct peer_queue *queue);
/* Forgets the first; its references are the caller's from now on. */
struct peer_item peer_queue_take(struct peer_queue *queue);
void peer_queue_clear(struct peer_queue *queue);
void peer_queue_done(struct peer_queue *queue);

#endif
