// SPDX-License-Identifier: GPL-2.0
/*
 * file_merkle_test.c - the Merkle tree against RFC 6962 as its section 2.1
 * words it: recursion at the largest power of two below n.
 */
#include "ledger/merkle.h"

#include "tests/ktap.h"

#define LEAVES 70

static u8 leaves[LEAVES][LEDGER_HASH_LEN];

static size_t split(size_t count)
{
	size_t power = 1;

	while (power * 2 < count)
		power *= 2;
	return power;
}

/* MTH(D[from:from + count]) */
static void naive_root(size_t from, size_t count, u8 ret_root[LEDGER_HASH_LEN])
{
	u8 both[2 * LEDGER_HASH_LEN];
	size_t left;

	if (count == 1) {
		memcpy(ret_root, leaves[from], LEDGER_HASH_LEN);
		return;
	}
	left = split(count);
	naive_root(from, left, both);
	naive_root(from + left, count - left, both + LEDGER_HASH_LEN);
	ledger_hash_bytes(LEDGER_DOMAIN_NODE, both, sizeof(both), ret_root);
}

/* PATH(index, D[from:from + count]) */
static u32 naive_path(size_t index, size_t from, size_t count, u8 (*ret_path)[LEDGER_HASH_LEN])
{
	size_t left;
	u32 len;

	if (count == 1)
		return 0;
	left = split(count);
	if (index < left) {
		len = naive_path(index, from, left, ret_path);
		naive_root(from + left, count - left, ret_path[len]);
	} else {
		len = naive_path(index - left, from + left, count - left, ret_path);
		naive_root(from, left, ret_path[len]);
	}
	return len + 1;
}

static bool same_root(size_t count)
{
	u8 scratch[LEAVES][LEDGER_HASH_LEN], root[LEDGER_HASH_LEN], right[LEDGER_HASH_LEN];

	memcpy(scratch, leaves, sizeof(leaves));
	merkle_root(scratch, count, root);
	naive_root(0, count, right);
	return !memcmp(root, right, sizeof(root));
}

static bool same_path(size_t count, size_t index)
{
	u8 scratch[LEAVES][LEDGER_HASH_LEN], path[MERKLE_PATH_MAX][LEDGER_HASH_LEN];
	u8 right[MERKLE_PATH_MAX][LEDGER_HASH_LEN];
	u32 len, right_len = naive_path(index, 0, count, right);

	memcpy(scratch, leaves, sizeof(leaves));
	len = merkle_path(scratch, count, index, path);
	return len == right_len && !memcmp(path, right, len * LEDGER_HASH_LEN);
}

/* The right path gives the root; at any other place, of another length or with a changed byte it does not. */
static bool path_proves(size_t count, size_t index)
{
	u8 path[MERKLE_PATH_MAX + 1][LEDGER_HASH_LEN], root[LEDGER_HASH_LEN], got[LEDGER_HASH_LEN];
	u32 len = naive_path(index, 0, count, path), i;
	size_t other;

	naive_root(0, count, root);
	if (!merkle_root_of_path(leaves[index], index, count, path[0], len, got) || memcmp(got, root, sizeof(got)))
		return false;
	for (other = 0; other < count; other++)
		if (other != index && merkle_root_of_path(leaves[index], other, count, path[0], len, got) &&
		    !memcmp(got, root, sizeof(got)))
			return false;
	memset(path[len], 0, LEDGER_HASH_LEN);
	if (merkle_root_of_path(leaves[index], index, count, path[0], len + 1, got) ||
	    (len && merkle_root_of_path(leaves[index], index, count, path[0], len - 1, got)) ||
	    merkle_root_of_path(leaves[index], count, count, path[0], len, got))
		return false;
	for (i = 0; i < len; i++) {
		path[i][i % LEDGER_HASH_LEN] ^= 1;
		if (merkle_root_of_path(leaves[index], index, count, path[0], len, got) &&
		    !memcmp(got, root, sizeof(got)))
			return false;
		path[i][i % LEDGER_HASH_LEN] ^= 1;
	}
	return true;
}

int main(void)
{
	size_t count, index, roots = 0, paths = 0, proofs = 0, all = 0;
	u8 root[LEDGER_HASH_LEN], empty[LEDGER_HASH_LEN];

	ktap_plan(0);
	for (index = 0; index < LEAVES; index++)
		ledger_hash_bytes(LEDGER_DOMAIN_LEAF, &index, sizeof(index), leaves[index]);
	merkle_root(leaves, 0, root);
	ledger_hash_bytes(LEDGER_DOMAIN_EMPTY, NULL, 0, empty);
	ktap_ok(!memcmp(root, empty, sizeof(root)), "no leaves: the hash of nothing");
	for (count = 1; count <= LEAVES; count++) {
		roots += same_root(count);
		for (index = 0; index < count; index++, all++) {
			paths += same_path(count, index);
			proofs += path_proves(count, index);
		}
	}
	ktap_ok(roots == LEAVES, "roots of 1 to %d leaves are RFC 6962's (%zu)", LEAVES, roots);
	ktap_ok(paths == all, "audit paths of every leaf are RFC 6962's (%zu of %zu)", paths, all);
	ktap_ok(proofs == all, "a path proves its leaf, its place and nothing else (%zu of %zu)", proofs, all);
	return ktap_exit();
}
