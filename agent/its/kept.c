// SPDX-License-Identifier: GPL-2.0
/*
 * kept.c - keeps a certificate, checks its signature and its chain's validity.
 */
#include "agent/its/kept.h"

#include <errno.h>
#include <stdlib.h>

#include "agent/its/region.h"

int its_kept_new(struct its_curves *curves, const struct its_certificate *certificate, const u8 hash[ITS_HASH_LEN],
		 const struct its_kept *issuer, struct its_kept **ret_kept)
{
	u32 len = certificate->whole.len;
	struct its_kept *kept = calloc(1, sizeof(*kept) + len);
	int error;

	if (!kept)
		return -ENOMEM;
	memcpy(kept->bytes, certificate->whole.at, len);
	memcpy(kept->hash, hash, ITS_HASH_LEN);
	kept->issuer = issuer;
	error = its_certificate_decode(kept->bytes, len, &kept->certificate);
	if (!error)
		error = its_key_new(curves, kept->certificate.curve, &kept->certificate.key, &kept->key);
	if (error) {
		its_kept_free(kept);
		return error;
	}
	*ret_kept = kept;
	return 0;
}

void its_kept_free(struct its_kept *kept)
{
	if (!kept)
		return;
	its_key_free(kept->key);
	free(kept);
}

int its_certificate_verify(struct its_curves *curves, const struct its_certificate *certificate,
			   const struct its_kept *issuer, const struct its_key *own_key)
{
	u8 halves[2 * ITS_HASH_LEN], hash[ITS_HASH_LEN];
	int error = its_canonical_hash(certificate->tbs, certificate->patches, certificate->patch_count, halves);

	if (!error && issuer)
		memcpy(halves + ITS_HASH_LEN, issuer->hash, ITS_HASH_LEN);
	else if (!error) /* self-signed: the signer's identifier is the empty string (IEEE 1609.2 5.3.1.2) */
		error = its_canonical_hash((struct coer_slice){ halves, 0 }, NULL, 0, halves + ITS_HASH_LEN);
	if (!error)
		error = its_canonical_hash((struct coer_slice){ halves, sizeof(halves) }, NULL, 0, hash);
	if (error)
		return error;
	return its_key_verify(curves, issuer ? issuer->key : own_key, hash, &certificate->signature);
}

bool its_chain_valid(const struct its_certificate *certificate, const struct its_kept *issuer, u64 time,
		     const struct its_location *location)
{
	for (;;) {
		if (!its_certificate_valid_at(certificate, time))
			return false;
		if (location && !its_region_has(&certificate->region, location))
			return false;
		if (!issuer)
			return true;
		certificate = &issuer->certificate;
		issuer = issuer->issuer;
	}
}
