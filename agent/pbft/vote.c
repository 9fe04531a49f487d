// SPDX-License-Identifier: GPL-2.0
/*
 * vote.c - one vote of each replica and kind per number, that of its highest
 * view. A vote that came from its own sender is held unverified until there
 * are enough of them to matter; so what cannot count costs no verification.
 */
#include "agent/pbft/core.h"

static const enum block_vote kinds[] = { [PBFT_PREPREPARE] = BLOCK_VOTE_PREPREPARE,
					 [PBFT_PREPARE] = BLOCK_VOTE_PREPARE,
					 [PBFT_COMMITTED_VOTE] = BLOCK_VOTE_COMMIT,
					 [PBFT_CHECKPOINT] = BLOCK_VOTE_CHECKPOINT };

static struct vote *vote_of(struct slot *slot, const struct pbft_message *message)
{
	if (message->kind == PBFT_PREPARE)
		return &slot->prepares[message->sender];
	if (message->kind == PBFT_COMMITTED_VOTE)
		return &slot->commits[message->sender];
	return &slot->checkpoints[message->sender];
}

static bool vote_holds(struct pbft *core, struct vote *vote, enum block_vote kind, u64 number, u32 replica)
{
	if (vote->state != VOTE_HELD)
		return vote->state == VOTE_GOOD;
	if (sign_check_vote(core, kind, replica, vote->view, number, vote->hash, vote->signature)) {
		vote->state = VOTE_GOOD;
		return true;
	}
	vote->state = VOTE_NONE;
	core->claims[replica].spent += CORE_FORGED_COST;
	return false;
}

static void vote_put(struct vote *vote, const struct pbft_message *message, bool good)
{
	vote->view = message->vote.view;
	memcpy(vote->hash, message->vote.hash, 32);
	memcpy(vote->signature, message->signature, 64);
	vote->state = good ? VOTE_GOOD : VOTE_HELD;
}

bool vote_store(struct pbft *core, struct slot *slot, const struct pbft_message *message, bool good)
{
	struct vote *vote = vote_of(slot, message);

	if (vote->state == VOTE_NONE || vote->view < message->vote.view) {
		vote_put(vote, message, good);
		return true;
	}
	if (vote->view > message->vote.view)
		return false;
	if (!memcmp(vote->hash, message->vote.hash, 32)) {
		if (vote->state == VOTE_HELD)
			vote_put(vote, message, good);
		return vote->state == VOTE_HELD;
	}
	if (!vote_holds(core, vote, kinds[message->kind], slot->number, message->sender)) {
		vote_put(vote, message, good);
		return true;
	}
	if (good || sign_check_message(core, message))
		if (!RULE(core, 24, false))
			effect_misbehaved(core, message->sender, "C24: two votes of one kind for one number and view",
					  message);
	return false;
}

void vote_own(struct pbft *core, struct vote *vote, u64 view, const u8 hash[32], const u8 signature[64])
{
	(void)core;
	vote->view = view;
	memcpy(vote->hash, hash, 32);
	memcpy(vote->signature, signature, 64);
	vote->state = VOTE_GOOD;
}

bool vote_allowed(struct pbft *core, const struct vote *own, u64 view, const u8 hash[32])
{
	bool free = own->state == VOTE_NONE || own->view < view || (own->view == view && !memcmp(own->hash, hash, 32));

	if (RULE_PART(core, 10, 1, free))
		return true;
	core->counters[PBFT_COUNTER_WITHHELD]++;
	return false;
}

static bool vote_matches(const struct vote *vote, u64 view, const u8 hash[32])
{
	return vote->state != VOTE_NONE && vote->view == view && !memcmp(vote->hash, hash, 32);
}

u32 vote_count(const struct pbft *core, const struct vote *votes, u64 view, const u8 hash[32], u32 except)
{
	u32 i, count = 0;

	for (i = 0; i < core->config.n; i++)
		count += i != except && vote_matches(&votes[i], view, hash);
	return count;
}

bool vote_quorum(struct pbft *core, struct vote *votes, enum block_vote kind, u64 number, u64 view, const u8 hash[32],
		 u32 except, u32 need)
{
	u32 i, good = 0;

	if (vote_count(core, votes, view, hash, except) < need)
		return false;
	for (i = 0; i < core->config.n && good < need; i++)
		if (i != except && vote_matches(&votes[i], view, hash))
			good += vote_holds(core, &votes[i], kind, number, i);
	return good >= need;
}

u32 vote_collect(const struct pbft *core, const struct vote *votes, u64 view, const u8 hash[32], u32 need,
		 struct block_signature *ret_signatures)
{
	u32 i, count = 0;

	for (i = 0; i < core->config.n && count < need; i++)
		if (votes[i].state == VOTE_GOOD && vote_matches(&votes[i], view, hash)) {
			ret_signatures[count].replica = i;
			memcpy(ret_signatures[count++].bytes, votes[i].signature, 64);
		}
	return count;
}

struct pbft_message *vote_message(struct pbft *core, enum pbft_kind kind, u64 number, u32 sender,
				  const struct vote *vote)
{
	struct pbft_message *message = effect_message(core, kind);

	message->sender = sender;
	message->vote.view = vote->view;
	message->vote.number = number;
	memcpy(message->vote.hash, vote->hash, 32);
	memcpy(message->signature, vote->signature, 64);
	return message;
}
