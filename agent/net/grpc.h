/* SPDX-License-Identifier: GPL-2.0 */
/*
 * grpc.h - gRPC over HTTP/2 (nghttp2), TLS 1.3 (OpenSSL) and libevent: a server
 * and a client that carry messages as bytes. What the bytes mean is the caller's.
 *
 * Follows "gRPC over HTTP2" (PROTOCOL-HTTP2.md): POST, te: trailers, content-type application/grpc(+proto),
 * five-byte message prefix without compression (a compressed message ends with UNIMPLEMENTED), trailers with
 * grpc-status and percent-encoded grpc-message, grpc-timeout. Bounded: messages, bytes queued per call and per
 * connection, calls per connection, connections, header sizes; a slow reader is not read from (flow control), never
 * stored for without end. Callbacks run in the event loop; freeing what is called from within its own callback is fine.
 */
#ifndef VOLTGATE_NET_GRPC_H
#define VOLTGATE_NET_GRPC_H

#include <event2/event.h>

#include "agent/net/identity.h"
#include "ledger/cursor.h"

enum grpc_status {
	GRPC_OK = 0,
	GRPC_CANCELLED = 1,
	GRPC_UNKNOWN = 2,
	GRPC_INVALID_ARGUMENT = 3,
	GRPC_DEADLINE_EXCEEDED = 4,
	GRPC_NOT_FOUND = 5,
	GRPC_PERMISSION_DENIED = 7,
	GRPC_RESOURCE_EXHAUSTED = 8,
	GRPC_FAILED_PRECONDITION = 9,
	GRPC_OUT_OF_RANGE = 11,
	GRPC_UNIMPLEMENTED = 12,
	GRPC_INTERNAL = 13,
	GRPC_UNAVAILABLE = 14,
	GRPC_UNAUTHENTICATED = 16,
};

struct grpc_limits {
	u32 message_bytes;    /* largest message either way; default 16 MiB */
	u32 call_bytes;	      /* queued to send for one call before grpc_call_room() says 0; default 4 MiB */
	u32 connection_bytes; /* the same for a connection; default 32 MiB */
	u32 total_bytes;      /* queued by all connections together, and as much received and not taken; 512 MiB */
	u32 calls;	      /* at once on a connection; default 1024 */
	u32 connections;      /* server; default 512 */
	u32 window_bytes;     /* HTTP/2 receive window of a call; default 1 MiB, the connection's is four times that */
	u32 idle_s, handshake_s; /* server: a connection without calls; either: one that does not finish TLS. Defaults
				    300, 10 */
	u32 ping_s; /* silence after which the other end is asked whether it lives, and as long again until it is given
		       up; default 5 */
};

void grpc_limits_default(struct grpc_limits *ret_limits);

/* --- server --- */
struct grpc_server;
struct grpc_call;   /* one call, on either side */
struct grpc_buffer; /* counted bytes that go to several calls, see grpc_queue.h */

/* A part of a message: @len bytes of @buffer from @at on. */
struct grpc_part {
	struct grpc_buffer *buffer;
	u32 at, len;
};

/* One method. Any member may be NULL. */
struct grpc_method {
	const char *path;		       /* "/voltgate.v1.Ledger/Submit" */
	void (*begin)(struct grpc_call *call); /* headers are here */
	void (*message)(struct grpc_call *call, struct span message);
	void (*half_closed)(struct grpc_call *call); /* the client has said all */
	void (*writable)(struct grpc_call *call);    /* there is room again after grpc_call_room() was 0 */
	void (*gone)(struct grpc_call *call); /* cancelled, timed out, or connection lost; call is dead after it */
};

struct grpc_server_options {
	const char *address; /* host:port, [host]:port; port 0 picks one */
	struct identity_tls *tls;
	struct grpc_limits limits;
	const struct grpc_method *methods; /* ends with path NULL */
	/* May this peer connect at all? false closes it. */
	bool (*admit)(void *arg, const struct identity *peer);
	/* One GET without TLS client certificate is not served; metrics have a port of their own. */
	void *arg;
};

struct grpc_counts {
	u64 connections, refused_handshakes, calls, messages_in, messages_out, bytes_in, bytes_out, protocol_errors,
		over_limit;
	u32 open_connections, open_calls;
	u64 queued_bytes, kept_bytes; /* to send; received and not taken yet: now */
};

int grpc_server_open(struct event_base *base, const struct grpc_server_options *options,
		     struct grpc_server **ret_server, struct identity_error *ret_error);
/* Takes no new connection or call; what is open may end itself (GOAWAY). */
void grpc_server_drain(struct grpc_server *server);
void grpc_server_close(struct grpc_server *server);
/* Sends now what is queued, instead of when the loop comes round: for the end of a round. Not from callbacks. */
void grpc_server_flush(struct grpc_server *server);
u16 grpc_server_port(const struct grpc_server *server);
void grpc_server_counts(const struct grpc_server *server, struct grpc_counts *ret_counts);
/* Closes connections whose peer is not trusted (any more) or that @keep refuses. */
void grpc_server_judge(struct grpc_server *server, bool (*keep)(void *arg, const struct identity *peer), void *arg);

/* --- a call, on the server --- */
const struct identity *grpc_call_peer(const struct grpc_call *call);
void *grpc_call_server_arg(const struct grpc_call *call);
/* The owner's pointer. */
void grpc_call_set(struct grpc_call *call, void *owner);
void *grpc_call_get(const struct grpc_call *call);
/*
 * Queues a message (copied). -ENOBUFS: there was no room at all (a message that starts within the room may go beyond
 * it, so the longest message can always be sent); -EMSGSIZE: over message_bytes; -EPIPE: ended. Sent when the loop
 * comes round or by grpc_*_flush(), many in one TLS record.
 */
int grpc_call_send(struct grpc_call *call, struct span message);
/* The same, made of parts that are not copied. */
int grpc_call_send_parts(struct grpc_call *call, const struct grpc_part *parts, u32 count);
/* Bytes that may still be queued. Where it is less than half of call_bytes, writable() comes once it is more again. */
size_t grpc_call_room(struct grpc_call *call);
/* Bytes of this call that were queued and are not yet handed to TLS. */
size_t grpc_call_queued(const struct grpc_call *call);
/* Stops or goes on reading this call: no message comes while it is paused, and its window is not opened further. */
void grpc_call_pause(struct grpc_call *call, bool pause);
/* Trailers; @text may be NULL. The call is dead. */
void grpc_call_finish(struct grpc_call *call, enum grpc_status status, const char *text);

/* --- client --- */
struct grpc_client;

enum grpc_client_state { GRPC_CLIENT_DOWN, GRPC_CLIENT_CONNECTING, GRPC_CLIENT_UP };

struct grpc_client_options {
	const char *address;
	struct identity_tls *tls;
	struct grpc_limits limits;
	const u8 *expect_key;		 /* 32: the node that must answer; NULL: any trusted */
	u32 backoff_ms, backoff_most_ms; /* first and longest pause between tries, with jitter; defaults 50, 5000 */
	void (*state)(void *arg, enum grpc_client_state state, const char *why);
	void *arg;
};

/* Connects at once and again for ever. */
int grpc_client_open(struct event_base *base, const struct grpc_client_options *options,
		     struct grpc_client **ret_client, struct identity_error *ret_error);
void grpc_client_close(struct grpc_client *client);
void grpc_client_flush(struct grpc_client *client);
/* Who answered; NULL unless UP. */
const struct identity *grpc_client_peer(const struct grpc_client *client);
enum grpc_client_state grpc_client_state(const struct grpc_client *client);

struct grpc_answer { /* of a call that a client made */
	void (*message)(void *arg, struct span message);
	void (*writable)(void *arg);
	/* Exactly once, last: trailers, or UNAVAILABLE where the connection was lost. */
	void (*finished)(void *arg, enum grpc_status status, const char *text);
	void *arg;
	/* NULL, or an open call of the same connection: this one sends only while that one has nothing to send. */
	const struct grpc_call *yields_to;
};

/* -ENOTCONN; -ENOBUFS: too many calls. @timeout_ms 0: none. Send with grpc_call_send(), then grpc_call_half_close(). */
int grpc_client_call(struct grpc_client *client, const char *path, u32 timeout_ms, const struct grpc_answer *answer,
		     struct grpc_call **ret_call);
void grpc_call_half_close(struct grpc_call *call);
/* RST_STREAM CANCEL; finished() is not called. */
void grpc_call_cancel(struct grpc_call *call);

#endif
