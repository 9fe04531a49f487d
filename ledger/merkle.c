// SPDX-License-Identifier: GPL-2.0
/*
 * merkle.c - RFC 6962's tree, level by level.
 *
 * The RFC splits n leaves at the largest power of two below n. Pairing from
 * the left on every level and passing an odd last node up unchanged gives the same tree.
 */
#include "ledger/merkle.h"

#define MERKLE_PAIRS 64 /* hashed in one call */

void merkle_node(const u8 left[LEDGER_HASH_LEN], const u8 right[LEDGER_HASH_LEN], u8 ret_hash[LEDGER_HASH_LEN])
{
	struct ledger_piece pieces[] = { { left, LEDGER_HASH_LEN }, { right, LEDGER_HASH_LEN } };

	ledger_hash(LEDGER_DOMAIN_NODE, pieces, 2, ret_hash);
}

/* Turns a level into the one above it, in place; returns how many nodes that has. */
static size_t merkle_level(u8 (*nodes)[LEDGER_HASH_LEN], size_t count)
{
	struct ledger_message pairs[MERKLE_PAIRS] = { 0 };
	size_t i, filled = 0;

	for (i = 0; i + 1 < count; i += 2) {
		pairs[filled].bytes = nodes[i]; /* left and right */
		pairs[filled].len = 2 * LEDGER_HASH_LEN;
		pairs[filled++].ret_hash = nodes[i / 2];
		if (filled == MERKLE_PAIRS || i + 3 >= count) {
			ledger_hash_many(LEDGER_DOMAIN_NODE, pairs, filled);
			filled = 0;
		}
	}
	if (count % 2)
		memmove(nodes[count / 2], nodes[count - 1], LEDGER_HASH_LEN);
	return count / 2 + count % 2;
}

void merkle_root(u8 (*leaves)[LEDGER_HASH_LEN], size_t count, u8 ret_root[LEDGER_HASH_LEN])
{
	if (!count) {
		ledger_hash_bytes(LEDGER_DOMAIN_EMPTY, NULL, 0, ret_root);
		return;
	}
	while (count > 1)
		count = merkle_level(leaves, count);
	memcpy(ret_root, leaves[0], LEDGER_HASH_LEN);
}

u32 merkle_path(u8 (*leaves)[LEDGER_HASH_LEN], size_t count, size_t index, u8 (*ret_path)[LEDGER_HASH_LEN])
{
	u32 len = 0;

	for (; count > 1; index /= 2) {
		if ((index ^ 1) < count)
			memcpy(ret_path[len++], leaves[index ^ 1], LEDGER_HASH_LEN);
		count = merkle_level(leaves, count);
	}
	return len;
}

bool merkle_root_of_path(const u8 leaf[LEDGER_HASH_LEN], u64 index, u64 count, const u8 *path, u32 path_len,
			 u8 ret_root[LEDGER_HASH_LEN])
{
	u8 node[LEDGER_HASH_LEN];
	u64 last;
	u32 used = 0;

	if (index >= count)
		return false;
	memcpy(node, leaf, LEDGER_HASH_LEN);
	for (last = count - 1; last; index /= 2, last /= 2) {
		if (index == last && !(index & 1))
			continue; /* an odd last node: passed up as it is */
		if (used == path_len)
			return false;
		if (index & 1)
			merkle_node(path + used * LEDGER_HASH_LEN, node, node);
		else
			merkle_node(node, path + used * LEDGER_HASH_LEN, node);
		used++;
	}
	memcpy(ret_root, node, LEDGER_HASH_LEN);
	return used == path_len;
}
