// SPDX-License-Identifier: GPL-2.0
/*
 * sc25519.c - numbers modulo L by Barrett's reduction.
 *
 * For x < 2^512 and M = floor(2^512 / L), q = floor(x * M / 2^512) is
 * floor(x / L) or one less: x/L - x*M/2^512 < x/2^512 < 1. So x - q*L < 2L,
 * and one subtraction of L, taken or not by mask, ends it.
 */
#include "sc25519.h"
#include "fe25519.h"
#include "wipe.h"

static const u64 order[4] = { 0x5812631a5cf5d3edULL, 0x14def9dea2f79cd6ULL, 0x0000000000000000ULL,
			      0x1000000000000000ULL };
static const u64 barrett[5] = { 0xed9ce5a30a2c131bULL, 0x2106215d086329a7ULL, 0xffffffffffffffebULL,
				0xffffffffffffffffULL, 0x000000000000000fULL };

void vg_sc_load(struct vg_sc *ret, const u8 bytes[32])
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		memcpy(&ret->word[i], bytes + 8 * i, 8);
		ret->word[i] = vg_le64(ret->word[i]);
	}
}

void vg_sc_store(u8 ret[32], const struct vg_sc *a)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		u64 word = vg_le64(a->word[i]);

		memcpy(ret + 8 * i, &word, 8);
	}
}

/* @ret (a_len + b_len words) += a * b; the sum fits. */
static void multiply_add(u64 *ret, const u64 *a, unsigned int a_len, const u64 *b, unsigned int b_len)
{
	unsigned int i, j;
	vg_u128 sum;
	u64 carry;

	for (i = 0; i < a_len; i++) {
		for (j = 0, carry = 0; j < b_len; j++) {
			sum = (vg_u128)a[i] * b[j] + ret[i + j] + carry;
			ret[i + j] = (u64)sum;
			carry = (u64)(sum >> 64);
		}
		for (j = i + b_len; j < a_len + b_len; j++) {
			sum = (vg_u128)ret[j] + carry;
			ret[j] = (u64)sum;
			carry = (u64)(sum >> 64);
		}
	}
}

/* @ret = a - b over four words; returns the borrow, 0 or 1. */
static u64 subtract(u64 ret[4], const u64 a[4], const u64 b[4])
{
	u64 borrow = 0;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		vg_u128 difference = (vg_u128)a[i] - b[i] - borrow;

		ret[i] = (u64)difference;
		borrow = (u64)(difference >> 64) & 1;
	}
	return borrow;
}

static void reduce(struct vg_sc *ret, const u64 x[8])
{
	u64 estimate[13] = { 0 }, product[9] = { 0 }, rest[4], try[4], keep;
	unsigned int i;

	multiply_add(estimate, x, 8, barrett, 5);
	multiply_add(product, estimate + 8, 5, order, 4);
	/* The rest is below 2L < 2^254, so its lowest four words are all of it. */
	subtract(rest, x, product);
	keep = 0 - subtract(try, rest, order); /* all ones if it was below L already */
	for (i = 0; i < 4; i++)
		ret->word[i] = (rest[i] & keep) | (try[i] & ~keep);
	vg_wipe(estimate, sizeof(estimate));
	vg_wipe(product, sizeof(product));
	vg_wipe(rest, sizeof(rest));
	vg_wipe(try, sizeof(try));
}

void vg_sc_reduce(struct vg_sc *ret, const u8 bytes[64])
{
	u64 x[8];
	unsigned int i;

	for (i = 0; i < 8; i++) {
		memcpy(&x[i], bytes + 8 * i, 8);
		x[i] = vg_le64(x[i]);
	}
	reduce(ret, x);
	vg_wipe(x, sizeof(x));
}

void vg_sc_muladd(struct vg_sc *ret, const struct vg_sc *a, const struct vg_sc *b, const struct vg_sc *c)
{
	u64 x[8] = { c->word[0], c->word[1], c->word[2], c->word[3] };

	multiply_add(x, a->word, 4, b->word, 4);
	reduce(ret, x);
	vg_wipe(x, sizeof(x));
}
