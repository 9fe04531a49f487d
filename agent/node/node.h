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

struct node;

struct node_options {
	struct event_base *base;
	const char *folder;
	const char *certificate, *key; /* PEM files */
	const char *listen;	       /* host:port of gRPC */
	const char *metrics;	       /* host:port of /metrics; "" for none */
	u32 pool_requests, pool_bytes;
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
struct channel *node_channel(struct node *node, u32 index);
/* By id or by name (if the name is unique here). NULL. */
struct channel *node_find(struct node *node, const char *word);
/* After each round of the loop: group commit and flush of links. */
void node_round(struct node *node);

/* JSON for the control socket (`voltgate node|channel|peer ... -j`); a new reference. */
json_t *node_status_json(const struct node *node);
json_t *node_channel_json(struct channel *channel);
json_t *node_peer_json(const struct node *node, u32 index);
u32 node_peers(const struct node *node);

#endif
