// SPDX-License-Identifier: GPL-2.0
/* contract_ledger_test.c - what a contract learns of the ledger around it: lists, enrolments, mandates, parameters; and
 * rates in its write set. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/contract/contract_run.h"
#include "ledger/rating.h"
#include "tests/ktap.h"
#include "tests/txn/world.h"

#define KEYS 5000

static struct world world;
static struct contract_output output;
static struct proposal proposal;
static struct contract_input input;
static struct contract_run run;

/* A run of kv; @nonce 0: a query. */
static void begin(u64 nonce)
{
	static const u8 nothing[32];

	contract_memory_drop(&run);
	free(run.reads.list);
	free(run.writes.list);
	proposal = (struct proposal){ .channel = world.channel,
				      .client = world.client.public,
				      .nonce = nonce,
				      .contract = world_text("kv"),
				      .private_hash = nothing };
	input = (struct contract_input){ .state = world.state,
					 .membership = &world.membership,
					 .proposal = &proposal,
					 .time = world.time,
					 .verifier = world.verifier };
	output = (struct contract_output){ .refusal = "" };
	run = (struct contract_run){ .input = &input, .output = &output, .contract = &contract_kv };
}

/* --- lists --- */

/* Values of 0 to 2,000 bytes, two of them larger than a walk's piece; keys "kNNNN", and others' beside them. */
static void fill(void)
{
	struct overlay *overlay = overlay_new(world.state, NULL);
	struct state_version version = { world.number, 1 };
	struct state_mark mark = *state_mark(world.state);
	static u8 value[600000];
	char name[16];
	u32 i;

	for (i = 0; i < KEYS; i++) {
		snprintf(name, sizeof(name), "k%04u", i);
		value[0] = (u8)i;
		overlay_put(overlay, world_state_key("kv", name),
			    (struct span){ value, i == 1000 || i == 1001 ? sizeof(value) : i * 7 % 2001 }, version);
	}
	overlay_put(overlay, world_state_key("kv", "l"), world_text("after"), version);
	overlay_put(overlay, world_state_key("kw", "k0000"), world_text("another contract's"), version);
	overlay_put(overlay, world_state_key("kva", "k0000"), world_text("a longer name's"), version);
	overlay_root(overlay, mark.root);
	state_commit(overlay, &mark, false);
}

struct listing {
	u32 count, next, wrong, stop;
	bool ask;
};

static bool each(void *arg, struct span key, struct span value)
{
	struct listing *listing = arg;
	struct span asked;
	char name[16];

	snprintf(name, sizeof(name), "k%04u", listing->next++);
	listing->wrong += !span_equal(key, world_text(name));
	listing->wrong += value.len && value.bytes[0] != (u8)(listing->next - 1);
	if (listing->ask) /* from within: the walk must not mind */
		listing->wrong += contract_peek(&run, key, &asked) || asked.len != value.len;
	/* A walk that goes round would never end. */
	return ++listing->count != listing->stop && listing->count < 2 * KEYS;
}

static struct listing list(const char *prefix, const char *from, u32 first, u32 stop, bool ask)
{
	struct listing listing = { .next = first, .stop = stop, .ask = ask };

	begin(0);
	if (contract_scan(&run, world_text(prefix), world_text(from), each, &listing))
		listing.wrong = UINT32_MAX;
	return listing;
}

static bool count_all(void *arg, struct span key, struct span value)
{
	(void)key, (void)value;
	++*(u32 *)arg;
	return true;
}

static void lists(void)
{
	struct listing listing;
	u32 all = 0;

	fill();
	listing = list("k", "", 0, 0, false);
	ktap_ok(listing.count == KEYS && !listing.wrong, "%u keys of one prefix, in order", listing.count);
	listing = list("k", "k", 0, 0, true);
	ktap_ok(listing.count == KEYS && !listing.wrong, "each of them looked up from within");
	listing = list("k12", "", 1200, 0, false);
	ktap_ok(listing.count == 100 && !listing.wrong, "a longer prefix: %u", listing.count);
	listing = list("k", "k4990", 4990, 0, false);
	ktap_ok(listing.count == 10 && !listing.wrong, "from a key on: %u", listing.count);
	listing = list("k", "k0999", 999, 3, false);
	ktap_ok(listing.count == 3 && !listing.wrong, "ended by the callee, across values larger than a piece");
	listing = list("none", "", 0, 0, false);
	ktap_ok(!listing.count && !listing.wrong, "a prefix that nothing has");
	listing = list("k", "z", 0, 0, false);
	ktap_ok(!listing.count && !listing.wrong, "from behind the last");
	begin(0);
	ktap_ok(!contract_scan(&run, world_text(""), world_text(""), count_all, &all) && all == KEYS + 1,
		"an empty prefix lists the contract's own keys and no others: %u", all);
	begin(1);
	ktap_ok(contract_scan(&run, world_text("k"), world_text(""), count_all, &all) == -EPERM, "%s", output.refusal);
}

/* --- enrolments --- */

static void members(void)
{
	struct contract_member member;
	struct credential credential;
	u8 bytes[512];
	size_t len;

	begin(1);
	ktap_ok(!contract_member(&run, world.client.public, &member) && !member.organisation &&
			member.role == CREDENTIAL_CLIENT && !member.revoked && run.reads.count == 2,
		"a client's enrolment, and both keys in the read set");
	ktap_ok(!contract_member(&run, world.attestor.public, &member) && member.role == CREDENTIAL_ATTESTOR &&
			member.epoch == WORLD_START && member.grade == VG_GRADE_ATTESTED && run.reads.count == 4,
		"an attestor's, with epoch and grade");
	ktap_ok(contract_member(&run, world.node[0].public, &member) == -ENOENT && run.reads.count == 5,
		"nobody's: read as well, for somebody may enrol it");
	credential = world_enrolment(&world, &world.other, 1, CREDENTIAL_CLIENT);
	len = world_credential(TRANSACTION_REVOKE, &credential, &world.authority[1], bytes, sizeof(bytes));
	world_try(&world, bytes, len);
	begin(1);
	ktap_ok(!contract_member(&run, world.other.public, &member) && member.revoked && member.organisation == 1,
		"a revoked one");
	memset(world.membership.organisations[0].authority, 0, 32);
	begin(1);
	ktap_ok(!contract_member(&run, world.client.public, &member) && member.revoked,
		"one whose organisation has left");
	memcpy(world.membership.organisations[0].authority, world.authority[0].public, 32);
}

/* --- what a run knows --- */

static void knowledge(void)
{
	struct evidence evidence = { .head.epoch = vg_be64(4), .record.session = vg_be64(9) };
	struct mandate_scope scope = { world.channel, world.client.public, evidence.head.attestor, 4, 9 };
	u8 signature[64], hash[32];

	begin(1);
	ktap_ok(!contract_mandate(&run) && !contract_mandate_id(&run), "no mandate: the client signed");
	ktap_ok(contract_membership(&run) == &world.membership && contract_channel(&run) == world.channel &&
			contract_parameter(&run, MEMBERSHIP_RATING_ALPHA_MILLI) == 10000,
		"membership, channel, parameters");
	input.membership = NULL;
	ktap_ok(contract_parameter(&run, MEMBERSHIP_MAX_SPEED_KMH) == 250, "the default where there is no membership");
	world_sign(&world.client, "message", 7, signature);
	ktap_ok(contract_verify(&run, world.client.public, "message", 7, signature) &&
			!contract_verify(&run, world.client.public, "messagE", 7, signature),
		"the one verification");
	input.verifier = NULL;
	ktap_ok(!contract_verify(&run, world.client.public, "message", 7, signature),
		"without a verifier nothing is right");
	mandate_hash(&scope, &evidence.mandate, hash);
	proposal.function = world_text("get");
	proposal.argument_count = 1;
	proposal.arguments[0] = world_text("l");
	input.evidence = &evidence;
	ktap_ok(contract_simulate(&input, &output) == -EACCES, "%s", output.refusal);
	proposal.contract = world_text("charging");
	proposal.function = world_text("account.register");
	proposal.argument_count = 0;
	ktap_ok(contract_simulate(&input, &output) && strstr(output.refusal, "mandate"), "%s", output.refusal);
	evidence_mandate_hash(&evidence, world.channel, world.client.public, run.mandate_id);
	ktap_ok(contract_mandate(&run) == &evidence.mandate && !memcmp(contract_mandate_id(&run), hash, 32),
		"a mandate's id is its hash in the evidence's scope");
}

/* --- rates --- */

static int rate(const char *key, s64 credibility, u32 score)
{
	return contract_rate(&run, world_text(key), world.node[1].public, credibility, score);
}

static void rates(void)
{
	struct span key = world_text("r"), value;

	begin(1);
	ktap_ok(rate("r", 0, 0) == -ERANGE && rate("r", 0, 6) == -ERANGE && rate("r", 1000001, 3) == -ERANGE &&
			rate("r", -1000001, 3) == -ERANGE && !run.writes.count,
		"%s", output.refusal);
	ktap_ok(!rate("r", -5, 3) && run.writes.count == 1 && !run.reads.count, "a rate is written and reads nothing");
	ktap_ok(rate("r", -5, 3) == -EBUSY, "twice: %s", output.refusal);
	ktap_ok(contract_put(&run, key, key) == -EBUSY && contract_delete(&run, key) == -EBUSY &&
			contract_delta(&run, key, 1, 0, 9) == -EBUSY,
		"nor anything else to the key");
	ktap_ok(contract_get(&run, key, &value) == -ENOENT, "it reads as it was before");
	contract_put(&run, world_text("p"), key);
	contract_delta(&run, world_text("d"), 1, 0, 9);
	contract_delete(&run, world_text("x"));
	ktap_ok(rate("p", 0, 1) == -EBUSY && rate("d", 0, 1) == -EBUSY && rate("x", 0, 1) == -EBUSY,
		"nor a rate onto what the run changed");
}

/* Through a block: applied in order, with M of before the block; what is no rating makes it invalid. */
static void applied(void)
{
	struct rating_input eq = { .score = 4, .credibility = 250000, .alpha_milli = 10000 };
	struct span key = world_state_key("kv", "rated");
	static struct world_draft draft;
	static u8 bytes[TRANSACTION_MAX];
	struct world_set set = { .write_count = 1 };
	s64 wanted = 0;
	u64 nonce;

	execute_experience(world.state, &world.membership, world.node[1].public, &eq.experience);
	for (nonce = 1; nonce <= 3; nonce++) {
		world_draft(&world, &draft, &world.client, nonce);
		set.writes[0] = (struct rwset_write){ .operation = RWSET_RATE,
						      .key = key,
						      .node = world.node[1].public,
						      .credibility = 250000,
						      .score = 4 };
		world_set_encode(&draft, &set);
		world_add(&world, bytes, world_invoke(&world, &draft, bytes, sizeof(bytes)));
		wanted = rating_next(wanted, &eq);
	}
	world_block(&world, WORLD_SECOND);
	ktap_ok(world.result->valid == 3 && world_counter(&world, key) == wanted, "three rates in one block: %.6f",
		(double)wanted / RATING_ONE);
	execute_experience(world.state, &world.membership, world.node[1].public, &eq.experience);
	world_draft(&world, &draft, &world.client, nonce);
	world_set_encode(&draft, &set);
	world_try_draft(&world, &draft);
	ktap_ok(eq.experience && world_counter(&world, key) == rating_next(wanted, &eq),
		"the next block counts with an experience of %llu millionths", (unsigned long long)eq.experience);
	world_draft(&world, &draft, &world.client, nonce + 1);
	set.writes[0].key = world_state_key("kv", "l");
	world_set_encode(&draft, &set);
	ktap_ok(world_try_draft(&world, &draft) == LEDGER_OUT_OF_RANGE, "what is there is no rating: out-of-range");
	world_draft(&world, &draft, &world.client, nonce + 2);
	set.writes[0].key = (struct span){ (const u8 *)"m23456789012345678901234567890123", 33 };
	world_set_encode(&draft, &set);
	ktap_ok(world_try_draft(&world, &draft) == LEDGER_NOT_ALLOWED, "an enrolment is not rated: not-allowed");
}

int main(void)
{
	ktap_plan(0);
	world_open(&world, NULL);
	lists();
	knowledge();
	rates();
	applied();
	members();
	begin(0);
	world_close(&world);
	return ktap_exit();
}
