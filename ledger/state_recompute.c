// SPDX-License-Identifier: GPL-2.0
/*
 * state_recompute.c - the bucket tree from nothing but the values: to check what
 * is stored (audit), or to make it (a snapshot taken in).
 *
 * A first walk over the values counts the bytes of every bucket. Then as many buckets as fit into 64 MiB are filled
 * by another walk, whose order is that of the entries, and so on.
 */
#include "ledger/state_parts.h"

#include <errno.h>
#include <stdlib.h>

#define RECOMPUTE_BYTES (64u << 20)
#define BUILD_BATCH_BYTES (1u << 20)

struct recompute {
	struct state *state;
	struct buckettree *tree;
	u64 keys;
	u64 *bytes;		   /* of each bucket */
	u8 **at;		   /* where the next entry of each bucket goes */
	u32 first, beyond;	   /* buckets of this pass */
	struct store_batch *batch; /* building: what waits */
	size_t batch_bytes;
};

/* Calls @each for every value of the store: its bucket, key and record. */
static int recompute_walk(struct recompute *self,
			  void (*each)(struct recompute *self, u32 bucket, struct span key, struct span record))
{
	struct store *store = self->state->store;
	struct store_walk *walk = store->ops->walk(store, state_span("s", 1));
	struct span name, record, key;
	int error = 0;

	if (!walk)
		return -ENOMEM;
	while (!error && store->ops->walk_next(walk, &name, &record, &error)) {
		if (!name.len || name.bytes[0] != 's')
			break;
		key = state_span(name.bytes + 1, name.len - 1);
		if (key.len > STATE_KEY_MAX || record.len < STATE_VERSION_LEN)
			error = state_damaged(self->state, "A value of the state is damaged.");
		else
			each(self, state_hash_key(self->state, key) % BUCKETTREE_BUCKETS, key, record);
	}
	store->ops->walk_free(walk);
	return error;
}

static void recompute_count(struct recompute *self, u32 bucket, struct span key, struct span record)
{
	(void)record;
	self->bytes[bucket] += 2 + key.len + LEDGER_HASH_LEN;
	self->keys++;
}

static void recompute_entry(struct recompute *self, u32 bucket, struct span key, struct span record)
{
	u8 *at = self->at[bucket];

	if (bucket < self->first || bucket >= self->beyond)
		return;
	at[0] = (u8)(key.len >> 8);
	at[1] = (u8)key.len;
	if (key.len)
		memcpy(at + 2, key.bytes, key.len);
	state_value_hash(record, at + 2 + key.len);
	self->at[bucket] += 2 + key.len + LEDGER_HASH_LEN;
}

static int recompute_compare(struct recompute *self, u32 number, struct span entries)
{
	u8 name[5] = { 'b', (u8)(number >> 24), (u8)(number >> 16), (u8)(number >> 8), (u8)number }, *bytes = NULL;
	struct store *store = self->state->store;
	size_t len = 0;
	int error = store->ops->get(store, state_span(name, sizeof(name)), &bytes, &len);

	if (error && error != -ENOENT)
		return error;
	error = span_equal(entries, state_span(bytes, len))
			? 0
			: state_damaged(self->state, "Bucket %u of the state is not what its values give.", number);
	free(bytes);
	return error;
}

static int build_flush(struct recompute *self)
{
	struct store *store = self->state->store;
	struct store_batch *batch = self->batch;

	self->batch = store->ops->batch_new(store);
	self->batch_bytes = 0;
	if (!batch)
		return self->batch ? 0 : -ENOMEM;
	return store->ops->batch_write(store, batch, false);
}

static int build_put(struct recompute *self, u32 number, struct span entries)
{
	u8 name[5] = { 'b', (u8)(number >> 24), (u8)(number >> 16), (u8)(number >> 8), (u8)number };

	if (!self->batch)
		return -ENOMEM;
	self->state->store->ops->batch_put(self->batch, state_span(name, sizeof(name)), entries);
	self->batch_bytes += entries.len;
	return self->batch_bytes < BUILD_BATCH_BYTES ? 0 : build_flush(self);
}

static int recompute_pass(struct recompute *self, size_t len,
			  int (*each)(struct recompute *self, u32 number, struct span entries))
{
	u8 *bytes = malloc(len + 1), *at = bytes;
	u32 number;
	int error;

	if (!bytes)
		return -ENOMEM;
	for (number = self->first; number < self->beyond; number++) {
		self->at[number] = at;
		at += self->bytes[number];
	}
	error = recompute_walk(self, recompute_entry);
	for (number = self->first, at = bytes; number < self->beyond && !error; number++) {
		struct span entries = { at, self->bytes[number] };

		at += entries.len;
		buckettree_bucket_hash(number, entries, buckettree_hash(self->tree, 0, number));
		if (entries.len)
			error = each(self, number, entries);
	}
	free(bytes);
	return error;
}

static int recompute(struct recompute *self, int (*each)(struct recompute *self, u32 number, struct span entries))
{
	size_t len;
	int error = -ENOMEM;

	self->bytes = calloc(BUCKETTREE_BUCKETS, sizeof(*self->bytes));
	self->at = calloc(BUCKETTREE_BUCKETS, sizeof(*self->at));
	if (self->bytes && self->at && self->tree)
		error = recompute_walk(self, recompute_count);
	while (!error && self->beyond < BUCKETTREE_BUCKETS) {
		self->first = self->beyond;
		for (len = 0; self->beyond < BUCKETTREE_BUCKETS &&
			      (self->beyond == self->first || len + self->bytes[self->beyond] <= RECOMPUTE_BYTES);
		     self->beyond++)
			len += self->bytes[self->beyond];
		error = recompute_pass(self, len, each);
	}
	free(self->bytes);
	free(self->at);
	if (!error)
		buckettree_fill(self->tree);
	return error;
}

int state_recompute(struct state *state, u8 ret_root[LEDGER_HASH_LEN], u64 *ret_keys)
{
	struct recompute self = { .state = state, .tree = buckettree_new() };
	int error = recompute(&self, recompute_compare);

	if (!error) {
		memcpy(ret_root, buckettree_hash(self.tree, BUCKETTREE_LEVELS, 0), LEDGER_HASH_LEN);
		*ret_keys = self.keys;
	}
	buckettree_free(self.tree);
	return error;
}

int state_build(struct state *state, u8 ret_root[LEDGER_HASH_LEN], u64 *ret_keys)
{
	struct recompute self = { .state = state, .tree = state->tree };
	int error;

	if (state->bottom)
		return -EBUSY;
	bucket_done(state);
	error = build_flush(&self);
	if (!error)
		error = recompute(&self, build_put);
	if (!error)
		error = journal_build(state, self.batch);
	if (!error)
		error = build_flush(&self);
	if (self.batch)
		state->store->ops->batch_free(self.batch);
	if (!error) {
		memcpy(ret_root, buckettree_hash(state->tree, BUCKETTREE_LEVELS, 0), LEDGER_HASH_LEN);
		*ret_keys = self.keys;
	}
	return error;
}

int state_adopt(struct state *state, const struct state_mark *mark)
{
	struct store_batch *batch;
	int error;

	if (memcmp(buckettree_hash(state->tree, BUCKETTREE_LEVELS, 0), mark->root, LEDGER_HASH_LEN))
		return -EBADMSG;
	batch = state->store->ops->batch_new(state->store);
	if (!batch)
		return -ENOMEM;
	mark_encode(state, mark, &state->journal, batch);
	error = state->store->ops->batch_write(state->store, batch, true);
	if (!error)
		state->mark = *mark;
	return error;
}
