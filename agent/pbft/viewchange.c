// SPDX-License-Identifier: GPL-2.0
/*
 * viewchange.c - leaving a view (C12, C15): the own view change, and those of
 * the others as they come. The clock of the next view starts only when a
 * quorum wants it, so a replica that is alone in leaving goes one view up and no further.
 */
#include "agent/pbft/core.h"

static void own_change(struct pbft *core, u64 view)
{
	struct pbft_message *message = &core->changes[core->config.self];
	struct pbft_view_change *change = &message->view_change;
	struct room room;
	const u8 *before = core->head.header;
	struct slot *slot;
	u64 number;

	memset(message, 0, sizeof(*message));
	message->kind = PBFT_VIEW_CHANGE;
	message->epoch = core->config.epoch;
	message->sender = core->config.self;
	room_init(&room, core->change_rooms[core->config.self], core->change_room_size);
	change->view = view;
	change->base = core->head.number;
	memcpy(change->base_hash, core->head.header, 32);
	change->commits.view = core->head_certificate->view;
	change->commits.count = core->head_certificate->count;
	change->commits.signatures = room_take(&room, core->config.n * sizeof(struct block_signature));
	memcpy(change->commits.signatures, core->head_certificate->signatures,
	       change->commits.count * sizeof(struct block_signature));
	change->prepared = room_take(&room, core->config.window * sizeof(*change->prepared));
	for (number = core->head.number + 1;; number++) {
		struct pbft_certificate *proof;

		slot = slot_get(core, number);
		if (RULE(core, 12, !slot || !slot->proof.count) || change->prepared_count == core->config.window ||
		    memcmp(slot->proof.block.previous, before, 32))
			break;
		proof = &change->prepared[change->prepared_count++];
		*proof = slot->proof;
		proof->signatures = room_take(&room, proof->count * sizeof(struct block_signature));
		memcpy(proof->signatures, slot->proof.signatures, proof->count * sizeof(struct block_signature));
		before = slot->proof.block.header;
	}
	sign_message(core, message);
	pbft_message_digest(message, core->config.channel, core->change_digests[core->config.self]);
	core->change_checked[core->config.self] = true;
}

/* Those who want @view or a higher one. */
u32 viewchange_wanting(const struct pbft *core, u64 view)
{
	u32 i, count = 0;

	for (i = 0; i < core->config.n; i++)
		count += core->changes[i].kind && core->changes[i].view_change.view >= view;
	return count;
}

static void watch_quorum(struct pbft *core)
{
	if (core->changing && core->quorum_us == CORE_NEVER && viewchange_wanting(core, core->view) >= core->q)
		core->quorum_us = core->now_us;
}

void viewchange_leave(struct pbft *core, u64 view)
{
	const struct pbft_message *message = &core->changes[core->config.self];

	if (RULE(core, 15, core->mute || core->head.last || view <= core->view))
		return;
	if (!core->committed_since_left && core->shift < CORE_PATIENCE_SHIFT_MAX)
		core->shift++;
	core->committed_since_left = false;
	core->view = view;
	core->changing = true;
	core->quorum_us = CORE_NEVER;
	core->left_us = core->progress_us = core->now_us;
	core->resend_us = core->now_us + core_quarter_us(core);
	core->counters[PBFT_COUNTER_VIEW_CHANGES]++;
	own_change(core, view);
	effect_persist(core, message, core->head.number + core->config.window);
	effect_send(core, message, PBFT_EVERYONE);
	watch_quorum(core);
	newview_try(core);
}

void viewchange_resume(struct pbft *core)
{
	const struct pbft_message *message = &core->changes[core->config.self];

	if (!core->changing || core->mute)
		return;
	if (!message->kind || message->view_change.view != core->view) {
		own_change(core, core->view);
		effect_persist(core, message, core->head.number + core->config.window);
	}
	effect_send(core, message, PBFT_EVERYONE);
	watch_quorum(core);
}

/* The least of the views above ours that f + 1 replicas reach; 0: no f + 1 do. */
static u64 joined_view(const struct pbft *core)
{
	u64 view, best = 0;
	u32 i;

	for (i = 0; i < core->config.n; i++) {
		view = core->changes[i].kind ? core->changes[i].view_change.view : 0;
		if (i != core->config.self && view > core->view && view > best &&
		    viewchange_wanting(core, view) >= core->f + 1)
			best = view;
	}
	return best;
}

void viewchange_received(struct pbft *core, const struct pbft_message *message, u32 from)
{
	u64 view = message->view_change.view, joined;
	u32 sender = message->sender;
	struct pbft_message *mine = &core->changes[sender];

	if (view < core->view || (view == core->view && !core->changing)) {
		if (from == sender)
			status_teach(core, sender);
		return;
	}
	if ((mine->kind && mine->view_change.view >= view) || message->view_change.prepared_count > core->config.window)
		return;
	if (!RULE_PART(core, 12, 1, sign_check_message(core, message)))
		return;
	pbft_message_digest(message, core->config.channel, core->change_digests[sender]);
	core->change_checked[sender] = false;
	if (pbft_message_copy(message, core->change_rooms[sender], core->change_room_size, mine)) {
		mine->kind = 0;
		return;
	}
	joined = joined_view(core);
	if (joined)
		viewchange_leave(core, joined);
	watch_quorum(core);
	newview_try(core);
}

/* Do its certificates hold, and do the prepared blocks follow each other from the base? (C12) */
bool viewchange_proved(struct pbft *core, const struct pbft_message *message)
{
	const struct pbft_view_change *change = &message->view_change;
	const u8 *before = change->base_hash;
	u32 i;

	/*
	 * A replica that took a snapshot into nothing in epoch 0 does not know block 0, and has a later base: there is
	 * nothing to compare with, nor need there be, since a selection that does not reach what is committed here
	 * is refused as a whole.
	 */
	if (change->base == core->config.base) {
		if (memcmp(change->base_hash, core->config.base_hash, 32))
			return false;
	} else if ((change->base || core->config.epoch || change->commits.count) &&
		   !RULE_PART(core, 12, 2,
			      certificate_commits(core, &change->commits, change->base, change->base_hash))) {
		return false;
	}
	for (i = 0; i < change->prepared_count; i++) {
		const struct pbft_certificate *proof = &change->prepared[i];

		if (proof->block.number != change->base + 1 + i || proof->view >= change->view ||
		    memcmp(proof->block.previous, before, 32))
			return false;
		if (!RULE_PART(core, 12, 3, certificate_prepared(core, proof)))
			return false;
		before = proof->block.header;
	}
	return true;
}
