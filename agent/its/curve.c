// SPDX-License-Identifier: GPL-2.0
/*
 * curve.c - ECDSA verification (SEC 1 v2.0 section 4.1.4, FIPS 186-4 6.4).
 */
#include "agent/its/curve.h"

#include <errno.h>
#include <stdlib.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>

#define X_LEN 32
#define CURVES 2

struct its_curves {
	EC_GROUP *groups[CURVES];
	BN_MONT_CTX *order_mont[CURVES]; /* arithmetic modulo the order */
	BIGNUM *order_minus_2[CURVES];	 /* for inverses, by Fermat */
	BN_CTX *scratch;
	EC_POINT *points[CURVES];
};

struct its_key {
	enum its_curve curve;
	EC_POINT *point;
};

/* Index of @curve, or -1. */
static int index_of(enum its_curve curve)
{
	return curve == ITS_CURVE_NIST_P256 ? 0 : curve == ITS_CURVE_BRAINPOOL_P256R1 ? 1 : -1;
}

static int open_curve(struct its_curves *curves, int i, int nid)
{
	const BIGNUM *order;

	curves->groups[i] = EC_GROUP_new_by_curve_name(nid);
	curves->order_mont[i] = BN_MONT_CTX_new();
	if (!curves->groups[i] || !curves->order_mont[i])
		return -ENOMEM;
	order = EC_GROUP_get0_order(curves->groups[i]);
	curves->order_minus_2[i] = BN_dup(order);
	curves->points[i] = EC_POINT_new(curves->groups[i]);
	if (!curves->order_minus_2[i] || !curves->points[i] || !BN_sub_word(curves->order_minus_2[i], 2) ||
	    !BN_MONT_CTX_set(curves->order_mont[i], order, curves->scratch))
		return -ENOMEM;
	return 0;
}

int its_curves_new(struct its_curves **ret_curves)
{
	static const int nids[CURVES] = { NID_X9_62_prime256v1, NID_brainpoolP256r1 };
	struct its_curves *curves = calloc(1, sizeof(*curves));
	int i, error = -ENOMEM;

	if (!curves)
		return -ENOMEM;
	curves->scratch = BN_CTX_new();
	if (!curves->scratch)
		goto fail;
	for (i = 0; i < CURVES; i++) {
		error = open_curve(curves, i, nids[i]);
		if (error)
			goto fail;
	}
	*ret_curves = curves;
	return 0;
fail:
	its_curves_free(curves);
	return error;
}

void its_curves_free(struct its_curves *curves)
{
	int i;

	if (!curves)
		return;
	for (i = 0; i < CURVES; i++) {
		EC_POINT_free(curves->points[i]);
		BN_free(curves->order_minus_2[i]);
		BN_MONT_CTX_free(curves->order_mont[i]);
		EC_GROUP_free(curves->groups[i]);
	}
	BN_CTX_free(curves->scratch);
	free(curves);
}

/* SEC 1's octet form of a point: 02 or 03 and x, or 04, x and y. */
static size_t point_octets(const struct its_point *point, u8 octets[1 + 2 * X_LEN])
{
	if (point->form != ITS_COMPRESSED_Y0 && point->form != ITS_COMPRESSED_Y1 && point->form != ITS_UNCOMPRESSED)
		return 0;
	octets[0] = (u8)point->form;
	memcpy(octets + 1, point->x, X_LEN);
	if (point->form != ITS_UNCOMPRESSED)
		return 1 + X_LEN;
	memcpy(octets + 1 + X_LEN, point->y, X_LEN);
	return 1 + 2 * X_LEN;
}

int its_key_new(struct its_curves *curves, enum its_curve curve, const struct its_point *point,
		struct its_key **ret_key)
{
	u8 octets[1 + 2 * X_LEN];
	size_t len = point_octets(point, octets);
	int i = index_of(curve);
	struct its_key *key;

	if (i < 0 || !len)
		return -EKEYREJECTED;
	key = calloc(1, sizeof(*key));
	if (!key)
		return -ENOMEM;
	key->curve = curve;
	key->point = EC_POINT_new(curves->groups[i]);
	if (!key->point) {
		its_key_free(key);
		return -ENOMEM;
	}
	if (EC_POINT_oct2point(curves->groups[i], key->point, octets, len, curves->scratch) != 1) {
		ERR_clear_error();
		its_key_free(key);
		return -EKEYREJECTED;
	}
	*ret_key = key;
	return 0;
}

void its_key_free(struct its_key *key)
{
	if (!key)
		return;
	EC_POINT_free(key->point);
	free(key);
}

enum its_curve its_key_curve(const struct its_key *key)
{
	return key->curve;
}

/* True if the point of the signature, whose x and y are given, is the one that @r describes. */
static bool point_agrees(const struct its_point *r, const BIGNUM *order, const BIGNUM *r_number, BIGNUM *x,
			 const BIGNUM *y, BN_CTX *scratch)
{
	u8 bytes[X_LEN];

	if (!BN_nnmod(x, x, order, scratch) || BN_cmp(x, r_number))
		return false;
	switch (r->form) {
	case ITS_X_ONLY:
		return true;
	case ITS_COMPRESSED_Y0:
	case ITS_COMPRESSED_Y1:
		return BN_is_odd(y) == (r->form == ITS_COMPRESSED_Y1);
	case ITS_UNCOMPRESSED:
		return BN_bn2binpad(y, bytes, sizeof(bytes)) == X_LEN && !memcmp(bytes, r->y, X_LEN);
	default:
		return false;
	}
}

/* u1 = hash / s, u2 = r / s modulo the order; the point is u1 G + u2 Q. */
static bool point_of(struct its_curves *curves, int i, const struct its_key *key, BIGNUM *hash, const BIGNUM *r,
		     BIGNUM *s, BIGNUM *u1, BIGNUM *u2)
{
	BN_MONT_CTX *mont = curves->order_mont[i];
	BN_CTX *scratch = curves->scratch;
	const BIGNUM *order = EC_GROUP_get0_order(curves->groups[i]);

	return BN_mod_exp_mont(s, s, curves->order_minus_2[i], order, scratch, mont) &&
	       BN_to_montgomery(s, s, mont, scratch) && BN_nnmod(hash, hash, order, scratch) &&
	       BN_mod_mul_montgomery(u1, hash, s, mont, scratch) && BN_mod_mul_montgomery(u2, r, s, mont, scratch) &&
	       EC_POINT_mul(curves->groups[i], curves->points[i], u1, key->point, u2, scratch);
}

static bool in_range(const BIGNUM *number, const BIGNUM *order)
{
	return !BN_is_zero(number) && BN_cmp(number, order) < 0;
}

int its_key_verify(struct its_curves *curves, const struct its_key *key, const u8 hash[ITS_HASH_LEN],
		   const struct its_signature *signature)
{
	BIGNUM *r, *s, *h, *u1, *u2, *x, *y;
	int i = index_of(key->curve), result = -EKEYREJECTED;
	const BIGNUM *order;

	if (signature->curve != key->curve || i < 0)
		return -EKEYREJECTED;
	order = EC_GROUP_get0_order(curves->groups[i]);
	BN_CTX_start(curves->scratch);
	r = BN_CTX_get(curves->scratch);
	s = BN_CTX_get(curves->scratch);
	h = BN_CTX_get(curves->scratch);
	u1 = BN_CTX_get(curves->scratch);
	u2 = BN_CTX_get(curves->scratch);
	x = BN_CTX_get(curves->scratch);
	y = BN_CTX_get(curves->scratch);
	if (!y || !BN_bin2bn(signature->r.x, X_LEN, r) || !BN_bin2bn(signature->s, X_LEN, s) ||
	    !BN_bin2bn(hash, ITS_HASH_LEN, h)) {
		result = -ENOMEM;
		goto out;
	}
	/* What stands as a point has x modulo the field; the number r is that modulo the order. */
	if (signature->r.form != ITS_X_ONLY && !BN_nnmod(r, r, order, curves->scratch)) {
		result = -ENOMEM;
		goto out;
	}
	if (!in_range(r, order) || !in_range(s, order))
		goto out;
	if (point_of(curves, i, key, h, r, s, u1, u2) &&
	    EC_POINT_get_affine_coordinates(curves->groups[i], curves->points[i], x, y, curves->scratch) &&
	    point_agrees(&signature->r, order, r, x, y, curves->scratch))
		result = 0;
	else
		ERR_clear_error(); /* the point at infinity has no coordinates */
out:
	BN_CTX_end(curves->scratch);
	return result;
}

const char *its_curve_word(enum its_curve curve)
{
	return curve == ITS_CURVE_NIST_P256	     ? "nistP256"
	       : curve == ITS_CURVE_BRAINPOOL_P256R1 ? "brainpoolP256r1"
						     : "none";
}
