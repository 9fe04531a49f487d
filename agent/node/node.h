/* SPDX-License-Identifier: GPL-2.0 */
/*
 * node.h - the ledger half of the agent: identity, server, links to other
 * nodes, and the channels this node is a member of, in one event loop.
 *
 * Folder state_dir/ledger: channels/ID/ (ledger.h's folder, votes/, private/, genesis). `voltgate channel join` puts a
 * genesis there; leave takes the channel out and keeps its data under left/ until the operator removes it.
 */
#ifndef VOLTGATE_NODE_H
#define VOLTGATE_NODE_H

#include <event2/event.h>
#include <jansson.h>

#include "agent/channel/channel.h"
#include "agent/net/peer.h"

struct evbuffer;
struct node;

struct node_options {
	struct event_base *base;
	const char *folder;
	const char *certificate, *key;		       /* PEM files */
	const char *listen;			       /* host:port of gRPC */
	const char *metrics;			       /* host:port of /metrics; "" for none */
	const char *log;			       /* JSON lines of what is committed; "" for none */
	u32 pool_requests, pool_bytes, snapshot_after; /* see channel.h */
	s64 leap_s, clock_offset_us;		       /* Time64 = UTC + leap seconds + offset (tests) */
	/* A block is durable here; may be NULL. */
	void (*committed)(void *arg, struct channel *channel, const struct block *block);
	/* What else this process counts, into the answer of /metrics; may be NULL. */
	void (*figures)(void *arg, struct evbuffer *out);
	void *arg;
};

struct node_error {
	char text[512];
};

int node_open(const struct node_options *options, struct node **ret_node, struct node_error *ret_error);
/* Answers what waits with STOPPING, flushes all channels, ends calls; then node_close(). */
void node_stop(struct node *node);
void node_close(struct node *node);

/* Joins the channel of an encoded genesis (file of `voltgate channel create`). -EEXIST, -EINVAL, ... */
int node_join(struct node *node, struct span genesis, u8 ret_channel[32], struct node_error *ret_error);
int node_leave(struct node *node, const u8 channel[32], struct node_error *ret_error);
u32 node_channels(const struct node *node);
/* NULL: the channel at @index could not be opened (node_channel_json says why). */
struct channel *node_channel(struct node *node, u32 index);
/* By id (hex, or its first eight digits or more) or by name, if it means one channel only. Index, or -ENOENT. */
int node_find(const struct node *node, const char *word);
/* After each round of the loop: group commit and flush of links. Happens by itself whenever there was work. */
void node_round(struct node *node);
/* To @key over the node's links. */
int node_send(struct node *node, const u8 channel[32], const u8 key[32], enum channel_urgency urgency,
	      struct span parcel);
/* A transaction from this machine's operator. @answer as channel_io.answer, perhaps before this returns. -ENOENT: the
 * channel stopped. */
typedef void node_answer_fn(void *arg, enum channel_answer answer, u64 number, u32 index, u8 outcome);
int node_submit(struct node *node, u32 channel, struct span transaction, node_answer_fn *answer, void *arg);
/*
 * This node's own endorsement, for a client on this machine. @endorsed once: at once if refused, else when the batch is
 * signed; what it gets is its to copy, and it must not ask for another from within. -ENOENT: the channel stopped, or
 * this node is no endorser of it; -ENOMEM.
 */
typedef void node_endorsed_fn(void *arg, enum ledger_outcome outcome, const char *sentence, struct span rwset,
			      struct span endorsement);
struct endorser_request;
int node_endorse(struct node *node, u32 channel, const struct endorser_request *request, node_endorsed_fn *endorsed,
		 void *arg);
/* The log was moved away: a new file begins. -errno; the old one stays in use. */
int node_reopen_log(struct node *node);
const u8 *node_key(const struct node *node); /* 32 */
u16 node_port(const struct node *node);
u16 node_metrics_port(const struct node *node); /* 0: none */

/* JSON for the control socket (`voltgate node|channel|peer ... -j`); a new reference. */
json_t *node_status_json(const struct node *node);
json_t *node_channel_json(const struct node *node, u32 index, bool whole);
json_t *node_peer_json(const struct node *node, u32 index);
u32 node_peers(const struct node *node);

#endif
