// SPDX-License-Identifier: GPL-2.0
/* codec_test.c - transactions, read/write sets and credentials have one encoding each; anything else is refused. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/ktap.h"
#include "tests/txn/world.h"

static struct world world;
static struct world_draft draft;
static u8 bytes[TRANSACTION_MAX], again[TRANSACTION_MAX];

static size_t full(bool evidence)
{
	static u8 evidence_bytes[EVIDENCE_MAX];
	struct world_set set = { .read_count = 2, .write_count = 3, .result = "answer" };
	struct world_verdict verdict;

	world_draft(&world, &draft, &world.client, 9);
	draft.proposal.argument_count = 2;
	draft.proposal.arguments[0] = world_text("first");
	draft.proposal.arguments[1] = world_text("");
	world_draft_encode(&draft);
	set.reads[0] = (struct rwset_read){ world_state_key("kv", "a"), 5, 6 };
	set.reads[1] = (struct rwset_read){ world_state_key("kv", "b"), 0, 0 };
	set.writes[0] = (struct rwset_write){ .operation = RWSET_PUT,
					      .key = world_state_key("kv", "a"),
					      .value = world_text("v") };
	set.writes[1] = (struct rwset_write){ .operation = RWSET_DELETE, .key = world_state_key("kv", "b") };
	set.writes[2] = (struct rwset_write){
		.operation = RWSET_DELTA, .key = world_state_key("kv", "c"), .amount = -4, .least = INT64_MIN, .most = 7
	};
	world_set_encode(&draft, &set);
	if (evidence) {
		world_verdict(&world, &verdict, &draft);
		draft.evidence = (struct span){ evidence_bytes, world_evidence(&verdict, evidence_bytes) };
	}
	return world_invoke(&world, &draft, bytes, sizeof(bytes));
}

static void round_trip(bool evidence)
{
	struct transaction transaction;
	size_t len = full(evidence), cut, refused = 0;
	struct writer writer;
	struct span rest;
	struct rwset_write write;
	u32 writes = 0;

	ktap_ok(!transaction_decode(bytes, len, &transaction), "an invoke of %zu bytes is read", len);
	ktap_ok(transaction.nonce == 9 && transaction.proposal.argument_count == 2 &&
			span_equal(transaction.proposal.arguments[0], world_text("first")) &&
			transaction.endorsement_count == 2 && transaction.rwset.read_count == 2 &&
			span_equal(transaction.rwset.result, world_text("answer")),
		"its parts are what was written");
	rest = transaction.rwset.writes;
	while (rwset_next_write(&rest, &write))
		writes += write.operation == RWSET_DELTA ? write.amount == -4 && write.most == 7 : 1;
	ktap_ok(writes == 3, "its writes are walked");
	writer_init(&writer, again, sizeof(again));
	transaction_encode_invoke(&writer, &transaction);
	ktap_ok(writer_len(&writer) == len && !memcmp(again, bytes, len), "written again it is the same bytes");
	for (cut = 0; cut < len; cut++) {
		u8 *exact = malloc(cut ?: 1); /* so that the sanitizer sees a byte read too far */

		memcpy(exact, bytes, cut);
		refused += transaction_decode(exact, cut, &transaction) != 0;
		free(exact);
	}
	ktap_ok(refused == len, "each shorter one is refused");
	bytes[len] = 0;
	ktap_ok(transaction_decode(bytes, len + 1, &transaction), "one byte more is refused");
}

/* Every other byte somewhere: whatever is still read must be written as it stands. */
static void canonical(void)
{
	struct transaction transaction;
	size_t len = full(true), at, wrong = 0, read = 0;
	struct writer writer;
	u32 bit;

	for (at = 0; at < len; at++)
		for (bit = 0; bit < 8; bit++) {
			bytes[at] ^= 1 << bit;
			if (!transaction_decode(bytes, len, &transaction) && transaction.kind == TRANSACTION_INVOKE) {
				read++;
				writer_init(&writer, again, sizeof(again));
				transaction_encode_invoke(&writer, &transaction);
				wrong += writer_len(&writer) != len || memcmp(again, bytes, len);
			}
			bytes[at] ^= 1 << bit;
		}
	ktap_ok(!wrong && read, "of %zu bits turned, %zu are still read, each with its own bytes", len * 8, read);
}

static int decode_set(const struct world_set *set)
{
	struct rwset rwset;

	world_set_encode(&draft, set);
	return rwset_decode(draft.rwset_bytes, draft.rwset_len, &rwset);
}

/* A score's limits, and those of who gives it. */
static void rates(void)
{
	static const struct {
		s64 credibility;
		u8 score;
		bool read;
	} cases[] = { { 0, 0, false },	       { 0, 1, true },	       { 0, 5, true },	      { 0, 6, false },
		      { 1000000, 3, true },    { 1000001, 3, false },  { -1000000, 3, true }, { -1000001, 3, false },
		      { INT64_MAX, 3, false }, { INT64_MIN, 3, false } };
	struct world_set set = { .write_count = 1 };
	struct rwset_write write;
	struct rwset rwset;
	struct span rest;
	u32 wrong = 0;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		set.writes[0] = (struct rwset_write){ .operation = RWSET_RATE,
						      .key = world_text("ka"),
						      .node = world.node[1].public,
						      .credibility = cases[i].credibility,
						      .score = cases[i].score };
		wrong += !decode_set(&set) != cases[i].read;
	}
	ktap_ok(!wrong, "a rate's score is 1 to 5, its credibility within -1 and 1");
	set.writes[0].credibility = -7;
	world_set_encode(&draft, &set);
	rwset_decode(draft.rwset_bytes, draft.rwset_len, &rwset);
	rest = rwset.writes;
	ktap_ok(rwset_next_write(&rest, &write) && write.credibility == -7 && write.score == 3 &&
			!memcmp(write.node, world.node[1].public, 32),
		"and it is read as it was written");
}

static void sets(void)
{
	struct span a = world_text("ka"), b = world_text("kb"), empty = world_text("");
	struct world_set set = { .read_count = 2 };
	static u8 many[65536];
	struct writer writer;
	struct rwset rwset;
	u32 i;

	set.reads[0].key = a;
	set.reads[1].key = b;
	ktap_ok(!decode_set(&set), "two keys in order");
	set.reads[1].key = a;
	ktap_ok(decode_set(&set), "a key twice is refused");
	set.reads[0].key = b;
	ktap_ok(decode_set(&set), "disorder is refused");
	set.reads[1].key = world_text("kbb");
	ktap_ok(!decode_set(&set), "a longer key follows its beginning");
	set.reads[0].key = empty;
	ktap_ok(decode_set(&set), "an empty key is refused");
	set = (struct world_set){ .write_count = 1 };
	set.writes[0] = (struct rwset_write){
		.operation = RWSET_DELTA, .key = a, .value = empty, .amount = 0, .least = 1, .most = 0
	};
	ktap_ok(decode_set(&set), "a range with its ends turned round is refused");
	set.writes[0] = (struct rwset_write){ .operation = 5, .key = a };
	ktap_ok(decode_set(&set), "an operation that does not exist is refused");
	writer_init(&writer, many, sizeof(many));
	writer_u16(&writer, TRANSACTION_KEYS_MAX + 1);
	for (i = 0; i <= TRANSACTION_KEYS_MAX; i++) {
		writer_u16(&writer, 3);
		writer_u8(&writer, 'k');
		writer_u16(&writer, i);
		writer_u64(&writer, 0);
		writer_u32(&writer, 0);
	}
	writer_u16(&writer, 0);
	writer_u32(&writer, 0);
	ktap_ok(rwset_decode(many, writer_len(&writer), &rwset), "more keys than allowed are refused");
}

static void proposals(void)
{
	struct proposal proposal;

	world_draft(&world, &draft, &world.client, 0);
	ktap_ok(proposal_decode(draft.proposal_bytes, draft.proposal.bytes.len, &proposal), "nonce 0 is refused");
	world_draft(&world, &draft, &world.client, 1);
	draft.proposal.contract = (struct span){ (const u8 *)"k\0v", 3 };
	world_draft_encode(&draft);
	ktap_ok(proposal_decode(draft.proposal_bytes, draft.proposal.bytes.len, &proposal),
		"a zero within a contract's name is refused");
	draft.proposal.contract = world_text("");
	world_draft_encode(&draft);
	ktap_ok(proposal_decode(draft.proposal_bytes, draft.proposal.bytes.len, &proposal), "no contract is refused");
}

static void credentials(void)
{
	struct credential credential = world_enrolment(&world, &world.client, 3, CREDENTIAL_CLIENT), read;
	u8 encoded[CREDENTIAL_LEN], twice[CREDENTIAL_LEN];

	credential.expires = 77;
	credential_encode(&credential, encoded);
	ktap_ok(!credential_decode((struct span){ encoded, sizeof(encoded) }, &read), "a credential is read");
	credential_encode(&read, twice);
	ktap_ok(!memcmp(encoded, twice, sizeof(encoded)) && read.organisation == 3 && read.expires == 77,
		"and is what was written");
	ktap_ok(credential_decode((struct span){ encoded, sizeof(encoded) - 1 }, &read), "a shorter one is refused");
	credential.grade = 1;
	credential_encode(&credential, encoded);
	ktap_ok(credential_decode((struct span){ encoded, sizeof(encoded) }, &read), "a client has no grade");
	credential = world_enrolment(&world, &world.attestor, 0, CREDENTIAL_ATTESTOR);
	credential.grade = 3;
	credential_encode(&credential, encoded);
	ktap_ok(credential_decode((struct span){ encoded, sizeof(encoded) }, &read), "a grade that does not exist");
	credential = world_enrolment(&world, &world.client, 0, 5);
	credential_encode(&credential, encoded);
	ktap_ok(credential_decode((struct span){ encoded, sizeof(encoded) }, &read), "a role that does not exist");
}

static void other_kinds(void)
{
	struct transaction transaction;
	struct writer writer;
	size_t len;

	writer_init(&writer, bytes, sizeof(bytes));
	transaction_encode_open(&writer, world.client.public, 3, world_text("load"));
	len = writer_len(&writer);
	ktap_ok(!transaction_decode(bytes, len, &transaction) && transaction.nonce == 3 &&
			span_equal(transaction.payload, world_text("load")) && transaction.client == bytes + 1,
		"an open request is read");
	bytes[len] = 0;
	ktap_ok(transaction_decode(bytes, len + 1, &transaction), "one byte more is refused");
	len = world_config(&world, 0, &world.membership, 3, bytes, sizeof(bytes));
	ktap_ok(!transaction_decode(bytes, len, &transaction) && transaction.signatures.len == 130,
		"a configuration is read");
	bytes[len - 65] = 0;
	ktap_ok(transaction_decode(bytes, len, &transaction), "one regulator twice is refused");
	ktap_ok(transaction_decode(bytes, 0, &transaction), "nothing is refused");
}

int main(void)
{
	ktap_plan(0);
	world_open(&world, NULL);
	round_trip(false);
	round_trip(true);
	canonical();
	sets();
	rates();
	proposals();
	credentials();
	other_kinds();
	world_close(&world);
	return ktap_exit();
}
