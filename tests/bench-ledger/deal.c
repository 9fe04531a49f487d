// SPDX-License-Identifier: GPL-2.0
/*
 * deal.c - transactions of the four kinds, all their hashes and signatures.
 */
#include "tests/bench-ledger/deal.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

#include "agent/time_text.h"
#include "ledger/credential.h"
#include "ledger/endorsement.h"
#include "ledger/evidence.h"
#include "ledger/transaction.h"
#include "tests/txn/action.h"
#include "tools/voltgate/org_key.h"
#include "voltgate/reason.h"

#define LIFE_US (3000ull * 1000000)
#define EVIDENCE_BATCH VG_BATCH_MAX

struct keypair {
	u8 public[32], secret[64];
};

/* What is under way while a deal is made. */
struct dealer {
	const struct deal_options *options;
	struct deal *deal;
	u8 channel[32];
	struct keypair authority, attestor, endorsers[DEAL_ENDORSERS], *clients;
	u64 *nonces, epoch, batch;
	/* One endorsing batch's worth. */
	struct span proposals[EVIDENCE_BATCH], rwsets[EVIDENCE_BATCH];
	u8 signatures[EVIDENCE_BATCH][64];
	struct span evidences[EVIDENCE_BATCH];
};

static void die(const char *what)
{
	fprintf(stderr, "deal: %s\n", what);
	exit(1);
}

static void *must(void *memory)
{
	if (!memory)
		die("out of memory");
	return memory;
}

u64 deal_now(void)
{
	struct timeval now;

	gettimeofday(&now, NULL);
	return time_text_of_unix((u64)now.tv_sec * 1000000 + (u64)now.tv_usec);
}

/* Room that lives as long as the deal, in one stretch of address space that is only touched as far as it is used. */
static u8 *take(struct deal *deal, size_t len)
{
	u8 *bytes = deal->room + deal->used;

	if (len > deal->size - deal->used)
		die("more room is needed than was reckoned");
	deal->used += len;
	return bytes;
}

static struct span kept(struct deal *deal, const struct writer *writer)
{
	struct span span = { writer->start, writer_len(writer) };

	if (!span.len)
		die("an encoding did not fit");
	deal->used = (size_t)(span.bytes - deal->room) + span.len;
	return span;
}

static void write_here(struct deal *deal, struct writer *writer, size_t most)
{
	writer_init(writer, take(deal, most), most);
}

enum draw { DRAW_CLIENT = 1, DRAW_VALUE };

/* The seed's bytes for number @number of a use, the same in every deal of that seed; without one random ones. */
static void draw(const struct dealer *dealer, enum draw use, u32 number, void *ret_bytes, size_t len)
{
	u64 words[4] = { dealer->options->seed, use, number };
	u8 key[randombytes_SEEDBYTES];

	_Static_assert(sizeof(words) == sizeof(key), "a seed is four words");
	memcpy(key, words, sizeof(key));
	if (dealer->options->seed)
		randombytes_buf_deterministic(ret_bytes, len, key);
	else
		randombytes_buf(ret_bytes, len);
}

static void read_key(const char *path, struct keypair *ret_pair)
{
	struct org_key_error error;

	if (org_key_secret(path, ret_pair->secret, &error))
		die(error.text);
	memcpy(ret_pair->public, ret_pair->secret + 32, 32);
}

static void enrol(struct dealer *dealer, const u8 subject[32], u8 role, u64 epoch, u8 grade)
{
	struct credential credential = { .role = role, .serial = 1, .epoch = epoch, .grade = grade };
	struct deal *deal = dealer->deal;
	u8 bytes[CREDENTIAL_LEN], hash[32], signature[64];
	struct span span = { bytes, sizeof(bytes) };
	struct writer writer;
	u32 i;

	memcpy(credential.channel, dealer->channel, 32);
	memcpy(credential.subject, subject, 32);
	for (i = 0; i < dealer->options->genesis->organisation_count; i++)
		if (!memcmp(dealer->options->genesis->organisations[i].authority, dealer->authority.public, 32))
			credential.organisation = (u16)i;
	credential_encode(&credential, bytes);
	credential_signed_hash(TRANSACTION_ENROL, span, hash);
	crypto_sign_detached(signature, NULL, hash, sizeof(hash), dealer->authority.secret);
	write_here(deal, &writer, 256);
	transaction_encode_credential(&writer, TRANSACTION_ENROL, span, signature);
	deal->enrolments[deal->enrolment_count++] = kept(deal, &writer);
}

static void deal_open(struct dealer *dealer)
{
	const struct deal_options *options = dealer->options;
	u8 *payload = must(malloc(options->payload + 1));
	struct writer writer;
	u32 i, client;

	for (i = 0; i < options->count; i++) {
		client = i % options->clients;
		draw(dealer, DRAW_VALUE, i, payload, options->payload);
		write_here(dealer->deal, &writer, options->payload + 64);
		transaction_encode_open(&writer, dealer->clients[client].public, ++dealer->nonces[client],
					(struct span){ payload, options->payload });
		dealer->deal->transactions[i] = kept(dealer->deal, &writer);
	}
	free(payload);
}

static int key_of(const struct dealer *dealer, u32 number, u32 write, char ret_key[32])
{
	const struct deal_options *options = dealer->options;
	u64 key = options->keys ? randombytes_uniform((u32)options->keys) : (u64)number + (options->now << 20);

	return options->writes > 1 ? snprintf(ret_key, 32, "%016llx-%04x", (unsigned long long)key, write)
				   : snprintf(ret_key, 32, "%016llx", (unsigned long long)key);
}

/* What contract kv makes of "put" KEY VALUE; with more writes, as many of them in one set. */
static void write_set(struct dealer *dealer, u32 number, u32 place, struct span value)
{
	u32 writes = dealer->options->writes ? dealer->options->writes : 1, i;
	char full[40] = "kkv";
	struct writer writer;
	int len;

	write_here(dealer->deal, &writer, (size_t)writes * (value.len + 64) + 64);
	writer_u16(&writer, 0);
	writer_u16(&writer, (u16)writes);
	for (i = 0; i < writes; i++) {
		len = key_of(dealer, number, i, full + 4);
		writer_u8(&writer, RWSET_PUT);
		writer_span16(&writer, (struct span){ (const u8 *)full, (size_t)len + 4 });
		writer_span32(&writer, value);
	}
	writer_u32(&writer, 0);
	dealer->rwsets[place] = kept(dealer->deal, &writer);
}

/* "put" KEY VALUE, and its read/write set. */
static void propose(struct dealer *dealer, u32 number, u32 place, u8 *value)
{
	const struct deal_options *options = dealer->options;
	u32 client = number % options->clients;
	struct proposal proposal = { .channel = dealer->channel, .client = dealer->clients[client].public };
	static const u8 zeros[32];
	struct writer writer;
	char key[32];
	int len = key_of(dealer, number, 0, key);

	draw(dealer, DRAW_VALUE, number, value, options->payload);
	proposal.nonce = ++dealer->nonces[client];
	proposal.expires = options->now + LIFE_US;
	proposal.contract = (struct span){ (const u8 *)"kv", 2 };
	proposal.function = (struct span){ (const u8 *)"put", 3 };
	proposal.argument_count = 2;
	proposal.arguments[0] = (struct span){ (const u8 *)key, (size_t)len };
	proposal.arguments[1] = (struct span){ value, options->payload };
	proposal.private_hash = zeros;
	write_here(dealer->deal, &writer, options->payload + 256);
	proposal_encode(&writer, &proposal);
	dealer->proposals[place] = kept(dealer->deal, &writer);
	write_set(dealer, number, place, proposal.arguments[1]);
}

static void sign_client(struct dealer *dealer, u32 number, u32 place)
{
	struct proposal proposal;
	u8 hash[32];

	if (proposal_decode(dealer->proposals[place].bytes, dealer->proposals[place].len, &proposal))
		die("a proposal is wrong");
	proposal_signed_hash(&proposal, hash);
	crypto_sign_detached(dealer->signatures[place], NULL, hash, sizeof(hash),
			     dealer->clients[number % dealer->options->clients].secret);
}

#define LEVELS 11

/* A Merkle tree with all its levels, so that each leaf's path costs a walk and no hash. */
struct tree {
	u8 level[LEVELS][EVIDENCE_BATCH][32]; /* 0: leaves */
	u32 count;
};

/* @gate: the gate's hash (record.h), else the ledger's. */
static void tree_build(struct tree *tree, bool gate)
{
	u8 message[65] = { VG_NODE_PREFIX };
	u32 count = tree->count, level, i;

	for (level = 0; count > 1; level++) {
		for (i = 0; i + 1 < count; i += 2) {
			memcpy(message + 1, tree->level[level][i], 64);
			if (gate)
				crypto_hash_sha256(tree->level[level + 1][i / 2], message, sizeof(message));
			else
				ledger_hash_bytes(LEDGER_DOMAIN_NODE, message + 1, 64, tree->level[level + 1][i / 2]);
		}
		if (count % 2)
			memcpy(tree->level[level + 1][count / 2], tree->level[level][count - 1], 32);
		count = count / 2 + count % 2;
	}
	memcpy(tree->level[LEVELS - 1][0], tree->level[level][0], 32);
}

static const u8 *tree_root(const struct tree *tree)
{
	return tree->level[LEVELS - 1][0];
}

static u32 tree_path(const struct tree *tree, u32 index, u8 (*ret_path)[32])
{
	u32 count = tree->count, level, len = 0;

	for (level = 0; count > 1; level++, index /= 2, count = count / 2 + count % 2)
		if ((index ^ 1) < count)
			memcpy(ret_path[len++], tree->level[level][index ^ 1], 32);
	return len;
}

/* Each client has one gate session with one mandate, as it charges. */
static void attest_action(struct dealer *dealer, struct evidence *evidence, u32 number, u32 place, u8 vid[VG_VID_MAX])
{
	u32 client = number % dealer->options->clients;

	evidence->record = (struct vg_record){ .time = evidence->head.time,
					       .session = vg_be64(client + 1),
					       .sequence = vg_be64(dealer->nonces[client]),
					       .kind = VG_RECORD_ACTION,
					       .type = VG_VID_METER,
					       .reason = VG_ACCEPTED,
					       .grade = VG_GRADE_PLAIN };
	action_packet(evidence, dealer->proposals[place], vid);
	action_mandate(evidence, dealer->channel, dealer->clients[client].public, dealer->clients[client].secret,
		       dealer->options->now);
}

/* One sealed batch whose records prove @count proposals. */
static void attest(struct dealer *dealer, u32 first, u32 count)
{
	static u8 path[EVIDENCE_PATH_MAX][32];
	static struct tree tree;
	static struct evidence shown[EVIDENCE_BATCH];
	static u8 vids[EVIDENCE_BATCH][VG_VID_MAX];
	struct evidence evidence = { .head.grade = VG_GRADE_PLAIN };
	u8 message[1 + 16 + 64] = { VG_LEAF_PREFIX };
	struct vg_batch_head *head = &evidence.head;
	struct writer writer;
	u32 i;

	memcpy(head->magic, VG_BATCH_MAGIC, 8);
	memcpy(head->attestor, dealer->attestor.public, 32);
	head->epoch = vg_be64(dealer->epoch);
	head->number = vg_be64(dealer->batch++);
	head->time = vg_be64(dealer->options->now);
	head->count = vg_be32(count);
	for (i = 0; i < count; i++) {
		shown[i] = evidence;
		attest_action(dealer, &shown[i], first + i, i, vids[i]);
		memset(message + 1, (int)i, 16);
		memcpy(message + 17, &shown[i].record, 64);
		crypto_hash_sha256(tree.level[0][i], message, sizeof(message));
	}
	tree.count = count;
	tree_build(&tree, true);
	memcpy(head->root, tree_root(&tree), 32);
	crypto_sign_detached(evidence.signature, NULL, (const u8 *)head, sizeof(*head), dealer->attestor.secret);
	for (i = 0; i < count; i++) {
		shown[i].head = *head;
		memcpy(shown[i].signature, evidence.signature, 64);
		shown[i].index = (u16)i;
		memset(shown[i].salt, (int)i, 16);
		shown[i].path = path[0];
		shown[i].path_len = tree_path(&tree, i, path);
		write_here(dealer->deal, &writer, EVIDENCE_MAX);
		evidence_encode(&writer, &shown[i]);
		dealer->evidences[i] = kept(dealer->deal, &writer);
	}
}

/* Endorsements of @count transactions by both endorsers, and the transactions. @single: a signature for each. */
static void endorse(struct dealer *dealer, u32 first, u32 count, bool single)
{
	static struct tree trees[DEAL_ENDORSERS], alone = { .count = 1 };
	static u8 signatures[DEAL_ENDORSERS][EVIDENCE_BATCH][64], path[ENDORSEMENT_PATH_MAX][32];
	u8 proposal[32], rwset[32], hash[32];
	u32 i, e;

	for (i = 0; i < count; i++) {
		ledger_hash_bytes(LEDGER_DOMAIN_PROPOSAL, dealer->proposals[i].bytes, dealer->proposals[i].len,
				  proposal);
		ledger_hash_bytes(LEDGER_DOMAIN_RWSET, dealer->rwsets[i].bytes, dealer->rwsets[i].len, rwset);
		for (e = 0; e < DEAL_ENDORSERS; e++)
			endorsement_leaf(dealer->channel, proposal, rwset, dealer->endorsers[e].public, 0,
					 trees[e].level[0][i]);
	}
	for (e = 0; e < DEAL_ENDORSERS; e++) {
		trees[e].count = count;
		tree_build(&trees[e], false);
		for (i = 0; i < (single ? count : 1); i++) {
			memcpy(alone.level[0][0], trees[e].level[0][i], 32);
			tree_build(&alone, false);
			endorsement_root_hash(dealer->channel, tree_root(single ? &alone : &trees[e]),
					      (u16)(single ? 1 : count), hash);
			crypto_sign_detached(signatures[e][i], NULL, hash, sizeof(hash), dealer->endorsers[e].secret);
		}
	}
	for (i = 0; i < count; i++) {
		struct transaction transaction = { .kind = TRANSACTION_INVOKE, .endorsement_count = DEAL_ENDORSERS };
		u8 bytes[DEAL_ENDORSERS][256 + ENDORSEMENT_PATH_MAX * 32];
		struct deal *deal = dealer->deal;
		struct writer writer;

		for (e = 0; e < DEAL_ENDORSERS; e++) {
			struct endorsement endorsement = { .endorser = dealer->endorsers[e].public,
							   .count = (u16)(single ? 1 : count),
							   .index = (u16)(single ? 0 : i),
							   .path = path[0],
							   .signature = signatures[e][single ? i : 0] };

			endorsement.path_len = single ? 0 : tree_path(&trees[e], i, path);
			writer_init(&writer, bytes[e], sizeof(bytes[e]));
			endorsement_encode(&writer, &endorsement);
			transaction.endorsements[e] = (struct span){ bytes[e], writer_len(&writer) };
		}
		transaction.proposal.bytes = dealer->proposals[i];
		transaction.rwset.bytes = dealer->rwsets[i];
		transaction.authority = dealer->options->kind == 'b' ? TRANSACTION_EVIDENCE : TRANSACTION_SIGNED;
		transaction.signature = dealer->signatures[i];
		transaction.evidence = dealer->evidences[i];
		write_here(deal, &writer, dealer->proposals[i].len + dealer->rwsets[i].len + EVIDENCE_MAX + 2048);
		transaction_encode_invoke(&writer, &transaction);
		deal->transactions[first + i] = kept(deal, &writer);
	}
}

static void deal_invoke(struct dealer *dealer)
{
	const struct deal_options *options = dealer->options;
	u8 *value = must(malloc(options->payload + 1));
	u32 first, count, i, batch = options->kind == 'b' ? EVIDENCE_BATCH : DEAL_ENDORSEMENTS;

	if (options->together && options->together < batch)
		batch = options->together;
	for (first = 0; first < options->count; first += count) {
		count = options->count - first < batch ? options->count - first : batch;
		for (i = 0; i < count; i++) {
			propose(dealer, first + i, i, value);
			if (options->kind != 'b')
				sign_client(dealer, first + i, i);
		}
		if (options->kind == 'b')
			attest(dealer, first, count);
		endorse(dealer, first, count, options->kind == 'A');
	}
	free(value);
}

void deal_make(const struct deal_options *options, struct deal *ret_deal)
{
	struct dealer *dealer = must(calloc(1, sizeof(*dealer)));
	u8 seed[crypto_sign_SEEDBYTES];
	u32 i;

	*ret_deal = (struct deal){ .count = options->count };
	ret_deal->transactions = must(calloc(options->count, sizeof(struct span)));
	ret_deal->enrolments = must(calloc(options->clients + 1, sizeof(struct span)));
	ret_deal->size = (size_t)options->count *
				 (3072 + 2 * EVIDENCE_MAX +
				  ((size_t)options->payload + 64) * 2 * (1 + (options->writes ? options->writes : 1))) +
			 (size_t)(options->clients + 16) * 512;
	ret_deal->room = must(malloc(ret_deal->size));
	dealer->options = options;
	dealer->deal = ret_deal;
	dealer->clients = must(calloc(options->clients, sizeof(struct keypair)));
	dealer->nonces = must(calloc(options->clients, sizeof(u64)));
	membership_channel_id(options->genesis, dealer->channel);
	for (i = 0; i < options->clients; i++) {
		draw(dealer, DRAW_CLIENT, i, seed, sizeof(seed));
		crypto_sign_seed_keypair(dealer->clients[i].public, dealer->clients[i].secret, seed);
	}
	if (options->kind == 'o') {
		deal_open(dealer);
	} else {
		read_key(options->authority, &dealer->authority);
		for (i = 0; i < DEAL_ENDORSERS; i++)
			read_key(options->endorsers[i], &dealer->endorsers[i]);
		for (i = 0; i < options->clients; i++)
			enrol(dealer, dealer->clients[i].public, CREDENTIAL_CLIENT, 0, 0);
		crypto_sign_keypair(dealer->attestor.public, dealer->attestor.secret);
		dealer->epoch = options->now - 1000000;
		if (options->kind == 'b')
			enrol(dealer, dealer->attestor.public, CREDENTIAL_ATTESTOR, dealer->epoch, VG_GRADE_PLAIN);
		deal_invoke(dealer);
	}
	free(dealer->clients);
	free(dealer->nonces);
	free(dealer);
}

void deal_free(struct deal *deal)
{
	free(deal->transactions);
	free(deal->enrolments);
	free(deal->room);
	*deal = (struct deal){ .count = 0 };
}
