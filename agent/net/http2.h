/* SPDX-License-Identifier: GPL-2.0 */
/*
 * http2.h - one HTTP/2 session with gRPC calls on it, either end, without
 * sockets and TLS: bytes come in by http2_receive(), leave through its sink. So a fuzzer can drive it.
 *
 * http2.c runs the session, http2_head.c reads and writes header blocks, grpc_call*.c is what a call does.
 */
#ifndef VOLTGATE_NET_HTTP2_H
#define VOLTGATE_NET_HTTP2_H

#include <sys/queue.h>

#include <nghttp2/nghttp2.h>

#include "agent/net/grpc.h"
#include "agent/net/grpc_frame.h"
#include "agent/net/grpc_queue.h"

#define HTTP2_HEAD_BYTES_MAX (16 * 1024) /* names, values and 32 for each, as RFC 9113 counts */
#define HTTP2_TEXT_MAX 512

struct http2_sink {
	void (*put)(void *arg, const u8 *bytes, size_t len);
	size_t (*room)(void *arg); /* 0: put nothing now */
	void (*dirty)(void *arg);  /* http2_flush() is wanted when the round ends */
	void (*opened)(void *arg); /* the other end's SETTINGS are here */
	void (*goaway)(void *arg); /* it takes no new calls */
};

/* So many at once, so many more a second; what is beyond is an attack. */
struct http2_budget {
	u32 left;
	u64 second;
};

struct http2 {
	nghttp2_session *session;
	const struct http2_sink *sink;
	void *arg;
	struct event_base *base; /* for deadlines; NULL: none are kept */
	bool server, opened, draining, dead;
	int busy; /* inside nghttp2 */
	struct grpc_limits limits;
	struct grpc_counts *counts, unheard; /* unheard: once silenced, their owner may be gone */
	const struct grpc_method *methods;   /* server */
	void *server_arg;
	struct identity peer;
	LIST_HEAD(, grpc_call) calls;
	u32 open_calls, waiting, resuming; /* calls; those that want room; those to go on reading */
	size_t queued, stored, owed; /* bytes to send; received and kept; taken but not given back to the window */
	struct http2_budget resets, empties, windows;
};

/* What a header block said; kept small, judged once it is whole. */
struct http2_head {
	bool post, te, content, trailers_only, encoded, timed;
	u32 bytes, http_status, timeout_ms;
	bool has_status;
	enum grpc_status status;
	char text[HTTP2_TEXT_MAX];
};

struct grpc_call {
	LIST_ENTRY(grpc_call) link;
	struct http2 *http2;
	int32_t stream; /* -1: closed, but messages are still held */
	const struct grpc_method *method;
	struct grpc_answer answer;
	void *owner;
	struct grpc_frame in;
	struct grpc_queue out;
	size_t packed;		/* of out: promised to nghttp2 as the next DATA frame */
	struct grpc_queue held; /* came while paused */
	size_t stored;
	struct event *deadline;
	struct http2_head head;
	bool responded;	   /* response headers are submitted */
	bool deferred;	   /* the data provider waits for more */
	bool ending;	   /* after what is queued comes the end */
	bool remote_ended; /* END_STREAM came */
	bool end_told;
	bool ended; /* its owner knows it no more */
	bool paused, resume, wants_room, known;
	enum grpc_status status; /* server: of the trailers */
	char *text;
};

struct http2_options {
	bool server;
	const struct http2_sink *sink;
	void *arg;
	struct event_base *base;
	const struct grpc_limits *limits;
	struct grpc_counts *counts;
	const struct grpc_method *methods;
	void *server_arg;
};

int http2_new(const struct http2_options *options, struct http2 **ret_http2);
/* Ends every call (gone(), finished() with UNAVAILABLE and @why) and takes nothing any more. */
void http2_silence(struct http2 *http2, const char *why);
/* Silenced before; not from its own callbacks. */
void http2_free(struct http2 *http2);
/* -EPROTO: the connection is beyond help. Callbacks of calls run. */
int http2_receive(struct http2 *http2, const u8 *bytes, size_t len);
/* Puts what is ready as far as there is room. Callbacks of calls run. */
int http2_flush(struct http2 *http2);
/* Nothing is left to be said or heard. */
bool http2_over(const struct http2 *http2);
void http2_ping(struct http2 *http2);
/* GOAWAY: calls that run may end themselves. */
void http2_drain(struct http2 *http2);
int http2_call(struct http2 *http2, const char *authority, const char *path, u32 timeout_ms,
	       const struct grpc_answer *answer, struct grpc_call **ret_call);
void http2_wake(struct http2 *http2);
/* Too much of something: ENHANCE_YOUR_CALM. */
void http2_calm(struct http2 *http2);

/* http2_head.c */
int http2_head_take(struct grpc_call *call, struct span name, struct span value);
/* Server: 0, or the HTTP status to refuse with; the gRPC status is in @ret_status with a text. */
int http2_head_judge(const struct grpc_call *call, enum grpc_status *ret_status, const char **ret_text);
int http2_head_respond(struct grpc_call *call, u32 http_status, bool end);
int http2_head_trailers(struct grpc_call *call);
int http2_head_request(struct http2 *http2, struct grpc_call *call, const char *authority, const char *path,
		       u32 timeout_ms, const nghttp2_data_provider *provider);

/* grpc_call.c: life and end */
struct grpc_call *grpc_call_new(struct http2 *http2, int32_t stream);
void grpc_call_free(struct grpc_call *call);
int grpc_call_deadline(struct grpc_call *call, u32 timeout_ms);
/* The owner forgets the call: nothing is told to it any more. */
void grpc_call_forget(struct grpc_call *call);
/* gone() or finished(), once. */
void grpc_call_tell_gone(struct grpc_call *call, enum grpc_status status, const char *text);
/* We end it, for a reason that the other end hears as well as the owner. */
void grpc_call_abandon(struct grpc_call *call, enum grpc_status status, const char *text);
/* Server: trailers, after what is queued. */
void grpc_call_submit_end(struct grpc_call *call, enum grpc_status status, const char *text, u32 http_status);
void grpc_call_reset(struct grpc_call *call, u32 code);
/* The connection is lost. */
void grpc_call_lost(struct grpc_call *call, const char *why);

/* grpc_call_receive.c */
void grpc_call_headed(struct grpc_call *call, bool end); /* a header block is whole */
void grpc_call_data(struct grpc_call *call, const u8 *bytes, size_t len);
void grpc_call_remote_end(struct grpc_call *call);
/* The stream is closed with @code; frees the call, now or once its held messages are taken. */
void grpc_call_closed(struct grpc_call *call, u32 code);
void grpc_call_resume(struct grpc_call *call);
void grpc_call_drop_held(struct grpc_call *call);

/* grpc_call_send.c */
void grpc_call_tell_room(struct grpc_call *call);
void grpc_call_want_room(struct grpc_call *call, bool want);
void grpc_call_drop_out(struct grpc_call *call);
nghttp2_data_provider grpc_call_provider(struct grpc_call *call);
/* A DATA frame: its head, then @len bytes. */
int grpc_call_put(struct grpc_call *call, const u8 *head, size_t len);

#endif
