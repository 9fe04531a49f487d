/* SPDX-License-Identifier: GPL-2.0 */
/*
 * consortium.h - a channel's nodes as a client sees them: its configuration,
 * from a genesis file or from the agent, and a gRPC connection to each node that is needed.
 */
#ifndef VOLTGATE_TOOLS_CONSORTIUM_H
#define VOLTGATE_TOOLS_CONSORTIUM_H

#include <event2/event.h>

#include "agent/net/grpc.h"
#include "ledger/membership.h"
#include "tools/voltgate/cli.h"

struct consortium {
	struct event_base *base;
	struct identity_tls *tls;
	struct membership membership;			   /* the present one, as far as known */
	u8 channel[32];					   /* its id */
	struct grpc_client *clients[MEMBERSHIP_NODES_MAX]; /* by node; NULL: not needed yet */
	char trouble[MEMBERSHIP_NODES_MAX][160];
};

/* Where the configuration is had from, and who asks. */
struct consortium_words {
	const char *channel;	 /* name or id */
	const char *genesis;	 /* a file; NULL: the agent is asked */
	const char *certificate; /* PEM */
	const char *key;
};

/*
 * Opens it; a genesis that later configurations replaced is brought up to date from the first node that answers.
 * CLI_OK, or a status after a sentence.
 */
int consortium_open(const struct cli *cli, const struct consortium_words *words, struct consortium **ret_consortium);
void consortium_close(struct consortium *consortium); /* NULL is fine */
/* The connection to @node, made if it is not there; it may be down still. NULL: cannot be. */
struct grpc_client *consortium_client(struct consortium *consortium, u32 node);
/* Runs the loop until @done is true or @timeout_ms passed; true in the first case. */
bool consortium_wait(struct consortium *consortium, u32 timeout_ms, bool (*done)(void *arg), void *arg);

#endif
