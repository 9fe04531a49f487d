// SPDX-License-Identifier: GPL-2.0
/*
 * behind.c - catching up (C17). What others claim to have committed counts as
 * far as f + 1 of them claim it; what is certified counts at once. Either only makes the shell
 * fetch blocks, which believes certificates alone.
 */
#include "agent/pbft/core.h"

/* The highest number that f + 1 others claim to have. */
static u64 believable(const struct pbft *core)
{
	u64 best = 0, number;
	u32 i, j, count;

	for (i = 0; i < core->config.n; i++) {
		number = core->claims[i].committed;
		if (number <= best || i == core->config.self)
			continue;
		for (j = 0, count = 0; j < core->config.n; j++)
			count += j != core->config.self && core->claims[j].committed >= number;
		if (count >= core->f + 1)
			best = number;
	}
	return best;
}

static void aim(struct pbft *core, u64 number)
{
	if (number <= core->target)
		return;
	if (core->target <= core->head.number)
		core->fetch_us = core->now_us;
	core->target = number;
}

void behind_claim(struct pbft *core, u32 replica, u64 committed)
{
	if (committed <= core->claims[replica].committed)
		return;
	core->claims[replica].committed = committed;
	if (committed > core->head.number)
		aim(core, believable(core));
}

void behind_proved(struct pbft *core, u64 number, u64 holders)
{
	if (number <= core->certified)
		return;
	core->certified = number;
	core->certified_holders = holders;
	aim(core, number);
}

/* Within the window votes may yet do it; they get a moment before blocks are asked for. */
void behind_advance(struct pbft *core)
{
	bool reachable = core->target <= core->stable + core->config.window;
	struct pbft_effect *effect;
	u64 grace = core_quarter_us(core), holders = 0;
	u32 i;

	if (core->target <= core->head.number || core->now_us < core->fetch_us)
		return;
	if (reachable && core->now_us - core->progress_us < grace) {
		core->fetch_us = core->progress_us + grace;
		return;
	}
	core->fetch_us = core->now_us + core->config.request_timeout_ms * 1000ULL;
	for (i = 0; i < core->config.n; i++)
		if (core->claims[i].committed >= core->target)
			holders |= 1ULL << i;
	if (core->certified >= core->target)
		holders |= core->certified_holders;
	if (RULE(core, 17, false))
		return;
	core->counters[PBFT_COUNTER_FETCHES]++;
	effect = effect_add(core, PBFT_FETCH);
	effect->number = core->target;
	effect->replicas = holders & ~(1ULL << core->config.self);
}

/*
 * The ledger stands at a certified block beyond ours. Votes given stay given;
 * candidates above the block are carried out anew, for the shell has dropped them.
 * At or below our own height it is no news and changes nothing.
 */
void behind_synced(struct pbft *core, const struct pbft_event *event)
{
	const struct pbft_block *block = &event->synced.block;
	u64 stable = block->number - block->number % core->config.checkpoint_blocks;
	struct slot *slot;
	bool fits;
	u64 number;

	if (!RULE_PART(core, 17, 1, block->number > core->head.number))
		return;
	core->head.number = core->appended = block->number;
	core->head.time = block->time;
	core->head.last = block->last;
	memcpy(core->head.header, block->header, 32);
	memset(core->head_certificate, 0, sizeof(*core->head_certificate));
	if (event->synced.certificate)
		*core->head_certificate = *event->synced.certificate;
	core->low = block->number;
	core->progress_us = core->committed_us = core->now_us;
	if (core->proposed < block->number)
		core->proposed = block->number;
	core->proposing = 0;
	core->fetch_us = core->now_us;
	core->counters[PBFT_COUNTER_SYNCED]++;
	if (stable > core->config.base)
		checkpoint_move(core, stable);
	slot_discard(core, block->number + 1);
	slot = slot_get(core, block->number + 1);
	/* Proposals that do not follow the certified block are of a view that lost; votes for them stay given. */
	fits = !slot || !slot->known || !memcmp(slot->block.previous, block->header, 32);
	for (number = block->number + 1; !fits && number <= core->high && (slot = slot_get(core, number)); number++) {
		slot->known = false;
		slot_forget_view(slot);
	}
	if (block->number >= core->target || block->number == stable)
		checkpoint_own(core, block->number, block->header);
	if (block->last && !core->ended) {
		core->ended = true;
		effect_add(core, PBFT_ENDED)->number = block->number;
	}
}
