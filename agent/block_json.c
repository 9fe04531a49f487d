// SPDX-License-Identifier: GPL-2.0
/*
 * block_json.c - blocks and transactions as JSON: see block_json.h.
 */
#include "agent/block_json.h"

#include <stdlib.h>
#include <string.h>

#include "agent/gate_json.h"
#include "ledger/credential.h"
#include "ledger/endorsement.h"
#include "ledger/outcome.h"
#include "ledger/transaction.h"

#define BLOCK_JSON_BYTES_MAX 256 /* of a key, value or argument shown; "..." follows */

static int put_outcomes(json_t *object, const struct block *block)
{
	u32 counts[LEDGER_OUTCOME_COUNT] = { 0 }, i;
	json_t *outcomes = json_object();
	int failed = !outcomes;

	for (i = 0; i < block->header.count; i++)
		if (block->outcomes[i] < LEDGER_OUTCOME_COUNT)
			counts[block->outcomes[i]]++;
	for (i = 0; i < LEDGER_OUTCOME_COUNT; i++)
		if (counts[i])
			failed |= json_object_set_new(outcomes, ledger_outcome_word(i), json_integer(counts[i]));
	failed |= json_object_set_new(object, "valid", json_integer(counts[LEDGER_VALID]));
	return failed | json_object_set_new(object, "outcomes", outcomes);
}

json_t *block_json(const struct block *block)
{
	const struct block_header *header = &block->header;
	json_t *object = json_object();
	int failed = !object;

	failed |= gate_json_put_u64(object, "number", header->number);
	failed |= gate_json_put_hex(object, "hash", block->hash, 32);
	failed |= gate_json_put_hex(object, "previous", header->previous, 32);
	failed |= gate_json_put_time(object, "time", header->time);
	failed |= json_object_set_new(object, "transactions", json_integer(header->count));
	failed |= put_outcomes(object, block);
	failed |= gate_json_put_hex(object, "transactions_root", header->transactions, 32);
	failed |= gate_json_put_hex(object, "state_root", header->state, 32);
	failed |= gate_json_put_hex(object, "replicas", header->replicas, 32);
	failed |= gate_json_put_hex(object, "next_replicas", header->next_replicas, 32);
	failed |= gate_json_put_u64(object, "epoch", header->epoch);
	failed |= gate_json_put_u64(object, "view", block->certificate.view);
	failed |= json_object_set_new(object, "signatures", json_integer(block->certificate.count));
	failed |= json_object_set_new(object, "bytes", json_integer((json_int_t)block->bytes.len));
	return gate_json_finish(object, failed);
}

/* A span for people: as text if it is text, else hex; cut short if long. */
static json_t *span_json(struct span span)
{
	size_t shown = span.len < BLOCK_JSON_BYTES_MAX ? span.len : BLOCK_JSON_BYTES_MAX, i;
	char text[2 * BLOCK_JSON_BYTES_MAX + 8];
	bool plain = true;

	for (i = 0; i < shown; i++)
		plain &= span.bytes[i] >= 0x20 && span.bytes[i] < 0x7f;
	for (i = 0; i < shown; i++)
		snprintf(text + (plain ? i : 2 * i), 3, plain ? "%c" : "%02x", span.bytes[i]);
	text[plain ? shown : 2 * shown] = '\0';
	if (shown < span.len)
		strcat(text, "...");
	return plain ? json_string(text) : json_pack("{s:s}", "hex", text);
}

static int put_endorsers(json_t *object, const struct transaction *transaction)
{
	json_t *list = json_array(), *inner;
	struct endorsement endorsement;
	int failed = !list;
	u32 i;

	for (i = 0; i < transaction->endorsement_count; i++) {
		if (endorsement_decode(transaction->endorsements[i], &endorsement))
			continue;
		inner = json_object();
		failed |= gate_json_put_hex(inner, "node", endorsement.endorser, 32);
		failed |= gate_json_put_u64(inner, "height", endorsement.height);
		failed |= json_object_set_new(inner, "batch", json_integer(endorsement.count));
		failed |= json_array_append_new(list, inner);
	}
	return failed | json_object_set_new(object, "endorsements", list);
}

static int put_invoke(json_t *object, const struct transaction *transaction)
{
	const struct proposal *proposal = &transaction->proposal;
	json_t *arguments = json_array();
	u8 hash[32];
	int failed = !arguments;
	u32 i;

	ledger_hash_bytes(LEDGER_DOMAIN_PROPOSAL, proposal->bytes.bytes, proposal->bytes.len, hash);
	for (i = 0; i < proposal->argument_count; i++)
		failed |= json_array_append_new(arguments, span_json(proposal->arguments[i]));
	failed |= gate_json_put_hex(object, "proposal", hash, 32);
	failed |= gate_json_put_time(object, "expires", proposal->expires);
	failed |= json_object_set_new(object, "contract", span_json(proposal->contract));
	failed |= json_object_set_new(object, "function", span_json(proposal->function));
	failed |= json_object_set_new(object, "arguments", arguments);
	failed |= json_object_set_new(
		object, "authority",
		json_string(transaction->authority == TRANSACTION_EVIDENCE ? "evidence" : "signature"));
	failed |= json_object_set_new(object, "reads", json_integer(transaction->rwset.read_count));
	failed |= json_object_set_new(object, "writes", json_integer(transaction->rwset.write_count));
	failed |= json_object_set_new(object, "result", span_json(transaction->rwset.result));
	return failed | put_endorsers(object, transaction);
}

static int put_credential(json_t *object, struct span bytes)
{
	static const char *const roles[] = { "?", "client", "attestor", "administrator", "node" };
	struct credential credential;
	int failed = 0;

	if (credential_decode(bytes, &credential))
		return 0;
	failed |= gate_json_put_hex(object, "subject", credential.subject, 32);
	failed |= json_object_set_new(object, "organisation", json_integer(credential.organisation));
	failed |= json_object_set_new(object, "role", json_string(credential.role <= 4 ? roles[credential.role] : "?"));
	return failed | gate_json_put_u64(object, "serial", credential.serial);
}

static int put_kind(json_t *object, const struct transaction *transaction)
{
	static const char *const kinds[] = { "?", "open", "invoke", "enrol", "revoke", "config" };
	int failed = json_object_set_new(object, "kind", json_string(kinds[transaction->kind]));

	if (transaction->client) {
		failed |= gate_json_put_hex(object, "client", transaction->client, 32);
		failed |= gate_json_put_u64(object, "nonce", transaction->nonce);
	}
	if (transaction->kind == TRANSACTION_OPEN)
		failed |= json_object_set_new(object, "payload", span_json(transaction->payload));
	else if (transaction->kind == TRANSACTION_INVOKE)
		failed |= put_invoke(object, transaction);
	else if (transaction->kind == TRANSACTION_CONFIG)
		failed |= json_object_set_new(object, "signatures",
					      json_integer((json_int_t)(transaction->signatures.len / 65)));
	else
		failed |= put_credential(object, transaction->credential);
	return failed;
}

json_t *block_json_transaction(const struct block *block, u32 index, struct span bytes, bool raw)
{
	u8 outcome = block->outcomes[index], hash[32];
	struct transaction transaction;
	json_t *object = json_object();
	int failed = !object;

	transaction_hash(bytes, hash);
	failed |= gate_json_put_u64(object, "block", block->header.number);
	failed |= json_object_set_new(object, "index", json_integer(index));
	failed |= gate_json_put_hex(object, "hash", hash, 32);
	failed |= json_object_set_new(object, "outcome", json_string(ledger_outcome_word(outcome)));
	failed |= json_object_set_new(object, "sentence", json_string(ledger_outcome_sentence(outcome)));
	failed |= json_object_set_new(object, "bytes", json_integer((json_int_t)bytes.len));
	if (!transaction_decode(bytes.bytes, bytes.len, &transaction))
		failed |= put_kind(object, &transaction);
	if (raw)
		failed |= gate_json_put_hex(object, "transaction", bytes.bytes, bytes.len);
	return gate_json_finish(object, failed);
}
