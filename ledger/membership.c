// SPDX-License-Identifier: GPL-2.0
/*
 * membership.c - configurations to and from bytes, their hashes, and who is who
 * in one. Pure. Whether a configuration makes sense is membership_check.c's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/membership.h"

#define MEMBERSHIP_MAGIC "VGCONF01"

void membership_defaults(struct membership *ret_membership)
{
	memset(ret_membership, 0, sizeof(*ret_membership));
	ret_membership->regulators_needed = 1;
#define MEMBERSHIP_PARAMETER_DEFAULT(name, word, value, least, most, meaning) \
	ret_membership->parameters[MEMBERSHIP_##name] = value;
	MEMBERSHIP_PARAMETERS(MEMBERSHIP_PARAMETER_DEFAULT)
#undef MEMBERSHIP_PARAMETER_DEFAULT
}

const char *membership_parameter_word(enum membership_parameter parameter)
{
	static const char *const words[] = {
#define MEMBERSHIP_PARAMETER_WORD(name, word, value, least, most, meaning) word,
		MEMBERSHIP_PARAMETERS(MEMBERSHIP_PARAMETER_WORD)
#undef MEMBERSHIP_PARAMETER_WORD
	};

	return parameter < MEMBERSHIP_PARAMETER_COUNT ? words[parameter] : "?";
}

static void encode_text(struct writer *writer, const char *text)
{
	writer_span16(writer, (struct span){ (const u8 *)text, strlen(text) });
}

static void encode_members(struct writer *writer, const struct membership *membership)
{
	u32 i;

	writer_u8(writer, membership->organisation_count);
	for (i = 0; i < membership->organisation_count; i++) {
		encode_text(writer, membership->organisations[i].name);
		writer_bytes(writer, membership->organisations[i].authority, 32);
	}
	writer_u16(writer, membership->node_count);
	for (i = 0; i < membership->node_count; i++) {
		writer_bytes(writer, membership->nodes[i].key, 32);
		writer_u16(writer, membership->nodes[i].organisation);
		writer_u8(writer, membership->nodes[i].roles);
		encode_text(writer, membership->nodes[i].name);
		encode_text(writer, membership->nodes[i].address);
	}
}

void membership_encode(struct writer *writer, const struct membership *membership)
{
	u32 i;

	writer_bytes(writer, MEMBERSHIP_MAGIC, 8);
	encode_text(writer, membership->name);
	writer_bytes(writer, membership->seed, 32);
	writer_u32(writer, membership->sequence);
	writer_u64(writer, membership->epoch);
	writer_u8(writer, membership->regulator_count);
	writer_u8(writer, membership->regulators_needed);
	for (i = 0; i < membership->regulator_count; i++)
		writer_bytes(writer, membership->regulators[i], 32);
	encode_members(writer, membership);
	writer_u8(writer, membership->collection_count);
	for (i = 0; i < membership->collection_count; i++) {
		encode_text(writer, membership->collections[i].name);
		writer_u32(writer, membership->collections[i].organisations);
		writer_u64(writer, membership->collections[i].purge_blocks);
	}
	writer_u8(writer, MEMBERSHIP_PARAMETER_COUNT);
	for (i = 0; i < MEMBERSHIP_PARAMETER_COUNT; i++)
		writer_u64(writer, membership->parameters[i]);
}

/* @size: room in @ret_text, zero at the end included. A zero within would make two encodings of one text. */
static void decode_text(struct reader *reader, char *ret_text, size_t size)
{
	struct span text = reader_span16(reader, size - 1);

	if (reader->bad || (text.len && memchr(text.bytes, 0, text.len))) {
		reader->bad = true;
		return;
	}
	if (text.len)
		memcpy(ret_text, text.bytes, text.len);
}

/* A count before a list: bad if above @most, and 0 then, so that no loop runs past an array. */
static u32 decode_count(struct reader *reader, u32 count, u32 most)
{
	if (count > most)
		reader->bad = true;
	return reader->bad ? 0 : count;
}

static void decode_members(struct reader *reader, struct membership *ret_membership)
{
	u32 i;

	ret_membership->organisation_count = decode_count(reader, reader_u8(reader), MEMBERSHIP_ORGANISATIONS_MAX);
	for (i = 0; i < ret_membership->organisation_count; i++) {
		decode_text(reader, ret_membership->organisations[i].name, MEMBERSHIP_NAME_MAX + 1);
		reader_copy(reader, ret_membership->organisations[i].authority, 32);
	}
	ret_membership->node_count = decode_count(reader, reader_u16(reader), MEMBERSHIP_NODES_MAX);
	for (i = 0; i < ret_membership->node_count; i++) {
		reader_copy(reader, ret_membership->nodes[i].key, 32);
		ret_membership->nodes[i].organisation = reader_u16(reader);
		ret_membership->nodes[i].roles = reader_u8(reader);
		decode_text(reader, ret_membership->nodes[i].name, MEMBERSHIP_NAME_MAX + 1);
		decode_text(reader, ret_membership->nodes[i].address, MEMBERSHIP_ADDRESS_MAX + 1);
	}
}

static void decode_rules(struct reader *reader, struct membership *ret_membership)
{
	u32 i;

	ret_membership->collection_count = decode_count(reader, reader_u8(reader), MEMBERSHIP_COLLECTIONS_MAX);
	for (i = 0; i < ret_membership->collection_count; i++) {
		decode_text(reader, ret_membership->collections[i].name, MEMBERSHIP_NAME_MAX + 1);
		ret_membership->collections[i].organisations = reader_u32(reader);
		ret_membership->collections[i].purge_blocks = reader_u64(reader);
	}
	if (reader_u8(reader) != MEMBERSHIP_PARAMETER_COUNT)
		reader->bad = true;
	for (i = 0; i < MEMBERSHIP_PARAMETER_COUNT; i++)
		ret_membership->parameters[i] = reader_u64(reader);
}

int membership_decode(struct span bytes, struct membership *ret_membership)
{
	struct membership_error error;
	struct reader reader;
	const u8 *magic;
	u32 i;

	memset(ret_membership, 0, sizeof(*ret_membership));
	if (bytes.len > MEMBERSHIP_BYTES_MAX)
		return -EBADMSG;
	reader_init(&reader, bytes.bytes, bytes.len);
	magic = reader_bytes(&reader, 8);
	if (!magic || memcmp(magic, MEMBERSHIP_MAGIC, 8))
		return -EBADMSG;
	decode_text(&reader, ret_membership->name, sizeof(ret_membership->name));
	reader_copy(&reader, ret_membership->seed, 32);
	ret_membership->sequence = reader_u32(&reader);
	ret_membership->epoch = reader_u64(&reader);
	ret_membership->regulator_count = decode_count(&reader, reader_u8(&reader), MEMBERSHIP_REGULATORS_MAX);
	ret_membership->regulators_needed = reader_u8(&reader);
	for (i = 0; i < ret_membership->regulator_count; i++)
		reader_copy(&reader, ret_membership->regulators[i], 32);
	decode_members(&reader, ret_membership);
	decode_rules(&reader, ret_membership);
	return reader_done(&reader) && !membership_check(ret_membership, &error) ? 0 : -EBADMSG;
}

void membership_update_encode(struct writer *writer, u32 previous, const struct membership *next)
{
	writer_u32(writer, previous);
	membership_encode(writer, next);
}

int membership_update_decode(struct span update, u32 *ret_previous, struct membership *ret_next)
{
	struct reader reader;

	reader_init(&reader, update.bytes, update.len);
	*ret_previous = reader_u32(&reader);
	if (reader.bad)
		return -EBADMSG;
	return membership_decode((struct span){ reader.at, reader_left(&reader) }, ret_next);
}

void membership_update_hash(const u8 channel[32], struct span update, u8 ret_hash[32])
{
	const struct ledger_piece pieces[] = { { channel, LEDGER_HASH_LEN }, { update.bytes, update.len } };

	ledger_hash(LEDGER_DOMAIN_CONFIG, pieces, 2, ret_hash);
}

void membership_channel_id(const struct membership *genesis, u8 ret_id[32])
{
	u8 bytes[MEMBERSHIP_BYTES_MAX];
	struct writer writer;

	writer_init(&writer, bytes, sizeof(bytes));
	membership_encode(&writer, genesis);
	ledger_hash_bytes(LEDGER_DOMAIN_GENESIS, bytes, writer_len(&writer), ret_id);
}

void membership_replicas_hash(const struct membership *membership, u8 ret_hash[32])
{
	u8 bytes[2 + MEMBERSHIP_NODES_MAX * 32];
	struct writer writer;
	u32 i;

	writer_init(&writer, bytes, sizeof(bytes));
	writer_u16(&writer, membership_replicas(membership));
	for (i = 0; i < membership->node_count; i++)
		if (membership->nodes[i].roles & MEMBERSHIP_REPLICA)
			writer_bytes(&writer, membership->nodes[i].key, 32);
	ledger_hash_bytes(LEDGER_DOMAIN_REPLICAS, bytes, writer_len(&writer), ret_hash);
}

u32 membership_replicas(const struct membership *membership)
{
	u32 count = 0, i;

	for (i = 0; i < membership->node_count; i++)
		count += membership->nodes[i].roles & MEMBERSHIP_REPLICA ? 1 : 0;
	return count;
}

const struct membership_node *membership_replica(const struct membership *membership, u32 index)
{
	u32 i;

	for (i = 0; i < membership->node_count; i++)
		if (membership->nodes[i].roles & MEMBERSHIP_REPLICA && !index--)
			return &membership->nodes[i];
	return NULL;
}

static int node_compare(const void *key, const void *node)
{
	return memcmp(key, ((const struct membership_node *)node)->key, 32);
}

int membership_node_index(const struct membership *membership, const u8 key[32])
{
	const struct membership_node *node =
		bsearch(key, membership->nodes, membership->node_count, sizeof(membership->nodes[0]), node_compare);

	return node ? (int)(node - membership->nodes) : -1;
}

int membership_replica_index(const struct membership *membership, const u8 key[32])
{
	int node = membership_node_index(membership, key), index = 0, i;

	if (node < 0 || !(membership->nodes[node].roles & MEMBERSHIP_REPLICA))
		return -1;
	for (i = 0; i < node; i++)
		index += membership->nodes[i].roles & MEMBERSHIP_REPLICA ? 1 : 0;
	return index;
}

int membership_organisation_index(const struct membership *membership, const char *name)
{
	u32 i;

	for (i = 0; i < membership->organisation_count; i++)
		if (!strcmp(membership->organisations[i].name, name))
			return i;
	return -1;
}

bool membership_organisation_left(const struct membership *membership, u32 index)
{
	static const u8 zeros[32];

	return !memcmp(membership->organisations[index].authority, zeros, sizeof(zeros));
}
