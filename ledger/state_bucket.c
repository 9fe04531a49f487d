// SPDX-License-Identifier: GPL-2.0
/*
 * state_bucket.c - the contents of buckets in memory: those that overlays changed,
 * and, up to STATE_CACHE_BYTES, those used last.
 *
 * Contents never change; an overlay that changes a bucket makes a new one. What comes from the store is believed only
 * if its hash is the tree's and its values have theirs.
 */
#include "ledger/state_parts.h"

#include <errno.h>
#include <stdlib.h>

struct bucket *bucket_new(u32 number, u32 len)
{
	struct bucket *bucket = malloc(sizeof(*bucket) + len);

	if (!bucket)
		return NULL;
	memset(bucket, 0, sizeof(*bucket));
	bucket->number = number;
	bucket->len = len;
	bucket->refs = 1;
	return bucket;
}

void bucket_put(struct bucket *bucket)
{
	if (bucket && !--bucket->refs)
		free(bucket);
}

static void bucket_unlist(struct state *state, struct bucket *bucket)
{
	if (!bucket->listed)
		return;
	*(bucket->older ? &bucket->older->newer : &state->oldest) = bucket->newer;
	*(bucket->newer ? &bucket->newer->older : &state->newest) = bucket->older;
	bucket->listed = false;
	state->cached -= sizeof(*bucket) + bucket->len;
}

static void bucket_list(struct state *state, struct bucket *bucket)
{
	bucket->newer = NULL;
	bucket->older = state->newest;
	*(state->newest ? &state->newest->newer : &state->oldest) = bucket;
	state->newest = bucket;
	bucket->listed = true;
	state->cached += sizeof(*bucket) + bucket->len;
}

/* Every value that stands in it must have its hash: it is served without a further look. */
static bool bucket_values(const struct bucket *bucket)
{
	struct bucket_entry entry;
	struct reader reader;
	u8 hash[LEDGER_HASH_LEN];

	reader_init(&reader, bucket->entries, bucket->len);
	while (bucket_entry(&reader, &entry)) {
		if (!entry.value.bytes)
			continue; /* checked when it is read */
		state_value_hash(entry.version, entry.value, hash);
		if (memcmp(hash, entry.hash, sizeof(hash)))
			return false;
	}
	return !reader.bad;
}

static int bucket_load(struct state *state, u32 number, struct bucket **ret_bucket)
{
	u8 name[5], hash[LEDGER_HASH_LEN], *bytes;
	struct bucket *bucket;
	size_t len;
	int error = state->store->ops->get(state->store, bucket_name(name, number), &bytes, &len);

	if (error == -ENOENT)
		return state_damaged(state, "Bucket %u of the state is missing; its hash is not empty's.", number);
	if (error)
		return error;
	bucket = len <= 0x7fffffff ? bucket_new(number, (u32)len) : NULL;
	if (bucket && len)
		memcpy(bucket->entries, bytes, len);
	free(bytes);
	if (!bucket)
		return -ENOMEM;
	error = bucket_hash(number, state_span(bucket->entries, bucket->len), hash);
	if (error == -ENOMEM ||
	    (!error && !memcmp(hash, buckettree_hash(state->tree, 0, number), sizeof(hash)) && bucket_values(bucket))) {
		*ret_bucket = bucket;
		return error;
	}
	bucket_put(bucket);
	return state_damaged(state, "Bucket %u of the state does not have the hash that the tree has for it.", number);
}

int bucket_tip(struct state *state, u32 number, struct bucket **ret_bucket)
{
	static const u8 zeros[LEDGER_HASH_LEN];
	struct bucket *bucket = state->tip[number];
	int error;

	*ret_bucket = NULL;
	if (!bucket) {
		if (!memcmp(buckettree_hash(state->tree, 0, number), zeros, sizeof(zeros)))
			return 0;
		error = bucket_load(state, number, &bucket);
		if (error)
			return error;
		state->tip[number] = bucket;
	}
	bucket_unlist(state, bucket);
	bucket_list(state, bucket);
	*ret_bucket = bucket;
	return 0;
}

int bucket_committed(struct state *state, u32 number, struct bucket **ret_bucket)
{
	struct bucket *bucket = state->tip[number];
	const struct overlay *overlay;
	u32 left = state->pinned[number], i;

	if (!left)
		return bucket_tip(state, number, ret_bucket);
	for (; left && bucket && bucket->owner; left--)
		bucket = bucket->owner->changes[bucket->change].before;
	*ret_bucket = bucket;
	if (!left)
		return 0;
	for (overlay = state->bottom; overlay; overlay = overlay->above) /* an overlay emptied it */
		for (i = 0; i < overlay->change_count; i++)
			if (overlay->changes[i].bucket == number) {
				*ret_bucket = overlay->changes[i].before;
				return 0;
			}
	return state_damaged(state, "Bucket %u was changed by no overlay.", number);
}

struct bucket *bucket_replace(struct state *state, u32 number, struct bucket *content)
{
	struct bucket *before = state->tip[number];

	if (before)
		bucket_unlist(state, before);
	state->tip[number] = content;
	if (content)
		bucket_list(state, content);
	return before;
}

void bucket_trim(struct state *state)
{
	struct bucket *bucket = state->oldest, *newer;

	for (; bucket && state->cached > STATE_CACHE_BYTES; bucket = newer) {
		newer = bucket->newer;
		if (bucket->refs > 1) /* an overlay needs it */
			continue;
		bucket_unlist(state, bucket);
		state->tip[bucket->number] = NULL;
		bucket_put(bucket);
	}
}

void bucket_done(struct state *state)
{
	struct bucket *bucket;

	while ((bucket = state->oldest)) {
		bucket_unlist(state, bucket);
		state->tip[bucket->number] = NULL;
		bucket_put(bucket);
	}
}
