/* SPDX-License-Identifier: GPL-2.0 */
/*
 * merkle.h - the hashes of the verdict chain: salted leaves, tree and batch,
 * as include/voltgate/record.h defines them (tree shape: RFC 6962 section 2.1).
 *
 * Any context; no allocation. SHA-256 is the kernel's one-shot library
 * function, in user space libsodium's.
 */
#ifndef VOLTGATE_KMOD_MERKLE_H
#define VOLTGATE_KMOD_MERKLE_H

#include "voltgate/record.h"

#define VG_MERKLE_SCRATCH_LEN (VG_BATCH_MAX * VG_HASH_LEN)

/* Root over @count (1..VG_BATCH_MAX) records in order. @scratch: VG_MERKLE_SCRATCH_LEN bytes that are overwritten. */
void vg_merkle_root(const struct vg_record *records, u32 count, const u8 salt_seed[VG_SALT_LEN], u8 *scratch,
		    u8 ret_root[VG_HASH_LEN]);
/* Folds @count (at least 1) leaf hashes that stand side by side into their root, in place: the first one becomes it. */
void vg_merkle_fold(u8 *hashes, u32 count);
/* What the next batch names as previous. */
void vg_batch_hash(const struct vg_batch_head *head, const u8 signature[VG_SIGNATURE_LEN], u8 ret_hash[VG_HASH_LEN]);
/* 0, or -EBADMSG: this build must not seal batches. Needs some 600 bytes of stack. */
int vg_merkle_selftest(void);

#endif
