// SPDX-License-Identifier: GPL-2.0
/*
 * contract.c - runs a contract on committed state: what it calls, and the
 * read/write set that comes of it. Same state and proposal, same bytes, on every endorser.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "agent/contract/charging.h"
#include "agent/contract/contract_run.h"
#include "ledger/endorsement.h"
#include "ledger/evidence.h"
#include "ledger/rating.h"

/* What a transaction holds beside proposal and read/write set, at most. */
#define TRANSACTION_REST (64 + EVIDENCE_MAX + TRANSACTION_ENDORSEMENTS_MAX * ENDORSEMENT_MAX)

static const struct contract *const contracts[] = { &contract_kv, &contract_charging };

const struct contract *contract_find(struct span name)
{
	size_t i;

	for (i = 0; i < sizeof(contracts) / sizeof(contracts[0]); i++)
		if (strlen(contracts[i]->name) == name.len && !memcmp(contracts[i]->name, name.bytes, name.len))
			return contracts[i];
	return NULL;
}

int contract_refuse(struct contract_run *run, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(run->output->refusal, sizeof(run->output->refusal), format, args);
	va_end(args);
	return error;
}

int contract_failed(struct contract_run *run, int error)
{
	switch (error) {
	case -E2BIG:
		return contract_refuse(run, error, "The transaction would read or write more than %d keys or %d bytes.",
				       TRANSACTION_KEYS_MAX, TRANSACTION_MAX);
	case -ERANGE:
		return contract_refuse(run, error, "The counter would leave its range.");
	case -EINVAL:
		return contract_refuse(run, error, "The key holds no counter.");
	case -EBUSY:
		return contract_refuse(run, error,
				       "What was changed by delta or rated cannot be changed in another way as well.");
	case -ENOMEM:
		return contract_refuse(run, error, "There is no memory for this simulation.");
	case -EIO:
		return contract_refuse(run, error, "The state cannot be read; the node's log says why.");
	}
	return error;
}

/* "k", the contract's name, 0, key. False: the key is empty or too long. */
static int own_key(struct contract_run *run, struct span key, u8 bytes[TRANSACTION_KEY_MAX], struct span *ret_key)
{
	size_t name = strlen(run->contract->name);
	struct writer writer;

	writer_init(&writer, bytes, TRANSACTION_KEY_MAX);
	writer_u8(&writer, 'k');
	writer_bytes(&writer, run->contract->name, name + 1);
	writer_bytes(&writer, key.bytes, key.len);
	*ret_key = (struct span){ bytes, writer_len(&writer) };
	if (!key.len || !ret_key->len)
		return contract_refuse(run, -EINVAL, "A key has 1 to %zu bytes.", TRANSACTION_KEY_MAX - name - 2);
	return 0;
}

int contract_get(struct contract_run *run, struct span key, struct span *ret_value)
{
	u8 bytes[TRANSACTION_KEY_MAX];
	int result = own_key(run, key, bytes, &key);

	return result ?: contract_failed(run, contract_sets_get(run, key, true, ret_value));
}

int contract_peek(struct contract_run *run, struct span key, struct span *ret_value)
{
	u8 bytes[TRANSACTION_KEY_MAX];
	int result = own_key(run, key, bytes, &key);

	return result ?: contract_failed(run, contract_sets_get(run, key, false, ret_value));
}

int contract_put(struct contract_run *run, struct span key, struct span value)
{
	u8 bytes[TRANSACTION_KEY_MAX];
	int result = own_key(run, key, bytes, &key);

	return result ?: contract_failed(run, contract_sets_put(run, key, value));
}

int contract_delete(struct contract_run *run, struct span key)
{
	u8 bytes[TRANSACTION_KEY_MAX];
	int result = own_key(run, key, bytes, &key);

	return result ?: contract_failed(run, contract_sets_delete(run, key));
}

int contract_delta(struct contract_run *run, struct span key, s64 amount, s64 least, s64 most)
{
	u8 bytes[TRANSACTION_KEY_MAX];
	int result = own_key(run, key, bytes, &key);

	return result ?: contract_failed(run, contract_sets_delta(run, key, amount, least, most));
}

int contract_rate(struct contract_run *run, struct span key, const u8 node[32], s64 credibility_micro, u32 score)
{
	const struct rwset_write rate = { .node = node, .credibility = credibility_micro, .score = score };
	u8 bytes[TRANSACTION_KEY_MAX];
	int result = own_key(run, key, bytes, &key);

	if (!result && !rwset_rate_valid(&rate))
		result = contract_refuse(run, -ERANGE, "A score is 1 to %d, by a credibility within -1 and 1.",
					 RATING_SCORE_MOST);
	return result ?: contract_failed(run, contract_sets_rate(run, key, &rate));
}

int contract_result(struct contract_run *run, struct span result)
{
	if (result.len > TRANSACTION_MAX)
		return contract_failed(run, -E2BIG);
	run->result = contract_memory_copy(run, result);
	return contract_failed(run, run->result.bytes ? 0 : -ENOMEM);
}

u64 contract_time(const struct contract_run *run)
{
	return run->input->time;
}

const u8 *contract_client(const struct contract_run *run)
{
	return run->input->proposal->client;
}

bool contract_is_query(const struct contract_run *run)
{
	return !run->input->proposal->nonce;
}

struct span contract_private_arguments(const struct contract_run *run)
{
	struct span all = run->input->private_arguments;

	if (all.len < CONTRACT_PRIVATE_SECRET_LEN)
		return (struct span){ NULL, 0 };
	return (struct span){ all.bytes + CONTRACT_PRIVATE_SECRET_LEN, all.len - CONTRACT_PRIVATE_SECRET_LEN };
}

static void encode_write(struct writer *writer, const struct rwset_write *write)
{
	writer_u8(writer, write->operation);
	writer_span16(writer, write->key);
	switch (write->operation) {
	case RWSET_PUT:
		writer_span32(writer, write->value);
		break;
	case RWSET_DELETE:
		break;
	case RWSET_DELTA:
		writer_u64(writer, (u64)write->amount);
		writer_u64(writer, (u64)write->least);
		writer_u64(writer, (u64)write->most);
		break;
	case RWSET_RATE:
		writer_bytes(writer, write->node, TRANSACTION_KEY_LEN);
		writer_u64(writer, (u64)write->credibility);
		writer_u8(writer, write->score);
		break;
	}
}

static void encode_sets(const struct contract_run *run, struct writer *writer)
{
	u32 i;

	writer_u16(writer, run->reads.count);
	for (i = 0; i < run->reads.count; i++) {
		writer_span16(writer, run->reads.list[i].key);
		writer_u64(writer, run->reads.list[i].number);
		writer_u32(writer, run->reads.list[i].index);
	}
	writer_u16(writer, run->writes.count);
	for (i = 0; i < run->writes.count; i++)
		encode_write(writer, &run->writes.list[i]);
	writer_span32(writer, run->result);
}

/* At least what encode_write() writes. */
#define WRITE_REST (TRANSACTION_KEY_LEN + 8 + 1)

static size_t sets_size(const struct contract_run *run)
{
	size_t size = 2 + 2 + 4 + run->result.len;
	u32 i;

	for (i = 0; i < run->reads.count; i++)
		size += 2 + run->reads.list[i].key.len + 12;
	for (i = 0; i < run->writes.count; i++)
		size += 1 + 2 + run->writes.list[i].key.len + WRITE_REST + run->writes.list[i].value.len;
	return size;
}

static int output_sets(struct contract_run *run)
{
	size_t size = sets_size(run), other = run->input->proposal->bytes.len + TRANSACTION_REST;
	struct contract_output *output = run->output;
	struct writer writer;

	if (other > TRANSACTION_MAX || size > TRANSACTION_MAX - other)
		return contract_failed(run, -E2BIG);
	output->rwset = malloc(size);
	if (!output->rwset)
		return contract_failed(run, -ENOMEM);
	writer_init(&writer, output->rwset, size);
	encode_sets(run, &writer);
	output->rwset_len = writer_len(&writer);
	output->result = (struct span){ output->rwset + output->rwset_len - run->result.len, run->result.len };
	return 0;
}

static struct span private_move(u8 **at, struct span from)
{
	struct span moved = { *at, from.len };

	memcpy(*at, from.bytes, from.len);
	*at += from.len;
	return moved;
}

/* The private values in one piece: the list, then its bytes. */
static int output_privates(struct contract_run *run)
{
	size_t size = run->private_count * sizeof(struct contract_private);
	struct contract_private *list;
	u32 i;
	u8 *at;

	if (!run->private_count)
		return 0;
	for (i = 0; i < run->private_count; i++)
		size += run->privates[i].collection.len + run->privates[i].key.len + run->privates[i].value.len;
	list = malloc(size);
	if (!list)
		return contract_failed(run, -ENOMEM);
	at = (u8 *)(list + run->private_count);
	for (i = 0; i < run->private_count; i++) {
		list[i] = run->privates[i];
		list[i].collection = private_move(&at, list[i].collection);
		list[i].key = private_move(&at, list[i].key);
		list[i].value = private_move(&at, list[i].value);
	}
	run->output->privates = list;
	run->output->privates_size = size;
	run->output->private_count = run->private_count;
	return 0;
}

static int run_contract(struct contract_run *run)
{
	const struct contract_input *input = run->input;
	const struct proposal *proposal = input->proposal;

	run->contract = contract_find(proposal->contract);
	if (!run->contract)
		return contract_refuse(run, -ENOSYS, "This node has no contract of this name.");
	if (input->evidence && !run->contract->by_evidence)
		return contract_refuse(run, -EACCES, "Contract %s wants its client's signature, not a gate's verdict.",
				       run->contract->name);
	proposal_hash(proposal, run->proposal_hash);
	if (input->evidence)
		evidence_mandate_hash(input->evidence, proposal->channel, proposal->client, run->mandate_id);
	return run->contract->invoke(run, proposal->function, proposal->arguments, proposal->argument_count);
}

int contract_simulate(const struct contract_input *input, struct contract_output *ret_output)
{
	struct contract_run run = { .input = input, .output = ret_output };
	int result;

	memset(ret_output, 0, sizeof(*ret_output));
	result = run_contract(&run);
	result = result ?: output_sets(&run);
	result = result ?: output_privates(&run);
	free(run.reads.list);
	free(run.writes.list);
	contract_memory_drop(&run);
	sodium_memzero(run.privates, sizeof(run.privates));
	if (result && !*ret_output->refusal)
		contract_refuse(&run, result, "The contract refused: %s.", strerrordesc_np(-result));
	if (result)
		contract_output_free(ret_output);
	return result;
}

void contract_output_free(struct contract_output *output)
{
	if (output->privates)
		sodium_memzero(output->privates, output->privates_size);
	free(output->privates);
	free(output->rwset);
	output->privates = NULL;
	output->rwset = NULL;
	output->private_count = 0;
}
