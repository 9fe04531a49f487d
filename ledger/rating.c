// SPDX-License-Identifier: GPL-2.0
/*
 * rating.c - paper eq. (3) in integers. With x = (R - D) / sigma, phi(R) = 1 - 1 / (1 + exp(-x)) = 1 / (1 + exp(x));
 * R is at most D, so x lies within -60/7 and 0 and one needs exp(-y) for y = (D - R) * 10/7 only.
 *
 * Errors, in units u = 2^-60, before the last rounding:
 *   y       (D - R) * 10/7 rounded down: less than 1 u, and exp(-y) has no steeper slope than 1.        1
 *   T_21    T_j = 1 - (f / j) T_(j+1), T_22 = 1, f the fraction of y: T_1 is Taylor's sum for exp(-f) with terms to
 *           f^21 / 21!; what follows them alternates and falls, so it is less than 1/22! < 2^-69.       0.01
 *           Each T_j lies within 0 and 1 and is rounded by less than 1 u; the error of T_(j+1) comes in times f / j,
 *           so T_1's is less than 1 + f + f^2/2! + ... < e.                                             2.72
 *   e^-n    table, rounded to the nearest: 0.5, times T_1 <= 1; T_1's error comes in times e^-n <= 1.   0.5
 *   product rounded down                                                                                1
 *   rating_exp(): the lines above but the first, less than 4.23 u < 2^-57. Of the exact y: 5.23 u.
 *   phi     2^120 / (2^60 + exp), rounded down: 1, and the slope of 1 / (1 + e) is at most 1.           6.23 < 2^-57
 *   change  = phi * rest; rest is exact but for rounding down to 2^-62, and below 12: 2^-62 + 12 * 2^-57 < 2^-53.4
 * and the sum of rating and change is rounded to the nearest 2^-32: at most 2^-33 + 2^-53.4 in all.
 * Keeping within 0 and D moves no result away from the exact one, which is kept there too.
 */
#include "ledger/rating.h"

#define EXP_ONE (1ULL << RATING_EXP_SHIFT)
#define EXP_TERMS 21
#define MICRO 1000000

typedef unsigned __int128 u128;

u64 rating_exp(u64 exponent)
{
	/* e^-n in 2^-60 */
	static const u64 whole[] = { 1152921504606846976ULL, 424136118829305330ULL, 156030958375549300ULL,
				     57400581772641654ULL,   21116493945435090ULL,  7768323992146806ULL,
				     2857806689069675ULL,    1051328327750962ULL,   386762077700731ULL };
	u64 fraction = exponent & (EXP_ONE - 1), term = EXP_ONE;
	u32 j;

	for (j = EXP_TERMS; j; j--)
		term = EXP_ONE - (u64)((u128)fraction * term / j >> RATING_EXP_SHIFT);
	return (u64)((u128)term * whole[exponent >> RATING_EXP_SHIFT] >> RATING_EXP_SHIFT);
}

/* In 2^-60. */
static u64 phi(s64 rating)
{
	u128 y = ((u128)(RATING_MOST - rating) * 10 << (RATING_EXP_SHIFT - 32)) / 7;

	return (u64)(((u128)1 << 2 * RATING_EXP_SHIFT) / (EXP_ONE + rating_exp((u64)y)));
}

s64 rating_next(s64 rating, const struct rating_input *input)
{
	/* W - E over one denominator: W - R/6 = (6 W - R) / 6, W/5 - R/6 = (6 W - 5 R) / 30 */
	s64 surprise = (s64)input->score * RATING_D * RATING_ONE - (input->scaled ? 5 : 1) * rating, change;
	bool up = (surprise >= 0) == (input->credibility >= 0);
	u128 above = (u128)(MICRO + input->experience) * 1000 *
		     (u64)(input->credibility < 0 ? -input->credibility : input->credibility) *
		     (u64)(surprise < 0 ? -surprise : surprise); /* below 2^30 * 2^10 * 2^20 * 2^37 */
	u128 below = (u128)input->alpha_milli * MICRO * MICRO * (input->scaled ? 30 : 6);

	/* phi is at least a half: this reaches 0 or D from anywhere. */
	if (above / below >= 2 * (u64)RATING_MOST)
		return up ? RATING_MOST : 0;
	/* rest in 2^-62, times phi in 2^-60, rounded to 2^-32 */
	change = (s64)(((above << 30) / below * phi(rating) + ((u128)1 << 89)) >> 90);
	rating += up ? change : -change;
	return rating < 0 ? 0 : rating > RATING_MOST ? RATING_MOST : rating;
}
