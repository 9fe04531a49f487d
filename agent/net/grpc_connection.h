/* SPDX-License-Identifier: GPL-2.0 */
/*
 * grpc_connection.h - a socket, TLS on it, an HTTP/2 session in that, and the
 * clock over all: what server and client have in common.
 *
 *   connecting and handshake -> (admitted by the owner) -> open, once the other end's SETTINGS came -> closed
 *
 * A connection that was ended while one of its own callbacks runs is freed when that callback returns.
 */
#ifndef VOLTGATE_NET_GRPC_CONNECTION_H
#define VOLTGATE_NET_GRPC_CONNECTION_H

#include "agent/net/http2.h"
#include "agent/net/tls_pipe.h"

struct grpc_connection;

struct grpc_connection_owner {
	/* The handshake is done. false: refused. */
	bool (*admit)(void *arg, struct grpc_connection *connection, const struct identity *peer);
	void (*opened)(void *arg, struct grpc_connection *connection);
	void (*goaway)(void *arg, struct grpc_connection *connection);
	/* It is over, by itself; its calls are ended after this. Not called by grpc_connection_end(). */
	void (*closed)(void *arg, struct grpc_connection *connection, bool shaken, const char *why);
};

struct grpc_connection_options {
	struct event_base *base;
	struct identity_tls *tls;
	bool server;
	const struct grpc_limits *limits;
	struct grpc_counts *counts;
	const struct grpc_method *methods;
	void *server_arg;
	const struct grpc_connection_owner *owner;
	void *arg;
};

/* @fd is taken over. */
int grpc_connection_new(const struct grpc_connection_options *options, int fd, struct grpc_connection **ret_connection);
/* Ends it with all its calls; says goodbye if it can. */
void grpc_connection_end(struct grpc_connection *connection, const char *why);
void grpc_connection_flush(struct grpc_connection *connection);
/* NULL before the handshake is done. */
struct http2 *grpc_connection_http2(struct grpc_connection *connection);
bool grpc_connection_dirty(const struct grpc_connection *connection);

#endif
