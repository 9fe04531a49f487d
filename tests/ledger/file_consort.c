// SPDX-License-Identifier: GPL-2.0
/*
 * file_consort.c - keys from seeds, a genesis, certified blocks.
 */
#include "tests/ledger/file_consort.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "ledger/credential.h"

static void key_init(struct consort_key *key, u8 seed)
{
	u8 seeds[32];

	memset(seeds, seed, sizeof(seeds));
	crypto_sign_seed_keypair(key->public, key->secret, seeds);
}

static int node_order(const void *one, const void *other)
{
	return memcmp(((const struct membership_node *)one)->key, ((const struct membership_node *)other)->key, 32);
}

void consort_init(struct consort *consort)
{
	struct membership *genesis = &consort->genesis;
	struct membership_error error;
	u32 i;

	memset(consort, 0, sizeof(*consort));
	membership_defaults(genesis);
	snprintf(genesis->name, sizeof(genesis->name), "consort");
	memset(genesis->seed, 0x5e, 32);
	genesis->parameters[MEMBERSHIP_OPEN_REQUESTS] = 1;
	key_init(&consort->regulator, 100);
	genesis->regulator_count = 1;
	memcpy(genesis->regulators[0], consort->regulator.public, 32);
	for (i = 0; i < 4; i++) {
		key_init(&consort->authorities[i], (u8)(50 + i));
		snprintf(genesis->organisations[i].name, sizeof(genesis->organisations[i].name), "org%u", i);
		memcpy(genesis->organisations[i].authority, consort->authorities[i].public, 32);
	}
	genesis->organisation_count = 4;
	for (i = 0; i < CONSORT_NODES; i++)
		key_init(&consort->nodes[i], (u8)(1 + i));
	for (i = 0; i < 4; i++) {
		memcpy(genesis->nodes[i].key, consort->nodes[i].public, 32);
		genesis->nodes[i].organisation = (u16)i;
		genesis->nodes[i].roles = MEMBERSHIP_REPLICA | MEMBERSHIP_ENDORSER;
		snprintf(genesis->nodes[i].name, sizeof(genesis->nodes[i].name), "node%u", i);
		snprintf(genesis->nodes[i].address, sizeof(genesis->nodes[i].address), "127.0.0.1:%u", 7000 + i);
	}
	genesis->node_count = 4;
	consort->second = *genesis;
	consort->second.sequence = 1;
	consort->second.epoch = 1;
	memcpy(consort->second.nodes[0].key, consort->nodes[4].public, 32);
	qsort(genesis->nodes, 4, sizeof(genesis->nodes[0]), node_order);
	qsort(consort->second.nodes, 4, sizeof(genesis->nodes[0]), node_order);
	membership_channel_id(genesis, consort->channel);
	if (membership_check(genesis, &error) || membership_check(&consort->second, &error)) {
		fprintf(stderr, "%s\n", error.text);
		abort();
	}
}

void consort_body(struct consort *consort)
{
	writer_init(&consort->body, consort->body_bytes, sizeof(consort->body_bytes));
	writer_u32(&consort->body, 0);
	consort->body_count = 0;
}

static void body_add(struct consort *consort, const struct writer *transaction)
{
	writer_span32(&consort->body, (struct span){ transaction->start, writer_len(transaction) });
	consort->body_count++;
}

void consort_open(struct consort *consort, u8 client, u64 nonce, const char *payload)
{
	struct writer writer;
	u8 bytes[1024], key[32];

	memset(key, client, sizeof(key));
	writer_init(&writer, bytes, sizeof(bytes));
	transaction_encode_open(&writer, key, nonce, (struct span){ (const u8 *)payload, strlen(payload) });
	body_add(consort, &writer);
}

void consort_enrol(struct consort *consort, u8 subject, u64 serial)
{
	struct credential credential = { .organisation = 1, .role = CREDENTIAL_CLIENT, .serial = serial };
	u8 bytes[CREDENTIAL_LEN], hash[32], signature[64], transaction[512];
	struct span span = { bytes, sizeof(bytes) };
	struct writer writer;

	memcpy(credential.channel, consort->channel, 32);
	memset(credential.subject, subject, 32);
	credential_encode(&credential, bytes);
	credential_signed_hash(TRANSACTION_ENROL, span, hash);
	crypto_sign_detached(signature, NULL, hash, sizeof(hash), consort->authorities[1].secret);
	writer_init(&writer, transaction, sizeof(transaction));
	transaction_encode_credential(&writer, TRANSACTION_ENROL, span, signature);
	body_add(consort, &writer);
}

void consort_configure(struct consort *consort)
{
	static u8 update[MEMBERSHIP_UPDATE_MAX], transaction[MEMBERSHIP_UPDATE_MAX + 256];
	u8 hash[32], signatures[65] = { 0 };
	struct writer writer;
	struct span span;

	writer_init(&writer, update, sizeof(update));
	membership_update_encode(&writer, 0, &consort->second);
	span = (struct span){ update, writer_len(&writer) };
	membership_update_hash(consort->channel, span, hash);
	crypto_sign_detached(signatures + 1, NULL, hash, sizeof(hash), consort->regulator.secret);
	writer_init(&writer, transaction, sizeof(transaction));
	transaction_encode_config(&writer, span, (struct span){ signatures, sizeof(signatures) });
	body_add(consort, &writer);
}

struct span consort_body_end(struct consort *consort)
{
	u32 count = vg_be32(consort->body_count);

	memcpy(consort->body_bytes, &count, sizeof(count));
	return (struct span){ consort->body_bytes, writer_len(&consort->body) };
}

void consort_certify(const struct consort *consort, const struct membership *membership,
		     const struct block_header *header, u32 count, struct block_certificate *ret_certificate)
{
	u8 hash[32], vote[32];
	u32 replica, i;

	*ret_certificate = (struct block_certificate){ .view = 3, .count = count };
	block_header_hash(header, hash);
	block_vote_hash(BLOCK_VOTE_COMMIT, consort->channel, header->epoch, 3, header->number, hash, vote);
	for (replica = 0; replica < count; replica++) {
		ret_certificate->signatures[replica].replica = (u16)replica;
		for (i = 0; i < CONSORT_NODES; i++)
			if (!memcmp(membership_replica(membership, replica)->key, consort->nodes[i].public, 32))
				crypto_sign_detached(ret_certificate->signatures[replica].bytes, NULL, vote,
						     sizeof(vote), consort->nodes[i].secret);
	}
}

int consort_append(struct consort *consort, struct ledger *ledger, u64 time, struct span body)
{
	struct block_certificate certificate;
	struct candidate *candidate;
	struct ledger_error error;
	int code = ledger_execute(ledger, NULL, time, body, &candidate);

	if (code)
		return code;
	consort_certify(consort, ledger_membership(ledger), candidate_header(candidate), 3, &certificate);
	return ledger_append(ledger, candidate, &certificate, &error);
}
