// SPDX-License-Identifier: GPL-2.0
/*
 * state_rig.c - the model, written so that nothing of it is the code under test
 * but the hash: its tree hashes only what is not empty, from lists of nodes.
 */
#include "tests/ledger/state_rig.h"

#include <stdio.h>
#include <stdlib.h>

#include "ledger/buckettree.h"
#include "ledger/hash.h"

u32 rig_draw(struct rig_random *random, u32 below)
{
	u64 word = random->word += 0x9e3779b97f4a7c15ULL;

	word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9ULL;
	word = (word ^ word >> 27) * 0x94d049bb133111ebULL;
	return (u32)((word ^ word >> 31) >> 32) % below;
}

void rig_folder(char ret_folder[64])
{
	const char *where = getenv("TMPDIR");

	snprintf(ret_folder, 64, "%.40s/vg-state-XXXXXX", where ? where : "/tmp");
	if (!mkdtemp(ret_folder)) {
		perror(ret_folder);
		exit(1);
	}
}

void rig_folder_done(const char *folder)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	if (system(command))
		perror(folder);
}

static int order(struct span one, struct span other)
{
	size_t i;

	for (i = 0; i < one.len && i < other.len; i++)
		if (one.bytes[i] != other.bytes[i])
			return one.bytes[i] < other.bytes[i] ? -1 : 1;
	return one.len < other.len ? -1 : one.len > other.len;
}

struct rig_pair *rig_find(struct rig_model *model, struct span key)
{
	u32 i;

	for (i = 0; i < model->count; i++)
		if (!order(rig_span(model->pairs[i].key, model->pairs[i].key_len), key))
			return &model->pairs[i];
	return NULL;
}

void rig_put(struct rig_model *model, struct span key, struct span value, struct state_version version)
{
	struct rig_pair *pair = rig_find(model, key);

	if (!pair) {
		if (model->count == RIG_KEYS || key.len > sizeof(pair->key) || value.len > sizeof(pair->value))
			abort();
		pair = &model->pairs[model->count++];
		memcpy(pair->key, key.bytes, key.len);
		pair->key_len = (u32)key.len;
	}
	memcpy(pair->value, value.bytes, value.len);
	pair->value_len = (u32)value.len;
	pair->version = version;
	pair->there = true;
}

void rig_delete(struct rig_model *model, struct span key)
{
	struct rig_pair *pair = rig_find(model, key);

	if (pair)
		pair->there = false;
}

struct node {
	u32 position;
	u8 hash[32];
};

static void be(u8 *bytes, u64 value, int len)
{
	while (len--) {
		bytes[len] = (u8)value;
		value >>= 8;
	}
}

/* The pairs of a bucket in key order, hashed. */
static void bucket_hash(const struct rig_pair **pairs, u32 count, u32 bucket, u8 ret_hash[32])
{
	u8 bytes[4 + 64 * RIG_KEYS], value[12 + RIG_VALUE_MAX];
	size_t len = 4;
	u32 i, j;

	be(bytes, bucket, 4);
	for (i = 0; i < count; i++)
		for (j = i + 1; j < count; j++)
			if (order(rig_span(pairs[i]->key, pairs[i]->key_len),
				  rig_span(pairs[j]->key, pairs[j]->key_len)) > 0) {
				const struct rig_pair *swap = pairs[i];

				pairs[i] = pairs[j];
				pairs[j] = swap;
			}
	for (i = 0; i < count; i++) {
		be(bytes + len, pairs[i]->key_len, 2);
		memcpy(bytes + len + 2, pairs[i]->key, pairs[i]->key_len);
		len += 2 + pairs[i]->key_len;
		be(value, pairs[i]->version.number, 8);
		be(value + 8, pairs[i]->version.index, 4);
		memcpy(value + 12, pairs[i]->value, pairs[i]->value_len);
		ledger_hash_bytes(LEDGER_DOMAIN_VALUE, value, 12 + pairs[i]->value_len, bytes + len);
		len += 32;
	}
	ledger_hash_bytes(LEDGER_DOMAIN_BUCKET, bytes, len, ret_hash);
}

void rig_root(const struct rig_model *model, const u8 seed[32], u8 ret_root[32])
{
	static const struct rig_pair *pairs[RIG_KEYS];
	static struct node nodes[RIG_KEYS];
	u32 i, j, count = 0, members, above, level;

	for (i = 0; i < model->count; i++) {
		u32 bucket = buckettree_bucket(seed, rig_span(model->pairs[i].key, model->pairs[i].key_len));

		for (j = 0; j < count && nodes[j].position != bucket; j++)
			;
		if (!model->pairs[i].there || j < count)
			continue;
		for (j = i, members = 0; j < model->count; j++)
			if (model->pairs[j].there &&
			    buckettree_bucket(seed, rig_span(model->pairs[j].key, model->pairs[j].key_len)) == bucket)
				pairs[members++] = &model->pairs[j];
		nodes[count].position = bucket;
		bucket_hash(pairs, members, bucket, nodes[count++].hash);
	}
	for (level = 1; level <= 5; level++) {
		for (i = 0, above = 0; i < count; i++) {
			u8 bytes[5 + 16 * 32] = { (u8)level };
			u32 position = nodes[i].position / 16;

			for (j = 0; j < above && nodes[j].position != position; j++)
				;
			if (j < above)
				continue;
			be(bytes + 1, position, 4);
			for (j = i; j < count; j++)
				if (nodes[j].position / 16 == position)
					memcpy(bytes + 5 + nodes[j].position % 16 * 32, nodes[j].hash, 32);
			/* nodes[above..i] were taken up already, so the place is free */
			for (j = i + 1; j < count; j++)
				if (nodes[j].position / 16 == position)
					nodes[j--] = nodes[--count];
			nodes[above].position = position;
			ledger_hash_bytes(LEDGER_DOMAIN_BUCKET_NODE, bytes, level == 5 ? 5 + 4 * 32 : sizeof(bytes),
					  nodes[above++].hash);
		}
		count = above;
	}
	memset(ret_root, 0, 32);
	if (count)
		memcpy(ret_root, nodes[0].hash, 32);
}

const struct rig_pair *rig_first(const struct rig_model *model, struct span prefix, struct span from)
{
	const struct rig_pair *best = NULL;
	u32 i;

	for (i = 0; i < model->count; i++) {
		const struct rig_pair *pair = &model->pairs[i];
		struct span key = { pair->key, pair->key_len };

		if (!pair->there || key.len < prefix.len || memcmp(key.bytes, prefix.bytes, prefix.len) ||
		    order(key, from) < 0)
			continue;
		if (!best || order(key, rig_span(best->key, best->key_len)) < 0)
			best = pair;
	}
	return best;
}
