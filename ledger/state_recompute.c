// SPDX-License-Identifier: GPL-2.0
/*
 * state_recompute.c - the bucket tree from nothing but what is stored, for the
 * audit; and a state that came whole (a snapshot taken in).
 *
 * One walk over the buckets checks form, order, that keys belong where they are, and every value's hash; a second one
 * over the keys kept for walks checks that they are the same keys, by their number and the sum of their hashes.
 */
#include "ledger/state_parts.h"

#include <errno.h>
#include <stdlib.h>

struct recompute {
	struct state *state;
	struct buckettree *tree;
	u64 keys, sum;
	struct store_walk *walk;
	struct span key, value; /* the next record of the walk */
	bool more;
};

static int recompute_next(struct recompute *self)
{
	int error = 0;

	self->more = self->state->store->ops->walk_next(self->walk, &self->key, &self->value, &error) &&
		     self->key.len >= 5 && self->key.bytes[0] == 'b';
	return error;
}

/* The value of @entry: beside its bucket it is the next record of the walk. */
static int recompute_value(struct recompute *self, u32 number, const struct bucket_entry *entry)
{
	struct ledger_piece pieces[2] = { { entry->version, STATE_VERSION_LEN },
					  { entry->value.bytes, entry->value.len } };
	u8 name[BUCKET_LONG_MAX], hash[LEDGER_HASH_LEN];
	int error = 0;

	if (!entry->value.bytes) {
		if (!self->more || !span_equal(self->key, bucket_long_name(name, number, entry->key)))
			return state_damaged(self->state, "A long value in bucket %u of the state is missing.", number);
		pieces[1] = (struct ledger_piece){ self->value.bytes, self->value.len };
	}
	ledger_hash(LEDGER_DOMAIN_VALUE, pieces, 2, hash);
	if (memcmp(hash, entry->hash, sizeof(hash)))
		return state_damaged(self->state, "A value in bucket %u of the state does not have its hash.", number);
	if (!entry->value.bytes)
		error = recompute_next(self);
	return error;
}

static int recompute_entries(struct recompute *self, u32 number, struct span entries)
{
	struct span before = { NULL, 0 };
	struct bucket_entry entry;
	struct reader reader;
	u64 hash;
	int error = 0;

	reader_init(&reader, entries.bytes, entries.len);
	while (!error && bucket_entry(&reader, &entry)) {
		hash = state_hash_key(self->state, entry.key);
		if (hash % BUCKETTREE_BUCKETS != number || (before.bytes && buckettree_order(before, entry.key) >= 0))
			return state_damaged(self->state, "Bucket %u of the state holds a key in a wrong place.",
					     number);
		self->keys++;
		self->sum += hash;
		before = entry.key;
		error = recompute_value(self, number, &entry);
	}
	if (!error && reader.bad)
		error = state_damaged(self->state, "Bucket %u of the state is not a list of entries.", number);
	return error ?: bucket_hash(number, entries, buckettree_hash(self->tree, 0, number));
}

static int recompute_bucket(struct recompute *self)
{
	u8 *copy = malloc(self->value.len + 1);
	struct span entries = { copy, self->value.len };
	struct reader reader;
	u32 number;
	int error;

	if (!copy)
		return -ENOMEM;
	if (self->value.len)
		memcpy(copy, self->value.bytes, self->value.len);
	reader_init(&reader, self->key.bytes + 1, self->key.len - 1);
	number = reader_u32(&reader);
	if (!reader_done(&reader) || number >= BUCKETTREE_BUCKETS || !entries.len)
		error = state_damaged(self->state, "The state has a record that belongs to no bucket.");
	else
		error = recompute_next(self) ?: recompute_entries(self, number, entries);
	free(copy);
	return error;
}

/* The keys for walks are those of the buckets. */
static int recompute_keys(struct recompute *self)
{
	struct store *store = self->state->store;
	struct store_walk *walk = store->ops->walk(store, state_span("s", 1));
	struct span key, value;
	u64 keys = 0, sum = 0;
	int error = 0;

	if (!walk)
		return -ENOMEM;
	while (store->ops->walk_next(walk, &key, &value, &error) && key.len && key.bytes[0] == 's') {
		keys++;
		sum += state_hash_key(self->state, state_span(key.bytes + 1, key.len - 1));
	}
	store->ops->walk_free(walk);
	if (!error && (keys != self->keys || sum != self->sum))
		error = state_damaged(self->state, "The keys that walks find are not those of the buckets.");
	return error;
}

int state_recompute(struct state *state, u8 ret_root[LEDGER_HASH_LEN], u64 *ret_keys)
{
	struct recompute self = { .state = state, .tree = buckettree_new() };
	int error = -ENOMEM;

	self.walk = state->store->ops->walk(state->store, state_span("b", 1));
	if (self.tree && self.walk)
		error = recompute_next(&self);
	while (!error && self.more)
		error = recompute_bucket(&self);
	state->store->ops->walk_free(self.walk);
	if (!error)
		error = recompute_keys(&self);
	if (!error) {
		buckettree_fill(self.tree);
		memcpy(ret_root, buckettree_hash(self.tree, BUCKETTREE_LEVELS, 0), LEDGER_HASH_LEN);
		*ret_keys = self.keys;
	}
	buckettree_free(self.tree);
	return error;
}

int state_adopt(struct state *state, struct buckettree *tree, const struct state_mark *mark)
{
	struct store_batch *batch;
	int error;

	buckettree_free(state->tree);
	state->tree = tree;
	if (memcmp(buckettree_hash(tree, BUCKETTREE_LEVELS, 0), mark->root, LEDGER_HASH_LEN))
		return -EBADMSG;
	batch = state->store->ops->batch_new(state->store);
	if (!batch)
		return -ENOMEM;
	journal_build(state, batch);
	mark_encode(state, mark, &state->journal, batch);
	error = state->store->ops->batch_write(state->store, batch, true);
	if (!error)
		state->mark = *mark;
	return error;
}
