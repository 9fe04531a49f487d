// SPDX-License-Identifier: GPL-2.0
/* anchor_test.c - heads of verdict chains on the ledger: who may sign them, that numbers rise, and that two chains of
 * one attestor show. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/contract/anchor.h"
#include "tests/contract/chain_stage.h"
#include "tests/ktap.h"

static bool refused(int got, int wanted, const char *words)
{
	bool right = got == wanted && strstr(stage.output.refusal, words);

	if (!right)
		printf("# got %d: %s\n", got, stage.output.refusal);
	return right;
}

static int post(struct stage_client *client, struct chain_batch *batch)
{
	struct chain_texts texts = chain_seal(batch);

	return DO(client, "anchor.post", texts.head, texts.signature);
}

/* A member of the only anchor shown. */
static json_int_t shown(const char *member)
{
	json_t *array, *value;
	json_int_t number;

	QUERY("anchor.show");
	array = stage_json();
	value = json_object_get(json_array_get(array, 0), member);
	number = json_is_boolean(value) ? json_boolean_value(value) : json_integer_value(value);
	json_decref(array);
	return number;
}

static void rises(void)
{
	struct chain_batch batch = chain_batch(7, 1, 0, 0);

	ktap_ok(!post(stage.wallet, &batch) && shown("number") == 7, "batch 7 is anchored: %s", stage.output.refusal);
	ktap_ok(refused(post(stage.wallet, &batch), -EALREADY, "this one"), "again: %s", stage.output.refusal);
	batch = chain_batch(6, 1, 0, 0);
	ktap_ok(refused(post(stage.wallet, &batch), -EALREADY, "later"), "an earlier one: %s", stage.output.refusal);
	batch = chain_batch(5000000000ULL, 1, 0, 0);
	ktap_ok(!post(stage.other, &batch) && shown("number") == 5000000000LL,
		"a later one, posted by another: the head proves itself");
	ktap_ok(!shown("silent"), "the gate is heard");
	stage_block(29 * WORLD_SECOND);
	ktap_ok(!shown("silent"), "29 s later too");
	stage_block(2 * WORLD_SECOND);
	ktap_ok(shown("silent"), "three heartbeats later it is silent");
}

static void forked(void)
{
	struct chain_batch batch = chain_batch(5000000000ULL, 2, 0, 0);

	ktap_ok(!shown("forked"), "one chain so far");
	ktap_ok(!post(stage.wallet, &batch) && shown("forked"),
		"another head of the same number: two chains, for ever");
	batch = chain_batch(5000000000ULL, 3, 0, 0);
	ktap_ok(refused(post(stage.wallet, &batch), -EALREADY, "two chains"), "which is said once: %s",
		stage.output.refusal);
	batch = chain_batch(5000000001ULL, 1, 0, 0);
	ktap_ok(!post(stage.wallet, &batch) && shown("forked"), "and is not covered up by a later head");
}

static void strangers(void)
{
	struct world_key stranger = world_key("stranger");
	struct chain_batch batch = chain_batch(5000000002ULL, 1, 0, 0);
	struct chain_texts texts = chain_seal(&batch);
	char signature[129];

	strcpy(signature, texts.signature);
	signature[7] = signature[7] == '0' ? '1' : '0';
	ktap_ok(refused(DO(stage.wallet, "anchor.post", texts.head, signature), -EACCES, "did not sign"),
		"a signature with a bit turned: %s", stage.output.refusal);
	batch.verdict.attestor = &stranger;
	memcpy(batch.verdict.head.attestor, stranger.public, 32);
	ktap_ok(refused(post(stage.wallet, &batch), -EACCES, "No organisation enrolled"),
		"a key that nobody enrolled: %s", stage.output.refusal);
	batch = chain_batch(5000000002ULL, 1, 0, 0);
	batch.verdict.head.epoch ^= 1;
	ktap_ok(refused(post(stage.wallet, &batch), -EACCES, "this epoch"), "another epoch");
	batch = chain_batch(5000000002ULL, 1, 0, 0);
	batch.verdict.head.grade = VG_GRADE_PLAIN;
	ktap_ok(refused(post(stage.wallet, &batch), -EACCES, "this epoch"), "another grade");
	ktap_ok(SIMULATE(stage.wallet, "anchor.post", texts.head, "00") == -EINVAL &&
			SIMULATE(stage.wallet, "anchor.post", "00", texts.signature) == -EINVAL,
		"arguments that are none: %s", stage.output.refusal);
	batch = chain_batch(5000000002ULL, 1, 0, 0);
	batch.verdict.attestor = &stage.wallet->key;
	memcpy(batch.verdict.head.attestor, stage.wallet->key.public, 32);
	ktap_ok(refused(post(stage.wallet, &batch), -EACCES, "No organisation enrolled"), "a wallet is no attestor");
}

static void revoked(void)
{
	struct credential credential = world_enrolment(&stage.world, &stage.world.attestor, 0, CREDENTIAL_ATTESTOR);
	struct chain_batch batch = chain_batch(5000000009ULL, 1, 0, 0);
	u8 bytes[512];
	size_t len = world_credential(TRANSACTION_REVOKE, &credential, &stage.world.authority[0], bytes, sizeof(bytes));

	ktap_ok(world_try(&stage.world, bytes, len) == LEDGER_VALID, "its organisation revokes the attestation key");
	ktap_ok(refused(post(stage.wallet, &batch), -EACCES, "revoked"), "it anchors nothing any more: %s",
		stage.output.refusal);
	ktap_ok(shown("number") == 5000000001LL, "what was anchored stays");
}

/* Enrolled when the endorsers looked, revoked when the block came: the transaction conflicts. */
static void raced(void)
{
	struct credential credential = world_enrolment(&stage.world, &stage.world.attestor, 0, CREDENTIAL_ATTESTOR);
	struct chain_batch batch = chain_batch(5000000010ULL, 1, 0, 0);
	struct chain_texts texts;
	u8 bytes[512];
	size_t len = world_credential(TRANSACTION_ENROL, &credential, &stage.world.authority[0], bytes, sizeof(bytes));

	world_try(&stage.world, bytes, len);
	texts = chain_seal(&batch);
	ktap_ok(!SIMULATE(stage.wallet, "anchor.post", texts.head, texts.signature), "enrolled again: %s",
		stage.output.refusal);
	credential = world_enrolment(&stage.world, &stage.world.attestor, 0, CREDENTIAL_ATTESTOR);
	len = world_credential(TRANSACTION_REVOKE, &credential, &stage.world.authority[0], bytes, sizeof(bytes));
	world_add(&stage.world, bytes, len);
	stage_order(stage.wallet);
	stage_block(WORLD_SECOND);
	ktap_ok(stage.world.result->outcomes[1] == LEDGER_CONFLICT, "a revocation before it in the block: conflict");
}

int main(void)
{
	ktap_plan(0);
	stage_open();
	rises();
	forked();
	strangers();
	revoked();
	raced();
	stage_close();
	return ktap_exit();
}
