// SPDX-License-Identifier: GPL-2.0
/*
 * state.c - the committed state: opening, reading, walking.
 */
#include "ledger/state_parts.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int state_damaged(struct state *state, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(state->store->error, sizeof(state->store->error), format, args);
	va_end(args);
	return -EIO;
}

void state_version_decode(const u8 bytes[STATE_VERSION_LEN], struct state_version *ret_version)
{
	struct reader reader;

	reader_init(&reader, bytes, STATE_VERSION_LEN);
	ret_version->number = reader_u64(&reader);
	ret_version->index = reader_u32(&reader);
}

void state_version_encode(u8 bytes[STATE_VERSION_LEN], const struct state_version *version)
{
	struct writer writer;

	writer_init(&writer, bytes, STATE_VERSION_LEN);
	writer_u64(&writer, version->number);
	writer_u32(&writer, version->index);
}

void state_value_hash(const u8 version[STATE_VERSION_LEN], struct span value, u8 ret_hash[LEDGER_HASH_LEN])
{
	struct ledger_piece pieces[2] = { { version, STATE_VERSION_LEN }, { value.bytes, value.len } };

	ledger_hash(LEDGER_DOMAIN_VALUE, pieces, 2, ret_hash);
}

bool state_prefixed(struct span key, struct span prefix)
{
	return key.len >= prefix.len && (!prefix.len || !memcmp(key.bytes, prefix.bytes, prefix.len));
}

int state_open(struct store *store, const u8 seed[32], struct state **ret_state)
{
	struct state *state = calloc(1, sizeof(*state));
	int error = -ENOMEM;

	if (!state)
		return -ENOMEM;
	state->store = store;
	memcpy(state->seed, seed, sizeof(state->seed));
	vg_siphash_key_decode(seed, &state->key);
	state->tree = buckettree_new();
	state->tip = calloc(BUCKETTREE_BUCKETS, sizeof(*state->tip));
	state->pinned = calloc(BUCKETTREE_BUCKETS, sizeof(*state->pinned));
	if (!state->tree || !state->tip || !state->pinned)
		goto fail;
	error = mark_load(state);
	if (!error)
		error = journal_open(state);
	if (error && error != -ENOENT) /* no mark: nothing was ever written */
		goto fail;
	*ret_state = state;
	return 0;
fail:
	state->store = NULL; /* stays the caller's, with its sentence */
	state_close(state);
	return error;
}

void state_close(struct state *state)
{
	if (!state)
		return;
	if (state->bottom)
		overlay_drop(state->bottom);
	if (state->store)
		cursor_done(&state->cursor, state->store);
	bucket_done(state);
	free(state->tip);
	free(state->pinned);
	buckettree_free(state->tree);
	free(state->held);
	if (state->store)
		state->store->ops->close(state->store);
	free(state);
}

const struct state_mark *state_mark(const struct state *state)
{
	return &state->mark;
}

struct store *state_store(struct state *state)
{
	return state->store;
}

/* A value that stands beside its bucket. */
static int state_get_long(struct state *state, u32 number, const struct bucket_entry *entry,
			  struct state_value *ret_value)
{
	u8 name[BUCKET_LONG_MAX], hash[LEDGER_HASH_LEN];
	size_t len = 0;
	int error =
		state->store->ops->get(state->store, bucket_long_name(name, number, entry->key), &state->held, &len);

	if (error && error != -ENOENT)
		return error;
	if (!error)
		state_value_hash(entry->version, state_span(state->held, len), hash);
	if (error || memcmp(hash, entry->hash, sizeof(hash)))
		return state_damaged(
			state, "A long value in bucket %u of the state is missing, or does not have its hash.", number);
	ret_value->bytes = state_span(state->held, len);
	return 0;
}

int state_get(struct state *state, struct span key, struct state_value *ret_value)
{
	u32 number = state_hash_key(state, key) % BUCKETTREE_BUCKETS;
	struct bucket_entry entry;
	struct bucket *bucket;
	int error;

	memset(ret_value, 0, sizeof(*ret_value));
	bucket_trim(state);
	free(state->held);
	state->held = NULL;
	error = bucket_committed(state, number, &bucket);
	if (error)
		return error;
	if (!bucket_find(bucket, key, &entry))
		return -ENOENT;
	state_version_decode(entry.version, &ret_value->version);
	ret_value->bytes = entry.value;
	return entry.value.bytes ? 0 : state_get_long(state, number, &entry, ret_value);
}

int state_walk(struct state *state, struct span prefix, struct span from,
	       bool (*each)(void *arg, struct span key, const struct state_value *value), void *arg)
{
	struct span start = buckettree_order(from, prefix) > 0 ? from : prefix, key, nothing;
	u8 name[1 + STATE_KEY_MAX];
	struct state_value value;
	struct store_walk *walk;
	int error = 0;

	if (start.len > STATE_KEY_MAX)
		return -E2BIG;
	name[0] = 's';
	if (start.len)
		memcpy(name + 1, start.bytes, start.len);
	walk = state->store->ops->walk(state->store, state_span(name, 1 + start.len));
	if (!walk)
		return -ENOMEM;
	while (state->store->ops->walk_next(walk, &key, &nothing, &error)) {
		if (!key.len || key.bytes[0] != 's' || !state_prefixed(state_span(key.bytes + 1, key.len - 1), prefix))
			break;
		key = state_span(key.bytes + 1, key.len - 1);
		error = state_get(state, key, &value);
		if (error == -ENOENT)
			error = state_damaged(state, "A key that walks find is not in its bucket.");
		if (error || !each(arg, key, &value))
			break;
	}
	state->store->ops->walk_free(walk);
	return error;
}
