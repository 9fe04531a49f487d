// SPDX-License-Identifier: GPL-2.0
/*
 * session_fuzz.c - any bytes as a call of charging, by a client, an
 * administrator or as a query: what comes of it is a read/write set by the format, the same twice, within the
 * contract's own keys, or a refusal with a sentence. The first byte picks who asks, the second the function (or
 * none of them), then arguments with a length byte each; "@" stands for an id that there is.
 */
#include <stdlib.h>

#include "ledger/execute_run.h"
#include "tests/contract/session_stage.h"

static struct drive drive;
static char names[128][64];
static u32 name_count;

static void begin(void)
{
	const struct charging_function *function;
	const struct charging_noun *noun;
	u32 i;

	stage_open();
	DO(stage.wallet, "account.register");
	DO(stage.administrator[0], "account.deposit", stage.wallet->hex, "1000000");
	drive = drive_to(stage.wallet, "fuzz");
	if (drive_start(&drive, 1000, stage.world.time, true))
		abort();
	for (i = 0; (noun = charging_noun(i)); i++)
		for (function = noun->functions; function->name; function++)
			snprintf(names[name_count++ % 128], sizeof(names[0]), "%s.%s", noun->name, function->name);
}

static struct span take(struct reader *reader)
{
	size_t len = reader_u8(reader);
	const u8 *bytes = reader_bytes(reader, len);

	if (bytes && len == 2 && bytes[0] == '@')
		return world_text(bytes[1] == 's'   ? drive.session
				  : bytes[1] == 'p' ? drive.station
						    : drive.client->hex);
	return (struct span){ bytes, bytes ? len : 0 };
}

static void check(const struct proposal *proposal, const struct contract_output *output)
{
	struct transaction transaction = { .kind = TRANSACTION_INVOKE, .proposal = *proposal };

	if (rwset_decode(output->rwset, output->rwset_len, &transaction.rwset) ||
	    execute_keys(&transaction) != LEDGER_VALID || !span_equal(transaction.rwset.result, output->result))
		abort();
}

/* False: there are not enough bytes. */
static bool proposal_of(struct reader *reader, struct proposal *ret_proposal)
{
	u8 who = reader_u8(reader), function = reader_u8(reader);
	const struct stage_client *clients[] = { stage.wallet, stage.administrator[0], stage.other };
	static u8 nothing[32];
	u32 i;

	*ret_proposal = (struct proposal){ .channel = stage.world.channel,
					   .nonce = who % 4 < 3,
					   .expires = stage.world.time + 100 * WORLD_SECOND,
					   .contract = world_text(CHARGING_NAME),
					   .private_hash = nothing };
	if (who % 4 < 3)
		ret_proposal->client = clients[who % 4]->key.public;
	ret_proposal->function = function < name_count ? world_text(names[function]) : take(reader);
	ret_proposal->argument_count = reader_u8(reader) % 12;
	for (i = 0; i < ret_proposal->argument_count; i++)
		ret_proposal->arguments[i] = take(reader);
	return !reader->bad;
}

int LLVMFuzzerTestOneInput(const u8 *bytes, size_t len);
int LLVMFuzzerTestOneInput(const u8 *bytes, size_t len)
{
	struct contract_output one, other;
	struct contract_input input;
	struct proposal proposal;
	struct reader reader;
	int results[2];

	if (!name_count)
		begin();
	reader_init(&reader, bytes, len);
	if (!proposal_of(&reader, &proposal))
		return 0;
	input = (struct contract_input){ .state = stage.world.state,
					 .membership = &stage.world.membership,
					 .proposal = &proposal,
					 .organisations = 1,
					 .time = stage.world.time,
					 .verifier = stage.world.verifier,
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
