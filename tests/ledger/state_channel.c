// SPDX-License-Identifier: GPL-2.0
/*
 * state_channel.c - see state_channel.h.
 */
#include "tests/ledger/state_channel.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

static struct channel_key key_of(u8 number)
{
	struct channel_key key;
	u8 seed[32];

	memset(seed, number, sizeof(seed));
	crypto_sign_seed_keypair(key.public, key.secret, seed);
	return key;
}

/* Nodes ascend by key in a configuration. */
static int node_compare(const void *one, const void *other)
{
	return memcmp(((const struct membership_node *)one)->key, ((const struct membership_node *)other)->key, 32);
}

static void node_fill(struct test_channel *channel, u32 index, struct membership_node *ret_node)
{
	memset(ret_node, 0, sizeof(*ret_node));
	memcpy(ret_node->key, channel->nodes[index].public, 32);
	ret_node->roles = MEMBERSHIP_REPLICA | MEMBERSHIP_ENDORSER;
	snprintf(ret_node->name, sizeof(ret_node->name), "node%u", index);
	snprintf(ret_node->address, sizeof(ret_node->address), "127.0.0.1:%u", 7000 + index);
}

void channel_make(struct test_channel *channel)
{
	struct membership *genesis = &channel->genesis;
	struct membership_error error;
	u32 i;

	if (sodium_init() < 0)
		abort();
	memset(channel, 0, sizeof(*channel));
	channel->authority = key_of(100);
	channel->regulator = key_of(101);
	for (i = 0; i < CHANNEL_KEYS; i++)
		channel->nodes[i] = key_of((u8)(1 + i));
	membership_defaults(genesis);
	strcpy(genesis->name, "test");
	memset(genesis->seed, 9, sizeof(genesis->seed));
	genesis->parameters[MEMBERSHIP_OPEN_REQUESTS] = 1;
	genesis->parameters[MEMBERSHIP_ENDORSING_ORGANISATIONS] = 1;
	genesis->regulator_count = genesis->regulators_needed = 1;
	memcpy(genesis->regulators[0], channel->regulator.public, 32);
	genesis->organisation_count = 1;
	strcpy(genesis->organisations[0].name, "org");
	memcpy(genesis->organisations[0].authority, channel->authority.public, 32);
	genesis->node_count = CHANNEL_REPLICAS;
	for (i = 0; i < CHANNEL_REPLICAS; i++)
		node_fill(channel, i, &genesis->nodes[i]);
	qsort(genesis->nodes, genesis->node_count, sizeof(genesis->nodes[0]), node_compare);
	if (membership_check(genesis, &error)) {
		printf("Bail out! The test's own genesis: %s\n", error.text);
		exit(1);
	}
	channel->now = *genesis;
	membership_channel_id(genesis, channel->id);
	channel->time = 1000;
}

struct span channel_body(struct test_channel *channel, struct rig_random *random, u32 count, u32 clients, u32 payload)
{
	size_t size = 4 + count * (4 + 1 + 32 + 8 + 4 + (size_t)payload), len;
	u8 *body = malloc(size), *transaction = malloc(64 + payload), *bytes = malloc(payload + 1), client[32];
	struct writer writer, inner;
	u32 i, j;

	writer_init(&writer, body, size);
	writer_u32(&writer, count);
	for (i = 0; i < count; i++) {
		memset(client, 0, sizeof(client));
		j = rig_draw(random, clients);
		client[0] = (u8)(1 + j % 255);
		client[1] = (u8)(j / 255);
		for (j = 0; j < payload; j++)
			bytes[j] = (u8)rig_draw(random, 256);
		writer_init(&inner, transaction, 64 + payload);
		transaction_encode_open(&inner, client, ++channel->nonce, rig_span(bytes, payload));
		writer_span32(&writer, rig_span(transaction, writer_len(&inner)));
	}
	len = writer_len(&writer);
	free(transaction);
	free(bytes);
	return rig_span(body, len);
}

struct span channel_reconfigure(struct test_channel *channel, u32 out, u32 in)
{
	static u8 update[MEMBERSHIP_UPDATE_MAX], transaction[MEMBERSHIP_UPDATE_MAX + 128];
	struct membership *next = &channel->now;
	u8 *body = malloc(sizeof(transaction) + 8), hash[32], signature[65] = { 0 };
	struct writer writer;
	u32 previous = next->sequence, i;
	size_t len;

	for (i = 0; i < next->node_count && memcmp(next->nodes[i].key, channel->nodes[out].public, 32); i++)
		;
	if (i == next->node_count)
		abort();
	node_fill(channel, in, &next->nodes[i]);
	qsort(next->nodes, next->node_count, sizeof(next->nodes[0]), node_compare);
	next->sequence++;
	next->epoch++;
	writer_init(&writer, update, sizeof(update));
	membership_update_encode(&writer, previous, next);
	len = writer_len(&writer);
	membership_update_hash(channel->id, rig_span(update, len), hash);
	crypto_sign_detached(signature + 1, NULL, hash, sizeof(hash), channel->regulator.secret);
	writer_init(&writer, transaction, sizeof(transaction));
	transaction_encode_config(&writer, rig_span(update, len), rig_span(signature, sizeof(signature)));
	len = writer_len(&writer);
	writer_init(&writer, body, sizeof(transaction) + 8);
	writer_u32(&writer, 1);
	writer_span32(&writer, rig_span(transaction, len));
	return rig_span(body, writer_len(&writer));
}

void channel_certify(const struct test_channel *channel, const struct membership *membership,
		     const struct block_header *header, u32 signers, struct block_certificate *ret_certificate)
{
	u8 hash[32], vote[32];
	u32 i, j;

	block_header_hash(header, hash);
	ret_certificate->view = 0;
	ret_certificate->count = signers;
	block_vote_hash(BLOCK_VOTE_COMMIT, header->channel, header->epoch, 0, header->number, hash, vote);
	for (i = 0; i < signers; i++) {
		const struct membership_node *node = membership_replica(membership, i);

		ret_certificate->signatures[i].replica = (u16)i;
		for (j = 0; j < CHANNEL_KEYS; j++)
			if (!memcmp(channel->nodes[j].public, node->key, 32))
				crypto_sign_detached(ret_certificate->signatures[i].bytes, NULL, vote, sizeof(vote),
						     channel->nodes[j].secret);
	}
}

int channel_append(struct test_channel *channel, struct ledger *ledger, struct span body,
		   struct ledger_error *ret_error)
{
	struct block_certificate certificate;
	struct candidate *candidate;
	int error;

	channel->time = ledger_head(ledger)->time + 1000;
	error = ledger_execute(ledger, NULL, channel->time, body, &candidate);
	free((void *)body.bytes);
	if (error)
		return error;
	channel_certify(channel, ledger_membership(ledger), candidate_header(candidate), 3, &certificate);
	error = ledger_append(ledger, candidate, &certificate, ret_error);
	if (error)
		candidate_drop(candidate);
	return error;
}
