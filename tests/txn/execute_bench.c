// SPDX-License-Identifier: GPL-2.0
/*
 * execute_bench.c - what carrying a transaction out costs on one core, by kind,
 * with signatures met for the first time (cold) and remembered (warm):
 *
 *   (o)  open requests              (a)  client-signed, two endorsers, signatures over batches of 256
 *   (a') the same, single           (b)  evidence in batches of 256, endorsed as (a)
 *
 *   execute_bench [FOLDER]    FOLDER/txn.json gets the raw numbers
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <sodium.h>

#include "agent/endorse/endorser_tree.h"
#include "tests/bench/series.h"
#include "tests/txn/action.h"
#include "tests/txn/world.h"

#define COUNT 2048
#define BATCH 256
#define CLIENTS 64

struct making {
	u8 proposal[512], rwset[256];
	size_t proposal_len, rwset_len;
	u8 proposal_hash[32], rwset_hash[32], signature[64];
	u8 evidence[EVIDENCE_MAX];
	size_t evidence_len;
	u8 endorsements[2][ENDORSEMENT_MAX];
	size_t endorsement_len[2];
};

static struct series_report report;
static struct world world;
static struct world_key clients[CLIENTS];
static struct making made[COUNT];
static struct endorser_tree tree;
static struct execute_result result;
static u8 body[8 * 1024 * 1024], value[100];
static u64 nonces;

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static void enrol(void)
{
	struct credential credential;
	u8 bytes[256];
	char name[16];
	u32 i;

	for (i = 0; i < CLIENTS; i++) {
		snprintf(name, sizeof(name), "client%u", i);
		clients[i] = world_key(name);
		credential = world_enrolment(&world, &clients[i], 0, CREDENTIAL_CLIENT);
		world_add(&world, bytes,
			  world_credential(TRANSACTION_ENROL, &credential, &world.authority[0], bytes, sizeof(bytes)));
	}
	world_block(&world, WORLD_SECOND);
}

static void make_proposal(u32 index)
{
	struct proposal proposal = { .channel = world.channel,
				     .client = clients[index % CLIENTS].public,
				     .nonce = nonces + index / CLIENTS + 1,
				     .expires = world.time + 60 * WORLD_SECOND,
				     .contract = world_text("kv"),
				     .function = world_text("put"),
				     .argument_count = 2 };
	struct making *making = &made[index];
	char key[16];
	struct writer writer;
	u8 hash[32];

	snprintf(key, sizeof(key), "key%u", index);
	proposal.arguments[0] = world_text(key);
	proposal.arguments[1] = (struct span){ value, sizeof(value) };
	writer_init(&writer, making->proposal, sizeof(making->proposal));
	proposal_encode(&writer, &proposal);
	making->proposal_len = writer_len(&writer);
	proposal.bytes = (struct span){ making->proposal, making->proposal_len };
	proposal_hash(&proposal, making->proposal_hash);
	proposal_client_hash(world.channel, making->proposal_hash, hash);
	world_sign(&clients[index % CLIENTS], hash, sizeof(hash), making->signature);
	writer_init(&writer, making->rwset, sizeof(making->rwset));
	writer_u16(&writer, 0);
	writer_u16(&writer, 1);
	writer_u8(&writer, RWSET_PUT);
	writer_span16(&writer, world_state_key("kv", key));
	writer_span32(&writer, (struct span){ value, sizeof(value) });
	writer_u32(&writer, 0);
	making->rwset_len = writer_len(&writer);
	ledger_hash_bytes(LEDGER_DOMAIN_RWSET, making->rwset, making->rwset_len, making->rwset_hash);
}

static void endorse(u32 first, u32 batch, u32 node)
{
	u8 path[32 * ENDORSEMENT_PATH_MAX], hash[32], signature[64];
	struct endorsement endorsement = {
		.endorser = world.node[node].public, .count = batch, .path = path, .signature = signature
	};
	struct writer writer;
	u32 i;

	for (i = 0; i < batch; i++)
		endorsement_leaf(world.channel, made[first + i].proposal_hash, made[first + i].rwset_hash,
				 endorsement.endorser, 0, tree.nodes[i]);
	endorser_tree_build(&tree, batch);
	endorsement_root_hash(world.channel, endorser_tree_root(&tree), batch, hash);
	world_sign(&world.node[node], hash, sizeof(hash), signature);
	for (i = 0; i < batch; i++) {
		endorsement.index = i;
		endorsement.path_len = endorser_tree_path(&tree, i, path);
		writer_init(&writer, made[first + i].endorsements[node], ENDORSEMENT_MAX);
		endorsement_encode(&writer, &endorsement);
		made[first + i].endorsement_len[node] = writer_len(&writer);
	}
}

static void sha(const u8 *left, size_t left_len, const void *right, size_t right_len, u8 prefix, u8 ret_hash[32])
{
	crypto_hash_sha256_state state;

	crypto_hash_sha256_init(&state);
	crypto_hash_sha256_update(&state, &prefix, 1);
	crypto_hash_sha256_update(&state, left, left_len);
	crypto_hash_sha256_update(&state, right, right_len);
	crypto_hash_sha256_final(&state, ret_hash);
}

/* Each client has one gate session with one mandate, as it charges. */
static void attest_action(struct evidence *evidence, u32 index, u8 vid[VG_VID_MAX])
{
	const struct world_key *client = &clients[index % CLIENTS];

	evidence->record.session = vg_be64(index % CLIENTS + 1);
	evidence->record.sequence = vg_be64(nonces + index / CLIENTS + 1);
	action_packet(evidence, (struct span){ made[index].proposal, made[index].proposal_len }, vid);
	action_mandate(evidence, world.channel, client->public, client->secret, WORLD_START);
}

/* A batch of BATCH records; levels lie behind each other, leaves first. */
static void attest(u32 first)
{
	static u8 levels[2 * BATCH][32], vids[BATCH][VG_VID_MAX];
	static struct evidence shown[BATCH];
	struct evidence evidence = { .record.kind = VG_RECORD_ACTION,
				     .record.type = VG_VID_METER,
				     .record.grade = VG_GRADE_ATTESTED };
	u8 path[32 * EVIDENCE_PATH_MAX];
	struct writer writer;
	u32 width, from, i, at;

	evidence.record.time = vg_be64(world.time);
	memcpy(evidence.head.magic, VG_BATCH_MAGIC, 8);
	memcpy(evidence.head.attestor, world.attestor.public, 32);
	evidence.head.epoch = vg_be64(WORLD_START);
	evidence.head.number = vg_be64(nonces * COUNT + first);
	evidence.head.count = vg_be32(BATCH);
	evidence.head.grade = VG_GRADE_ATTESTED;
	for (i = 0; i < BATCH; i++) {
		shown[i] = evidence;
		attest_action(&shown[i], first + i, vids[i]);
		sha(evidence.salt, VG_SALT_LEN, &shown[i].record, sizeof(shown[i].record), VG_LEAF_PREFIX, levels[i]);
	}
	for (width = BATCH, from = 0; width > 1; from += width, width /= 2)
		for (i = 0; i < width; i += 2)
			sha(levels[from + i], 32, levels[from + i + 1], 32, VG_NODE_PREFIX,
			    levels[from + width + i / 2]);
	memcpy(evidence.head.root, levels[from], 32);
	world_sign(&world.attestor, &evidence.head, sizeof(evidence.head), evidence.signature);
	for (i = 0; i < BATCH; i++) {
		memcpy(shown[i].head.root, evidence.head.root, 32);
		memcpy(shown[i].signature, evidence.signature, 64);
		shown[i].path = path;
		shown[i].index = i;
		for (width = BATCH, from = 0, at = i; width > 1; from += width, width /= 2, at /= 2)
			memcpy(path + 32 * shown[i].path_len++, levels[from + (at ^ 1)], 32);
		writer_init(&writer, made[first + i].evidence, EVIDENCE_MAX);
		evidence_encode(&writer, &shown[i]);
		made[first + i].evidence_len = writer_len(&writer);
	}
}

static size_t encode_one(u32 index, char kind, u8 *bytes, size_t size)
{
	struct making *making = &made[index];
	struct transaction transaction = {
		.authority = kind == 'b' ? TRANSACTION_EVIDENCE : TRANSACTION_SIGNED,
		.signature = making->signature,
		.evidence = { making->evidence, making->evidence_len },
		.rwset.bytes = { making->rwset, making->rwset_len },
		.endorsement_count = 2,
		.endorsements = { { making->endorsements[0], making->endorsement_len[0] },
				  { making->endorsements[1], making->endorsement_len[1] } },
	};
	struct writer writer;

	transaction.proposal.bytes = (struct span){ making->proposal, making->proposal_len };
	writer_init(&writer, bytes, size);
	if (kind == 'o')
		transaction_encode_open(&writer, clients[index % CLIENTS].public, nonces + index / CLIENTS + 1,
					(struct span){ value, sizeof(value) });
	else
		transaction_encode_invoke(&writer, &transaction);
	return writer_len(&writer);
}

/* A body of COUNT transactions; its length. */
static size_t make_body(char kind, u32 batch)
{
	static u8 one[TRANSACTION_MAX];
	struct writer writer;
	u32 i;

	for (i = 0; i < COUNT; i++)
		make_proposal(i);
	for (i = 0; kind != 'o' && i < COUNT; i += batch) {
		endorse(i, batch, 0);
		endorse(i, batch, 1);
	}
	for (i = 0; kind == 'b' && i < COUNT; i += BATCH)
		attest(i);
	writer_init(&writer, body, sizeof(body));
	writer_u32(&writer, COUNT);
	for (i = 0; i < COUNT; i++)
		writer_span32(&writer, (struct span){ one, encode_one(i, kind, one, sizeof(one)) });
	nonces += COUNT / CLIENTS;
	return writer_len(&writer);
}

/* Microseconds a transaction, outcomes and overlay; then the root's on top. */
static double measure(size_t len, double *root_us)
{
	struct execute_context context = world_context(&world, WORLD_SECOND);
	struct overlay *overlay = overlay_new(world.state, NULL);
	double start = now(), executed;
	u8 root[32];

	if (execute_body(&context, overlay, (struct span){ body, len }, &result) || result.valid != COUNT) {
		fprintf(stderr, "%u of %u are valid; the first is %s.\n", result.valid, COUNT,
			ledger_outcome_word(result.outcomes[0]));
		exit(1);
	}
	executed = now();
	if (overlay_root(overlay, root))
		exit(1);
	*root_us = (now() - executed) / COUNT * 1e6;
	overlay_drop(overlay);
	return (executed - start) / COUNT * 1e6;
}

/* What a node pays before it passes one on; its signatures are remembered by now. */
static double precheck(size_t len)
{
	struct execute_context context = world_context(&world, WORLD_SECOND);
	struct transaction transaction;
	enum ledger_outcome outcome;
	struct reader reader;
	struct span bytes;
	double start = now();

	if (block_body_open((struct span){ body, len }, &reader) != COUNT)
		exit(1);
	while (block_body_next(&reader, &bytes))
		if (transaction_decode(bytes.bytes, bytes.len, &transaction) ||
		    execute_precheck(&context, world.state, &transaction, &outcome) || outcome != LEDGER_VALID)
			exit(1);
	return (now() - start) / COUNT * 1e6;
}

static void bench(const char *name, char kind, u32 batch)
{
	struct series *cold = series_of(&report, "us", "%s cold", name),
		      *warm = series_of(&report, "us", "%s warm", name);
	struct series *root = series_of(&report, "us", "%s root", name);
	struct series *check = series_of(&report, "us", "%s precheck", name);
	size_t len = make_body(kind, batch);
	int i, rounds = series_rounds(2, 9);
	double root_us;

	verifier_free(world.verifier);
	world.verifier = verifier_new(65536);
	series_add(cold, measure(len, &root_us));
	for (i = 0; i < rounds; i++) {
		series_add(warm, measure(len, &root_us));
		series_add(root, root_us);
	}
	series_add(check, precheck(len));
	printf("%-4s %9.2f %9.2f %9.2f %9.2f %8zu\n", name, series_median(cold), series_median(warm),
	       series_median(root), series_median(check), len / COUNT);
}

int main(int argc, char **argv)
{
	report.bench = "txn";
	world_open(&world, NULL);
	enrol();
	printf("execute_body, us of one core a transaction (cold: signatures met first; warm: remembered; root: the\n"
	       "state root on top; precheck: warm), %u transactions a block, %u clients, bytes a transaction\n\n"
	       "kind      cold      warm      root  precheck    bytes\n",
	       COUNT, CLIENTS);
	bench("o", 'o', 1);
	bench("a", 'a', BATCH);
	bench("a'", 'a', 1);
	bench("b", 'b', BATCH);
	world_close(&world);
	return argc > 1 && series_write(&report, argv[1]) ? 1 : 0;
}
