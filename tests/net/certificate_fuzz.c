// SPDX-License-Identifier: GPL-2.0
/*
 * certificate_fuzz.c - any bytes as a certificate: the seed is one that is believed, and whatever the fuzzer turns it
 * into is judged without harm.
 */
#include <stdint.h>
#include <stdlib.h>

#include "agent/net/identity_certificate.h"

/* A CA's public key and a certificate by it, valid from 2020 to 2120: tests/fuzz/corpus/net_certificate_fuzz/good */
static struct identity_authority authority = {
	.organisation = "north",
	.key = { 0x43, 0xf9, 0x14, 0x28, 0x44, 0xf4, 0x50, 0x36, 0x20, 0x57, 0xb8, 0x78, 0x5f, 0x50, 0x0e, 0xbc,
		 0x6c, 0x04, 0xbc, 0x31, 0x22, 0xcf, 0xe7, 0x27, 0xf0, 0x07, 0xf4, 0xb4, 0xd0, 0xef, 0x6c, 0x90 }
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct identity_trust trust = { .authorities = &authority, .authority_count = 1 };
	struct identity_error error = { .text = "" };
	const unsigned char *at = data;
	X509 *certificate = d2i_X509(NULL, &at, (long)size);
	struct identity identity;
	int code = 0, err;

	if (!certificate)
		return 0;
	err = identity_judge(&trust, certificate, size & 1 ? IDENTITY_SERVER : IDENTITY_CLIENT, 1800000000, &identity,
			     &code, &error);
	if (err ? !*error.text || code == X509_V_OK : code != X509_V_OK || strcmp(identity.organisation, "north"))
		abort();
	for (const char *c = identity.name; *c; c++)
		if ((unsigned char)*c < 0x20)
			abort();
	X509_free(certificate);
	return 0;
}
