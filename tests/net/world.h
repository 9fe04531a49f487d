/* SPDX-License-Identifier: GPL-2.0 */
/*
 * world.h - one loop with a server and a client of our own in it, for the tests of agent/net: a folder with
 * certificates, a small service, and waiting for conditions with a deadline.
 */
#ifndef VOLTGATE_TESTS_NET_WORLD_H
#define VOLTGATE_TESTS_NET_WORLD_H

#include "agent/net/grpc.h"
#include "tests/net/maker.h"

struct world {
	char folder[64];
	struct event_base *base;
	EVP_PKEY *authority, *stranger;
	struct identity_authority authorities[1];
	struct identity_tls *server_tls, *client_tls;
	u8 server_key[32], client_key[32];
	struct grpc_limits server_limits, client_limits;
	struct grpc_server *server;
	struct grpc_client *client;
	char why[320]; /* of the client's last state */
	u32 ups, downs;
	/* service.c's */
	u64 served_messages, served_bytes, gone, refused_sends, most_queued;
	struct grpc_call *pausing;
	bool stop_streams;
};

extern const struct grpc_method service_methods[];

void world_open(struct world *world);
void world_close(struct world *world);
/* @address NULL: a port of its own choice. */
void world_serve(struct world *world, const char *address);
void world_connect(struct world *world, const u8 *expect_key);
/* Turns the loop until *@flag or @seconds are over. */
bool world_wait(struct world *world, bool (*done)(void *arg), void *arg, u32 seconds);
bool world_wait_up(struct world *world);
bool world_wait_down(struct world *world);

/* A call and what came of it. */
struct world_call {
	struct grpc_call *call;
	bool finished;
	enum grpc_status status;
	char text[256];
	u64 messages, bytes, sum;
	u32 writables;
	bool pause_first;
	u8 last[64];
	u32 last_len;
};

int world_call(struct world *world, struct world_call *call, const char *path, u32 timeout_ms);
/* Unary: sends @message, waits for the end. */
bool world_unary(struct world *world, struct world_call *call, const char *path, struct span message, u32 timeout_ms);
bool world_wait_finished(struct world *world, struct world_call *call, u32 seconds);

#endif
