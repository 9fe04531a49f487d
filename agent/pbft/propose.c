// SPDX-License-Identifier: GPL-2.0
/*
 * propose.c - the primary's work (C3): which requests make the next block, and
 * when. One PROPOSE is under way at a time; once it is answered the block is
 * voted for like any other candidate (prepare.c), and the next may be proposed on top of it.
 */
#include "agent/pbft/core.h"

/* What is not worth a block yet waits for company, the longer the more blocks are on their way; a lone request does
 * not. */
u64 propose_wait_us(const struct pbft *core)
{
	return core->proposed <= core->head.number ? 0
						   : core->config.batch_wait_us * (core->proposed - core->head.number);
}

static bool ripe(const struct pbft *core)
{
	const struct pool *pool = &core->pool;

	if (!pool->waiting || core->now_us < core->propose_after_us)
		return false;
	return pool->waiting >= core->config.batch_transactions || pool->waiting_bytes >= core->config.batch_bytes ||
	       core->now_us - pool->waiting_us >= propose_wait_us(core);
}

/* May @number be proposed on top of @ret_parent? */
static bool may_propose(struct pbft *core, u64 number, struct head *ret_parent)
{
	struct slot *parent;

	if (core->changing || core->mute || !core_is_primary(core) || core->proposing)
		return false;
	if (!slot_get(core, number) || !slot_parent(core, number, ret_parent))
		return false;
	if (!RULE_PART(core, 23, 1, !ret_parent->last))
		return false;
	if (number == core->head.number + 1)
		return true;
	parent = slot_get(core, number - 1);
	return parent->run == RUN_DONE && (parent->voted || parent->committed);
}

void propose_advance(struct pbft *core)
{
	u64 number = (core->proposed > core->head.number ? core->proposed : core->head.number) + 1;
	u32 index, count = 0, bytes = 0;
	struct pbft_effect *effect;
	struct pbft_block *block;
	struct head parent;
	u8(*digests)[32];

	if (!ripe(core) || !may_propose(core, number, &parent))
		return;
	digests = effect_digests(core, core->config.batch_transactions);
	if (!digests)
		return;
	while (count < core->config.batch_transactions) {
		u32 left = core->config.batch_bytes - bytes;

		index = pool_take(&core->pool, number, count ? left : ~0U);
		if (index == POOL_NONE)
			break;
		memcpy(digests[count++], core->pool.requests[index].digest, 32);
		if (RULE(core, 19, false) && core->pool.clients[core->pool.requests[index].client].waiting)
			core->pool.turn = core->pool.requests[index].client;
		if (core->pool.requests[index].bytes >= left)
			break;
		bytes += core->pool.requests[index].bytes;
	}
	RULE_PASS(core, 3);
	core->pool.waiting_us = core->now_us;
	core->proposing = number;
	effect = effect_add(core, PBFT_PROPOSE);
	effect->number = number;
	effect->digests = digests;
	effect->count = count;
	block = &effect_message(core, PBFT_PREPREPARE)->preprepare.block;
	block->number = number;
	block->time = core->clock > parent.time ? core->clock : parent.time + 1;
	memcpy(block->previous, parent.header, 32);
	effect->block = block;
}

void propose_answered(struct pbft *core, const struct pbft_event *event)
{
	const struct pbft_block *block = &event->proposed.block;
	struct slot *slot = slot_touch(core, block->number);
	struct head parent;

	/* An answer for a view that was left: entering the next one has given its requests back. */
	if (!core->proposing || event->proposed.view != core->view || core->changing ||
	    block->number != core->proposing)
		return;
	core->proposing = 0;
	if (event->proposed.failed || !slot || !slot_parent(core, block->number, &parent) ||
	    memcmp(parent.header, block->previous, 32) || block->time <= parent.time) {
		pool_release(&core->pool, block->number, core->now_us);
		core->propose_after_us = core->now_us + 1000 + core->config.batch_wait_us;
		return;
	}
	slot->known = true;
	slot->block = *block;
	pbft_block_hash(block, slot->hash);
	slot->run = RUN_DONE;
	slot->accepted_us = core->now_us;
	core->proposed = block->number;
	core->counters[PBFT_COUNTER_PROPOSED]++;
}
