// SPDX-License-Identifier: GPL-2.0
/*
 * response.c - see response.h. Periods are sorted once a station; a class walks
 * that order through its stay.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "agent/sched/response.h"

struct response_place {
	int32_t price;
	u32 period;
	double then;
};

static int response_compare(const void *one, const void *other)
{
	const struct response_place *a = one, *b = other;

	if (a->price != b->price)
		return a->price < b->price ? -1 : 1;
	if (a->then != b->then)
		return a->then < b->then ? -1 : 1;
	return a->period < b->period ? -1 : a->period > b->period;
}

static void response_sort(const struct pricelist *tariff, const double *then, u32 s, struct response_place *place)
{
	u32 t;

	for (t = 0; t < tariff->periods; t++) {
		size_t at = (size_t)t * tariff->stations + s;

		place[t] = (struct response_place){ tariff->price[at], t, then ? then[at] : t };
	}
	qsort(place, tariff->periods, sizeof(*place), response_compare);
}

/* How many of the class's vehicles are in the share. */
static u32 response_count(u32 count, u32 class, struct response_share share)
{
	u32 first;

	if (!share.groups)
		return count;
	first = (share.group + share.groups - class % share.groups) % share.groups; /* lowest v that fits */
	return first >= count ? 0 : (count - first - 1) / share.groups + 1;
}

static double response_class(const struct crowd *crowd, u32 i, u32 count, const struct response_place *place,
			     u32 periods, double hours, double *power)
{
	const struct crowd_class *class = &crowd->class[i];
	double left = class->energy / crowd->station[class->station].efficiency, most = class->power * hours, part;
	double bill = 0;
	u32 k;

	for (k = 0; k < periods && left > 0; k++) {
		u32 t = place[k].period;

		if (t < class->arrive || t > class->depart)
			continue;
		part = fmin(left, most);
		left -= part;
		power[(size_t)t * crowd->stations + class->station] += count * part / hours;
		bill += count * part * 1000 * place[k].price;
	}
	return bill;
}

int response_power(const struct crowd *crowd, const struct pricelist *tariff, double hours, const double *then,
		   struct response_share share, double *ret_power, double *ret_bill)
{
	size_t room = (size_t)tariff->periods * crowd->stations + 1;
	struct response_place *place = calloc(room, sizeof(*place));
	double bill = 0;
	u32 s, i, count;

	if (!place)
		return -ENOMEM;
	for (s = 0; s < crowd->stations; s++)
		response_sort(tariff, then, s, &place[(size_t)s * tariff->periods]);
	for (i = 0; i < crowd->classes; i++) {
		count = response_count(crowd->class[i].count, i, share);
		if (count)
			bill += response_class(crowd, i, count,
					       &place[(size_t)crowd->class[i].station * tariff->periods],
					       tariff->periods, hours, ret_power);
	}
	free(place);
	if (ret_bill)
		*ret_bill = bill;
	return 0;
}
