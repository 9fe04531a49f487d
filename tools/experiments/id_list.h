/* SPDX-License-Identifier: GPL-2.0 */
/*
 * id_list.h - a set of vehicle identifiers: open addressing, at most half full,
 * so that a look-up is about one cache line whatever the set's size.
 */
#ifndef VOLTGATE_EXPERIMENTS_ID_LIST_H
#define VOLTGATE_EXPERIMENTS_ID_LIST_H

#include "voltgate/types.h"

struct id_list {
	u64 *slots; /* 0: free; no identifier is 0 */
	u32 count;
	u32 shift; /* 64 - log2 of the slots */
};

/* -ENOMEM, -EINVAL for the identifier 0. The list starts as zeros; @id may be in it. */
int id_list_add(struct id_list *list, u64 id);
bool id_list_has(const struct id_list *list, u64 id);
void id_list_done(struct id_list *list);

#endif
