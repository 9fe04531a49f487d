// SPDX-License-Identifier: GPL-2.0
/*
 * endorser_test.c - from a proposal to a committed transaction on a real ledger
 * in memory: two endorsers, signed alone and by the batch, refusals, and answers that call back.
 */
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "agent/endorse/endorser.h"
#include "agent/endorse/endorser_tree.h"
#include "ledger/merkle.h"
#include "tests/ktap.h"
#include "tests/txn/world.h"

#define MANY 37

/* One proposal on its way: what each of two endorsers said. */
struct journey {
	struct world_draft draft;
	u8 signature[64];
	u32 answers;
	enum ledger_outcome outcome;
	u8 rwset[2][4096], endorsement[2][ENDORSEMENT_MAX];
	size_t rwset_len[2], endorsement_len[2];
};

static struct world world;
static struct ledger *ledger;
static struct endorser *endorsers[2];
static u32 which, answered, privates_given, signatures;
static bool private_before_answer;
static char sentence[512];
static u64 nonce, named;      /* block */
static struct journey *again; /* taken from within the next answer */

static void take(struct journey *journey, u32 endorser, bool single, struct span private_arguments)
{
	struct endorser_request request = {
		.proposal = journey->draft.proposal.bytes,
		.client_signature = { journey->signature, 64 },
		.private_arguments = private_arguments,
		.single = single,
		.height = named,
		.cookie = journey,
	};

	which = endorser;
	endorser_take(endorsers[endorser], &request, world.time + WORLD_SECOND);
}

static void answer(void *arg, void *cookie, enum ledger_outcome outcome, const char *said, struct span rwset,
		   struct span endorsement, struct span result)
{
	struct journey *journey = cookie, *next = again;

	(void)arg, (void)result;
	answered++;
	journey->answers++;
	journey->outcome = outcome;
	snprintf(sentence, sizeof(sentence), "%s", said);
	if (outcome == LEDGER_VALID) {
		memcpy(journey->rwset[which], rwset.bytes, rwset.len);
		journey->rwset_len[which] = rwset.len;
		memcpy(journey->endorsement[which], endorsement.bytes, endorsement.len);
		journey->endorsement_len[which] = endorsement.len;
	}
	again = NULL;
	if (next)
		take(next, which, false, (struct span){ NULL, 0 });
}

static void give(void *arg, const u8 proposal_hash[32], const struct contract_private *privates, u32 count)
{
	(void)arg, (void)proposal_hash, (void)privates;
	privates_given += count;
	private_before_answer = !answered;
}

static void sign(void *arg, const void *message, size_t len, u8 ret_signature[64])
{
	signatures++;
	world_sign(arg, message, len, ret_signature);
}

static void begin(struct journey *journey, const char *function, u32 count, const char *const *arguments)
{
	u8 hash[32];
	u32 i;

	memset(journey, 0, sizeof(*journey));
	world_draft(&world, &journey->draft, &world.client, ++nonce);
	journey->draft.proposal.function = world_text(function);
	journey->draft.proposal.argument_count = count;
	for (i = 0; i < count; i++)
		journey->draft.proposal.arguments[i] = world_text(arguments[i]);
	world_draft_encode(&journey->draft);
	proposal_signed_hash(&journey->draft.proposal, hash);
	world_sign(&world.client, hash, sizeof(hash), journey->signature);
}

#define BEGIN(journey, function, ...)                                                      \
	begin(journey, function, sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *), \
	      (const char *[]){ __VA_ARGS__ })

static size_t transaction_of(struct journey *journey, u8 *bytes, size_t size)
{
	struct transaction transaction = {
		.authority = TRANSACTION_SIGNED,
		.signature = journey->signature,
		.rwset.bytes = { journey->rwset[0], journey->rwset_len[0] },
		.endorsement_count = 2,
		.endorsements = { { journey->endorsement[0], journey->endorsement_len[0] },
				  { journey->endorsement[1], journey->endorsement_len[1] } },
	};
	struct writer writer;

	transaction.proposal.bytes = journey->draft.proposal.bytes;
	writer_init(&writer, bytes, size);
	transaction_encode_invoke(&writer, &transaction);
	return writer_len(&writer);
}

/* The next block of the ledger; valid transactions in it. */
static u32 block(u32 count, const u8 *bytes, size_t len)
{
	static u8 body[BLOCK_BODY_MAX];
	struct block_certificate certificate = { .view = 0 };
	struct candidate *candidate;
	struct ledger_error error;
	struct writer writer;
	u32 valid = 0, i;

	writer_init(&writer, body, sizeof(body));
	writer_u32(&writer, count);
	writer_bytes(&writer, bytes, len);
	world.time += WORLD_SECOND;
	world.number++;
	if (ledger_execute(ledger, NULL, world.time, (struct span){ body, writer_len(&writer) }, &candidate))
		return 0;
	for (i = 0; i < count; i++)
		valid += candidate_outcomes(candidate)[i] == LEDGER_VALID;
	if (ledger_append(ledger, candidate, &certificate, &error) || ledger_sync(ledger, &error))
		return 0;
	for (i = 0; i < 2; i++)
		if (endorsers[i])
			endorser_block(endorsers[i], ledger_head(ledger)->number, ledger_head(ledger)->time);
	return valid;
}

static u32 commit(struct journey *journeys, u32 count)
{
	static u8 bytes[BLOCK_BODY_MAX], one[65536];
	struct writer writer;
	u32 i;

	writer_init(&writer, bytes, sizeof(bytes));
	for (i = 0; i < count; i++)
		writer_span32(&writer, (struct span){ one, transaction_of(&journeys[i], one, sizeof(one)) });
	return block(count, bytes, writer_len(&writer));
}

static void single(void)
{
	static struct journey journey;

	BEGIN(&journey, "put", "a", "one");
	take(&journey, 0, true, (struct span){ NULL, 0 });
	take(&journey, 1, true, (struct span){ NULL, 0 });
	ktap_ok(journey.answers == 2 && journey.outcome == LEDGER_VALID && signatures == 2,
		"two endorsers answer at once: %s", sentence);
	ktap_ok(journey.rwset_len[0] == journey.rwset_len[1] &&
			!memcmp(journey.rwset[0], journey.rwset[1], journey.rwset_len[0]),
		"with the same read/write set");
	ktap_ok(commit(&journey, 1) == 1, "the transaction is valid");
	take(&journey, 0, true, (struct span){ NULL, 0 });
	ktap_ok(journey.outcome == LEDGER_DUPLICATE, "the same proposal is not endorsed again: %s", sentence);
}

static void batch(void)
{
	static struct journey journeys[MANY], late, forgotten;
	char key[16];
	u32 e, i, all = 0;

	signatures = answered = 0;
	for (i = 0; i < MANY; i++) {
		snprintf(key, sizeof(key), "key%u", i);
		BEGIN(&journeys[i], "put", key, "value");
	}
	BEGIN(&late, "put", "late", "value");
	BEGIN(&forgotten, "put", "forgotten", "value");
	for (e = 0; e < 2; e++) {
		for (i = 0; i < MANY; i++)
			take(&journeys[i], e, false, (struct span){ NULL, 0 });
		take(&forgotten, e, false, (struct span){ NULL, 0 });
		endorser_forget(endorsers[e], &forgotten);
		again = e ? NULL : &late;
		ktap_ok(endorser_waiting(endorsers[e]) == MANY + 1, "%u wait", MANY + 1);
		endorser_seal(endorsers[e]);
		ktap_ok(endorser_waiting(endorsers[e]) == !e, "one that an answer brought waits for the next batch");
		endorser_seal(endorsers[e]);
	}
	for (i = 0; i < MANY; i++)
		all += journeys[i].answers;
	ktap_ok(all == 2 * MANY && late.answers == 1 && !forgotten.answers,
		"each was answered by both, none forgotten");
	ktap_ok(signatures == 3, "three signatures for all of them");
	ktap_ok(commit(journeys, MANY) == MANY, "all %u transactions are valid in one block", MANY);
}

static void full(void)
{
	static struct journey journeys[MANY * 2];
	u32 i;

	answered = 0;
	for (i = 0; i < 2 * MANY; i++) {
		BEGIN(&journeys[i], "add", "n", "1");
		take(&journeys[i], 0, false, (struct span){ NULL, 0 });
	}
	ktap_ok(answered == 64 && endorser_waiting(endorsers[0]) == 2 * MANY - 64, "a full batch seals itself");
	endorser_seal(endorsers[0]);
	ktap_ok(answered == 2 * MANY, "the rest when asked");
}

static void refuse(struct journey *journey, enum ledger_outcome wanted, struct span private_arguments)
{
	answered = 0;
	take(journey, 0, false, private_arguments);
	ktap_ok(answered == 1 && journey->outcome == wanted, "%s: %s", ledger_outcome_word(wanted), sentence);
}

static void refusals(void)
{
	static struct journey journey;
	struct endorser_request request = { .proposal = { (const u8 *)"no", 2 }, .cookie = &journey };
	struct span none = { NULL, 0 };

	endorser_take(endorsers[0], &request, world.time);
	ktap_ok(journey.outcome == LEDGER_MALFORMED, "malformed: %s", sentence);
	BEGIN(&journey, "put", "a", "b");
	journey.signature[3] ^= 1;
	refuse(&journey, LEDGER_BAD_SIGNATURE, none);
	BEGIN(&journey, "put", "a");
	refuse(&journey, LEDGER_NOT_ALLOWED, none);
	BEGIN(&journey, "put", "a", "b");
	refuse(&journey, LEDGER_NOT_ALLOWED, world_text("0123456789abcdefnot signed for"));
	BEGIN(&journey, "get", "nothing there");
	refuse(&journey, LEDGER_NOT_ALLOWED, none);
}

static void private(void)
{
	struct span arguments = world_text("0123456789abcdefa secret of two organisations");
	static struct journey journey;
	u8 hash[32];

	begin(&journey, "put-private", 2, (const char *[]){ "prices", "k" });
	ledger_hash_bytes(LEDGER_DOMAIN_PRIVATE, arguments.bytes, arguments.len, hash);
	journey.draft.proposal.private_hash = hash;
	world_draft_encode(&journey.draft);
	proposal_signed_hash(&journey.draft.proposal, hash);
	world_sign(&world.client, hash, sizeof(hash), journey.signature);
	privates_given = answered = 0;
	take(&journey, 0, true, arguments);
	ktap_ok(journey.outcome == LEDGER_VALID && privates_given == 1 && private_before_answer,
		"the private value is given away before the endorsement leaves: %s", sentence);
	take(&journey, 1, true, arguments);
	ktap_ok(journey.rwset_len[0] == journey.rwset_len[1] &&
			!memcmp(journey.rwset[0], journey.rwset[1], journey.rwset_len[0]),
		"both endorsers salt it alike");
	ktap_ok(commit(&journey, 1) == 1, "the transaction is valid");
}

/* Every leaf of every size has the path that the verifying side expects, and no other place. */
static void trees(void)
{
	static struct endorser_tree tree;
	static u8 leaves[ENDORSEMENT_BATCH_MAX][32], scratch[ENDORSEMENT_BATCH_MAX][32];
	u8 path[ENDORSEMENT_PATH_MAX * 32], root[32];
	u32 count, i, len, wrong = 0, total = 0;

	randombytes_buf(leaves, sizeof(leaves));
	for (count = 1; count <= ENDORSEMENT_BATCH_MAX; count += count < 70 ? 1 : count == 70 ? 441 : 513) {
		memcpy(tree.nodes, leaves, count * 32);
		endorser_tree_build(&tree, count);
		memcpy(scratch, leaves, count * 32);
		merkle_root(scratch, count, root);
		wrong += memcmp(root, endorser_tree_root(&tree), 32) != 0;
		for (i = 0; i < count; i++, total++) {
			len = endorser_tree_path(&tree, i, path);
			wrong += !merkle_root_of_path(leaves[i], i, count, path, len, root) ||
				 memcmp(root, endorser_tree_root(&tree), 32);
			wrong += merkle_root_of_path(leaves[i], i ^ 1, count, path, len, root) &&
				 !memcmp(root, endorser_tree_root(&tree), 32);
			wrong += len && merkle_root_of_path(leaves[i], i, count, path, len - 1, root) &&
				 !memcmp(root, endorser_tree_root(&tree), 32);
		}
	}
	ktap_ok(!wrong, "%u leaves in batches of 1 to 1,024: right path, no other place", total);
}

/* By a gate's verdict: judged as in a block, and the contract sees whose mandate it is. */
static void by_evidence(void)
{
	static struct journey journey;
	static u8 evidence[EVIDENCE_MAX];
	struct world_verdict verdict;
	struct endorser_request request = { .single = true, .cookie = &journey };
	u32 i;

	for (i = 0; i < 3; i++) {
		BEGIN(&journey, i ? "account.register" : "put", "a", "b");
		journey.draft.proposal.argument_count = i ? 0 : 2;
		journey.draft.proposal.contract = world_text(i ? "charging" : "kv");
		world_draft_encode(&journey.draft);
		world_verdict(&world, &verdict, &journey.draft);
		verdict.head.number = vg_be64(nonce);
		if (i == 2)
			verdict.action.mandate_signature[5] ^= 1;
		request.proposal = journey.draft.proposal.bytes;
		request.evidence = (struct span){ evidence, world_evidence(&verdict, evidence) };
		endorser_take(endorsers[0], &request, world.time + WORLD_SECOND);
		if (!i)
			ktap_ok(journey.outcome == LEDGER_NOT_ALLOWED && strstr(sentence, "signature, not a gate"),
				"kv by evidence: %s", sentence);
		else if (i == 1)
			ktap_ok(journey.outcome == LEDGER_NOT_ALLOWED && strstr(sentence, "mandate is not enough"),
				"the contract sees the mandate: %s", sentence);
		else
			ktap_ok(journey.outcome == LEDGER_BAD_MANDATE, "a mandate that the client did not sign: %s",
				sentence);
	}
	BEGIN(&journey, "put", "a", "b");
	request.proposal = journey.draft.proposal.bytes;
	request.evidence = (struct span){ NULL, 0 };
	endorser_take(endorsers[0], &request, world.time + WORLD_SECOND);
	ktap_ok(journey.outcome == LEDGER_BAD_EVIDENCE, "neither signature nor evidence: %s", sentence);
	request.evidence = (struct span){ evidence, 40 };
	endorser_take(endorsers[0], &request, world.time + WORLD_SECOND);
	ktap_ok(journey.outcome == LEDGER_BAD_EVIDENCE, "evidence of 40 bytes: %s", sentence);
}

/* An account's opening holds the time. @blocks: of a second each, between the one endorser's judgement and the other's.
 */
static bool same_at(u32 blocks, bool name)
{
	static struct journey journey, between;
	u8 hash[32];
	u32 i;

	begin(&journey, "account.register", 0, NULL);
	journey.draft.proposal.contract = world_text("charging");
	world_draft_encode(&journey.draft);
	proposal_signed_hash(&journey.draft.proposal, hash);
	world_sign(&world.client, hash, sizeof(hash), journey.signature);
	named = name ? ledger_head(ledger)->number : 0;
	take(&journey, 0, true, (struct span){ NULL, 0 });
	for (i = 0; i < blocks; i++) {
		BEGIN(&between, "put", "between", "blocks");
		take(&between, 0, true, (struct span){ NULL, 0 });
		take(&between, 1, true, (struct span){ NULL, 0 });
		if (commit(&between, 1) != 1)
			return false;
	}
	take(&journey, 1, true, (struct span){ NULL, 0 });
	named = 0;
	return journey.rwset_len[0] && journey.rwset_len[0] == journey.rwset_len[1] &&
	       !memcmp(journey.rwset[0], journey.rwset[1], journey.rwset_len[0]);
}

static void times(void)
{
	ktap_ok(same_at(1, true) && same_at(2, true),
		"endorsers a block and two apart say the same at the block that was named");
	ktap_ok(same_at(0, false) && !same_at(1, false), "where none was named, each takes its head's time");
	ktap_ok(!same_at(3, true), "a block of longer ago than time-skew-ms is not gone by");
}

static void tune(struct membership *genesis)
{
	genesis->collection_count = 1;
	strcpy(genesis->collections[0].name, "prices");
	genesis->collections[0].organisations = 3;
}

static void open_ledger(void)
{
	struct ledger_options options = { .folder = NULL };
	struct credential credential;
	struct ledger_error error;
	struct writer writer;
	u8 bytes[512], one[256];
	u32 i;

	if (disk_memory_open(&options.disk) || store_memory_open(&options.store) ||
	    ledger_create(&options, &world.membership, WORLD_START, &ledger, &error)) {
		printf("Bail out! No ledger.\n");
		exit(1);
	}
	world.number = 0;
	credential = world_enrolment(&world, &world.client, 0, CREDENTIAL_CLIENT);
	writer_init(&writer, bytes, sizeof(bytes));
	writer_span32(&writer, (struct span){ one, world_credential(TRANSACTION_ENROL, &credential, &world.authority[0],
								    one, sizeof(one)) });
	credential = world_enrolment(&world, &world.attestor, 0, CREDENTIAL_ATTESTOR);
	writer_span32(&writer, (struct span){ one, world_credential(TRANSACTION_ENROL, &credential, &world.authority[0],
								    one, sizeof(one)) });
	ktap_ok(block(2, bytes, writer_len(&writer)) == 2, "a client and an attestor are enrolled");
	for (i = 0; i < 2; i++) {
		struct endorser_options endorser = { .ledger = ledger,
						     .sign = sign,
						     .batch_most = 64,
						     .answer = answer,
						     .privates = give,
						     .arg = &world.node[i] };

		memcpy(endorser.node_key, world.node[i].public, 32);
		endorsers[i] = endorser_new(&endorser);
	}
}

int main(void)
{
	ktap_plan(0);
	world_open(&world, tune);
	open_ledger();
	single();
	batch();
	full();
	refusals();
	private();
	trees();
	by_evidence();
	times();
	endorser_free(endorsers[0]);
	endorser_free(endorsers[1]);
	ledger_close(ledger);
	world_close(&world);
	return ktap_exit();
}
