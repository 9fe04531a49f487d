// SPDX-License-Identifier: GPL-2.0
/*
 * checkpoint.c - when a quorum has a block on the disk, the window moves on (C11).
 */
#include "agent/pbft/core.h"

void checkpoint_move(struct pbft *core, u64 number)
{
	struct pbft_effect *effect;

	if (number <= core->stable)
		return;
	core->stable = number;
	if (core->low < number)
		core->low = number;
	if (!core->mute)
		status_persist(core, number + core->config.window);
	effect = effect_add(core, PBFT_STABLE);
	effect->number = number;
}

static void diverged(struct pbft *core)
{
	core->mute = true;
	effect_misbehaved(core, core->config.self, "C11: a quorum has another block than this replica", NULL);
}

/* The highest block that a quorum has on the disk, as far as ours agrees with it. */
static void settle(struct pbft *core)
{
	u64 best = core->stable, mark;
	u32 i, j, count;

	core->marks[core->config.self] = core->appended;
	for (i = 0; i < core->config.n; i++) {
		mark = core->marks[i] < core->appended ? core->marks[i] : core->appended;
		for (j = 0, count = 0; j < core->config.n; j++)
			count += core->marks[j] >= mark;
		if (mark > best && RULE(core, 11, count >= core->q))
			best = mark;
	}
	checkpoint_move(core, best);
}

/* A quorum votes for a block that we have not got, or have otherwise. */
static void judge_others(struct pbft *core, struct slot *slot, const u8 hash[32], bool ours)
{
	u64 holders = 0;
	u32 i;

	if (!vote_quorum(core, slot->checkpoints, BLOCK_VOTE_CHECKPOINT, slot->number, 0, hash, CORE_NOBODY, core->q))
		return;
	if (ours) {
		if (!core->mute && !RULE_PART(core, 11, 1, false))
			diverged(core);
		return;
	}
	for (i = 0; i < core->config.n; i++)
		if (slot->checkpoints[i].state == VOTE_GOOD)
			holders |= 1ULL << i;
	behind_proved(core, slot->number, holders);
}

/* @header: what we have at this number; NULL: nothing yet. */
static void judge(struct pbft *core, struct slot *slot, u32 replica, const u8 *header)
{
	struct vote *vote = &slot->checkpoints[replica];
	u8 hash[32];

	if (vote->state == VOTE_NONE)
		return;
	memcpy(hash, vote->hash, 32);
	if (!header || memcmp(hash, header, 32)) {
		judge_others(core, slot, hash, header);
		return;
	}
	if (core->marks[replica] >= slot->number)
		return;
	if (vote->state == VOTE_HELD &&
	    !sign_check_vote(core, BLOCK_VOTE_CHECKPOINT, replica, 0, slot->number, hash, vote->signature)) {
		vote->state = VOTE_NONE;
		return;
	}
	vote->state = VOTE_GOOD;
	core->marks[replica] = slot->number;
}

/* The block is on the disk here: says so, and hears what others said before. */
void checkpoint_own(struct pbft *core, u64 number, const u8 header[32])
{
	struct slot *slot = slot_get(core, number);
	struct pbft_message *message;
	u32 i;

	if (!core->mute) {
		message = effect_message(core, PBFT_CHECKPOINT);
		message->vote.number = number;
		memcpy(message->vote.hash, header, 32);
		sign_message(core, message);
		vote_own(core, &core->checkpoint, 0, header, message->signature);
		core->checkpoint_number = number;
		effect_send(core, message, PBFT_EVERYONE);
	}
	for (i = 0; slot && i < core->config.n; i++)
		judge(core, slot, i, header);
	settle(core);
}

void checkpoint_heard(struct pbft *core, u64 number)
{
	struct slot *slot = slot_get(core, number);
	u32 i;

	if (!slot || !slot->committed)
		return;
	for (i = 0; i < core->config.n; i++)
		judge(core, slot, i, slot->block.header);
	settle(core);
}

void checkpoint_voted(struct pbft *core, const struct pbft_message *message, bool good)
{
	struct slot *slot = slot_touch(core, message->vote.number);
	u64 number = message->vote.number;

	if (message->vote.view)
		return;
	behind_claim(core, message->sender, number);
	if (!slot) {
		core->counters[number > core->stable ? PBFT_COUNTER_EARLY : PBFT_COUNTER_LATE]++;
		return;
	}
	if (!vote_store(core, slot, message, good))
		return;
	if (number > core->appended)
		judge(core, slot, message->sender, NULL);
	else if (slot->committed)
		judge(core, slot, message->sender, slot->block.header);
	else if (number == core->head.number)
		judge(core, slot, message->sender, core->head.header);
	settle(core);
}
