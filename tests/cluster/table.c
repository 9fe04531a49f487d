// SPDX-License-Identifier: GPL-2.0
/* table.c - open addressing, at most half full. */
#include "tests/cluster/table.h"

#include <stdlib.h>

static struct table_entry *slot(const struct table *table, const u64 key[2])
{
	u32 at = (u32)(key[0] ^ key[1] * 0x9e3779b97f4a7c15ULL) & (table->room - 1);

	while (table->entries[at].used && (table->entries[at].key[0] != key[0] || table->entries[at].key[1] != key[1]))
		at = (at + 1) & (table->room - 1);
	return &table->entries[at];
}

static void grow(struct table *table)
{
	struct table old = *table;
	u32 i;

	table->room = old.room ? old.room * 2 : 1024;
	table->entries = calloc(table->room, sizeof(*table->entries));
	if (!table->entries)
		abort();
	for (i = 0; i < old.room; i++)
		if (old.entries[i].used)
			*slot(table, old.entries[i].key) = old.entries[i];
	free(old.entries);
}

struct table_entry *table_at(struct table *table, const void *key, bool *ret_new)
{
	struct table_entry *entry;
	u64 words[2];

	if (table->count * 2 >= table->room)
		grow(table);
	memcpy(words, key, sizeof(words));
	entry = slot(table, words);
	*ret_new = !entry->used;
	if (!entry->used) {
		entry->used = true;
		memcpy(entry->key, words, sizeof(words));
		entry->value = 0;
		table->count++;
	}
	return entry;
}

struct table_entry *table_find(const struct table *table, const void *key)
{
	struct table_entry *entry;
	u64 words[2];

	if (!table->room)
		return NULL;
	memcpy(words, key, sizeof(words));
	entry = slot(table, words);
	return entry->used ? entry : NULL;
}

void table_done(struct table *table)
{
	free(table->entries);
	memset(table, 0, sizeof(*table));
}
