// SPDX-License-Identifier: GPL-2.0
/*
 * anchored_maker.c - verdict logs of one attestor, and ledgers that hold heads of its chain, for tests/cli/anchored.py.
 * Prints what it made as JSON.
 *
 *     anchored_maker DIR
 *
 * DIR/good       ten batches, five an epoch; the ledgers anchor batch 2 of the first and batch 3 of the second
 * DIR/cut        without the last two: nothing in it shows that
 * DIR/epochless  without the second epoch
 * DIR/rewritten  another history from batch 2 of the second epoch on, signed and linked as it should be
 * DIR/late       from the second epoch's batch 4 on, as when old segments were archived
 * In good, record 1 of the last batch is of the packet PACKET.
 * DIR/ledger     the ledger; DIR/forked: one that also holds rewritten's batch 3; DIR/empty: one without anchors
 * DIR/minted     a ledger in which two organisations endorsed money out of nothing
 */
#include <stdio.h>
#include <stdlib.h>

#include "agent/contract/charging.h"
#include "tests/agent/batches.h"
#include "tests/ledger/file_consort.h"
#include "tests/txn/world.h"

#define BATCHES 10
#define PER_EPOCH 5
#define ANCHORED_A 2 /* index */
#define ANCHORED_B 8
#define REWRITTEN_FROM 7
#define EPOCH_A 721000000000000ull
#define EPOCH_B 721000900000000ull
#define SEGMENT_BYTES 4096
#define SECOND 1000000ULL
#define PACKET "a packet as it was on the air"

#define MUST(condition)                                                                 \
	do {                                                                            \
		if (!(condition)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			exit(1);                                                        \
		}                                                                       \
	} while (0)

static struct batch good[BATCHES], rewritten[BATCHES];
static struct batches signer;
static struct consort consort;
static struct world world; /* keys and channel of the consort, for drafts */

static void make_batches(void)
{
	struct batches other;
	u32 i;

	batches_init(&signer, EPOCH_A);
	for (i = 0; i < BATCHES; i++) {
		if (i == PER_EPOCH)
			batches_next_epoch(&signer, EPOCH_B);
		if (i == REWRITTEN_FROM)
			other = signer;
		batches_make(&signer, 3 + i, &good[i]);
		rewritten[i] = good[i];
	}
	for (i = REWRITTEN_FROM; i < BATCHES; i++)
		batches_make(&other, 3 + i, &rewritten[i]);
	/* The last record is of a packet that is known. */
	MUST(evidence_digest(world_text(PACKET), good[BATCHES - 1].records[1].digest));
	batches_seal(&signer, &good[BATCHES - 1]);
}

static void write_log(const char *folder, const char *name, const struct batch *batches, u32 from, u32 to)
{
	struct verdictlog_error error;
	struct verdictlog *log;
	char path[4096];
	u32 i;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	MUST(!verdictlog_open(path, SEGMENT_BYTES, &log, &error));
	for (i = from; i < to; i++)
		MUST(!verdictlog_append(log, &batches[i], &error));
	MUST(!verdictlog_sync(log, &error));
	verdictlog_close(log);
}

static void block(struct ledger *ledger, const u8 *transaction, size_t len)
{
	u32 count = vg_be32(1);
	struct ledger_error error;

	consort_body(&consort);
	writer_span32(&consort.body, (struct span){ transaction, len });
	MUST(!consort.body.full);
	memcpy(consort.body_bytes, &count, sizeof(count));
	world.time += SECOND;
	world.number++;
	MUST(!consort_append(&consort, ledger, world.time,
			     (struct span){ consort.body_bytes, writer_len(&consort.body) }));
	MUST(!ledger_sync(ledger, &error));
}

static void enrol(struct ledger *ledger, const u8 key[32], u8 role, u64 epoch)
{
	struct credential credential = {
		.role = role, .serial = ++world.serial, .epoch = epoch, .grade = epoch ? VG_GRADE_PLAIN : 0
	};
	struct world_key authority;
	u8 bytes[512];

	memcpy(credential.channel, consort.channel, 32);
	memcpy(credential.subject, key, 32);
	memcpy(&authority, &consort.authorities[0], sizeof(authority));
	block(ledger, bytes, world_credential(TRANSACTION_ENROL, &credential, &authority, bytes, sizeof(bytes)));
}

static void anchor(struct ledger *ledger, const struct world_key *client, u64 nonce, const struct batch *batch)
{
	static struct world_draft draft;
	static u8 bytes[65536];
	char head[2 * sizeof(batch->seal.head) + 1], signature[2 * VG_SIGNATURE_LEN + 1];
	struct contract_output output;
	struct contract_input input = { .state = ledger_state(ledger),
					.membership = ledger_membership(ledger),
					.proposal = &draft.proposal,
					.organisations = 1,
					.time = world.time,
					.verifier = ledger_verifier(ledger) };

	sodium_bin2hex(head, sizeof(head), (const u8 *)&batch->seal.head, sizeof(batch->seal.head));
	sodium_bin2hex(signature, sizeof(signature), batch->seal.signature, VG_SIGNATURE_LEN);
	world_draft(&world, &draft, client, nonce);
	draft.proposal.contract = world_text(CHARGING_NAME);
	draft.proposal.function = world_text("anchor.post");
	draft.proposal.argument_count = 2;
	draft.proposal.arguments[0] = world_text(head);
	draft.proposal.arguments[1] = world_text(signature);
	world_draft_encode(&draft);
	MUST(!contract_simulate(&input, &output));
	memcpy(draft.rwset_bytes, output.rwset, output.rwset_len);
	draft.rwset_len = output.rwset_len;
	contract_output_free(&output);
	block(ledger, bytes, world_invoke(&world, &draft, bytes, sizeof(bytes)));
}

/* What no contract would write, endorsed and ordered as it should be. */
static void mint(struct ledger *ledger, const struct world_key *client)
{
	static struct world_draft draft;
	static const u8 money[8] = { [7] = 200 };
	struct world_set set = { .write_count = 1, .result = "" };
	u8 key[sizeof("k" CHARGING_NAME) + 33] = "k" CHARGING_NAME, bytes[8192];

	key[sizeof("k" CHARGING_NAME)] = 'g';
	set.writes[0] = (struct rwset_write){ .operation = RWSET_PUT,
					      .key = { key, sizeof(key) },
					      .value = { money, sizeof(money) } };
	world_draft(&world, &draft, client, 1);
	draft.proposal.contract = world_text(CHARGING_NAME);
	world_draft_encode(&draft);
	world_set_encode(&draft, &set);
	block(ledger, bytes, world_invoke(&world, &draft, bytes, sizeof(bytes)));
}

static void make_ledger(const char *folder, const char *name, bool anchors, bool forked, bool minted)
{
	struct world_key client = world_key("client");
	struct ledger_options options;
	struct ledger_error error;
	struct ledger *ledger;
	char path[4096];
	u32 i;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	options = (struct ledger_options){ .folder = path, .file_bytes = 65536 };
	memset(&world, 0, sizeof(world));
	memcpy(world.channel, consort.channel, 32);
	for (i = 0; i < WORLD_ORGANISATIONS; i++)
		memcpy(&world.node[i], &consort.nodes[i], sizeof(world.node[i]));
	world.time = EPOCH_B + 1000 * SECOND;
	MUST(!ledger_create(&options, &consort.genesis, world.time, &ledger, &error));
	enrol(ledger, client.public, CREDENTIAL_CLIENT, 0);
	if (anchors) {
		enrol(ledger, signer.public_key, CREDENTIAL_ATTESTOR, EPOCH_A);
		anchor(ledger, &client, 1, &good[ANCHORED_A]);
		enrol(ledger, signer.public_key, CREDENTIAL_ATTESTOR, EPOCH_B);
		anchor(ledger, &client, 2, &good[ANCHORED_B]);
	}
	if (forked)
		anchor(ledger, &client, 3, &rewritten[ANCHORED_B]);
	if (minted)
		mint(ledger, &client);
	ledger_close(ledger);
}

int main(int argc, char **argv)
{
	char key[65];

	if (argc != 2 || sodium_init() < 0)
		return 1;
	consort_init(&consort);
	make_batches();
	write_log(argv[1], "good", good, 0, BATCHES);
	write_log(argv[1], "cut", good, 0, BATCHES - 2);
	write_log(argv[1], "epochless", good, 0, PER_EPOCH);
	write_log(argv[1], "rewritten", rewritten, 0, BATCHES);
	write_log(argv[1], "late", good, BATCHES - 1, BATCHES);
	make_ledger(argv[1], "ledger", true, false, false);
	make_ledger(argv[1], "forked", true, true, false);
	make_ledger(argv[1], "empty", false, false, false);
	make_ledger(argv[1], "minted", false, false, true);
	sodium_bin2hex(key, sizeof(key), signer.public_key, VG_KEY_LEN);
	printf("{\"key\":\"%s\",\"epochs\":[%llu,%llu],\"packet\":\"%s\"}\n", key, EPOCH_A, EPOCH_B, PACKET);
	return 0;
}
