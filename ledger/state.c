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

void state_value_hash(struct span record, u8 ret_hash[LEDGER_HASH_LEN])
{
	ledger_hash_bytes(LEDGER_DOMAIN_VALUE, record.bytes, record.len, ret_hash);
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
	if (!state->tree || !state->tip)
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

int state_get(struct state *state, struct span key, struct state_value *ret_value)
{
	u8 name[1 + STATE_KEY_MAX];
	size_t len;
	int error;

	memset(ret_value, 0, sizeof(*ret_value));
	if (key.len > STATE_KEY_MAX)
		return -ENOENT;
	name[0] = 's';
	if (key.len)
		memcpy(name + 1, key.bytes, key.len);
	free(state->held);
	state->held = NULL;
	error = state->store->ops->get(state->store, state_span(name, 1 + key.len), &state->held, &len);
	if (error)
		return error;
	if (len < STATE_VERSION_LEN)
		return state_damaged(state, "A value of the state is too short to hold a version.");
	state_version_decode(state->held, &ret_value->version);
	ret_value->bytes = state_span(state->held + STATE_VERSION_LEN, len - STATE_VERSION_LEN);
	return 0;
}

int state_walk(struct state *state, struct span prefix, struct span from,
	       bool (*each)(void *arg, struct span key, const struct state_value *value), void *arg)
{
	struct span start = buckettree_order(from, prefix) > 0 ? from : prefix, key, record;
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
	while (state->store->ops->walk_next(walk, &key, &record, &error)) {
		if (!key.len || key.bytes[0] != 's' || !state_prefixed(state_span(key.bytes + 1, key.len - 1), prefix))
			break;
		if (record.len < STATE_VERSION_LEN) {
			error = state_damaged(state, "A value of the state is too short to hold a version.");
			break;
		}
		state_version_decode(record.bytes, &value.version);
		value.bytes = state_span(record.bytes + STATE_VERSION_LEN, record.len - STATE_VERSION_LEN);
		if (!each(arg, state_span(key.bytes + 1, key.len - 1), &value))
			break;
	}
	state->store->ops->walk_free(walk);
	return error;
}
