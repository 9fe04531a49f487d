// SPDX-License-Identifier: GPL-2.0
/*
 * grpc_call_send.c - what a call sends: its queue, its room, and DATA frames out of it.
 *
 * nghttp2 asks how long the next frame is (read_out) before it says that it goes out (grpc_call_put); what was
 * promised in between stays in the queue whatever happens to the call.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/net/grpc_status.h"
#include "agent/net/http2.h"

void grpc_call_want_room(struct grpc_call *call, bool want)
{
	if (call->wants_room == want)
		return;
	call->wants_room = want;
	call->http2->waiting += want ? 1 : -1;
}

static void count_queued(struct http2 *http2, size_t change)
{
	http2->queued += change;
	http2->counts->queued_bytes += change;
}

/* But for the bytes of a frame that waits inside nghttp2, whose length is settled. */
void grpc_call_drop_out(struct grpc_call *call)
{
	size_t keep = call->stream > 0 ? call->packed : 0;

	count_queued(call->http2, keep - call->out.bytes);
	if (keep)
		grpc_queue_cut(&call->out, keep);
	else
		grpc_queue_done(&call->out);
}

size_t grpc_call_room(struct grpc_call *call)
{
	const struct http2 *http2 = call->http2;
	size_t room = call->out.bytes < http2->limits.call_bytes ? http2->limits.call_bytes - call->out.bytes : 0;
	size_t shared =
		http2->queued < http2->limits.connection_bytes ? http2->limits.connection_bytes - http2->queued : 0;

	if (call->ended || call->ending)
		return 0;
	if (shared < room)
		room = shared;
	if (http2->counts->queued_bytes >= http2->limits.total_bytes && call->out.bytes)
		room = 0; /* each may still have one message on its way */
	if (room < http2->limits.call_bytes / 2)
		grpc_call_want_room(call, true);
	return room;
}

size_t grpc_call_queued(const struct grpc_call *call)
{
	return call->out.bytes;
}

void grpc_call_tell_room(struct grpc_call *call)
{
	grpc_call_want_room(call, false);
	if (grpc_call_room(call) < call->http2->limits.call_bytes / 2 || call->wants_room)
		return;
	if (!call->http2->server) {
		if (call->answer.writable)
			call->answer.writable(call->answer.arg);
	} else if (call->method->writable) {
		call->method->writable(call);
	}
}

static int may_send(struct grpc_call *call, size_t len)
{
	if (call->ended || call->ending || call->stream < 0)
		return -EPIPE;
	if (len > call->http2->limits.message_bytes)
		return -EMSGSIZE;
	return grpc_call_room(call) ? 0 : -ENOBUFS;
}

/* @before: bytes queued before this message. */
static int queued(struct grpc_call *call, size_t before)
{
	struct http2 *http2 = call->http2;

	count_queued(http2, call->out.bytes - before);
	http2->counts->messages_out++;
	http2->counts->bytes_out += call->out.bytes - before;
	if (http2->server && !call->responded && http2_head_respond(call, 200, false)) {
		grpc_call_reset(call, NGHTTP2_INTERNAL_ERROR);
		return -ENOMEM;
	}
	if (call->deferred) {
		call->deferred = false;
		nghttp2_session_resume_data(http2->session, call->stream);
	}
	http2_wake(http2);
	return 0;
}

int grpc_call_send(struct grpc_call *call, struct span message)
{
	struct grpc_part part = { .len = (u32)message.len };
	int err = may_send(call, message.len);

	if (err)
		return err;
	if (message.len < 8192) { /* shares a buffer with its neighbours */
		size_t before = call->out.bytes;
		u8 prefixed[GRPC_FRAME_PREFIX + 8192];

		grpc_frame_prefix(prefixed, part.len);
		if (message.len)
			memcpy(prefixed + GRPC_FRAME_PREFIX, message.bytes, message.len);
		err = grpc_queue_copy(&call->out, prefixed, GRPC_FRAME_PREFIX + message.len);
		return err ? err : queued(call, before);
	}
	part.buffer = grpc_buffer_new(part.len);
	if (!part.buffer)
		return -ENOMEM;
	memcpy(part.buffer->bytes, message.bytes, message.len);
	part.buffer->len = part.len;
	err = grpc_call_send_parts(call, &part, 1);
	grpc_buffer_put(part.buffer);
	return err;
}

int grpc_call_send_parts(struct grpc_call *call, const struct grpc_part *parts, u32 count)
{
	size_t before = call->out.bytes, len = 0;
	u8 prefix[GRPC_FRAME_PREFIX];
	int err;

	for (u32 i = 0; i < count; i++)
		len += parts[i].len;
	err = may_send(call, len);
	if (!err)
		err = grpc_queue_reserve(&call->out, count + 1);
	grpc_frame_prefix(prefix, (u32)len);
	if (!err)
		err = grpc_queue_copy(&call->out, prefix, sizeof(prefix));
	if (err)
		return err;
	for (u32 i = 0; i < count; i++)
		grpc_queue_share(&call->out, parts[i].buffer, parts[i].at, parts[i].len);
	return queued(call, before);
}

void grpc_call_half_close(struct grpc_call *call)
{
	if (call->ended || call->ending)
		return;
	call->ending = true;
	if (call->deferred) {
		call->deferred = false;
		nghttp2_session_resume_data(call->http2->session, call->stream);
	}
	http2_wake(call->http2);
}

/* nghttp2 asks how much of the call's bytes the next DATA frame takes. */
static ssize_t read_out(nghttp2_session *session, int32_t stream, uint8_t *buffer, size_t len, uint32_t *flags,
			nghttp2_data_source *source, void *arg)
{
	struct grpc_call *call = source->ptr;
	size_t part = call->out.bytes < len ? call->out.bytes : len;

	(void)session, (void)stream, (void)buffer, (void)arg;
	if (!part && !call->ending) {
		call->deferred = true;
		return NGHTTP2_ERR_DEFERRED;
	}
	*flags = NGHTTP2_DATA_FLAG_NO_COPY;
	if (part == call->out.bytes && call->ending) {
		*flags |= NGHTTP2_DATA_FLAG_EOF;
		if (call->http2->server) {
			*flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
			if (http2_head_trailers(call))
				return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
		}
	}
	call->packed = part;
	return (ssize_t)part;
}

nghttp2_data_provider grpc_call_provider(struct grpc_call *call)
{
	return (nghttp2_data_provider){ .source = { .ptr = call }, .read_callback = read_out };
}

static void put_out(void *arg, const u8 *bytes, size_t len)
{
	struct http2 *http2 = arg;

	http2->sink->put(http2->arg, bytes, len);
}

/* A DATA frame: its head, then as many bytes as the head says. */
int grpc_call_put(struct grpc_call *call, const u8 *head, size_t len)
{
	struct http2 *http2 = call->http2;

	http2->sink->put(http2->arg, head, 9);
	grpc_queue_take(&call->out, len, put_out, http2);
	count_queued(http2, 0 - len);
	call->packed = 0;
	return 0;
}
