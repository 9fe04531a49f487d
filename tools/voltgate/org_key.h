/* SPDX-License-Identifier: GPL-2.0 */
/*
 * org_key.h - Ed25519 keys of organisations, nodes and clients: in PEM files
 * (PKCS #8, 0600, no passphrase), their public halves in certificates. Callers wipe secrets.
 */
#ifndef VOLTGATE_TOOLS_ORG_KEY_H
#define VOLTGATE_TOOLS_ORG_KEY_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "voltgate/types.h"

struct org_key_error {
	char text[320];
};

/* A new key; NULL: out of memory or randomness. The caller frees. */
EVP_PKEY *org_key_new(void);
/* Writes @key to a new file. -EEXIST: nothing is overwritten. */
int org_key_write(const char *path, EVP_PKEY *key, struct org_key_error *ret_error);
/* Reads a private key's file; one that others may read is refused. *@ret_key is the caller's to free. */
int org_key_read(const char *path, EVP_PKEY **ret_key, struct org_key_error *ret_error);
/* The same as libsodium wants it for crypto_sign_detached(). */
int org_key_secret(const char *path, u8 ret_secret[64], struct org_key_error *ret_error);
/* A public key: 64 hex digits, or a file with a certificate or public key in PEM. */
int org_key_public(const char *word, u8 ret_key[32], struct org_key_error *ret_error);
/* A certificate's file. *@ret_certificate is the caller's to free. */
int org_key_certificate(const char *path, X509 **ret_certificate, struct org_key_error *ret_error);
/* The one entry of the subject (NID_organizationName, NID_commonName); "" if it has none or a longer one. */
void org_key_subject(X509 *certificate, int nid, char *ret_text, size_t size);
/* Its Ed25519 public key. -EINVAL: of another kind. */
int org_key_of(X509 *certificate, u8 ret_key[32]);

#endif
