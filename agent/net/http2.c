// SPDX-License-Identifier: GPL-2.0
/*
 * http2.c - one HTTP/2 session over nghttp2: its callbacks, what it puts out,
 * and budgets against floods that a window does not stop.
 *
 * nghttp2 itself refuses bad framing, bad header syntax, too many SETTINGS and unanswered PINGs. Windows are opened by
 * hand (grpc_call.c) as messages are taken. Nothing is sent from inside nghttp2: http2_flush() does, at a round's end.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "agent/net/http2.h"

#define FRAME_MAX (1024 * 1024) /* taken from others */
#define DATA_MAX (64 * 1024)	/* sent, so that streams take turns */

/* Resets made or provoked: what a client that gives up now and then never reaches. */
#define RESETS_BURST 500
#define RESETS_A_SECOND 50
/* PING, SETTINGS, PRIORITY, DATA without content. */
#define EMPTIES_BURST 1000
#define EMPTIES_A_SECOND 200
#define WINDOWS_BURST 20000
#define WINDOWS_A_SECOND 20000

static bool spend(struct http2_budget *budget, u32 burst, u32 a_second)
{
	struct timespec now;
	u64 gained;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	if (!budget->second)
		budget->left = burst;
	gained = budget->second ? ((u64)now.tv_sec - budget->second) * a_second : 0;
	budget->second = (u64)now.tv_sec;
	budget->left = budget->left + gained > burst ? burst : budget->left + (u32)gained;
	if (!budget->left)
		return false;
	budget->left--;
	return true;
}

void http2_calm(struct http2 *http2)
{
	http2->counts->protocol_errors++;
	nghttp2_session_terminate_session(http2->session, NGHTTP2_ENHANCE_YOUR_CALM);
}

void http2_wake(struct http2 *http2)
{
	http2->sink->dirty(http2->arg);
}

static ssize_t on_send(nghttp2_session *session, const uint8_t *data, size_t len, int flags, void *arg)
{
	struct http2 *http2 = arg;

	(void)session, (void)flags;
	if (!http2->sink->room(http2->arg))
		return NGHTTP2_ERR_WOULDBLOCK;
	http2->sink->put(http2->arg, data, len);
	return (ssize_t)len;
}

static int on_send_data(nghttp2_session *session, nghttp2_frame *frame, const uint8_t *head, size_t len,
			nghttp2_data_source *source, void *arg)
{
	struct http2 *http2 = arg;

	(void)session, (void)frame;
	if (!http2->sink->room(http2->arg))
		return NGHTTP2_ERR_WOULDBLOCK;
	return grpc_call_put(source->ptr, head, len);
}

static ssize_t on_read_length(nghttp2_session *session, uint8_t type, int32_t stream, int32_t session_window,
			      int32_t stream_window, uint32_t frame_max, void *arg)
{
	u32 len = frame_max < DATA_MAX ? frame_max : DATA_MAX;

	(void)session, (void)type, (void)stream, (void)session_window, (void)stream_window, (void)arg;
	return len;
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct http2 *http2 = arg;
	struct grpc_call *call;

	if (http2->dead)
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	if (!http2->server || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
		return 0;
	call = grpc_call_new(http2, frame->hd.stream_id);
	if (!call)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, call);
	return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_len,
		     const uint8_t *value, size_t value_len, uint8_t flags, void *arg)
{
	struct grpc_call *call = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
	struct http2 *http2 = arg;

	(void)flags;
	if (!call)
		return 0;
	if (http2_head_take(call, (struct span){ name, name_len }, (struct span){ value, value_len })) {
		http2->counts->over_limit++;
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	}
	return 0;
}

/* Frames that cost us and carry nothing are counted; true: too many. */
static bool flood(struct http2 *http2, const nghttp2_frame *frame)
{
	switch (frame->hd.type) {
	case NGHTTP2_RST_STREAM:
		return !spend(&http2->resets, RESETS_BURST, RESETS_A_SECOND);
	case NGHTTP2_PING:
	case NGHTTP2_SETTINGS:
	case NGHTTP2_PRIORITY:
		return !spend(&http2->empties, EMPTIES_BURST, EMPTIES_A_SECOND);
	case NGHTTP2_WINDOW_UPDATE:
		return !spend(&http2->windows, WINDOWS_BURST, WINDOWS_A_SECOND);
	case NGHTTP2_DATA:
		return !frame->hd.length && !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM) &&
		       !spend(&http2->empties, EMPTIES_BURST, EMPTIES_A_SECOND);
	default:
		return false;
	}
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct grpc_call *call = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
	struct http2 *http2 = arg;
	bool end = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;

	if (http2->dead)
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	if (flood(http2, frame)) {
		http2_calm(http2);
		return 0;
	}
	switch (frame->hd.type) {
	case NGHTTP2_HEADERS:
		if (call)
			grpc_call_headed(call, end);
		break;
	case NGHTTP2_DATA:
		if (call && end)
			grpc_call_remote_end(call);
		break;
	case NGHTTP2_SETTINGS:
		if (!http2->opened && !(frame->hd.flags & NGHTTP2_FLAG_ACK)) {
			http2->opened = true;
			http2->sink->opened(http2->arg);
		}
		break;
	case NGHTTP2_GOAWAY:
		http2->draining = true;
		http2->sink->goaway(http2->arg);
		break;
	}
	return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *bytes, size_t len, void *arg)
{
	struct grpc_call *call = nghttp2_session_get_stream_user_data(session, stream);
	struct http2 *http2 = arg;

	(void)flags;
	if (http2->dead)
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	http2->counts->bytes_in += len;
	if (call) {
		grpc_call_data(call, bytes, len);
		return 0;
	}
	nghttp2_session_consume(session, stream, len);
	return 0;
}

static int on_close(nghttp2_session *session, int32_t stream, uint32_t code, void *arg)
{
	struct grpc_call *call = nghttp2_session_get_stream_user_data(session, stream);

	(void)arg;
	if (call)
		grpc_call_closed(call, code);
	return 0;
}

static int on_sent(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct grpc_call *call = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
	struct http2 *http2 = arg;

	if (!http2->server)
		return 0;
	/* Trailers are out and the client still talks: it need not go on. */
	if (frame->hd.type == NGHTTP2_HEADERS && frame->hd.flags & NGHTTP2_FLAG_END_STREAM && call &&
	    !call->remote_ended)
		nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_NO_ERROR);
	/* Resets that its mistakes provoke cost as much as its own. */
	if (frame->hd.type == NGHTTP2_RST_STREAM && frame->rst_stream.error_code != NGHTTP2_NO_ERROR &&
	    !spend(&http2->resets, RESETS_BURST, RESETS_A_SECOND))
		http2_calm(http2);
	return 0;
}

static int on_invalid(nghttp2_session *session, const nghttp2_frame *frame, int code, void *arg)
{
	struct http2 *http2 = arg;

	(void)session, (void)frame, (void)code;
	http2->counts->protocol_errors++;
	return 0;
}

static int make_session(struct http2 *http2)
{
	nghttp2_session_callbacks *callbacks = NULL;
	nghttp2_option *option = NULL;
	int err = -ENOMEM;

	if (nghttp2_session_callbacks_new(&callbacks) || nghttp2_option_new(&option))
		goto out;
	nghttp2_session_callbacks_set_send_callback(callbacks, on_send);
	nghttp2_session_callbacks_set_send_data_callback(callbacks, on_send_data);
	nghttp2_session_callbacks_set_data_source_read_length_callback(callbacks, on_read_length);
	nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
	nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_sent);
	nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, on_invalid);
	nghttp2_option_set_no_auto_window_update(option, 1);
	nghttp2_option_set_no_closed_streams(option, 1);
	nghttp2_option_set_max_settings(option, 32);
	nghttp2_option_set_max_outbound_ack(option, 500);
	nghttp2_option_set_peer_max_concurrent_streams(option, 1024);
	err = http2->server ? nghttp2_session_server_new2(&http2->session, callbacks, http2, option)
			    : nghttp2_session_client_new2(&http2->session, callbacks, http2, option);
	err = err ? -ENOMEM : 0;
out:
	nghttp2_option_del(option);
	nghttp2_session_callbacks_del(callbacks);
	return err;
}

static int greet(struct http2 *http2)
{
	const nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, http2->server ? http2->limits.calls : 0 },
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, http2->limits.window_bytes },
		{ NGHTTP2_SETTINGS_MAX_FRAME_SIZE, FRAME_MAX },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HTTP2_HEAD_BYTES_MAX },
		{ NGHTTP2_SETTINGS_ENABLE_PUSH, 0 },
	};
	u64 window = 4ull * http2->limits.window_bytes;

	if (window > INT32_MAX)
		window = INT32_MAX;
	/* A server does not send ENABLE_PUSH. */
	if (nghttp2_submit_settings(http2->session, NGHTTP2_FLAG_NONE, settings, http2->server ? 4 : 5) ||
	    nghttp2_session_set_local_window_size(http2->session, NGHTTP2_FLAG_NONE, 0, (int32_t)window))
		return -ENOMEM;
	return 0;
}

int http2_new(const struct http2_options *options, struct http2 **ret_http2)
{
	struct http2 *http2 = calloc(1, sizeof(*http2));
	int err;

	if (!http2)
		return -ENOMEM;
	http2->server = options->server;
	http2->sink = options->sink;
	http2->arg = options->arg;
	http2->base = options->base;
	http2->limits = *options->limits;
	http2->counts = options->counts;
	http2->methods = options->methods;
	http2->server_arg = options->server_arg;
	LIST_INIT(&http2->calls);
	err = make_session(http2);
	if (!err)
		err = greet(http2);
	if (err) {
		http2_free(http2);
		return err;
	}
	*ret_http2 = http2;
	return 0;
}

/* Callbacks may end calls, never free them. */
void http2_silence(struct http2 *http2, const char *why)
{
	struct grpc_call *call;

	http2->draining = http2->dead = true;
	for (call = LIST_FIRST(&http2->calls); call; call = LIST_NEXT(call, link))
		grpc_call_lost(call, why);
	if (http2->counts == &http2->unheard)
		return;
	http2->counts->open_calls -= http2->open_calls;
	http2->unheard.open_calls = http2->open_calls;
	http2->counts->kept_bytes -= http2->stored;
	http2->unheard.kept_bytes = http2->stored;
	http2->counts->queued_bytes -= http2->queued;
	http2->unheard.queued_bytes = http2->queued;
	http2->counts = &http2->unheard;
}

void http2_free(struct http2 *http2)
{
	struct grpc_call *call;

	if (!http2)
		return;
	http2->dead = true;
	while ((call = LIST_FIRST(&http2->calls)))
		grpc_call_free(call);
	nghttp2_session_del(http2->session);
	free(http2);
}

int http2_receive(struct http2 *http2, const u8 *bytes, size_t len)
{
	ssize_t taken;

	http2->busy++;
	taken = nghttp2_session_mem_recv(http2->session, bytes, len);
	http2->busy--;
	http2_wake(http2);
	if (taken == (ssize_t)len || http2->dead)
		return 0;
	http2->counts->protocol_errors++;
	return -EPROTO;
}

/* Reading goes on, and whoever waits for room hears of it; true if any was called. */
static bool serve_calls(struct http2 *http2)
{
	struct grpc_call *call, *next;
	bool served = false;

	for (call = LIST_FIRST(&http2->calls); call && http2->resuming; call = next) {
		next = LIST_NEXT(call, link);
		if (call->resume) {
			served = true;
			grpc_call_resume(call);
		}
	}
	for (call = LIST_FIRST(&http2->calls); call && http2->waiting; call = next) {
		next = LIST_NEXT(call, link);
		if (call->wants_room) {
			bool before = call->wants_room;

			grpc_call_tell_room(call);
			served |= before;
		}
	}
	return served;
}

int http2_flush(struct http2 *http2)
{
	int err = 0;

	if (http2->busy)
		return 0;
	for (int turn = 0; turn < 4 && !err; turn++) {
		bool served;

		http2->busy++;
		err = nghttp2_session_send(http2->session);
		served = !err && (http2->resuming || http2->waiting) && serve_calls(http2);
		http2->busy--;
		if (!served)
			break;
	}
	return err ? -EPROTO : 0;
}

bool http2_over(const struct http2 *http2)
{
	return !nghttp2_session_want_read(http2->session) && !nghttp2_session_want_write(http2->session);
}

void http2_ping(struct http2 *http2)
{
	nghttp2_submit_ping(http2->session, NGHTTP2_FLAG_NONE, NULL);
	http2_wake(http2);
}

void http2_drain(struct http2 *http2)
{
	if (http2->draining)
		return;
	http2->draining = true;
	nghttp2_submit_goaway(http2->session, NGHTTP2_FLAG_NONE,
			      nghttp2_session_get_last_proc_stream_id(http2->session), NGHTTP2_NO_ERROR, NULL, 0);
	http2_wake(http2);
}

int http2_call(struct http2 *http2, const char *authority, const char *path, u32 timeout_ms,
	       const struct grpc_answer *answer, struct grpc_call **ret_call)
{
	nghttp2_data_provider provider;
	struct grpc_call *call;
	int err;

	if (http2->draining)
		return -ENOTCONN;
	if (http2->open_calls >= http2->limits.calls)
		return -ENOBUFS;
	call = grpc_call_new(http2, 0);
	if (!call)
		return -ENOMEM;
	call->answer = *answer;
	call->known = true;
	provider = grpc_call_provider(call);
	err = grpc_call_deadline(call, timeout_ms);
	if (!err)
		err = http2_head_request(http2, call, authority, path, timeout_ms, &provider);
	if (err) {
		grpc_call_free(call);
		return err;
	}
	http2_wake(http2);
	*ret_call = call;
	return 0;
}
