// SPDX-License-Identifier: GPL-2.0
/* evidence_test.c - a verdict proves one proposal, once, while it is fresh; nothing in it can be changed. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/ktap.h"
#include "tests/txn/action.h"
#include "tests/txn/world.h"

static struct world world;
static struct world_draft draft;
static u8 bytes[TRANSACTION_MAX], evidence[EVIDENCE_MAX];
static u64 nonce;

static void fresh(struct world_verdict *verdict)
{
	world_draft(&world, &draft, &world.client, ++nonce);
	world_verdict(&world, verdict, &draft);
	verdict->head.number = vg_be64(nonce);
}

static void show(struct world_verdict *verdict)
{
	draft.evidence = (struct span){ evidence, world_evidence(verdict, evidence) };
}

/* What a node would say of it now; nothing changes. */
static enum ledger_outcome judged(void)
{
	struct execute_context context = world_context(&world, WORLD_SECOND);
	struct transaction transaction;
	enum ledger_outcome outcome;
	size_t len = world_invoke(&world, &draft, bytes, sizeof(bytes));

	if (transaction_decode(bytes, len, &transaction))
		return LEDGER_MALFORMED;
	if (execute_precheck(&context, world.state, &transaction, &outcome))
		return LEDGER_OUTCOME_COUNT;
	return outcome;
}

static void places(void)
{
	static const u32 counts[] = { 1, 2, 3, 4, 5, 7, 8, 9, 100, 511, 512 };
	struct world_verdict verdict;
	u32 wrong = 0, total = 0, i, index, step;

	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		step = counts[i] > 10 ? counts[i] / 7 : 1;
		for (index = 0; index < counts[i]; index += step) {
			fresh(&verdict);
			verdict.count = counts[i];
			verdict.index = index;
			show(&verdict);
			wrong += judged() != LEDGER_VALID;
			total++;
		}
	}
	ktap_ok(!wrong, "%u places in batches of 1 to %d records prove", total, VG_BATCH_MAX);
}

static void tampered(void)
{
	struct world_verdict verdict;
	u32 passed = 0, at, bit;
	size_t len;

	fresh(&verdict);
	show(&verdict);
	len = draft.evidence.len;
	for (at = 0; at < len; at++)
		for (bit = 0; bit < 8; bit++) {
			evidence[at] ^= 1 << bit;
			if (judged() == LEDGER_VALID) {
				printf("# byte %u bit %u\n", at, bit);
				passed++;
			}
			evidence[at] ^= 1 << bit;
		}
	ktap_ok(judged() == LEDGER_VALID && !passed, "each of its %zu bits matters", len * 8);
	for (at = 0; at < len; at++) {
		draft.evidence.len = at ?: 1;
		passed += judged() == LEDGER_VALID;
	}
	ktap_ok(!passed, "each shorter one is refused");
	draft.evidence.len = len;
	draft.proposal.expires++;
	world_draft_encode(&draft);
	ktap_ok(judged() == LEDGER_OTHER_REQUEST, "another proposal is not proved");
}

/* An attestor's batch of two whose root is a leaf: the path ends below the root. */
static void short_path(void)
{
	struct world_verdict verdict;
	u32 count;

	fresh(&verdict);
	verdict.count = 1;
	verdict.index = 0;
	show(&verdict);
	ktap_ok(judged() == LEDGER_VALID, "a batch of one");
	for (count = 2; count < 5; count++) {
		evidence[131] = count;
		world_sign(&world.attestor, evidence, sizeof(struct vg_batch_head), evidence + 136);
		ktap_ok(judged() == LEDGER_BAD_EVIDENCE, "said to be of %u, and signed so", count);
	}
}

/* A single thing about the verdict, right in everything else, its root and signature made after it. */
static void single(const char *what, enum ledger_outcome wanted, void (*change)(struct world_verdict *verdict))
{
	struct world_verdict verdict;
	enum ledger_outcome got;

	fresh(&verdict);
	change(&verdict);
	show(&verdict);
	got = judged();
	ktap_ok(got == wanted, "%s: %s", what, ledger_outcome_word(got));
}

#define CHANGE(name, code)                              \
	static void name(struct world_verdict *verdict) \
	{                                               \
		code;                                   \
	}

CHANGE(beacon, verdict->record.kind = VG_RECORD_BEACON)
CHANGE(refused, verdict->record.reason = 3)
CHANGE(test_clock, verdict->record.flags = VG_RECORD_FLAG_TEST_CLOCK)
CHANGE(batch_clock, verdict->head.flags = VG_RECORD_FLAG_TEST_CLOCK)
CHANGE(grades_differ, verdict->record.grade = VG_GRADE_PLAIN)
CHANGE(oldest, verdict->record.time = vg_be64(world.time - 59 * WORLD_SECOND))
CHANGE(older, verdict->record.time = vg_be64(world.time - 59 * WORLD_SECOND - 1))
CHANGE(newest, verdict->record.time = vg_be64(world.time + 3 * WORLD_SECOND))
CHANGE(newer, verdict->record.time = vg_be64(world.time + 3 * WORLD_SECOND + 1))
CHANGE(other_session, verdict->record.session ^= 1)
CHANGE(other_sequence, verdict->record.sequence ^= 1)
CHANGE(other_type, verdict->record.type = VG_VID_RATING)
CHANGE(not_action, {
	verdict->record.type = VG_VID_BEACON;
	world_verdict_packet(verdict, &draft);
})
CHANGE(short_packet, {
	verdict->action.vid.len = VG_VID_OVERHEAD + 31;
	verdict->vid[3] = 31;
	verdict->vid[2] = 0;
	evidence_digest(verdict->action.vid, verdict->record.digest);
})
CHANGE(altered_packet, verdict->vid[100] ^= 1)
CHANGE(other_salt, verdict->action.action_salt[3] ^= 1)
CHANGE(mandate_session, {
	verdict->record.session = vg_be64(98);
	world_verdict_mandate(&world, verdict, &world.client);
	verdict->record.session = vg_be64(99);
})
CHANGE(mandate_attestor, {
	memcpy(verdict->head.attestor, world.other.public, 32);
	world_verdict_mandate(&world, verdict, &world.client);
	memcpy(verdict->head.attestor, world.attestor.public, 32);
})
CHANGE(mandate_epoch, {
	verdict->head.epoch ^= 1;
	world_verdict_mandate(&world, verdict, &world.client);
	verdict->head.epoch ^= 1;
})
CHANGE(mandate_wallet, world_verdict_mandate(&world, verdict, &world.other))
CHANGE(mandate_channel, {
	world.channel[0] ^= 1;
	world_verdict_mandate(&world, verdict, &world.client);
	world.channel[0] ^= 1;
})
CHANGE(mandate_price, verdict->action.mandate.price++)
CHANGE(mandate_ends, {
	world.time -= (ACTION_MANDATE_S - 1) * WORLD_SECOND;
	world_verdict_mandate(&world, verdict, &world.client);
	world.time += (ACTION_MANDATE_S - 1) * WORLD_SECOND;
})
CHANGE(mandate_ended, {
	world.time -= (ACTION_MANDATE_S - 1) * WORLD_SECOND + 1;
	world_verdict_mandate(&world, verdict, &world.client);
	world.time += (ACTION_MANDATE_S - 1) * WORLD_SECOND + 1;
})
CHANGE(stranger, memcpy(verdict->head.attestor, world.client.public, 32))

static void singles(void)
{
	single("a beacon", LEDGER_BAD_EVIDENCE, beacon);
	single("a packet that the gate refused", LEDGER_BAD_EVIDENCE, refused);
	single("a record under a test clock", LEDGER_BAD_EVIDENCE, test_clock);
	single("a batch under a test clock", LEDGER_BAD_EVIDENCE, batch_clock);
	single("record and batch of different grades", LEDGER_BAD_EVIDENCE, grades_differ);
	single("a minute old", LEDGER_VALID, oldest);
	single("a minute and a microsecond", LEDGER_STALE_EVIDENCE, older);
	single("two seconds ahead", LEDGER_VALID, newest);
	single("a microsecond more", LEDGER_STALE_EVIDENCE, newer);
	single("the key of a client", LEDGER_UNKNOWN_ATTESTOR, stranger);
}

/* PROTOCOL.md E3: the packet is the record's, and commits to the proposal. */
static void packets(void)
{
	single("a record of another gate session than the packet's", LEDGER_BAD_EVIDENCE, other_session);
	single("a record of another sequence", LEDGER_BAD_EVIDENCE, other_sequence);
	single("a record of another type", LEDGER_BAD_EVIDENCE, other_type);
	single("a packet that is no action", LEDGER_BAD_EVIDENCE, not_action);
	single("a packet too short for a commitment", LEDGER_BAD_EVIDENCE, short_packet);
	single("a packet with a bit turned", LEDGER_BAD_EVIDENCE, altered_packet);
	single("another salt", LEDGER_OTHER_REQUEST, other_salt);
}

/* PROTOCOL.md E4: whose, where, until when. */
static void mandates(void)
{
	single("a mandate for another gate session", LEDGER_BAD_MANDATE, mandate_session);
	single("a mandate for another attestor", LEDGER_BAD_MANDATE, mandate_attestor);
	single("a mandate for another epoch", LEDGER_BAD_MANDATE, mandate_epoch);
	single("a mandate of another wallet", LEDGER_BAD_MANDATE, mandate_wallet);
	single("a mandate of another channel", LEDGER_BAD_MANDATE, mandate_channel);
	single("a mandate with a price of its own", LEDGER_BAD_MANDATE, mandate_price);
	single("a mandate that ends with the block's time", LEDGER_VALID, mandate_ends);
	single("a mandate that ended before", LEDGER_EXPIRED_MANDATE, mandate_ended);
}

/* Another vehicle's packet was admitted too: its evidence is not mine, whatever I sign. */
static void anothers(void)
{
	struct world_verdict verdict;

	world_draft(&world, &draft, &world.other, ++nonce);
	world_verdict(&world, &verdict, &draft);
	verdict.head.number = vg_be64(nonce);
	show(&verdict);
	ktap_ok(judged() == LEDGER_VALID, "another vehicle's evidence proves its own proposal");
	draft.proposal.client = world.client.public;
	draft.signer = &world.client;
	world_draft_encode(&draft);
	ktap_ok(judged() == LEDGER_OTHER_REQUEST, "and not mine, which says the same");
	world_verdict_packet(&verdict, &draft);
	show(&verdict);
	ktap_ok(judged() == LEDGER_BAD_MANDATE, "nor by a packet for me under its mandate");
}

static void spent(void)
{
	struct verifier_counts before, after;
	struct world_verdict verdict;
	u32 i;

	fresh(&verdict);
	verdict.head.number = vg_be64(6000);
	show(&verdict);
	judged();
	verifier_counts(world.verifier, &before);
	ktap_ok(judged() == LEDGER_VALID, "judged a second time");
	verifier_counts(world.verifier, &after);
	ktap_ok(after.verified == before.verified, "the batch's signature costs once");
	world_add(&world, bytes, world_invoke(&world, &draft, bytes, sizeof(bytes)));
	world_draft(&world, &draft, &world.client, ++nonce);
	draft.evidence = (struct span){ evidence, world_evidence(&verdict, evidence) };
	world_add(&world, bytes, world_invoke(&world, &draft, bytes, sizeof(bytes)));
	world_block(&world, WORLD_SECOND);
	ktap_ok(world.result->outcomes[0] == LEDGER_VALID && world.result->outcomes[1] == LEDGER_USED_EVIDENCE,
		"twice in a block: used the second time");
	for (i = 0; i < 3; i++) {
		world_block(&world, 19 * WORLD_SECOND);
		ktap_ok(judged() == LEDGER_USED_EVIDENCE, "used %u s later", 19 * (i + 1));
	}
	world_block(&world, 5 * WORLD_SECOND);
	ktap_ok(judged() == LEDGER_STALE_EVIDENCE, "stale when its mark is forgotten");
}

static bool marked(void)
{
	struct state_value value;
	u8 key[49] = { 'e' };
	struct evidence shown;

	evidence_decode(draft.evidence, &shown);
	memcpy(key + 1, shown.head.attestor, 48);
	return !world_get(&world, (struct span){ key, sizeof(key) }, &value);
}

static void configure(enum membership_parameter which, u64 value)
{
	struct membership next = world.membership;
	size_t len;

	next.sequence++;
	next.parameters[which] = value;
	len = world_config(&world, next.sequence - 1, &next, 3, bytes, sizeof(bytes));
	ktap_ok(world_try(&world, bytes, len) == LEDGER_VALID, "%s is now %llu", membership_parameter_word(which),
		(unsigned long long)value);
}

/* Marks go after a minute; then the limit is raised to an hour: the verdict must not work again. */
static void raised(void)
{
	struct world_verdict verdict;

	fresh(&verdict);
	draft.proposal.expires = world.time + 500 * WORLD_SECOND;
	world_draft_encode(&draft);
	world_verdict_packet(&verdict, &draft);
	show(&verdict);
	ktap_ok(world_try_draft(&world, &draft) == LEDGER_VALID && marked(), "used, and marked");
	world_block(&world, 70 * WORLD_SECOND);
	ktap_ok(!marked(), "the mark is forgotten");
	configure(MEMBERSHIP_EVIDENCE_AGE_S, 3600);
	draft.proposal.nonce = ++nonce;
	world_draft_encode(&draft);
	world_verdict_packet(&verdict, &draft);
	show(&verdict);
	ktap_ok(judged() == LEDGER_STALE_EVIDENCE, "an hour's limit does not make it fresh again");
	fresh(&verdict);
	show(&verdict);
	ktap_ok(world_try_draft(&world, &draft) == LEDGER_VALID, "a new one works");
	world_block(&world, 600 * WORLD_SECOND);
	ktap_ok(marked(), "its mark is kept longer now");
}

static void allowed(void)
{
	struct credential credential;
	struct world_verdict verdict;
	size_t len;

	configure(MEMBERSHIP_GRADES, 1);
	fresh(&verdict);
	show(&verdict);
	ktap_ok(judged() == LEDGER_GRADE_REFUSED, "attested is refused where plain is demanded");
	configure(MEMBERSHIP_GRADES, 2);
	configure(MEMBERSHIP_EVIDENCE, 0);
	fresh(&verdict);
	show(&verdict);
	ktap_ok(judged() == LEDGER_NOT_ALLOWED, "evidence is refused where the channel wants signatures");
	configure(MEMBERSHIP_EVIDENCE, 1);
	credential = world_enrolment(&world, &world.attestor, 0, CREDENTIAL_ATTESTOR);
	credential.expires = world.time + 2 * WORLD_SECOND;
	len = world_credential(TRANSACTION_ENROL, &credential, &world.authority[0], bytes, sizeof(bytes));
	ktap_ok(world_try(&world, bytes, len) == LEDGER_VALID, "the attestor is enrolled for two seconds");
	fresh(&verdict);
	show(&verdict);
	ktap_ok(judged() == LEDGER_VALID, "and proves");
	world_block(&world, 2 * WORLD_SECOND);
	fresh(&verdict);
	show(&verdict);
	ktap_ok(judged() == LEDGER_UNKNOWN_ATTESTOR, "and no longer");
	credential = world_enrolment(&world, &world.attestor, 0, CREDENTIAL_ATTESTOR);
	len = world_credential(TRANSACTION_ENROL, &credential, &world.authority[0], bytes, sizeof(bytes));
	world_try(&world, bytes, len);
	credential.serial = ++world.serial;
	len = world_credential(TRANSACTION_REVOKE, &credential, &world.regulator[1], bytes, sizeof(bytes));
	ktap_ok(world_try(&world, bytes, len) == LEDGER_VALID, "a regulator revokes it");
	fresh(&verdict);
	show(&verdict);
	ktap_ok(judged() == LEDGER_REVOKED, "and it proves nothing any more");
}

int main(void)
{
	ktap_plan(0);
	world_open(&world, NULL);
	places();
	tampered();
	short_path();
	singles();
	packets();
	mandates();
	anothers();
	spent();
	raised();
	allowed();
	world_close(&world);
	return ktap_exit();
}
