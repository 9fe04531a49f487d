/* SPDX-License-Identifier: GPL-2.0 */
/*
 * proven.h - nodes of Merkle trees whose roots bear a right signature, so that
 * a leaf of a batch of which others were seen costs a few comparisons in place
 * of a path of hashes and a look for the signature.
 *
 * It only ever says what a full check would say: a leaf and its path are found proven if, hashed upward, they meet a
 * node that is known to lie under that signature's root, and the rest of the path is what is known to lie beside the
 * way up. What is unknown or differs in any byte is left to the full check. So no answer that replicas must agree on
 * depends on what a memory holds. One thread.
 *
 * Trees are RFC 6962's (evidence.h, endorsement.h), at most PROVEN_LEAVES_MAX leaves.
 */
#ifndef VOLTGATE_LEDGER_PROVEN_H
#define VOLTGATE_LEDGER_PROVEN_H

#include "ledger/hash.h"

#define PROVEN_LEAVES_MAX 1024
#define PROVEN_LEVELS 11
#define PROVEN_STATEMENT_MAX 136

struct proven;

/* The node above two; which hash that is belongs to the statement's kind. */
typedef void proven_node_fn(const u8 left[LEDGER_HASH_LEN], const u8 right[LEDGER_HASH_LEN],
			    u8 ret_hash[LEDGER_HASH_LEN]);

struct proven_leaf {
	proven_node_fn *node; /* told apart by it: two kinds of trees never meet */
	const u8 *signer;     /* 32 */
	const u8 *signature;  /* 64 */
	/* What is signed beside the root (or with it), compared byte by byte; at most PROVEN_STATEMENT_MAX. */
	const void *statement;
	size_t statement_len;
	u32 count, index; /* leaves, this one */
	const u8 *leaf;	  /* its hash */
	const u8 *path;	  /* from the leaf up */
	u32 path_len;
};

/* @bytes: memory for trees at most; what was used longest ago goes first. NULL: no memory. */
struct proven *proven_new(size_t bytes);
void proven_free(struct proven *proven);
/* True: a full check would say yes. False: nothing is known. NULL knows nothing. */
bool proven_check(struct proven *proven, const struct proven_leaf *leaf);
/* The full check said yes: @leaf's path gives a root, and the signature over it and the statement is right. */
void proven_add(struct proven *proven, const struct proven_leaf *leaf);

#endif
