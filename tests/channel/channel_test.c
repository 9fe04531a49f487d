// SPDX-License-Identifier: GPL-2.0
/*
 * channel_test.c - channels wired in memory: the normal case, answers,
 * duplicates, back-pressure, a silent primary, lies in parcels, full disks, followers.
 */
#include <errno.h>
#include <stdlib.h>

#include "tests/channel/net.h"
#include "tests/ktap.h"

static struct net net;
static u32 silent = ~0u;

static bool all_but_silent(struct net *unused, u32 from, u32 to, u8 *bytes, size_t len)
{
	(void)unused;
	(void)bytes;
	(void)len;
	return from != silent && to != silent;
}

static void start(u32 replicas, u32 followers)
{
	net_make(&net, replicas + followers, replicas, followers);
	for (u32 i = 0; i < replicas + followers; i++)
		net_start(&net, i);
	net_run(&net, 20000);
}

/* The net's node that is replica @replica of the genesis. */
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
	u64 before;

	start(4, 0);
	before = net.now_us;
	net_submit(&net, node_of(0), 1, 100);
	ktap_ok(net_reach(&net, 15, 1, 1000000), "a transaction is in block 1 everywhere");
	ktap_ok(net.now_us - before <= 5000, "after %llu us of the network's time: nothing but messages was waited for",
		(unsigned long long)(net.now_us - before));
	ktap_ok(net_answered(&net, 1, 1) && net.answers[1].number == 1, "and its client knows where");
	for (u32 i = 2; i < 4000; i++)
		net_submit(&net, i % 4, i, 100);
	net_run(&net, 2000000);
	ktap_ok(net_answered(&net, 2, 3999), "4,000 more, submitted everywhere, each answered once");
	ktap_ok(net_height(&net, 0) < 40, "in %llu blocks", (unsigned long long)net_height(&net, 0));
	ktap_ok(net_agree(&net), "all nodes have the same blocks");
	net_submit(&net, 2, 5, 100);
	net_run(&net, 200000);
	ktap_ok(net.answers[5].count == 2 && net.answers[5].answer == CHANNEL_COMMITTED,
		"a transaction submitted again is answered from the ledger");
	ktap_ok(net_status(&net, 0).transactions == 3999 && net_status(&net, 0).valid == 3999 &&
			!net_status(&net, 0).waiting,
		"and ordered once");
	net_free(&net);
}

static void answer_test(void)
{
	u8 bytes[8192];
	size_t len;

	start(4, 0);
	net_submit(&net, 0, 1, 100);
	net_submit(&net, 0, 1, 100);
	net_submit(&net, 1, 1, 100);
	net_submit(&net, 2, 2, 100);
	channel_forget(net.nodes[2].channel, (void *)2);
	len = net_transaction(3, 100, bytes, sizeof(bytes));
	channel_submit(net.nodes[0].channel, (struct span){ bytes, len - 1 }, (void *)3);
	ktap_ok(net.answers[3].answer == CHANNEL_REFUSED && net.answers[3].outcome == LEDGER_MALFORMED,
		"half a transaction is refused at once");
	net_run(&net, 500000);
	ktap_ok(net.answers[1].count == 3 && net.answers[1].answer == CHANNEL_COMMITTED,
		"three who wait for one transaction are answered");
	ktap_ok(!net.answers[2].count && net_status(&net, 0).transactions == 2,
		"one that was forgotten is ordered unanswered");
	len = net_transaction(6, 200, bytes, sizeof(bytes)); /* nonce 2 of client 1 */
	net_submit(&net, 0, 6, 100);
	net_run(&net, 500000);
	channel_submit(net.nodes[1].channel, (struct span){ bytes, len }, (void *)4);
	ktap_ok(net.answers[4].answer == CHANNEL_REFUSED && net.answers[4].outcome == LEDGER_DUPLICATE,
		"another transaction with a spent nonce is refused");
	net_submit(&net, 3, 10, 100);
	net_stop(&net, 3, false, 0);
	ktap_ok(net.answers[10].count == 1 && net.answers[10].answer != CHANNEL_BUSY,
		"a channel that closes leaves nobody waiting");
	net_free(&net);
}

static void pressure_test(void)
{
	u32 busy = 0, done = 0, lost = 0;

	start(4, 0);
	net.filter = all_but_silent;
	for (u32 round = 0; round < 4; round++) {
		silent = round % 2 ? ~0u : node_of(round / 2 % 4);
		for (u32 i = 1 + 20000 * round; i <= 20000 * (round + 1); i++)
			net_submit(&net, node_of(1), i, 4000);
		net_run(&net, 100000);
	}
	net_run(&net, 20000000);
	for (u32 i = 1; i <= 80000; i++) {
		busy += net.answers[i].count == 1 && net.answers[i].answer == CHANNEL_BUSY;
		done += net.answers[i].count == 1 && net.answers[i].answer == CHANNEL_COMMITTED;
		lost += net.answers[i].count != 1;
	}
	ktap_ok(busy > 1000 && done > 1000, "a flood: %u were told to come again, %u committed", busy, done);
	ktap_ok(!lost, "nobody was left without an answer (%u)", lost);
	ktap_ok(!net_status(&net, 0).waiting && net_agree(&net), "nothing is held any more");
	silent = ~0u;
	net_free(&net);
}

static void silence_test(void)
{
	u64 before;

	start(4, 0);
	net.filter = all_but_silent;
	for (u32 i = 1; i <= 100; i++)
		net_submit(&net, i % 4, i, 100);
	net_run(&net, 200000);
	silent = node_of(0);
	before = net.now_us;
	for (u32 i = 101; i <= 200; i++)
		net_submit(&net, node_of(1 + i % 3), i, 100);
	while (!net_answered(&net, 101, 200) && net.now_us < before + 10000000)
		net_run(&net, 10000);
	ktap_ok(net_answered(&net, 101, 200), "with a silent primary the others go on");
	ktap_ok(net.now_us - before < 1000000, "after %llu ms", (unsigned long long)(net.now_us - before) / 1000);
	silent = ~0u;
	ktap_ok(net_reach(&net, 15, net_height(&net, node_of(1)), 5000000), "who was silent catches up");
	net_submit(&net, node_of(0), 201, 100);
	net_run(&net, 1000000);
	ktap_ok(net_answered(&net, 201, 201) && net_agree(&net), "and takes part again");
	net_free(&net);
}

/* A liar: every body beside its proposals, or asked of it, is changed. */
static u32 liar;
static u64 lies;

static bool lie_in_bodies(struct net *unused, u32 from, u32 to, u8 *bytes, size_t len)
{
	(void)unused;
	(void)to;
	if (from == liar && len > 300 && (bytes[0] == PARCEL_PREPREPARE || bytes[0] == PARCEL_BODY)) {
		bytes[len - 1] ^= 1;
		lies++;
	}
	return true;
}

static bool lose_bodies(struct net *unused, u32 from, u32 to, u8 *bytes, size_t len)
{
	(void)unused;
	(void)from;
	(void)len;
	return bytes[0] != PARCEL_PREPREPARE || to != liar;
}

static void lie_test(void)
{
	start(4, 0);
	net.filter = lie_in_bodies;
	liar = node_of(0);
	lies = 0;
	for (u32 i = 1; i <= 50; i++)
		net_submit(&net, i % 4, i, 400);
	net_run(&net, 5000000);
	ktap_ok(lies && net_answered(&net, 1, 50) && net_agree(&net),
		"a primary whose bodies are not what it proposes is left (%llu lies)", (unsigned long long)lies);
	net_free(&net);

	start(4, 0);
	net.filter = lose_bodies;
	liar = node_of(2);
	for (u32 i = 1; i <= 50; i++)
		net_submit(&net, i % 4, i, 400);
	net_run(&net, 1000000);
	ktap_ok(net_answered(&net, 1, 50) && net_reach(&net, 15, net_height(&net, 0), 1000000) && net_agree(&net),
		"who gets no body beside a proposal keeps up all the same");
	ktap_ok(net.parcels[PARCEL_BODY], "for it asks for bodies (%llu)",
		(unsigned long long)net.parcels[PARCEL_BODY]);
	net_free(&net);
}

static void damage_test(void)
{
	u8 bytes[600];
	u32 refused = 0;

	start(4, 0);
	for (u32 i = 0; i < 3000; i++) {
		memset(bytes, 0, sizeof(bytes));
		bytes[0] = i % 16;
		for (u32 j = 1; j < i % 300; j++)
			bytes[j] = i * 7 + j * 13;
		refused += channel_receive(net.nodes[0].channel, net.nodes[1].key, (struct span){ bytes, i % 600 }) ==
			   -EBADMSG;
		channel_flush(net.nodes[0].channel);
	}
	ktap_ok(refused > 2000 && net_status(&net, 0).damaged_parcels == refused && !net.nodes[0].broken,
		"%u damaged parcels are counted and dropped", refused);
	ktap_ok(channel_receive(net.nodes[0].channel, (const u8 *)"nobody's key, that is not a member",
				(struct span){ bytes, 5 }) == -EBADMSG,
		"so is a stranger's");
	net_submit(&net, 0, 1, 100);
	net_run(&net, 1000000);
	ktap_ok(net_answered(&net, 1, 1), "and the channel goes on");
	net_free(&net);
}

static void full_test(void)
{
	u32 before;

	start(4, 0);
	for (u32 i = 1; i <= 10; i++)
		net_submit(&net, i % 4, i, 100);
	net_run(&net, 500000);
	for (u32 which = 0; which < 2; which++) {
		struct disk *disk = which ? net.nodes[node_of(1)].blocks : net.nodes[node_of(1)].votes;
		u32 first = 11 + 20 * which;

		disk_memory_fail_after(disk, 3, ENOSPC);
		before = net.nodes[node_of(1)].committed;
		for (u32 i = first; i < first + 20; i++)
			net_submit(&net, node_of(1 + i % 2), i, 100);
		net_run(&net, 3000000);
		ktap_ok(net_status(&net, node_of(1)).stopped && !net.nodes[node_of(1)].broken &&
				net.nodes[node_of(1)].committed <= before + 2,
			"with its %s disk full a node says so: %s", which ? "block" : "vote",
			net_status(&net, node_of(1)).stopped ?: "not");
		net_submit(&net, node_of(1), 90 + which, 100);
		ktap_ok(net.answers[90 + which].answer == CHANNEL_BUSY, "and tells clients to come again");
		disk_memory_fail_after(disk, 0, 0);
		net_run(&net, 5000000);
		ktap_ok(!net_status(&net, node_of(1)).stopped && net_answered(&net, first, first + 19) &&
				net_reach(&net, 15, net_height(&net, node_of(2)), 5000000),
			"with room again it goes on, and all that waited is answered");
	}
	ktap_ok(net_agree(&net), "all nodes have the same blocks");
	net_free(&net);
}

static u32 liar_blocks;

/* The primary says of each block that it holds one request fewer than its body does, and signs that. */
static bool lie_in_counts(struct net *unused, u32 from, u32 to, u8 *bytes, size_t len)
{
	static u8 room[1 << 20] __attribute__((aligned(16)));
	struct pbft_message message;
	struct parcel parcel;
	u8 digest[32];
	size_t at;

	(void)unused;
	(void)to;
	if (from != silent || parcel_decode((struct span){ bytes, len }, &parcel) ||
	    (parcel.kind != PARCEL_PREPREPARE && parcel.kind != PARCEL_MESSAGE) ||
	    pbft_message_decode(parcel.message, 4, 512, room, sizeof(room), &message) ||
	    message.kind != PBFT_PREPREPARE || message.preprepare.block.requests < 2)
		return true;
	message.preprepare.block.requests--;
	pbft_message_digest(&message, ledger_channel(channel_ledger(net.nodes[to].channel)), digest);
	crypto_sign_detached(message.signature, NULL, digest, 32, net.nodes[from].secret);
	at = (size_t)(parcel.message.bytes - bytes);
	liar_blocks += pbft_message_encode(&message, bytes + at, parcel.message.len) == parcel.message.len;
	return true;
}

static void count_test(void)
{
	start(4, 0);
	silent = node_of(0);
	net.filter = lie_in_counts;
	for (u32 i = 1; i <= 40; i++)
		net_submit(&net, node_of(i % 4), i, 100);
	net_run(&net, 5000000);
	ktap_ok(liar_blocks && net_status(&net, node_of(1)).consensus.view,
		"a primary whose proposals name another count than their bodies have is left (%u proposals)",
		liar_blocks);
	ktap_ok(net_answered(&net, 1, 40) && net_agree(&net), "and everything is in blocks");
	silent = ~0u;
	net_free(&net);
}

static void follower_test(void)
{
	u64 height, until;

	start(4, 2);
	for (u32 i = 1; i <= 300; i++) {
		net_submit(&net, i % 6, i, 100);
		net_run(&net, 1000);
	}
	net_run(&net, 100000);
	ktap_ok(net_answered(&net, 1, 300), "transactions submitted at followers are answered too");
	height = net_height(&net, 0);
	ktap_ok(net_height(&net, 4) == height && net_height(&net, 5) == height && net_agree(&net),
		"two followers have all %llu blocks", (unsigned long long)height);
	net_submit(&net, node_of(0), 301, 100);
	until = net.now_us + 1000000;
	net_reach(&net, 15, height + 1, 1000000);
	until = net.now_us;
	net_reach(&net, 48, height + 1, 1000000);
	ktap_ok(net.now_us - until <= 3000, "a follower has a block %llu us after the replicas",
		(unsigned long long)(net.now_us - until));
	ktap_ok(!net_status(&net, 4).replica && net_status(&net, 0).replica, "and knows it is no replica");
	net_free(&net);
}

int main(void)
{
	ktap_plan(0);
	commit_test();
	answer_test();
	silence_test();
	lie_test();
	damage_test();
	full_test();
	count_test();
	follower_test();
	pressure_test();
	return ktap_exit();
}
