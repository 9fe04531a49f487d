// SPDX-License-Identifier: GPL-2.0
/*
 * service.c - a small service on agent/net that the tests call, from C and
 * from a stock gRPC client. It uses the paths and messages of the published voltgate.proto, so that the client's side
 * is generated from that file; what it answers is for tests only:
 *
 *   Query    unary: the request's bytes back (they are a valid answer: field 1 is bytes in neither, unknown fields
 * pass) Blocks   as many BlockMessages as the request's "to" says (0: without end), each of "from" KiB SubmitStream
 * each message comes back as it is Exchange client stream: counted, answered empty at the end Status   never answered:
 * for deadlines and cancelling Endorse  refused with a text that needs percent-encoding
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/net/world.h"

struct stream {
	u64 number, to;
	u32 bytes;
	bool end;
};

static struct world *world_of(struct grpc_call *call)
{
	return grpc_call_server_arg(call);
}

static void count(struct grpc_call *call, struct span message)
{
	world_of(call)->served_messages++;
	world_of(call)->served_bytes += message.len;
}

static void echo_once(struct grpc_call *call, struct span message)
{
	count(call, message);
	grpc_call_send(call, message);
	grpc_call_finish(call, GRPC_OK, NULL);
}

static void echo(struct grpc_call *call, struct span message)
{
	int err;

	count(call, message);
	err = grpc_call_send(call, message);
	world_of(call)->refused_sends += err == -ENOBUFS;
	if (!grpc_call_room(call))
		grpc_call_pause(call, true);
}

static void echo_writable(struct grpc_call *call)
{
	grpc_call_pause(call, false);
}

static void echo_end(struct grpc_call *call)
{
	grpc_call_finish(call, GRPC_OK, NULL);
}

static void on_gone(struct grpc_call *call)
{
	world_of(call)->gone++;
	free(grpc_call_get(call));
}

static u64 varint(const u8 **at, const u8 *end)
{
	u64 value = 0;

	for (u32 shift = 0; *at < end && shift < 64; shift += 7) {
		u8 byte = *(*at)++;

		value |= (u64)(byte & 127) << shift;
		if (!(byte & 128))
			break;
	}
	return value;
}

static size_t put_varint(u8 *bytes, u64 value)
{
	size_t len = 0;

	for (; value > 127; value >>= 7)
		bytes[len++] = (u8)(value | 128);
	bytes[len++] = (u8)value;
	return len;
}

static void blocks_more(struct grpc_call *call)
{
	struct stream *stream = grpc_call_get(call);
	u8 *bytes;

	if (!stream)
		return;
	bytes = calloc(1, stream->bytes + 64);
	while ((!stream->to || stream->number < stream->to) && grpc_call_room(call)) {
		size_t len = 0;

		bytes[len++] = 0x08; /* number */
		len += put_varint(bytes + len, ++stream->number);
		bytes[len++] = 0x12; /* block */
		len += put_varint(bytes + len, stream->bytes);
		memset(bytes + len, (u8)stream->number, stream->bytes);
		len += stream->bytes;
		if (grpc_call_send(call, (struct span){ bytes, len }))
			break;
		if (grpc_call_queued(call) > world_of(call)->most_queued)
			world_of(call)->most_queued = grpc_call_queued(call);
	}
	free(bytes);
	if (stream->to && stream->number >= stream->to) {
		grpc_call_set(call, NULL);
		free(stream);
		grpc_call_finish(call, GRPC_OK, "");
	}
}

/* BlocksRequest: channel 1, from 2, to 3. */
static void blocks_begin(struct grpc_call *call, struct span message)
{
	struct stream *stream = calloc(1, sizeof(*stream));
	const u8 *at = message.bytes, *end = at + message.len;

	count(call, message);
	while (at < end) {
		u64 tag = varint(&at, end), value = varint(&at, end);

		if (tag == 16)
			stream->bytes = (u32)value * 1024;
		else if (tag == 24)
			stream->to = value;
		else if (tag == 10)
			at += value < (u64)(end - at) ? value : (u64)(end - at);
	}
	grpc_call_set(call, stream);
	blocks_more(call);
}

static void exchange_end(struct grpc_call *call)
{
	grpc_call_send(call, (struct span){ NULL, 0 });
	grpc_call_finish(call, GRPC_OK, NULL);
}

static void refuse(struct grpc_call *call)
{
	grpc_call_finish(call, GRPC_FAILED_PRECONDITION, "100 %41 wrong: Z\xc3\xa4hler\n");
}

static void slow_begin(struct grpc_call *call)
{
	world_of(call)->pausing = call;
	grpc_call_pause(call, true);
}

const struct grpc_method service_methods[] = {
	{ .path = "/voltgate.v1.Ledger/Query", .message = echo_once, .gone = on_gone },
	{ .path = "/voltgate.v1.Ledger/SubmitStream",
	  .message = echo,
	  .half_closed = echo_end,
	  .writable = echo_writable,
	  .gone = on_gone },
	{ .path = "/voltgate.v1.Ledger/Blocks", .message = blocks_begin, .writable = blocks_more, .gone = on_gone },
	{ .path = "/voltgate.v1.Peer/Exchange", .message = count, .half_closed = exchange_end, .gone = on_gone },
	{ .path = "/voltgate.v1.Ledger/Status", .message = count, .gone = on_gone },
	{ .path = "/voltgate.v1.Ledger/Endorse", .half_closed = refuse, .gone = on_gone },
	{ .path = "/voltgate.v1.Ledger/Submit",
	  .begin = slow_begin,
	  .message = count,
	  .half_closed = exchange_end,
	  .gone = on_gone },
	{ 0 }
};
