// SPDX-License-Identifier: GPL-2.0
/*
 * grpc_call.c - one call, on either side: its beginning, deadline and end.
 * What it receives is grpc_call_receive.c's, what it sends grpc_call_send.c's.
 *
 *   server: begin -> message* -> half_closed -> (finish by its owner | gone)
 *   client: open -> message* -> finished                 cancel by its owner: nothing more
 *
 * Once a call has "ended" its owner holds no pointer that counts; the structure lives until nghttp2 closes the stream.
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

static void drop_deadline(struct grpc_call *call)
{
	if (call->deadline)
		event_free(call->deadline);
	call->deadline = NULL;
}

void grpc_call_free(struct grpc_call *call)
{
	struct http2 *http2 = call->http2;

	call->packed = 0;
	grpc_call_want_room(call, false);
	if (call->resume)
		http2->resuming--;
	drop_deadline(call);
	grpc_call_drop_out(call);
	grpc_call_drop_held(call);
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

void grpc_call_forget(struct grpc_call *call)
{
	call->ended = true;
	call->known = false;
	grpc_call_want_room(call, false);
	drop_deadline(call);
}

void grpc_call_tell_gone(struct grpc_call *call, enum grpc_status status, const char *text)
{
	bool known = call->known;

	if (call->ended)
		return;
	grpc_call_forget(call);
	if (!known)
		return;
	if (!call->http2->server) {
		if (call->answer.finished)
			call->answer.finished(call->answer.arg, status, text);
	} else if (call->method->gone) {
		call->method->gone(call);
	}
}

void grpc_call_reset(struct grpc_call *call, u32 code)
{
	if (call->stream > 0)
		nghttp2_submit_rst_stream(call->http2->session, NGHTTP2_FLAG_NONE, call->stream, code);
	http2_wake(call->http2);
}

void grpc_call_submit_end(struct grpc_call *call, enum grpc_status status, const char *text, u32 http_status)
{
	call->status = status;
	call->text = text && *text ? strdup(text) : NULL;
	call->ending = true;
	grpc_call_drop_held(call);
	if (!call->responded) {
		if (http2_head_respond(call, http_status, true))
			grpc_call_reset(call, NGHTTP2_INTERNAL_ERROR);
	} else if (call->deferred) {
		call->deferred = false;
		nghttp2_session_resume_data(call->http2->session, call->stream);
	}
	http2_wake(call->http2);
}

void grpc_call_abandon(struct grpc_call *call, enum grpc_status status, const char *text)
{
	if (call->ended)
		return;
	if (call->http2->server) {
		grpc_call_drop_out(call);
		grpc_call_submit_end(call, status, text, 200);
	} else {
		grpc_call_reset(call, NGHTTP2_CANCEL);
		grpc_call_drop_out(call);
		grpc_call_drop_held(call);
		if (call->stream < 0)
			grpc_call_pause(call, false); /* closed already: freed when the round ends */
	}
	grpc_call_tell_gone(call, status, text);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	grpc_call_abandon(arg, GRPC_DEADLINE_EXCEEDED, "The call's time is over.");
}

void grpc_call_finish(struct grpc_call *call, enum grpc_status status, const char *text)
{
	if (call->ended)
		return;
	grpc_call_forget(call);
	grpc_call_submit_end(call, status, text, 200);
}

void grpc_call_cancel(struct grpc_call *call)
{
	if (call->ended)
		return;
	grpc_call_forget(call);
	grpc_call_drop_out(call);
	grpc_call_drop_held(call);
	if (call->stream < 0)
		grpc_call_pause(call, false); /* closed already: freed when the round ends */
	else
		grpc_call_reset(call, NGHTTP2_CANCEL);
}

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
