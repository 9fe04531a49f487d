// SPDX-License-Identifier: GPL-2.0
/*
 * id_list.c - Fibonacci hashing and linear probing. Identifiers are random
 * where gateways give them, so that nobody chooses what collides.
 */
#include "tools/experiments/id_list.h"

#include <errno.h>
#include <stdlib.h>

#define SLOTS_FIRST_LOG2 4

/* Where @id is, or the free slot where it would be. */
static u64 *slot_of(const struct id_list *list, u64 id)
{
	u64 mask = (1ULL << (64 - list->shift)) - 1;
	u64 at = id * 0x9e3779b97f4a7c15ULL >> list->shift;

	while (list->slots[at] && list->slots[at] != id)
		at = (at + 1) & mask;
	return &list->slots[at];
}

static u64 slots_of(const struct id_list *list)
{
	return list->slots ? 1ULL << (64 - list->shift) : 0;
}

static int grow(struct id_list *list)
{
	struct id_list larger = { .shift = list->slots ? list->shift - 1 : 64 - SLOTS_FIRST_LOG2 };
	u64 i;

	larger.slots = calloc(1ULL << (64 - larger.shift), sizeof(u64));
	if (!larger.slots)
		return -ENOMEM;
	for (i = 0; i < slots_of(list); i++)
		if (list->slots[i])
			*slot_of(&larger, list->slots[i]) = list->slots[i];
	larger.count = list->count;
	free(list->slots);
	*list = larger;
	return 0;
}

int id_list_add(struct id_list *list, u64 id)
{
	u64 *slot;
	int err;

	if (!id)
		return -EINVAL;
	if ((u64)list->count * 2 >= slots_of(list)) {
		err = grow(list);
		if (err)
			return err;
	}
	slot = slot_of(list, id);
	list->count += !*slot;
	*slot = id;
	return 0;
}

bool id_list_has(const struct id_list *list, u64 id)
{
	return id && list->slots && *slot_of(list, id);
}

void id_list_done(struct id_list *list)
{
	free(list->slots);
	*list = (struct id_list){ .slots = NULL };
}
