/* SPDX-License-Identifier: GPL-2.0 */
/*
 * signeddata.h - Ieee1609Dot2Data with signedData (ETSI TS 103 097 5.2), read
 * in place.
 */
#ifndef VOLTGATE_ITS_SIGNEDDATA_H
#define VOLTGATE_ITS_SIGNEDDATA_H

#include "agent/its/certificate.h"

#define ITS_CHAIN_MAX 3 /* certificates in one signer: ticket, authority, root */

enum its_content {
	ITS_CONTENT_NONE,
	ITS_CONTENT_UNSECURED,
	ITS_CONTENT_SIGNED,
	ITS_CONTENT_ENCRYPTED,
	ITS_CONTENT_OTHER
};
enum its_signer_kind { ITS_SIGNER_DIGEST, ITS_SIGNER_CERTIFICATE, ITS_SIGNER_SELF };

struct its_location {
	int latitude;  /* 1e-7 degree; 900000001: unknown */
	int longitude; /* 1e-7 degree; 1800000001: unknown */
};

struct its_signed {
	enum its_content content;
	struct coer_slice tbs; /* ToBeSignedData as it came */
	bool has_payload;
	struct coer_slice payload; /* inner unsecuredData */
	const u8 *external_hash;   /* SHA-256 of data that is elsewhere; NULL */
	u32 psid;
	bool has_generated;
	u64 generated; /* Time64 */
	bool has_expiry;
	u64 expiry; /* Time64 */
	bool has_location;
	struct its_location location;
	struct coer_slice requested; /* requestedCertificate: an authority's, offered to those who asked */
	enum its_signer_kind signer_kind;
	const u8 *digest;			     /* HashedId8 */
	struct its_certificate chain[ITS_CHAIN_MAX]; /* [0] signed this, each next one issued the one before */
	u32 chain_len;
	struct its_signature signature;
	struct its_patch patches[1]; /* of tbs */
	u32 patch_count;
};

/*
 * Reads all of @bytes. -EBADMSG, -EOPNOTSUPP; what was read before the error is
 * filled in. Content that is not signed gives 0 with only content set.
 */
int its_signed_decode(struct coer_slice bytes, struct its_signed *ret_signed);
/* SHA-256(SHA-256(tbs) || @signer_hash), the hash that is signed. 0 or -ENOMEM. */
int its_signed_hash(const struct its_signed *data, const u8 signer_hash[ITS_HASH_LEN], u8 ret_hash[ITS_HASH_LEN]);

#endif
