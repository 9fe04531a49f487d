/* SPDX-License-Identifier: GPL-2.0 */
/*
 * proofs.h - Merkle paths of records in batches that were stored lately: what
 * evidence shows beside a record (PROTOCOL.md B1 to B4). Pure.
 *
 * Of each batch that holds an action or an alarm the tree is kept until newer ones need its place; an action whose
 * verdict came first waits for its packet at most [agent] action-timeout-ms.
 */
#ifndef VOLTGATE_CHARGE_PROOFS_H
#define VOLTGATE_CHARGE_PROOFS_H

#include "agent/verdictlog.h"
#include "ledger/evidence.h"

struct proof {
	struct vg_batch_head head; /* as it stands, big-endian */
	u8 signature[VG_SIGNATURE_LEN];
	u8 salt[VG_SALT_LEN];
	u32 path_len;
	u8 path[EVIDENCE_PATH_MAX * VG_HASH_LEN];
};

struct proofs;

/* @bytes: of trees kept at most; the newest is kept in any case. NULL: no memory. */
struct proofs *proofs_new(size_t bytes);
void proofs_free(struct proofs *proofs); /* NULL is fine */
/* Takes @batch in, if it holds what may be shown. -ENOMEM. */
int proofs_add(struct proofs *proofs, const struct batch *batch);
/* The same whatever it holds. */
int proofs_keep(struct proofs *proofs, const struct batch *batch);
/* -ENOENT: no such batch is kept, or it has no such record. */
int proofs_find(const struct proofs *proofs, const struct vg_batch_head *head, u32 index, struct proof *ret_proof);
/* The parts of @ret_evidence that @proof and its record are: head to path, which points into @proof. The rest is zeros.
 */
void proof_evidence(const struct proof *proof, u32 index, const struct vg_record *record,
		    struct evidence *ret_evidence);

#endif
