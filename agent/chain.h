/* SPDX-License-Identifier: GPL-2.0 */
/*
 * chain.h - checks batches one after the other: signature, Merkle root, and
 * that each follows the one before. Pure; libsodium does Ed25519 and SHA-256.
 */
#ifndef VOLTGATE_CHAIN_H
#define VOLTGATE_CHAIN_H

#include "verdictlog.h"

enum chain_fault {
	CHAIN_OK,
	CHAIN_MALFORMED,	/* magic, count, grade or reserved fields are not what the format says */
	CHAIN_UNKNOWN_ATTESTOR, /* not the key pinned, or a key changed within an epoch */
	CHAIN_BAD_SIGNATURE,	/* head altered */
	CHAIN_BAD_ROOT,		/* records or salts altered, added or removed */
	CHAIN_MISSING,		/* a number was skipped */
	CHAIN_REORDERED,	/* a number that was already seen */
	CHAIN_FORKED,		/* right number, but it names another batch as previous */
	CHAIN_BAD_EPOCH,	/* an epoch that does not name the last head, or begins in the past */
};

struct chain {
	bool started;
	u64 epoch;
	u64 number; /* of the last batch taken in */
	u64 time;   /* of it */
	u8 attestor[VG_KEY_LEN];
	u8 head_hash[VG_HASH_LEN]; /* of it: what the next one must name */
	const u8 *pinned;	   /* VG_KEY_LEN bytes each; NULL: take every epoch's key at its word */
	u32 pinned_count;
};

/* Merkle root of @count records under @salt_seed, see record.h. */
void chain_root(const struct vg_record *records, u32 count, const u8 salt_seed[VG_SALT_LEN], u8 ret_root[VG_HASH_LEN]);
/* The salt of record @index, its leaf, and the node above two: PROTOCOL.md B1, B2. */
void chain_salt(const u8 salt_seed[VG_SALT_LEN], u64 index, u8 ret_salt[VG_SALT_LEN]);
void chain_leaf(const struct vg_record *record, const u8 salt_seed[VG_SALT_LEN], u64 index, u8 ret_hash[VG_HASH_LEN]);
void chain_node(const u8 left[VG_HASH_LEN], const u8 right[VG_HASH_LEN], u8 ret_hash[VG_HASH_LEN]);
/* The hash by which the next batch names this one. */
void chain_batch_hash(const struct vg_batch_seal *seal, u8 ret_hash[VG_HASH_LEN]);
/* Checks @batch and takes it in. On a fault the chain is unchanged. */
enum chain_fault chain_accept(struct chain *chain, const struct batch *batch);
/* Goes on after @seal, which the caller knows to be genuine (its own log, after a restart). */
void chain_resume(struct chain *chain, const struct vg_batch_seal *seal);
/* One word and one sentence for people. */
const char *chain_fault_word(enum chain_fault fault);
const char *chain_fault_sentence(enum chain_fault fault);

#endif
