// SPDX-License-Identifier: GPL-2.0
/* outcome_test.c - each outcome word comes of a transaction that differs from a valid one in a single thing. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/ktap.h"
#include "tests/txn/world.h"

static struct world world;
static struct world_draft draft;
static u8 bytes[TRANSACTION_MAX], evidence_bytes[EVIDENCE_MAX];
static bool seen[LEDGER_OUTCOME_COUNT];
static u64 nonce;

static void expect(enum ledger_outcome got, enum ledger_outcome wanted, const char *what)
{
	ktap_ok(got == wanted, "%s: %s", ledger_outcome_word(wanted), what);
	if (got != wanted)
		printf("# got %s\n", ledger_outcome_word(got));
	else
		seen[wanted] = true;
}

/* A valid one that puts a key of its own. */
static void fresh(void)
{
	struct world_set set = { .write_count = 1, .result = "done" };

	world_draft(&world, &draft, &world.client, ++nonce);
	set.writes[0] = (struct rwset_write){ .operation = RWSET_PUT,
					      .key = world_state_key("kv", "a"),
					      .value = world_text("value") };
	world_set_encode(&draft, &set);
}

static void try(enum ledger_outcome wanted, const char *what)
{
	expect(world_try_draft(&world, &draft), wanted, what);
}

static void flip_signature(u8 signature[64])
{
	signature[5] ^= 1;
}

static void flip_endorsement(struct world_draft *which, u32 index, struct endorsement *endorsement, u8 path[32 * 10],
			     u8 signature[64])
{
	(void)which, (void)endorsement, (void)path;
	if (index == 1)
		signature[9] ^= 0x80;
}

static void simple(void)
{
	struct world_key stranger = world_key("stranger");
	u8 wrong[32] = { 1 };

	fresh();
	try(LEDGER_VALID, "two organisations endorsed it");
	fresh();
	draft.proposal.channel = wrong;
	world_draft_encode(&draft);
	try(LEDGER_WRONG_CHANNEL, "the proposal names another channel");
	fresh();
	draft.proposal.nonce = 1;
	world_draft_encode(&draft);
	try(LEDGER_DUPLICATE, "a nonce twice");
	fresh();
	draft.proposal.expires = world.time;
	world_draft_encode(&draft);
	try(LEDGER_EXPIRED, "it ended before the block");
	fresh();
	draft.proposal.expires = world.time + (600 + 1) * WORLD_SECOND + 1;
	world_draft_encode(&draft);
	try(LEDGER_EXPIRED, "it would live too long");
	fresh();
	draft.proposal.expires = world.time + WORLD_SECOND;
	world_draft_encode(&draft);
	try(LEDGER_VALID, "it ends with the block's time");
	fresh();
	draft.proposal.expires = world.time + (600 + 1) * WORLD_SECOND;
	world_draft_encode(&draft);
	try(LEDGER_VALID, "it lives as long as it may");
	fresh();
	draft.proposal.client = stranger.public;
	draft.signer = &stranger;
	world_draft_encode(&draft);
	try(LEDGER_UNKNOWN_CLIENT, "nobody enrolled the client");
	fresh();
	draft.proposal.client = world.attestor.public;
	draft.signer = &world.attestor;
	world_draft_encode(&draft);
	try(LEDGER_UNKNOWN_CLIENT, "the client is enrolled, but as an attestor");
	fresh();
	draft.spoil_client = flip_signature;
	try(LEDGER_BAD_SIGNATURE, "the client's signature with a bit turned");
	fresh();
	draft.spoil = flip_endorsement;
	try(LEDGER_BAD_ENDORSEMENT, "an endorsement's signature with a bit turned");
	fresh();
	draft.endorser_count = 1;
	try(LEDGER_POLICY_UNMET, "one organisation of two");
	expect(world_try(&world, (const u8 *)"\x09", 1), LEDGER_MALFORMED, "a kind that does not exist");
}

static void keys_and_values(void)
{
	struct world_set set = { .read_count = 1 };

	fresh();
	set.reads[0] = (struct rwset_read){ world_state_key("kv", "a"), world.number - 3, 0 };
	world_set_encode(&draft, &set);
	try(LEDGER_CONFLICT, "a read of a version that is not there");
	set = (struct world_set){ .write_count = 1 };
	set.writes[0] = (struct rwset_write){
		.operation = RWSET_DELTA, .key = world_state_key("kv", "n"), .amount = 5, .least = 0, .most = 4
	};
	fresh();
	world_set_encode(&draft, &set);
	try(LEDGER_OUT_OF_RANGE, "five where four is the most");
	set.writes[0] = (struct rwset_write){ .operation = RWSET_PUT,
					      .key = world_state_key("vk", "a"),
					      .value = world_text("x") };
	fresh();
	world_set_encode(&draft, &set);
	try(LEDGER_NOT_ALLOWED, "another contract's key");
	set.writes[0] =
		(struct rwset_write){ .operation = RWSET_PUT, .key = world_text("c"), .value = world_text("x") };
	fresh();
	world_set_encode(&draft, &set);
	try(LEDGER_NOT_ALLOWED, "the configuration's key");
}

static void private_keys(void)
{
	struct world_set set = { .write_count = 1 };
	static const u8 key[34] = { 'p' }, value[33];
	u32 length, size;

	for (length = 32; length <= 34; length++)
		for (size = 31; size <= 33; size++) {
			set.writes[0] = (struct rwset_write){ .operation = RWSET_PUT,
							      .key = { key, length },
							      .value = { value, size } };
			fresh();
			world_set_encode(&draft, &set);
			try(length == 33 && size == 32 ? LEDGER_VALID : LEDGER_NOT_ALLOWED,
			    "a private value's key of 33 bytes and its hash of 32");
		}
	set.writes[0] = (struct rwset_write){
		.operation = RWSET_DELTA, .key = { key, 33 }, .amount = 0, .least = 0, .most = 0
	};
	fresh();
	world_set_encode(&draft, &set);
	try(LEDGER_NOT_ALLOWED, "a delta on a private value");
}

static void by_evidence(enum ledger_outcome wanted, const char *what, void (*change)(struct world_verdict *verdict))
{
	struct world_verdict verdict;

	fresh();
	world_verdict(&world, &verdict, &draft);
	verdict.head.number = vg_be64(nonce);
	if (change)
		change(&verdict);
	draft.evidence = (struct span){ evidence_bytes, world_evidence(&verdict, evidence_bytes) };
	try(wanted, what);
}

static void other_digest(struct world_verdict *verdict)
{
	verdict->record.digest[0] ^= 1;
}

static void other_request(struct world_verdict *verdict)
{
	verdict->action.action_salt[0] ^= 1;
}

static void no_mandate(struct world_verdict *verdict)
{
	verdict->action.mandate_signature[0] ^= 1;
}

static void ended(struct world_verdict *verdict)
{
	verdict->action.mandate.expires = world.time - WORLD_SECOND;
	verdict->action.mandate.issued = 0;
}

static void too_old(struct world_verdict *verdict)
{
	verdict->record.time = vg_be64(world.time - 60 * WORLD_SECOND);
}

static void other_epoch(struct world_verdict *verdict)
{
	verdict->head.epoch++;
}

static void lower_grade(struct world_verdict *verdict)
{
	verdict->head.grade = verdict->record.grade = VG_GRADE_PLAIN;
}

static void evidence(void)
{
	struct world_verdict verdict;

	by_evidence(LEDGER_VALID, "a verdict in place of the signature", NULL);
	by_evidence(LEDGER_BAD_EVIDENCE, "a verdict of something else", other_digest);
	by_evidence(LEDGER_OTHER_REQUEST, "a packet that commits to something else", other_request);
	by_evidence(LEDGER_BAD_MANDATE, "a mandate that the client did not sign", no_mandate);
	by_evidence(LEDGER_EXPIRED_MANDATE, "a mandate of before", ended);
	by_evidence(LEDGER_STALE_EVIDENCE, "a verdict a minute old", too_old);
	by_evidence(LEDGER_UNKNOWN_ATTESTOR, "an epoch that nobody enrolled", other_epoch);
	by_evidence(LEDGER_GRADE_REFUSED, "plain where attested is enrolled", lower_grade);
	fresh();
	world_verdict(&world, &verdict, &draft);
	draft.evidence = (struct span){ evidence_bytes, world_evidence(&verdict, evidence_bytes) };
	try(LEDGER_VALID, "a first use");
	fresh();
	draft.evidence = (struct span){ evidence_bytes, world_evidence(&verdict, evidence_bytes) };
	try(LEDGER_USED_EVIDENCE, "the same verdict for another proposal");
}

/* Judged, not carried out: nothing changes. */
static enum ledger_outcome judged(size_t len)
{
	struct execute_context context = world_context(&world, WORLD_SECOND);
	enum ledger_outcome outcome = LEDGER_OUTCOME_COUNT;
	struct transaction transaction;

	if (transaction_decode(bytes, len, &transaction))
		return LEDGER_MALFORMED;
	execute_precheck(&context, world.state, &transaction, &outcome);
	return outcome;
}

static void every_bit(void)
{
	u32 passed = 0, at, bit;
	size_t len;

	fresh();
	draft.endorser_count = 2;
	len = world_invoke(&world, &draft, bytes, sizeof(bytes));
	ktap_ok(judged(len) == LEDGER_VALID, "a transaction of %zu bytes", len);
	for (at = 0; at < len; at++)
		for (bit = 0; bit < 8; bit++) {
			bytes[at] ^= 1 << bit;
			if (judged(len) == LEDGER_VALID) {
				printf("# byte %u bit %u\n", at, bit);
				passed++;
			}
			bytes[at] ^= 1 << bit;
		}
	ktap_ok(!passed, "each of its bits matters");
	nonce--; /* it was not spent */
}

static void configuration(void)
{
	struct membership next = world.membership;
	struct credential credential;
	size_t len;

	next.sequence = 1;
	next.parameters[MEMBERSHIP_BETA_MILLI] = 5;
	len = world_config(&world, 7, &next, 3, bytes, sizeof(bytes));
	expect(world_try(&world, bytes, len), LEDGER_BAD_CONFIG, "it follows another configuration");
	len = world_config(&world, 0, &next, 2, bytes, sizeof(bytes));
	expect(world_try(&world, bytes, len), LEDGER_POLICY_UNMET, "one regulator of two");
	len = world_config(&world, 0, &next, 3, bytes, sizeof(bytes));
	expect(world_try(&world, bytes, len), LEDGER_VALID, "both regulators");
	credential = world_enrolment(&world, &world.client, 0, CREDENTIAL_CLIENT);
	len = world_credential(TRANSACTION_REVOKE, &credential, &world.authority[0], bytes, sizeof(bytes));
	expect(world_try(&world, bytes, len), LEDGER_VALID, "a revocation");
	fresh();
	try(LEDGER_REVOKED, "its client was revoked");
}

int main(void)
{
	u32 i;

	ktap_plan(0);
	world_open(&world, NULL);
	simple();
	keys_and_values();
	private_keys();
	evidence();
	every_bit();
	configuration();
	for (i = 0; i < LEDGER_OUTCOME_COUNT; i++)
		ktap_ok(seen[i], "%s was seen: %s", ledger_outcome_word(i), ledger_outcome_sentence(i));
	world_close(&world);
	return ktap_exit();
}
