// SPDX-License-Identifier: GPL-2.0
/*
 * audit_block.c - judges one block against all before it: link, time, replica
 * sets, certificate, and everything that follows from carrying it out.
 */
#include <errno.h>
#include <stdio.h>

#include "ledger/audit_parts.h"

static int judge_link(struct audit *audit, const char *file, u64 offset, const struct block *block)
{
	static const u8 zeros[32];
	const struct block_header *header = &block->header;

	if (header->number != audit->blocks)
		return audit_fault(audit, file, offset, -EBADMSG, "Block %llu stands where block %llu belongs.",
				   (unsigned long long)header->number, (unsigned long long)audit->blocks);
	if (memcmp(header->previous, header->number ? audit->last_hash : zeros, 32))
		return audit_fault(audit, file, offset, -EBADMSG,
				   "Block %llu does not follow from the block before it: it names another hash.",
				   (unsigned long long)header->number);
	if (header->number && header->time <= audit->last.time)
		return audit_fault(audit, file, offset, -EBADMSG,
				   "Block %llu is not later than the block before it by its time.",
				   (unsigned long long)header->number);
	return 0;
}

static int judge_replicas(struct audit *audit, const char *file, u64 offset, const struct block_header *header)
{
	u8 hash[32];

	chain_replicas_hash(&audit->replicas, hash);
	if (header->epoch != audit->replicas.epoch || memcmp(hash, header->replicas, 32))
		return audit_fault(
			audit, file, offset, -EBADMSG,
			"Block %llu names another epoch or replica set than the configurations before it make.",
			(unsigned long long)header->number);
	return 0;
}

/* Every signature must be right, and they must be a quorum's. */
static int judge_certificate(struct audit *audit, const char *file, u64 offset, const struct block *block)
{
	const struct block_certificate *certificate = &block->certificate;
	u32 replicas = audit->replicas.count, i;
	u8 vote[32];

	block_vote_hash(BLOCK_VOTE_COMMIT, audit->channel, block->header.epoch, certificate->view, block->header.number,
			block->hash, vote);
	for (i = 0; i < certificate->count; i++) {
		const struct block_signature *signature = &certificate->signatures[i];

		if (signature->replica >= replicas ||
		    !verifier_check(audit->verifier, audit->replicas.keys[signature->replica], vote, sizeof(vote),
				    signature->bytes))
			return audit_fault(audit, file, offset, -EBADMSG,
					   "The signature of replica %u in the certificate of block %llu is wrong.",
					   signature->replica, (unsigned long long)block->header.number);
	}
	if (block->header.number ? certificate->count < block_quorum(replicas)
				 : certificate->count || certificate->view)
		return audit_fault(audit, file, offset, -EBADMSG,
				   "The certificate of block %llu has %u signatures; %u of %u replicas make a quorum.",
				   (unsigned long long)block->header.number, certificate->count, block_quorum(replicas),
				   replicas);
	return 0;
}

/* The genesis: its one transaction holds the configuration that the channel's id is the hash of. */
static int carry_out_genesis(struct audit *audit, const char *file, u64 offset, const struct block *block,
			     struct overlay *overlay)
{
	struct transaction transaction;
	struct span bytes = { NULL, 0 };
	struct reader body;
	u8 id[32];
	u32 previous;

	if (block_body_open(block->body, &body) != 1 || !block_body_next(&body, &bytes) ||
	    transaction_decode(bytes.bytes, bytes.len, &transaction) || transaction.kind != TRANSACTION_CONFIG ||
	    membership_update_decode(transaction.update, &previous, &audit->membership) || previous)
		return audit_fault(audit, file, offset, -EBADMSG, "Block 0 does not hold a genesis configuration.");
	membership_channel_id(&audit->membership, id);
	if (memcmp(id, audit->channel, 32) || memcmp(id, block->header.channel, 32))
		return audit_fault(audit, file, offset, -EBADMSG,
				   "The genesis configuration in block 0 is not the one that the channel is named by.");
	audit->result.count = audit->result.valid = 1;
	audit->result.outcomes[0] = LEDGER_VALID;
	audit->result.next = audit->membership;
	return execute_genesis(&audit->membership, overlay);
}

static int carry_out(struct audit *audit, const char *file, u64 offset, const struct block *block,
		     struct overlay *overlay)
{
	struct execute_context context = {
		.channel = audit->channel,
		.membership = &audit->membership,
		.verifier = audit->verifier,
		.number = block->header.number,
		.time = block->header.time,
	};

	if (!block->header.number)
		return carry_out_genesis(audit, file, offset, block, overlay);
	return execute_body(&context, overlay, block->body, &audit->result);
}

static int judge_result(struct audit *audit, const char *file, u64 offset, const struct block *block,
			struct overlay *overlay)
{
	const struct block_header *header = &block->header;
	struct execute_result *result = &audit->result;
	u8 hash[32];
	u32 i;

	for (i = 0; i < header->count && i < result->count; i++)
		if (block->outcomes[i] != result->outcomes[i])
			return audit_fault(
				audit, file, offset, -EBADMSG,
				"Transaction %u of block %llu is \"%s\" by the block, but \"%s\" when carried out.", i,
				(unsigned long long)header->number, ledger_outcome_word(block->outcomes[i]),
				ledger_outcome_word(result->outcomes[i]));
	if (block_transactions_root(block->body, block->outcomes, header->count, hash) ||
	    memcmp(hash, header->transactions, 32))
		return audit_fault(audit, file, offset, -EBADMSG,
				   "The transactions of block %llu do not have the root that its header says.",
				   (unsigned long long)header->number);
	membership_replicas_hash(&result->next, hash);
	if (memcmp(hash, header->next_replicas, 32))
		return audit_fault(audit, file, offset, -EBADMSG,
				   "Block %llu names another next replica set than its transactions make.",
				   (unsigned long long)header->number);
	if (overlay_root(overlay, hash))
		return audit_fault(audit, "", 0, -EIO, "The state cannot be made again: %s",
				   state_store(audit->replayed)->error);
	if (memcmp(hash, header->state, 32))
		return audit_fault(audit, file, offset, -EBADMSG,
				   "Carrying out block %llu gives another state root than its header says.",
				   (unsigned long long)header->number);
	return 0;
}

/* Carries the block out on the state before it, which then is the state after it. */
static int audit_carried(struct audit *audit, const char *file, u64 offset, const struct block *block)
{
	struct overlay *overlay = overlay_new(audit->replayed, NULL);
	struct state_mark mark = { .number = block->header.number };
	int error = overlay ? carry_out(audit, file, offset, block, overlay) : -ENOMEM;

	if (error && !audit->error->text[0])
		audit_fault(audit, file, offset, error, "Block %llu cannot be carried out: %s.",
			    (unsigned long long)block->header.number, strerror(-error));
	if (!error && !block->header.number) /* it says itself who orders */
		chain_replicas(&audit->membership, &audit->replicas);
	if (!error)
		error = judge_replicas(audit, file, offset, &block->header);
	if (!error)
		error = judge_certificate(audit, file, offset, block);
	if (!error)
		error = judge_result(audit, file, offset, block, overlay);
	if (error) {
		overlay_drop(overlay);
		return error;
	}
	memcpy(mark.header, block->hash, 32);
	memcpy(mark.root, block->header.state, 32);
	error = state_commit(overlay, &mark, false);
	if (error)
		return audit_fault(audit, "", 0, error, "The state cannot be made again in %s: %s", audit->scratch,
				   state_store(audit->replayed)->error);
	audit->report->valid += audit->result.valid;
	audit->membership = audit->result.next;
	chain_replicas(&audit->membership, &audit->replicas);
	return 0;
}

int audit_block(struct audit *audit, const char *file, u64 offset, struct span bytes)
{
	struct block block;
	int error;

	if (block_decode(bytes, &block))
		return audit_fault(audit, file, offset, -EBADMSG, "Block %llu is not a block by the format.",
				   (unsigned long long)audit->blocks);
	error = judge_link(audit, file, offset, &block);
	if (!error && audit->replayed) {
		error = audit_carried(audit, file, offset, &block);
	} else if (!error) {
		error = judge_replicas(audit, file, offset, &block.header);
		if (!error)
			error = judge_certificate(audit, file, offset, &block);
		if (!error)
			error = audit_base_vouched(audit, file, offset, &block);
	}
	if (!error)
		error = audit_state_mark(audit, block.header.number, block.hash, block.header.state);
	if (error)
		return error;
	audit->report->transactions += block.header.count;
	audit->last = block.header;
	memcpy(audit->last_hash, block.hash, 32);
	audit->blocks++;
	audit_met(audit, &block.header, block.hash);
	return !audit->replayed && audit->mark_seen ? audit_base_adopt(audit) : 0;
}
