/* SPDX-License-Identifier: GPL-2.0 */
/*
 * evidence.h - a signed verdict in place of a client's signature: one record,
 * its salt, its Merkle path and the sealed batch's head (record.h, PROTOCOL.md B1 to B4). Pure.
 *
 * evidence = head 136, signature 64, index u16, salt 16, record 64, path length u8, path 32 each
 * It proves a proposal if the record is of kind action and its digest is BLAKE2s-256 of a VID whose payload is the
 * request; until charging gives VIDs their payloads, the digest is BLAKE2s-256 of the proposal's bytes.
 */
#ifndef VOLTGATE_LEDGER_EVIDENCE_H
#define VOLTGATE_LEDGER_EVIDENCE_H

#include "ledger/cursor.h"
#include "voltgate/record.h"

#define EVIDENCE_PATH_MAX 9
#define EVIDENCE_MAX (136 + 64 + 2 + 16 + 64 + 1 + 32 * EVIDENCE_PATH_MAX)

struct evidence {
	struct vg_batch_head head; /* as it stands, big-endian */
	u8 signature[VG_SIGNATURE_LEN];
	u16 index;
	u8 salt[VG_SALT_LEN];
	struct vg_record record; /* big-endian */
	u32 path_len;
	const u8 *path;
};

int evidence_decode(struct span bytes, struct evidence *ret_evidence);
void evidence_encode(struct writer *writer, const struct evidence *evidence);
/* The leaf that record and salt are, and the node above two (B2): the gate's hashes. */
void evidence_leaf(const struct evidence *evidence, u8 ret_hash[VG_HASH_LEN]);
void evidence_node(const u8 left[VG_HASH_LEN], const u8 right[VG_HASH_LEN], u8 ret_hash[VG_HASH_LEN]);
/* True if record, salt and path give the head's root. The signature is the caller's to check (and to cache). */
bool evidence_holds(const struct evidence *evidence);
/* The digest that the record must carry for @proposal. False: this machine's OpenSSL lacks BLAKE2s-256. */
bool evidence_digest(struct span proposal, u8 ret_digest[VG_HASH_LEN]);

#endif
