// SPDX-License-Identifier: GPL-2.0
/*
 * its_sign.c - ECDSA (SEC 1 v2.0 section 4.1.3) on OpenSSL's numbers and points.
 */
#include "tools/sim/its_sign.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

static EC_GROUP *group_of(enum its_curve curve)
{
	static EC_GROUP *groups[2];
	u32 i = curve == ITS_CURVE_BRAINPOOL_P256R1;

	if (curve == ITS_CURVE_NONE)
		return NULL;
	if (!groups[i])
		groups[i] = EC_GROUP_new_by_curve_name(i ? NID_brainpoolP256r1 : NID_X9_62_prime256v1);
	return groups[i];
}

/* A number from 1 below the order, and that multiple of the generator. */
static bool draw(const EC_GROUP *group, BIGNUM *ret_number, struct its_sign_point *ret_point, BIGNUM *x, BIGNUM *y,
		 BN_CTX *scratch)
{
	EC_POINT *point = EC_POINT_new(group);
	bool done;

	do {
		done = point && BN_priv_rand_range(ret_number, EC_GROUP_get0_order(group));
	} while (done && BN_is_zero(ret_number));
	done = done && EC_POINT_mul(group, point, ret_number, NULL, NULL, scratch) &&
	       EC_POINT_get_affine_coordinates(group, point, x, y, scratch) &&
	       BN_bn2binpad(x, ret_point->x, 32) == 32 && BN_bn2binpad(y, ret_point->y, 32) == 32;
	EC_POINT_free(point);
	return done;
}

int its_sign_key_draw(enum its_curve curve, struct its_sign_key *ret_key)
{
	EC_GROUP *group = group_of(curve);
	BN_CTX *scratch = BN_CTX_new();
	BIGNUM *secret, *x, *y;
	int error = -EIO;

	if (!group || !scratch) {
		BN_CTX_free(scratch);
		return group ? -EIO : -EINVAL;
	}
	BN_CTX_start(scratch);
	secret = BN_CTX_get(scratch);
	x = BN_CTX_get(scratch);
	y = BN_CTX_get(scratch);
	ret_key->curve = curve;
	if (y && draw(group, secret, &ret_key->public_point, x, y, scratch) &&
	    BN_bn2binpad(secret, ret_key->secret, 32) == 32)
		error = 0;
	if (secret)
		BN_clear(secret);
	BN_CTX_end(scratch);
	BN_CTX_free(scratch);
	return error;
}

/* s = (hash + r d) / k */
static bool finish(const EC_GROUP *group, const struct its_sign_key *key, const u8 hash[32], BIGNUM *k, BIGNUM *r,
		   BIGNUM *s, BN_CTX *scratch)
{
	const BIGNUM *order = EC_GROUP_get0_order(group);
	BIGNUM *d = BN_CTX_get(scratch), *h = BN_CTX_get(scratch);

	return h && BN_bin2bn(key->secret, 32, d) && BN_bin2bn(hash, 32, h) && BN_nnmod(r, r, order, scratch) &&
	       BN_mod_mul(s, r, d, order, scratch) && BN_mod_add(s, s, h, order, scratch) &&
	       BN_mod_inverse(k, k, order, scratch) && BN_mod_mul(s, s, k, order, scratch) && !BN_is_zero(r) &&
	       !BN_is_zero(s);
}

int its_sign(const struct its_sign_key *key, const u8 hash[32], struct its_signature_made *ret_signature)
{
	EC_GROUP *group = group_of(key->curve);
	BN_CTX *scratch = BN_CTX_new();
	BIGNUM *k, *x, *y, *s;
	int error = -EIO;

	if (!group || !scratch)
		goto out;
	BN_CTX_start(scratch);
	k = BN_CTX_get(scratch);
	x = BN_CTX_get(scratch);
	y = BN_CTX_get(scratch);
	s = BN_CTX_get(scratch);
	if (s && draw(group, k, &ret_signature->r, x, y, scratch) && finish(group, key, hash, k, x, s, scratch) &&
	    BN_bn2binpad(s, ret_signature->s, 32) == 32)
		error = 0;
	if (k)
		BN_clear(k);
	BN_CTX_end(scratch);
out:
	BN_CTX_free(scratch);
	return error;
}
