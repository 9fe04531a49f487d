/* SPDX-License-Identifier: GPL-2.0 */
/*
 * trust.h - the roots and authorisation authorities whose certificates we
 * believe. Grows only; what is in it stays where it is until it is freed.
 */
#ifndef VOLTGATE_ITS_TRUST_H
#define VOLTGATE_ITS_TRUST_H

#include "agent/its/kept.h"

#define ITS_TRUST_MAX 4096 /* certificates */

struct its_trust;

int its_trust_new(struct its_trust **ret_trust); /* -ENOMEM */
void its_trust_free(struct its_trust *trust);
/*
 * Adds an anchor: a self-signed certificate whose signature is right, or an
 * authority's, on the caller's word. -EEXIST, -EKEYREJECTED (self-signed, but
 * wrongly), -ENOSPC, -ENOMEM.
 */
int its_trust_add_anchor(struct its_trust *trust, const struct its_certificate *certificate);
/*
 * Adds an authority that @issuer issued. -EEXIST, -EKEYREJECTED (its signature
 * is wrong), -EPERM (the issuer may not have issued it), -ENOSPC, -ENOMEM.
 */
int its_trust_add_issued(struct its_trust *trust, const struct its_certificate *certificate,
			 const struct its_kept *issuer);
/* The authority with this HashedId8, or NULL. @trust may be NULL. */
const struct its_kept *its_trust_find(const struct its_trust *trust, const u8 id[ITS_ID_LEN]);
u32 its_trust_count(const struct its_trust *trust);

#endif
