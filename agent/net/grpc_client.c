// SPDX-License-Identifier: GPL-2.0
/*
 * grpc_client.c - a connection to one node that comes back by itself.
 *
 *   DOWN --pause over--> CONNECTING (resolve, connect, TLS, the node's SETTINGS) --SETTINGS--> UP
 *   CONNECTING, UP --trouble, GOAWAY--> DOWN, with a pause that doubles and is drawn from its upper half
 *
 * The pause falls back to the first once a connection was UP. After GOAWAY the old connection lives on beside the new
 * one until its calls are done.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/dns.h>
#include <openssl/rand.h>

#include "agent/net/address.h"
#include "agent/net/grpc_connection.h"

#define LEAVING_MAX 4 /* connections that were told to go and still have calls */

struct grpc_client {
	struct event_base *base;
	struct grpc_client_options options;
	struct grpc_limits limits;
	struct grpc_counts counts;
	char *address, host[ADDRESS_HOST_MAX];
	u16 port;
	u8 expect[32];
	enum grpc_client_state state;
	struct grpc_connection *connection, *leaving[LEAVING_MAX];
	struct event *again;
	struct evdns_base *resolver;
	struct evdns_getaddrinfo_request *asking;
	u32 pause_ms, tries;
	int busy;
	bool closed;
};

static void connect_now(struct grpc_client *client);

static void set_state(struct grpc_client *client, enum grpc_client_state state, const char *why)
{
	if (client->state == state && state != GRPC_CLIENT_DOWN)
		return;
	client->state = state;
	if (client->options.state && !client->closed)
		client->options.state(client->options.arg, state, why);
}

static void release(struct grpc_client *client)
{
	if (client->again)
		event_free(client->again);
	if (client->resolver)
		evdns_base_free(client->resolver, 0);
	free(client->address);
	free(client);
}

static void leave(struct grpc_client *client)
{
	if (!--client->busy && client->closed)
		release(client);
}

/* Between half of the pause and all of it, so that nodes do not come back in step. */
static void try_later(struct grpc_client *client)
{
	u32 draw = 0, pause_ms = client->pause_ms;
	struct timeval after;

	if (client->closed)
		return;
	RAND_bytes((unsigned char *)&draw, sizeof(draw));
	pause_ms = pause_ms / 2 + draw % (pause_ms / 2 + 1);
	after = (struct timeval){ pause_ms / 1000, pause_ms % 1000 * 1000 };
	evtimer_add(client->again, &after);
	client->pause_ms = client->pause_ms * 2 > client->options.backoff_most_ms ? client->options.backoff_most_ms
										  : client->pause_ms * 2;
}

static void down(struct grpc_client *client, const char *why)
{
	client->connection = NULL;
	client->busy++;
	try_later(client);
	set_state(client, GRPC_CLIENT_DOWN, why);
	leave(client);
}

static bool on_admit(void *arg, struct grpc_connection *connection, const struct identity *peer)
{
	struct grpc_client *client = arg;

	(void)connection;
	return !client->options.expect_key || !memcmp(peer->key, client->expect, sizeof(client->expect));
}

static void on_opened(void *arg, struct grpc_connection *connection)
{
	struct grpc_client *client = arg;

	if (connection != client->connection)
		return;
	client->pause_ms = client->options.backoff_ms;
	client->counts.connections++;
	client->counts.open_connections = 1;
	set_state(client, GRPC_CLIENT_UP, "");
}

static void on_goaway(void *arg, struct grpc_connection *connection)
{
	struct grpc_client *client = arg;

	if (connection != client->connection)
		return;
	for (int i = 0; i < LEAVING_MAX; i++)
		if (!client->leaving[i]) {
			client->leaving[i] = connection;
			down(client, "The node takes no new calls; it is stopping.");
			return;
		}
}

static void on_closed(void *arg, struct grpc_connection *connection, bool shaken, const char *why)
{
	struct grpc_client *client = arg;

	for (int i = 0; i < LEAVING_MAX; i++)
		if (client->leaving[i] == connection)
			client->leaving[i] = NULL;
	if (connection != client->connection)
		return;
	client->counts.refused_handshakes += !shaken;
	client->counts.open_connections = 0;
	down(client, why);
}

static const struct grpc_connection_owner owner = { on_admit, on_opened, on_goaway, on_closed };

static void connect_to(struct grpc_client *client, const struct sockaddr *address, socklen_t len)
{
	struct grpc_connection_options options = { .base = client->base,
						   .tls = client->options.tls,
						   .limits = &client->limits,
						   .counts = &client->counts,
						   .owner = &owner,
						   .arg = client };
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	char why[160];

	if (fd < 0 || (connect(fd, address, len) && errno != EINPROGRESS)) {
		snprintf(why, sizeof(why), "There is no way to %.80s: %s.", client->address, strerror(errno));
		if (fd >= 0)
			close(fd);
		down(client, why);
		return;
	}
	if (grpc_connection_new(&options, fd, &client->connection))
		down(client, "There is no memory for a connection.");
}

/* The resolver's answer; with several addresses each try takes the next. */
static void on_found(int err, struct evutil_addrinfo *found, void *arg)
{
	struct grpc_client *client = arg;
	struct evutil_addrinfo *each;
	u32 count = 0, pick;

	client->asking = NULL;
	if (client->closed) {
		if (found)
			evutil_freeaddrinfo(found);
		leave(client);
		return;
	}
	for (each = found; !err && each; each = each->ai_next)
		count++;
	if (!count) {
		char why[160];

		snprintf(why, sizeof(why), "The host %.80s cannot be found: %s.", client->host,
			 err ? evutil_gai_strerror(err) : "it has no address");
		down(client, why);
	} else {
		pick = client->tries++ % count;
		for (each = found; pick; pick--)
			each = each->ai_next;
		connect_to(client, each->ai_addr, each->ai_addrlen);
	}
	if (found)
		evutil_freeaddrinfo(found);
	leave(client);
}

static void resolve(struct grpc_client *client)
{
	struct evutil_addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	char port[8];

	if (!client->resolver)
		client->resolver = evdns_base_new(client->base,
						  EVDNS_BASE_INITIALIZE_NAMESERVERS | EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	if (!client->resolver) {
		down(client, "The resolver cannot be set up; see /etc/resolv.conf, or give a numeric address.");
		return;
	}
	snprintf(port, sizeof(port), "%u", client->port);
	client->busy++; /* until on_found(), which may come before this returns */
	client->asking = evdns_getaddrinfo(client->resolver, client->host, port, &hints, on_found, client);
}

static void connect_now(struct grpc_client *client)
{
	struct address address;

	client->busy++;
	set_state(client, GRPC_CLIENT_CONNECTING, "");
	if (client->closed)
		goto out;
	if (!address_numeric(client->host, client->port, &address))
		connect_to(client, &address.any, address.len);
	else
		resolve(client);
out:
	leave(client);
}

static void on_again(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	connect_now(arg);
}

int grpc_client_open(struct event_base *base, const struct grpc_client_options *options,
		     struct grpc_client **ret_client, struct identity_error *ret_error)
{
	static const struct timeval at_once;
	struct grpc_client *client = calloc(1, sizeof(*client));
	int err = -ENOMEM;

	snprintf(ret_error->text, sizeof(ret_error->text), "There is no memory for a client.");
	if (!client)
		return err;
	client->base = base;
	client->options = *options;
	client->limits = options->limits;
	if (!client->options.backoff_ms)
		client->options.backoff_ms = 50;
	if (!client->options.backoff_most_ms)
		client->options.backoff_most_ms = 5000;
	client->pause_ms = client->options.backoff_ms;
	if (options->expect_key)
		memcpy(client->expect, options->expect_key, sizeof(client->expect));
	client->address = strdup(options->address);
	client->again = evtimer_new(base, on_again, client);
	if (!client->address || !client->again)
		goto out;
	err = address_split(client->address, client->host, &client->port, ret_error);
	if (err)
		goto out;
	client->options.address = client->address;
	evtimer_add(client->again, &at_once); /* from the loop, so that its owner holds the pointer by then */
	*ret_client = client;
	return 0;
out:
	release(client);
	return err;
}

void grpc_client_close(struct grpc_client *client)
{
	if (!client)
		return;
	client->busy++;
	client->closed = true;
	evtimer_del(client->again);
	if (client->asking)
		evdns_getaddrinfo_cancel(client->asking);
	for (int i = 0; i < LEAVING_MAX; i++)
		if (client->leaving[i])
			grpc_connection_end(client->leaving[i], "The client was closed.");
	if (client->connection)
		grpc_connection_end(client->connection, "The client was closed.");
	client->connection = NULL;
	leave(client);
}

void grpc_client_flush(struct grpc_client *client)
{
	if (client->connection && grpc_connection_dirty(client->connection))
		grpc_connection_flush(client->connection);
}

const struct identity *grpc_client_peer(const struct grpc_client *client)
{
	return client->state == GRPC_CLIENT_UP ? &grpc_connection_http2(client->connection)->peer : NULL;
}

enum grpc_client_state grpc_client_state(const struct grpc_client *client)
{
	return client->state;
}

int grpc_client_call(struct grpc_client *client, const char *path, u32 timeout_ms, const struct grpc_answer *answer,
		     struct grpc_call **ret_call)
{
	if (client->state != GRPC_CLIENT_UP)
		return -ENOTCONN;
	return http2_call(grpc_connection_http2(client->connection), client->address, path, timeout_ms, answer,
			  ret_call);
}
