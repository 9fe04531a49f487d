/* SPDX-License-Identifier: GPL-2.0 */
/*
 * buckettree.h - the Merkle bucket tree: 262,144 buckets, fan-out 16, so five
 * levels above the buckets (16384, 1024, 64, 4, 1). Pure hashing and proofs;
 * where entries lie is state.c's concern.
 *
 * bucket hash  = hash(BUCKET: bucket u32, then for each entry in key order: key span16, hash(VALUE) 32); empty: zeros
 * node hash    = hash(BUCKET_NODE: level u8, position u32, the children's hashes); zeros if all children are
 * root         = node of the top level
 * bucket of key = first word of SipHash-2-4-128 (voltgate/siphash.h) of the key under the first 16 bytes of the
 *                channel's seed, mod 262,144
 *
 * proof        = bucket u32, entry count u16, entries (key span16, hash 32), then for each level upward, five times:
 *                bit map u16 of the children that are zeros (bit 0 the first; the own bit is 0), then the hashes of
 *                the others but the own one, in order
 * A key is absent if the bucket that it belongs to lacks it.
 */
#ifndef VOLTGATE_LEDGER_BUCKETTREE_H
#define VOLTGATE_LEDGER_BUCKETTREE_H

#include "ledger/cursor.h"
#include "ledger/hash.h"

#define BUCKETTREE_BUCKETS 262144
#define BUCKETTREE_FANOUT 16
#define BUCKETTREE_LEVELS 5 /* above the buckets */

#define BUCKETTREE_PROOF_LEN(entries) ((entries) + 6 + BUCKETTREE_LEVELS * (2 + (BUCKETTREE_FANOUT - 1) * 32))

struct buckettree; /* all hashes in memory: 9 MiB when full, pages that were never written cost nothing */

struct buckettree *buckettree_new(void);
void buckettree_free(struct buckettree *tree);
/* The hash at @level and @position, in place: the caller may write it, then calls buckettree_nodes() up from there. */
u8 *buckettree_hash(struct buckettree *tree, u32 level, u32 position);
/* Makes the nodes at @level (1..) and @count @positions again from their children. */
void buckettree_nodes(struct buckettree *tree, u32 level, const u32 *positions, u32 count);
/* Makes all nodes again from the buckets. */
void buckettree_fill(struct buckettree *tree);

/* The order of entries within a bucket, and of a store: bytes, then the shorter first. */
static inline int buckettree_order(struct span one, struct span other)
{
	size_t len = one.len < other.len ? one.len : other.len;
	int order = len ? memcmp(one.bytes, other.bytes, len) : 0;

	return order ? order : (one.len > other.len) - (one.len < other.len);
}
/* The bucket of @key under the channel's @seed. */
u32 buckettree_bucket(const u8 seed[32], struct span key);
/* The hash of bucket number @bucket that holds @entries: key span16, hash 32 each, in key order. */
void buckettree_bucket_hash(u32 bucket, struct span entries, u8 ret_hash[LEDGER_HASH_LEN]);
/* The same of many, which is faster than one by one. */
struct buckettree_brief {
	u32 bucket;
	struct span entries;
	u8 *ret_hash;
};
void buckettree_bucket_hashes(const struct buckettree_brief *briefs, size_t count);
/* Takes the next entry off; false at the end or (reader->bad) if damaged. */
bool buckettree_entry(struct reader *entries, struct span *ret_key, const u8 **ret_hash);
/* Writes the proof for @bucket; @hash_of gives the hash at a level and position. -E2BIG: more than 65,535 entries. */
int buckettree_prove(u32 bucket, struct span entries, const u8 *(*hash_of)(void *arg, u32 level, u32 position),
		     void *arg, struct writer *writer);
/* Checks @proof for @key: 1 present with *@ret_value_hash, 0 absent, -EBADMSG wrong. Pure. */
int buckettree_check(const u8 seed[32], const u8 root[LEDGER_HASH_LEN], struct span key, struct span proof,
		     u8 ret_value_hash[LEDGER_HASH_LEN]);

#endif
