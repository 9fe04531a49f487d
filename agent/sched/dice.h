/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dice.h - a search's chance: xoshiro256**, seeded through splitmix64 (both
 * Blackman and Vigna), so that a seed gives the same search everywhere.
 */
#ifndef VOLTGATE_SCHED_DICE_H
#define VOLTGATE_SCHED_DICE_H

#include "voltgate/types.h"

struct dice {
	u64 state[4];
};

static inline void dice_seed(struct dice *dice, u64 seed)
{
	u32 i;

	for (i = 0; i < 4; i++) {
		u64 z = seed += 0x9e3779b97f4a7c15;

		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
		z = (z ^ z >> 27) * 0x94d049bb133111eb;
		dice->state[i] = z ^ z >> 31;
	}
}

static inline u64 dice_next(struct dice *dice)
{
	u64 *s = dice->state, result = s[1] * 5, t = s[1] << 17;

	result = (result << 7 | result >> 57) * 9;
	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = s[3] << 45 | s[3] >> 19;
	return result;
}

/* From 0 up to, not including, 1. */
static inline double dice_unit(struct dice *dice)
{
	return (double)(dice_next(dice) >> 11) * 0x1p-53;
}

/* Below @limit, which is above 0. */
static inline u32 dice_below(struct dice *dice, u32 limit)
{
	return (u32)(dice_next(dice) % limit);
}

#endif
