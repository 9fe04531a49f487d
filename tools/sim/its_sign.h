/* SPDX-License-Identifier: GPL-2.0 */
/*
 * its_sign.h - keys and ECDSA signatures of simulated ITS stations, with the
 * whole point R, which frames may carry. Not for real stations: the arithmetic
 * takes no care of side channels.
 */
#ifndef VOLTGATE_SIM_ITS_SIGN_H
#define VOLTGATE_SIM_ITS_SIGN_H

#include "agent/its/verifier.h"

struct its_sign_point {
	u8 x[32];
	u8 y[32];
};

struct its_sign_key {
	enum its_curve curve;
	u8 secret[32];
	struct its_sign_point public_point;
};

struct its_signature_made {
	struct its_sign_point r;
	u8 s[32];
};

/* Draws a key. 0, -EINVAL (no such curve), -EIO. */
int its_sign_key_draw(enum its_curve curve, struct its_sign_key *ret_key);
/* Signs a hash. 0 or -EIO. */
int its_sign(const struct its_sign_key *key, const u8 hash[32], struct its_signature_made *ret_signature);

#endif
