// SPDX-License-Identifier: GPL-2.0
/*
 * ledger_genesis.c - block 0: one config transaction that holds the genesis configuration, and no certificate
 * (PROTOCOL.md L2).
 */
#include <errno.h>
#include <stdlib.h>

#include "ledger/ledger_parts.h"

#define GENESIS_MAX (MEMBERSHIP_UPDATE_MAX + 32)

static int genesis_body(const struct membership *genesis, u8 **ret_body, size_t *ret_len)
{
	u8 *update = malloc(MEMBERSHIP_UPDATE_MAX), *transaction = malloc(GENESIS_MAX), *body = malloc(GENESIS_MAX + 8);
	struct writer writer;
	struct span span;
	int error = -ENOMEM;

	if (!update || !transaction || !body)
		goto out;
	error = -EINVAL;
	writer_init(&writer, update, MEMBERSHIP_UPDATE_MAX);
	membership_update_encode(&writer, 0, genesis);
	span = (struct span){ update, writer_len(&writer) };
	if (!span.len)
		goto out;
	writer_init(&writer, transaction, GENESIS_MAX);
	transaction_encode_config(&writer, span, (struct span){ NULL, 0 });
	span = (struct span){ transaction, writer_len(&writer) };
	if (!span.len)
		goto out;
	writer_init(&writer, body, GENESIS_MAX + 8);
	writer_u32(&writer, 1);
	writer_span32(&writer, span);
	*ret_body = body;
	*ret_len = writer_len(&writer);
	body = NULL;
	error = 0;
out:
	free(update);
	free(transaction);
	free(body);
	return error;
}

int genesis_decode(struct span body, struct membership *ret_genesis)
{
	struct transaction transaction;
	struct reader reader;
	struct span bytes;
	u32 previous;

	if (block_body_open(body, &reader) != 1 || !block_body_next(&reader, &bytes) ||
	    transaction_decode(bytes.bytes, bytes.len, &transaction) || transaction.kind != TRANSACTION_CONFIG)
		return -EBADMSG;
	return membership_update_decode(transaction.update, &previous, ret_genesis);
}

static int genesis_run(struct ledger *ledger, const struct membership *genesis, struct candidate *candidate)
{
	static const struct block_certificate none;
	struct block_header *header = &candidate->header;
	struct span transaction;
	struct reader reader;
	int error = genesis_body(genesis, &candidate->body, &candidate->body_len);

	candidate->overlay = overlay_new(ledger->state, NULL);
	candidate->after = ledger_member_new(genesis);
	candidate->outcomes = calloc(1, 1);
	candidate->digests = calloc(1, sizeof(*candidate->digests));
	if (error)
		return error;
	if (!candidate->overlay || !candidate->after || !candidate->outcomes || !candidate->digests)
		return -ENOMEM;
	candidate->before = candidate->after;
	candidate->before->refs++;
	candidate->outcomes[0] = LEDGER_VALID;
	memcpy(header->channel, ledger->channel, LEDGER_HASH_LEN);
	header->count = 1;
	membership_replicas_hash(genesis, header->replicas);
	memcpy(header->next_replicas, header->replicas, LEDGER_HASH_LEN);
	block_body_open(candidate_body(candidate), &reader);
	block_body_next(&reader, &transaction);
	transaction_hash(transaction, candidate->digests[0]);
	error = block_transactions_root(candidate_body(candidate), candidate->outcomes, 1, header->transactions);
	if (!error)
		error = execute_genesis(genesis, candidate->overlay);
	if (!error)
		error = overlay_root(candidate->overlay, header->state);
	if (!error)
		error = chain_note_genesis(candidate->overlay, genesis);
	if (!error)
		error = chain_note(candidate->overlay, header, &none, genesis);
	block_header_hash(header, candidate->hash);
	return error;
}

int genesis_candidate(struct ledger *ledger, const struct membership *genesis, u64 time,
		      struct candidate **ret_candidate)
{
	struct candidate *candidate = calloc(1, sizeof(*candidate));
	int error;

	if (!candidate)
		return -ENOMEM;
	candidate->ledger = ledger;
	candidate->header.time = time;
	error = genesis_run(ledger, genesis, candidate);
	if (error) {
		overlay_drop(candidate->overlay);
		candidate_free(candidate);
		return error;
	}
	ledger->next = candidate;
	*ret_candidate = candidate;
	return 0;
}
