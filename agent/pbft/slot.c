// SPDX-License-Identifier: GPL-2.0
/*
 * slot.c - the numbers between the watermarks (C4): a ring in which a number's
 * slot is made new when the window first reaches it.
 */
#include "agent/pbft/core.h"

static void slot_reset(struct pbft *core, struct slot *slot, u64 number)
{
	u32 n = core->config.n;

	slot->number = number;
	slot->known = slot->committed = false;
	slot->run = RUN_IDLE;
	slot->run_again_us = 0;
	slot->holders = 0;
	slot->proof.count = 0;
	slot->certificate->count = 0;
	slot->offer.there = false;
	slot_forget_view(slot);
	memset(slot->prepares, 0, n * sizeof(struct vote));
	memset(slot->commits, 0, n * sizeof(struct vote));
	memset(slot->checkpoints, 0, n * sizeof(struct vote));
}

struct slot *slot_get(struct pbft *core, u64 number)
{
	struct slot *slot = &core->slots[number % core->config.window];

	if (!RULE(core, 4, number > core->stable && number - core->stable <= core->config.window))
		return NULL;
	if (slot->number != number)
		slot_reset(core, slot, number);
	return slot;
}

struct slot *slot_touch(struct pbft *core, u64 number)
{
	struct slot *slot = slot_get(core, number);

	if (slot && number > core->high)
		core->high = number;
	return slot;
}

bool slot_parent(struct pbft *core, u64 number, struct head *ret_parent)
{
	struct slot *slot;

	if (number == core->head.number + 1) {
		*ret_parent = core->head;
		return true;
	}
	if (number <= core->low + 1)
		return false;
	slot = slot_get(core, number - 1);
	if (!slot || !slot->known || !(slot->committed || slot->selected || slot->proposed))
		return false;
	ret_parent->number = number - 1;
	ret_parent->time = slot->block.time;
	ret_parent->last = slot->block.last;
	memcpy(ret_parent->header, slot->block.header, 32);
	return true;
}

void slot_forget_view(struct slot *slot)
{
	slot->selected = slot->proposed = slot->voted = slot->prepared = false;
}

/* Those at or below a transfer too, which the next view may propose again. */
void slot_forget_views(struct pbft *core)
{
	struct slot *slot;
	u64 number;

	for (number = core->stable + 1; number <= core->high && (slot = slot_get(core, number)); number++)
		slot_forget_view(slot);
}

void slot_discard(struct pbft *core, u64 number)
{
	struct pbft_effect *effect = effect_add(core, PBFT_DISCARD);
	u64 at;

	effect->number = number;
	for (at = number; at <= core->high; at++) {
		struct slot *slot = slot_get(core, at);

		if (slot && !slot->committed)
			slot->run = RUN_IDLE;
	}
	pool_release(&core->pool, number, core->now_us);
}
