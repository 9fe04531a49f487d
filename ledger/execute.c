// SPDX-License-Identifier: GPL-2.0
/* execute.c - carries bodies out: see execute.h for the order of judgement and what is written where. */
#include <errno.h>
#include <stdlib.h>

#include "ledger/execute_run.h"

static enum ledger_outcome judge_open(struct execute_run *run, const struct transaction *transaction)
{
	struct execute_actor *client;

	if (!execute_parameter(run, MEMBERSHIP_OPEN_REQUESTS))
		return LEDGER_NOT_ALLOWED;
	client = execute_actor(run, transaction->client);
	if (!client || execute_nonce_used(run, client, transaction->nonce))
		return LEDGER_DUPLICATE;
	if (run->overlay)
		execute_nonce_spend(run, client, transaction->nonce, true);
	return LEDGER_VALID;
}

static enum ledger_outcome judge(struct execute_run *run, const struct transaction *transaction)
{
	switch (transaction->kind) {
	case TRANSACTION_OPEN:
		return judge_open(run, transaction);
	case TRANSACTION_INVOKE:
		return execute_invoke(run, transaction);
	case TRANSACTION_ENROL:
		return execute_enrol(run, transaction);
	case TRANSACTION_REVOKE:
		return execute_revoke(run, transaction);
	case TRANSACTION_CONFIG:
		return execute_config(run, transaction);
	}
	return LEDGER_MALFORMED;
}

static u64 count_in(struct execute_run *run, const u8 *key, size_t len)
{
	struct state_value value;
	struct reader reader;

	if (execute_get(run, (struct span){ key, len }, &value))
		return 0;
	reader_init(&reader, value.bytes.bytes, value.bytes.len);
	return reader_u64(&reader);
}

/* 'M' and what follows it: a count that is read here and written once a block (PROTOCOL.md L9). */
static void counter_raise(struct execute_run *run, const u8 *key, size_t len, u64 by)
{
	struct writer writer;
	u8 bytes[8];

	if (!by)
		return;
	writer_init(&writer, bytes, sizeof(bytes));
	writer_u64(&writer, count_in(run, key, len) + by);
	execute_put(run, (struct span){ key, len }, (struct span){ bytes, sizeof(bytes) }, run->index);
}

static void write_experience(struct execute_run *run)
{
	const struct membership *membership = run->context->membership;
	u8 key[33] = { 'M' };
	u32 i;

	counter_raise(run, key, 1, run->updates);
	for (i = 0; i < membership->node_count; i++) {
		memcpy(key + 1, membership->nodes[i].key, 32);
		counter_raise(run, key, sizeof(key), run->endorsed[i]);
	}
}

static void judge_all(struct execute_run *run, struct reader *body, struct execute_lot *lot,
		      struct execute_result *ret_result)
{
	enum ledger_outcome outcome;
	u32 i;

	while (execute_lot_fill(lot, body))
		for (i = 0; i < lot->count && !run->error; i++, run->index++) {
			run->hashes = lot->invokes[i] ? &lot->hashes[i] : NULL;
			outcome = lot->malformed[i] ? LEDGER_MALFORMED : judge(run, &lot->transactions[i]);
			ret_result->outcomes[run->index] = outcome;
			ret_result->valid += outcome == LEDGER_VALID;
		}
}

int execute_body(const struct execute_context *context, struct overlay *overlay, struct span body,
		 struct execute_result *ret_result)
{
	struct execute_lot *lot;
	struct execute_run run;
	struct reader reader;
	int count, result;

	count = block_body_open(body, &reader);
	if (count < 0)
		return count;
	if (count > BLOCK_TRANSACTIONS_MAX)
		return -EBADMSG;
	result = execute_run_init(&run, context, NULL, overlay, count);
	if (result)
		return result;
	lot = malloc(sizeof(*lot));
	if (!lot) {
		execute_run_done(&run);
		return -ENOMEM;
	}
	ret_result->next = *context->membership;
	ret_result->count = count;
	ret_result->valid = 0;
	run.next = &ret_result->next;
	judge_all(&run, &reader, lot, ret_result);
	run.hashes = NULL;
	free(lot);
	if (!run.error) {
		execute_windows_write(&run);
		execute_batches_write(&run);
		write_experience(&run);
		execute_prune(&run);
	}
	ret_result->reconfigured = run.configured;
	result = run.error;
	execute_run_done(&run);
	return result;
}

int execute_precheck(const struct execute_context *context, struct state *state, const struct transaction *transaction,
		     enum ledger_outcome *ret_outcome)
{
	struct execute_run run;
	int result = execute_run_init(&run, context, state, NULL, 0);

	if (result)
		return result;
	*ret_outcome = judge(&run, transaction);
	result = run.error;
	execute_run_done(&run);
	return result;
}

int execute_precheck_proposal(const struct execute_context *context, struct state *state,
			      const struct proposal *proposal, const u8 *signature, struct span evidence,
			      enum ledger_outcome *ret_outcome)
{
	struct execute_run run;
	int result = execute_run_init(&run, context, state, NULL, 0);

	if (result)
		return result;
	*ret_outcome = execute_proposal(&run, proposal, signature, evidence, false);
	result = run.error;
	execute_run_done(&run);
	return result;
}

int execute_organisation(const struct execute_context *context, struct state *state, const u8 key[32])
{
	struct execute_actor *actor;
	struct execute_run run;
	int result = execute_run_init(&run, context, state, NULL, 0);

	if (result)
		return result;
	actor = execute_actor(&run, key);
	if (actor)
		execute_actor_standing(&run, actor);
	result = run.error;
	if (!result)
		result = actor->enrolled ? actor->organisation : -ENOENT;
	execute_run_done(&run);
	return result;
}

int execute_genesis(const struct membership *genesis, struct overlay *overlay)
{
	struct state_version version = { 0, 0 };
	struct writer writer;
	int result;
	u8 *bytes;

	if (genesis->sequence || genesis->epoch)
		return -EINVAL;
	bytes = malloc(MEMBERSHIP_BYTES_MAX);
	if (!bytes)
		return -ENOMEM;
	writer_init(&writer, bytes, MEMBERSHIP_BYTES_MAX);
	membership_encode(&writer, genesis);
	result = overlay_put(overlay, (struct span){ (const u8 *)"c", 1 }, (struct span){ bytes, writer_len(&writer) },
			     version);
	free(bytes);
	return result;
}

/* Reads a count of committed state; absent is 0. */
static int count_read(struct state *state, const u8 *key, size_t len, u64 *ret_count)
{
	struct state_value value;
	struct reader reader;
	int result = state_get(state, (struct span){ key, len }, &value);

	*ret_count = 0;
	if (result)
		return result == -ENOENT ? 0 : result;
	reader_init(&reader, value.bytes.bytes, value.bytes.len);
	*ret_count = reader_u64(&reader);
	return 0;
}

static u64 experience_of(const struct membership *membership, u64 own, u64 all)
{
	return all ? (u64)((unsigned __int128)membership->parameters[MEMBERSHIP_BETA_MILLI] * 1000 * own / all) : 0;
}

int execute_experience(struct state *state, const struct membership *membership, const u8 node[32], u64 *ret_micro)
{
	u8 key[33] = { 'M' };
	u64 own, all;
	int result;

	memcpy(key + 1, node, 32);
	result = count_read(state, key, sizeof(key), &own);
	result = result ?: count_read(state, key, 1, &all);
	if (!result)
		*ret_micro = experience_of(membership, own, all);
	return result;
}

u64 execute_run_experience(struct execute_run *run, const u8 node[32])
{
	u8 key[33] = { 'M' };

	memcpy(key + 1, node, 32);
	return experience_of(run->context->membership, count_in(run, key, sizeof(key)), count_in(run, key, 1));
}
