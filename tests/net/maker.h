/* SPDX-License-Identifier: GPL-2.0 */
/*
 * maker.h - authorities and certificates for tests, right ones and wrong ones, made on the spot.
 */
#ifndef VOLTGATE_TESTS_NET_MAKER_H
#define VOLTGATE_TESTS_NET_MAKER_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "agent/net/identity.h"

struct maker_wish {
	const char *organisation, *name; /* NULL: none */
	EVP_PKEY *key;			 /* NULL: a new one */
	EVP_PKEY *authority;
	long from_s, until_s; /* from now on; 0 and 0: from an hour ago for a day */
	bool authority_bit, unknown_critical, rsa;
	const char *usage; /* extendedKeyUsage */
	bool second_organisation;
	int version; /* 0: 3 */
};

EVP_PKEY *maker_key(void);
void maker_public(EVP_PKEY *key, u8 ret_key[32]);
/* @ret_key may be NULL. Aborts without memory: it is a test. */
X509 *maker_certificate(const struct maker_wish *wish, EVP_PKEY **ret_key);
/* NAME.crt and NAME.key in @folder. */
void maker_store(const char *folder, const char *name, X509 *certificate, EVP_PKEY *key);
/* A good one, stored; @ret_public may be NULL. */
void maker_issue(const char *folder, const char *name, const char *organisation, EVP_PKEY *authority,
		 u8 ret_public[32]);
struct identity_authority maker_authority(const char *organisation, EVP_PKEY *authority);
/* An identity of FOLDER/NAME.{crt,key} that trusts @authorities. */
struct identity_tls *maker_tls(const char *folder, const char *name, const struct identity_authority *authorities,
			       u32 count);

#endif
