/* SPDX-License-Identifier: GPL-2.0 */
/*
 * curve.h - ECDSA verification on the two 256-bit curves, by OpenSSL.
 *
 * OpenSSL's EVP takes r and s only. A signature that also says which of the
 * two points r came from (compressed or whole) must be right in that too, or
 * one bit of a frame could be turned without anybody noticing. So the point is
 * computed here with EC_POINT_mul(), which is what EVP does inside, at the same
 * cost; a test holds both against each other. All values are public, so none
 * of this needs constant time.
 */
#ifndef VOLTGATE_ITS_CURVE_H
#define VOLTGATE_ITS_CURVE_H

#include "agent/its/certificate.h"

struct its_curves; /* tables and scratch space; not thread-safe */
struct its_key;	   /* a public key ready for use */

int its_curves_new(struct its_curves **ret_curves); /* -ENOMEM */
void its_curves_free(struct its_curves *curves);
/* -EKEYREJECTED: no such point on the curve (x-only points name none); -ENOMEM. */
int its_key_new(struct its_curves *curves, enum its_curve curve, const struct its_point *point,
		struct its_key **ret_key);
void its_key_free(struct its_key *key);
enum its_curve its_key_curve(const struct its_key *key);
/* 0, -EKEYREJECTED (the signature is wrong, or of another curve than the key), -ENOMEM. */
int its_key_verify(struct its_curves *curves, const struct its_key *key, const u8 hash[ITS_HASH_LEN],
		   const struct its_signature *signature);
const char *its_curve_word(enum its_curve curve);

#endif
