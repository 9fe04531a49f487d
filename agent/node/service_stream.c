// SPDX-License-Identifier: GPL-2.0
/*
 * service_stream.c - Blocks and Events: what is durable here, from a number on
 * and then as it comes.
 *
 *   stream: behind --read from the disk as its window opens--> at the head --streams_committed()--> at the head
 *   at the head --no room--> behind
 *
 * A stream holds a number, never blocks: a slow reader costs nothing but its own wait.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/node/rpc.h"
#include "agent/node/service.h"

#define STREAM_TURN 64 /* blocks read from the disk for one stream before others have their turn */

struct stream {
	struct rpc_owner owner;
	struct seat *seat;
	struct stream *next;
	struct grpc_call *call;
	bool events;
	u64 number;	/* next block */
	u32 index;	/* events: next transaction of it */
	u64 to;		/* last block wanted; ~0: without end */
	bool of_client; /* events: of @client's only */
	u8 client[32];
	struct event *more; /* goes on after a turn */
};

static void stream_free(struct stream *stream)
{
	struct stream **at = &stream->seat->streams;

	while (*at != stream)
		at = &(*at)->next;
	*at = stream->next;
	event_free(stream->more);
	free(stream);
}

static void stream_finish(struct stream *stream, enum grpc_status status, const char *text)
{
	struct grpc_call *call = stream->call;

	grpc_call_set(call, NULL);
	stream_free(stream);
	grpc_call_finish(call, status, text);
}

static int stream_send_block(struct stream *stream, const struct block *block)
{
	Voltgate__V1__BlockMessage message = VOLTGATE__V1__BLOCK_MESSAGE__INIT;
	size_t room = grpc_call_room(stream->call);

	if (!room)
		return -ENOBUFS;
	message.number = block->header.number;
	message.block = rpc_data(block->bytes.bytes, block->bytes.len);
	return rpc_send(stream->call, &message.base);
}

static int stream_send_event(struct stream *stream, const struct block *block, struct span bytes, const u8 *digest)
{
	Voltgate__V1__Event event = VOLTGATE__V1__EVENT__INIT;
	struct transaction transaction;
	u8 hash[32], proposal_hash[32];
	bool known = !transaction_decode(bytes.bytes, bytes.len, &transaction);

	if (stream->of_client && (!known || !transaction.client || memcmp(transaction.client, stream->client, 32)))
		return 0;
	if (!digest)
		transaction_hash(bytes, hash);
	event.block = block->header.number;
	event.index = stream->index;
	event.outcome = block->outcomes[stream->index];
	event.transaction_hash = rpc_data(digest ? digest : hash, 32);
	if (known && transaction.kind == TRANSACTION_INVOKE) {
		ledger_hash_bytes(LEDGER_DOMAIN_PROPOSAL, transaction.proposal.bytes.bytes,
				  transaction.proposal.bytes.len, proposal_hash);
		event.proposal_hash = rpc_data(proposal_hash, 32);
	}
	if (known && transaction.client)
		event.client = rpc_data(transaction.client, 32);
	return rpc_send(stream->call, &event.base);
}

static int stream_send_events(struct stream *stream, const struct block *block, const u8 (*digests)[32])
{
	struct reader body;
	struct span transaction;
	u32 i = 0;
	int err = 0;

	if (block_body_open(block->body, &body) < 0)
		return -EBADMSG;
	while (!err && block_body_next(&body, &transaction)) {
		if (i++ < stream->index)
			continue;
		err = grpc_call_room(stream->call) ? 0 : -ENOBUFS;
		if (!err)
			err = stream_send_event(stream, block, transaction, digests ? digests[stream->index] : NULL);
		if (!err)
			stream->index++;
	}
	return err;
}

/* 0: the stream is past the block; -ENOBUFS: its reader must read first; or the call is to end. */
static int stream_send(struct stream *stream, const struct block *block, const u8 (*digests)[32])
{
	int err = stream->events ? stream_send_events(stream, block, digests) : stream_send_block(stream, block);

	if (err)
		return err;
	stream->number++;
	stream->index = 0;
	return 0;
}

static int stream_read(struct stream *stream)
{
	struct ledger_error error = { .text = "" };
	struct block block;
	size_t len;
	u8 *bytes;
	int err = ledger_block(stream->seat->ledger, stream->number, &bytes, &len, &error);

	if (err) {
		if (err != -ENOENT)
			seat_stop(stream->seat, *error.text ? error.text : strerror(-err));
		return err;
	}
	err = block_decode((struct span){ bytes, len }, &block);
	if (!err)
		err = stream_send(stream, &block, NULL);
	free(bytes);
	return err;
}

/* Gives as much as there is and as the reader has room for. The stream may be gone after it. */
static void stream_pump(struct stream *stream)
{
	u64 durable = ledger_durable(stream->seat->ledger);
	u32 turn;
	int err = 0;

	for (turn = 0; !err && turn < STREAM_TURN && stream->number <= durable && stream->number <= stream->to; turn++)
		err = stream_read(stream);
	if (err == -EPIPE || err == -ENOBUFS)
		return; /* gone() or writable() follows */
	if (err == -ENOENT)
		stream_finish(stream, GRPC_OUT_OF_RANGE,
			      "This node does not hold so early a block. Ask another, or start later.");
	else if (err)
		stream_finish(stream, GRPC_INTERNAL, "The block cannot be read here. Ask another node.");
	else if (stream->number > stream->to)
		stream_finish(stream, GRPC_OK, NULL);
	else if (stream->number <= durable)
		event_active(stream->more, EV_TIMEOUT, 0);
}

static void stream_on_more(evutil_socket_t fd, short what, void *arg)
{
	struct stream *stream = arg;

	(void)fd;
	(void)what;
	if (seat_is_open(stream->seat))
		stream_pump(stream);
}

void streams_committed(struct seat *seat, const struct block *block, const u8 (*digests)[32])
{
	struct stream *stream, *next;

	for (stream = seat->streams; stream; stream = next) {
		next = stream->next;
		if (stream->number == block->header.number && !stream->index && stream->number <= stream->to)
			stream_send(stream, block, digests);
		if (stream->number > stream->to)
			event_active(stream->more, EV_TIMEOUT, 0);
	}
}

void streams_end(struct seat *seat, enum grpc_status status, const char *text)
{
	while (seat->streams)
		stream_finish(seat->streams, status, text);
}

void streams_judge(struct seat *seat)
{
	struct stream *stream, *next;

	for (stream = seat->streams; stream; stream = next) {
		next = stream->next;
		if (!admission_client(seat, grpc_call_peer(stream->call)))
			stream_finish(stream, GRPC_PERMISSION_DENIED, "You are no member of the channel any more.");
	}
}

static void stream_gone(struct grpc_call *call)
{
	struct stream *stream = grpc_call_get(call);

	grpc_call_set(call, NULL);
	if (stream)
		stream_free(stream);
}

static struct stream *stream_new(struct grpc_call *call, struct seat *seat)
{
	struct stream *stream = calloc(1, sizeof(*stream));

	if (stream)
		stream->more = event_new(seat->node->options.base, -1, 0, stream_on_more, stream);
	if (!stream || !stream->more) {
		free(stream);
		rpc_refuse(call, GRPC_RESOURCE_EXHAUSTED, "There is no memory for another stream.");
		return NULL;
	}
	stream->owner.release = stream_gone;
	stream->seat = seat;
	stream->call = call;
	stream->next = seat->streams;
	stream->to = ~0ULL;
	seat->streams = stream;
	grpc_call_set(call, stream);
	return stream;
}

static bool stream_taken(struct grpc_call *call)
{
	if (!grpc_call_get(call))
		return false;
	rpc_refuse(call, GRPC_INVALID_ARGUMENT, "This call takes one message.");
	return true;
}

static void blocks_message(struct grpc_call *call, struct span bytes)
{
	Voltgate__V1__BlocksRequest *request;
	struct stream *stream;
	struct seat *seat;

	if (stream_taken(call))
		return;
	request = rpc_request(call, &voltgate__v1__blocks_request__descriptor, bytes);
	seat = request ? rpc_seat(call, request->channel) : NULL;
	stream = seat ? stream_new(call, seat) : NULL;
	if (!stream)
		return;
	stream->number = request->from;
	stream->to = request->to ? request->to : ~0ULL;
	stream_pump(stream);
}

static void events_message(struct grpc_call *call, struct span bytes)
{
	Voltgate__V1__EventsRequest *request;
	struct stream *stream;
	struct seat *seat;

	if (stream_taken(call))
		return;
	request = rpc_request(call, &voltgate__v1__events_request__descriptor, bytes);
	if (request && request->client.len && request->client.len != 32) {
		rpc_refuse(call, GRPC_INVALID_ARGUMENT, "A client is named by the 32 bytes of its key.");
		return;
	}
	seat = request ? rpc_seat(call, request->channel) : NULL;
	stream = seat ? stream_new(call, seat) : NULL;
	if (!stream)
		return;
	stream->events = true;
	stream->number = request->from ? request->from : ledger_durable(seat->ledger) + 1;
	stream->of_client = request->client.len;
	if (stream->of_client)
		memcpy(stream->client, request->client.data, 32);
	stream_pump(stream);
}

static void stream_half_closed(struct grpc_call *call)
{
	if (!grpc_call_get(call))
		rpc_nothing(call);
}

static void stream_writable(struct grpc_call *call)
{
	struct stream *stream = grpc_call_get(call);

	if (stream && seat_is_open(stream->seat))
		stream_pump(stream);
}

const struct grpc_method service_blocks = {
	.path = "/voltgate.v1.Ledger/Blocks",
	.message = blocks_message,
	.half_closed = stream_half_closed,
	.writable = stream_writable,
	.gone = stream_gone,
};

const struct grpc_method service_events = {
	.path = "/voltgate.v1.Ledger/Events",
	.message = events_message,
	.half_closed = stream_half_closed,
	.writable = stream_writable,
	.gone = stream_gone,
};
