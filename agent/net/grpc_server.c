// SPDX-License-Identifier: GPL-2.0
/*
 * grpc_server.c - the listener and its connections.
 *
 * All places taken: a connection that has not finished TLS gives way to a new one, so that strangers cannot keep
 * members out by being slow; where all are members, the new one is turned away.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/net/address.h"
#include "agent/net/grpc_connection.h"

#define ACCEPTS_A_ROUND 32
#define BACKLOG 512
#define NO_DESCRIPTORS_MS 200

struct seat {
	TAILQ_ENTRY(seat) link;
	struct grpc_server *server;
	struct grpc_connection *connection;
	bool admitted;
};

struct grpc_server {
	struct event_base *base;
	struct identity_tls *tls;
	struct grpc_limits limits;
	struct grpc_server_options options;
	struct grpc_counts counts;
	TAILQ_HEAD(, seat) seats; /* oldest first */
	struct event *listener, *rest;
	int fd;
	u16 port;
};

void grpc_limits_default(struct grpc_limits *ret_limits)
{
	*ret_limits = (struct grpc_limits){ .message_bytes = 16u << 20,
					    .call_bytes = 4u << 20,
					    .connection_bytes = 32u << 20,
					    .total_bytes = 512u << 20,
					    .calls = 1024,
					    .connections = 512,
					    .window_bytes = 1u << 20,
					    .idle_s = 300,
					    .handshake_s = 10,
					    .ping_s = 5 };
}

static bool on_admit(void *arg, struct grpc_connection *connection, const struct identity *peer)
{
	struct seat *seat = arg;
	const struct grpc_server_options *options = &seat->server->options;

	(void)connection;
	seat->admitted = !options->admit || options->admit(options->arg, peer);
	return seat->admitted;
}

static void on_opened(void *arg, struct grpc_connection *connection)
{
	(void)arg, (void)connection;
}

static void drop_seat(struct seat *seat)
{
	struct grpc_server *server = seat->server;

	TAILQ_REMOVE(&server->seats, seat, link);
	server->counts.open_connections--;
	free(seat);
}

static void on_closed(void *arg, struct grpc_connection *connection, bool shaken, const char *why)
{
	struct seat *seat = arg;

	(void)connection, (void)why;
	seat->server->counts.refused_handshakes += !shaken;
	drop_seat(seat);
}

static const struct grpc_connection_owner owner = { on_admit, on_opened, on_opened, on_closed };

static void end_seat(struct seat *seat, const char *why)
{
	struct grpc_connection *connection = seat->connection;

	drop_seat(seat);
	grpc_connection_end(connection, why);
}

static bool make_place(struct grpc_server *server)
{
	struct seat *seat;

	if (server->counts.open_connections < server->limits.connections)
		return true;
	server->counts.over_limit++;
	for (seat = TAILQ_FIRST(&server->seats); seat; seat = TAILQ_NEXT(seat, link))
		if (!seat->admitted) {
			server->counts.refused_handshakes++;
			end_seat(seat, "Others were waiting.");
			return true;
		}
	return false;
}

static void take_in(struct grpc_server *server, int fd)
{
	struct grpc_connection_options options = { .base = server->base,
						   .tls = server->tls,
						   .server = true,
						   .limits = &server->limits,
						   .counts = &server->counts,
						   .methods = server->options.methods,
						   .server_arg = server->options.arg,
						   .owner = &owner };
	struct seat *seat;

	if (!make_place(server)) {
		close(fd);
		return;
	}
	seat = calloc(1, sizeof(*seat));
	if (!seat) {
		close(fd);
		return;
	}
	seat->server = server;
	options.arg = seat;
	if (grpc_connection_new(&options, fd, &seat->connection)) {
		free(seat);
		return;
	}
	TAILQ_INSERT_TAIL(&server->seats, seat, link);
	server->counts.connections++;
	server->counts.open_connections++;
}

static void on_accept(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval pause = { .tv_usec = NO_DESCRIPTORS_MS * 1000 };
	struct grpc_server *server = arg;

	(void)what;
	for (int i = 0; i < ACCEPTS_A_ROUND; i++) {
		int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (client >= 0) {
			take_in(server, client);
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
			/* The connection stays in the backlog; asking again at once would spin. */
			event_del(server->listener);
			event_add(server->rest, &pause);
			break;
		} else if (errno == EAGAIN) {
			break;
		}
	}
}

static void on_rest(evutil_socket_t fd, short what, void *arg)
{
	struct grpc_server *server = arg;

	(void)fd, (void)what;
	event_add(server->listener, NULL);
}

static int fail(struct identity_error *error, const char *address, const char *what)
{
	int err = -errno;

	snprintf(error->text, sizeof(error->text), "%s: %s: %s.", address, what, strerror(-err));
	return err;
}

static int start_listening(struct grpc_server *server, const char *text, struct identity_error *error)
{
	struct address address, bound = { .len = sizeof(bound.v6) };
	int err = address_local(text, &address, error), one = 1;

	if (err)
		return err;
	server->fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (server->fd < 0)
		return fail(error, text, "there is no socket");
	setsockopt(server->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(server->fd, &address.any, address.len))
		return fail(error, text, "the address cannot be bound");
	if (listen(server->fd, BACKLOG) || getsockname(server->fd, &bound.any, &bound.len))
		return fail(error, text, "the socket does not listen");
	server->port = address_port(&bound);
	server->listener = event_new(server->base, server->fd, EV_READ | EV_PERSIST, on_accept, server);
	server->rest = evtimer_new(server->base, on_rest, server);
	if (!server->listener || !server->rest || event_add(server->listener, NULL)) {
		errno = ENOMEM;
		return fail(error, text, "the loop does not take it");
	}
	return 0;
}

int grpc_server_open(struct event_base *base, const struct grpc_server_options *options,
		     struct grpc_server **ret_server, struct identity_error *ret_error)
{
	struct grpc_server *server = calloc(1, sizeof(*server));
	int err;

	if (!server) {
		errno = ENOMEM;
		return fail(ret_error, options->address, "there is no server");
	}
	server->base = base;
	server->tls = options->tls;
	server->options = *options;
	server->limits = options->limits;
	server->fd = -1;
	TAILQ_INIT(&server->seats);
	err = start_listening(server, options->address, ret_error);
	server->options.address = NULL;
	if (err) {
		grpc_server_close(server);
		return err;
	}
	*ret_server = server;
	return 0;
}

static void stop_listening(struct grpc_server *server)
{
	if (server->listener)
		event_free(server->listener);
	if (server->rest)
		event_free(server->rest);
	if (server->fd >= 0)
		close(server->fd);
	server->listener = server->rest = NULL;
	server->fd = -1;
}

void grpc_server_drain(struct grpc_server *server)
{
	struct seat *seat, *next;

	stop_listening(server);
	for (seat = TAILQ_FIRST(&server->seats); seat; seat = next) {
		struct http2 *http2 = grpc_connection_http2(seat->connection);

		next = TAILQ_NEXT(seat, link);
		if (http2)
			http2_drain(http2);
		else
			end_seat(seat, "The node is stopping.");
	}
}

void grpc_server_close(struct grpc_server *server)
{
	struct seat *seat;

	if (!server)
		return;
	stop_listening(server);
	while ((seat = TAILQ_FIRST(&server->seats)))
		end_seat(seat, "The node is stopping.");
	free(server);
}

void grpc_server_flush(struct grpc_server *server)
{
	struct seat *seat, *next;

	/* Flushing may end this connection, never another one's seat. */
	for (seat = TAILQ_FIRST(&server->seats); seat; seat = next) {
		next = TAILQ_NEXT(seat, link);
		if (grpc_connection_dirty(seat->connection))
			grpc_connection_flush(seat->connection);
	}
}

u16 grpc_server_port(const struct grpc_server *server)
{
	return server->port;
}

void grpc_server_counts(const struct grpc_server *server, struct grpc_counts *ret_counts)
{
	*ret_counts = server->counts;
}

void grpc_server_judge(struct grpc_server *server, bool (*keep)(void *arg, const struct identity *peer), void *arg)
{
	struct seat *seat, *next;

	for (seat = TAILQ_FIRST(&server->seats); seat; seat = next) {
		struct http2 *http2 = grpc_connection_http2(seat->connection);

		next = TAILQ_NEXT(seat, link);
		if (http2 && (!identity_trusted(server->tls, &http2->peer) || (keep && !keep(arg, &http2->peer))))
			end_seat(seat, "The other end is not trusted any more.");
	}
}
