// SPDX-License-Identifier: GPL-2.0
/*
 * prepare.c - a proposal's way to "prepared" at one number:
 *
 *   offer --accept--> candidate --EXECUTE, executed--> done --vote--> voted --quorum of prepares--> prepared
 *
 * prepare_advance() tries each arrow in turn; each waits for the number before.
 */
#include "agent/pbft/core.h"

static void equivocated(struct pbft *core, const struct pbft_message *message)
{
	if (!RULE(core, 24, false))
		effect_misbehaved(core, message->sender, "C24: two proposals for one number and view", message);
	if (message->preprepare.view == core->view && !core->changing)
		viewchange_leave(core, core->view + 1);
}

/* Another proposal of the primary stands for this number and view. True: @message takes its place. */
static bool offer_contradicted(struct pbft *core, struct slot *slot, const struct pbft_message *message,
			       const u8 hash[32], bool good)
{
	bool accepted = slot->proposed && message->preprepare.view == core->view && !core->changing;
	const u8 *other = accepted ? slot->hash : slot->offer.hash;

	if (!memcmp(other, hash, 32))
		return false;
	if (!accepted && !slot->offer.good &&
	    !sign_check_vote(core, BLOCK_VOTE_PREPREPARE, message->sender, slot->offer.view, slot->number,
			     slot->offer.hash, slot->offer.signature))
		return true;
	if (good || sign_check_message(core, message))
		equivocated(core, message);
	return false;
}

void prepare_offered(struct pbft *core, const struct pbft_message *message, bool good)
{
	const struct pbft_block *block = &message->preprepare.block;
	u64 view = message->preprepare.view;
	struct slot *slot = slot_touch(core, block->number);
	struct offer *offer;
	u8 hash[32];

	if (!slot || message->sender != core_primary(core, view) || message->sender == core->config.self) {
		core->counters[slot ? PBFT_COUNTER_FOREIGN : PBFT_COUNTER_EARLY]++;
		return;
	}
	if (view < core->view) {
		core->counters[PBFT_COUNTER_LATE]++;
		return;
	}
	pbft_block_hash(block, hash);
	offer = &slot->offer;
	if ((view == core->view && slot->proposed && !core->changing) || (offer->there && offer->view == view)) {
		if (!offer_contradicted(core, slot, message, hash, good))
			return;
	} else if (offer->there && offer->view == core->view) {
		return; /* one of the present view is worth more than one of a view to come */
	}
	offer->there = true;
	offer->good = good;
	offer->view = view;
	offer->block = *block;
	memcpy(offer->hash, hash, 32);
	memcpy(offer->signature, message->signature, 64);
}

void prepare_voted(struct pbft *core, const struct pbft_message *message, bool good)
{
	struct slot *slot = slot_touch(core, message->vote.number);

	if (!slot) {
		core->counters[PBFT_COUNTER_EARLY]++;
		return;
	}
	if (message->vote.view < core->view || (message->vote.view == core->view && slot->prepared) ||
	    message->sender == core_primary(core, message->vote.view))
		core->counters[PBFT_COUNTER_LATE]++;
	else
		vote_store(core, slot, message, good);
}

/* C6. A replica whose clock is off follows once a correct one among f + 1 others has found the time right. */
static bool time_fits(struct pbft *core, struct slot *slot, const struct offer *offer)
{
	u64 skew = core->config.time_skew_ms * 1000ULL, time = offer->block.time;
	bool near = time <= core->clock + skew && core->clock <= time + skew;

	return near || vote_quorum(core, slot->prepares, BLOCK_VOTE_PREPARE, slot->number, core->view, offer->hash,
				   core->config.self, core->f + 1);
}

/* A proposal that a correct primary would not have made. */
static void refuse(struct pbft *core, struct slot *slot, const char *why)
{
	slot->offer.there = false;
	core->counters[PBFT_COUNTER_REFUSED]++;
	effect_misbehaved(core, core_primary(core, core->view), why, NULL);
	viewchange_leave(core, core->view + 1);
}

static void accept(struct pbft *core, struct slot *slot)
{
	const struct offer *offer = &slot->offer;
	bool same = slot->known && !memcmp(slot->hash, offer->hash, 32);

	if (!same && !slot->committed) {
		slot->run = RUN_IDLE;
		slot->run_again_us = 0;
		slot->holders = 0;
	}
	slot->known = slot->proposed = true;
	slot->block = offer->block;
	memcpy(slot->hash, offer->hash, 32);
	memcpy(slot->preprepare_signature, offer->signature, 64);
	slot->holders |= 1ULL << core_primary(core, core->view);
	slot->accepted_us = core->now_us;
	slot->offer.there = false;
}

/* What a correct primary's blocks keep to (C3); a body has its count and each request's length besides (C5). */
static bool size_fits(const struct pbft *core, const struct pbft_block *block)
{
	return block->requests && block->requests <= core->config.batch_transactions &&
	       block->bytes <= core->config.batch_bytes + 4ULL + 4ULL * block->requests;
}

/* C5, C6, C13: judges an offer once the number before is accepted. */
static void offer_judge(struct pbft *core, struct slot *slot)
{
	const struct pbft_block *selected = newview_selected(core, slot->number, NULL);
	struct offer *offer = &slot->offer;
	struct head parent = { 0 };
	u8 hash[32];

	if (slot->committed) {
		if (memcmp(slot->block.header, offer->block.header, 32)) {
			refuse(core, slot, "C9: another block proposed for a committed number");
			return;
		}
	} else if (!slot_parent(core, slot->number, &parent)) {
		return;
	}
	if (!offer->good && !sign_check_vote(core, BLOCK_VOTE_PREPREPARE, core_primary(core, core->view), core->view,
					     slot->number, offer->hash, offer->signature)) {
		offer->there = false;
		return;
	}
	offer->good = true;
	if (selected) {
		pbft_block_hash(selected, hash);
		if (!RULE_PART(core, 13, 1, !memcmp(hash, offer->hash, 32)))
			refuse(core, slot, "C13: not the block that the new view selects");
		else
			accept(core, slot);
		return;
	}
	if (!slot->committed) {
		/* After a transfer from a later view an honest primary's proposals may not fit any more. */
		if (!RULE(core, 5, !memcmp(parent.header, offer->block.previous, 32))) {
			offer->there = false;
			core->counters[PBFT_COUNTER_REFUSED]++;
			return;
		}
		if (!RULE_PART(core, 3, 1, size_fits(core, &offer->block))) {
			refuse(core, slot, "C3: a block without requests, or too large");
			return;
		}
		if (!RULE_PART(core, 23, 2, !parent.last)) {
			refuse(core, slot, "C23: a block after the epoch's last");
			return;
		}
		if (!RULE_PART(core, 6, 1, offer->block.time > parent.time)) {
			refuse(core, slot, "C6: time does not go on");
			return;
		}
		if (!RULE(core, 6, time_fits(core, slot, offer))) {
			core->retry_us = core->now_us + 10000; /* judged again as clocks and votes go on */
			return;
		}
	}
	accept(core, slot);
}

static void execute(struct pbft *core, struct slot *slot)
{
	struct pbft_effect *effect;
	struct head parent;

	if (slot->committed || slot->run != RUN_IDLE || !slot->known || !(slot->selected || slot->proposed))
		return;
	if (slot->number <= core->head.number || !slot_parent(core, slot->number, &parent) ||
	    memcmp(parent.header, slot->block.previous, 32))
		return;
	if (slot->number != core->head.number + 1 && slot_get(core, slot->number - 1)->run != RUN_DONE)
		return;
	if (core->now_us < slot->run_again_us) {
		if (slot->run_again_us < core->retry_us)
			core->retry_us = slot->run_again_us;
		return;
	}
	slot->run = RUN_ASKED;
	slot->run_view = core->view;
	effect = effect_add(core, PBFT_EXECUTE);
	effect->number = slot->number;
	effect->block = &slot->block;
	effect->replicas = slot->holders & ~(1ULL << core->config.self);
}

static void ask_again(struct pbft *core, struct slot *slot)
{
	u32 i;

	slot->run = RUN_IDLE;
	slot->run_again_us = core->now_us + core_quarter_us(core) / 4;
	if (slot->run_again_us < core->retry_us)
		core->retry_us = slot->run_again_us;
	core->counters[PBFT_COUNTER_MISSING]++;
	/* C14: who prepared it has it. */
	for (i = 0; i < core->config.n && !RULE(core, 14, false); i++)
		if (slot->prepares[i].state != VOTE_NONE && !memcmp(slot->prepares[i].hash, slot->hash, 32))
			slot->holders |= 1ULL << i;
}

void prepare_executed(struct pbft *core, const struct pbft_event *event)
{
	struct slot *slot = slot_get(core, event->executed.number);
	u32 i, request;

	if (!slot || slot->run != RUN_ASKED || slot->run_view != event->executed.view ||
	    memcmp(slot->block.header, event->executed.header, 32))
		return;
	if (event->executed.verdict == PBFT_MISSING) {
		ask_again(core, slot);
		return;
	}
	if (!RULE_PART(core, 7, 1,
		       event->executed.verdict == PBFT_ACCEPTED && event->executed.last == slot->block.last)) {
		core->counters[PBFT_COUNTER_REFUSED]++;
		if (slot->selected) {
			/* A quorum prepared it, so it is the body that was wrong: others have the right one. */
			ask_again(core, slot);
			return;
		}
		slot->run = RUN_REFUSED;
		if (!core->changing)
			viewchange_leave(core, core->view + 1);
		return;
	}
	slot->run = RUN_DONE;
	for (i = 0; i < event->executed.count; i++) {
		request = pool_find(&core->pool, event->executed.digests[i]);
		if (request != POOL_NONE)
			pool_mark(&core->pool, request, slot->number);
	}
}

static bool before_voted(struct pbft *core, u64 number)
{
	struct slot *before;

	if (number - 1 <= core->view_base || number - 1 <= core->head.number)
		return true;
	before = slot_get(core, number - 1);
	return before && before->voted;
}

/* The primary's vote is its pre-prepare. */
static void propose(struct pbft *core, struct slot *slot)
{
	struct pbft_message *message = effect_message(core, PBFT_PREPREPARE);

	message->preprepare.view = core->view;
	message->preprepare.block = slot->block;
	sign_message(core, message);
	effect_persist(core, message, slot->number);
	effect_send(core, message, PBFT_EVERYONE);
	slot->proposed = slot->voted = true;
	memcpy(slot->preprepare_signature, message->signature, 64);
	vote_own(core, &slot->prepares[core->config.self], core->view, slot->hash, message->signature);
}

static void prepare(struct pbft *core, struct slot *slot)
{
	struct pbft_message *proposal = effect_message(core, PBFT_PREPREPARE), *message;

	proposal->sender = core_primary(core, core->view);
	proposal->preprepare.view = core->view;
	proposal->preprepare.block = slot->block;
	memcpy(proposal->signature, slot->preprepare_signature, 64);
	message = effect_message(core, PBFT_PREPARE);
	message->vote.view = core->view;
	message->vote.number = slot->number;
	memcpy(message->vote.hash, slot->hash, 32);
	sign_message(core, message);
	effect_persist(core, proposal, slot->number);
	effect_persist(core, message, slot->number);
	effect_send(core, message, PBFT_EVERYONE);
	slot->voted = true;
	vote_own(core, &slot->prepares[core->config.self], core->view, slot->hash, message->signature);
}

static void vote(struct pbft *core, struct slot *slot)
{
	bool primary = core_is_primary(core);

	if (slot->voted || !RULE(core, 16, !core->mute) || !slot->known || !(slot->proposed || primary))
		return;
	if (!slot->committed && !RULE(core, 7, slot->run == RUN_DONE))
		return;
	if (!RULE_PART(core, 7, 2, before_voted(core, slot->number)) ||
	    !vote_allowed(core, &slot->prepares[core->config.self], core->view, slot->hash))
		return;
	if (primary)
		propose(core, slot);
	else
		prepare(core, slot);
}

void prepare_advance(struct pbft *core, u64 number)
{
	struct slot *slot = slot_get(core, number);

	if (!slot || core->changing)
		return;
	/* The window has reached a number that the new view selected: something is in it from now on. */
	if (!slot->known && newview_selected(core, number, NULL))
		newview_renew(core, slot_touch(core, number));
	if (slot->offer.there && slot->offer.view == core->view && !slot->proposed)
		offer_judge(core, slot);
	if (core->changing)
		return;
	execute(core, slot);
	vote(core, slot);
	commit_pledge(core, slot);
}
