/* SPDX-License-Identifier: GPL-2.0 */
/*
 * draw.h - the simulator's only source of chance: xoshiro256**, seeded through
 * splitmix64 (both Blackman and Vigna), so that a seed gives the same run everywhere.
 */
#ifndef VOLTGATE_CLUSTER_DRAW_H
#define VOLTGATE_CLUSTER_DRAW_H

#include "voltgate/types.h"

struct draw {
	u64 s[4];
};

static inline u64 draw_split(u64 *state)
{
	u64 z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static inline void draw_seed(struct draw *draw, u64 seed)
{
	int i;

	for (i = 0; i < 4; i++)
		draw->s[i] = draw_split(&seed);
}

static inline u64 draw_u64(struct draw *draw)
{
	u64 *s = draw->s, result = ((s[1] * 5) << 7 | (s[1] * 5) >> 57) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = s[3] << 45 | s[3] >> 19;
	return result;
}

/* Below @bound (not 0); the bias is far below what a simulation could see. */
static inline u64 draw_below(struct draw *draw, u64 bound)
{
	return (u64)(((unsigned __int128)draw_u64(draw) * bound) >> 64);
}

static inline u64 draw_between(struct draw *draw, u64 least, u64 most)
{
	return least + draw_below(draw, most - least + 1);
}

/* True in @permille of 1,000 cases. */
static inline bool draw_chance(struct draw *draw, u32 permille)
{
	return permille && draw_below(draw, 1000) < permille;
}

static inline void draw_bytes(struct draw *draw, void *ret_bytes, size_t len)
{
	u8 *at = ret_bytes;

	while (len--)
		*at++ = (u8)draw_u64(draw);
}

#endif
