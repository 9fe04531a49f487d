// SPDX-License-Identifier: GPL-2.0
/*
 * restore.c - the vote log read back (C10). The log is trusted: its own
 * checksums and the vote log's owner see to damage. Messages put the core where it was when it
 * wrote them; nothing is sent or asked for until the first event.
 */
#include "agent/pbft/core.h"

#include <errno.h>

/* A vote in @view shows that the view was entered; a view change that it was left. */
static void move_to(struct pbft *core, u64 view, bool changing)
{
	if (view < core->view || (view == core->view && (changing || !core->changing)))
		return;
	if (view > core->view)
		slot_forget_views(core);
	core->view = view;
	core->changing = changing;
}

/* The window was where the vote could be given. */
static struct slot *slot_of(struct pbft *core, u64 number)
{
	if (number <= core->stable)
		return NULL;
	if (number - core->stable > core->config.window) {
		core->stable = number - core->config.window;
		if (core->low < core->stable)
			core->low = core->stable;
	}
	return slot_touch(core, number);
}

static int restore_proposal(struct pbft *core, const struct pbft_message *message)
{
	u64 view = message->preprepare.view;
	struct slot *slot = slot_of(core, message->preprepare.block.number);
	u8 hash[32];

	if (message->sender != core_primary(core, view))
		return -EBADMSG;
	move_to(core, view, false);
	if (!slot || view < core->view)
		return 0;
	pbft_block_hash(&message->preprepare.block, hash);
	slot->known = slot->proposed = true;
	slot->run = RUN_IDLE;
	slot->block = message->preprepare.block;
	memcpy(slot->hash, hash, 32);
	slot->holders = 1ULL << message->sender;
	memcpy(slot->preprepare_signature, message->signature, 64);
	if (message->sender == core->config.self) {
		slot->voted = true;
		vote_own(core, &slot->prepares[core->config.self], view, hash, message->signature);
		if (core->proposed < slot->number)
			core->proposed = slot->number;
	}
	return 0;
}

static int restore_prepare(struct pbft *core, const struct pbft_message *message)
{
	struct slot *slot = slot_of(core, message->vote.number);

	move_to(core, message->vote.view, false);
	if (!slot || message->vote.view < core->view)
		return 0;
	vote_own(core, &slot->prepares[message->sender], message->vote.view, message->vote.hash, message->signature);
	/* The proposal may have gone with a file of the log whose blocks are all stable. */
	if (message->sender == core->config.self)
		slot->voted = slot->proposed && !memcmp(slot->hash, message->vote.hash, 32);
	return 0;
}

/* Its own commit vote: what stands before it in the log prepared the block. */
static int restore_commit(struct pbft *core, const struct pbft_message *message)
{
	struct slot *slot = slot_of(core, message->vote.number);
	u64 view = message->vote.view;

	if (message->sender != core->config.self)
		return -EBADMSG;
	move_to(core, view, false);
	if (!slot || view < core->view)
		return 0;
	slot->prepared =
		slot->proposed && !memcmp(slot->block.header, message->vote.hash, 32) && commit_prove(core, slot);
	vote_own(core, &slot->commits[core->config.self], view, message->vote.hash, message->signature);
	return 0;
}

static int restore_change(struct pbft *core, const struct pbft_message *message)
{
	u32 self = core->config.self;

	if (message->sender != self)
		return -EBADMSG;
	if (message->view_change.view <= core->view)
		return 0;
	if (pbft_message_copy(message, core->change_rooms[self], core->change_room_size, &core->changes[self]))
		return -EBADMSG;
	pbft_message_digest(message, core->config.channel, core->change_digests[self]);
	core->change_checked[self] = true;
	move_to(core, message->view_change.view, true);
	return 0;
}

static int restore_new_view(struct pbft *core, const struct pbft_message *message)
{
	u64 view = message->new_view.view;

	if (message->sender != core_primary(core, view) || !message->new_view.count)
		return -EBADMSG;
	if (view < core->view || (view == core->view && !core->changing))
		return 0;
	if (!newview_take(core, message))
		return -EBADMSG;
	newview_enter(core);
	return 0;
}

int pbft_restore(struct pbft *core, const struct pbft_message *message)
{
	if (core->started || message->epoch != core->config.epoch || message->sender >= core->config.n)
		return -EBADMSG;
	switch (message->kind) {
	case PBFT_PREPREPARE:
		return restore_proposal(core, message);
	case PBFT_PREPARE:
		return restore_prepare(core, message);
	case PBFT_COMMITTED_VOTE:
		return restore_commit(core, message);
	case PBFT_VIEW_CHANGE:
		return restore_change(core, message);
	case PBFT_NEW_VIEW:
		return restore_new_view(core, message);
	case PBFT_STATUS:
		if (message->sender != core->config.self)
			return -EBADMSG;
		move_to(core, message->status.view, message->status.changing);
		return 0;
	case PBFT_CHECKPOINT:
		break;
	}
	return -EBADMSG;
}
