// SPDX-License-Identifier: GPL-2.0
/*
 * recovery_test.c - nodes that stop, crash, come late or lose their votes; and
 * the replica set that changes under way.
 */
#include <errno.h>
#include <stdlib.h>

#include "tests/channel/net.h"
#include "tests/ktap.h"

static struct net net;

static void start(u32 replicas, u32 followers, u32 others)
{
	net_make(&net, replicas + followers + others, replicas, followers);
	for (u32 i = 0; i < replicas + followers; i++)
		net_start(&net, i);
	net_run(&net, 20000);
}

/* Requests @first to @last, a few at a time, at whoever is up. */
static void load(u32 first, u32 last, size_t payload, u32 at_once)
{
	for (u32 i = first; i <= last; i++) {
		u32 node = i % net.count;

		while (!net.nodes[node].channel || net_status(&net, node).stopped)
			node = (node + 1) % net.count;
		net_submit(&net, node, i, payload);
		if (i % at_once == 0)
			net_run(&net, 1500);
	}
}

static u32 unanswered(u32 first, u32 last)
{
	u32 count = 0;

	for (u32 i = first; i <= last; i++)
		count += !(net.answers[i].count == 1 && net.answers[i].answer == CHANNEL_COMMITTED);
	return count;
}

/* Power is cut at moments spread over the life of some proposals, on one node after the other. */
static void crash_test(void)
{
	u32 id = 1, behind = 0, broken = 0, crashes = 0;

	start(4, 0, 0);
	net_watch(&net);
	for (u32 round = 0; round < 64; round++) {
		u32 node = round % 4;

		load(id, id + 5, 150, 3);
		id += 6;
		net_run(&net, round * 47 % 1300);
		if (round / 4 % 2) { /* in the midst of writing votes, or of waiting for those of others */
			disk_memory_fail_after(net.nodes[node].votes, 1 + round % 5, EIO);
			net_run(&net, 3000);
		}
		net_stop(&net, node, true, round * 10);
		disk_memory_fail_after(net.nodes[node].votes, 0, 0);
		net_run(&net, round % 3 * 300000);
		broken += net_start(&net, node) != 0;
		net_submit(&net, node, id, 150);
		net_submit(&net, (node + 1) % 4, id + 1, 150);
		id += 2;
		crashes++;
		net_run(&net, 1000000);
		if (!net_reach(&net, 15, net_height(&net, (node + 1) % 4), 5000000))
			behind++;
		if (net_status(&net, node).consensus.mute)
			broken++;
	}
	load(id, id + 5, 150, 3);
	net_run(&net, 3000000);
	ktap_ok(!broken && !behind, "%u crashes in the midst of voting: each node came back and caught up (%u, %u)",
		crashes, broken, behind);
	ktap_ok(net.vote_count > 500 && !net.equivocations, "no node ever voted twice: %u votes, %u of them twice",
		net.vote_count, net.equivocations);
	ktap_ok(!unanswered(id, id + 5) && net_agree(&net), "the channel goes on, with the same blocks everywhere");
	net_free(&net);
}

static void all_crash_test(void)
{
	u32 wrong = 0;

	start(4, 0, 0);
	net_watch(&net);
	for (u32 round = 0; round < 12; round++) {
		u64 told = 0;

		load(1 + 20 * round, 20 + 20 * round, 150, 4);
		net_run(&net, round * 211 % 900);
		for (u32 i = 0; i < 4; i++)
			told = net.nodes[i].committed > told ? net.nodes[i].committed : told;
		for (u32 i = 0; i < 4; i++)
			net_stop(&net, i, true, 100 * round + i);
		for (u32 i = 0; i < 4; i++)
			wrong += net_start(&net, i) != 0;
		wrong += !net_reach(&net, 15, told, 10000000);
		net_run(&net, 100000);
	}
	net_submit(&net, 0, 900, 100);
	net_run(&net, 10000000);
	ktap_ok(!wrong, "power cut everywhere twelve times: every block that anybody was told of is there again (%u)",
		wrong);
	ktap_ok(!unanswered(900, 900) && net_agree(&net) && !net.equivocations,
		"the channel goes on, without a vote given twice");
	net_free(&net);
}

static u32 cut_off = ~0u;
static u64 false_blocks;

static bool lie_in_blocks(struct net *unused, u32 from, u32 to, u8 *bytes, size_t len)
{
	(void)unused;
	if (from == cut_off || to == cut_off)
		return false;
	if (from == 1 && bytes[0] == PARCEL_BLOCKS) {
		bytes[len / 2] ^= 4;
		false_blocks++;
	}
	return true;
}

static void late_test(void)
{
	u64 height, before;

	start(4, 0, 0);
	net.filter = lie_in_blocks;
	net_stop(&net, 3, false, 0);
	for (u32 i = 1; i <= 1500; i++) {
		net_submit(&net, i % 3, i, 100);
		net_run(&net, 1200);
	}
	net_run(&net, 100000);
	height = net_height(&net, 0);
	before = net.now_us;
	net_start(&net, 3);
	ktap_ok(height > 300 && net_reach(&net, 8, height, 10000000), "a node %llu blocks behind catches up in %llu ms",
		(unsigned long long)height, (unsigned long long)(net.now_us - before) / 1000);
	ktap_ok(net.parcels[PARCEL_BLOCKS] < 60, "in %llu parcels", (unsigned long long)net.parcels[PARCEL_BLOCKS]);
	net_stop(&net, 3, false, 0);
	load(2000, 2600, 100, 2);
	false_blocks = 0;
	net_start(&net, 3);
	ktap_ok(net_reach(&net, 8, net_height(&net, 0), 20000000) && net_agree(&net),
		"though one of its peers gives false blocks");
	ktap_ok(!false_blocks || net_status(&net, 3).refused_blocks, "which it refused (%llu, %llu)",
		(unsigned long long)false_blocks, (unsigned long long)net_status(&net, 3).refused_blocks);
	load(3000, 3010, 100, 2);
	net_run(&net, 2000000);
	ktap_ok(!unanswered(3000, 3010), "and it takes part again");
	/* Stopped as by a signal: nothing reaches it, and its clock goes on. */
	cut_off = 2;
	for (u32 i = 4000; i < 4300; i++) {
		net_submit(&net, i % 2, i, 100);
		net_run(&net, 3000);
	}
	cut_off = ~0u;
	ktap_ok(net_reach(&net, 15, net_height(&net, 0), 10000000) && net_agree(&net), "so does one that was cut off");
	load(5000, 5010, 100, 2);
	net_run(&net, 5000000);
	ktap_ok(!unanswered(5000, 5010) && !net_status(&net, 2).waiting, "and takes part again, holding nothing back");
	net_free(&net);
}

static void mute_test(void)
{
	u64 votes;

	start(4, 0, 0);
	load(1, 60, 100, 4);
	net_run(&net, 500000);
	net_stop(&net, 2, false, 0);
	disk_done(net.nodes[2].votes);
	disk_memory_open(&net.nodes[2].votes);
	net_start(&net, 2);
	ktap_ok(net_status(&net, 2).consensus.mute, "a lost vote log is noticed: %s", net.nodes[2].last_said);
	net_stop(&net, 2, false, 0);
	net_start(&net, 2);
	ktap_ok(net_status(&net, 2).consensus.mute, "after another start too");
	net_watch(&net);
	load(100, 140, 100, 4);
	net_run(&net, 1000000);
	votes = 0;
	for (u32 i = 0; i < 65536; i++)
		votes += net.votes[i][3] == 1 + (u32)membership_replica_index(&net.genesis, net.nodes[2].key);
	ktap_ok(!unanswered(100, 140) && net_reach(&net, 15, net_height(&net, 0), 1000000),
		"a mute node keeps the ledger");
	ktap_ok(!votes, "and votes for nothing (%llu)", (unsigned long long)votes);
	net_stop(&net, 2, false, 0);
	disk_done(net.nodes[2].votes);
	disk_memory_open(&net.nodes[2].votes);
	disk_done(net.nodes[2].blocks);
	disk_memory_open(&net.nodes[2].blocks);
	net_start(&net, 2);
	net_run(&net, 3000000);
	ktap_ok(net_status(&net, 2).consensus.mute && net_height(&net, 2) == net_height(&net, 0),
		"votes and blocks lost together: its signature in others' blocks tells");
	net_stop(&net, 1, false, 0);
	disk_memory_flip(net.nodes[1].votes, "0000000000.vgv", 200, 1);
	net_start(&net, 1);
	ktap_ok(net_status(&net, 1).consensus.mute && strstr(net.nodes[1].last_said, "damaged"),
		"a damaged log is named: %s", net.nodes[1].last_said);
	net_free(&net);
}

static void next_configuration(struct membership *next)
{
	*next = *ledger_membership(channel_ledger(net.nodes[0].channel));
	next->sequence++;
}

static void set_roles(struct membership *membership, u32 node, u8 roles)
{
	int at = membership_node_index(membership, net.nodes[node].key);

	membership->nodes[at].roles = roles;
}

static void reconfigure_test(void)
{
	static struct membership next;
	struct membership_node member;

	start(4, 1, 1);
	load(1, 30, 100, 3);
	net_run(&net, 300000);
	next_configuration(&next);
	next.epoch++;
	set_roles(&next, 4, MEMBERSHIP_REPLICA);
	disk_memory_fail_after(net.nodes[4].votes, 1, ENOSPC);
	net_configure(&net, 0, 1000, &next);
	net_run(&net, 3000000);
	ktap_ok(net_status(&net, 4).stopped && net.nodes[4].reconfigured == 1,
		"with no room for a new epoch's vote log a node stops, and its shell knows who belongs: %s",
		net.nodes[4].last_said);
	disk_memory_fail_after(net.nodes[4].votes, 0, 0);
	net_run(&net, 3000000);
	ktap_ok(!unanswered(1000, 1000) && net_status(&net, 0).epoch == 1,
		"a configuration makes a follower a replica");
	ktap_ok(net_status(&net, 4).replica && net_status(&net, 4).epoch == 1 && !net_status(&net, 4).consensus.mute,
		"which it knows");
	net_stop(&net, 1, false, 0);
	load(31, 60, 100, 3);
	net_run(&net, 2000000);
	ktap_ok(!unanswered(31, 60), "of five, one may be missing");
	next_configuration(&next);
	net_member(&net, 5, MEMBERSHIP_REPLICA, &member);
	net_membership_add(&next, &member);
	next.epoch++;
	set_roles(&next, 0, 0);
	net_configure(&net, 2, 1001, &next);
	net_run(&net, 3000000);
	ktap_ok(!unanswered(1001, 1001) && !net_status(&net, 0).replica && net_status(&net, 2).epoch == 2,
		"another takes a new node in and one out");
	net_start(&net, 5);
	net_start(&net, 1);
	net_run(&net, 5000000);
	ktap_ok(net_status(&net, 5).replica && net_status(&net, 5).epoch == 2 && !net_status(&net, 5).consensus.mute &&
			net_height(&net, 5) == net_height(&net, 2),
		"the new node starts from the genesis and is a replica");
	ktap_ok(net_status(&net, 1).epoch == 2 && net_height(&net, 1) == net_height(&net, 2),
		"one that was away meanwhile follows both changes");
	net_stop(&net, 3, false, 0);
	load(61, 100, 100, 3);
	net_run(&net, 5000000);
	ktap_ok(!unanswered(61, 100) && net_agree(&net), "and a missing replica is made up for by the new ones");
	net_stop(&net, 2, true, 5);
	net_start(&net, 2);
	net_start(&net, 3);
	load(101, 120, 100, 3);
	net_run(&net, 5000000);
	ktap_ok(!unanswered(101, 120) && net_agree(&net) && !net_status(&net, 2).consensus.mute,
		"restarts in a later epoch too");
	ktap_ok(net.nodes[0].reconfigured == 2, "the shell was told of each");
	net_free(&net);
}

int main(void)
{
	ktap_plan(0);
	crash_test();
	all_crash_test();
	late_test();
	mute_test();
	reconfigure_test();
	return ktap_exit();
}
