/* SPDX-License-Identifier: GPL-2.0 */
/*
 * anchor.h - heads of gateways' verdict chains on the ledger: what a chain
 * must hold from then on (PROTOCOL.md section 12). The newest of an epoch is enough, for each names the one before.
 *
 * 'h' attestor 32, epoch u64: version u8 1, head 136, signature 64, posted u64 (Time64 of the ledger's head)
 * 'f' attestor 32, epoch u64: version u8 1, head 136, signature 64: another head of an anchored number: the attestor
 *                             signed two chains
 */
#ifndef VOLTGATE_CONTRACT_ANCHOR_H
#define VOLTGATE_CONTRACT_ANCHOR_H

#include "agent/contract/contract.h"
#include "voltgate/record.h"

#define ANCHOR_KEY_LEN (1 + VG_KEY_LEN + 8)

struct anchor {
	struct vg_batch_head head; /* as it stands, big-endian */
	u8 signature[VG_SIGNATURE_LEN];
	u64 posted; /* 0 of a fork */
};

struct anchor_key {
	u8 bytes[ANCHOR_KEY_LEN];
};

/* @epoch_be: as it stands in a head. */
struct anchor_key anchor_key(char space, const u8 attestor[VG_KEY_LEN], u64 epoch_be);
/* Pure: 0, -EBADMSG. @space: 'h' or 'f'. */
int anchor_decode(char space, struct span value, struct anchor *ret_anchor);
/* What a sealed batch's head must be, whoever shows it: form, enrolled attestor of this epoch and grade, signature. */
int anchor_judge(struct contract_run *run, const struct vg_batch_head *head, const u8 signature[VG_SIGNATURE_LEN]);

#endif
