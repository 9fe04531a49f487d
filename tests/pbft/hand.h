/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hand.h - what the hand that plays the others does often. Header-only.
 */
#ifndef VOLTGATE_TESTS_PBFT_HAND_H
#define VOLTGATE_TESTS_PBFT_HAND_H

#include "tests/pbft/one.h"

static struct block_signature room[64][64];

/* Accepts, carries out and prepares block @number as a backup in @view. */
static inline void prepare(struct one *one, u64 view, struct pbft_block block)
{
	struct pbft_message message = one_preprepare(one, view, block);

	one_receive(one, message.sender, &message);
	one_executed(one, view, block, PBFT_ACCEPTED);
}

static inline void vote(struct one *one, enum pbft_kind kind, u32 sender, u64 view, struct pbft_block block)
{
	struct pbft_message message = one_vote(one, kind, sender, view, block);

	one_receive(one, sender, &message);
}

static inline struct pbft_message change(const struct one *one, u32 sender, u64 view, u64 base, u8 branch, u32 place)
{
	struct pbft_message message = { .kind = PBFT_VIEW_CHANGE, .epoch = 3, .sender = sender };
	struct pbft_block block = one_block(one, base, branch);

	message.view_change.view = view;
	message.view_change.base = base;
	memcpy(message.view_change.base_hash, base > one->config.base ? block.header : one->config.base_hash, 32);
	if (base > one->config.base)
		message.view_change.commits = one_certificate(one, PBFT_COMMITTED_VOTE, 0, block, room[place]);
	return message;
}

/* The new view of @changes, given to a fresh core 3 of 4; the update stays for questions. */
static inline void enter(struct one *one, struct pbft_message *changes, u64 view)
{
	struct pbft_message message = { .kind = PBFT_NEW_VIEW, .epoch = 3, .sender = view % 4 };
	u32 i;

	for (i = 0; i < 3; i++)
		one_seal(one, &changes[i]);
	message.new_view.view = view;
	message.new_view.count = 3;
	message.new_view.view_changes = changes;
	one_seal(one, &message);
	one_receive(one, message.sender, &message);
}

#endif
