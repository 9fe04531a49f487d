// SPDX-License-Identifier: GPL-2.0
/*
 * audit_base.c - a ledger that begins with a snapshot. What its first block follows from is proved, not carried out:
 *
 *   channel's id -> genesis configuration (its hash) -> each block that raised the epoch, certified by the replicas
 *   before it -> replicas that certified the snapshot's block -> blocks after it, by certificate -> block of the stored
 *   state's mark, whose root the content has -> every block after that is carried out
 *
 * The state at the snapshot's block is gone once a block followed it, so what those blocks did up to the mark is
 * vouched for by their certificates alone; the report says so.
 */
#include <errno.h>
#include <stdlib.h>

#include "ledger/audit_parts.h"

static int base_fault(struct audit *audit, const char *what)
{
	return audit_fault(audit, "state", 0, -EBADMSG,
			   "This ledger began with a snapshot, and %s. Remove the ledger and join again.", what);
}

/* A block that raised the epoch, by those who ordered before it. */
static bool link_follows(struct audit *audit, const struct chain_link *link)
{
	const struct block_header *header = &link->header;
	u8 next[LEDGER_HASH_LEN];

	chain_replicas_hash(&link->after, next);
	return !memcmp(header->channel, audit->channel, LEDGER_HASH_LEN) &&
	       link->after.epoch == audit->replicas.epoch + 1 && !memcmp(next, header->next_replicas, sizeof(next)) &&
	       chain_certified(audit->verifier, &audit->replicas, header, &link->certificate);
}

/* From the genesis' replicas to those after the snapshot's block. */
static int follow_chain(struct audit *audit, const struct chain_link *base)
{
	struct store *store = audit->store;
	struct chain_link *link = malloc(sizeof(*link));
	struct store_walk *walk;
	struct span key, value;
	u8 from[9];
	int error = link ? 0 : -ENOMEM;

	chain_name(from, 1);
	walk = store->ops->walk(store, (struct span){ from, sizeof(from) });
	while (!error && walk && store->ops->walk_next(walk, &key, &value, &error) && key.len == 9 &&
	       key.bytes[0] == 'C') {
		if (chain_decode(value, link))
			error = base_fault(audit, "a record of its configurations is damaged");
		else if (link->header.number > base->header.number)
			break;
		else if (!link_follows(audit, link))
			error = base_fault(audit, "its configurations do not lead from the genesis to that block");
		else
			audit->replicas = link->after;
		audit->base_raised = !error && link->header.number == base->header.number;
	}
	store->ops->walk_free(walk);
	free(link);
	return error;
}

/* Is @base certified by those that the chain led to? If it raised the epoch itself, its own record was judged. */
static int judge_base(struct audit *audit, const struct chain_link *base)
{
	u8 after[LEDGER_HASH_LEN];

	if (memcmp(base->header.channel, audit->channel, LEDGER_HASH_LEN))
		return base_fault(audit, "its block is of another channel");
	chain_replicas_hash(&audit->replicas, after);
	if (audit->base_raised
		    ? base->header.epoch + 1 != audit->replicas.epoch || memcmp(after, base->header.next_replicas, 32)
		    : !chain_certified(audit->verifier, &audit->replicas, &base->header, &base->certificate))
		return base_fault(audit,
				  "its block has no certificate of the replicas that its configurations lead to");
	return 0;
}

int audit_base_open(struct audit *audit)
{
	struct chain_link *base = malloc(sizeof(*base));
	int error = base ? chain_base(audit->store, base) : -ENOMEM;

	if (error == -ENOENT)
		error = audit_fault(
			audit, "blocks", 0, -EBADMSG,
			"The first blocks are missing, and this ledger did not begin with a snapshot. Restore "
			"them from a copy, or remove the ledger and join again.");
	else if (error)
		error = base_fault(audit, "the record of its block is damaged");
	if (!error && chain_genesis(audit->store, &audit->membership))
		error = base_fault(audit, "its record of the channel's genesis is missing or damaged");
	if (!error) {
		membership_channel_id(&audit->membership, audit->channel);
		chain_replicas(&audit->membership, &audit->replicas);
		error = follow_chain(audit, base);
	}
	if (!error)
		error = judge_base(audit, base);
	if (!error) {
		audit->last = base->header;
		block_header_hash(&base->header, audit->last_hash);
		audit->blocks = base->header.number + 1;
		audit->report->base = base->header.number;
		audit->report->first = audit->blocks;
		memcpy(audit->report->base_hash, audit->last_hash, 32);
		audit_met(audit, &base->header, audit->last_hash);
	}
	free(base);
	return error;
}

/* The replicas after @block, which its certificate vouches for. */
static int next_replicas(struct audit *audit, const struct block *block)
{
	struct chain_link *link = malloc(sizeof(*link));
	u8 name[9], hash[LEDGER_HASH_LEN], *bytes;
	size_t len;
	int error = -ENOMEM;

	chain_name(name, block->header.number);
	if (link)
		error = audit->store->ops->get(audit->store, (struct span){ name, sizeof(name) }, &bytes, &len);
	if (!error) {
		error = chain_decode((struct span){ bytes, len }, link);
		free(bytes);
		if (!error)
			block_header_hash(&link->header, hash);
		if (error || memcmp(hash, block->hash, sizeof(hash)) || !link_follows(audit, link))
			error = base_fault(audit, "a record of its later configurations does not fit its block");
		else
			audit->replicas = link->after;
	} else if (error == -ENOENT) {
		error = memcmp(block->header.replicas, block->header.next_replicas, 32)
				? base_fault(audit, "a record of a later configuration is missing")
				: 0;
	}
	free(link);
	return error;
}

int audit_base_vouched(struct audit *audit, const char *file, u64 offset, const struct block *block)
{
	u8 hash[LEDGER_HASH_LEN];
	u32 i;

	if (block_transactions_root(block->body, block->outcomes, block->header.count, hash) ||
	    memcmp(hash, block->header.transactions, sizeof(hash)))
		return audit_fault(audit, file, offset, -EBADMSG,
				   "The transactions of block %llu do not have the root that its header says.",
				   (unsigned long long)block->header.number);
	for (i = 0; i < block->header.count; i++)
		audit->report->valid += block->outcomes[i] == LEDGER_VALID;
	audit->report->vouched++;
	return next_replicas(audit, block);
}

/* The stored state becomes the one on which blocks are carried out: its content is judged before. */
int audit_base_adopt(struct audit *audit)
{
	struct chain_replicas replicas;
	struct state_value value;
	int error = audit_state_finish(audit);

	if (error)
		return error;
	if (state_get(audit->stored, (struct span){ (const u8 *)"c", 1 }, &value) ||
	    membership_decode(value.bytes, &audit->membership))
		return base_fault(audit, "its state holds no configuration");
	chain_replicas(&audit->membership, &replicas);
	if (replicas.epoch != audit->replicas.epoch || replicas.count != audit->replicas.count ||
	    memcmp(replicas.keys, audit->replicas.keys, sizeof(replicas.keys)))
		return base_fault(audit, "its state's configuration has other replicas than its blocks lead to");
	audit->replayed = audit->stored;
	audit->stored = NULL;
	return 0;
}
