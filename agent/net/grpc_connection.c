// SPDX-License-Identifier: GPL-2.0
/*
 * grpc_connection.c - socket, TLS, HTTP/2 and clock of one connection.
 *
 * What a round of the loop wants to say is collected and leaves in one piece: either its owner flushes at the end of
 * the round, or a timer of no length does in the next. Once a second the tick looks for what silence means: a
 * handshake that does not end, a peer that does not answer a PING, a connection that nobody uses.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "agent/net/grpc_connection.h"

#define READ_MAX (256 * 1024) /* plain text of one event; then others have their turn */
#define SOCKET_BYTES (1024 * 1024)
#define NOT_SENT_BYTES (256 * 1024) /* what the kernel may hold unsent, so that votes are not behind megabytes */
#define WRITE_TURNS 4
#define GOODBYE_S 2

struct grpc_connection {
	struct grpc_connection_options options;
	struct grpc_limits limits;
	struct tls_pipe *pipe;
	struct http2 *http2;
	struct event *tick, *flush;
	u64 born, heard, used; /* seconds of the monotonic clock */
	u64 pinged;	       /* when; 0: no PING is out */
	int busy;
	bool shaken, dirty, ended;
};

static _Thread_local u8 scratch[READ_MAX];

static u64 seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (u64)now.tv_sec;
}

static void release(struct grpc_connection *connection)
{
	if (connection->tick)
		event_free(connection->tick);
	if (connection->flush)
		event_free(connection->flush);
	tls_pipe_free(connection->pipe);
	free(connection);
}

/* nghttp2 may be up the stack of whoever ended it, so its memory waits too. */
static void leave(struct grpc_connection *connection)
{
	if (--connection->busy || !connection->ended)
		return;
	http2_free(connection->http2);
	release(connection);
}

static void lost(struct grpc_connection *connection, const char *why)
{
	char text[320];

	if (connection->ended)
		return;
	snprintf(text, sizeof(text), "%s", why);
	connection->ended = true; /* what the owner does to it now has no effect */
	connection->options.owner->closed(connection->options.arg, connection, connection->shaken, text);
	if (connection->http2)
		http2_silence(connection->http2, text);
}

static void sink_put(void *arg, const u8 *bytes, size_t len)
{
	struct grpc_connection *connection = arg;

	tls_pipe_put(connection->pipe, bytes, len);
}

static size_t sink_room(void *arg)
{
	struct grpc_connection *connection = arg;

	return tls_pipe_room(connection->pipe);
}

static void sink_dirty(void *arg)
{
	static const struct timeval at_once;
	struct grpc_connection *connection = arg;

	if (connection->dirty || connection->ended)
		return;
	connection->dirty = true;
	evtimer_add(connection->flush, &at_once);
}

static void sink_opened(void *arg)
{
	struct grpc_connection *connection = arg;

	if (!connection->ended)
		connection->options.owner->opened(connection->options.arg, connection);
}

static void sink_goaway(void *arg)
{
	struct grpc_connection *connection = arg;

	if (!connection->ended)
		connection->options.owner->goaway(connection->options.arg, connection);
}

static const struct http2_sink sink = { sink_put, sink_room, sink_dirty, sink_opened, sink_goaway };

/* The pipe's room may end before what is ready does: as long as the socket takes it, there is more room at once. */
static void write_out(struct grpc_connection *connection)
{
	int err = 0, sent = 0;

	if (connection->dirty) {
		connection->dirty = false;
		evtimer_del(connection->flush);
	}
	for (int turn = 0; turn < WRITE_TURNS && !err && !sent; turn++) {
		err = http2_flush(connection->http2);
		if (connection->ended)
			return;
		sent = tls_pipe_flush(connection->pipe);
		if (!nghttp2_session_want_write(connection->http2->session))
			break;
	}
	if (sent == -EIO)
		lost(connection, tls_pipe_why(connection->pipe));
	else if (err)
		lost(connection, "HTTP/2 has no memory or its rules were broken.");
	else if (!sent && http2_over(connection->http2))
		lost(connection, "The connection was ended in order.");
	else if (!sent && nghttp2_session_want_write(connection->http2->session))
		sink_dirty(connection);
}

/* The server says SETTINGS at once; a client's handshake is only worth something when they came. */
static void shake(struct grpc_connection *connection)
{
	struct grpc_connection_options *options = &connection->options;
	struct http2_options http2 = { .server = options->server,
				       .sink = &sink,
				       .arg = connection,
				       .base = options->base,
				       .limits = &connection->limits,
				       .counts = options->counts,
				       .methods = options->methods,
				       .server_arg = options->server_arg };
	int err = tls_pipe_handshake(connection->pipe);
	struct identity_error error;
	struct identity peer;

	if (err == -EAGAIN)
		return;
	if (err) {
		const char *refusal = identity_tls_refusal(options->tls);

		lost(connection, *refusal ? refusal : tls_pipe_why(connection->pipe));
		return;
	}
	if (identity_peer(tls_pipe_ssl(connection->pipe), &peer, &error)) {
		lost(connection, error.text);
		return;
	}
	if (!options->owner->admit(options->arg, connection, &peer)) {
		lost(connection, "The other end is not one that may be here.");
		return;
	}
	if (http2_new(&http2, &connection->http2)) {
		lost(connection, "There is no memory for HTTP/2.");
		return;
	}
	connection->shaken = true;
	connection->http2->peer = peer;
	sink_dirty(connection);
}

/* Gathers up to READ_MAX of plain text, so that messages of many records need no copy. True: there may be more. */
static bool read_in(struct grpc_connection *connection)
{
	size_t have = 0;
	ssize_t got;

	do {
		got = tls_pipe_read(connection->pipe, scratch + have, sizeof(scratch) - have);
		if (got > 0)
			have += (size_t)got;
	} while (got > 0 && have < sizeof(scratch) && tls_pipe_pending(connection->pipe));
	if (have) {
		connection->heard = seconds();
		connection->pinged = 0;
		if (http2_receive(connection->http2, scratch, have) && !connection->ended) {
			write_out(connection); /* GOAWAY says what was wrong */
			lost(connection, "The other end broke the rules of HTTP/2.");
			return false;
		}
	}
	if (got < 0 && !connection->ended)
		lost(connection, tls_pipe_why(connection->pipe));
	return have == sizeof(scratch);
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
	struct grpc_connection *connection = arg;

	(void)fd;
	if (connection->ended)
		return;
	connection->busy++;
	if (!connection->shaken)
		shake(connection);
	if (connection->shaken && !connection->ended && what & EV_READ && read_in(connection) && !connection->ended)
		tls_pipe_again(connection->pipe);
	if (connection->shaken && !connection->ended && what & EV_WRITE)
		write_out(connection);
	leave(connection);
}

static void on_flush(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	grpc_connection_flush(arg);
}

/* Silence with calls open, or out of which a PING was not answered, means that nobody is there. */
static void check_life(struct grpc_connection *connection, u64 now)
{
	u32 ping_s = connection->limits.ping_s;

	/* A client would only come back. */
	if (connection->options.server && !connection->http2->open_calls &&
	    now - connection->used >= connection->limits.idle_s) {
		http2_drain(connection->http2);
		if (now - connection->used >= connection->limits.idle_s + GOODBYE_S)
			lost(connection, "Nobody used the connection.");
		return;
	}
	if (connection->pinged && now - connection->pinged >= ping_s) {
		lost(connection, "The other end does not answer any more.");
	} else if (!connection->pinged && now - connection->heard >= ping_s) {
		connection->pinged = now;
		http2_ping(connection->http2);
	}
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct grpc_connection *connection = arg;
	u64 now = seconds();

	(void)fd, (void)what;
	connection->busy++;
	if (!connection->shaken) {
		if (now - connection->born >= connection->limits.handshake_s)
			lost(connection, "The TLS handshake took too long.");
	} else {
		if (connection->http2->open_calls)
			connection->used = now;
		check_life(connection, now);
	}
	leave(connection);
}

static void tune(int fd)
{
	int one = 1, socket_bytes = SOCKET_BYTES, not_sent = NOT_SENT_BYTES;

	/* Best effort: a kernel that refuses one serves a little worse. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &socket_bytes, sizeof(socket_bytes));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &socket_bytes, sizeof(socket_bytes));
	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &not_sent, sizeof(not_sent));
}

int grpc_connection_new(const struct grpc_connection_options *options, int fd, struct grpc_connection **ret_connection)
{
	static const struct timeval second = { .tv_sec = 1 };
	struct grpc_connection *connection = calloc(1, sizeof(*connection));
	SSL_CTX *context = options->server ? identity_tls_server(options->tls) : identity_tls_client(options->tls);
	int err;

	tune(fd);
	if (!connection) {
		evutil_closesocket(fd);
		return -ENOMEM;
	}
	connection->options = *options;
	connection->limits = *options->limits;
	connection->born = connection->heard = connection->used = seconds();
	err = tls_pipe_new(options->base, fd, context, options->server, on_event, connection, &connection->pipe);
	if (!err) {
		connection->tick = event_new(options->base, -1, EV_PERSIST, on_tick, connection);
		connection->flush = evtimer_new(options->base, on_flush, connection);
		if (!connection->tick || !connection->flush || event_add(connection->tick, &second))
			err = -ENOMEM;
	}
	if (err) {
		release(connection);
		return err;
	}
	*ret_connection = connection;
	return 0;
}

void grpc_connection_end(struct grpc_connection *connection, const char *why)
{
	struct http2 *http2 = connection->http2;

	connection->busy++;
	if (http2)
		http2_silence(http2, why);
	if (!connection->ended) {
		connection->ended = true;
		if (http2 && !http2->busy) {
			http2_drain(http2);
			http2_flush(http2);
		}
		tls_pipe_bye(connection->pipe);
	}
	leave(connection);
}

void grpc_connection_flush(struct grpc_connection *connection)
{
	if (connection->ended || !connection->http2 || connection->http2->busy)
		return;
	connection->busy++;
	write_out(connection);
	leave(connection);
}

struct http2 *grpc_connection_http2(struct grpc_connection *connection)
{
	return connection->ended ? NULL : connection->http2;
}

bool grpc_connection_dirty(const struct grpc_connection *connection)
{
	return connection->dirty;
}
