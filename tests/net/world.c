// SPDX-License-Identifier: GPL-2.0
/*
 * world.c - one loop with a server and a client of our own in it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tests/net/world.h"

void world_open(struct world *world)
{
	memset(world, 0, sizeof(*world));
	snprintf(world->folder, sizeof(world->folder), "/tmp/vg-net-XXXXXX");
	if (!mkdtemp(world->folder))
		abort();
	world->base = event_base_new();
	world->authority = maker_key();
	world->stranger = maker_key();
	world->authorities[0] = maker_authority("north", world->authority);
	maker_issue(world->folder, "server", "north", world->authority, world->server_key);
	maker_issue(world->folder, "client", "north", world->authority, world->client_key);
	world->server_tls = maker_tls(world->folder, "server", world->authorities, 1);
	world->client_tls = maker_tls(world->folder, "client", world->authorities, 1);
	grpc_limits_default(&world->server_limits);
	grpc_limits_default(&world->client_limits);
}

void world_close(struct world *world)
{
	char command[128];

	grpc_client_close(world->client);
	grpc_server_close(world->server);
	identity_tls_close(world->client_tls);
	identity_tls_close(world->server_tls);
	EVP_PKEY_free(world->authority);
	EVP_PKEY_free(world->stranger);
	event_base_free(world->base);
	snprintf(command, sizeof(command), "rm -rf %s", world->folder);
	if (system(command))
		fprintf(stderr, "# %s stays\n", world->folder);
}

void world_serve(struct world *world, const char *address)
{
	struct grpc_server_options options = { .address = address ? address : "127.0.0.1:0",
					       .tls = world->server_tls,
					       .limits = world->server_limits,
					       .methods = service_methods,
					       .arg = world };
	struct identity_error error;

	if (grpc_server_open(world->base, &options, &world->server, &error)) {
		fprintf(stderr, "server: %s\n", error.text);
		abort();
	}
}

static void on_state(void *arg, enum grpc_client_state state, const char *why)
{
	struct world *world = arg;

	world->ups += state == GRPC_CLIENT_UP;
	world->downs += state == GRPC_CLIENT_DOWN;
	if (state == GRPC_CLIENT_DOWN)
		snprintf(world->why, sizeof(world->why), "%s", why);
}

void world_connect(struct world *world, const u8 *expect_key)
{
	char address[64];
	struct grpc_client_options options = { .address = address,
					       .tls = world->client_tls,
					       .limits = world->client_limits,
					       .expect_key = expect_key,
					       .backoff_ms = 20,
					       .backoff_most_ms = 200,
					       .state = on_state,
					       .arg = world };
	struct identity_error error;

	snprintf(address, sizeof(address), "127.0.0.1:%u", grpc_server_port(world->server));
	if (grpc_client_open(world->base, &options, &world->client, &error)) {
		fprintf(stderr, "client: %s\n", error.text);
		abort();
	}
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void on_late(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg;
}

bool world_wait(struct world *world, bool (*done)(void *arg), void *arg, u32 seconds)
{
	static const struct timeval tenth = { .tv_usec = 100000 };
	struct event *late = event_new(world->base, -1, EV_PERSIST, on_late, NULL);
	double end = now() + seconds;

	event_add(late, &tenth); /* so that the loop comes back to look at the clock */
	while (!done(arg) && now() < end)
		event_base_loop(world->base, EVLOOP_ONCE);
	event_free(late);
	return done(arg);
}

static bool is_up(void *arg)
{
	return grpc_client_state(((struct world *)arg)->client) == GRPC_CLIENT_UP;
}

static bool was_down(void *arg)
{
	return ((struct world *)arg)->downs > 0;
}

bool world_wait_up(struct world *world)
{
	return world_wait(world, is_up, world, 10);
}

bool world_wait_down(struct world *world)
{
	return world_wait(world, was_down, world, 10);
}

static void on_message(void *arg, struct span message)
{
	struct world_call *call = arg;

	call->messages++;
	call->bytes += message.len;
	for (size_t i = 0; i < message.len; i += 997)
		call->sum += message.bytes[i];
	call->last_len = message.len < sizeof(call->last) ? (u32)message.len : sizeof(call->last);
	if (call->last_len)
		memcpy(call->last, message.bytes, call->last_len);
	if (call->pause_first) {
		call->pause_first = false;
		grpc_call_pause(call->call, true);
	}
}

static void on_writable(void *arg)
{
	((struct world_call *)arg)->writables++;
}

static void on_finished(void *arg, enum grpc_status status, const char *text)
{
	struct world_call *call = arg;

	call->finished = true;
	call->status = status;
	snprintf(call->text, sizeof(call->text), "%s", text ? text : "");
}

int world_call(struct world *world, struct world_call *call, const char *path, u32 timeout_ms)
{
	const struct grpc_answer answer = {
		.message = on_message, .writable = on_writable, .finished = on_finished, .arg = call
	};
	bool pause = call->pause_first;

	memset(call, 0, sizeof(*call));
	call->pause_first = pause;
	return grpc_client_call(world->client, path, timeout_ms, &answer, &call->call);
}

static bool is_finished(void *arg)
{
	return ((struct world_call *)arg)->finished;
}

bool world_wait_finished(struct world *world, struct world_call *call, u32 seconds)
{
	return world_wait(world, is_finished, call, seconds);
}

bool world_unary(struct world *world, struct world_call *call, const char *path, struct span message, u32 timeout_ms)
{
	if (world_call(world, call, path, timeout_ms) || grpc_call_send(call->call, message))
		return false;
	grpc_call_half_close(call->call);
	return world_wait_finished(world, call, 20);
}
