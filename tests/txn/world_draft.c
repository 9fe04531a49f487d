// SPDX-License-Identifier: GPL-2.0
/* world_draft.c - transactions of every kind for tests; whatever is wrong in one was put there by the test. */
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "tests/txn/action.h"
#include "tests/txn/world.h"

void world_draft_encode(struct world_draft *draft)
{
	struct writer writer;

	writer_init(&writer, draft->proposal_bytes, sizeof(draft->proposal_bytes));
	proposal_encode(&writer, &draft->proposal);
	draft->proposal.bytes = (struct span){ draft->proposal_bytes, writer_len(&writer) };
}

void world_draft(struct world *world, struct world_draft *draft, const struct world_key *client, u64 nonce)
{
	struct world_set nothing = { .read_count = 0 };

	memset(draft, 0, sizeof(*draft));
	draft->proposal = (struct proposal){
		.channel = world->channel,
		.client = client->public,
		.nonce = nonce,
		.expires = world->time + 100 * WORLD_SECOND,
		.contract = world_text("kv"),
		.function = world_text("put"),
	};
	draft->signer = client;
	draft->height = world->number;
	draft->endorser_count = 2;
	draft->endorsers[0] = &world->node[0];
	draft->endorsers[1] = &world->node[1];
	world_draft_encode(draft);
	world_set_encode(draft, &nothing);
}

void world_set_encode(struct world_draft *draft, const struct world_set *set)
{
	const struct rwset_write *write;
	struct writer writer;
	u32 i;

	writer_init(&writer, draft->rwset_bytes, sizeof(draft->rwset_bytes));
	writer_u16(&writer, set->read_count);
	for (i = 0; i < set->read_count; i++) {
		writer_span16(&writer, set->reads[i].key);
		writer_u64(&writer, set->reads[i].number);
		writer_u32(&writer, set->reads[i].index);
	}
	writer_u16(&writer, set->write_count);
	for (i = 0; i < set->write_count; i++) {
		write = &set->writes[i];
		writer_u8(&writer, write->operation);
		writer_span16(&writer, write->key);
		if (write->operation == RWSET_PUT)
			writer_span32(&writer, write->value);
		if (write->operation == RWSET_DELTA) {
			writer_u64(&writer, write->amount);
			writer_u64(&writer, write->least);
			writer_u64(&writer, write->most);
		}
		if (write->operation == RWSET_RATE) {
			writer_bytes(&writer, write->node, TRANSACTION_KEY_LEN);
			writer_u64(&writer, (u64)write->credibility);
			writer_u8(&writer, write->score);
		}
	}
	writer_span32(&writer, world_text(set->result ?: ""));
	draft->rwset_len = writer_len(&writer);
}

/* Each endorsement is leaf 2 of a batch of 5, whose other leaves are made up. */
static size_t endorse(struct world *world, struct world_draft *draft, u32 index, u8 *bytes, size_t size)
{
	u8 leaves[5][32], leaf[32], path[32 * 10] = { 0 }, signature[64] = { 0 }, hash[32], rwset_hash[32];
	struct endorsement endorsement = { draft->endorsers[index]->public, draft->height, 5, 2, 3, path, signature };
	u8 nodes[2][32], pair[64], root[32];
	struct writer writer;
	u32 i;

	ledger_hash_bytes(LEDGER_DOMAIN_RWSET, draft->rwset_bytes, draft->rwset_len, rwset_hash);
	proposal_hash(&draft->proposal, hash);
	endorsement_leaf(world->channel, hash, rwset_hash, endorsement.endorser, endorsement.height, leaf);
	for (i = 0; i < 5; i++)
		memset(leaves[i], i + 1, 32);
	memcpy(leaves[2], leaf, 32);
	for (i = 0; i < 2; i++)
		ledger_hash_bytes(LEDGER_DOMAIN_NODE, leaves[2 * i], 64, nodes[i]);
	ledger_hash_bytes(LEDGER_DOMAIN_NODE, nodes, 64, pair);
	memcpy(pair + 32, leaves[4], 32);
	ledger_hash_bytes(LEDGER_DOMAIN_NODE, pair, 64, root);
	memcpy(path, leaves[3], 32);
	memcpy(path + 32, nodes[0], 32);
	memcpy(path + 64, leaves[4], 32);
	endorsement_root_hash(world->channel, root, 5, hash);
	world_sign(draft->endorsers[index], hash, sizeof(hash), signature);
	if (draft->spoil)
		draft->spoil(draft, index, &endorsement, path, signature);
	writer_init(&writer, bytes, size);
	endorsement_encode(&writer, &endorsement);
	return writer_len(&writer);
}

size_t world_invoke(struct world *world, struct world_draft *draft, u8 *bytes, size_t size)
{
	static u8 endorsements[TRANSACTION_ENDORSEMENTS_MAX][ENDORSEMENT_MAX];
	struct transaction transaction;
	u8 signature[64], hash[32];
	struct writer writer;
	u32 i;

	transaction.proposal = draft->proposal;
	transaction.authority = draft->evidence.len ? TRANSACTION_EVIDENCE : TRANSACTION_SIGNED;
	transaction.evidence = draft->evidence;
	transaction.signature = signature;
	proposal_signed_hash(&draft->proposal, hash);
	world_sign(draft->signer, hash, sizeof(hash), signature);
	if (draft->spoil_client)
		draft->spoil_client(signature);
	transaction.rwset.bytes = (struct span){ draft->rwset_bytes, draft->rwset_len };
	transaction.endorsement_count = draft->endorser_count;
	for (i = 0; i < draft->endorser_count; i++)
		transaction.endorsements[i] =
			(struct span){ endorsements[i], endorse(world, draft, i, endorsements[i], ENDORSEMENT_MAX) };
	writer_init(&writer, bytes, size);
	transaction_encode_invoke(&writer, &transaction);
	return writer_len(&writer);
}

struct credential world_enrolment(struct world *world, const struct world_key *subject, u16 organisation, u8 role)
{
	struct credential credential = { .organisation = organisation, .role = role, .serial = ++world->serial };

	memcpy(credential.channel, world->channel, 32);
	memcpy(credential.subject, subject->public, 32);
	if (role == CREDENTIAL_ATTESTOR) {
		credential.epoch = WORLD_START;
		credential.grade = VG_GRADE_ATTESTED;
	}
	return credential;
}

size_t world_credential(enum transaction_kind kind, const struct credential *credential, const struct world_key *signer,
			u8 *bytes, size_t size)
{
	u8 encoded[CREDENTIAL_LEN], hash[32], signature[64];
	struct span span = { encoded, sizeof(encoded) };
	struct writer writer;

	credential_encode(credential, encoded);
	credential_signed_hash(kind, span, hash);
	world_sign(signer, hash, sizeof(hash), signature);
	writer_init(&writer, bytes, size);
	transaction_encode_credential(&writer, kind, span, signature);
	return writer_len(&writer);
}

size_t world_config(struct world *world, u32 previous, const struct membership *next, u32 signers, u8 *bytes,
		    size_t size)
{
	static u8 update[MEMBERSHIP_UPDATE_MAX];
	u8 signatures[2 * TRANSACTION_CONFIG_SIGNATURE_LEN], hash[32];
	struct writer writer;
	struct span span;
	u32 count = 0, i;

	writer_init(&writer, update, sizeof(update));
	membership_update_encode(&writer, previous, next);
	span = (struct span){ update, writer_len(&writer) };
	membership_update_hash(world->channel, span, hash);
	for (i = 0; i < 2; i++) {
		if (!(signers >> i & 1))
			continue;
		signatures[count * TRANSACTION_CONFIG_SIGNATURE_LEN] = i;
		world_sign(&world->regulator[i], hash, sizeof(hash),
			   signatures + count * TRANSACTION_CONFIG_SIGNATURE_LEN + 1);
		count++;
	}
	writer_init(&writer, bytes, size);
	transaction_encode_config(&writer, span, (struct span){ signatures, count * TRANSACTION_CONFIG_SIGNATURE_LEN });
	return writer_len(&writer);
}

void world_verdict(struct world *world, struct world_verdict *verdict, struct world_draft *draft)
{
	memset(verdict, 0, sizeof(*verdict));
	verdict->attestor = &world->attestor;
	memcpy(verdict->head.magic, VG_BATCH_MAGIC, 8);
	memcpy(verdict->head.attestor, world->attestor.public, 32);
	verdict->head.epoch = vg_be64(WORLD_START);
	verdict->head.number = vg_be64(3);
	verdict->head.time = vg_be64(world->time);
	verdict->head.grade = VG_GRADE_ATTESTED;
	verdict->record.time = vg_be64(world->time);
	verdict->record.session = vg_be64(99);
	verdict->record.sequence = vg_be64(4);
	verdict->record.kind = VG_RECORD_ACTION;
	verdict->record.type = 17;
	verdict->record.grade = VG_GRADE_ATTESTED;
	world_verdict_packet(verdict, draft);
	world_verdict_mandate(world, verdict, draft->signer);
	verdict->count = 7;
	verdict->index = 5;
}

void world_verdict_packet(struct world_verdict *verdict, struct world_draft *draft)
{
	verdict->action.record = verdict->record;
	action_packet(&verdict->action, draft->proposal.bytes, verdict->vid);
	verdict->record = verdict->action.record;
}

void world_verdict_mandate(struct world *world, struct world_verdict *verdict, const struct world_key *wallet)
{
	verdict->action.head = verdict->head;
	verdict->action.record = verdict->record;
	action_mandate(&verdict->action, world->channel, wallet->public, wallet->secret, world->time);
}

static void verdict_salt(const struct world_verdict *verdict, u32 index, u8 ret_salt[VG_SALT_LEN])
{
	memset(ret_salt, verdict->salt_seed + index, VG_SALT_LEN);
}

/* The root of leaves [@from, @to) by RFC 6962's own recursion; the path of @index is gathered on the way up. */
static void verdict_root(u8 (*leaves)[32], u32 from, u32 to, u32 index, u8 ret_root[32], u8 *path, u32 *path_len)
{
	u8 message[65] = { VG_NODE_PREFIX };
	u32 split = 1;

	if (to - from == 1) {
		memcpy(ret_root, leaves[from], 32);
		return;
	}
	while (split * 2 < to - from)
		split *= 2;
	verdict_root(leaves, from, from + split, index, message + 1, path, path_len);
	verdict_root(leaves, from + split, to, index, message + 33, path, path_len);
	if (index >= from && index < to)
		memcpy(path + 32 * (*path_len)++, index < from + split ? message + 33 : message + 1, 32);
	crypto_hash_sha256(ret_root, message, sizeof(message));
}

size_t world_evidence(struct world_verdict *verdict, u8 bytes[EVIDENCE_MAX])
{
	static u8 leaves[VG_BATCH_MAX][32];
	u8 message[1 + VG_SALT_LEN + 64], path[32 * EVIDENCE_PATH_MAX];
	struct evidence evidence = verdict->action;
	struct writer writer;
	u32 i;

	evidence.index = verdict->index;
	evidence.record = verdict->record;
	evidence.path = path;
	evidence.path_len = 0;
	evidence.vid.bytes = verdict->vid;
	for (i = 0; i < verdict->count; i++) {
		memset(message, 0, sizeof(message));
		verdict_salt(verdict, i, message + 1);
		if (i == verdict->index)
			memcpy(message + 1 + VG_SALT_LEN, &verdict->record, sizeof(verdict->record));
		crypto_hash_sha256(leaves[i], message, sizeof(message));
	}
	verdict_root(leaves, 0, verdict->count, verdict->index, verdict->head.root, path, &evidence.path_len);
	verdict->head.count = vg_be32(verdict->count);
	evidence.head = verdict->head;
	verdict_salt(verdict, verdict->index, evidence.salt);
	world_sign(verdict->attestor, &evidence.head, sizeof(evidence.head), evidence.signature);
	writer_init(&writer, bytes, EVIDENCE_MAX);
	evidence_encode(&writer, &evidence);
	return writer_len(&writer);
}
