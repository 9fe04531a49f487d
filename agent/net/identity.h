/* SPDX-License-Identifier: GPL-2.0 */
/*
 * identity.h - who is at the other end of a TLS connection, and who we are:
 * X.509 certificates with Ed25519 keys, each signed by its organisation's authority.
 *
 * A certificate is believed if its signature is right under the authority's key of one of the organisations trusted,
 * its dates hold by the wall clock, and its subject says O = that organisation. Subject CN is the name, for people.
 */
#ifndef VOLTGATE_NET_IDENTITY_H
#define VOLTGATE_NET_IDENTITY_H

#include <openssl/ssl.h>

#include "voltgate/types.h"

#define IDENTITY_NAME_MAX 64

struct identity_authority {
	char organisation[IDENTITY_NAME_MAX];
	u8 key[32]; /* Ed25519 public key of its CA */
};

struct identity {
	u8 key[32]; /* the certificate's Ed25519 public key */
	/* Whose signature on the certificate was believed: names of organisations are a channel's own, so that who
	 * belongs to a channel is told by authority and name together. */
	u8 authority[32];
	char organisation[IDENTITY_NAME_MAX];
	char name[IDENTITY_NAME_MAX];
	u64 expires; /* its certificate: seconds since 1970 */
};

struct identity_error {
	char text[320];
};

struct identity_tls; /* certificate and key of ours, and whom we trust; makes both ends' contexts */

/* PEM files; the key's bytes are wiped once OpenSSL and libsodium's guarded memory have them. -EINVAL, -EACCES, ...
 * with a sentence. */
int identity_tls_open(const char *certificate_path, const char *key_path, struct identity_tls **ret_tls,
		      struct identity_error *ret_error);
void identity_tls_close(struct identity_tls *tls);
/* Replaces the trusted authorities and the revoked keys; open connections are judged again by their owner. */
int identity_tls_trust(struct identity_tls *tls, const struct identity_authority *authorities, u32 count,
		       const u8 (*revoked)[32], u32 revoked_count);
const struct identity *identity_tls_self(const struct identity_tls *tls);
/* Signs with the node's key (votes, endorsements). */
void identity_tls_sign(const struct identity_tls *tls, const void *message, size_t len, u8 ret_signature[64]);
/* TLS 1.3 only, ALPN h2, the peer's certificate demanded and judged. */
SSL_CTX *identity_tls_server(struct identity_tls *tls);
SSL_CTX *identity_tls_client(struct identity_tls *tls);
/* Who the peer of a finished handshake is. -EACCES with the reason. */
int identity_peer(SSL *ssl, struct identity *ret_identity, struct identity_error *ret_error);
/* Why the last certificate was refused; "" if it was not. For the sentence after a failed handshake. */
const char *identity_tls_refusal(const struct identity_tls *tls);
/* Still trusted? For connections that were open when trust changed. */
bool identity_trusted(const struct identity_tls *tls, const struct identity *identity);

#endif
