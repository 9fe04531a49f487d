// SPDX-License-Identifier: GPL-2.0
/* execute_run.c - reading and writing for one block, and its small tables. */
#include <errno.h>
#include <stdlib.h>

#include <sodium.h>

#include "ledger/execute_run.h"

#define TABLE_ROOM 4 /* entries at first */

/* Drawn once: a system call a transaction would cost more than judging an open request. */
static const u8 *table_key(void)
{
	static _Thread_local u8 key[crypto_shorthash_KEYBYTES];
	static _Thread_local bool drawn;

	if (!drawn)
		randombytes_buf(key, sizeof(key));
	drawn = true;
	return key;
}

static int table_init(struct execute_table *table, u32 transactions)
{
	u32 heads = EXECUTE_FEW;

	while (heads < transactions)
		heads *= 2;
	table->heads = heads == EXECUTE_FEW ? table->few : calloc(heads, sizeof(*table->heads));
	table->mask = heads - 1;
	return table->heads ? 0 : -ENOMEM;
}

static void table_done(struct execute_table *table)
{
	free(table->entries);
	if (table->heads != table->few)
		free(table->heads);
}

int execute_run_init(struct execute_run *run, const struct execute_context *context, struct state *state,
		     struct overlay *overlay, u32 transactions)
{
	memset(run, 0, sizeof(*run));
	run->context = context;
	run->state = state;
	run->overlay = overlay;
	run->generation = 1;
	if (table_init(&run->actors, transactions) || table_init(&run->batches, transactions)) {
		execute_run_done(run);
		return -ENOMEM;
	}
	return 0;
}

void execute_run_done(struct execute_run *run)
{
	table_done(&run->actors);
	table_done(&run->batches);
}

int execute_get(struct execute_run *run, struct span key, struct state_value *ret_value)
{
	int result = run->overlay ? overlay_get(run->overlay, key, ret_value) : state_get(run->state, key, ret_value);

	if (result && result != -ENOENT) {
		run->error = result;
		result = -ENOENT;
	}
	if (result)
		*ret_value = (struct state_value){ { 0, 0 }, { NULL, 0 } };
	return result;
}

void execute_put(struct execute_run *run, struct span key, struct span value, u32 index)
{
	struct state_version version = { run->context->number, index };
	int result = overlay_put(run->overlay, key, value, version);

	if (result)
		run->error = result;
}

void execute_delete(struct execute_run *run, struct span key)
{
	int result = overlay_delete(run->overlay, key);

	if (result && result != -ENOENT)
		run->error = result;
}

static void *table_at(const struct execute_table *table, size_t size, u32 index)
{
	return table->entries + (size_t)index * size;
}

static bool table_grow(struct execute_table *table, size_t size)
{
	u32 room = table->room ? 2 * table->room : TABLE_ROOM;
	u8 *entries;

	if (table->count < table->room)
		return true;
	entries = realloc(table->entries, room * size);
	if (!entries)
		return false;
	table->entries = entries;
	table->room = room;
	return true;
}

/* Actors and batches both keep the chain's link right behind their key, at the next multiple of four. */
static u32 *entry_next(void *entry, size_t len)
{
	return (u32 *)((u8 *)entry + (len + 3) / 4 * 4);
}

void *execute_table_entry(struct execute_run *run, struct execute_table *table, size_t size, const u8 *key, size_t len,
			  bool *ret_new)
{
	u32 *head, index;
	u64 hash;
	u8 *entry;

	_Static_assert(sizeof(hash) == crypto_shorthash_BYTES, "SipHash-2-4");
	crypto_shorthash((u8 *)&hash, key, len, table_key());
	head = &table->heads[hash & table->mask];
	*ret_new = false;
	for (index = *head; index; index = *entry_next(entry, len)) {
		entry = table_at(table, size, index - 1);
		if (!memcmp(entry, key, len))
			return entry;
	}
	if (!table_grow(table, size)) {
		run->error = -ENOMEM;
		return NULL;
	}
	*ret_new = true;
	entry = table_at(table, size, table->count++);
	memset(entry, 0, size);
	memcpy(entry, key, len);
	*entry_next(entry, len) = *head;
	*head = table->count;
	return entry;
}

u64 execute_parameter(const struct execute_run *run, enum membership_parameter parameter)
{
	return run->context->membership->parameters[parameter];
}

u64 execute_seconds(const struct execute_run *run, enum membership_parameter parameter)
{
	return execute_parameter(run, parameter) * 1000000;
}
