// SPDX-License-Identifier: GPL-2.0
/*
 * grpc_call.c - one call, on either side: messages in and out, room, pause,
 * deadline, end.
 *
 *   server: begin -> message* -> half_closed -> (finish by its owner | gone)
 *   client: open -> message* -> finished                 cancel by its owner: nothing more
 *
 * Once a call has "ended" its owner holds no pointer that counts; the structure lives until nghttp2 closes the stream.
 * Bytes of a message are given back to the stream's window as they are taken into the message; while a call is paused
 * they are held and not given back, so that no more than a window's worth is ever held for it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/net/grpc_status.h"
#include "agent/net/http2.h"

static void on_deadline(evutil_socket_t fd, short what, void *arg);

struct grpc_call *grpc_call_new(struct http2 *http2, int32_t stream)
{
	struct grpc_call *call = calloc(1, sizeof(*call));

	if (!call)
		return NULL;
	call->http2 = http2;
	call->stream = stream;
	grpc_frame_init(&call->in, http2->limits.message_bytes);
	LIST_INSERT_HEAD(&http2->calls, call, link);
	http2->open_calls++;
	http2->counts->open_calls++;
	http2->counts->calls++;
	return call;
}

/* What is received and kept counts for the connection; its window closes while that is too much. */
static void account(struct grpc_call *call)
{
	struct http2 *http2 = call->http2;
	size_t stored = call->held.bytes + call->in.filled;

	http2->stored += stored - call->stored;
	call->stored = stored;
	if (http2->owed && http2->stored <= http2->limits.connection_bytes) {
		nghttp2_session_consume_connection(http2->session, http2->owed);
		http2->owed = 0;
	}
}

static void drop_deadline(struct grpc_call *call)
{
	if (call->deadline)
		event_free(call->deadline);
	call->deadline = NULL;
}

static void want_room(struct grpc_call *call, bool want)
{
	if (call->wants_room == want)
		return;
	call->wants_room = want;
	call->http2->waiting += want ? 1 : -1;
}

/* But for the bytes of a frame that waits inside nghttp2, whose length is settled. */
static void drop_out(struct grpc_call *call)
{
	size_t keep = call->stream > 0 ? call->packed : 0;

	call->http2->queued -= call->out.bytes - keep;
	if (keep)
		grpc_queue_cut(&call->out, keep);
	else
		grpc_queue_done(&call->out);
}

static void drop_held(struct grpc_call *call)
{
	grpc_queue_done(&call->held);
	grpc_frame_done(&call->in);
	account(call);
}

void grpc_call_free(struct grpc_call *call)
{
	struct http2 *http2 = call->http2;

	call->packed = 0;
	want_room(call, false);
	if (call->resume)
		http2->resuming--;
	drop_deadline(call);
	drop_out(call);
	drop_held(call);
	free(call->text);
	LIST_REMOVE(call, link);
	http2->open_calls--;
	http2->counts->open_calls--;
	free(call);
}

int grpc_call_deadline(struct grpc_call *call, u32 timeout_ms)
{
	struct timeval after = { timeout_ms / 1000, timeout_ms % 1000 * 1000 };

	if (!timeout_ms || !call->http2->base)
		return 0;
	call->deadline = evtimer_new(call->http2->base, on_deadline, call);
	if (!call->deadline || evtimer_add(call->deadline, &after))
		return -ENOMEM;
	return 0;
}

/* --- the end --- */

/* The owner forgets the call: nothing is told to it any more. */
static void end_call(struct grpc_call *call)
{
	call->ended = true;
	call->known = false;
	want_room(call, false);
	drop_deadline(call);
}

static void tell_gone(struct grpc_call *call, enum grpc_status status, const char *text)
{
	bool known = call->known;

	if (call->ended)
		return;
	end_call(call);
	if (!known)
		return;
	if (!call->http2->server) {
		if (call->answer.finished)
			call->answer.finished(call->answer.arg, status, text);
	} else if (call->method->gone) {
		call->method->gone(call);
	}
}

static void reset(struct grpc_call *call, u32 code)
{
	if (call->stream > 0)
		nghttp2_submit_rst_stream(call->http2->session, NGHTTP2_FLAG_NONE, call->stream, code);
	http2_wake(call->http2);
}

static void submit_end(struct grpc_call *call, enum grpc_status status, const char *text, u32 http_status)
{
	call->status = status;
	call->text = text && *text ? strdup(text) : NULL;
	call->ending = true;
	drop_held(call);
	if (!call->responded) {
		if (http2_head_respond(call, http_status, true))
			reset(call, NGHTTP2_INTERNAL_ERROR);
	} else if (call->deferred) {
		call->deferred = false;
		nghttp2_session_resume_data(call->http2->session, call->stream);
	}
	http2_wake(call->http2);
}

/* We end it, for a reason that the other end hears as well as the owner. */
static void abandon(struct grpc_call *call, enum grpc_status status, const char *text)
{
	if (call->ended)
		return;
	if (call->http2->server) {
		drop_out(call);
		submit_end(call, status, text, 200);
	} else {
		reset(call, NGHTTP2_CANCEL);
		drop_out(call);
		drop_held(call);
	}
	tell_gone(call, status, text);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	abandon(arg, GRPC_DEADLINE_EXCEEDED, "The call's time is over.");
}

void grpc_call_finish(struct grpc_call *call, enum grpc_status status, const char *text)
{
	if (call->ended)
		return;
	end_call(call);
	submit_end(call, status, text, 200);
}

void grpc_call_cancel(struct grpc_call *call)
{
	if (call->ended)
		return;
	end_call(call);
	drop_out(call);
	drop_held(call);
	if (call->stream < 0)
		grpc_call_pause(call, false); /* closed already: freed when the round ends */
	else
		reset(call, NGHTTP2_CANCEL);
}

/* --- receiving --- */

static void misfit(struct grpc_call *call, int err)
{
	if (err == -EMSGSIZE) {
		char text[96];

		call->http2->counts->over_limit++;
		snprintf(text, sizeof(text), "A message of %u bytes is longer than %u.", call->in.length,
			 call->in.most);
		abandon(call, GRPC_RESOURCE_EXHAUSTED, text);
	} else if (err == -EOPNOTSUPP) {
		abandon(call, GRPC_UNIMPLEMENTED, "Compressed messages are not taken; send identity.");
	} else if (err == -ENOMEM) {
		abandon(call, GRPC_RESOURCE_EXHAUSTED, "There is no memory for the message.");
	} else {
		call->http2->counts->protocol_errors++;
		abandon(call, GRPC_INTERNAL, "The message's prefix is damaged.");
	}
}

static void deliver(struct grpc_call *call, struct span message)
{
	call->http2->counts->messages_in++;
	if (!call->http2->server) {
		if (call->answer.message)
			call->answer.message(call->answer.arg, message);
	} else if (call->method->message) {
		call->method->message(call, message);
	}
}

/* Takes messages out of @bytes until they, the owner's patience or the call end. Returns how many bytes were taken. */
static size_t feed(struct grpc_call *call, const u8 *bytes, size_t len)
{
	size_t taken = 0;

	while (taken < len && !call->paused && !call->ended) {
		struct span message;
		size_t used;
		int got = grpc_frame_feed(&call->in, bytes + taken, len - taken, &used, &message);

		taken += used;
		if (got < 0) {
			misfit(call, got);
			break;
		}
		if (got)
			deliver(call, message);
	}
	return call->ended ? len : taken;
}

static void give_back(struct grpc_call *call, size_t len)
{
	if (call->stream > 0 && len)
		nghttp2_session_consume_stream(call->http2->session, call->stream, len);
}

void grpc_call_data(struct grpc_call *call, const u8 *bytes, size_t len)
{
	struct http2 *http2 = call->http2;
	size_t taken = call->held.bytes ? 0 : feed(call, bytes, len);

	if (call->ended)
		taken = len;
	if (taken < len && grpc_queue_copy(&call->held, bytes + taken, len - taken)) {
		misfit(call, -ENOMEM);
		taken = len;
	}
	account(call);
	if (http2->stored > http2->limits.connection_bytes && call->in.filled && !call->ended) {
		http2->counts->over_limit++;
		abandon(call, GRPC_RESOURCE_EXHAUSTED, "The connection's unfinished messages are too long together.");
		taken = len;
	}
	give_back(call, taken);
	if (http2->stored > http2->limits.connection_bytes)
		http2->owed += len;
	else
		nghttp2_session_consume_connection(http2->session, len);
}

/* Everything the other end said was delivered. */
static void tell_end(struct grpc_call *call)
{
	if (call->end_told || call->ended || !call->remote_ended || call->held.bytes || call->paused)
		return;
	call->end_told = true;
	if (!grpc_frame_between(&call->in)) {
		call->http2->counts->protocol_errors++;
		abandon(call, GRPC_INTERNAL, "The stream ended inside a message.");
	} else if (call->http2->server && call->method->half_closed) {
		call->method->half_closed(call);
	}
}

void grpc_call_remote_end(struct grpc_call *call)
{
	call->remote_ended = true;
	if (call->held.bytes && !call->paused)
		grpc_call_pause(call, false);
	tell_end(call);
}

static void begin(struct grpc_call *call, bool end)
{
	enum grpc_status status;
	const char *text;
	int refused = http2_head_judge(call, &status, &text);

	call->remote_ended = end;
	if (refused) {
		call->http2->counts->protocol_errors += refused != 200;
		end_call(call);
		submit_end(call, status, text, refused);
		return;
	}
	if (call->head.timed && !call->head.timeout_ms) {
		abandon(call, GRPC_DEADLINE_EXCEEDED, "The call's time was over before it began.");
		return;
	}
	if (grpc_call_deadline(call, call->head.timeout_ms)) {
		abandon(call, GRPC_RESOURCE_EXHAUSTED, "There is no memory for the call.");
		return;
	}
	call->known = true;
	if (call->method->begin)
		call->method->begin(call);
	if (end)
		tell_end(call);
}

void grpc_call_headed(struct grpc_call *call, bool end)
{
	struct http2_head *head = &call->head;

	if (call->http2->server && !call->known && !call->ended) {
		begin(call, end);
	} else if (end) {
		grpc_call_remote_end(call);
	} else if (!call->http2->server && !call->ended && (head->http_status != 200 || !head->content)) {
		if (head->http_status >= 100 && head->http_status < 200)
			return;
		abandon(call, head->http_status != 200 ? grpc_status_of_http(head->http_status) : GRPC_UNKNOWN,
			"The answer is not gRPC.");
	} else if (!call->http2->server && head->encoded) {
		abandon(call, GRPC_UNIMPLEMENTED, "The answer is compressed, which was not asked for.");
	}
}

/* What the call ended with, by its trailers or else by how the stream was closed. */
static void conclude(struct grpc_call *call, u32 code)
{
	const struct http2_head *head = &call->head;

	if (call->ended)
		return;
	if (call->http2->server || code != NGHTTP2_NO_ERROR)
		tell_gone(call, head->has_status && call->remote_ended ? head->status : grpc_status_of_reset(code),
			  head->has_status ? head->text : nghttp2_http2_strerror(code));
	else if (head->has_status && head->status == GRPC_OK && !grpc_frame_between(&call->in))
		tell_gone(call, GRPC_INTERNAL, "The stream ended inside a message.");
	else if (head->has_status)
		tell_gone(call, head->status, head->text);
	else
		tell_gone(call, grpc_status_of_http(head->http_status), "The answer has no grpc-status.");
}

void grpc_call_closed(struct grpc_call *call, u32 code)
{
	call->stream = -1;
	drop_out(call);
	if (!call->http2->server && !call->ended && code == NGHTTP2_NO_ERROR && call->held.bytes)
		return; /* grpc_call_resume() brings the rest */
	conclude(call, code);
	grpc_call_free(call);
}

void grpc_call_lost(struct grpc_call *call, const char *why)
{
	tell_gone(call, GRPC_UNAVAILABLE, why);
}

void grpc_call_pause(struct grpc_call *call, bool pause)
{
	call->paused = pause;
	if (pause || call->resume || (!call->held.bytes && !call->remote_ended && call->stream > 0))
		return;
	call->resume = true;
	call->http2->resuming++;
	http2_wake(call->http2);
}

struct feeding {
	struct grpc_call *call;
	struct grpc_queue rest;
	size_t taken;
};

static void feed_held(void *arg, const u8 *bytes, size_t len)
{
	struct feeding *feeding = arg;
	size_t taken = feed(feeding->call, bytes, len);

	feeding->taken += taken;
	if (taken < len && grpc_queue_copy(&feeding->rest, bytes + taken, len - taken))
		misfit(feeding->call, -ENOMEM);
}

/* Delivers what was held while the call was paused; it may be paused again meanwhile. */
void grpc_call_resume(struct grpc_call *call)
{
	struct feeding feeding = { .call = call };
	struct grpc_queue held = call->held;

	call->resume = false;
	call->http2->resuming--;
	call->held = (struct grpc_queue){ 0 };
	grpc_queue_take(&held, held.bytes, feed_held, &feeding);
	grpc_queue_done(&held);
	if (call->ended)
		grpc_queue_done(&feeding.rest);
	else
		call->held = feeding.rest;
	account(call);
	give_back(call, feeding.taken);
	tell_end(call);
	if (call->stream < 0 && !call->held.bytes) {
		conclude(call, NGHTTP2_NO_ERROR);
		grpc_call_free(call);
	}
}

/* --- sending --- */

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
	if (room < http2->limits.call_bytes / 2)
		want_room(call, true);
	return room;
}

size_t grpc_call_queued(const struct grpc_call *call)
{
	return call->out.bytes;
}

void grpc_call_tell_room(struct grpc_call *call)
{
	want_room(call, false);
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

	http2->queued += call->out.bytes - before;
	http2->counts->messages_out++;
	http2->counts->bytes_out += call->out.bytes - before;
	if (http2->server && !call->responded && http2_head_respond(call, 200, false)) {
		reset(call, NGHTTP2_INTERNAL_ERROR);
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
	http2->queued -= len;
	call->packed = 0;
	return 0;
}

/* --- its owner's --- */

const struct identity *grpc_call_peer(const struct grpc_call *call)
{
	return &call->http2->peer;
}

void *grpc_call_server_arg(const struct grpc_call *call)
{
	return call->http2->server_arg;
}

void grpc_call_set(struct grpc_call *call, void *owner)
{
	call->owner = owner;
}

void *grpc_call_get(const struct grpc_call *call)
{
	return call->owner;
}
