/* SPDX-License-Identifier: GPL-2.0 */
/*
 * record.h - the verdict record and the head of a batch: the bytes that are
 * hashed, signed and stored.
 *
 * Everything is big-endian and packed. Hashes (SHA-256, RFC 6962 section 2.1):
 *   leaf i   = H(0x00 || salt_i || record_i),  salt_i = SipHash-2-4-128(salt seed, i as 8 bytes little-endian)
 *   node     = H(0x01 || left || right)
 *   batch    = H(0x02 || head || signature): what the next batch names as previous
 * A seed is drawn per batch and kept beside the batch: whoever shows one
 * record shows its salt only, so a path does not let the neighbours be guessed.
 * The signature is Ed25519 by the attestation key over the head, whose first
 * eight bytes keep it apart from anything else that key could sign.
 */
#ifndef VOLTGATE_RECORD_H
#define VOLTGATE_RECORD_H

#include "types.h"

#define VG_HASH_LEN 32
#define VG_KEY_LEN 32
#define VG_SIGNATURE_LEN 64
#define VG_SALT_LEN 16
#define VG_BATCH_MAX 512
#define VG_BATCH_MAGIC "VGBATCH1"
#define VG_LEAF_PREFIX 0x00
#define VG_NODE_PREFIX 0x01
#define VG_BATCH_PREFIX 0x02

/* X(NAME, number, "word", "meaning of sequence", "meaning of digest") */
#define VG_RECORD_KINDS(X)                                                                                     \
	X(ACTION, 1, "action", "the packet's", "BLAKE2s-256 of the VID")                                       \
	X(BEACON, 2, "beacon", "the packet's", "BLAKE2s-256 of the VID")                                       \
	X(SESSION_ADD, 3, "session-add", "expiry, Time64", "salted commitment to the wallet")                  \
	X(SESSION_REMOVE, 4, "session-remove", "highest sequence admitted", "salted commitment to the wallet") \
	X(ALARM, 5, "alarm", "packets aggregated", "SHA-256 of the aggregate, see alarm.h")                    \
	X(EPOCH, 6, "epoch", "0", "hash of the last batch of the epoch before, or zeros")

enum vg_record_kind {
#define VG_RECORD_KIND_ENUM(name, number, word, sequence, digest) VG_RECORD_##name = number,
	VG_RECORD_KINDS(VG_RECORD_KIND_ENUM)
#undef VG_RECORD_KIND_ENUM
};

enum vg_grade {
	VG_GRADE_PLAIN = 1,    /* enforced in BPF, signed by the agent */
	VG_GRADE_ATTESTED = 2, /* enforced and signed by the kernel module */
};

#define VG_RECORD_FLAG_TEST_CLOCK 0x01 /* the policy's clock-offset-us was not 0 */

struct vg_record {
	u64 time; /* Time64 of the verdict */
	u64 session;
	u64 sequence; /* see VG_RECORD_KINDS */
	u8 kind;      /* enum vg_record_kind */
	u8 type;      /* VID type; 0 where there is none */
	u8 reason;    /* enum vg_reason; session-remove: why (accepted = by command, expired, revoked) */
	u8 grade;     /* enum vg_grade */
	u8 flags;     /* VG_RECORD_FLAG_* */
	u8 zero[3];
	u8 digest[VG_HASH_LEN];
} VG_PACKED;
VG_ASSERT_SIZE(struct vg_record, 64);

struct vg_batch_head {
	u8 magic[8];		  /* VG_BATCH_MAGIC */
	u8 attestor[VG_KEY_LEN];  /* public attestation key of the epoch */
	u64 epoch;		  /* Time64 at which the epoch began */
	u64 number;		  /* from 0 within the epoch */
	u64 time;		  /* Time64 of sealing, never before the batch before */
	u8 previous[VG_HASH_LEN]; /* batch hash; number 0: last of the epoch before, or zeros */
	u8 root[VG_HASH_LEN];	  /* Merkle root over the records in order */
	u32 count;		  /* records, 1..VG_BATCH_MAX; record 0 of batch 0 is of kind epoch */
	u8 grade;		  /* enum vg_grade */
	u8 flags;		  /* VG_RECORD_FLAG_* */
	u16 zero;
} VG_PACKED;
VG_ASSERT_SIZE(struct vg_batch_head, 136);

/* A sealed batch's fixed part as it travels (netlink) and is stored; count records follow. */
struct vg_batch_seal {
	struct vg_batch_head head;
	u8 signature[VG_SIGNATURE_LEN]; /* over head */
	u8 salt_seed[VG_SALT_LEN];	/* not signed: a wrong one makes the root wrong */
} VG_PACKED;
VG_ASSERT_SIZE(struct vg_batch_seal, 216);

#ifndef __bpf__
/* The word for @kind; "?" outside the list. Any context. */
static inline const char *vg_record_kind_word(unsigned int kind)
{
	switch (kind) {
#define VG_RECORD_KIND_WORD(name, number, word, sequence, digest) \
	case number:                                              \
		return word;
		VG_RECORD_KINDS(VG_RECORD_KIND_WORD)
#undef VG_RECORD_KIND_WORD
	}
	return "?";
}
#endif

#endif
