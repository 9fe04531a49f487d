// SPDX-License-Identifier: GPL-2.0
/*
 * proofs.c - Merkle paths of lately stored records: see proofs.h.
 *
 * A tree is its levels one after the other: the leaves, then each level's pairs hashed, an odd last node going up as it
 * is. That is the tree of RFC 6962: its left halves are the largest powers of two.
 */
#include "agent/charge/proofs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/chain.h"

struct proofs_tree {
	struct proofs_tree *older, *newer;
	struct vg_batch_seal seal;
	u32 count; /* leaves */
	u32 nodes; /* all levels */
	u8 hashes[][VG_HASH_LEN];
};

struct proofs {
	size_t bytes, most;
	struct proofs_tree *oldest, *newest;
};

static u32 proofs_nodes(u32 count)
{
	u32 nodes = count;

	for (; count > 1; count = (count + 1) / 2)
		nodes += (count + 1) / 2;
	return nodes;
}

static size_t proofs_size(u32 nodes)
{
	return sizeof(struct proofs_tree) + (size_t)nodes * VG_HASH_LEN;
}

static void proofs_drop_oldest(struct proofs *proofs)
{
	struct proofs_tree *tree = proofs->oldest;

	proofs->oldest = tree->newer;
	*(tree->newer ? &tree->newer->older : &proofs->newest) = NULL;
	proofs->bytes -= proofs_size(tree->nodes);
	free(tree);
}

struct proofs *proofs_new(size_t bytes)
{
	struct proofs *proofs = calloc(1, sizeof(*proofs));

	if (proofs)
		proofs->most = bytes;
	return proofs;
}

void proofs_free(struct proofs *proofs)
{
	if (!proofs)
		return;
	while (proofs->oldest)
		proofs_drop_oldest(proofs);
	free(proofs);
}

static bool proofs_wants(const struct batch *batch, u32 count)
{
	u32 i;

	for (i = 0; i < count && i < VG_BATCH_MAX; i++)
		if (batch->records[i].kind == VG_RECORD_ACTION || batch->records[i].kind == VG_RECORD_ALARM)
			return true;
	return false;
}

static void proofs_build(struct proofs_tree *tree, const struct batch *batch)
{
	u8(*below)[VG_HASH_LEN] = tree->hashes, (*at)[VG_HASH_LEN] = tree->hashes + tree->count;
	u32 width, i;

	for (i = 0; i < tree->count; i++)
		chain_leaf(&batch->records[i], batch->seal.salt_seed, i, tree->hashes[i]);
	for (width = tree->count; width > 1; width = (width + 1) / 2) {
		for (i = 0; i + 1 < width; i += 2)
			chain_node(below[i], below[i + 1], at[i / 2]);
		if (width & 1)
			memcpy(at[width / 2], below[width - 1], VG_HASH_LEN);
		below = at;
		at += (width + 1) / 2;
	}
}

int proofs_add(struct proofs *proofs, const struct batch *batch)
{
	return proofs_wants(batch, vg_be32(batch->seal.head.count)) ? proofs_keep(proofs, batch) : 0;
}

int proofs_keep(struct proofs *proofs, const struct batch *batch)
{
	u32 count = vg_be32(batch->seal.head.count), nodes = proofs_nodes(count);
	struct proofs_tree *tree;

	if (count > VG_BATCH_MAX)
		return 0;
	tree = malloc(proofs_size(nodes));
	if (!tree)
		return -ENOMEM;
	tree->seal = batch->seal;
	tree->count = count;
	tree->nodes = nodes;
	proofs_build(tree, batch);
	tree->newer = NULL;
	tree->older = proofs->newest;
	*(tree->older ? &tree->older->newer : &proofs->oldest) = tree;
	proofs->newest = tree;
	proofs->bytes += proofs_size(nodes);
	while (proofs->bytes > proofs->most && proofs->oldest != tree)
		proofs_drop_oldest(proofs);
	return 0;
}

static const struct proofs_tree *proofs_tree(const struct proofs *proofs, const struct vg_batch_head *head)
{
	const struct proofs_tree *tree = proofs->newest;

	while (tree && memcmp(&tree->seal.head, head, sizeof(*head)))
		tree = tree->older;
	return tree;
}

int proofs_find(const struct proofs *proofs, const struct vg_batch_head *head, u32 index, struct proof *ret_proof)
{
	const struct proofs_tree *tree = proofs_tree(proofs, head);
	const u8(*level)[VG_HASH_LEN];
	u32 width;

	if (!tree || index >= tree->count)
		return -ENOENT;
	ret_proof->head = tree->seal.head;
	memcpy(ret_proof->signature, tree->seal.signature, sizeof(ret_proof->signature));
	chain_salt(tree->seal.salt_seed, index, ret_proof->salt);
	ret_proof->path_len = 0;
	level = tree->hashes;
	for (width = tree->count; width > 1; width = (width + 1) / 2) {
		if ((index ^ 1) < width)
			memcpy(ret_proof->path + VG_HASH_LEN * ret_proof->path_len++, level[index ^ 1], VG_HASH_LEN);
		level += width;
		index /= 2;
	}
	return 0;
}

void proof_evidence(const struct proof *proof, u32 index, const struct vg_record *record, struct evidence *ret_evidence)
{
	memset(ret_evidence, 0, sizeof(*ret_evidence));
	ret_evidence->head = proof->head;
	memcpy(ret_evidence->signature, proof->signature, sizeof(ret_evidence->signature));
	ret_evidence->index = (u16)index;
	memcpy(ret_evidence->salt, proof->salt, sizeof(ret_evidence->salt));
	ret_evidence->record = *record;
	ret_evidence->path_len = proof->path_len;
	ret_evidence->path = proof->path;
}
