/* SPDX-License-Identifier: GPL-2.0 */
/*
 * buckettree.h - the Merkle bucket tree: 262,144 buckets, fan-out 16, so five
 * levels above the buckets (16384, 1024, 64, 4, 1). Pure hashing and proofs;
 * where entries lie is state.c's concern.
 *
 * bucket hash  = hash(BUCKET: bucket u32, then for each entry in key order: key span16, hash(VALUE) 32); empty: zeros
 * node hash    = hash(BUCKET_NODE: level u8, position u32, the children's hashes); zeros if all children are
 * root         = node of the top level
 * bucket of key = SipHash-2-4(first 16 bytes of the channel's seed, key) mod 262,144
 *
 * proof        = bucket u32, entry count u16, entries (key span16, hash 32), then for each level upward the hashes of
 *                the fan-out with the own one left out (a bit map u16 names the zeros, which are left out too)
 * A key is absent if the bucket that it belongs to lacks it.
 */
#ifndef VOLTGATE_LEDGER_BUCKETTREE_H
#define VOLTGATE_LEDGER_BUCKETTREE_H

#include "ledger/cursor.h"
#include "ledger/hash.h"

#define BUCKETTREE_BUCKETS 262144
#define BUCKETTREE_FANOUT 16
#define BUCKETTREE_LEVELS 5 /* above the buckets */

struct buckettree; /* all hashes in memory: 9 MiB */

struct buckettree *buckettree_new(void);
void buckettree_free(struct buckettree *tree);
u32 buckettree_bucket(const u8 seed[32], struct span key);
const u8 *buckettree_bucket_hash(const struct buckettree *tree, u32 bucket);

/* Checks @proof for @key: 1 present with *@ret_value_hash, 0 absent, -EBADMSG wrong. Pure. */
int buckettree_check(const u8 seed[32], const u8 root[LEDGER_HASH_LEN], struct span key, struct span proof,
		     u8 ret_value_hash[LEDGER_HASH_LEN]);

#endif
