/* SPDX-License-Identifier: GPL-2.0 */
/*
 * consortium.h - a channel's nodes as a client sees them: its configuration
 * and a gRPC connection to each node that is needed. For the command line and for the agent of a gateway alike.
 */
#ifndef VOLTGATE_CLIENT_CONSORTIUM_H
#define VOLTGATE_CLIENT_CONSORTIUM_H

#include <event2/event.h>

#include "agent/net/grpc.h"
#include "ledger/membership.h"

struct consortium;

struct consortium_link { /* of one client: where its state is written */
	struct consortium *consortium;
	u32 node;
};

struct consortium {
	struct event_base *base;
	bool own_base;
	struct identity_tls *tls;			   /* who we are */
	struct membership membership;			   /* the present one, as far as known */
	u8 channel[32];					   /* its id */
	struct grpc_client *clients[MEMBERSHIP_NODES_MAX]; /* by node; NULL: not needed yet */
	char trouble[MEMBERSHIP_NODES_MAX][160];
	struct consortium_link links[MEMBERSHIP_NODES_MAX];
};

struct consortium_options {
	struct event_base *base;       /* NULL: one of its own */
	const char *certificate, *key; /* PEM files: who asks */
	const struct membership *membership;
	const u8 *channel; /* 32 */
};

/* 0; -errno with a sentence: what identity_tls_open() says, -EINVAL. */
int consortium_new(const struct consortium_options *options, struct consortium **ret_consortium,
		   struct identity_error *ret_error);
void consortium_close(struct consortium *consortium); /* NULL is fine */
/*
 * Asks the nodes that the known configuration names for the present one, and takes what f + 1 say alike; waits for it,
 * a few seconds at most. Where nobody answers the known one stays: it may still do. Not for who is in the loop already.
 */
void consortium_refresh(struct consortium *consortium);
/* The connection to @node, made if it is not there; it may be down still. NULL: cannot be. */
struct grpc_client *consortium_client(struct consortium *consortium, u32 node);
/* Runs the loop until @done is true or @timeout_ms passed; true in the first case. */
bool consortium_wait(struct consortium *consortium, u32 timeout_ms, bool (*done)(void *arg), void *arg);

#endif
