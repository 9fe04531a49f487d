// SPDX-License-Identifier: GPL-2.0
/*
 * canonical.c - SHA-256 over a structure in its canonical form, whatever form
 * its points came in (certificate.h). No structure that holds such a point
 * states its own length, so replacing the point's bytes is all there is to do.
 *
 * An x of r between the group order and the field's size would also have to be
 * reduced; one signature in 2^128 has that, and it is then called forged.
 */
#include "agent/its/certificate.h"

#include <errno.h>
#include <openssl/evp.h>

#define X_LEN 32

static bool hash_bytes(EVP_MD_CTX *context, const u8 *at, const u8 *end)
{
	return EVP_DigestUpdate(context, at, (size_t)(end - at)) == 1;
}

static bool hash_patched(EVP_MD_CTX *context, struct coer_slice slice, const struct its_patch *patches, u32 patch_count)
{
	const u8 *at = slice.at, *end = slice.at + slice.len;
	u32 i;

	for (i = 0; i < patch_count; i++) { /* patches are in the order of the bytes */
		const struct its_patch *patch = &patches[i];

		if (patch->at < at || patch->at >= end)
			continue;
		if (!hash_bytes(context, at, patch->at) || EVP_DigestUpdate(context, &patch->tag, 1) != 1 ||
		    EVP_DigestUpdate(context, patch->at + 1, X_LEN) != 1)
			return false;
		at = patch->at + patch->len;
	}
	return hash_bytes(context, at, end);
}

int its_canonical_hash(struct coer_slice slice, const struct its_patch *patches, u32 patch_count,
		       u8 ret_hash[ITS_HASH_LEN])
{
	static _Thread_local EVP_MD *sha256; /* fetched once: looking it up costs more than hashing a certificate */
	static _Thread_local EVP_MD_CTX *context;

	if (!sha256)
		sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	if (!context)
		context = EVP_MD_CTX_new();
	if (!sha256 || !context || EVP_DigestInit_ex(context, sha256, NULL) != 1 ||
	    !hash_patched(context, slice, patches, patch_count) || EVP_DigestFinal_ex(context, ret_hash, NULL) != 1)
		return -ENOMEM;
	return 0;
}
