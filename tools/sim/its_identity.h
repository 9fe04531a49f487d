/* SPDX-License-Identifier: GPL-2.0 */
/*
 * its_identity.h - what its_maker's two halves, certificates and frames, share.
 */
#ifndef VOLTGATE_SIM_ITS_IDENTITY_H
#define VOLTGATE_SIM_ITS_IDENTITY_H

#include "tools/sim/its_maker.h"
#include "tools/sim/its_sign.h"
#include "tools/sim/its_write.h"

struct its_identity {
	struct its_sign_key key;
	enum its_curve issuer_curve;
	u8 hash[32]; /* SHA-256 of the certificate's canonical form */
	u8 certificate[ITS_MAKER_CERTIFICATE_MAX];
	u32 certificate_len;
};

/* SHA-256(SHA-256(data) || signer_hash); NULL: the hash of nothing. */
void its_maker_hash(const u8 *data, u32 len, const u8 *signer_hash, u8 ret_hash[32]);

#endif
