/* SPDX-License-Identifier: GPL-2.0 */
/*
 * evidence.h - a signed verdict in place of a client's signature: one record,
 * its salt, its Merkle path and the sealed batch's head (record.h, PROTOCOL.md B1 to B4), the packet that the gate
 * admitted, and the wallet's mandate for that gate session (mandate.h; PROTOCOL.md section 11). Pure.
 *
 * evidence = head 136, signature 64, index u16, salt 16, record 64, path length u8, path 32 each,
 *            vid span16 (the whole UDP payload), action salt 16, mandate 108, mandate's signature 64
 * It proves a proposal if the record is an accepted action, its digest is BLAKE2s-256 of the vid, session and sequence
 * of both agree, the vid's payload begins with hash(ACTION: action salt, proposal), and the mandate is signed by the
 * proposal's client for this channel, attestor, epoch and gate session and has not expired by block time.
 * What follows the commitment in the payload is the same proposal under the session's key: nobody needs it here.
 */
#ifndef VOLTGATE_LEDGER_EVIDENCE_H
#define VOLTGATE_LEDGER_EVIDENCE_H

#include "ledger/mandate.h"
#include "voltgate/record.h"
#include "voltgate/vid.h"

#define EVIDENCE_PATH_MAX 9
#define EVIDENCE_ACTION_SALT_LEN 16
#define EVIDENCE_RECORD_MAX (136 + 64 + 2 + 16 + 64 + 1 + 32 * EVIDENCE_PATH_MAX) /* head to path */
#define EVIDENCE_MAX \
	(EVIDENCE_RECORD_MAX + 2 + VG_VID_MAX + EVIDENCE_ACTION_SALT_LEN + MANDATE_LEN + MANDATE_SIGNATURE_LEN)

struct evidence {
	struct vg_batch_head head; /* as it stands, big-endian */
	u8 signature[VG_SIGNATURE_LEN];
	u16 index;
	u8 salt[VG_SALT_LEN];
	struct vg_record record; /* big-endian */
	u32 path_len;
	const u8 *path;
	struct span vid;
	u8 action_salt[EVIDENCE_ACTION_SALT_LEN];
	struct mandate mandate;
	u8 mandate_signature[MANDATE_SIGNATURE_LEN];
};

int evidence_decode(struct span bytes, struct evidence *ret_evidence);
void evidence_encode(struct writer *writer, const struct evidence *evidence);
/* The part from head to path by itself: one record of a sealed batch, of any kind; the rest of the struct is zeros. */
int evidence_record_decode(struct span bytes, struct evidence *ret_evidence);
void evidence_record_encode(struct writer *writer, const struct evidence *evidence);
/* The leaf that record and salt are, and the node above two (B2): the gate's hashes. */
void evidence_leaf(const struct evidence *evidence, u8 ret_hash[VG_HASH_LEN]);
void evidence_node(const u8 left[VG_HASH_LEN], const u8 right[VG_HASH_LEN], u8 ret_hash[VG_HASH_LEN]);
/* True if record, salt and path give the head's root. The signature is the caller's to check (and to cache). */
bool evidence_holds(const struct evidence *evidence);
/* The commitment with which an action's payload begins. */
void evidence_commitment(const u8 action_salt[EVIDENCE_ACTION_SALT_LEN], struct span proposal,
			 u8 ret_commitment[LEDGER_HASH_LEN]);
/* What a record says of a packet: BLAKE2s-256 of all of it. False: this machine's OpenSSL lacks BLAKE2s-256. */
bool evidence_digest(struct span vid, u8 ret_digest[VG_HASH_LEN]);
/* True if the record is of this vid: its digest, session, sequence and type. */
bool evidence_of_packet(const struct evidence *evidence);
/* True if the vid commits to @proposal. */
bool evidence_commits(const struct evidence *evidence, struct span proposal);
/* The mandate's hash in the scope that the evidence gives it: what the wallet must have signed. */
void evidence_mandate_hash(const struct evidence *evidence, const u8 channel[LEDGER_HASH_LEN],
			   const u8 wallet[LEDGER_HASH_LEN], u8 ret_hash[LEDGER_HASH_LEN]);

#endif
