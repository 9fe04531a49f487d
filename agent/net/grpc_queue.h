/* SPDX-License-Identifier: GPL-2.0 */
/*
 * grpc_queue.h - bytes that wait to be sent for one call: pieces of counted
 * buffers, so that one message that goes to many peers lies in memory once.
 */
#ifndef VOLTGATE_NET_GRPC_QUEUE_H
#define VOLTGATE_NET_GRPC_QUEUE_H

#include "ledger/cursor.h"

struct grpc_buffer {
	u32 references, len, size;
	u8 bytes[];
};

struct grpc_queue_piece {
	struct grpc_buffer *buffer;
	u32 at, len;
};

struct grpc_queue {
	struct grpc_queue_piece *pieces; /* a ring of a power of two */
	u32 first, count, size;
	size_t bytes;
};

/* One reference, the caller's. NULL: no memory. */
struct grpc_buffer *grpc_buffer_new(u32 size);
struct grpc_buffer *grpc_buffer_get(struct grpc_buffer *buffer);
void grpc_buffer_put(struct grpc_buffer *buffer);

void grpc_queue_done(struct grpc_queue *queue);
/* Adds a copy; small ones share a buffer. -ENOMEM: nothing was added. */
int grpc_queue_copy(struct grpc_queue *queue, const void *bytes, size_t len);
/* Adds @len bytes of @buffer from @at on; takes a reference of its own. */
int grpc_queue_share(struct grpc_queue *queue, struct grpc_buffer *buffer, u32 at, u32 len);
/* Room for @pieces more pieces, so that adding them cannot fail half way. */
int grpc_queue_reserve(struct grpc_queue *queue, u32 pieces);
/* Forgets all but the first @len bytes. */
void grpc_queue_cut(struct grpc_queue *queue, size_t len);
/* Hands the first @len bytes to @put, in pieces, and forgets them. */
void grpc_queue_take(struct grpc_queue *queue, size_t len, void (*put)(void *arg, const u8 *bytes, size_t len),
		     void *arg);

#endif
