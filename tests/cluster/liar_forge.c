// SPDX-License-Identifier: GPL-2.0
/* liar_forge.c - false messages, rightly signed by the liar: the ones that a check of signatures alone lets pass. */
#include "tests/cluster/liar.h"
#include "tests/cluster/seal.h"

#define LIAR_WINDOW 64

static size_t finish(struct member *member, struct pbft_message *message)
{
	u8 digest[32];

	pbft_message_digest(message, ledger_channel(member_ledger(member)), digest);
	seal_sign(member->key, digest, 32, message->signature);
	return pbft_message_encode(message, member->liar->scratch, member->liar->scratch_size);
}

static void forge_block(struct draw *draw, struct pbft_block *block)
{
	switch (draw_below(draw, 5)) {
	case 0:
		block->time += draw_between(draw, 1, 5000000);
		break;
	case 1:
		block->time -= 1;
		break;
	case 2:
		draw_bytes(draw, block->previous, 32);
		break;
	case 3:
		block->last = !block->last;
		break;
	default:
		draw_bytes(draw, block->header, 32);
		break;
	}
}

static void forge_vote(struct draw *draw, struct pbft_message *message)
{
	switch (draw_below(draw, 4)) {
	case 0:
		message->vote.number += draw_between(draw, 1, 100);
		break;
	case 1:
		message->vote.view += draw_between(draw, 1, 3);
		break;
	default:
		draw_bytes(draw, message->vote.hash, 32);
		break;
	}
}

static void forge_view_change(struct draw *draw, struct pbft_view_change *change)
{
	u32 at;

	switch (draw_below(draw, 7)) {
	case 0: /* forgets what it prepared */
		change->prepared_count = 0;
		break;
	case 1: /* forgets a part of it */
		change->prepared_count = (u32)draw_below(draw, change->prepared_count + 1);
		break;
	case 2: /* has more than anybody */
		change->base += draw_between(draw, 1, 50);
		draw_bytes(draw, change->base_hash, 32);
		break;
	case 3: /* certificate of another block */
		if (change->prepared_count) {
			at = (u32)draw_below(draw, change->prepared_count);
			forge_block(draw, &change->prepared[at].block);
		}
		break;
	case 4: /* of a higher view than its votes are */
		if (change->prepared_count)
			change->prepared[draw_below(draw, change->prepared_count)].view += 1;
		break;
	case 5: /* with too few votes */
		if (change->prepared_count)
			change->prepared[draw_below(draw, change->prepared_count)].count /= 2;
		else
			change->commits.count /= 2;
		break;
	default: /* a storm of views */
		change->view += draw_between(draw, 1, draw_chance(draw, 100) ? ~0ULL / 2 : 1000);
		break;
	}
}

static void forge_new_view(struct draw *draw, struct pbft_message *message)
{
	u32 i, at;

	if (!message->new_view.count)
		return;
	at = (u32)draw_below(draw, message->new_view.count);
	switch (draw_below(draw, 4)) {
	case 0: /* one view change fewer than a quorum */
		for (i = at; i + 1 < message->new_view.count; i++)
			message->new_view.view_changes[i] = message->new_view.view_changes[i + 1];
		message->new_view.count--;
		break;
	case 1: /* somebody's, altered */
		message->new_view.view_changes[at].view_change.prepared_count = 0;
		break;
	case 2: /* for another view */
		message->new_view.view += 1;
		break;
	default: /* the same one twice */
		message->new_view.view_changes[at] = message->new_view.view_changes[0];
		break;
	}
}

size_t liar_forge(struct member *member, enum liar_habit habit, struct span bytes)
{
	struct draw *draw = &member->world->draw;
	struct pbft_message message;

	if (pbft_message_decode(bytes, PBFT_REPLICAS_MAX, LIAR_WINDOW, member->liar->room, member->liar->room_size,
				&message))
		return 0;
	switch (habit) {
	case LIAR_EQUIVOCATES:
		forge_block(draw, &message.preprepare.block);
		break;
	case LIAR_COUNTS:
		if (message.preprepare.block.requests < 2)
			return 0;
		message.preprepare.block.requests--;
		break;
	case LIAR_VOTES:
		forge_vote(draw, &message);
		break;
	case LIAR_VIEW_CHANGE:
		forge_view_change(draw, &message.view_change);
		break;
	case LIAR_NEW_VIEW:
		forge_new_view(draw, &message);
		break;
	case LIAR_STATUS:
		message.status.committed += draw_between(draw, 0, 1000);
		message.status.view += draw_between(draw, 0, 5);
		message.status.stable += draw_between(draw, 0, 1000);
		message.status.wants = true;
		break;
	default:
		return 0;
	}
	return finish(member, &message);
}

size_t liar_contradict(struct member *member, struct span bytes)
{
	struct pbft_message message;

	if (pbft_message_decode(bytes, PBFT_REPLICAS_MAX, LIAR_WINDOW, member->liar->room, member->liar->room_size,
				&message))
		return 0;
	message.vote.hash[0] ^= 1;
	return finish(member, &message);
}

size_t liar_impersonate(struct member *member, u32 sender, struct span bytes)
{
	struct pbft_message message;

	if (pbft_message_decode(bytes, PBFT_REPLICAS_MAX, LIAR_WINDOW, member->liar->room, member->liar->room_size,
				&message))
		return 0;
	message.sender = sender;
	draw_bytes(&member->world->draw, message.signature, 64);
	return pbft_message_encode(&message, member->liar->scratch, member->liar->scratch_size);
}

size_t liar_invent(struct member *member)
{
	struct draw *draw = &member->world->draw;
	struct channel_status status;
	struct pbft_message message = { .epoch = member->epoch, .sender = member->replica };
	u64 view;

	if (member->replica == ~0U)
		return 0;
	channel_status(member->channel, &status);
	view = status.consensus.view + draw_below(draw, 4);
	switch (draw_below(draw, 4)) {
	case 0:
		message.kind = PBFT_STATUS;
		message.status.view = view;
		message.status.committed = status.height + draw_below(draw, 200);
		message.status.stable = status.height + draw_below(draw, 200);
		draw_bytes(draw, message.status.committed_hash, 32);
		message.status.wants = draw_chance(draw, 500);
		break;
	case 1:
		message.kind = PBFT_CHECKPOINT;
		message.vote.number = status.height + draw_below(draw, 60);
		draw_bytes(draw, message.vote.hash, 32);
		break;
	case 2:
		message.kind = PBFT_VIEW_CHANGE;
		message.view_change.view = view + 1;
		message.view_change.base = status.height + draw_below(draw, 3);
		memcpy(message.view_change.base_hash, status.head, 32);
		break;
	default: /* a vote of every kind for what nobody proposed */
		message.kind = draw_chance(draw, 500) ? PBFT_PREPARE : PBFT_COMMITTED_VOTE;
		message.vote.view = view;
		message.vote.number = status.height + draw_below(draw, 20);
		draw_bytes(draw, message.vote.hash, 32);
		break;
	}
	return finish(member, &message);
}
