/* SPDX-License-Identifier: GPL-2.0 */
/*
 * table.h - a hash table from 16 bytes to a number, growing, nothing is ever
 * taken out. The keys are hashes or are hashed by the caller.
 */
#ifndef VOLTGATE_CLUSTER_TABLE_H
#define VOLTGATE_CLUSTER_TABLE_H

#include "voltgate/types.h"

struct table_entry {
	u64 key[2], value;
	bool used;
};

struct table {
	struct table_entry *entries;
	u32 count, room;
};

/* The entry of @key, made with *@ret_new if it was not there. Good until the next call. */
struct table_entry *table_at(struct table *table, const void *key, bool *ret_new);
struct table_entry *table_find(const struct table *table, const void *key);
void table_done(struct table *table);

#endif
