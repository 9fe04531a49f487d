/* SPDX-License-Identifier: GPL-2.0 */
/*
 * rating.h - a station's rating after one more score, paper eq. (3), in fixed
 * point: what every validator computes when it applies a read/write set's RATE
 * in block order. Pure, integers only; the error bound is proved beside the
 * code and checked against high-precision arithmetic.
 *
 *   R_n = R_(n-1) + (1/alpha)(1 + M) phi(R_(n-1)) R_v (W_n - E_n)
 *   phi(R) = 1 - 1 / (1 + exp(-(R - D) / sigma)),  E_n = R_(n-1) / D,  D = 6, sigma = 0.7, R_0 = 0
 * As printed W is 1 to 5; the channel parameter rating-scaled takes W / 5 instead. R is kept within 0 and D.
 */
#ifndef VOLTGATE_LEDGER_RATING_H
#define VOLTGATE_LEDGER_RATING_H

#include "voltgate/types.h"

#define RATING_ONE ((s64)1 << 32) /* a rating of 1; stored as s64, big-endian */
#define RATING_D 6
#define RATING_MOST (RATING_D * RATING_ONE)
#define RATING_SCORE_MOST 5

struct rating_input {
	u32 score;	 /* W, 1 to 5 */
	s64 credibility; /* R_v of the user, millionths, -1000000 to 1000000 */
	u64 experience;	 /* M of the rated station's node, millionths (eq. (1)); at most 1000000000 */
	u64 alpha_milli; /* 1001 to 1000000 */
	bool scaled;
};

/*
 * @rating: 0 to RATING_MOST; the result is too, and lies within 2^-33 + 2^-52 of eq. (3)'s exact value for this
 * @rating: rounded to the nearest 2^-32, halves away from the rating before.
 */
s64 rating_next(s64 rating, const struct rating_input *input);

#define RATING_EXP_SHIFT 60
/* exp(-@exponent), both in units of 2^-60, @exponent at most 9 (not included); within 2^-57 of the exact value. */
u64 rating_exp(u64 exponent);

#endif
