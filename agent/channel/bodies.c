// SPDX-License-Identifier: GPL-2.0
/*
 * bodies.c - a table with a row per number.
 */
#include <stdlib.h>

#include "agent/channel/bodies.h"

static struct body *row_of(struct bodies *bodies, u64 number)
{
	return bodies->slots[number % BODIES_NUMBERS];
}

struct body *bodies_find(struct bodies *bodies, u64 number, const u8 header[32])
{
	struct body *row = row_of(bodies, number);

	for (u32 i = 0; i < BODIES_PER_NUMBER; i++)
		if (row[i].bytes && row[i].number == number && !memcmp(row[i].header, header, 32))
			return &row[i];
	return NULL;
}

void bodies_drop(struct bodies *bodies, struct body *body)
{
	bodies->bytes -= body->len;
	free(body->bytes);
	*body = (struct body){ 0 };
}

/* Does @one rather go than @other? */
static bool goes_first(const struct body *one, const struct body *other)
{
	if (one->proved != other->proved)
		return !one->proved;
	return one->order < other->order;
}

static struct body *place_find(struct bodies *bodies, u64 number, const u8 header[32])
{
	struct body *row = row_of(bodies, number), *place = bodies_find(bodies, number, header);

	for (u32 i = 0; i < BODIES_PER_NUMBER && !place; i++)
		if (!row[i].bytes || row[i].number < number)
			place = &row[i];
	for (u32 i = 0; i < BODIES_PER_NUMBER && !place; i++) {
		place = &row[i];
		for (u32 other = 0; other < BODIES_PER_NUMBER; other++)
			if (goes_first(&row[other], place))
				place = &row[other];
		if (place->number > number)
			return NULL;
	}
	return place;
}

struct body *bodies_put(struct bodies *bodies, u64 number, const u8 header[32], u8 *bytes, size_t len, u32 giver)
{
	struct body *place = place_find(bodies, number, header);

	if (!place) {
		free(bytes);
		return NULL;
	}
	if (place->bytes && place->proved && place->number == number && !memcmp(place->header, header, 32)) {
		free(bytes);
		return place;
	}
	if (place->bytes)
		bodies_drop(bodies, place);
	*place =
		(struct body){ .number = number, .order = ++bodies->order, .bytes = bytes, .len = len, .giver = giver };
	memcpy(place->header, header, 32);
	bodies->bytes += len;
	return place;
}

void bodies_stable(struct bodies *bodies, u64 number)
{
	for (u32 i = 0; i < BODIES_NUMBERS; i++)
		for (u32 j = 0; j < BODIES_PER_NUMBER; j++)
			if (bodies->slots[i][j].bytes && bodies->slots[i][j].number <= number)
				bodies_drop(bodies, &bodies->slots[i][j]);
}

void bodies_clear(struct bodies *bodies)
{
	bodies_stable(bodies, ~0ull);
}
