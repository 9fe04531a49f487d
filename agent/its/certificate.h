/* SPDX-License-Identifier: GPL-2.0 */
/*
 * certificate.h - an IEEE 1609.2 certificate (ETSI TS 103 097 profile), read
 * in place: everything points into the bytes it was read from.
 *
 * Explicit certificates of version 3 with 256-bit keys are understood whole.
 * Implicit ones, 384-bit curves, SM2 and unknown extensions are -EOPNOTSUPP.
 * Source: IEEE 1609.2-2022 6.4, ETSI TS 103 097 v2.1.1 6.
 */
#ifndef VOLTGATE_ITS_CERTIFICATE_H
#define VOLTGATE_ITS_CERTIFICATE_H

#include "agent/its/coer.h"
#include "agent/its/verifier.h"

#define ITS_ID_LEN 8 /* HashedId8 */
#define ITS_HASH_LEN 32
#define ITS_CERTIFICATE_MAX 2048

/* EccP256CurvePoint, by the numbers of its alternatives. */
enum its_point_form { ITS_X_ONLY, ITS_FILL, ITS_COMPRESSED_Y0, ITS_COMPRESSED_Y1, ITS_UNCOMPRESSED };

struct its_point {
	enum its_point_form form;
	const u8 *at; /* its tag */
	const u8 *x;  /* 32 bytes; NULL for fill */
	const u8 *y;  /* 32 bytes; uncompressed only */
};

struct its_signature {
	enum its_curve curve;
	struct its_point r;
	const u8 *s; /* 32 bytes */
};

/*
 * Canonical form for hashing (IEEE 1609.2 6.1.2, 6.3.6, 6.4.3): points of keys
 * compressed, the r of signatures x-only. Each patch says that the @len bytes
 * at @at are to be hashed as @tag and the 32 bytes of x behind it.
 */
struct its_patch {
	const u8 *at;
	u32 len;
	u8 tag;
};

enum its_region_kind {
	ITS_REGION_NONE,
	ITS_REGION_CIRCULAR,
	ITS_REGION_RECTANGULAR,
	ITS_REGION_POLYGONAL,
	ITS_REGION_IDENTIFIED
};

struct its_region {
	enum its_region_kind kind;
	struct coer_slice body; /* after the alternative's tag */
};

struct its_certificate {
	struct coer_slice whole;
	struct coer_slice tbs;
	bool self_signed;
	const u8 *issuer; /* HashedId8; NULL where self-signed */
	u64 valid_from;	  /* Time64 */
	u64 valid_until;  /* Time64; no longer valid then */
	struct its_region region;
	struct coer_slice app_permissions; /* SEQUENCE OF PsidSsp after its count, see permission.h */
	u32 app_count;
	struct coer_slice issue_permissions; /* SEQUENCE OF PsidGroupPermissions after its count */
	u32 issue_count;
	enum its_curve curve; /* of key */
	struct its_point key;
	struct its_signature signature;
	struct its_patch patches[3];
	u32 patch_count;
};

/* Reads one certificate and moves on behind it; look at coer->error. */
void its_certificate_read(struct coer *coer, struct its_certificate *ret_certificate);
/* The same for bytes that hold nothing else. 0, -EBADMSG, -EOPNOTSUPP. */
int its_certificate_decode(const u8 *bytes, u32 len, struct its_certificate *ret_certificate);

/* SHA-256 over the canonical form; its last 8 bytes are the HashedId8. 0 or -ENOMEM. */
int its_certificate_hash(const struct its_certificate *certificate, u8 ret_hash[ITS_HASH_LEN]);
VG_INLINE const u8 *its_hash_id(const u8 hash[ITS_HASH_LEN])
{
	return hash + ITS_HASH_LEN - ITS_ID_LEN;
}
/* True if @time lies in the validity period. */
VG_INLINE bool its_certificate_valid_at(const struct its_certificate *certificate, u64 time)
{
	return time >= certificate->valid_from && time < certificate->valid_until;
}

/* Pieces that signed data shares with certificates. @patches may be NULL: not to be canonicalised. */
void its_signature_read(struct coer *coer, struct its_signature *ret_signature, struct its_patch *patches,
			u32 *patch_count);
void its_verification_key_read(struct coer *coer, struct its_certificate *certificate);
void its_encryption_key_read(struct coer *coer, struct its_patch *patches, u32 *patch_count);
/* SHA-256 of @slice with the patches that lie in it applied. 0 or -ENOMEM. */
int its_canonical_hash(struct coer_slice slice, const struct its_patch *patches, u32 patch_count,
		       u8 ret_hash[ITS_HASH_LEN]);

#endif
