/* SPDX-License-Identifier: GPL-2.0 */
/*
 * org_certificate.h - X.509 v3 certificates with Ed25519 keys: an
 * organisation's authority, and what it issues for nodes and clients. agent/net/identity.h judges them.
 */
#ifndef VOLTGATE_TOOLS_ORG_CERTIFICATE_H
#define VOLTGATE_TOOLS_ORG_CERTIFICATE_H

#include "tools/voltgate/org_key.h"

enum org_certificate_kind { ORG_AUTHORITY, ORG_NODE, ORG_CLIENT };

struct org_certificate {
	enum org_certificate_kind kind;
	const char *organisation, *name;
	const char *address; /* host:port or host, for the node's stock clients; NULL: none */
	u32 days;	     /* of life from an hour ago on */
};

/* Letters, digits, '-' and '.', 1 to 32: what membership.h takes as a name. */
bool org_certificate_name_valid(const char *name);
/*
 * A certificate of @key's public half, signed by @authority's key; @issuer NULL: signed by itself. NULL with a
 * sentence. The caller frees.
 */
X509 *org_certificate_make(const struct org_certificate *what, EVP_PKEY *key, X509 *issuer, EVP_PKEY *authority,
			   struct org_key_error *ret_error);
/* To a new file, 0644. -EEXIST: nothing is overwritten. */
int org_certificate_write(const char *path, X509 *certificate, struct org_key_error *ret_error);

#endif
