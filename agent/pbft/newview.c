// SPDX-License-Identifier: GPL-2.0
/*
 * newview.c - entering a view (C13). Every replica computes from the view
 * changes what the view proposes again: from the highest committed block proved by any of
 * them, for each number the prepared block of the highest view in any of them, as long as it follows the one before.
 */
#include "agent/pbft/core.h"

const struct pbft_block *newview_selected(const struct pbft *core, u64 number, u64 *ret_holders)
{
	u64 index = number - core->selection_first;

	if (number < core->selection_first || index >= core->selection_count)
		return NULL;
	if (ret_holders)
		*ret_holders = core->selection_holders[index];
	return &core->selection[index];
}

static const struct pbft_view_change *highest_base(const struct pbft_message *message)
{
	const struct pbft_view_change *best = &message->new_view.view_changes[0].view_change;
	u32 i;

	for (i = 1; i < message->new_view.count; i++)
		if (message->new_view.view_changes[i].view_change.base > best->base)
			best = &message->new_view.view_changes[i].view_change;
	return best;
}

/* The prepared certificate of the highest view for @number in the whole set. */
static const struct pbft_certificate *highest_prepared(struct pbft *core, const struct pbft_message *message,
						       u64 number)
{
	const struct pbft_certificate *best = NULL;
	u32 i;

	for (i = 0; i < message->new_view.count; i++) {
		const struct pbft_view_change *change = &message->new_view.view_changes[i].view_change;
		u64 index = number - change->base - 1;

		if (number > change->base && index < change->prepared_count &&
		    (!best || RULE(core, 13, change->prepared[index].view > best->view)))
			best = &change->prepared[index];
	}
	return best;
}

static u32 select_blocks(struct pbft *core, const struct pbft_message *message, const struct pbft_view_change *base)
{
	const struct pbft_certificate *best;
	const u8 *before = base->base_hash;
	u32 count = 0;

	while (count < core->config.window) {
		best = highest_prepared(core, message, base->base + 1 + count);
		if (!best || !RULE_PART(core, 13, 2, !memcmp(best->block.previous, before, 32)))
			break;
		core->selection_next[count] = best->block;
		core->selection_holders_next[count] = certificate_holders(best);
		before = core->selection_next[count].header;
		count++;
	}
	return count;
}

/* What is committed here cannot be missing from a view that came after it. */
static bool covers_committed(struct pbft *core, u64 base, u32 count)
{
	struct slot *slot;
	u32 i;

	if (base + count < core->head.number)
		return false;
	for (i = 0; i < count; i++) {
		slot = base + 1 + i > core->low ? slot_get(core, base + 1 + i) : NULL;
		if (slot && slot->committed && memcmp(slot->block.header, core->selection_next[i].header, 32))
			return false;
	}
	return true;
}

bool newview_take(struct pbft *core, const struct pbft_message *message)
{
	const struct pbft_view_change *base = highest_base(message);
	struct pbft_block *blocks = core->selection;
	u64 *holders = core->selection_holders;
	u32 count = select_blocks(core, message, base);

	/* One read back was taken when it was new; a snapshot may have put our base above it since. */
	if (core->started && !RULE_PART(core, 13, 3, covers_committed(core, base->base, count)))
		return false;
	if (pbft_message_copy(message, core->new_view_room, core->new_view_room_size, &core->new_view)) {
		core->new_view.kind = 0;
		return false;
	}
	core->selection = core->selection_next;
	core->selection_holders = core->selection_holders_next;
	core->selection_next = blocks;
	core->selection_holders_next = holders;
	core->selection_first = base->base + 1;
	core->selection_count = count;
	if (base->base > core->config.base && base->commits.count)
		commit_learn(core, base->base, &base->commits, base->base_hash);
	return true;
}

bool newview_renew(struct pbft *core, struct slot *slot)
{
	u64 holders = 0;
	const struct pbft_block *block = newview_selected(core, slot->number, &holders);
	bool stale = false;
	u8 hash[32];

	if (slot->offer.there && slot->offer.view != core->view)
		slot->offer.there = false;
	if (slot->number <= core->view_base)
		return false; /* a certificate of it may come yet */
	if (!block) {
		stale = slot->known && !slot->committed;
		slot->known &= slot->committed;
		return stale;
	}
	pbft_block_hash(block, hash);
	if (!slot->committed && (!slot->known || memcmp(hash, slot->hash, 32))) {
		stale = slot->known;
		slot->run = RUN_IDLE;
		slot->run_again_us = 0;
		slot->holders = 0;
	}
	if (slot->run == RUN_REFUSED)
		slot->run = RUN_IDLE;
	slot->known = slot->selected = true;
	slot->block = *block;
	memcpy(slot->hash, hash, 32);
	slot->holders |= holders;
	slot->accepted_us = core->now_us;
	return stale;
}

/* Requests that came to us are told to the primary; it may not have been told before. */
static void tell_primary(struct pbft *core)
{
	struct pool *pool = &core->pool;
	struct pbft_effect *effect;
	u8(*digests)[32];
	u32 told, at, count = 0;

	if (core_is_primary(core) || !pool->held)
		return;
	digests = effect_digests(core, pool->held);
	for (told = 0; digests && told < 2; told++)
		for (at = pool->oldest[told]; at != POOL_NONE; at = pool->requests[at].younger)
			if (pool->requests[at].own && !pool->requests[at].number)
				memcpy(digests[count++], pool->requests[at].digest, 32);
	if (!count)
		return;
	effect = effect_add(core, PBFT_FORWARD);
	effect->replicas = 1ULL << core_primary(core, core->view);
	effect->digests = digests;
	effect->count = count;
	core->counters[PBFT_COUNTER_FORWARDED] += count;
}

void newview_enter(struct pbft *core)
{
	u64 number, discard = core->proposing ? core->proposing : CORE_NEVER;
	u64 end = core->selection_first + core->selection_count - 1;

	core->view = core->new_view.new_view.view;
	core->changing = false;
	core->view_base = core->selection_first - 1;
	core->proposing = 0;
	core->proposed = end > core->head.number ? end : core->head.number;
	core->entered_us = core->progress_us = core->now_us;
	core->entered_passed = core->passed;
	core->counters[PBFT_COUNTER_VIEWS]++;
	slot_forget_views(core);
	for (number = core->low + 1; number <= core->high || number <= end; number++) {
		struct slot *slot = slot_touch(core, number);

		if (!slot)
			break;
		if (newview_renew(core, slot) && number < discard)
			discard = number;
	}
	if (!core->started)
		return;
	if (discard != CORE_NEVER)
		slot_discard(core, discard);
	effect_add(core, PBFT_ENTERED);
	tell_primary(core);
}

static void newview_make(struct pbft *core)
{
	struct pbft_message *message = effect_message(core, PBFT_NEW_VIEW);
	u32 i, others = 0;

	message->new_view.view = core->view;
	message->new_view.view_changes = core->change_list;
	for (i = 0; i < core->config.n; i++) {
		const struct pbft_message *change = &core->changes[i];

		if (!change->kind || change->view_change.view != core->view)
			continue;
		if (i != core->config.self && ++others >= core->q)
			continue;
		core->change_list[message->new_view.count++] = *change;
	}
	sign_message(core, message);
	if (!newview_take(core, message))
		return;
	effect_persist(core, &core->new_view, core->selection_first + core->selection_count + core->config.window);
	effect_send(core, &core->new_view, PBFT_EVERYONE);
	newview_enter(core);
}

/* The primary of the view wanted begins it once a quorum's view changes hold. */
void newview_try(struct pbft *core)
{
	u32 i, count = 0;

	if (!core->changing || core->mute || !core_is_primary(core))
		return;
	for (i = 0; i < core->config.n; i++)
		count += core->changes[i].kind && core->changes[i].view_change.view == core->view;
	if (!RULE_PART(core, 13, 4, count >= core->q))
		return;
	for (i = 0, count = 0; i < core->config.n; i++) {
		struct pbft_message *change = &core->changes[i];

		if (!change->kind || change->view_change.view != core->view)
			continue;
		if (!core->change_checked[i] && !viewchange_proved(core, change)) {
			core->counters[PBFT_COUNTER_NEW_VIEWS_REFUSED]++;
			effect_misbehaved(core, i, "C12: a view change that proves nothing", NULL);
			change->kind = 0;
			continue;
		}
		core->change_checked[i] = true;
		count++;
	}
	if (RULE_PART(core, 13, 5, count >= core->q))
		newview_make(core);
}

static bool change_holds(struct pbft *core, const struct pbft_message *change, u64 view)
{
	u32 sender = change->sender;
	u8 digest[32];

	if (change->kind != PBFT_VIEW_CHANGE || change->epoch != core->config.epoch ||
	    change->view_change.view != view || change->view_change.prepared_count > core->config.window)
		return false;
	pbft_message_digest(change, core->config.channel, digest);
	if (!sign_check(core, sender, digest, change->signature))
		return false;
	if (core->changes[sender].kind && core->change_checked[sender] &&
	    !memcmp(digest, core->change_digests[sender], 32))
		return true;
	return viewchange_proved(core, change);
}

void newview_received(struct pbft *core, const struct pbft_message *message)
{
	u64 view = message->new_view.view;
	u32 i;

	if (view < core->view || (view == core->view && !core->changing) || !view ||
	    message->sender != core_primary(core, view) || message->new_view.count > core->config.n)
		return;
	if (!sign_check_message(core, message))
		return;
	if (!RULE_PART(core, 13, 6, message->new_view.count >= core->q) || !message->new_view.count)
		goto refused;
	for (i = 0; i < message->new_view.count; i++) {
		const struct pbft_message *change = &message->new_view.view_changes[i];

		if (change->sender >= core->config.n || (i && change->sender <= change[-1].sender) ||
		    !change_holds(core, change, view))
			goto refused;
	}
	if (!newview_take(core, message))
		return;
	if (!core->mute)
		effect_persist(core, &core->new_view,
			       core->selection_first + core->selection_count + core->config.window);
	newview_enter(core);
	return;
refused:
	core->counters[PBFT_COUNTER_NEW_VIEWS_REFUSED]++;
	effect_misbehaved(core, message->sender, "C13: a new view that proves nothing", message);
}
