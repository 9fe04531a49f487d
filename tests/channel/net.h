/* SPDX-License-Identifier: GPL-2.0 */
/*
 * net.h - channels wired in one process: a network with a clock of its own,
 * disks in memory, and a say in every parcel. For the tests of this folder.
 */
#ifndef VOLTGATE_TESTS_CHANNEL_NET_H
#define VOLTGATE_TESTS_CHANNEL_NET_H

#include <sodium.h>

#include "agent/channel/channel.h"
#include "agent/channel/parcel.h"

#define NET_NODES 8
#define NET_ANSWERS 100000

struct net;

struct net_answer {
	int count;
	enum channel_answer answer;
	u64 number;
	u32 index;
	u8 outcome;
};

struct net_node {
	struct net *net;
	u32 index; /* in the net; the membership orders by key */
	u8 key[32], secret[64];
	struct channel *channel; /* NULL: it is down */
	struct disk *blocks, *votes;
	struct store *store;
	bool no_votes; /* keeps the ledger only */
	u64 wake_us;
	u64 committed; /* last number told */
	u32 said, errors, broken, reconfigured;
	char last_said[512];
	u64 clock_skew; /* us */
};

struct net_parcel {
	struct net_parcel *next;
	u32 from, to;
	u64 at_us;
	size_t len;
	u8 bytes[];
};

struct net {
	struct net_node nodes[NET_NODES];
	u32 count;
	struct membership genesis;
	u64 now_us;
	struct net_parcel *queue, **queue_end;
	u32 queued;
	u64 delay_us;
	/* False: lost. May change the bytes. */
	bool (*filter)(struct net *net, u32 from, u32 to, u8 *bytes, size_t len);
	struct net_answer answers[NET_ANSWERS];
	u64 parcels[16], lost;
	u8 (*votes)[80]; /* every vote sent: sender, kind, epoch, view, number, hash */
	u32 vote_count, equivocations;
	u8 regulator_secret[64];
	u64 nonce;
};

/* @replicas of @count nodes are replicas of the genesis; the others are not in it. */
void net_make(struct net *net, u32 count, u32 replicas, u32 followers);
void net_free(struct net *net);
/* Opens node @index on its disks. */
int net_start(struct net *net, u32 index);
/* The same on a ledger that is there already; taken over. */
int net_start_on(struct net *net, u32 index, struct ledger *ledger);
/* Closes it as a stop does; @crash: as a power cut does, with that seed. */
void net_stop(struct net *net, u32 index, bool crash, u64 seed);
/* Lets everything happen for @us of the net's time. */
void net_run(struct net *net, u64 us);
/* Until every running node among the bits of @nodes is durable at @height; false after @us. */
bool net_reach(struct net *net, u32 nodes, u64 height, u64 us);
/* An open request number @id, submitted to node @index; its answer is net->answers[id]. */
void net_submit(struct net *net, u32 index, u32 id, size_t payload);
size_t net_transaction(u32 id, size_t payload, u8 *ret_bytes, size_t size);
bool net_answered(const struct net *net, u32 first, u32 last);
u64 net_height(const struct net *net, u32 index);
struct channel_status net_status(const struct net *net, u32 index);
/* Counts net->equivocations from now on: two different votes of a kind by one node. */
void net_watch(struct net *net);
/* All running nodes have the same blocks up to the least height. */
bool net_agree(struct net *net);
/* A configuration that the regulator signs, submitted to node @index as request @id. */
void net_configure(struct net *net, u32 index, u32 id, const struct membership *next);
/* The membership's node for @index, to be put into a configuration. */
void net_member(const struct net *net, u32 index, u8 roles, struct membership_node *ret_node);
void net_membership_add(struct membership *membership, const struct membership_node *node);

#endif
