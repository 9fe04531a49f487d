// SPDX-License-Identifier: GPL-2.0
/*
 * status.c - anti-entropy (C22): every replica says where it is; who knows more
 * answers with what is missing, to each at most once in a quarter of the request's patience.
 */
#include "agent/pbft/core.h"

static struct pbft_message *own_status(struct pbft *core, bool wants)
{
	struct pbft_message *message = effect_message(core, PBFT_STATUS);

	message->status.view = core->view;
	message->status.committed = core->head.number;
	message->status.stable = core->stable;
	memcpy(message->status.committed_hash, core->head.header, 32);
	message->status.changing = core->changing;
	message->status.wants = wants;
	sign_message(core, message);
	return message;
}

void status_send(struct pbft *core, u64 replicas, bool wants)
{
	core->counters[PBFT_COUNTER_STATUS_SENT]++;
	effect_send(core, own_status(core, wants), replicas);
}

/* What the vote log says of views may have gone with the blocks below; a status keeps it. */
void status_persist(struct pbft *core, u64 number)
{
	if (core->view)
		effect_persist(core, own_status(core, false), number);
}

static bool teach(struct pbft *core, u32 replica)
{
	if (core->changing || core->new_view.kind != PBFT_NEW_VIEW || core->new_view.new_view.view != core->view)
		return false;
	effect_send(core, &core->new_view, 1ULL << replica);
	return true;
}

void status_teach(struct pbft *core, u32 replica)
{
	struct claim *claim = &core->claims[replica];

	if (core->now_us - claim->taught_us < core_quarter_us(core) && claim->taught_us)
		return;
	if (teach(core, replica))
		claim->taught_us = core->now_us;
}

/* The votes that made a block committed: who lacks the block too fetches it then. */
static void give_certificate(struct pbft *core, const struct block_certificate *certificate, u64 number,
			     const u8 header[32], u64 to)
{
	u32 i;

	for (i = 0; i < certificate->count; i++) {
		struct pbft_message *message = effect_message(core, PBFT_COMMITTED_VOTE);

		message->sender = certificate->signatures[i].replica;
		message->vote.view = certificate->view;
		message->vote.number = number;
		memcpy(message->vote.hash, header, 32);
		memcpy(message->signature, certificate->signatures[i].bytes, 64);
		effect_send(core, message, to);
	}
}

/* Our votes for one number; of a block committed here its certificate too. */
static void give_slot(struct pbft *core, struct slot *slot, u64 to)
{
	const struct vote *prepare = &slot->prepares[core->config.self], *commit = &slot->commits[core->config.self];
	struct pbft_message *message;

	if (prepare->state == VOTE_GOOD && prepare->view == core->view && !core->changing) {
		if (core_is_primary(core)) {
			message = effect_message(core, PBFT_PREPREPARE);
			message->preprepare.view = core->view;
			message->preprepare.block = slot->block;
			memcpy(message->signature, slot->preprepare_signature, 64);
		} else {
			message = vote_message(core, PBFT_PREPARE, slot->number, core->config.self, prepare);
		}
		effect_send(core, message, to);
	}
	if (slot->committed)
		give_certificate(core, slot->certificate, slot->number, slot->block.header, to);
	/*
	 * Not of views that were left: one read back from the log may never have been sent, and would be a vote given
	 * in a view after leaving it (C12). What it could still commit the new view proposes again.
	 */
	if (commit->state == VOTE_GOOD && !slot->committed && commit->view == core->view)
		effect_send(core, vote_message(core, PBFT_COMMITTED_VOTE, slot->number, core->config.self, commit), to);
}

static bool lacks(const struct pbft *core, const struct pbft_message *message)
{
	return message->status.wants || message->status.committed < core->head.number ||
	       message->status.view < core->view || (message->status.view == core->view && message->status.changing) ||
	       (core->checkpoint.state == VOTE_GOOD && message->status.stable < core->checkpoint_number);
}

static void answer(struct pbft *core, const struct pbft_message *message)
{
	u64 to = 1ULL << message->sender, number = message->status.committed + 1;
	u64 end = number + CORE_ANSWER_SLOTS;
	struct slot *slot;

	core->counters[PBFT_COUNTER_ANSWERED]++;
	if (message->status.view < core->view || (message->status.view == core->view && message->status.changing))
		teach(core, message->sender);
	if (core->changing && !core->mute && message->status.view <= core->view)
		effect_send(core, &core->changes[core->config.self], to);
	status_send(core, to, false);
	if (number <= core->low)
		number = core->low + 1;
	for (; number <= core->high && number < end; number++) {
		slot = slot_get(core, number);
		if (slot)
			give_slot(core, slot, to);
	}
	if (message->status.committed < core->head.number)
		give_certificate(core, core->head_certificate, core->head.number, core->head.header, to);
	if (core->checkpoint.state == VOTE_GOOD && message->status.stable < core->checkpoint_number && !core->mute)
		effect_send(core,
			    vote_message(core, PBFT_CHECKPOINT, core->checkpoint_number, core->config.self,
					 &core->checkpoint),
			    to);
}

void status_received(struct pbft *core, const struct pbft_message *message)
{
	struct claim *claim = &core->claims[message->sender];
	u64 quarter = core_quarter_us(core);

	if (!sign_check_message(core, message))
		return;
	claim->view = message->status.view;
	claim->changing = message->status.changing;
	behind_claim(core, message->sender, message->status.committed);
	if (claim->view > core->view && !claim->changing && core->now_us >= claim->asked_us) {
		claim->asked_us = core->now_us + quarter;
		status_send(core, 1ULL << message->sender, true);
	}
	if (lacks(core, message) && !RULE(core, 22, false) && core->now_us >= claim->answered_us) {
		claim->answered_us = core->now_us + quarter;
		answer(core, message);
	}
}

/* Has the next number begun, as far as one can tell that is not a single liar's doing? */
static bool begun(struct pbft *core)
{
	struct slot *slot = slot_get(core, core->head.number + 1);
	u32 i, votes = 0;

	for (i = 0; slot && i < core->config.n; i++)
		votes += slot->prepares[i].state != VOTE_NONE || slot->commits[i].state != VOTE_NONE;
	return slot && (slot->known || slot->offer.there || votes > core->f);
}

static bool waits(struct pbft *core)
{
	return core->pool.held || core->changing || core->target > core->head.number || begun(core);
}

/* A quarter of the patience at first, then rarer, up to a second. */
u64 status_interval_us(const struct pbft *core)
{
	u64 quarter = core_quarter_us(core), stuck = (core->now_us - core->progress_us) / 4;

	if (stuck > CORE_STATUS_US)
		stuck = CORE_STATUS_US;
	return stuck > quarter ? stuck : quarter;
}

void status_tick(struct pbft *core)
{
	bool pending = waits(core);

	if (pending && !core->pending) {
		core->progress_us = core->now_us;
		core->ask_us = core->now_us + core_quarter_us(core);
	}
	core->pending = pending;
	if (pending && core->now_us >= core->ask_us) {
		core->ask_us = core->now_us + status_interval_us(core);
		if (core->now_us - core->progress_us >= core_quarter_us(core)) {
			status_send(core, PBFT_EVERYONE, true);
			core->status_us = core->now_us + CORE_STATUS_US;
		}
	}
	if (core->now_us >= core->status_us) {
		core->status_us = core->now_us + CORE_STATUS_US;
		status_send(core, PBFT_EVERYONE, false);
	}
}
