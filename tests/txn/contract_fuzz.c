// SPDX-License-Identifier: GPL-2.0
/*
 * contract_fuzz.c - any bytes as a call of kv: argument count, then function
 * and arguments with a length byte each, then private arguments. What comes of
 * it is a read/write set by the format, the same twice, and within the contract's own keys.
 */
#include <stdlib.h>

#include "agent/contract/contract.h"
#include "ledger/execute_run.h"
#include "tests/txn/world.h"

static struct world world;

static void tune(struct membership *genesis)
{
	genesis->collection_count = 1;
	strcpy(genesis->collections[0].name, "c");
	genesis->collections[0].organisations = 1;
}

static struct span take(struct reader *reader)
{
	size_t len = reader_u8(reader);
	const u8 *bytes = reader_bytes(reader, len);

	return (struct span){ bytes, bytes ? len : 0 };
}

static void check(const struct proposal *proposal, const struct contract_output *output)
{
	struct transaction transaction = { .kind = TRANSACTION_INVOKE, .proposal = *proposal };

	if (rwset_decode(output->rwset, output->rwset_len, &transaction.rwset) ||
	    execute_keys(&transaction) != LEDGER_VALID || !span_equal(transaction.rwset.result, output->result))
		abort();
}

int LLVMFuzzerTestOneInput(const u8 *bytes, size_t len);
int LLVMFuzzerTestOneInput(const u8 *bytes, size_t len)
{
	struct contract_output one, other;
	struct contract_input input;
	struct proposal proposal;
	struct reader reader;
	int results[2];
	u32 i;

	if (!world.state)
		world_open(&world, tune);
	reader_init(&reader, bytes, len);
	proposal = (struct proposal){ .channel = world.channel, .client = world.client.public };
	proposal.contract = world_text("kv");
	proposal.argument_count = reader_u8(&reader) % 5;
	proposal.nonce = proposal.argument_count & 1;
	proposal.function = take(&reader);
	for (i = 0; i < proposal.argument_count; i++)
		proposal.arguments[i] = take(&reader);
	if (reader.bad)
		return 0;
	input = (struct contract_input){ .state = world.state,
					 .membership = &world.membership,
					 .proposal = &proposal,
					 .organisations = 1,
					 .private_arguments = { reader.at, reader_left(&reader) } };
	results[0] = contract_simulate(&input, &one);
	results[1] = contract_simulate(&input, &other);
	if (results[0] != results[1] || (results[0] && !*one.refusal))
		abort();
	if (!results[0]) {
		check(&proposal, &one);
		if (one.rwset_len != other.rwset_len || memcmp(one.rwset, other.rwset, one.rwset_len))
			abort();
	}
	contract_output_free(&one);
	contract_output_free(&other);
	return 0;
}
