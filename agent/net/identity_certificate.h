/* SPDX-License-Identifier: GPL-2.0 */
/*
 * identity_certificate.h - judging one X.509 certificate: whose it is, and
 * whether an authority that is trusted made it. No TLS and no clock in here.
 */
#ifndef VOLTGATE_NET_IDENTITY_CERTIFICATE_H
#define VOLTGATE_NET_IDENTITY_CERTIFICATE_H

#include <time.h>

#include "agent/net/identity.h"

#define IDENTITY_CERTIFICATE_BYTES_MAX 8192

struct identity_trust {
	struct identity_authority *authorities;
	u32 authority_count;
	u8 (*revoked)[32]; /* ascending */
	u32 revoked_count;
};

enum identity_use { IDENTITY_CLIENT, IDENTITY_SERVER };

/* Key and names, nothing judged (authority stays zero). -EACCES with a sentence. */
int identity_read(X509 *certificate, struct identity *ret_identity, struct identity_error *ret_error);
/*
 * Is it to be believed at @now, of somebody who acts as @use? -EACCES with the reason; @ret_code: the X509_V_ERR_
 * that comes nearest, which picks the TLS alert.
 */
int identity_judge(const struct identity_trust *trust, X509 *certificate, enum identity_use use, time_t now,
		   struct identity *ret_identity, int *ret_code, struct identity_error *ret_error);
bool identity_revoked(const struct identity_trust *trust, const u8 key[32]);

#endif
