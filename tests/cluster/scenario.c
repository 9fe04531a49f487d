// SPDX-License-Identifier: GPL-2.0
/* scenario.c - the written runs. */
#include "tests/cluster/scenario.h"

#include <errno.h>

#include "agent/pbft/counter.h"
#include "tests/cluster/liar.h"

static void cut_off(struct world *world, u32 who, bool off)
{
	u32 i;

	for (i = 0; i < WORLD_MEMBERS; i++)
		world->weather.blocked[i][who] = world->weather.blocked[who][i] = off;
	world_tell(world, "%s is %s", world->members[who].name, off ? "cut off" : "connected again");
}

static void lying(struct world *world, u32 who, u32 habits, u32 permille)
{
	liar_fix(&world->members[who], habits, permille);
	world->plan.liars = 1;
}

static u64 view_of(const struct world *world, u32 who)
{
	struct channel_status status = { .height = 0 };

	if (world->members[who].channel)
		channel_status(world->members[who].channel, &status);
	return status.consensus.view;
}

static void expect_view(struct world *world, u64 most)
{
	u32 i;

	for (i = 0; i < world->member_count; i++)
		if (member_correct(&world->members[i]) && view_of(world, i) > most)
			world_fail(world, "%s is in view %llu; %llu is more than this run needs.",
				   world->members[i].name, (unsigned long long)view_of(world, i),
				   (unsigned long long)most);
}

/* From one moment to the other the chain must have grown by so many blocks. */
static void expect_growth(struct world *world, u64 at_ms, u64 from_ms, u64 to_ms, u64 blocks)
{
	if (at_ms == from_ms)
		world->mark = judge_height(world);
	if (at_ms == to_ms && judge_height(world) < world->mark + blocks)
		world_fail(world, "From %llu ms to %llu ms only %llu blocks were added; %llu were due.",
			   (unsigned long long)from_ms, (unsigned long long)to_ms,
			   (unsigned long long)(judge_height(world) - world->mark), (unsigned long long)blocks);
}

/* A new view with one who is far behind among its quorum: its start is the highest block proved, not the lowest. */
static void whole_set_step(struct world *world, u64 at_ms)
{
	if (at_ms == 500)
		cut_off(world, 3, true);
	if (at_ms == 1500) {
		cut_off(world, 3, false);
		member_stop(&world->members[0], true);
	}
	expect_growth(world, at_ms, 1500, 4500, 5);
	if (at_ms == 4600)
		member_start(&world->members[0]);
}

static void no_body_begin(struct world *world)
{
	lying(world, 0, 1U << LIAR_BODILESS, 1000);
	world->members[0].liar->favoured = 1U << 2;
}

static void no_body_step(struct world *world, u64 at_ms)
{
	if (at_ms == 600)
		world->members[0].liar->habits = 1U << LIAR_SILENT;
	expect_growth(world, at_ms, 700, 4000, 5);
}

/* The primary gives bodies to one alone; patience is long, so nothing goes on unless the others ask that one. */
static void one_body_begin(struct world *world)
{
	lying(world, 0, 1U << LIAR_BODILESS, 1000);
	world->members[0].liar->favoured = 1U << 2;
	world->plan.genesis.parameters[MEMBERSHIP_REQUEST_TIMEOUT_MS] = 4000;
}

static void one_body_step(struct world *world, u64 at_ms)
{
	if (at_ms == 0 || at_ms == 200) /* once all are there: who was down does not get a proposal again */
		crowd_rest(world, at_ms == 0);
	expect_growth(world, at_ms, 200, 3000, 2);
	/* With this patience a primary may be that slow for ever. */
	if (at_ms == 3100)
		world->members[0].liar->habits = 0;
}

/* Requests are known to one backup alone, and the primary is dead. */
static void foreign_requests_begin(struct world *world)
{
	world->plan.only = 3;
}

static void foreign_requests_step(struct world *world, u64 at_ms)
{
	if (at_ms == 300)
		member_stop(&world->members[0], false);
	expect_growth(world, at_ms, 300, 4000, 5);
	if (at_ms == 4000)
		member_start(&world->members[0]);
}

/* Everything is in blocks, and then nothing happens for long: nobody's timer may end the view. */
static void done_request_step(struct world *world, u64 at_ms)
{
	if (at_ms == 1000)
		crowd_rest(world, true);
	if (at_ms == 9000)
		crowd_rest(world, false);
}

static void no_view_change_end(struct world *world)
{
	expect_view(world, 0);
}

/* One who comes back is told lies about blocks, heads and checkpoints by one, the truth by the others. */
static void one_reply_begin(struct world *world)
{
	lying(world, 1, 1U << LIAR_BODIES | 1U << LIAR_STATUS | 1U << LIAR_VOTES, 1000);
}

static void one_reply_step(struct world *world, u64 at_ms)
{
	if (at_ms % 2000 == 500)
		cut_off(world, 3, true);
	if (at_ms % 2000 == 1500)
		cut_off(world, 3, false);
}

/* One is cut off for long, asks for view after view alone, and comes back. */
static void livelock_step(struct world *world, u64 at_ms)
{
	if (at_ms == 500)
		cut_off(world, 2, true);
	expect_growth(world, at_ms, 600, 9900, 20);
	if (at_ms == 10000)
		cut_off(world, 2, false);
}

static void livelock_end(struct world *world)
{
	expect_view(world, 4);
}

/* Stopped like by SIGSTOP, with everything for it waiting in its sockets. */
static void resumed_step(struct world *world, u64 at_ms)
{
	if (at_ms == 500)
		member_pause(&world->members[3]);
	if (at_ms == 8500)
		member_resume(&world->members[3]);
}

static void resumed_end(struct world *world)
{
	struct channel_status status;

	channel_status(world->members[3].channel, &status);
	if (status.waiting > 4096)
		world_fail(world, "A node that was stopped and went on holds %u requests.", status.waiting);
}

/* Delivery is so slow that views are given up while blocks wait to be durable. */
static void slow_disk_begin(struct world *world)
{
	world->plan.flush_us = 120000;
	world->plan.genesis.parameters[MEMBERSHIP_REQUEST_TIMEOUT_MS] = 150;
	world->plan.genesis.parameters[MEMBERSHIP_VIEW_TIMEOUT_MS] = 200;
}

static void slow_disk_step(struct world *world, u64 at_ms)
{
	if (at_ms == 4000)
		world->plan.flush_us = 1000;
}

/* A node that gets blocks by transfer at the very height it is at by votes, must be able to lead afterwards. */
static void same_height_step(struct world *world, u64 at_ms)
{
	u32 round = (u32)(at_ms / 3000);

	/* Node 3 comes back for good before others go: two of four are no quorum. */
	if (at_ms <= 2600 && at_ms % 200 == 0)
		cut_off(world, 3, at_ms % 400 == 0);
	if (round >= 1 && round <= 3 && at_ms % 3000 == 0)
		member_stop(&world->members[round - 1], false);
	if (round >= 1 && round <= 3 && at_ms % 3000 == 2500)
		member_start(&world->members[round - 1]);
	expect_growth(world, at_ms, 9000, 11490, 5);
}

static void refetch_begin(struct world *world)
{
	world->weather.copies = 1000;
	lying(world, 1, 1U << LIAR_REPEATS, 1000);
}

static void refetch_step(struct world *world, u64 at_ms)
{
	if (at_ms % 1000 == 400)
		member_stop(&world->members[3], true);
	if (at_ms % 1000 == 800)
		member_start(&world->members[3]);
}

static void fuzzed_begin(struct world *world)
{
	lying(world, 1, 1U << LIAR_VIEW_CHANGE | 1U << LIAR_NEW_VIEW | 1U << LIAR_GARBAGE, 500);
}

static void fuzzed_step(struct world *world, u64 at_ms)
{
	if (at_ms == 1500)
		member_stop(&world->members[0], false); /* the liar's turn */
	if (at_ms == 5000)
		member_start(&world->members[0]);
	expect_growth(world, at_ms, 5500, 9000, 5);
}

static void fuzzed_end(struct world *world)
{
	expect_view(world, 40);
}

static void dead_primary_step(struct world *world, u64 at_ms)
{
	if (at_ms == 500)
		member_stop(&world->members[0], true);
	/* Once a view without it is there, blocks come as if it had never been. */
	expect_growth(world, at_ms, 3000, 8000, 60);
	if (at_ms == 8000 && view_of(world, 2) > 2)
		world_fail(world, "A dead primary was given its turn again: view %llu.",
			   (unsigned long long)view_of(world, 2));
}

/* Catching up by blocks while votes for the same blocks come in. */
static void race_begin(struct world *world)
{
	world->plan.genesis.parameters[MEMBERSHIP_WINDOW] = 4;
	world->plan.genesis.parameters[MEMBERSHIP_CHECKPOINT_BLOCKS] = 2;
	world->weather.copies = 300;
}

static void race_step(struct world *world, u64 at_ms)
{
	if (at_ms % 300 == 0)
		cut_off(world, 1 + (u32)(at_ms / 2000) % 3, at_ms / 300 % 2);
}

/*
 * One is stopped for a while and finds proposals, prepares and commits in one round: blocks are agreed on with its vote
 * while that waits for a disk which is full. Then it is killed.
 */
static void full_votes_step(struct world *world, u64 at_ms)
{
	struct member *member = &world->members[2];
	u64 at = at_ms % 500;

	if (at_ms < 500 || at_ms > 7500)
		return;
	member->disk_failing = at < 300;
	if (at == 0)
		member_pause(member);
	if (at == 20) {
		disk_memory_fail_after(member->vault.disks[VAULT_VOTES], 1, ENOSPC);
		member_resume(member);
	}
	if (at == 200)
		member_stop(member, at_ms % 1000 == 200);
	if (at == 290)
		disk_memory_fail_after(member->vault.disks[VAULT_VOTES], 0, 0);
	if (at == 300)
		member_start(member);
}

/* One stands on a bare snapshot, perhaps after a restart, when its vote is needed to leave a view. */
static void bare_snapshot_begin(struct world *world)
{
	world->plan.snapshot_after = 5;
	world->plan.only = 1; /* node 3 brings no requests back with it */
}

static void bare_snapshot_step(struct world *world, u64 at_ms)
{
	struct channel_status status = { .snapshots = 0 };

	if (at_ms == 500 || at_ms == 3000)
		cut_off(world, 3, at_ms == 500);
	if (at_ms == 2500 || at_ms == 6000)
		crowd_rest(world, at_ms == 2500);
	if (at_ms == 5500) {
		if (world->members[3].channel)
			channel_status(world->members[3].channel, &status);
		if (!status.snapshots)
			world_fail(world, "A node that is far behind took no snapshot.");
	}
	if (at_ms == 5600 && world->seed % 2)
		member_stop(&world->members[3], true);
	if (at_ms == 5800 && world->seed % 2)
		member_start(&world->members[3]);
	if (at_ms == 6000)
		member_stop(&world->members[0], false);
	expect_growth(world, at_ms, 6000, 9000, 5);
	if (at_ms == 9000)
		member_start(&world->members[0]);
}

/* One client floods, the others ask now and then: order and turns are kept (C19), nothing is ordered twice (C20). */
static void turns_begin(struct world *world)
{
	world->plan.quiet = true;
	world->plan.only = 1;
	world->plan.flood = 600;
	world->plan.pool = 2000;
	world->plan.delay_most_us = world->plan.delay_least_us;
	world->plan.genesis.parameters[MEMBERSHIP_WINDOW] = 8;
	world->plan.genesis.parameters[MEMBERSHIP_CHECKPOINT_BLOCKS] = 2;
	world->plan.genesis.parameters[MEMBERSHIP_BATCH_TRANSACTIONS] = 6;
	world->plan.genesis.parameters[MEMBERSHIP_REQUEST_TIMEOUT_MS] = 500;
}

static void turns_step(struct world *world, u64 at_ms)
{
	if (at_ms == 0 || at_ms == 500) /* once all are there */
		crowd_rest(world, at_ms == 0);
}

/* Far more requests than the pools hold: who finds no room is told so (C21). */
static void full_pool_begin(struct world *world)
{
	world->plan.pool = 16;
	world->plan.flood = 200;
	world->plan.genesis.parameters[MEMBERSHIP_BATCH_TRANSACTIONS] = 4;
}

/* Were a body's count not compared, no bound on a block's requests would hold. */
static void counts_begin(struct world *world)
{
	lying(world, 0, 1U << LIAR_COUNTS, 1000);
	world->plan.genesis.parameters[MEMBERSHIP_BATCH_TRANSACTIONS] = 8;
}

static void counts_step(struct world *world, u64 at_ms)
{
	if (at_ms == 3000 && !view_of(world, 2))
		world_fail(world, "A primary whose proposals name another count than their bodies have is not left.");
}

/* Two votes of one kind are noticed by whoever gets both (C24). */
static void two_votes_begin(struct world *world)
{
	lying(world, 2, 1U << LIAR_CONTRADICTS, 1000);
}

static void two_votes_end(struct world *world)
{
	if (!world->accusations)
		world_fail(world, "A replica signed two votes for one number, sent both to all, and nobody said so.");
}

static const struct scenario scenarios[] = {
	{ "start-from-whole-set", "the start of a new view chosen from a part of the view changes", 5000, NULL,
	  whole_set_step, NULL },
	{ "body-nobody-gave", "a new view naming a block whose body is missing", 4500, no_body_begin, no_body_step,
	  NULL },
	{ "body-one-gave", "bodies not asked of those who prepared", 3500, one_body_begin, one_body_step, NULL },
	{ "foreign-requests", "a new primary dropping requests that it did not receive itself", 4500,
	  foreign_requests_begin, foreign_requests_step, NULL },
	{ "done-request", "a timer firing for a request that was carried out", 9500, NULL, done_request_step,
	  no_view_change_end },
	{ "one-reply", "state transfer believing one reply instead of proofs", 9000, one_reply_begin, one_reply_step,
	  NULL },
	{ "cut-off-livelock", "a livelock after one node was cut off", 10500, NULL, livelock_step, livelock_end },
	{ "stopped-and-resumed", "a resumed replica that never catches up and grows", 9000, NULL, resumed_step,
	  resumed_end },
	{ "slow-delivery", "delivery and the end of a view waiting for each other", 5000, slow_disk_begin,
	  slow_disk_step, NULL },
	{ "same-height-sync", "a transfer at the same height that makes every proposal be refused", 12000, NULL,
	  same_height_step, NULL },
	{ "fetched-again", "a crash on fetching a committed block again", 8000, refetch_begin, refetch_step, NULL },
	{ "fuzzed-view-change", "a crash or a storm after a fuzzed view change", 9500, fuzzed_begin, fuzzed_step,
	  fuzzed_end },
	{ "dead-primary", "a dead primary keeping its turn", 8500, NULL, dead_primary_step, NULL },
	{ "fair-turns", "a client that floods holding up the others", 4000, turns_begin, turns_step,
	  no_view_change_end },
	{ "full-pool", "requests kept silently that find no room", 4000, full_pool_begin, NULL, NULL },
	{ "two-votes", "two votes of one replica that nobody tells of", 4000, two_votes_begin, NULL, two_votes_end },
	{ "full-votes", "a block with a vote in it that the full vote log never got", 8000, NULL, full_votes_step,
	  NULL },
	{ "false-counts", "bodies that are not held to what their proposals say of them", 3500, counts_begin,
	  counts_step, NULL },
	{ "bare-snapshot", "a view change of one that has a snapshot and nothing after it", 9500, bare_snapshot_begin,
	  bare_snapshot_step, NULL },
	{ "transfer-race", "a race of state transfer with consensus", 9000, race_begin, race_step, NULL },
};

u32 scenario_count(void)
{
	return sizeof(scenarios) / sizeof(scenarios[0]);
}

const struct scenario *scenario_at(u32 index)
{
	return index < scenario_count() ? &scenarios[index] : NULL;
}
