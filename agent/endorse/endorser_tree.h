/* SPDX-License-Identifier: GPL-2.0 */
/*
 * endorser_tree.h - RFC 6962's tree over a batch, all levels kept, so that the
 * paths of all its leaves cost one pass: a level's pairs are hashed, a last odd
 * node is taken up as it is, which gives the same tree as splitting at powers of two.
 */
#ifndef VOLTGATE_ENDORSER_TREE_H
#define VOLTGATE_ENDORSER_TREE_H

#include "ledger/endorsement.h"

#define ENDORSER_TREE_NODES (2 * ENDORSEMENT_BATCH_MAX + ENDORSEMENT_PATH_MAX)

struct endorser_tree {
	u32 count, levels;
	u32 first[ENDORSEMENT_PATH_MAX + 1], width[ENDORSEMENT_PATH_MAX + 1]; /* of each level, in nodes */
	u8 nodes[ENDORSER_TREE_NODES][LEDGER_HASH_LEN];
};

/* The first @count (1 to ENDORSEMENT_BATCH_MAX) nodes are the leaves, filled in by the caller. */
void endorser_tree_build(struct endorser_tree *tree, u32 count);
const u8 *endorser_tree_root(const struct endorser_tree *tree);
/* The path's length. */
u32 endorser_tree_path(const struct endorser_tree *tree, u32 leaf, u8 ret_path[ENDORSEMENT_PATH_MAX * LEDGER_HASH_LEN]);

#endif
