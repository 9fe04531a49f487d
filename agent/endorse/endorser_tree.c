// SPDX-License-Identifier: GPL-2.0
/* endorser_tree.c - the tree over one batch of endorsements, level by level. */
#include "agent/endorse/endorser_tree.h"

/* Hashes the level that begins at @from into the next; returns its width. */
static u32 build_level(struct endorser_tree *tree, u32 from, u32 width)
{
	u32 to = from + width, i;

	for (i = 0; i + 1 < width; i += 2)
		ledger_hash_bytes(LEDGER_DOMAIN_NODE, tree->nodes[from + i], 2 * LEDGER_HASH_LEN,
				  tree->nodes[to + i / 2]);
	if (width & 1)
		memcpy(tree->nodes[to + width / 2], tree->nodes[from + width - 1], LEDGER_HASH_LEN);
	return (width + 1) / 2;
}

void endorser_tree_build(struct endorser_tree *tree, u32 count)
{
	u32 level = 0;

	tree->count = count;
	tree->first[0] = 0;
	tree->width[0] = count;
	while (tree->width[level] > 1) {
		tree->first[level + 1] = tree->first[level] + tree->width[level];
		tree->width[level + 1] = build_level(tree, tree->first[level], tree->width[level]);
		level++;
	}
	tree->levels = level;
}

const u8 *endorser_tree_root(const struct endorser_tree *tree)
{
	return tree->nodes[tree->first[tree->levels]];
}

u32 endorser_tree_path(const struct endorser_tree *tree, u32 leaf, u8 ret_path[ENDORSEMENT_PATH_MAX * LEDGER_HASH_LEN])
{
	u32 len = 0, level;

	for (level = 0; level < tree->levels; level++, leaf /= 2) {
		if ((leaf ^ 1) >= tree->width[level])
			continue; /* the odd one: it has no sibling here */
		memcpy(ret_path + len * LEDGER_HASH_LEN, tree->nodes[tree->first[level] + (leaf ^ 1)], LEDGER_HASH_LEN);
		len++;
	}
	return len;
}
