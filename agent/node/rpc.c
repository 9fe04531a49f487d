// SPDX-License-Identifier: GPL-2.0
/*
 * rpc.c - protobuf messages on calls: see rpc.h.
 *
 * The arena grows by chunks up to RPC_MEMORY_MAX and keeps one chunk: decoding the usual message allocates nothing.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "agent/node/rpc.h"

#define RPC_CHUNK (1024 * 1024)

struct rpc_chunk {
	struct rpc_chunk *next;
	size_t size, used;
	u8 bytes[];
};

static struct {
	struct rpc_chunk *chunks; /* the first is kept */
	size_t total;
} rpc_arena;

static struct rpc_chunk *rpc_grow(size_t size)
{
	size_t room = size > RPC_CHUNK ? size : RPC_CHUNK;
	struct rpc_chunk *chunk;

	if (room > RPC_MEMORY_MAX - rpc_arena.total)
		return NULL;
	chunk = malloc(sizeof(*chunk) + room);
	if (!chunk)
		return NULL;
	chunk->size = room;
	chunk->used = 0;
	chunk->next = rpc_arena.chunks;
	rpc_arena.chunks = chunk;
	rpc_arena.total += room;
	return chunk;
}

static void *rpc_allocate(void *arg, size_t size)
{
	struct rpc_chunk *chunk = rpc_arena.chunks;
	void *bytes;

	(void)arg;
	if (size > RPC_MEMORY_MAX)
		return NULL;
	size = (size + 15) & ~(size_t)15;
	if (!chunk || chunk->size - chunk->used < size)
		chunk = rpc_grow(size);
	if (!chunk)
		return NULL;
	bytes = chunk->bytes + chunk->used;
	chunk->used += size;
	return bytes;
}

static void rpc_release(void *arg, void *bytes)
{
	(void)arg;
	(void)bytes;
}

/* Keeps one chunk of the usual size. */
static void rpc_rewind(void)
{
	struct rpc_chunk *chunk, *next, *kept = NULL;

	for (chunk = rpc_arena.chunks; chunk; chunk = next) {
		next = chunk->next;
		if (!kept && chunk->size == RPC_CHUNK)
			kept = chunk;
		else
			free(chunk);
	}
	if (kept) {
		kept->next = NULL;
		kept->used = 0;
	}
	rpc_arena.chunks = kept;
	rpc_arena.total = kept ? RPC_CHUNK : 0;
}

void *rpc_decode(const ProtobufCMessageDescriptor *descriptor, struct span bytes)
{
	static ProtobufCAllocator allocator = { rpc_allocate, rpc_release, NULL };

	rpc_rewind();
	return protobuf_c_message_unpack(descriptor, &allocator, bytes.len, bytes.bytes);
}

void *rpc_request(struct grpc_call *call, const ProtobufCMessageDescriptor *descriptor, struct span bytes)
{
	struct node *node = grpc_call_server_arg(call);
	void *message = rpc_decode(descriptor, bytes);

	if (message)
		return message;
	node->malformed_messages++;
	rpc_refuse(call, GRPC_INVALID_ARGUMENT, "The message is no %s of voltgate.proto.", descriptor->short_name);
	return NULL;
}

int rpc_send(struct grpc_call *call, const ProtobufCMessage *message)
{
	size_t len = protobuf_c_message_get_packed_size(message);
	u8 small[1024], *bytes = len > sizeof(small) ? malloc(len) : small;
	int err;

	if (!bytes)
		return -ENOMEM;
	protobuf_c_message_pack(message, bytes);
	err = grpc_call_send(call, (struct span){ bytes, len });
	if (bytes != small)
		free(bytes);
	return err;
}

void rpc_answer(struct grpc_call *call, const ProtobufCMessage *message)
{
	int err = rpc_send(call, message);

	if (err == -EPIPE)
		return;
	if (err)
		rpc_refuse(call, GRPC_RESOURCE_EXHAUSTED, "The answer does not fit: %s.", strerror(-err));
	else
		grpc_call_finish(call, GRPC_OK, NULL);
}

void rpc_refuse(struct grpc_call *call, enum grpc_status status, const char *format, ...)
{
	struct node *node = grpc_call_server_arg(call);
	struct rpc_owner *owner = grpc_call_get(call);
	char text[640];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	node->refused_calls++;
	if (owner)
		owner->release(call);
	grpc_call_finish(call, status, text);
}

struct seat *rpc_seat(struct grpc_call *call, ProtobufCBinaryData id)
{
	struct node *node = grpc_call_server_arg(call);
	struct seat *seat = id.len == 32 ? node_seat(node, id.data) : NULL;

	if (id.len != 32) {
		rpc_refuse(call, GRPC_INVALID_ARGUMENT, "A channel is named by its 32 bytes of id, not by %zu.",
			   id.len);
		return NULL;
	}
	if (!seat || !admission_client(seat, grpc_call_peer(call))) {
		rpc_refuse(call, GRPC_PERMISSION_DENIED, "This node serves you no such channel.");
		return NULL;
	}
	if (node->stopping || !seat_is_open(seat)) {
		rpc_refuse(call, GRPC_UNAVAILABLE, "%s",
			   node->stopping ? "This node is stopping. Ask another." : seat->stopped);
		return NULL;
	}
	return seat;
}

void rpc_nothing(struct grpc_call *call)
{
	rpc_refuse(call, GRPC_INVALID_ARGUMENT, "The call ended without its message.");
}

struct span rpc_span(ProtobufCBinaryData data)
{
	return (struct span){ data.data, data.len };
}

ProtobufCBinaryData rpc_data(const void *bytes, size_t len)
{
	return (ProtobufCBinaryData){ .data = (u8 *)bytes, .len = len };
}
