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

/* Has a quorum the block that we have at this number, or another? */
static void judge(struct pbft *core, struct slot *slot, const u8 hash[32])
{
	u64 number = slot->number, holders = 0;
	u32 i;

	if (!RULE(core, 11,
		  vote_quorum(core, slot->checkpoints, BLOCK_VOTE_CHECKPOINT, number, 0, hash, CORE_NOBODY, core->q)))
		return;
	if (number > core->appended) {
		for (i = 0; i < core->config.n; i++)
			if (slot->checkpoints[i].state == VOTE_GOOD)
				holders |= 1ULL << i;
		behind_proved(core, number, holders);
		return;
	}
	if (slot->committed && memcmp(slot->block.header, hash, 32) && !RULE_PART(core, 11, 1, false)) {
		if (!core->mute)
			diverged(core);
		return;
	}
	checkpoint_move(core, number);
}

void checkpoint_own(struct pbft *core, u64 number, const u8 header[32])
{
	struct slot *slot = slot_get(core, number);
	struct pbft_message *message;
	u8 hash[32];
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
	if (!slot)
		return;
	if (!core->mute)
		slot->checkpoints[core->config.self] = core->checkpoint;
	/* Others may have voted before us, and not as we did. */
	for (i = 0; i < core->config.n && core->stable < number; i++)
		if (slot->checkpoints[i].state != VOTE_NONE) {
			memcpy(hash, slot->checkpoints[i].hash, 32);
			judge(core, slot, hash);
		}
}

void checkpoint_voted(struct pbft *core, const struct pbft_message *message, bool good)
{
	struct slot *slot = slot_touch(core, message->vote.number);

	if (message->vote.view)
		return;
	behind_claim(core, message->sender, message->vote.number);
	if (!slot) {
		core->counters[message->vote.number > core->stable ? PBFT_COUNTER_EARLY : PBFT_COUNTER_LATE]++;
		return;
	}
	if (vote_store(core, slot, message, good))
		judge(core, slot, message->vote.hash);
}
