// SPDX-License-Identifier: GPL-2.0
/* members_test.c - who may enrol, revoke and configure, from when on it holds, and the experience of endorsing. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/ktap.h"
#include "tests/txn/world.h"

static struct world world;
static struct world_draft draft;
static struct world_key third;
static u8 bytes[TRANSACTION_MAX];
static u64 nonce;

static enum ledger_outcome act(const struct world_key *client)
{
	world_draft(&world, &draft, client, ++nonce);
	return world_try_draft(&world, &draft);
}

/* @serial 0: the next one. */
static enum ledger_outcome say(enum transaction_kind kind, const struct world_key *subject, u16 organisation,
			       u64 serial, const struct world_key *signer)
{
	struct credential credential = world_enrolment(&world, subject, organisation, CREDENTIAL_CLIENT);

	if (serial)
		credential.serial = serial;
	return world_try(&world, bytes, world_credential(kind, &credential, signer, bytes, sizeof(bytes)));
}

static void expect(enum ledger_outcome got, enum ledger_outcome wanted, const char *what)
{
	ktap_ok(got == wanted, "%s: %s", what, ledger_outcome_word(got));
}

static void enrolling(void)
{
	u64 first;

	expect(act(&third), LEDGER_UNKNOWN_CLIENT, "a stranger acts");
	expect(say(TRANSACTION_ENROL, &third, 2, 0, &world.authority[1]), LEDGER_BAD_SIGNATURE,
	       "another authority enrols it");
	expect(say(TRANSACTION_ENROL, &third, 2, 0, &world.regulator[0]), LEDGER_BAD_SIGNATURE,
	       "a regulator enrols it");
	expect(say(TRANSACTION_ENROL, &third, 4, 0, &world.authority[1]), LEDGER_NOT_ALLOWED,
	       "for an organisation that is not there");
	expect(say(TRANSACTION_ENROL, &third, 2, 0, &world.authority[2]), LEDGER_VALID, "its authority enrols it");
	first = world.serial;
	expect(act(&third), LEDGER_VALID, "it acts");
	expect(say(TRANSACTION_ENROL, &third, 2, first, &world.authority[2]), LEDGER_DUPLICATE, "the same again");
	expect(say(TRANSACTION_ENROL, &third, 1, 0, &world.authority[1]), LEDGER_NOT_ALLOWED,
	       "another organisation takes it over");
	expect(say(TRANSACTION_ENROL, &world.node[0], 1, 0, &world.authority[1]), LEDGER_NOT_ALLOWED,
	       "an organisation enrols another one's node");
	expect(say(TRANSACTION_REVOKE, &third, 1, 0, &world.authority[1]), LEDGER_UNKNOWN_CLIENT,
	       "another organisation revokes it");
	expect(say(TRANSACTION_REVOKE, &third, 2, 0, &world.authority[1]), LEDGER_BAD_SIGNATURE,
	       "another authority revokes it in its name");
	expect(say(TRANSACTION_REVOKE, &third, 2, 0, &world.authority[2]), LEDGER_VALID, "its authority revokes it");
	expect(act(&third), LEDGER_REVOKED, "it acts no more");
	expect(say(TRANSACTION_ENROL, &third, 2, first, &world.authority[2]), LEDGER_DUPLICATE,
	       "the old enrolment again");
	expect(say(TRANSACTION_ENROL, &third, 2, 0, &world.authority[2]), LEDGER_VALID, "a new enrolment");
	expect(act(&third), LEDGER_VALID, "it acts again");
	expect(say(TRANSACTION_REVOKE, &third, 2, 0, &world.regulator[1]), LEDGER_VALID, "a regulator revokes it");
	expect(say(TRANSACTION_ENROL, &third, 2, 0, &world.authority[2]), LEDGER_REVOKED, "for ever");
	expect(say(TRANSACTION_REVOKE, &third, 2, 0, &world.authority[2]), LEDGER_REVOKED,
	       "its authority cannot make that less");
	expect(act(&third), LEDGER_REVOKED, "it acts no more");
}

static void within_a_block(void)
{
	struct credential credential = world_enrolment(&world, &world.other, 1, CREDENTIAL_CLIENT);
	u32 i;

	for (i = 0; i < 3; i++) {
		world_draft(&world, &draft, &world.other, ++nonce);
		world_add(&world, bytes, world_invoke(&world, &draft, bytes, sizeof(bytes)));
		credential.serial = ++world.serial;
		world_add(&world, bytes,
			  world_credential(i & 1 ? TRANSACTION_ENROL : TRANSACTION_REVOKE, &credential,
					   &world.authority[1], bytes, sizeof(bytes)));
	}
	world_block(&world, WORLD_SECOND);
	ktap_ok(world.result->outcomes[0] == LEDGER_VALID && world.result->outcomes[2] == LEDGER_REVOKED &&
			world.result->outcomes[4] == LEDGER_VALID && world.result->valid == 5,
		"revoked, enrolled, revoked in one block: each transaction sees what came before");
}

static void endorsers(void)
{
	u64 micro = 0;

	world_draft(&world, &draft, &world.client, ++nonce);
	draft.endorser_count = 3;
	draft.endorsers[2] = &world.node[0];
	expect(world_try_draft(&world, &draft), LEDGER_BAD_ENDORSEMENT, "an endorser twice");
	world_draft(&world, &draft, &world.client, ++nonce);
	draft.endorsers[1] = &world.client;
	expect(world_try_draft(&world, &draft), LEDGER_BAD_ENDORSEMENT, "who endorses is no node");
	expect(say(TRANSACTION_REVOKE, &world.node[3], 3, 0, &world.authority[3]), LEDGER_VALID, "a node is revoked");
	world_draft(&world, &draft, &world.client, ++nonce);
	draft.endorsers[1] = &world.node[3];
	expect(world_try_draft(&world, &draft), LEDGER_REVOKED, "what it endorses is refused");
	expect(act(&world.client), LEDGER_VALID, "what others endorse is not");
	ktap_ok(!execute_experience(world.state, &world.membership, world.node[0].public, &micro) && micro == 1000000,
		"node 0 endorsed everything: M is 1");
	world_draft(&world, &draft, &world.client, ++nonce);
	draft.endorsers[0] = &world.node[2];
	world_try_draft(&world, &draft);
	ktap_ok(!execute_experience(world.state, &world.membership, world.node[2].public, &micro) && micro > 0 &&
			micro < 500000,
		"node 2 endorsed one: M is %llu millionths", (unsigned long long)micro);
	ktap_ok(!execute_experience(world.state, &world.membership, world.node[3].public, &micro) && !micro,
		"node 3 endorsed none");
}

static void leaving(void)
{
	struct membership next = world.membership;
	u32 i;

	next.sequence++;
	memset(next.organisations[1].authority, 0, 32);
	for (i = 0; i < 4; i++) /* organisation 1's node goes to 0: four replicas must stay */
		if (next.nodes[i].organisation == 1)
			next.nodes[i].organisation = 0;
	world_add(&world, bytes, world_config(&world, next.sequence - 1, &next, 3, bytes, sizeof(bytes)));
	world_draft(&world, &draft, &world.client, ++nonce);
	world_add(&world, bytes, world_invoke(&world, &draft, bytes, sizeof(bytes)));
	next.parameters[MEMBERSHIP_BETA_MILLI]++;
	world_add(&world, bytes, world_config(&world, next.sequence - 1, &next, 3, bytes, sizeof(bytes)));
	world_block(&world, WORLD_SECOND);
	expect(world.result->outcomes[0], LEDGER_VALID, "organisation 1 leaves");
	expect(world.result->outcomes[1], LEDGER_VALID, "the block goes on under the old configuration");
	expect(world.result->outcomes[2], LEDGER_BAD_CONFIG, "a second configuration in the same block");
	ktap_ok(world.result->reconfigured && world.result->next.sequence == 1, "the block says what is next");
	expect(act(&world.client), LEDGER_POLICY_UNMET, "both endorsers are of organisation 0 now");
	expect(say(TRANSACTION_ENROL, &world.other, 1, 0, &world.authority[1]), LEDGER_NOT_ALLOWED,
	       "who left enrols nobody");
}

static void left_clients(void)
{
	struct membership next = world.membership;

	next.sequence++;
	memcpy(next.organisations[1].authority, world.authority[1].public, 32);
	expect(world_try(&world, bytes, world_config(&world, next.sequence - 1, &next, 3, bytes, sizeof(bytes))),
	       LEDGER_VALID, "organisation 1 comes back");
	expect(say(TRANSACTION_ENROL, &world.other, 1, 0, &world.authority[1]), LEDGER_VALID, "and enrols its client");
	world_draft(&world, &draft, &world.other, ++nonce);
	draft.endorsers[1] = &world.node[2];
	expect(world_try_draft(&world, &draft), LEDGER_VALID, "which acts");
	next.sequence++;
	memset(next.organisations[1].authority, 0, 32);
	expect(world_try(&world, bytes, world_config(&world, next.sequence - 1, &next, 3, bytes, sizeof(bytes))),
	       LEDGER_VALID, "it leaves again");
	expect(act(&world.other), LEDGER_REVOKED, "and its client acts no more");
}

static void signatures(void)
{
	struct membership next = world.membership;
	size_t len;

	next.sequence++;
	len = world_config(&world, next.sequence - 1, &next, 3, bytes, sizeof(bytes));
	bytes[len - 1] ^= 1;
	expect(world_try(&world, bytes, len), LEDGER_BAD_SIGNATURE, "a regulator's signature with a bit turned");
	bytes[len - 1] ^= 1;
	bytes[len - 65] = 200;
	expect(world_try(&world, bytes, len), LEDGER_BAD_SIGNATURE, "a regulator that is not there");
	bytes[len - 65] = 1;
	expect(world_try(&world, bytes, len), LEDGER_VALID, "as it was");
	expect(world_try(&world, bytes, len), LEDGER_BAD_CONFIG, "and once only");
}

int main(void)
{
	ktap_plan(0);
	world_open(&world, NULL);
	third = world_key("third");
	enrolling();
	within_a_block();
	endorsers();
	leaving();
	left_clients();
	signatures();
	world_close(&world);
	return ktap_exit();
}
