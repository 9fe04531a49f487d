// SPDX-License-Identifier: GPL-2.0
/*
 * transcript_test.c - what one core does, message by message: order of votes,
 * which votes count together, what is refused, what a restart remembers.
 */
#include "tests/ktap.h"
#include "tests/pbft/hand.h"

static void order_of_effects(void)
{
	struct one one;
	struct pbft_message message;
	struct pbft_block block;
	u32 persisted;

	one_start(&one, 4, 1);
	block = one_block(&one, 1, 0);
	message = one_preprepare(&one, 0, block);
	one_receive(&one, 0, &message);
	ktap_ok(one_effect(&one, PBFT_EXECUTE, 0, 0) && !one_effect(&one, PBFT_SEND, PBFT_PREPARE, 0),
		"a proposal is carried out before it is voted for");
	one_executed(&one, 0, block, PBFT_ACCEPTED);
	ktap_ok(one.update.count == 3 && one.update.effects[0].type == PBFT_PERSIST &&
			one.update.effects[0].message->kind == PBFT_PREPREPARE &&
			one.update.effects[1].type == PBFT_PERSIST &&
			one.update.effects[1].message->kind == PBFT_PREPARE && one.update.effects[2].type == PBFT_SEND,
		"proposal and prepare are persisted before the prepare is sent");
	vote(&one, PBFT_PREPARE, 2, 0, block);
	persisted = 0;
	while (one_effect(&one, PBFT_PERSIST, PBFT_PREPARE, persisted))
		persisted++;
	ktap_ok(persisted == 1 && one_effect(&one, PBFT_PERSIST, PBFT_COMMITTED_VOTE, 0) &&
			one_effect(&one, PBFT_SEND, PBFT_COMMITTED_VOTE, 0),
		"others' prepares are persisted with the commit vote that rests on them");
	vote(&one, PBFT_COMMITTED_VOTE, 0, 0, block);
	ktap_ok(!one_effect(&one, PBFT_COMMIT, 0, 0), "two commit votes of four are no quorum");
	vote(&one, PBFT_COMMITTED_VOTE, 3, 0, block);
	ktap_ok(one_effect(&one, PBFT_COMMIT, 0, 0) && one_effect(&one, PBFT_COMMIT, 0, 0)->certificate->count == 3,
		"three are, and they are the certificate");
	one_done(&one);
}

static void commits_in_order(void)
{
	struct pbft_block first, second;
	struct one one;

	one_start(&one, 4, 1);
	first = one_block(&one, 1, 0);
	second = one_block(&one, 2, 0);
	prepare(&one, 0, first);
	prepare(&one, 0, second);
	vote(&one, PBFT_PREPARE, 2, 0, second);
	vote(&one, PBFT_PREPARE, 3, 0, second);
	ktap_ok(!one_effect(&one, PBFT_SEND, PBFT_COMMITTED_VOTE, 0),
		"C8: no commit vote before the number below is prepared");
	vote(&one, PBFT_PREPARE, 3, 0, first);
	ktap_ok(one_effect(&one, PBFT_SEND, PBFT_COMMITTED_VOTE, 0) &&
			one_effect(&one, PBFT_SEND, PBFT_COMMITTED_VOTE, 1),
		"C8: then both");
	vote(&one, PBFT_COMMITTED_VOTE, 0, 0, second);
	vote(&one, PBFT_COMMITTED_VOTE, 2, 0, second);
	ktap_ok(!one_effect(&one, PBFT_COMMIT, 0, 0), "C9: a number is not committed before the one below");
	vote(&one, PBFT_COMMITTED_VOTE, 0, 0, first);
	vote(&one, PBFT_COMMITTED_VOTE, 2, 0, first);
	ktap_ok(one_effect(&one, PBFT_COMMIT, 0, 0)->number == 1 && one_effect(&one, PBFT_COMMIT, 0, 1)->number == 2,
		"C9: then both, in order");
	one_done(&one);
}

static void out_of_order_proposals(void)
{
	struct pbft_block first, second, stray;
	struct pbft_message message;
	struct one one;

	one_start(&one, 4, 1);
	first = one_block(&one, 1, 0);
	second = one_block(&one, 2, 0);
	message = one_preprepare(&one, 0, second);
	one_receive(&one, 0, &message);
	ktap_ok(!one_effect(&one, PBFT_EXECUTE, 0, 0), "C5: a proposal waits for the number before");
	prepare(&one, 0, first);
	ktap_ok(one_effect(&one, PBFT_EXECUTE, 0, 0) && one_effect(&one, PBFT_EXECUTE, 0, 0)->number == 2,
		"C5: and is carried out then");
	one_done(&one);
	one_start(&one, 4, 1);
	stray = one_block(&one, 1, 0);
	stray.previous[9] ^= 1;
	message = one_preprepare(&one, 0, stray);
	one_receive(&one, 0, &message);
	ktap_ok(!one_effect(&one, PBFT_EXECUTE, 0, 0), "C5: a proposal that does not follow is not taken");
	message.sender = 2;
	one_seal(&one, &message);
	one_receive(&one, 2, &message);
	ktap_ok(!one_effect(&one, PBFT_EXECUTE, 0, 0), "C5: nor one of somebody who is not the primary");
	message = one_preprepare(&one, 0, one_block(&one, 1, 0));
	one_receive(&one, 0, &message);
	ktap_ok(one_effect(&one, PBFT_EXECUTE, 0, 0) && !one.status.changing,
		"C5: and its number is free for one that does follow");
	one_done(&one);
}

static void lazy_verification(void)
{
	struct pbft_block block;
	struct one one;
	u64 before;

	one_start(&one, 4, 1);
	block = one_block(&one, 1, 0);
	prepare(&one, 0, block);
	before = one.verified;
	vote(&one, PBFT_COMMITTED_VOTE, 0, 0, block);
	ktap_ok(one.verified == before, "a vote is not verified before it can matter");
	vote(&one, PBFT_PREPARE, 3, 0, block);
	vote(&one, PBFT_COMMITTED_VOTE, 3, 0, block);
	ktap_ok(one.verified == before + 3 && one.status.committed == 1, "a quorum is");
	vote(&one, PBFT_COMMITTED_VOTE, 2, 0, block);
	vote(&one, PBFT_PREPARE, 2, 0, block);
	ktap_ok(one.verified == before + 3, "late votes are not");
	one_done(&one);
}

static void forged_votes(void)
{
	struct pbft_message message;
	struct pbft_block block;
	struct one one;

	one_start(&one, 4, 1);
	block = one_block(&one, 1, 0);
	prepare(&one, 0, block);
	vote(&one, PBFT_PREPARE, 2, 0, block);
	message = one_vote(&one, PBFT_COMMITTED_VOTE, 0, 0, block);
	message.signature[3] ^= 1;
	one_receive(&one, 0, &message);
	vote(&one, PBFT_COMMITTED_VOTE, 2, 0, block);
	ktap_ok(!one.status.committed && one.status.counters[PBFT_COUNTER_FORGED] == 1, "a forged vote does not count");
	message.sender = 3;
	one_receive(&one, 2, &message);
	ktap_ok(!one.status.committed, "nor one that somebody else passes on");
	message = one_vote(&one, PBFT_COMMITTED_VOTE, 3, 0, block);
	message.epoch = 2;
	one_seal(&one, &message);
	one_receive(&one, 3, &message);
	ktap_ok(!one.status.committed && one.status.counters[PBFT_COUNTER_FOREIGN] == 1,
		"C1: nor one of another epoch");
	message.epoch = 3;
	one_seal(&one, &message);
	one_receive(&one, 2, &message);
	ktap_ok(one.status.committed == 1, "a good vote passed on by another replica does");
	one_done(&one);
}

/* Everything that a core persists, kept as a log. */
struct log {
	struct pbft_message messages[256];
	u32 count;
};

static void keep(struct log *log, const struct one *one)
{
	u32 i;

	for (i = 0; i < one->update.count; i++)
		if (one->update.effects[i].type == PBFT_PERSIST)
			log->messages[log->count++] = *one->update.effects[i].message;
}

static void restart(void)
{
	static struct log log;
	struct pbft_block first, second, other;
	const struct pbft_effect *effect;
	struct pbft_message message;
	struct one one;
	bool restored = true;
	u32 i;

	one_start(&one, 4, 1);
	first = one_block(&one, 1, 0);
	second = one_block(&one, 2, 0);
	message = one_preprepare(&one, 0, first);
	one_receive(&one, 0, &message);
	one_executed(&one, 0, first, PBFT_ACCEPTED);
	keep(&log, &one);
	vote(&one, PBFT_PREPARE, 2, 0, first);
	keep(&log, &one);
	message = one_preprepare(&one, 0, second);
	one_receive(&one, 0, &message);
	one_executed(&one, 0, second, PBFT_ACCEPTED);
	keep(&log, &one);
	one_done(&one);

	one_start(&one, 4, 1);
	for (i = 0; i < log.count; i++)
		restored &= !pbft_restore(one.core, &log.messages[i]);
	ktap_ok(restored, "a log is read back (%u messages)", log.count);
	one_tick(&one, 0);
	ktap_ok(one_effect(&one, PBFT_EXECUTE, 0, 0) && one_effect(&one, PBFT_EXECUTE, 0, 0)->number == 1 &&
			!one_effect(&one, PBFT_SEND, PBFT_PREPARE, 0),
		"C10: candidates are carried out again, not voted for again");
	other = second;
	other.header[3] ^= 1;
	message = one_preprepare(&one, 0, other);
	one_receive(&one, 0, &message);
	ktap_ok(one_effect(&one, PBFT_MISBEHAVED, 0, 0) && !one_effect(&one, PBFT_SEND, PBFT_PREPARE, 0),
		"C10: another proposal for the same number is recognised as a contradiction");
	effect = one_effect(&one, PBFT_SEND, PBFT_VIEW_CHANGE, 0);
	ktap_ok(effect && effect->message->view_change.prepared_count == 1 &&
			effect->message->view_change.prepared[0].count == 3,
		"C12: the view change shows what was prepared before the restart");
	one_done(&one);
}

static void same_height(void)
{
	struct pbft_event event = { .type = PBFT_SYNCED };
	struct block_certificate certificate = { .count = 0 };
	struct pbft_block first;
	struct one one;

	one_start(&one, 4, 1);
	first = one_block(&one, 1, 0);
	prepare(&one, 0, first);
	vote(&one, PBFT_PREPARE, 2, 0, first);
	vote(&one, PBFT_COMMITTED_VOTE, 2, 0, first);
	vote(&one, PBFT_COMMITTED_VOTE, 3, 0, first);
	event.synced.block = first;
	event.synced.certificate = &certificate;
	one_step(&one, &event);
	ktap_ok(!one.update.count && one.status.committed == 1, "a transfer to the same height changes nothing");
	prepare(&one, 0, one_block(&one, 2, 0));
	ktap_ok(one_effect(&one, PBFT_SEND, PBFT_PREPARE, 0), "and the next proposal is taken");
	event.synced.block = one_block(&one, 5, 0);
	one_step(&one, &event);
	ktap_ok(one.status.committed == 5 && one_effect(&one, PBFT_DISCARD, 0, 0), "one to a greater height moves on");
	prepare(&one, 0, one_block(&one, 6, 0));
	ktap_ok(one_effect(&one, PBFT_SEND, PBFT_PREPARE, 0), "and proposals above it are taken");
	one_done(&one);
}

static void diverged(void)
{
	struct pbft_event appended = { .type = PBFT_APPENDED };
	struct pbft_block block, other;
	struct one one;
	u32 i;

	one_start(&one, 4, 1);
	one_done(&one);
	one_defaults(&one, 4, 1);
	one.config.checkpoint_blocks = 1;
	one_init(&one);
	block = one_block(&one, 1, 0);
	prepare(&one, 0, block);
	vote(&one, PBFT_PREPARE, 2, 0, block);
	vote(&one, PBFT_COMMITTED_VOTE, 2, 0, block);
	vote(&one, PBFT_COMMITTED_VOTE, 3, 0, block);
	appended.appended.number = 1;
	one_step(&one, &appended);
	other = block;
	other.header[1] ^= 1;
	for (i = 0; i < 4; i++) {
		struct pbft_message message = one_vote(&one, PBFT_CHECKPOINT, i, 0, other);

		if (i != 1)
			one_receive(&one, i, &message);
	}
	ktap_ok(one.status.mute && one_effect(&one, PBFT_MISBEHAVED, 0, 0) &&
			one_effect(&one, PBFT_MISBEHAVED, 0, 0)->replica == 1,
		"C11: a replica that has another block than a quorum says so and votes no more");
	one_done(&one);
}

/* What a correct primary does not propose on top of block 1. */
static void wrong_proposals(void)
{
	static const char *const names[] = { "C5: a proper second block is carried out",
					     "C6: one whose time does not go on is refused",
					     "C6: one from the future waits",
					     "C6: one from the past waits",
					     "C3: an empty one is refused",
					     "C3: one with too many requests is refused",
					     "C3: one with too many bytes is refused",
					     "C23: one after the epoch's last block is refused" };
	struct pbft_block first, second;
	struct pbft_message message;
	struct one one;
	bool refused;
	u32 i;

	for (i = 0; i < 8; i++) {
		one_start(&one, 4, 1);
		first = one_block(&one, 1, 0);
		second = one_block(&one, 2, 0);
		first.last = i == 7;
		if (i == 1)
			second.time = first.time;
		if (i == 2)
			second.time += 3000000;
		if (i == 3) { /* block 1 came a second ago */
			one.now_us = 1;
			first.time = 998000000;
			second.time -= 3000000;
		}
		if (i == 4)
			second.requests = 0;
		if (i == 5)
			second.requests = 5;
		if (i == 0 || i == 6) /* of one request; all that may be, and a byte more */
			second.bytes = i ? 10009 : 10008;
		prepare(&one, 0, first);
		one.now_us = 1000000;
		message = one_preprepare(&one, 0, second);
		one_receive(&one, 0, &message);
		refused = i == 1 || i > 3;
		ktap_ok(!one_effect(&one, PBFT_EXECUTE, 0, 0) == (i != 0) && one.status.changing == refused, "%s",
			names[i]);
		one_done(&one);
	}
}

static void full_pool(void)
{
	struct pbft_event event = { .type = PBFT_REQUEST };
	u32 i, dropped = 0, last_client = 0;
	struct one one;

	one_start(&one, 4, 1);
	event.request.bytes = 100;
	for (i = 0; i < 40; i++) {
		event.request.digest[0] = i;
		event.request.client = 1;
		one_step(&one, &event);
		dropped += !!one_effect(&one, PBFT_DROPPED, 0, 0);
	}
	ktap_ok(dropped == 8 && one.status.pool == 32, "C21: what finds no room in a pool of 32 is said to be");
	for (i = 0; i < 20; i++) {
		event.request.digest[0] = 100 + i;
		event.request.client = 2;
		one_step(&one, &event);
		last_client += one_effect(&one, PBFT_DROPPED, 0, 0) &&
			       one_effect(&one, PBFT_DROPPED, 0, 0)->digests[0][0] < 40;
	}
	ktap_ok(one.status.pool == 32 && last_client == 16,
		"C19: another client pushes the greedy one's out, up to its share (%u)", last_client);
	one_done(&one);
}

/* A body that the primary keeps back is asked of those who have it, too. */
static void missing_body(void)
{
	const struct pbft_effect *effect;
	struct pbft_message message;
	struct pbft_block block;
	struct one one;

	one_start(&one, 4, 1);
	block = one_block(&one, 1, 0);
	message = one_preprepare(&one, 0, block);
	one_receive(&one, 0, &message);
	effect = one_effect(&one, PBFT_EXECUTE, 0, 0);
	ktap_ok(effect && effect->replicas == 1, "C14: a body is the primary's to give");
	vote(&one, PBFT_PREPARE, 2, 0, block);
	one_executed(&one, 0, block, PBFT_MISSING);
	ktap_ok(!one_effect(&one, PBFT_EXECUTE, 0, 0), "C14: a missing one is asked for again a little later");
	one_tick(&one, 50000);
	effect = one_effect(&one, PBFT_EXECUTE, 0, 0);
	ktap_ok(effect && effect->replicas == 5, "C14: and of those who prepared it");
	one_done(&one);
}

/* Who waits is given our votes, and the last block's proof, once in a while. */
static void answers(void)
{
	struct pbft_message message = { .kind = PBFT_STATUS, .epoch = 3, .sender = 3 };
	struct pbft_block block;
	struct one one;

	one_start(&one, 4, 1);
	block = one_block(&one, 1, 0);
	prepare(&one, 0, block);
	vote(&one, PBFT_PREPARE, 2, 0, block);
	message.status.wants = true;
	one_seal(&one, &message);
	one_receive(&one, 3, &message);
	ktap_ok(one_effect(&one, PBFT_SEND, PBFT_PREPARE, 0) && one_effect(&one, PBFT_SEND, PBFT_COMMITTED_VOTE, 0) &&
			one_effect(&one, PBFT_SEND, PBFT_PREPARE, 0)->replicas == 8,
		"C22: who wants them is given the own votes");
	one_receive(&one, 3, &message);
	ktap_ok(!one.update.count, "C22: but not again at once");
	vote(&one, PBFT_COMMITTED_VOTE, 0, 0, block);
	vote(&one, PBFT_COMMITTED_VOTE, 2, 0, block);
	one_tick(&one, 200000);
	one_receive(&one, 3, &message);
	ktap_ok(one_effect(&one, PBFT_SEND, PBFT_COMMITTED_VOTE, 2),
		"C22: and of a committed block the whole certificate");
	one_done(&one);
}

static void flood(void)
{
	struct pbft_message message = { .kind = PBFT_STATUS, .epoch = 3, .sender = 3 };
	struct pbft_block block;
	struct one one;
	u32 i;

	one_start(&one, 4, 1);
	for (i = 0; i < 5000; i++) {
		message.status.committed = i;
		one_seal(&one, &message);
		one_receive(&one, 3, &message);
	}
	ktap_ok(one.verified <= 200 && one.status.counters[PBFT_COUNTER_FLOODED],
		"5,000 messages of one replica cost %llu verifications", (unsigned long long)one.verified);
	block = one_block(&one, 1, 0);
	prepare(&one, 0, block);
	vote(&one, PBFT_PREPARE, 2, 0, block);
	vote(&one, PBFT_COMMITTED_VOTE, 0, 0, block);
	vote(&one, PBFT_COMMITTED_VOTE, 2, 0, block);
	ktap_ok(one.status.committed == 1, "and the others are heard");
	one_done(&one);
}

static void sizes(void)
{
	struct one one;
	size_t four, most;

	one_defaults(&one, 4, 0);
	one.config.window = 32;
	one.config.pool_requests = 65536;
	one.config.pool_clients = 4096;
	four = pbft_size(&one.config);
	one.config.n = 64;
	one.config.window = 256;
	most = pbft_size(&one.config);
	printf("# arena: %zu KiB for 4 replicas, %zu MiB for 64 with the widest window\n", four >> 10, most >> 20);
	ktap_ok(four < 32u << 20 && most < 512u << 20, "arenas are bounded");
	one.config.n = 65;
	ktap_ok(!pbft_size(&one.config), "65 replicas are refused");
	one.config.n = 4;
	one.config.self = 4;
	ktap_ok(!pbft_size(&one.config), "somebody who is no replica is refused");
	one.config.self = 0;
	one.config.checkpoint_blocks = 300;
	ktap_ok(!pbft_size(&one.config), "checkpoints further apart than the window are refused");
}

/* Of the log only the own prepare is left; it binds all the same. */
static void bound_by_votes(void)
{
	struct pbft_block block, other;
	struct pbft_message own;
	struct one one;

	one_start(&one, 4, 1);
	block = one_block(&one, 1, 0);
	own = one_vote(&one, PBFT_PREPARE, 1, 0, block);
	pbft_restore(one.core, &own);
	other = block;
	other.header[4] ^= 1;
	prepare(&one, 0, other);
	ktap_ok(!one_effect(&one, PBFT_SEND, PBFT_PREPARE, 0) && one.status.counters[PBFT_COUNTER_WITHHELD],
		"C10: a vote that would contradict the log is withheld");
	one_done(&one);
}

int main(void)
{
	ktap_plan(0);
	order_of_effects();
	commits_in_order();
	out_of_order_proposals();
	lazy_verification();
	forged_votes();
	restart();
	same_height();
	diverged();
	wrong_proposals();
	full_pool();
	missing_body();
	answers();
	flood();
	sizes();
	bound_by_votes();
	return ktap_exit();
}
