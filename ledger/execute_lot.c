// SPDX-License-Identifier: GPL-2.0
/*
 * execute_lot.c - a block's transactions are decoded some at a time, and what judging will hash of them in any case is
 * hashed together. Pure: the same hashes as one by one.
 */
#include "ledger/endorsement.h"
#include "ledger/execute_run.h"

static void hash_spans(enum ledger_domain domain, const struct span *spans, u8 *const *hashes, u32 count)
{
	struct ledger_message messages[EXECUTE_LOT] = { 0 };
	u32 i;

	for (i = 0; i < count; i++) {
		messages[i].bytes = spans[i].bytes;
		messages[i].len = spans[i].len;
		messages[i].ret_hash = hashes[i];
	}
	ledger_hash_many(domain, messages, count);
}

static void hash_contents(struct execute_lot *lot)
{
	struct span proposals[EXECUTE_LOT], rwsets[EXECUTE_LOT];
	u8 *proposal_hashes[EXECUTE_LOT], *rwset_hashes[EXECUTE_LOT];
	u32 filled = 0, i;

	for (i = 0; i < lot->count; i++) {
		if (!lot->invokes[i])
			continue;
		proposals[filled] = lot->transactions[i].proposal.bytes;
		proposal_hashes[filled] = lot->hashes[i].proposal;
		rwsets[filled] = lot->transactions[i].rwset.bytes;
		rwset_hashes[filled++] = lot->hashes[i].rwset;
	}
	hash_spans(LEDGER_DOMAIN_PROPOSAL, proposals, proposal_hashes, filled);
	hash_spans(LEDGER_DOMAIN_RWSET, rwsets, rwset_hashes, filled);
}

/* The @place-th endorsement of each. One that cannot be decoded has no leaf, and nobody will ask for it. */
static void hash_leaves(struct execute_lot *lot, u32 place)
{
	u8 rows[EXECUTE_LOT][ENDORSEMENT_LEAF_LEN], *hashes[EXECUTE_LOT];
	struct span spans[EXECUTE_LOT];
	struct endorsement endorsement;
	u32 filled = 0, i;

	for (i = 0; i < lot->count; i++) {
		const struct transaction *transaction = &lot->transactions[i];

		if (!lot->invokes[i] || place >= transaction->endorsement_count ||
		    endorsement_decode(transaction->endorsements[place], &endorsement))
			continue;
		endorsement_leaf_bytes(transaction->proposal.channel, lot->hashes[i].proposal, lot->hashes[i].rwset,
				       endorsement.endorser, endorsement.height, rows[filled]);
		spans[filled] = (struct span){ rows[filled], ENDORSEMENT_LEAF_LEN };
		hashes[filled++] = lot->hashes[i].leaves[place];
	}
	hash_spans(LEDGER_DOMAIN_ENDORSEMENT, spans, hashes, filled);
}

bool execute_lot_fill(struct execute_lot *lot, struct reader *body)
{
	struct span bytes;
	u32 place;

	for (lot->count = 0; lot->count < EXECUTE_LOT && block_body_next(body, &bytes); lot->count++) {
		struct transaction *transaction = &lot->transactions[lot->count];

		lot->malformed[lot->count] = transaction_decode(bytes.bytes, bytes.len, transaction) != 0;
		lot->invokes[lot->count] = !lot->malformed[lot->count] && transaction->kind == TRANSACTION_INVOKE;
	}
	hash_contents(lot);
	for (place = 0; place < EXECUTE_LOT_ENDORSEMENTS; place++)
		hash_leaves(lot, place);
	return lot->count;
}
