/* SPDX-License-Identifier: GPL-2.0 */
/*
 * merkle.h - RFC 6962's tree (section 2.1) over leaves that are already hashes,
 * with the ledger's node hash: transactions of a block, endorsements of a batch. Pure.
 */
#ifndef VOLTGATE_LEDGER_MERKLE_H
#define VOLTGATE_LEDGER_MERKLE_H

#include "ledger/hash.h"

#define MERKLE_PATH_MAX 32

/* The node above two. */
void merkle_node(const u8 left[LEDGER_HASH_LEN], const u8 right[LEDGER_HASH_LEN], u8 ret_hash[LEDGER_HASH_LEN]);
/* The root of @count leaves, 32 bytes each; hash(EMPTY) of none. @leaves is used as scratch. */
void merkle_root(u8 (*leaves)[LEDGER_HASH_LEN], size_t count, u8 ret_root[LEDGER_HASH_LEN]);
/* The audit path of leaf @index, from the leaf up; returns its length. @leaves is used as scratch. */
u32 merkle_path(u8 (*leaves)[LEDGER_HASH_LEN], size_t count, size_t index, u8 (*ret_path)[LEDGER_HASH_LEN]);
/* The root that @leaf at @index of @count has with @path (RFC 9162 section 2.1.3.2). False: wrong length. */
bool merkle_root_of_path(const u8 leaf[LEDGER_HASH_LEN], u64 index, u64 count, const u8 *path, u32 path_len,
			 u8 ret_root[LEDGER_HASH_LEN]);

#endif
