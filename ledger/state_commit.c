// SPDX-License-Identifier: GPL-2.0
/*
 * state_commit.c - an overlay into the store, in one batch; and the history of keys.
 */
#include "ledger/state_parts.h"

#include <errno.h>
#include <stdlib.h>

#define RECORD_HEAD (1 + STATE_VERSION_LEN)
#define HISTORY_KEY_MAX (3 + STATE_KEY_MAX + STATE_VERSION_LEN)

/* 'h', key, the version turned so that the newest comes first; @version NULL: the part before it. */
static struct span history_name(u8 name[HISTORY_KEY_MAX], struct span key, const struct state_version *version)
{
	struct writer writer;

	writer_init(&writer, name, HISTORY_KEY_MAX);
	writer_u8(&writer, 'h');
	writer_span16(&writer, key);
	if (version) {
		writer_u64(&writer, ~version->number);
		writer_u32(&writer, ~version->index);
	}
	return state_span(name, writer_len(&writer));
}

static bool history_worth(const struct overlay_entry *entry)
{
	if (!entry->key_len || !entry->key[0] || !strchr(STATE_HISTORY_SPACES, entry->key[0]))
		return false;
	return !entry->record[0] || entry->below != BELOW_ABSENT; /* a deletion of nothing is no version */
}

/* Whether the key is there, for walks; its history; its value if that is long. The rest is its bucket's. */
static u64 commit_entry(struct state *state, const struct overlay_entry *entry, u64 number, struct store_batch *batch)
{
	struct span key = { entry->key, entry->key_len }, record = { entry->record, entry->record_len };
	bool deleted = record.bytes[0], was = entry->below != BELOW_ABSENT;
	u32 bucket = entry->hash % BUCKETTREE_BUCKETS;
	u8 name[1 + STATE_KEY_MAX], past[HISTORY_KEY_MAX], aside[BUCKET_LONG_MAX];
	struct state_version version = { number, 0 };
	const struct store_ops *ops = state->store->ops;
	u64 bytes = key.len;

	name[0] = 's';
	memcpy(name + 1, key.bytes, key.len);
	if (deleted && was)
		ops->batch_delete(batch, state_span(name, 1 + key.len));
	if (!deleted && !was)
		ops->batch_put(batch, state_span(name, 1 + key.len), state_span(NULL, 0));
	if (record.len - RECORD_HEAD > STATE_INLINE_MAX)
		ops->batch_put(batch, bucket_long_name(aside, bucket, key),
			       state_span(record.bytes + RECORD_HEAD, record.len - RECORD_HEAD));
	else if (entry->below == BELOW_LONG)
		ops->batch_delete(batch, bucket_long_name(aside, bucket, key));
	if (history_worth(entry)) {
		if (!deleted)
			state_version_decode(record.bytes + 1, &version);
		ops->batch_put(batch, history_name(past, key, &version), record);
		bytes += key.len + record.len;
	}
	return bytes;
}

static u64 commit_bucket(struct state *state, const struct overlay_change *change, struct store_batch *batch)
{
	u8 name[5];

	if (!change->content) {
		state->store->ops->batch_delete(batch, bucket_name(name, change->bucket));
		return sizeof(name);
	}
	state->store->ops->batch_put(batch, bucket_name(name, change->bucket),
				     state_span(change->content->entries, change->content->len));
	return sizeof(name) + change->content->len;
}

/* The overlay is part of the committed state now. */
static void overlay_settle(struct overlay *overlay)
{
	struct state *state = overlay->state;
	u32 i;

	for (i = 0; i < overlay->change_count; i++)
		if (overlay->changes[i].content)
			overlay->changes[i].content->owner = NULL;
	state->hint = overlay->hint;
	state->bottom = overlay->above;
	if (overlay->above)
		overlay->above->below = NULL;
	else
		state->top = NULL;
	overlay_free(overlay);
	bucket_trim(state);
}

int state_commit(struct overlay *overlay, const struct state_mark *mark, bool sync)
{
	struct state *state = overlay->state;
	const struct overlay_noted *note;
	struct state_journal next;
	struct store_batch *batch;
	u8 root[LEDGER_HASH_LEN];
	u64 bytes = 0;
	int error;
	u32 i;

	if (overlay->below)
		return -EINVAL;
	error = overlay_root(overlay, root);
	if (error)
		return error;
	if (memcmp(root, mark->root, sizeof(root)))
		return -EINVAL;
	cursor_done(&state->cursor, state->store);
	batch = state->store->ops->batch_new(state->store);
	if (!batch)
		return -ENOMEM;
	for (i = 0; i < overlay->count; i++)
		bytes += commit_entry(state, &overlay->entries[i], mark->number, batch);
	for (i = 0; i < overlay->change_count; i++)
		bytes += commit_bucket(state, &overlay->changes[i], batch);
	for (note = overlay->notes; note; note = note->next)
		state->store->ops->batch_put(batch, note->key, note->value);
	error = journal_commit(state, overlay, batch, bytes, &next);
	if (error) {
		state->store->ops->batch_free(batch);
		return error;
	}
	mark_encode(state, mark, &next, batch);
	error = state->store->ops->batch_write(state->store, batch, sync);
	if (error)
		return error;
	state->journal = next;
	state->mark = *mark;
	overlay_settle(overlay);
	return 0;
}

int state_history(struct state *state, struct span key,
		  bool (*each)(void *arg, const struct state_version *version, bool deleted, struct span value),
		  void *arg)
{
	u8 name[HISTORY_KEY_MAX];
	struct span prefix, found, record;
	struct state_version version;
	struct store_walk *walk;
	struct reader reader;
	int error = 0;

	if (key.len > STATE_KEY_MAX)
		return -E2BIG;
	prefix = history_name(name, key, NULL);
	walk = state->store->ops->walk(state->store, prefix);
	if (!walk)
		return -ENOMEM;
	while (state->store->ops->walk_next(walk, &found, &record, &error)) {
		if (!state_prefixed(found, prefix))
			break;
		reader_init(&reader, found.bytes + prefix.len, found.len - prefix.len);
		version.number = ~reader_u64(&reader);
		version.index = ~reader_u32(&reader);
		if (!reader_done(&reader) || record.len < RECORD_HEAD) {
			error = state_damaged(state, "A record of a key's history is damaged.");
			break;
		}
		if (!each(arg, &version, record.bytes[0],
			  state_span(record.bytes + RECORD_HEAD, record.len - RECORD_HEAD)))
			break;
	}
	state->store->ops->walk_free(walk);
	return error;
}
