/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fe25519.h - arithmetic modulo p = 2^255 - 19 for ed25519.c.
 *
 * An element is five limbs of 51 bits, little-endian, not fully carried:
 *   "tight": every limb below 2^52 (results of mul, square, load)
 *   "loose": every limb below 2^54 (what mul and square take)
 * add of two tight elements, and sub of a tight from a sum of two tight ones,
 * is loose. Nothing here branches on or indexes by an element's value.
 */
#ifndef VOLTGATE_KMOD_FE25519_H
#define VOLTGATE_KMOD_FE25519_H

#include "voltgate/types.h"

#ifndef __SIZEOF_INT128__
#error Voltgate signs with 128-bit products: build it for a 64-bit machine
#endif

typedef unsigned __int128 vg_u128;

struct vg_fe {
	u64 limb[5];
};

#define VG_FE_MASK ((1ULL << 51) - 1)

/* @a + @b: both tight, or one tight and one below 2^53. */
static inline void vg_fe_add(struct vg_fe *ret, const struct vg_fe *a, const struct vg_fe *b)
{
	unsigned int i;

	for (i = 0; i < 5; i++)
		ret->limb[i] = a->limb[i] + b->limb[i];
}

/* @a - @b + 4p: @a below 2^53, @b below 2^53 - 76 in every limb. */
static inline void vg_fe_sub(struct vg_fe *ret, const struct vg_fe *a, const struct vg_fe *b)
{
	const u64 bias = 4 * VG_FE_MASK;
	unsigned int i;

	ret->limb[0] = a->limb[0] + (bias - 72) - b->limb[0];
	for (i = 1; i < 5; i++)
		ret->limb[i] = a->limb[i] + bias - b->limb[i];
}

/* Carries column sums below 2^115 to a tight element. */
static inline void vg_fe_carry(struct vg_fe *ret, vg_u128 sum[5])
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		sum[i + 1] += (u64)(sum[i] >> 51);
		ret->limb[i] = (u64)sum[i] & VG_FE_MASK;
	}
	ret->limb[4] = (u64)sum[4] & VG_FE_MASK;
	ret->limb[0] += 19 * (u64)(sum[4] >> 51);
	ret->limb[1] += ret->limb[0] >> 51;
	ret->limb[0] &= VG_FE_MASK;
}

void vg_fe_mul(struct vg_fe *ret, const struct vg_fe *a, const struct vg_fe *b);
void vg_fe_square(struct vg_fe *ret, const struct vg_fe *a);
/* 1 / a, and 0 for 0. */
void vg_fe_invert(struct vg_fe *ret, const struct vg_fe *a);
/* The one representation below p of a tight element, 32 bytes little-endian. */
void vg_fe_encode(u8 ret[32], const struct vg_fe *a);

#endif
