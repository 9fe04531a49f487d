/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dice.h - the simulator's reproducible randomness: SplitMix64 (Steele, Lea,
 * Flood 2014). Not for secrets.
 */
#ifndef VOLTGATE_SIM_DICE_H
#define VOLTGATE_SIM_DICE_H

#include "voltgate/types.h"

struct dice {
	u64 state;
};

static inline u64 dice_word(struct dice *dice)
{
	u64 z = dice->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

/* Below @bound, which is not 0; the bias is below bound / 2^32. */
static inline u32 dice_below(struct dice *dice, u32 bound)
{
	return (u32)(((dice_word(dice) >> 32) * bound) >> 32);
}

static inline void dice_fill(struct dice *dice, void *bytes, size_t len)
{
	u8 *at = bytes;

	while (len--)
		*at++ = (u8)dice_word(dice);
}

#endif
