// SPDX-License-Identifier: GPL-2.0
/*
 * proven_test.c - the memory of proven nodes never says yes where a full check would say no, whatever it has seen and
 * whichever byte is changed, and it does say yes once a batch was seen.
 */
#include <sodium.h>
#include <stdlib.h>

#include "ledger/merkle.h"
#include "ledger/proven.h"
#include "tests/ktap.h"

static u8 leaves[PROVEN_LEAVES_MAX][32], root[32], signer[32], signature[64], statement[40];
static u32 leaf_count;

struct shown { /* a leaf with room of its own, so that it can be spoiled */
	struct proven_leaf leaf;
	u8 hash[32], path[MERKLE_PATH_MAX][32], signer[32], signature[64], statement[40];
};

static void show(struct shown *shown, u32 count, u32 index)
{
	static u8 scratch[PROVEN_LEAVES_MAX][32];

	memcpy(scratch, leaves, sizeof(scratch));
	memcpy(shown->hash, leaves[index], 32);
	memcpy(shown->signer, signer, 32);
	memcpy(shown->signature, signature, 64);
	memcpy(shown->statement, statement, sizeof(statement));
	shown->leaf = (struct proven_leaf){
		.node = merkle_node,
		.signer = shown->signer,
		.signature = shown->signature,
		.statement = shown->statement,
		.statement_len = sizeof(statement),
		.count = count,
		.index = index,
		.leaf = shown->hash,
		.path = shown->path[0],
		.path_len = merkle_path(scratch, count, index, shown->path),
	};
}

/* What the signature, which here stands for signer, statement, number of leaves and root, is judged to be without a
 * memory. */
static bool full(const struct proven_leaf *leaf)
{
	u8 got[32];

	return leaf->node == merkle_node && !memcmp(leaf->signer, signer, 32) &&
	       !memcmp(leaf->signature, signature, 64) && leaf->statement_len == sizeof(statement) &&
	       leaf->count == leaf_count && !memcmp(leaf->statement, statement, sizeof(statement)) &&
	       merkle_root_of_path(leaf->leaf, leaf->index, leaf->count, leaf->path, leaf->path_len, got) &&
	       !memcmp(got, root, 32);
}

static void other_node(const u8 left[32], const u8 right[32], u8 ret_hash[32])
{
	merkle_node(right, left, ret_hash);
}

static void flip(u8 *bytes, size_t len)
{
	bytes[randombytes_uniform((u32)len)] ^= (u8)(1 << randombytes_uniform(8));
}

static void spoil(struct shown *shown)
{
	struct proven_leaf *leaf = &shown->leaf;

	switch (randombytes_uniform(9)) {
	case 0:
		flip(shown->hash, 32);
		break;
	case 1:
		flip(shown->path[0], leaf->path_len * 32);
		break;
	case 2:
		flip(shown->signer, 32);
		break;
	case 3:
		flip(shown->signature, 64);
		break;
	case 4:
		flip(shown->statement, sizeof(shown->statement));
		break;
	case 5:
		leaf->index = randombytes_uniform(leaf->count + 2);
		break;
	case 6:
		leaf->count += randombytes_uniform(2) ? 1 : -1;
		break;
	case 7:
		leaf->path_len += randombytes_uniform(2) ? 1 : -1;
		break;
	default:
		leaf->node = other_node;
	}
}

static void batch(struct proven *proven, u32 count, u32 *wrong, u32 *missed, u32 *seen)
{
	static u8 scratch[PROVEN_LEAVES_MAX][32];
	struct shown shown;
	u32 i;

	leaf_count = count;
	randombytes_buf(leaves, count * sizeof(leaves[0]));
	randombytes_buf(signature, sizeof(signature));
	memcpy(scratch, leaves, sizeof(scratch));
	merkle_root(scratch, count, root);
	show(&shown, count, randombytes_uniform(count));
	*wrong += proven_check(proven, &shown.leaf); /* nothing of it was seen */
	proven_add(proven, &shown.leaf);
	for (i = 0; i < 400; i++) {
		show(&shown, count, randombytes_uniform(count));
		if (i % 2) {
			*missed += !proven_check(proven, &shown.leaf);
			continue;
		}
		spoil(&shown);
		*wrong += proven_check(proven, &shown.leaf) && !full(&shown.leaf);
		*seen += !full(&shown.leaf);
	}
}

/* Memory for few: the oldest go, and are nothing but unknown then. */
static void forgets(void)
{
	struct proven *proven = proven_new(100000);
	struct shown first, last;
	u32 i;

	randombytes_buf(leaves, sizeof(leaves));
	randombytes_buf(signature, sizeof(signature));
	show(&first, 512, 3);
	proven_add(proven, &first.leaf);
	ktap_ok(proven_check(proven, &first.leaf), "a batch is known");
	for (i = 0; i < 64; i++) {
		randombytes_buf(signature, sizeof(signature));
		show(&last, 512, i);
		proven_add(proven, &last.leaf);
	}
	ktap_ok(proven_check(proven, &last.leaf), "so is the last of many");
	ktap_ok(!proven_check(proven, &first.leaf), "the first is forgotten by then");
	proven_free(proven);
}

int main(void)
{
	static const u32 counts[] = { 2, 3, 4, 5, 6, 7, 9, 16, 31, 100, 255, 256, 511, 512, 1000, 1023, 1024 };
	u32 wrong = 0, missed = 0, seen = 0, round, i;
	struct proven *proven;
	struct shown shown;

	if (sodium_init() < 0)
		return 1;
	ktap_plan(0);
	proven = proven_new(1 << 20);
	randombytes_buf(signer, sizeof(signer));
	randombytes_buf(statement, sizeof(statement));
	for (round = 0; round < 3; round++)
		for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
			batch(proven, counts[i], &wrong, &missed, &seen);
	ktap_ok(!wrong && seen > 5000, "%u spoilt leaves are not proven", seen);
	ktap_ok(!missed, "a leaf of a known batch is proven, in any order");
	memcpy(leaves[1], leaves[0], 32);
	show(&shown, 1, 0);
	proven_add(proven, &shown.leaf);
	ktap_ok(!proven_check(proven, &shown.leaf), "a batch of one has no nodes to know");
	ktap_ok(!proven_check(NULL, &shown.leaf), "no memory knows nothing");
	forgets();
	proven_free(proven);
	return ktap_exit();
}
