// SPDX-License-Identifier: GPL-2.0
/*
 * grpc_call_receive.c - what a call receives: header blocks, messages, the other end's end.
 *
 * Bytes of a message are given back to the stream's window as they are taken into the message; while a call is paused
 * they are held and not given back, so that no more than a window's worth is ever held for it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/net/grpc_status.h"
#include "agent/net/http2.h"

/* What is received and kept counts for the connection; its window closes while that is too much. */
static void account(struct grpc_call *call)
{
	struct http2 *http2 = call->http2;
	size_t stored = call->held.bytes + call->in.filled;

	http2->stored += stored - call->stored;
	http2->counts->kept_bytes += stored - call->stored;
	call->stored = stored;
	if (http2->owed && http2->stored <= http2->limits.connection_bytes) {
		nghttp2_session_consume_connection(http2->session, http2->owed);
		http2->owed = 0;
	}
}

void grpc_call_drop_held(struct grpc_call *call)
{
	grpc_queue_done(&call->held);
	grpc_frame_done(&call->in);
	account(call);
}

static void misfit(struct grpc_call *call, int err)
{
	if (err == -EMSGSIZE) {
		char text[96];

		call->http2->counts->over_limit++;
		snprintf(text, sizeof(text), "A message of %u bytes is longer than %u.", call->in.length,
			 call->in.most);
		grpc_call_abandon(call, GRPC_RESOURCE_EXHAUSTED, text);
	} else if (err == -EOPNOTSUPP) {
		grpc_call_abandon(call, GRPC_UNIMPLEMENTED, "Compressed messages are not taken; send identity.");
	} else if (err == -ENOMEM) {
		grpc_call_abandon(call, GRPC_RESOURCE_EXHAUSTED, "There is no memory for the message.");
	} else {
		call->http2->counts->protocol_errors++;
		grpc_call_abandon(call, GRPC_INTERNAL, "The message's prefix is damaged.");
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
	if ((http2->stored > http2->limits.connection_bytes || http2->counts->kept_bytes > http2->limits.total_bytes) &&
	    call->in.filled && !call->ended) {
		http2->counts->over_limit++;
		grpc_call_abandon(call, GRPC_RESOURCE_EXHAUSTED, "The unfinished messages are too long together.");
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
	if (!call->http2->server && call->head.has_status && call->head.status != GRPC_OK)
		return; /* the server gave up, perhaps inside a message; conclude() says why */
	if (!grpc_frame_between(&call->in)) {
		call->http2->counts->protocol_errors++;
		grpc_call_abandon(call, GRPC_INTERNAL, "The stream ended inside a message.");
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
		grpc_call_forget(call);
		grpc_call_submit_end(call, status, text, refused);
		return;
	}
	if (call->head.timed && !call->head.timeout_ms) {
		grpc_call_abandon(call, GRPC_DEADLINE_EXCEEDED, "The call's time was over before it began.");
		return;
	}
	if (grpc_call_deadline(call, call->head.timeout_ms)) {
		grpc_call_abandon(call, GRPC_RESOURCE_EXHAUSTED, "There is no memory for the call.");
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
		grpc_call_abandon(call,
				  head->http_status != 200 ? grpc_status_of_http(head->http_status) : GRPC_UNKNOWN,
				  "The answer is not gRPC.");
	} else if (!call->http2->server && head->encoded) {
		grpc_call_abandon(call, GRPC_UNIMPLEMENTED, "The answer is compressed, which was not asked for.");
	}
}

/* What the call ended with, by its trailers or else by how the stream was closed. */
static void conclude(struct grpc_call *call, u32 code)
{
	const struct http2_head *head = &call->head;

	if (call->ended)
		return;
	if (call->http2->server || code != NGHTTP2_NO_ERROR)
		grpc_call_tell_gone(call,
				    head->has_status && call->remote_ended ? head->status : grpc_status_of_reset(code),
				    head->has_status ? head->text : nghttp2_http2_strerror(code));
	else if (head->has_status && head->status == GRPC_OK && !grpc_frame_between(&call->in))
		grpc_call_tell_gone(call, GRPC_INTERNAL, "The stream ended inside a message.");
	else if (head->has_status)
		grpc_call_tell_gone(call, head->status, head->text);
	else
		grpc_call_tell_gone(call, grpc_status_of_http(head->http_status), "The answer has no grpc-status.");
}

void grpc_call_closed(struct grpc_call *call, u32 code)
{
	call->stream = -1;
	grpc_call_drop_out(call);
	if (!call->http2->server && !call->ended && code == NGHTTP2_NO_ERROR && call->held.bytes)
		return; /* grpc_call_resume() brings the rest */
	conclude(call, code);
	grpc_call_free(call);
}

void grpc_call_lost(struct grpc_call *call, const char *why)
{
	grpc_call_tell_gone(call, GRPC_UNAVAILABLE, why);
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
