// SPDX-License-Identifier: GPL-2.0
/*
 * fe25519.c - products, inverse and encoding modulo 2^255 - 19.
 *
 * Bounds: loose limbs are below 2^54, so a product of two is below 2^108, and
 * the largest column of mul (one plain product and four times 19) below
 * 77 * 2^108 < 2^115. A carry out of it, times 19, still fits 64 bits:
 * column 4 has five plain products, below 2^110.4, so 19 * (sum >> 51) < 2^64.
 */
#include "fe25519.h"
#include "wipe.h"

void vg_fe_mul(struct vg_fe *ret, const struct vg_fe *a, const struct vg_fe *b)
{
	u64 a0 = a->limb[0], a1 = a->limb[1], a2 = a->limb[2], a3 = a->limb[3], a4 = a->limb[4];
	u64 b0 = b->limb[0], b1 = b->limb[1], b2 = b->limb[2], b3 = b->limb[3], b4 = b->limb[4];
	u64 w1 = 19 * b1, w2 = 19 * b2, w3 = 19 * b3, w4 = 19 * b4; /* what wraps around 2^255 */
	vg_u128 sum[5];

	sum[0] = (vg_u128)a0 * b0 + (vg_u128)a1 * w4 + (vg_u128)a2 * w3 + (vg_u128)a3 * w2 + (vg_u128)a4 * w1;
	sum[1] = (vg_u128)a0 * b1 + (vg_u128)a1 * b0 + (vg_u128)a2 * w4 + (vg_u128)a3 * w3 + (vg_u128)a4 * w2;
	sum[2] = (vg_u128)a0 * b2 + (vg_u128)a1 * b1 + (vg_u128)a2 * b0 + (vg_u128)a3 * w4 + (vg_u128)a4 * w3;
	sum[3] = (vg_u128)a0 * b3 + (vg_u128)a1 * b2 + (vg_u128)a2 * b1 + (vg_u128)a3 * b0 + (vg_u128)a4 * w4;
	sum[4] = (vg_u128)a0 * b4 + (vg_u128)a1 * b3 + (vg_u128)a2 * b2 + (vg_u128)a3 * b1 + (vg_u128)a4 * b0;
	vg_fe_carry(ret, sum);
}

void vg_fe_square(struct vg_fe *ret, const struct vg_fe *a)
{
	u64 a0 = a->limb[0], a1 = a->limb[1], a2 = a->limb[2], a3 = a->limb[3], a4 = a->limb[4];
	u64 twice0 = 2 * a0, twice1 = 2 * a1, w3 = 19 * a3, w4 = 19 * a4;
	vg_u128 sum[5];

	sum[0] = (vg_u128)a0 * a0 + (vg_u128)twice1 * w4 + (vg_u128)(2 * a2) * w3;
	sum[1] = (vg_u128)twice0 * a1 + (vg_u128)(2 * a2) * w4 + (vg_u128)a3 * w3;
	sum[2] = (vg_u128)twice0 * a2 + (vg_u128)a1 * a1 + (vg_u128)(2 * a3) * w4;
	sum[3] = (vg_u128)twice0 * a3 + (vg_u128)twice1 * a2 + (vg_u128)a4 * w4;
	sum[4] = (vg_u128)twice0 * a4 + (vg_u128)twice1 * a3 + (vg_u128)a2 * a2;
	vg_fe_carry(ret, sum);
}

/* a ^ (2 ^ times) */
static void square_times(struct vg_fe *ret, const struct vg_fe *a, unsigned int times)
{
	vg_fe_square(ret, a);
	while (--times)
		vg_fe_square(ret, ret);
}

/*
 * a ^ (p - 2), p - 2 = 2^255 - 21 = (2^250 - 1) * 2^5 + 11. With ones(k) for
 * a ^ (2^k - 1): ones(i + j) = ones(i) ^ (2^j) * ones(j); 250 is reached by
 * 5, 10, 20, 40, 50, 100, 200, 250.
 */
void vg_fe_invert(struct vg_fe *ret, const struct vg_fe *a)
{
	struct vg_fe eleven, ones10, ones50, ones, step;

	vg_fe_square(&step, a);	       /* a^2 */
	square_times(&ones, &step, 2); /* a^8 */
	vg_fe_mul(&ones, &ones, a);    /* a^9 */
	vg_fe_mul(&eleven, &ones, &step);
	vg_fe_square(&step, &eleven);	/* a^22 */
	vg_fe_mul(&ones, &step, &ones); /* a^31: ones(5) */
	square_times(&step, &ones, 5);
	vg_fe_mul(&ones10, &step, &ones);
	square_times(&step, &ones10, 10);
	vg_fe_mul(&ones, &step, &ones10); /* ones(20) */
	square_times(&step, &ones, 20);
	vg_fe_mul(&ones, &step, &ones); /* ones(40) */
	square_times(&step, &ones, 10);
	vg_fe_mul(&ones50, &step, &ones10);
	square_times(&step, &ones50, 50);
	vg_fe_mul(&ones, &step, &ones50); /* ones(100) */
	square_times(&step, &ones, 100);
	vg_fe_mul(&ones, &step, &ones); /* ones(200) */
	square_times(&step, &ones, 50);
	vg_fe_mul(&ones, &step, &ones50); /* ones(250) */
	square_times(&step, &ones, 5);
	vg_fe_mul(ret, &step, &eleven);
	vg_wipe(&eleven, sizeof(eleven));
	vg_wipe(&ones10, sizeof(ones10));
	vg_wipe(&ones50, sizeof(ones50));
	vg_wipe(&ones, sizeof(ones));
	vg_wipe(&step, sizeof(step));
}

void vg_fe_encode(u8 ret[32], const struct vg_fe *a)
{
	struct vg_fe r = *a;
	u64 carry, words[4];
	unsigned int i;

	/* Once around leaves a value below 2^255 + 57, of which limb 0 may hold a bit too much. */
	for (i = 0, carry = 0; i < 5; i++) {
		r.limb[i] += carry;
		carry = r.limb[i] >> 51;
		r.limb[i] &= VG_FE_MASK;
	}
	r.limb[0] += 19 * carry;
	/* The value is at least p exactly if adding 19 carries out of bit 255. */
	for (i = 0, carry = 19; i < 5; i++)
		carry = (r.limb[i] + carry) >> 51;
	for (i = 0, carry *= 19; i < 5; i++) {
		r.limb[i] += carry;
		carry = r.limb[i] >> 51;
		r.limb[i] &= VG_FE_MASK;
	}
	words[0] = r.limb[0] | r.limb[1] << 51;
	words[1] = r.limb[1] >> 13 | r.limb[2] << 38;
	words[2] = r.limb[2] >> 26 | r.limb[3] << 25;
	words[3] = r.limb[3] >> 39 | r.limb[4] << 12;
	for (i = 0; i < 4; i++) {
		words[i] = vg_le64(words[i]);
		memcpy(ret + 8 * i, &words[i], 8);
	}
	vg_wipe(&r, sizeof(r));
	vg_wipe(words, sizeof(words));
}
