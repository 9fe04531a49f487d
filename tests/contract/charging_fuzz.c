// SPDX-License-Identifier: GPL-2.0
/*
 * charging_fuzz.c - any bytes as a call of the contract "charging", whose arguments may be proofs, on
 * a state with accounts, a station, sessions and an anchor: flags u8, function and arguments with a
 * length byte each. What comes of it is the same twice, a read/write set by the format within the contract's own keys,
 * and an answer; or a refusal with a sentence.
 *
 * An argument that begins with '#' is the hex of what follows; with '@' and a letter, a value that is right somewhere:
 * w wallet, o another's, s station, i settled session, j one under way, h head, g its signature, p an alarm's proof,
 * n and m the node, d a large number; bytes behind it are appended.
 */
#include <stdlib.h>

#include <sodium.h>

#include "ledger/execute_run.h"
#include "tests/contract/chain_stage.h"
#include "tests/contract/session_stage.h"

#define FLAG_QUERY 1
#define FLAG_ADMINISTRATOR 2
#define FLAG_EVIDENCE 4
#define MINUTE (60 * WORLD_SECOND)

static struct drive drive;
static char settled[65];
static struct chain_texts chain;
static char arguments[TRANSACTION_ARGUMENTS_MAX][2048];

static void open_stage(void)
{
	struct chain_batch batch;

	stage_open();
	DO(stage.wallet, "account.register");
	DO(stage.other, "account.register");
	DO(stage.administrator[0], "account.deposit", stage.wallet->hex, "1000000");
	drive = drive_to(stage.wallet, "fuzzed");
	drive_start(&drive, 1000, stage.world.time + WORLD_SECOND, true);
	drive_meter(&drive, "session.stop", 1, 2000, stage.world.time + MINUTE, true);
	memcpy(settled, drive.session, sizeof(settled));
	drive_start(&drive, 2000, stage.world.time + WORLD_SECOND, true);
	batch = chain_batch(1, 2, 5, 9);
	chain = chain_seal(&batch);
	DO(stage.wallet, "anchor.post", chain.head, chain.signature);
	batch = chain_batch(2, 2, 5, 9);
	chain = chain_seal(&batch);
}

static const char *known(u8 letter)
{
	switch (letter) {
	case 'w':
		return stage.wallet->hex;
	case 'o':
		return stage.other->hex;
	case 's':
		return drive.station;
	case 'i':
		return settled;
	case 'j':
		return drive.session;
	case 'h':
		return chain.head;
	case 'g':
		return chain.signature;
	case 'p':
		return chain.proof;
	case 'n':
		return stage_hex(stage.world.membership.nodes[0].key, 32);
	case 'd':
		return "18446744073709551615";
	}
	return "";
}

static struct span take(struct reader *reader, u32 place)
{
	size_t len = reader_u8(reader), used = 0;
	const u8 *bytes = reader_bytes(reader, len);
	char *to = arguments[place];

	if (!bytes)
		return (struct span){ NULL, 0 };
	if (len > 1 && bytes[0] == '#') {
		sodium_bin2hex(to, sizeof(arguments[0]), bytes + 1, len - 1);
		return (struct span){ (u8 *)to, 2 * (len - 1) };
	}
	if (len > 1 && bytes[0] == '@') {
		used = strlen(known(bytes[1]));
		memcpy(to, known(bytes[1]), used);
		memcpy(to + used, bytes + 2, len - 2);
		return (struct span){ (u8 *)to, used + len - 2 };
	}
	return (struct span){ bytes, len };
}

static void check(const struct proposal *proposal, const struct contract_output *output)
{
	struct transaction transaction = { .kind = TRANSACTION_INVOKE, .proposal = *proposal };
	json_t *answer;

	if (rwset_decode(output->rwset, output->rwset_len, &transaction.rwset) ||
	    execute_keys(&transaction) != LEDGER_VALID || !span_equal(transaction.rwset.result, output->result))
		abort();
	answer = json_loadb((const char *)output->result.bytes, output->result.len, 0, NULL);
	if (!answer)
		abort();
	json_decref(answer);
}

static void simulate(const struct contract_input *input)
{
	struct contract_output one, other;
	int results[2];

	results[0] = contract_simulate(input, &one);
	results[1] = contract_simulate(input, &other);
	if (results[0] != results[1] || results[0] > 0 || (results[0] && !*one.refusal))
		abort();
	if (!results[0]) {
		check(input->proposal, &one);
		if (one.rwset_len != other.rwset_len || memcmp(one.rwset, other.rwset, one.rwset_len))
			abort();
	}
	contract_output_free(&one);
	contract_output_free(&other);
}

int LLVMFuzzerTestOneInput(const u8 *bytes, size_t len);
int LLVMFuzzerTestOneInput(const u8 *bytes, size_t len)
{
	static struct evidence evidence;
	struct stage_client *client;
	struct contract_input input;
	struct proposal proposal;
	struct reader reader;
	u8 flags;

	if (!stage.world.state)
		open_stage();
	reader_init(&reader, bytes, len);
	flags = reader_u8(&reader);
	client = flags & FLAG_ADMINISTRATOR ? stage.administrator[0] : stage.wallet;
	proposal = (struct proposal){ .channel = stage.world.channel,
				      .client = flags & FLAG_QUERY ? NULL : client->key.public,
				      .nonce = flags & FLAG_QUERY ? 0 : client->nonce + 1,
				      .expires = stage.world.time + MINUTE,
				      .contract = world_text(CHARGING_NAME) };
	proposal.function = take(&reader, 0);
	while (!reader.bad && reader_left(&reader) && proposal.argument_count < TRANSACTION_ARGUMENTS_MAX - 1) {
		proposal.arguments[proposal.argument_count] = take(&reader, proposal.argument_count + 1);
		proposal.argument_count++;
	}
	if (reader.bad)
		return 0;
	input = (struct contract_input){ .state = stage.world.state,
					 .membership = &stage.world.membership,
					 .proposal = &proposal,
					 .organisations = 1,
					 .time = stage.world.time,
					 .verifier = stage.world.verifier,
					 .evidence =
						 flags & FLAG_EVIDENCE && !(flags & FLAG_QUERY) ? &evidence : NULL };
	simulate(&input);
	return 0;
}
