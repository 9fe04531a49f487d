// SPDX-License-Identifier: GPL-2.0
/*
 * state_overlay.c - an overlay's keys and values: a hash table over an arena
 * that goes with the overlay. A read probes the overlays from the top down with one hash of the key.
 */
#include "ledger/state_parts.h"

#include <errno.h>
#include <stdlib.h>

#define OVERLAY_ROOM 64
#define ARENA_BYTES (64 * 1024)
#define RECORD_HEAD (1 + STATE_VERSION_LEN)

struct arena_block {
	struct arena_block *next;
	size_t used, room;
	_Alignas(16) u8 bytes[];
};

void *overlay_alloc(struct overlay *overlay, size_t size)
{
	struct arena_block *block = overlay->arena;
	size_t room = size > ARENA_BYTES ? size : ARENA_BYTES;
	void *bytes;

	size = (size + 7) & ~(size_t)7;
	if (!block || block->room - block->used < size) {
		block = malloc(sizeof(*block) + room + 8);
		if (!block)
			return NULL;
		block->next = overlay->arena;
		block->used = 0;
		block->room = room + 8;
		overlay->arena = block;
	}
	bytes = block->bytes + block->used;
	block->used += size;
	return bytes;
}

static int overlay_room(struct overlay *overlay, u32 room)
{
	struct overlay_entry *entries = realloc(overlay->entries, room * sizeof(*entries));
	u32 *fresh, *slots, i, slot;

	if (!entries)
		return -ENOMEM;
	overlay->entries = entries;
	fresh = realloc(overlay->fresh, room * sizeof(*fresh));
	if (!fresh)
		return -ENOMEM;
	overlay->fresh = fresh;
	slots = calloc(2 * room, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	for (i = 0; i < overlay->count; i++) {
		slot = entries[i].hash >> 32 & (2 * room - 1);
		while (slots[slot])
			slot = (slot + 1) & (2 * room - 1);
		slots[slot] = i + 1;
	}
	free(overlay->slots);
	overlay->slots = slots;
	overlay->room = room;
	return 0;
}

struct overlay *overlay_new(struct state *state, struct overlay *below)
{
	struct overlay *overlay;

	if (below ? below->above != NULL : state->bottom != NULL)
		return NULL;
	overlay = calloc(1, sizeof(*overlay));
	if (!overlay)
		return NULL;
	overlay->state = state;
	if (overlay_room(overlay, OVERLAY_ROOM)) {
		overlay_free(overlay);
		return NULL;
	}
	overlay->below = below;
	overlay->hint = below ? below->hint : state->hint;
	if (below)
		below->above = overlay;
	else
		state->bottom = overlay;
	state->top = overlay;
	return overlay;
}

void overlay_free(struct overlay *overlay)
{
	struct arena_block *block, *next;
	u32 i;

	for (i = 0; i < overlay->change_count; i++) {
		bucket_put(overlay->changes[i].content);
		bucket_put(overlay->changes[i].before);
		overlay->state->pinned[overlay->changes[i].bucket]--;
	}
	for (block = overlay->arena; block; block = next) {
		next = block->next;
		free(block);
	}
	free(overlay->entries);
	free(overlay->slots);
	free(overlay->fresh);
	free(overlay->changes);
	free(overlay->saved);
	free(overlay);
}

void overlay_drop(struct overlay *overlay)
{
	struct state *state;

	if (!overlay)
		return;
	state = overlay->state;
	if (overlay->above)
		overlay_drop(overlay->above);
	overlay_undo(overlay);
	if (overlay->below)
		overlay->below->above = NULL;
	else
		state->bottom = NULL;
	state->top = overlay->below;
	overlay_free(overlay);
	bucket_trim(state);
}

struct overlay_entry *overlay_find(const struct overlay *overlay, u64 hash, struct span key)
{
	u32 mask = 2 * overlay->room - 1, slot = hash >> 32 & mask;

	for (; overlay->slots[slot]; slot = (slot + 1) & mask) {
		struct overlay_entry *entry = &overlay->entries[overlay->slots[slot] - 1];

		if (entry->hash == hash && entry->key_len == key.len &&
		    (!key.len || !memcmp(entry->key, key.bytes, key.len)))
			return entry;
	}
	return NULL;
}

int overlay_get(struct overlay *overlay, struct span key, struct state_value *ret_value)
{
	struct state *state = overlay->state;
	u64 hash = state_hash_key(state, key);
	struct overlay_entry *entry = NULL;

	for (; overlay && !entry; overlay = overlay->below)
		entry = overlay_find(overlay, hash, key);
	if (!entry)
		return state_get(state, key, ret_value);
	memset(ret_value, 0, sizeof(*ret_value));
	if (entry->record[0])
		return -ENOENT;
	state_version_decode(entry->record + 1, &ret_value->version);
	ret_value->bytes = state_span(entry->record + RECORD_HEAD, entry->record_len - RECORD_HEAD);
	return 0;
}

static struct overlay_entry *overlay_add(struct overlay *overlay, u64 hash, struct span key)
{
	struct overlay_entry *entry;
	u32 mask, slot;

	if (overlay->count == overlay->room && overlay_room(overlay, 2 * overlay->room))
		return NULL;
	entry = &overlay->entries[overlay->count];
	memset(entry, 0, sizeof(*entry));
	entry->key = overlay_alloc(overlay, key.len);
	if (!entry->key)
		return NULL;
	if (key.len)
		memcpy(entry->key, key.bytes, key.len);
	entry->key_len = (u32)key.len;
	entry->hash = hash;
	mask = 2 * overlay->room - 1;
	for (slot = hash >> 32 & mask; overlay->slots[slot]; slot = (slot + 1) & mask)
		;
	overlay->slots[slot] = ++overlay->count;
	return entry;
}

static int overlay_write(struct overlay *overlay, struct span key, bool deleted, struct span value,
			 struct state_version version)
{
	size_t len = RECORD_HEAD + value.len;
	struct overlay_entry *entry;
	u8 *record;
	u64 hash;

	if (overlay->above)
		return -EBUSY;
	if (key.len > STATE_KEY_MAX || value.len > 0x7fffffff)
		return -E2BIG;
	/* The value may be the overlay's own: a new place is taken before the old one is given up. */
	record = overlay_alloc(overlay, len);
	if (!record)
		return -ENOMEM;
	record[0] = deleted;
	state_version_encode(record + 1, &version);
	if (value.len)
		memcpy(record + RECORD_HEAD, value.bytes, value.len);
	hash = state_hash_key(overlay->state, key);
	entry = overlay_find(overlay, hash, key);
	if (!entry)
		entry = overlay_add(overlay, hash, key);
	if (!entry)
		return -ENOMEM;
	entry->record = record;
	entry->record_len = (u32)len;
	if (!entry->fresh) {
		entry->fresh = true;
		overlay->fresh[overlay->fresh_count++] = (u32)(entry - overlay->entries);
	}
	if (!deleted)
		hint_put(&overlay->hint, key);
	return 0;
}

int overlay_put(struct overlay *overlay, struct span key, struct span value, struct state_version version)
{
	return overlay_write(overlay, key, false, value, version);
}

int overlay_delete(struct overlay *overlay, struct span key)
{
	return overlay_write(overlay, key, true, state_span(NULL, 0), (struct state_version){ 0, 0 });
}

int overlay_note(struct overlay *overlay, struct span key, struct span value)
{
	struct overlay_noted *note = overlay_alloc(overlay, sizeof(*note));
	u8 *bytes = note ? overlay_alloc(overlay, key.len + value.len) : NULL;

	if (!bytes)
		return -ENOMEM;
	memcpy(bytes, key.bytes, key.len);
	memcpy(bytes + key.len, value.bytes, value.len);
	*note = (struct overlay_noted){ overlay->notes, state_span(bytes, key.len),
					state_span(bytes + key.len, value.len) };
	overlay->notes = note;
	return 0;
}
