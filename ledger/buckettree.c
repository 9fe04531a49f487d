// SPDX-License-Identifier: GPL-2.0
/*
 * buckettree.c - hashes of the bucket tree, level by level, and proofs (PROTOCOL.md L6).
 */
#include "ledger/buckettree.h"

#include <errno.h>
#include <stdlib.h>

#include "voltgate/siphash.h"

#define BUCKETTREE_HASHES 64 /* made in one call */

static const u32 buckettree_widths[BUCKETTREE_LEVELS + 1] = { BUCKETTREE_BUCKETS, 16384, 1024, 64, 4, 1 };

struct buckettree {
	u8 (*levels[BUCKETTREE_LEVELS + 1])[LEDGER_HASH_LEN];
};

static bool hash_zero(const u8 hash[LEDGER_HASH_LEN])
{
	static const u8 zeros[LEDGER_HASH_LEN];

	return !memcmp(hash, zeros, sizeof(zeros));
}

/* Children of a node of @level: the fan-out, or all there are below the root. */
static u32 buckettree_children(u32 level)
{
	u32 below = buckettree_widths[level - 1];

	return below < BUCKETTREE_FANOUT ? below : BUCKETTREE_FANOUT;
}

struct buckettree *buckettree_new(void)
{
	struct buckettree *tree = calloc(1, sizeof(*tree));
	u32 level;

	if (!tree)
		return NULL;
	for (level = 0; level <= BUCKETTREE_LEVELS; level++) {
		tree->levels[level] = calloc(buckettree_widths[level], LEDGER_HASH_LEN);
		if (!tree->levels[level]) {
			buckettree_free(tree);
			return NULL;
		}
	}
	return tree;
}

void buckettree_free(struct buckettree *tree)
{
	u32 level;

	if (!tree)
		return;
	for (level = 0; level <= BUCKETTREE_LEVELS; level++)
		free(tree->levels[level]);
	free(tree);
}

u8 *buckettree_hash(struct buckettree *tree, u32 level, u32 position)
{
	return tree->levels[level][position];
}

static void place_write(u8 *at, u32 position)
{
	at[0] = (u8)(position >> 24);
	at[1] = (u8)(position >> 16);
	at[2] = (u8)(position >> 8);
	at[3] = (u8)position;
}

/* What the hash of a node is of; false: all its children are zeros, so it is (and was made so). */
static bool node_message(u32 level, u32 position, const u8 *children, u32 count, u8 ret_hash[LEDGER_HASH_LEN],
			 struct ledger_message *ret_message)
{
	u32 child = 0;

	while (child < count && hash_zero(children + child * LEDGER_HASH_LEN))
		child++;
	if (child == count) {
		memset(ret_hash, 0, LEDGER_HASH_LEN);
		return false;
	}
	ret_message->head[0] = (u8)level;
	place_write(ret_message->head + 1, position);
	ret_message->head_len = 5;
	ret_message->bytes = children;
	ret_message->len = count * LEDGER_HASH_LEN;
	ret_message->ret_hash = ret_hash;
	return true;
}

static void node_hash(u32 level, u32 position, const u8 *children, u32 count, u8 ret_hash[LEDGER_HASH_LEN])
{
	struct ledger_message message;

	if (node_message(level, position, children, count, ret_hash, &message))
		ledger_hash_many(LEDGER_DOMAIN_BUCKET_NODE, &message, 1);
}

void buckettree_nodes(struct buckettree *tree, u32 level, const u32 *positions, u32 count)
{
	struct ledger_message messages[BUCKETTREE_HASHES];
	u32 filled = 0, i;

	for (i = 0; i < count; i++) {
		filled +=
			node_message(level, positions[i], tree->levels[level - 1][positions[i] * BUCKETTREE_FANOUT],
				     buckettree_children(level), tree->levels[level][positions[i]], &messages[filled]);
		if (filled == BUCKETTREE_HASHES || i + 1 == count) {
			ledger_hash_many(LEDGER_DOMAIN_BUCKET_NODE, messages, filled);
			filled = 0;
		}
	}
}

void buckettree_fill(struct buckettree *tree)
{
	u32 level, position, positions[BUCKETTREE_HASHES], filled = 0;

	for (level = 1; level <= BUCKETTREE_LEVELS; level++)
		for (position = 0; position < buckettree_widths[level]; position++) {
			positions[filled++] = position;
			if (filled == BUCKETTREE_HASHES || position + 1 == buckettree_widths[level]) {
				buckettree_nodes(tree, level, positions, filled);
				filled = 0;
			}
		}
}

u32 buckettree_bucket(const u8 seed[32], struct span key)
{
	struct vg_siphash_key sipkey;
	struct vg_siphash_tag tag;

	vg_siphash_key_decode(seed, &sipkey);
	vg_siphash(&sipkey, key.bytes, key.len, &tag);
	return tag.t0 % BUCKETTREE_BUCKETS;
}

void buckettree_bucket_hash(u32 bucket, struct span entries, u8 ret_hash[LEDGER_HASH_LEN])
{
	struct buckettree_brief brief = { bucket, entries, ret_hash };

	buckettree_bucket_hashes(&brief, 1);
}

void buckettree_bucket_hashes(const struct buckettree_brief *briefs, size_t count)
{
	struct ledger_message messages[BUCKETTREE_HASHES];
	size_t filled = 0, i;

	for (i = 0; i < count; i++) {
		if (!briefs[i].entries.len) {
			memset(briefs[i].ret_hash, 0, LEDGER_HASH_LEN);
		} else {
			place_write(messages[filled].head, briefs[i].bucket);
			messages[filled].head_len = 4;
			messages[filled].bytes = briefs[i].entries.bytes;
			messages[filled].len = briefs[i].entries.len;
			messages[filled++].ret_hash = briefs[i].ret_hash;
		}
		if (filled == BUCKETTREE_HASHES || i + 1 == count) {
			ledger_hash_many(LEDGER_DOMAIN_BUCKET, messages, filled);
			filled = 0;
		}
	}
}

bool buckettree_entry(struct reader *entries, struct span *ret_key, const u8 **ret_hash)
{
	if (!reader_left(entries))
		return false;
	*ret_key = reader_span16(entries, 0xffff);
	*ret_hash = reader_bytes(entries, LEDGER_HASH_LEN);
	return !entries->bad;
}

static void prove_level(u32 level, u32 position, const u8 *(*hash_of)(void *arg, u32 level, u32 position), void *arg,
			struct writer *writer)
{
	u32 first = position / BUCKETTREE_FANOUT * BUCKETTREE_FANOUT, count = buckettree_children(level + 1), child;
	u16 zeros = 0;

	for (child = 0; child < count; child++)
		if (first + child != position && hash_zero(hash_of(arg, level, first + child)))
			zeros |= (u16)(1 << child);
	writer_u16(writer, zeros);
	for (child = 0; child < count; child++)
		if (first + child != position && !(zeros & 1 << child))
			writer_bytes(writer, hash_of(arg, level, first + child), LEDGER_HASH_LEN);
}

int buckettree_prove(u32 bucket, struct span entries, const u8 *(*hash_of)(void *arg, u32 level, u32 position),
		     void *arg, struct writer *writer)
{
	struct reader reader;
	struct span key;
	const u8 *hash;
	u32 count = 0, level, position = bucket;

	reader_init(&reader, entries.bytes, entries.len);
	while (buckettree_entry(&reader, &key, &hash))
		count++;
	if (count > 0xffff)
		return -E2BIG;
	writer_u32(writer, bucket);
	writer_u16(writer, (u16)count);
	writer_bytes(writer, entries.bytes, entries.len);
	for (level = 0; level < BUCKETTREE_LEVELS; level++, position /= BUCKETTREE_FANOUT)
		prove_level(level, position, hash_of, arg, writer);
	return writer->full ? -ENOSPC : 0;
}

/* One level of a check: from the hash at @position of @level to the one above it. */
static bool check_level(struct reader *proof, u32 level, u32 position, u8 hash[LEDGER_HASH_LEN])
{
	u8 children[BUCKETTREE_FANOUT][LEDGER_HASH_LEN];
	u32 own = position % BUCKETTREE_FANOUT, count = buckettree_children(level + 1), child;
	u16 zeros = reader_u16(proof);

	if (zeros >> own & 1 || zeros >> count)
		return false;
	for (child = 0; child < count; child++) {
		if (child == own) {
			memcpy(children[child], hash, LEDGER_HASH_LEN);
		} else if (zeros >> child & 1) {
			memset(children[child], 0, LEDGER_HASH_LEN);
		} else {
			reader_copy(proof, children[child], LEDGER_HASH_LEN);
			if (hash_zero(children[child])) /* one form only */
				return false;
		}
	}
	node_hash(level + 1, position / BUCKETTREE_FANOUT, children[0], count, hash);
	return !proof->bad;
}

/* Reads the entries: ascending, none twice. 1: @key is there. */
static int check_entries(struct reader *proof, u32 count, struct span key, u8 ret_value_hash[LEDGER_HASH_LEN])
{
	struct span entry, before = { NULL, 0 };
	const u8 *hash;
	int found = 0;
	u32 i;

	for (i = 0; i < count; i++) {
		entry = reader_span16(proof, 0xffff);
		hash = reader_bytes(proof, LEDGER_HASH_LEN);
		if (proof->bad || (i && buckettree_order(before, entry) >= 0))
			return -EBADMSG;
		if (span_equal(entry, key)) {
			memcpy(ret_value_hash, hash, LEDGER_HASH_LEN);
			found = 1;
		}
		before = entry;
	}
	return found;
}

int buckettree_check(const u8 seed[32], const u8 root[LEDGER_HASH_LEN], struct span key, struct span proof,
		     u8 ret_value_hash[LEDGER_HASH_LEN])
{
	u32 bucket, count, level, position;
	u8 hash[LEDGER_HASH_LEN];
	struct span entries;
	struct reader reader;
	int found;

	reader_init(&reader, proof.bytes, proof.len);
	bucket = reader_u32(&reader);
	count = reader_u16(&reader);
	if (reader.bad || bucket != buckettree_bucket(seed, key))
		return -EBADMSG;
	entries.bytes = reader.at;
	found = check_entries(&reader, count, key, ret_value_hash);
	if (found < 0)
		return found;
	entries.len = reader.at - entries.bytes;
	buckettree_bucket_hash(bucket, entries, hash);
	for (level = 0, position = bucket; level < BUCKETTREE_LEVELS; level++, position /= BUCKETTREE_FANOUT)
		if (!check_level(&reader, level, position, hash))
			return -EBADMSG;
	if (!reader_done(&reader) || memcmp(hash, root, LEDGER_HASH_LEN))
		return -EBADMSG;
	return found;
}
