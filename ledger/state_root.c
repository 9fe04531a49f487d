// SPDX-License-Identifier: GPL-2.0
/*
 * state_root.c - from changed keys to changed buckets to the root, and back.
 *
 * Contents and hashes are made first, without touching the tip; when nothing can fail any more they become the tip's,
 * and what they replace is kept in the overlay. Hashes are made many at a time; buckets lie all over the memory, so the
 * processor is told of those that come next.
 */
#include "ledger/state_parts.h"

#include <errno.h>
#include <stdlib.h>

#define RECORD_HEAD (1 + STATE_VERSION_LEN)
#define HASHES 64 /* made in one call */
#define AHEAD 8	  /* buckets that the processor is told of before they are needed */
#define LINE 64	  /* bytes that come to the processor at once */

struct fresh { /* a key changed since the last root, in the order of buckets and keys */
	u32 bucket;
	struct overlay_entry *entry;
	u8 hash[LEDGER_HASH_LEN]; /* of its version and value, unless it is deleted */
};

static int fresh_compare(const void *one, const void *other)
{
	const struct fresh *a = one, *b = other;

	if (a->bucket != b->bucket)
		return a->bucket < b->bucket ? -1 : 1;
	return buckettree_order(state_span(a->entry->key, a->entry->key_len),
				state_span(b->entry->key, b->entry->key_len));
}

static struct span entry_value(const struct overlay_entry *entry)
{
	return state_span(entry->record + RECORD_HEAD, entry->record_len - RECORD_HEAD);
}

/* @fresh stands in the place of @before (or of nothing, if NULL). */
static void entry_write(struct writer *writer, const struct fresh *fresh, const struct bucket_entry *before)
{
	struct overlay_entry *entry = fresh->entry;

	if (entry->below == BELOW_UNKNOWN)
		entry->below = !before ? BELOW_ABSENT : before->value.bytes ? BELOW_PRESENT : BELOW_LONG;
	if (!entry->record[0])
		bucket_entry_write(writer, state_span(entry->key, entry->key_len), fresh->hash, entry->record + 1,
				   entry_value(entry));
}

/* @before with the changes of @count fresh keys; @ret_content NULL: nothing is left in it. */
static int bucket_merge(struct state *state, u32 number, const struct bucket *before, const struct fresh *fresh,
			u32 count, struct bucket **ret_content)
{
	size_t room = before ? before->len : 0;
	struct bucket_entry old;
	struct reader reader;
	struct writer writer;
	struct bucket *content;
	bool more;
	u32 i;

	for (i = 0; i < count; i++)
		room += bucket_entry_len(fresh[i].entry->key_len, fresh[i].entry->record_len - RECORD_HEAD);
	content = bucket_new(number, (u32)room);
	if (!content)
		return -ENOMEM;
	writer_init(&writer, content->entries, room);
	reader_init(&reader, before ? before->entries : content->entries, before ? before->len : 0);
	more = bucket_entry(&reader, &old);
	for (i = 0; more || i < count;) {
		int order = !more	 ? 1
			    : i == count ? -1
					 : buckettree_order(old.key,
							    state_span(fresh[i].entry->key, fresh[i].entry->key_len));

		if (order < 0)
			writer_bytes(&writer, old.bytes.bytes, old.bytes.len);
		else
			entry_write(&writer, &fresh[i++], order ? NULL : &old);
		if (order <= 0)
			more = bucket_entry(&reader, &old);
	}
	content->len = (u32)(writer.at - writer.start);
	if (reader.bad || writer.full || !content->len) {
		bucket_put(content);
		content = NULL;
	}
	*ret_content = content;
	return reader.bad || writer.full
		       ? state_damaged(state, "Bucket %u of the state is not a list of entries.", number)
		       : 0;
}

static int overlay_changes_room(struct overlay *overlay, u32 count)
{
	u32 room = overlay->change_count + count, saved = overlay->saved_count + count * (BUCKETTREE_LEVELS + 1);
	void *bytes;

	if (room > overlay->change_room) {
		bytes = realloc(overlay->changes, room * sizeof(*overlay->changes));
		if (!bytes)
			return -ENOMEM;
		overlay->changes = bytes;
		overlay->change_room = room;
	}
	if (saved > overlay->saved_room) {
		bytes = realloc(overlay->saved, saved * sizeof(*overlay->saved));
		if (!bytes)
			return -ENOMEM;
		overlay->saved = bytes;
		overlay->saved_room = saved;
	}
	return 0;
}

static void overlay_save(struct overlay *overlay, u32 level, u32 position)
{
	struct overlay_saved *saved = &overlay->saved[overlay->saved_count++];

	saved->level = level;
	saved->position = position;
	memcpy(saved->hash, buckettree_hash(overlay->state->tree, level, position), LEDGER_HASH_LEN);
}

/* @content becomes the tip's, by this overlay; @hash is its. */
static void bucket_change(struct overlay *overlay, u32 number, struct bucket *content, const u8 hash[LEDGER_HASH_LEN])
{
	struct state *state = overlay->state;
	struct bucket *before = bucket_replace(state, number, content);
	struct overlay_change *change;

	overlay_save(overlay, 0, number);
	memcpy(buckettree_hash(state->tree, 0, number), hash, LEDGER_HASH_LEN);
	if (content)
		content->refs++;		  /* the tip's and the overlay's */
	if (before && before->owner == overlay) { /* changed by an earlier root of this overlay */
		change = &overlay->changes[before->change];
		bucket_put(change->content);
		bucket_put(before);
	} else {
		change = &overlay->changes[overlay->change_count++];
		change->bucket = number;
		change->before = before;
		state->pinned[number]++;
	}
	memcpy(change->hash, hash, LEDGER_HASH_LEN);
	change->content = content;
	if (content) {
		content->owner = overlay;
		content->change = (u32)(change - overlay->changes);
	}
}

/* The nodes above the positions in @at (ascending, @count), level by level. */
static void nodes_change(struct overlay *overlay, u32 *at, u32 count)
{
	u32 level, i, kept;

	for (level = 1; level <= BUCKETTREE_LEVELS; level++) {
		for (i = 0, kept = 0; i < count; i++) {
			u32 position = at[i] / BUCKETTREE_FANOUT;

			if (kept && at[kept - 1] == position)
				continue;
			at[kept++] = position;
			overlay_save(overlay, level, position);
		}
		buckettree_nodes(overlay->state->tree, level, at, kept);
		count = kept;
	}
}

/* A bucket as it will be. */
struct group {
	u32 number;
	struct bucket *content;
	u8 hash[LEDGER_HASH_LEN];
};

static int group_make(struct overlay *overlay, const struct fresh *fresh, u32 count, struct group *ret_group)
{
	struct bucket *before, *content;
	int error = bucket_tip(overlay->state, fresh->bucket, &before);

	if (!error)
		error = bucket_merge(overlay->state, fresh->bucket, before, fresh, count, &content);
	if (error)
		return error;
	ret_group->number = fresh->bucket;
	ret_group->content = content;
	return 0;
}

/* The hashes of at most HASHES groups. */
static int groups_hash_some(struct group *groups, u32 count)
{
	struct buckettree_brief briefs[HASHES];
	size_t room = 0, used = 0;
	u8 *bytes;
	int error = 0;
	u32 i;

	for (i = 0; i < count; i++)
		room += groups[i].content ? groups[i].content->len : 0;
	bytes = malloc(room + 1);
	if (!bytes)
		return -ENOMEM;
	for (i = 0; i < count && !error; i++) {
		struct bucket *content = groups[i].content;

		briefs[i] = (struct buckettree_brief){ groups[i].number, { NULL, 0 }, groups[i].hash };
		if (content)
			error = bucket_brief(state_span(content->entries, content->len), bytes + used, room - used,
					     &briefs[i].entries);
		used += content ? content->len : 0;
	}
	if (!error)
		buckettree_bucket_hashes(briefs, count);
	free(bytes);
	return error;
}

static int groups_hash(struct group *groups, u32 count)
{
	u32 first;
	int error = 0;

	for (first = 0; first < count && !error; first += HASHES)
		error = groups_hash_some(groups + first, count - first < HASHES ? count - first : HASHES);
	return error;
}

/* What changed, in order, with its values' hashes. */
static void fresh_fill(struct overlay *overlay, struct fresh *fresh)
{
	struct ledger_message messages[HASHES] = { 0 };
	u32 i, filled = 0;

	for (i = 0; i < overlay->fresh_count; i++) {
		fresh[i].entry = &overlay->entries[overlay->fresh[i]];
		fresh[i].bucket = fresh[i].entry->hash % BUCKETTREE_BUCKETS;
		__builtin_prefetch(&overlay->state->tip[fresh[i].bucket]);
	}
	qsort(fresh, overlay->fresh_count, sizeof(*fresh), fresh_compare);
	for (i = 0; i < overlay->fresh_count; i++) {
		const struct overlay_entry *entry = fresh[i].entry;

		if (!entry->record[0]) { /* version and value stand side by side */
			messages[filled].bytes = entry->record + 1;
			messages[filled].len = entry->record_len - 1;
			messages[filled++].ret_hash = fresh[i].hash;
		}
		if (filled == HASHES || i + 1 == overlay->fresh_count) {
			ledger_hash_many(LEDGER_DOMAIN_VALUE, messages, filled);
			filled = 0;
		}
	}
}

static void bucket_announce(const struct state *state, u32 number)
{
	const u8 *bucket = (const u8 *)state->tip[number];

	__builtin_prefetch(buckettree_hash(state->tree, 0, number));
	if (!bucket)
		return;
	__builtin_prefetch(bucket);
	__builtin_prefetch(bucket + LINE);
	__builtin_prefetch(bucket + 2 * LINE);
	__builtin_prefetch(bucket + 3 * LINE);
}

static int overlay_make(struct overlay *overlay, struct fresh *fresh, u32 *at, struct group *made)
{
	u32 i, first, groups = 0, group;
	int error = 0;

	fresh_fill(overlay, fresh);
	for (first = 0; first < overlay->fresh_count && !error; first = i) {
		if (first + AHEAD < overlay->fresh_count)
			bucket_announce(overlay->state, fresh[first + AHEAD].bucket);
		for (i = first; i < overlay->fresh_count && fresh[i].bucket == fresh[first].bucket; i++)
			;
		error = group_make(overlay, fresh + first, i - first, &made[groups]);
		groups += !error;
	}
	if (!error)
		error = groups_hash(made, groups);
	if (!error)
		error = overlay_changes_room(overlay, groups);
	for (group = 0; group < groups; group++) {
		at[group] = made[group].number;
		if (error)
			bucket_put(made[group].content);
		else
			bucket_change(overlay, made[group].number, made[group].content, made[group].hash);
	}
	if (!error)
		nodes_change(overlay, at, groups);
	return error;
}

int overlay_root(struct overlay *overlay, u8 ret_root[LEDGER_HASH_LEN])
{
	struct fresh *fresh = NULL;
	struct group *made = NULL;
	u32 *at = NULL, i;
	int error = 0;

	if (overlay->below && (!overlay->below->rooted || overlay->below->fresh_count)) {
		error = overlay_root(overlay->below, ret_root);
		if (error)
			return error;
	}
	if (overlay->fresh_count) {
		fresh = malloc(overlay->fresh_count * sizeof(*fresh));
		at = malloc(overlay->fresh_count * sizeof(*at));
		made = malloc(overlay->fresh_count * sizeof(*made));
		error = fresh && at && made ? overlay_make(overlay, fresh, at, made) : -ENOMEM;
		free(fresh);
		free(at);
		free(made);
	}
	if (error)
		return error;
	if (overlay->fresh_count || !overlay->rooted)
		memcpy(overlay->root, buckettree_hash(overlay->state->tree, BUCKETTREE_LEVELS, 0), LEDGER_HASH_LEN);
	for (i = 0; i < overlay->fresh_count; i++)
		overlay->entries[overlay->fresh[i]].fresh = false;
	overlay->fresh_count = 0;
	overlay->rooted = true;
	memcpy(ret_root, overlay->root, LEDGER_HASH_LEN);
	return 0;
}

/* Takes the overlay's part in the tip back; whatever lies above it is gone. */
void overlay_undo(struct overlay *overlay)
{
	struct state *state = overlay->state;
	u32 i;

	for (i = overlay->saved_count; i--;)
		memcpy(buckettree_hash(state->tree, overlay->saved[i].level, overlay->saved[i].position),
		       overlay->saved[i].hash, LEDGER_HASH_LEN);
	overlay->saved_count = 0;
	for (i = overlay->change_count; i--;) { /* a bucket may stand there twice: emptied, then filled */
		struct overlay_change *change = &overlay->changes[i];

		bucket_put(bucket_replace(state, change->bucket, change->before));
		change->before = NULL; /* the tip's again */
	}
}

const u8 *state_hash_above(struct state *state, const struct overlay *above, u32 level, u32 position)
{
	const struct overlay *overlay = above ? above->above : state->bottom;
	u32 i;

	for (; overlay; overlay = overlay->above)
		for (i = 0; i < overlay->saved_count; i++)
			if (overlay->saved[i].level == level && overlay->saved[i].position == position)
				return overlay->saved[i].hash;
	return buckettree_hash(state->tree, level, position);
}
