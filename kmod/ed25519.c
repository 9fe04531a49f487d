// SPDX-License-Identifier: GPL-2.0
/*
 * ed25519.c - Ed25519 signatures, RFC 8032 section 5.1.
 *
 * The one hard step is n * B for a secret n and the fixed base point B. n is
 * written as 64 digits d_k in -8..8 to base 16, and
 *
 *   n * B = sum over even k of d_k 16^k B  +  16 * sum over odd k of d_k 16^(k-1) B
 *
 * where both sums take their terms from one table of j * 256^i * B, j = 1..8:
 * 64 additions and four doublings. A term is picked by reading all eight
 * entries under masks, so the digits leave no trace in time or cache.
 *
 * Points are extended twisted Edwards coordinates (Hisil, Wong, Carter, Dawson
 * 2008): x = X/Z, y = Y/Z, T = XY/Z, on -x^2 + y^2 = 1 + d x^2 y^2. The
 * addition is complete, so there is no exceptional point to branch for.
 */
#ifdef __KERNEL__
#include <linux/errno.h>
#else
#include <errno.h>
#endif
#include "ed25519.h"
#include "fe25519.h"
#include "sc25519.h"
#include "sha512.h"
#include "wipe.h"
#include "ed25519_vectors.h"

struct point {
	struct vg_fe x, y, z, t;
};

/* An affine multiple of B, in the form that an addition needs. */
struct multiple {
	struct vg_fe sum;	 /* y + x */
	struct vg_fe difference; /* y - x */
	struct vg_fe product;	 /* 2 d x y */
};

#include "voltgate/ed25519_table.h"

/* All ones if a == b, else zero; both below 2^31. */
static inline u64 mask_equal(u32 a, u32 b)
{
	return 0 - (u64)(((a ^ b) - 1) >> 31);
}

static inline void fe_choose(struct vg_fe *fe, const struct vg_fe *other, u64 mask)
{
	unsigned int i;

	for (i = 0; i < 5; i++)
		fe->limb[i] ^= (fe->limb[i] ^ other->limb[i]) & mask;
}

/* @ret = digit * 256^@row * B, digit in -8..8 and secret. */
static void multiple_choose(struct multiple *ret, unsigned int row, signed char digit)
{
	u64 negative = 0 - (u64)((u8)digit >> 7);
	u32 size = (u8)((digit ^ (signed char)negative) - (signed char)negative);
	struct vg_fe sum, zero = { { 0 } };
	unsigned int j;

	*ret = (struct multiple){ .sum = { { 1 } }, .difference = { { 1 } } };
	for (j = 0; j < 8; j++) {
		const struct multiple *entry = &base_multiples[row][j];
		u64 mask = mask_equal(size, j + 1);

		fe_choose(&ret->sum, &entry->sum, mask);
		fe_choose(&ret->difference, &entry->difference, mask);
		fe_choose(&ret->product, &entry->product, mask);
	}
	/* -(x, y) = (-x, y): sum and difference change places, the product its sign. */
	sum = ret->sum;
	fe_choose(&ret->sum, &ret->difference, negative);
	fe_choose(&ret->difference, &sum, negative);
	vg_fe_sub(&sum, &zero, &ret->product);
	fe_choose(&ret->product, &sum, negative);
}

/* From E, F, G, H of the addition formulas to the point. */
static void point_finish(struct point *p, const struct vg_fe *e, const struct vg_fe *f, const struct vg_fe *g,
			 const struct vg_fe *h)
{
	vg_fe_mul(&p->x, e, f);
	vg_fe_mul(&p->y, g, h);
	vg_fe_mul(&p->t, e, h);
	vg_fe_mul(&p->z, f, g);
}

/* p += m: Hisil et al. section 3.1, with Z2 = 1. */
static void point_add(struct point *p, const struct multiple *m)
{
	struct vg_fe a, b, c, d, e, f, g, h;

	vg_fe_sub(&e, &p->y, &p->x);
	vg_fe_mul(&a, &e, &m->difference);
	vg_fe_add(&e, &p->y, &p->x);
	vg_fe_mul(&b, &e, &m->sum);
	vg_fe_mul(&c, &p->t, &m->product);
	vg_fe_add(&d, &p->z, &p->z);
	vg_fe_sub(&e, &b, &a);
	vg_fe_sub(&f, &d, &c);
	vg_fe_add(&g, &d, &c);
	vg_fe_add(&h, &b, &a);
	point_finish(p, &e, &f, &g, &h);
}

/* p += p: section 3.3, with all four intermediate signs turned around. */
static void point_double(struct point *p)
{
	struct vg_fe a, b, c, e, f, g, h;

	vg_fe_square(&a, &p->x);
	vg_fe_square(&b, &p->y);
	vg_fe_square(&c, &p->z);
	vg_fe_add(&c, &c, &c);
	vg_fe_add(&e, &p->x, &p->y);
	vg_fe_square(&f, &e);
	vg_fe_add(&h, &a, &b);
	vg_fe_sub(&e, &h, &f);
	vg_fe_sub(&g, &a, &b);
	vg_fe_add(&f, &c, &g);
	point_finish(p, &e, &f, &g, &h);
}

/* The 64 digits, in -8..8, of a number below 2^255. */
static void scalar_digits(signed char digits[64], const u8 scalar[32])
{
	unsigned int i;
	signed char carry = 0;

	for (i = 0; i < 32; i++) {
		digits[2 * i] = scalar[i] & 15;
		digits[2 * i + 1] = scalar[i] >> 4;
	}
	for (i = 0; i < 63; i++) {
		digits[i] += carry;
		carry = (digits[i] + 8) >> 4;
		digits[i] -= carry * 16;
	}
	digits[63] += carry; /* at most 7 + 1 */
}

/* @ret = scalar * B, encoded as RFC 8032 section 5.1.2 says; @scalar below 2^255, secret. */
static void base_multiply(u8 ret[32], const u8 scalar[32])
{
	struct point p = { .y = { { 1 } }, .z = { { 1 } } };
	struct multiple m;
	signed char digits[64];
	u8 x[32];
	unsigned int i;

	scalar_digits(digits, scalar);
	for (i = 1; i < 64; i += 2) {
		multiple_choose(&m, i / 2, digits[i]);
		point_add(&p, &m);
	}
	for (i = 0; i < 4; i++)
		point_double(&p);
	for (i = 0; i < 64; i += 2) {
		multiple_choose(&m, i / 2, digits[i]);
		point_add(&p, &m);
	}
	vg_fe_invert(&p.z, &p.z);
	vg_fe_mul(&p.x, &p.x, &p.z);
	vg_fe_mul(&p.y, &p.y, &p.z);
	vg_fe_encode(ret, &p.y);
	vg_fe_encode(x, &p.x);
	ret[31] |= (u8)(x[0] << 7);
	vg_wipe(digits, sizeof(digits));
	vg_wipe(&p, sizeof(p));
	vg_wipe(&m, sizeof(m));
	vg_wipe(x, sizeof(x));
}

void vg_ed25519_key_init(struct vg_ed25519_key *key, const u8 seed[32])
{
	struct vg_sha512 hash;

	memmove(key->seed, seed, 32);
	vg_sha512_init(&hash);
	vg_sha512_update(&hash, key->seed, 32);
	vg_sha512_final(&hash, key->expanded);
	key->expanded[0] &= 0xf8;
	key->expanded[31] &= 0x7f;
	key->expanded[31] |= 0x40;
	base_multiply(key->public, key->expanded);
}

/* The challenge k = SHA-512(R || A || M) modulo L. */
static void challenge(struct vg_sc *ret, const u8 r[32], const u8 public[32], const void *message, size_t len)
{
	struct vg_sha512 hash;
	u8 digest[VG_SHA512_LEN];

	vg_sha512_init(&hash);
	vg_sha512_update(&hash, r, 32);
	vg_sha512_update(&hash, public, 32);
	vg_sha512_update(&hash, message, len);
	vg_sha512_final(&hash, digest);
	vg_sc_reduce(ret, digest);
}

void vg_ed25519_sign(const struct vg_ed25519_key *key, const void *message, size_t len, u8 ret_signature[64])
{
	struct vg_sc nonce, secret, k, s;
	struct vg_sha512 hash;
	u8 bytes[VG_SHA512_LEN], r[32];

	vg_sha512_init(&hash);
	vg_sha512_update(&hash, key->expanded + 32, 32);
	vg_sha512_update(&hash, message, len);
	vg_sha512_final(&hash, bytes);
	vg_sc_reduce(&nonce, bytes);
	vg_sc_store(bytes, &nonce);
	base_multiply(r, bytes);
	challenge(&k, r, key->public, message, len);
	vg_sc_load(&secret, key->expanded);
	vg_sc_muladd(&s, &k, &secret, &nonce);
	memcpy(ret_signature, r, 32);
	vg_sc_store(ret_signature + 32, &s);
	vg_wipe(&nonce, sizeof(nonce));
	vg_wipe(&secret, sizeof(secret));
	vg_wipe(bytes, sizeof(bytes));
}

int vg_ed25519_selftest(void)
{
	struct vg_ed25519_key key;
	u8 signature[64];
	unsigned int i;
	int error = 0;

	for (i = 0; i < sizeof(ed25519_vectors) / sizeof(ed25519_vectors[0]); i++) {
		const struct ed25519_vector *vector = &ed25519_vectors[i];

		vg_ed25519_key_init(&key, vector->seed);
		vg_ed25519_sign(&key, vector->message, vector->len, signature);
		if (memcmp(key.public, vector->public, 32) || memcmp(signature, vector->signature, 64))
			error = -EBADMSG;
	}
	vg_wipe(&key, sizeof(key));
	return error;
}
