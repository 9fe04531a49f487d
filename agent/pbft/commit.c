// SPDX-License-Identifier: GPL-2.0
/*
 * commit.c - from prepared to durable: the commit vote, the quorum of them that
 * is the block's certificate, and the shell's word that it is on the disk.
 */
#include "agent/pbft/core.h"

/* A quorum prepared the candidate in this view: keeps the proof for view changes (C12). */
bool commit_prove(struct pbft *core, struct slot *slot)
{
	u32 primary = core_primary(core, core->view), need = core->q - 1, count = 0, others = 0, i;
	struct pbft_certificate *proof = &slot->proof;

	if (!RULE(core, 8,
		  vote_quorum(core, slot->prepares, BLOCK_VOTE_PREPARE, slot->number, core->view, slot->hash, primary,
			      need)))
		return false;
	proof->view = core->view;
	proof->block = slot->block;
	for (i = 0; i < core->config.n; i++) {
		const struct vote *vote = &slot->prepares[i];
		const u8 *signature = vote->signature;

		if (i == primary)
			signature = slot->preprepare_signature;
		else if (others == need || vote->state != VOTE_GOOD || vote->view != core->view ||
			 memcmp(vote->hash, slot->hash, 32))
			continue;
		else
			others++;
		proof->signatures[count].replica = i;
		memcpy(proof->signatures[count++].bytes, signature, 64);
	}
	proof->count = count;
	return true;
}

/* Every number below is committed or prepared in this view (C8). */
static bool before_prepared(struct pbft *core, const struct slot *slot)
{
	struct slot *before;

	if (slot->number - 1 <= core->view_base || slot->number - 1 <= core->head.number)
		return true;
	before = slot_get(core, slot->number - 1);
	return before && before->prepared;
}

/* The prepares of others that the commit vote rests on: a restart must be able to show them (C10). */
static void persist_proof(struct pbft *core, struct slot *slot)
{
	u32 i, replica;

	for (i = 0; i < slot->proof.count; i++) {
		replica = slot->proof.signatures[i].replica;
		if (replica != core->config.self && replica != core_primary(core, core->view))
			effect_persist(
				core, vote_message(core, PBFT_PREPARE, slot->number, replica, &slot->prepares[replica]),
				slot->number);
	}
}

void commit_pledge(struct pbft *core, struct slot *slot)
{
	struct vote *own = &slot->commits[core->config.self];
	struct pbft_message *message;

	if (slot->prepared || core->mute || !slot->voted || !slot->proposed)
		return;
	if (!RULE_PART(core, 8, 1, before_prepared(core, slot)) || !commit_prove(core, slot) ||
	    !vote_allowed(core, own, core->view, slot->block.header))
		return;
	slot->prepared = true;
	message = effect_message(core, PBFT_COMMITTED_VOTE);
	message->vote.view = core->view;
	message->vote.number = slot->number;
	memcpy(message->vote.hash, slot->block.header, 32);
	sign_message(core, message);
	persist_proof(core, slot);
	effect_persist(core, message, slot->number);
	effect_send(core, message, PBFT_EVERYONE);
	vote_own(core, own, core->view, slot->block.header, message->signature);
}

/* A quorum of commit votes of one view for @header; gives the view. */
static bool certified(struct pbft *core, struct slot *slot, const u8 header[32], u64 *ret_view)
{
	u64 tried = 0;
	bool any = false;
	u32 i;

	for (i = 0; i < core->config.n; i++) {
		const struct vote *vote = &slot->commits[i];

		if (vote->state == VOTE_NONE || memcmp(vote->hash, header, 32) || (any && vote->view == tried))
			continue;
		any = true;
		tried = vote->view;
		if (RULE(core, 9,
			 vote_quorum(core, slot->commits, BLOCK_VOTE_COMMIT, slot->number, tried, header, CORE_NOBODY,
				     core->q))) {
			*ret_view = tried;
			return true;
		}
	}
	return false;
}

/* A block is certified that we cannot commit yet: if votes do not bring what is missing, a transfer will. */
static void certified_elsewhere(struct pbft *core, struct slot *slot, const struct pbft_message *message)
{
	u64 view = message->vote.view, holders = 0;
	u32 i;

	if (slot->number <= core->certified || slot->number <= core->head.number ||
	    (slot->number == core->head.number + 1 && slot->known && slot->run == RUN_DONE &&
	     !memcmp(slot->block.header, message->vote.hash, 32)))
		return;
	if (!vote_quorum(core, slot->commits, BLOCK_VOTE_COMMIT, slot->number, view, message->vote.hash, CORE_NOBODY,
			 core->q))
		return;
	for (i = 0; i < core->config.n; i++)
		if (slot->commits[i].state == VOTE_GOOD && slot->commits[i].view == view)
			holders |= 1ULL << i;
	behind_proved(core, slot->number, holders);
}

void commit_voted(struct pbft *core, const struct pbft_message *message, bool good)
{
	struct slot *slot = slot_touch(core, message->vote.number);

	if (!slot) {
		core->counters[PBFT_COUNTER_EARLY]++;
		return;
	}
	if (slot->committed || slot->number <= core->head.number) {
		core->counters[PBFT_COUNTER_LATE]++;
		return;
	}
	if (vote_store(core, slot, message, good))
		certified_elsewhere(core, slot, message);
}

/* A verified certificate that came in a view change: its votes are as good as if they had come alone. */
void commit_learn(struct pbft *core, u64 number, const struct pbft_certificate *commits, const u8 header[32])
{
	struct slot *slot;
	u32 i;

	if (number <= core->head.number)
		return;
	behind_proved(core, number, certificate_holders(commits));
	slot = slot_touch(core, number);
	for (i = 0; slot && i < commits->count; i++)
		vote_own(core, &slot->commits[commits->signatures[i].replica], commits->view, header,
			 commits->signatures[i].bytes);
}

static void commit(struct pbft *core, struct slot *slot, u64 view)
{
	struct block_certificate *certificate = slot->certificate;
	struct pbft_effect *effect;

	certificate->view = view;
	certificate->count =
		vote_collect(core, slot->commits, view, slot->block.header, core->q, certificate->signatures);
	*core->head_certificate = *certificate;
	slot->committed = true;
	core->head.number = slot->number;
	core->head.time = slot->block.time;
	core->head.last = slot->block.last;
	memcpy(core->head.header, slot->block.header, 32);
	if (core->proposed < slot->number)
		core->proposed = slot->number;
	core->committed_us = core->progress_us = core->now_us;
	if (!core->changing && slot->proposed) {
		core->shift = 0;
		core->committed_since_left = true;
	}
	if (slot->block.requests < core->config.batch_transactions && slot->block.bytes < core->config.batch_bytes / 2)
		core->room_us = slot->accepted_us;
	core->counters[PBFT_COUNTER_COMMITTED]++;
	effect = effect_add(core, PBFT_COMMIT);
	effect->number = slot->number;
	effect->block = &slot->block;
	effect->certificate = certificate;
}

bool commit_advance(struct pbft *core)
{
	bool any = false;
	struct slot *slot;
	u64 view;

	while ((slot = slot_get(core, core->head.number + 1)) && slot->known && slot->run == RUN_DONE &&
	       certified(core, slot, slot->block.header, &view)) {
		commit(core, slot, view);
		any = true;
	}
	return any;
}

void commit_durable(struct pbft *core, u64 number)
{
	struct slot *slot;
	bool last;

	while (core->appended < number && core->appended < core->head.number) {
		core->appended++;
		last = core->head.last && core->appended == core->head.number;
		slot = slot_get(core, core->appended);
		if (slot && slot->committed && (core->appended % core->config.checkpoint_blocks == 0 || last))
			checkpoint_own(core, core->appended, slot->block.header);
		else
			checkpoint_heard(core, core->appended);
		if (last && !core->ended) {
			core->ended = true;
			RULE_PASS(core, 23);
			effect_add(core, PBFT_ENDED)->number = core->appended;
		}
	}
}
