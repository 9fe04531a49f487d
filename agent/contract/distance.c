// SPDX-License-Identifier: GPL-2.0
/*
 * distance.c - both places as points of a unit sphere in 2^-40, and the length
 * of the line between them. Sines by Taylor's series in 2^-56: with angles up to 90 degrees eleven terms leave less
 * than 2^-60; an error of 2^-40 is 6 micrometres on the ground.
 */
#include "agent/contract/distance.h"

#define RADIUS_M 6371000
#define SHIFT 56			 /* of sines */
#define UNIT_SHIFT 40			 /* of coordinates */
#define PI_SHIFTED 226375608064910088ULL /* pi in 2^-56 */
#define QUARTER 90000000

typedef unsigned __int128 u128;
typedef __int128 s128;

/* sin of @angle microdegrees, 0 to 90 degrees. */
static s64 sine_first(u32 angle)
{
	s64 x = (s64)((u128)angle * PI_SHIFTED / (2 * QUARTER)), square = (s64)((s128)x * x >> SHIFT), sum = 0;
	u32 term;

	/* x (1 - x^2/(2 3) (1 - x^2/(4 5) (1 - ...))) */
	for (term = 22; term; term -= 2)
		sum = (s64)((s128)square * (((s64)1 << SHIFT) - sum) / (term * (term + 1)) >> SHIFT);
	return (s64)((s128)x * (((s64)1 << SHIFT) - sum) >> SHIFT);
}

/* Of any angle within -360 and 360 degrees. */
static s64 sine(int angle)
{
	u32 turned = angle < 0 ? (u32)-angle : (u32)angle;
	bool negative = angle < 0;
	s64 value;

	if (turned >= 2 * QUARTER) {
		turned -= 2 * QUARTER;
		negative = !negative;
	}
	value = sine_first(turned > QUARTER ? 2 * QUARTER - turned : turned);
	return negative ? -value : value;
}

static s64 cosine(int angle)
{
	return sine(angle < 0 ? angle + QUARTER : QUARTER - angle);
}

struct point {
	s64 x, y, z; /* 2^-40 */
};

static s64 product(s64 one, s64 other)
{
	return (s64)((s128)one * other >> (2 * SHIFT - UNIT_SHIFT));
}

static struct point point(int latitude, int longitude)
{
	s64 across = cosine(latitude);

	return (struct point){ product(across, cosine(longitude)), product(across, sine(longitude)),
			       sine(latitude) >> (SHIFT - UNIT_SHIFT) };
}

static u64 root(u128 square)
{
	u64 result = 0, bit;

	for (bit = (u64)1 << (UNIT_SHIFT + 2); bit; bit >>= 1)
		if ((u128)(result | bit) * (result | bit) <= square)
			result |= bit;
	return result;
}

u64 distance_m(int latitude, int longitude, int other_latitude, int other_longitude)
{
	struct point one = point(latitude, longitude), other = point(other_latitude, other_longitude);
	s64 x = one.x - other.x, y = one.y - other.y, z = one.z - other.z;

	return (u64)((u128)root((u128)((s128)x * x + (s128)y * y + (s128)z * z)) * RADIUS_M >> UNIT_SHIFT);
}
