// SPDX-License-Identifier: GPL-2.0
/*
 * certificate_fuzz.c - any bytes as a certificate, a hex or COER trust list
 * entry, and signed data: what reads as well-formed hashes, and its pieces lie
 * within it.
 */
#include <stdlib.h>

#include "agent/its/kept.h"
#include "agent/its/permission.h"
#include "agent/its/region.h"
#include "agent/its/trust.h"

static void within(const struct coer_slice *whole, const u8 *at, u32 len)
{
	if (at && (at < whole->at || at + len > whole->at + whole->len))
		abort();
}

static void use_certificate(const struct its_certificate *certificate)
{
	const struct coer_slice *whole = &certificate->whole;
	struct its_location place = { 10, 10 };
	u8 hash[ITS_HASH_LEN];
	u32 i;

	within(whole, certificate->tbs.at, certificate->tbs.len);
	within(whole, certificate->region.body.at, certificate->region.body.len);
	within(whole, certificate->app_permissions.at, certificate->app_permissions.len);
	within(whole, certificate->issue_permissions.at, certificate->issue_permissions.len);
	within(whole, certificate->signature.s, 32);
	for (i = 0; i < certificate->patch_count; i++)
		within(whole, certificate->patches[i].at, certificate->patches[i].len);
	if (its_certificate_hash(certificate, hash))
		abort();
	its_may_sign(certificate, 36);
	its_may_issue(certificate, certificate);
	its_region_has(&certificate->region, &place);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct its_certificate certificate;
	struct its_signed signed_data;
	struct its_trust *trust;
	u32 i;

	if (size > 4096)
		return 0;
	if (!its_certificate_decode(data, (u32)size, &certificate)) {
		use_certificate(&certificate);
		if (!its_trust_new(&trust)) {
			its_trust_add_anchor(trust, &certificate);
			its_trust_free(trust);
		}
	}
	if (!its_signed_decode((struct coer_slice){ data, (u32)size }, &signed_data))
		for (i = 0; i < signed_data.chain_len; i++)
			use_certificate(&signed_data.chain[i]);
	return 0;
}
