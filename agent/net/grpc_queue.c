// SPDX-License-Identifier: GPL-2.0
/*
 * grpc_queue.c - a ring of pieces of counted buffers. The last piece's buffer
 * takes further small copies as long as nobody else holds it, so that thousands of small messages cost one
 * allocation for each 16 KiB.
 */
#include <errno.h>
#include <stdlib.h>

#include "agent/net/grpc_queue.h"

#define CHUNK (16 * 1024)

struct grpc_buffer *grpc_buffer_new(u32 size)
{
	struct grpc_buffer *buffer = malloc(sizeof(*buffer) + size);

	if (buffer)
		*buffer = (struct grpc_buffer){ .references = 1, .size = size };
	return buffer;
}

struct grpc_buffer *grpc_buffer_get(struct grpc_buffer *buffer)
{
	buffer->references++;
	return buffer;
}

void grpc_buffer_put(struct grpc_buffer *buffer)
{
	if (buffer && !--buffer->references)
		free(buffer);
}

static struct grpc_queue_piece *piece_at(const struct grpc_queue *queue, u32 index)
{
	return &queue->pieces[(queue->first + index) & (queue->size - 1)];
}

void grpc_queue_done(struct grpc_queue *queue)
{
	for (u32 i = 0; i < queue->count; i++)
		grpc_buffer_put(piece_at(queue, i)->buffer);
	free(queue->pieces);
	*queue = (struct grpc_queue){ 0 };
}

int grpc_queue_reserve(struct grpc_queue *queue, u32 pieces)
{
	u32 size = queue->size ? queue->size : 8;
	struct grpc_queue_piece *ring;

	while (size - queue->count < pieces)
		size *= 2;
	if (size == queue->size)
		return 0;
	ring = malloc(size * sizeof(*ring));
	if (!ring)
		return -ENOMEM;
	for (u32 i = 0; i < queue->count; i++)
		ring[i] = *piece_at(queue, i);
	free(queue->pieces);
	queue->pieces = ring;
	queue->first = 0;
	queue->size = size;
	return 0;
}

/* Takes over the reference. */
static void append(struct grpc_queue *queue, struct grpc_buffer *buffer, u32 at, u32 len)
{
	queue->count++;
	*piece_at(queue, queue->count - 1) = (struct grpc_queue_piece){ buffer, at, len };
	queue->bytes += len;
}

static bool extend(struct grpc_queue *queue, const void *bytes, size_t len)
{
	struct grpc_queue_piece *last = queue->count ? piece_at(queue, queue->count - 1) : NULL;
	struct grpc_buffer *buffer = last ? last->buffer : NULL;

	if (!buffer || buffer->references != 1 || last->at + last->len != buffer->len ||
	    buffer->size - buffer->len < len)
		return false;
	memcpy(buffer->bytes + buffer->len, bytes, len);
	buffer->len += len;
	last->len += len;
	queue->bytes += len;
	return true;
}

int grpc_queue_copy(struct grpc_queue *queue, const void *bytes, size_t len)
{
	struct grpc_buffer *buffer;

	if (!len || extend(queue, bytes, len))
		return 0;
	if (grpc_queue_reserve(queue, 1))
		return -ENOMEM;
	buffer = grpc_buffer_new(len < CHUNK ? CHUNK : len);
	if (!buffer)
		return -ENOMEM;
	memcpy(buffer->bytes, bytes, len);
	buffer->len = len;
	append(queue, buffer, 0, len);
	return 0;
}

int grpc_queue_share(struct grpc_queue *queue, struct grpc_buffer *buffer, u32 at, u32 len)
{
	if (!len)
		return 0;
	if (grpc_queue_reserve(queue, 1))
		return -ENOMEM;
	append(queue, grpc_buffer_get(buffer), at, len);
	return 0;
}

void grpc_queue_cut(struct grpc_queue *queue, size_t len)
{
	while (queue->bytes > len) {
		struct grpc_queue_piece *last = piece_at(queue, queue->count - 1);
		size_t over = queue->bytes - len;

		if (over < last->len) {
			last->len -= over;
			queue->bytes = len;
			return;
		}
		queue->bytes -= last->len;
		grpc_buffer_put(last->buffer);
		queue->count--;
	}
}

void grpc_queue_take(struct grpc_queue *queue, size_t len, void (*put)(void *arg, const u8 *bytes, size_t len),
		     void *arg)
{
	queue->bytes -= len;
	while (len) {
		struct grpc_queue_piece *piece = piece_at(queue, 0);
		u32 part = piece->len < len ? piece->len : (u32)len;

		put(arg, piece->buffer->bytes + piece->at, part);
		piece->at += part;
		piece->len -= part;
		len -= part;
		if (!piece->len) {
			grpc_buffer_put(piece->buffer);
			queue->first = (queue->first + 1) & (queue->size - 1);
			queue->count--;
		}
	}
}
