// SPDX-License-Identifier: GPL-2.0
/*
 * relay.c - carries connections between a socket file and TCP, both ways, so that a daemon in a virtual machine is
 * asked through its control socket from outside: one relay in the machine, one beside it.
 *
 *   voltgate-relay FROM TO      each is unix:PATH or tcp:ADDRESS:PORT (numbers; IPv6 in brackets)
 *
 * Only for the demo's own networks: whoever reaches FROM has what TO gives. Runs until it is killed.
 */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <event2/util.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define RELAY_HELD 262144 /* bytes that wait on one side before the other is not read any further */

struct relay_end {
	struct sockaddr_storage address;
	int len;
};

/* One connection: what is read of one end is written to the other. */
struct relay_pair {
	struct bufferevent *ends[2];
	bool ended[2]; /* that end said its last */
};

static struct relay_end relay_to;

static int relay_parse(const char *word, struct relay_end *ret_end)
{
	struct sockaddr_un *file = (struct sockaddr_un *)&ret_end->address;

	memset(ret_end, 0, sizeof(*ret_end));
	ret_end->len = sizeof(ret_end->address);
	if (!strncmp(word, "tcp:", 4))
		return evutil_parse_sockaddr_port(word + 4, (struct sockaddr *)&ret_end->address, &ret_end->len)
			       ? -EINVAL
			       : 0;
	if (strncmp(word, "unix:", 5) || strlen(word + 5) >= sizeof(file->sun_path))
		return -EINVAL;
	file->sun_family = AF_UNIX;
	strcpy(file->sun_path, word + 5);
	ret_end->len = sizeof(*file);
	return 0;
}

static void relay_free(struct relay_pair *pair)
{
	for (int i = 0; i < 2; i++)
		if (pair->ends[i])
			bufferevent_free(pair->ends[i]);
	free(pair);
}

/* All that @side was given has left: if its other end has said its last, so has this. */
static void relay_finish(struct relay_pair *pair, int side)
{
	struct bufferevent *end = pair->ends[side];

	if (!pair->ended[!side] || evbuffer_get_length(bufferevent_get_output(end)))
		return;
	if (pair->ended[side])
		relay_free(pair);
	else
		shutdown(bufferevent_getfd(end), SHUT_WR);
}

static int relay_side(const struct relay_pair *pair, const struct bufferevent *end)
{
	return pair->ends[1] == end;
}

static void relay_on_read(struct bufferevent *end, void *data)
{
	struct relay_pair *pair = data;
	struct bufferevent *other = pair->ends[!relay_side(pair, end)];

	bufferevent_write_buffer(other, bufferevent_get_input(end));
	if (evbuffer_get_length(bufferevent_get_output(other)) > RELAY_HELD)
		bufferevent_disable(end, EV_READ);
}

static void relay_on_written(struct bufferevent *end, void *data)
{
	struct relay_pair *pair = data;
	int side = relay_side(pair, end);

	if (!pair->ended[!side])
		bufferevent_enable(pair->ends[!side], EV_READ);
	relay_finish(pair, side);
}

static void relay_on_event(struct bufferevent *end, short what, void *data)
{
	struct relay_pair *pair = data;
	int side = relay_side(pair, end);

	if (what & BEV_EVENT_CONNECTED)
		return;
	if (what & BEV_EVENT_ERROR) {
		relay_free(pair);
		return;
	}
	pair->ended[side] = true;
	bufferevent_disable(end, EV_READ);
	relay_finish(pair, !side);
}

static void relay_on_connection(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from,
				int from_len, void *data)
{
	struct event_base *base = evconnlistener_get_base(listener);
	struct relay_pair *pair = calloc(1, sizeof(*pair));

	(void)from, (void)from_len, (void)data;
	if (!pair) {
		close(fd);
		return;
	}
	pair->ends[0] = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	pair->ends[1] = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	if (!pair->ends[0])
		close(fd);
	if (!pair->ends[0] || !pair->ends[1]) {
		relay_free(pair);
		return;
	}
	for (int i = 0; i < 2; i++)
		bufferevent_setcb(pair->ends[i], relay_on_read, relay_on_written, relay_on_event, pair);
	bufferevent_enable(pair->ends[0], EV_READ | EV_WRITE);
	bufferevent_enable(pair->ends[1], EV_READ | EV_WRITE);
	if (bufferevent_socket_connect(pair->ends[1], (struct sockaddr *)&relay_to.address, relay_to.len))
		relay_free(pair);
}

int main(int argc, char **argv)
{
	struct relay_end from;
	struct event_base *base;
	struct evconnlistener *listener;

	if (argc != 3 || relay_parse(argv[1], &from) || relay_parse(argv[2], &relay_to)) {
		fprintf(stderr, "usage: voltgate-relay FROM TO, each unix:PATH or tcp:ADDRESS:PORT\n");
		return 1;
	}
	signal(SIGPIPE, SIG_IGN);
	if (from.address.ss_family == AF_UNIX)
		unlink(((struct sockaddr_un *)&from.address)->sun_path);
	base = event_base_new();
	listener = base ? evconnlistener_new_bind(base, relay_on_connection, NULL,
						  LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE, 64,
						  (struct sockaddr *)&from.address, from.len)
			: NULL;
	if (!listener) {
		fprintf(stderr, "voltgate-relay: cannot listen at %s: %s\n", argv[1], strerror(errno));
		if (base)
			event_base_free(base);
		return 1;
	}
	event_base_dispatch(base);
	evconnlistener_free(listener);
	event_base_free(base);
	return 1;
}
