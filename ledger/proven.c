// SPDX-License-Identifier: GPL-2.0
/*
 * proven.c - trees by signature, their known nodes level by level.
 *
 * With a node its sibling is known, its parent, and so everything beside the
 * way from there to the root: nodes come in as whole paths (or as a path that meets a known node), a node and its
 * sibling together. So once a path has met a known node, the rest of it is compared, not hashed.
 * Lists hang on a table whose places are chosen by SipHash under a key of this process.
 */
#include "ledger/proven.h"

#include <sodium.h>
#include <stdlib.h>

#define PROVEN_HEADS 1024

struct proven_tree {
	struct proven_tree *next;	   /* in its place of the table */
	struct proven_tree *older, *newer; /* by last use */
	u32 head;
	proven_node_fn *node;
	u8 signer[32], signature[64], statement[PROVEN_STATEMENT_MAX];
	size_t statement_len, bytes;
	u32 count, first[PROVEN_LEVELS]; /* where each level's nodes begin */
	u64 known[(2 * PROVEN_LEAVES_MAX + PROVEN_LEVELS) / 64 + 1];
	u8 nodes[][LEDGER_HASH_LEN];
};

struct proven {
	u8 key[crypto_shorthash_KEYBYTES];
	size_t most, used;
	struct proven_tree *oldest, *newest, *heads[PROVEN_HEADS];
};

struct proven *proven_new(size_t bytes)
{
	struct proven *proven = calloc(1, sizeof(*proven));

	if (!proven)
		return NULL;
	if (sodium_init() < 0) {
		free(proven);
		return NULL;
	}
	randombytes_buf(proven->key, sizeof(proven->key));
	proven->most = bytes;
	return proven;
}

static void tree_unlist(struct proven *proven, struct proven_tree *tree)
{
	*(tree->older ? &tree->older->newer : &proven->oldest) = tree->newer;
	*(tree->newer ? &tree->newer->older : &proven->newest) = tree->older;
}

static void tree_list(struct proven *proven, struct proven_tree *tree)
{
	tree->newer = NULL;
	tree->older = proven->newest;
	*(proven->newest ? &proven->newest->newer : &proven->oldest) = tree;
	proven->newest = tree;
}

static void tree_forget(struct proven *proven, struct proven_tree *tree)
{
	struct proven_tree **at = &proven->heads[tree->head];

	while (*at != tree)
		at = &(*at)->next;
	*at = tree->next;
	tree_unlist(proven, tree);
	proven->used -= tree->bytes;
	free(tree);
}

void proven_free(struct proven *proven)
{
	if (!proven)
		return;
	while (proven->oldest)
		tree_forget(proven, proven->oldest);
	free(proven);
}

static u32 head_of(const struct proven *proven, const struct proven_leaf *leaf)
{
	u64 hash;

	_Static_assert(sizeof(hash) == crypto_shorthash_BYTES, "SipHash-2-4");
	crypto_shorthash((u8 *)&hash, leaf->signature, 64, proven->key);
	return hash % PROVEN_HEADS;
}

static bool tree_is(const struct proven_tree *tree, const struct proven_leaf *leaf)
{
	return tree->node == leaf->node && tree->count == leaf->count && tree->statement_len == leaf->statement_len &&
	       !memcmp(tree->signature, leaf->signature, 64) && !memcmp(tree->signer, leaf->signer, 32) &&
	       !memcmp(tree->statement, leaf->statement, leaf->statement_len);
}

static struct proven_tree *tree_find(const struct proven *proven, const struct proven_leaf *leaf, u32 head)
{
	struct proven_tree *tree = proven->heads[head];

	while (tree && !tree_is(tree, leaf))
		tree = tree->next;
	return tree;
}

static bool tree_knows(const struct proven_tree *tree, u32 place)
{
	return tree->known[place / 64] >> (place & 63) & 1;
}

static void tree_put(struct proven_tree *tree, u32 place, const u8 hash[LEDGER_HASH_LEN])
{
	memcpy(tree->nodes[place], hash, LEDGER_HASH_LEN);
	tree->known[place / 64] |= 1ULL << (place & 63);
}

/* A way from a leaf up: the nodes on it by level; where it passes up an odd last node, that node again. */
struct way {
	u8 nodes[PROVEN_LEVELS][LEDGER_HASH_LEN];
	u32 levels; /* that were hashed */
};

/* Has the node at @index of a level with last index @last a sibling? */
static bool paired(u32 index, u32 last)
{
	return index != last || index & 1;
}

/* Climbs until a known node of @tree is met (NULL: to the root). False: the path is too short, or differs there. */
static bool way_climb(const struct proven_leaf *leaf, const struct proven_tree *tree, struct way *ret_way)
{
	u32 index = leaf->index, last = leaf->count - 1, used = 0, level;
	bool met = false;

	memcpy(ret_way->nodes[0], leaf->leaf, LEDGER_HASH_LEN);
	ret_way->levels = 0;
	for (level = 0;; level++, index /= 2, last /= 2) {
		const u8 *node = ret_way->nodes[level], *sibling = leaf->path + (size_t)used * LEDGER_HASH_LEN;
		u32 place = tree ? tree->first[level] + index : 0;

		if (!met && tree && tree_knows(tree, place)) {
			if (memcmp(tree->nodes[place], node, LEDGER_HASH_LEN))
				return false;
			met = true;
		}
		if (!met)
			ret_way->levels = level + 1;
		if (!last)
			return (met || !tree) && used == leaf->path_len;
		if (!paired(index, last)) {
			if (!met)
				memcpy(ret_way->nodes[level + 1], node, LEDGER_HASH_LEN);
			continue;
		}
		if (used++ == leaf->path_len)
			return false;
		if (met && memcmp(tree->nodes[tree->first[level] + (index ^ 1)], sibling, LEDGER_HASH_LEN))
			return false;
		if (!met && index & 1)
			leaf->node(sibling, node, ret_way->nodes[level + 1]);
		else if (!met)
			leaf->node(node, sibling, ret_way->nodes[level + 1]);
	}
}

/* What was hashed on the way lies under the root now, and so does what it was hashed with. */
static void way_keep(struct proven_tree *tree, const struct proven_leaf *leaf, const struct way *way)
{
	u32 index = leaf->index, last = leaf->count - 1, level;
	const u8 *sibling = leaf->path;

	for (level = 0; level < way->levels; level++, index /= 2, last /= 2) {
		tree_put(tree, tree->first[level] + index, way->nodes[level]);
		if (!last || !paired(index, last))
			continue;
		tree_put(tree, tree->first[level] + (index ^ 1), sibling);
		sibling += LEDGER_HASH_LEN;
	}
}

bool proven_check(struct proven *proven, const struct proven_leaf *leaf)
{
	struct proven_tree *tree;
	struct way way;

	if (!proven || leaf->count < 2 || leaf->count > PROVEN_LEAVES_MAX || leaf->index >= leaf->count)
		return false;
	tree = tree_find(proven, leaf, head_of(proven, leaf));
	if (!tree || !way_climb(leaf, tree, &way))
		return false;
	way_keep(tree, leaf, &way);
	tree_unlist(proven, tree);
	tree_list(proven, tree);
	return true;
}

static struct proven_tree *tree_new(const struct proven_leaf *leaf, u32 head)
{
	u32 first[PROVEN_LEVELS] = { 0 }, nodes = 0, levels = 0, width;
	struct proven_tree *tree;

	for (width = leaf->count;; width = (width + 1) / 2) {
		first[levels++] = nodes;
		nodes += width;
		if (width == 1)
			break;
	}
	tree = calloc(1, sizeof(*tree) + nodes * sizeof(tree->nodes[0]));
	if (!tree)
		return NULL;
	tree->head = head;
	tree->node = leaf->node;
	memcpy(tree->signer, leaf->signer, sizeof(tree->signer));
	memcpy(tree->signature, leaf->signature, sizeof(tree->signature));
	memcpy(tree->statement, leaf->statement, leaf->statement_len);
	tree->statement_len = leaf->statement_len;
	tree->bytes = sizeof(*tree) + nodes * sizeof(tree->nodes[0]);
	tree->count = leaf->count;
	memcpy(tree->first, first, sizeof(first));
	return tree;
}

void proven_add(struct proven *proven, const struct proven_leaf *leaf)
{
	struct proven_tree *tree;
	struct way way;
	u32 head;

	if (!proven || leaf->count < 2 || leaf->count > PROVEN_LEAVES_MAX || leaf->index >= leaf->count ||
	    leaf->statement_len > PROVEN_STATEMENT_MAX || !way_climb(leaf, NULL, &way))
		return;
	head = head_of(proven, leaf);
	if (tree_find(proven, leaf, head))
		return; /* two roots under one signature: the first stays */
	tree = tree_new(leaf, head);
	if (!tree)
		return;
	way_keep(tree, leaf, &way);
	tree->next = proven->heads[head];
	proven->heads[head] = tree;
	tree_list(proven, tree);
	proven->used += tree->bytes;
	while (proven->used > proven->most && proven->oldest)
		tree_forget(proven, proven->oldest);
}
