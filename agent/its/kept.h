/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kept.h - a certificate in memory of its own, with its hash, its key and who
 * issued it.
 */
#ifndef VOLTGATE_ITS_KEPT_H
#define VOLTGATE_ITS_KEPT_H

#include "agent/its/curve.h"
#include "agent/its/signeddata.h"

struct its_kept {
	u8 hash[ITS_HASH_LEN];		    /* of the canonical form */
	struct its_certificate certificate; /* points into bytes */
	struct its_key *key;
	const struct its_kept *issuer; /* must outlive this; NULL: an anchor, or trusted as found */
	u8 bytes[];
};

/* Copies @certificate's bytes. @hash: its_certificate_hash() of it. -EKEYREJECTED (its key is no point), -ENOMEM. */
int its_kept_new(struct its_curves *curves, const struct its_certificate *certificate, const u8 hash[ITS_HASH_LEN],
		 const struct its_kept *issuer, struct its_kept **ret_kept);
void its_kept_free(struct its_kept *kept);
/*
 * Checks a certificate's own signature with its issuer's key; @issuer NULL:
 * with its own, @own_key. 0, -EKEYREJECTED, -ENOMEM.
 */
int its_certificate_verify(struct its_curves *curves, const struct its_certificate *certificate,
			   const struct its_kept *issuer, const struct its_key *own_key);
/* True if the whole chain is valid at @time and, where @location is not NULL, has it in its regions. */
bool its_chain_valid(const struct its_certificate *certificate, const struct its_kept *issuer, u64 time,
		     const struct its_location *location);

#endif
