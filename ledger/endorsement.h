/* SPDX-License-Identifier: GPL-2.0 */
/*
 * endorsement.h - an endorser's signature over what a proposal would do, alone
 * or for a batch of endorsements through a Merkle root (PROTOCOL.md L8).
 *
 * endorsement = endorser 32 (node key), height u64 (state it was simulated on), count u16 (leaves, 1..1024), index u16,
 *               path length u8, path 32 each, signature 64
 * leaf        = hash(ENDORSEMENT: channel, hash(PROPOSAL), hash(RWSET), endorser, height u64)
 * root        = RFC 6962's tree over leaves with hash(NODE: left, right); signature over hash(ENDORSEMENT_ROOT:
 * channel, root, count u16). A single endorsement is a batch of one.
 */
#ifndef VOLTGATE_LEDGER_ENDORSEMENT_H
#define VOLTGATE_LEDGER_ENDORSEMENT_H

#include "ledger/transaction.h"

#define ENDORSEMENT_BATCH_MAX 1024
#define ENDORSEMENT_PATH_MAX 10
#define ENDORSEMENT_PATH_AT 44 /* bytes before the path's length */
#define ENDORSEMENT_MAX (ENDORSEMENT_PATH_AT + 1 + ENDORSEMENT_PATH_MAX * 32 + 64)

struct endorsement {
	const u8 *endorser;
	u64 height;
	u16 count, index;
	u32 path_len;
	const u8 *path;
	const u8 *signature;
};

int endorsement_decode(struct span bytes, struct endorsement *ret_endorsement);
void endorsement_encode(struct writer *writer, const struct endorsement *endorsement);
/* What the leaf is the hash of. */
#define ENDORSEMENT_LEAF_LEN (4 * 32 + 8)
void endorsement_leaf_bytes(const u8 channel[32], const u8 proposal_hash[32], const u8 rwset_hash[32],
			    const u8 endorser[32], u64 height, u8 ret_bytes[ENDORSEMENT_LEAF_LEN]);
void endorsement_leaf(const u8 channel[32], const u8 proposal_hash[32], const u8 rwset_hash[32], const u8 endorser[32],
		      u64 height, u8 ret_leaf[32]);
/* What an endorser signs for a root of @count leaves. */
void endorsement_root_hash(const u8 channel[32], const u8 root[32], u16 count, u8 ret_hash[32]);
/* What the signature is over, from a leaf and its path. False: the path does not fit count and index. */
bool endorsement_signed_hash(const struct endorsement *endorsement, const u8 channel[32], const u8 leaf[32],
			     u8 ret_hash[32]);

#endif
