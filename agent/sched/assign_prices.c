// SPDX-License-Identifier: GPL-2.0
/*
 * assign_prices.c - prices on chargers and power, by which every vehicle can
 * choose for itself.
 *
 * For any prices >= 0, the sum of the vehicles' cheapest choices, tolls included, less what all chargers and watts
 * would earn, is no more than the cost of any plan (Lagrange). Prices are integers, so the bound is exact. They rise
 * where choices crowd and fall where nobody is, by steps that shrink with the gap (Held, Karp; Polyak).
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "agent/sched/assign_parts.h"

#define ASCENT_MEMORY 0.7 /* of the direction before */
#define ASCENT_PATIENCE 6 /* rounds without a better bound until steps are halved */
#define ASCENT_FILL 4	  /* rounds between plans made at the prices */

int assign_prices_new(const struct assign_desk *desk, struct assign_prices *ret_prices)
{
	size_t cells = (size_t)desk->fleet->stations * desk->periods + 1, sums = cells + desk->fleet->stations;

	ret_prices->charger = calloc(cells, sizeof(s64));
	ret_prices->watt = calloc(cells, sizeof(s64));
	ret_prices->charger_sum = calloc(sums, sizeof(s64));
	ret_prices->watt_sum = calloc(sums, sizeof(s64));
	if (ret_prices->charger && ret_prices->watt && ret_prices->charger_sum && ret_prices->watt_sum)
		return 0;
	assign_prices_free(ret_prices);
	return -ENOMEM;
}

void assign_prices_free(struct assign_prices *prices)
{
	free(prices->charger);
	free(prices->watt);
	free(prices->charger_sum);
	free(prices->watt_sum);
	*prices = (struct assign_prices){ 0 };
}

void assign_prices_sum(const struct assign_desk *desk, struct assign_prices *prices)
{
	u32 i, t;

	for (i = 0; i < desk->fleet->stations; i++) {
		size_t cell = (size_t)i * desk->periods, sum = cell + i;

		for (t = 0; t < desk->periods; t++) {
			prices->charger_sum[sum + t + 1] = prices->charger_sum[sum + t] + prices->charger[cell + t];
			prices->watt_sum[sum + t + 1] = prices->watt_sum[sum + t] + prices->watt[cell + t];
		}
	}
}

struct assign_choice assign_choose(const struct assign_desk *desk, const struct assign_prices *prices, u32 vehicle)
{
	struct assign_choice best = { .cost = desk->unserved };
	u32 w, start;

	for (w = desk->first[vehicle]; w < desk->first[vehicle + 1]; w++) {
		const struct assign_way *way = &desk->way[w];

		if (way->least >= best.cost) /* the others are dearer still */
			break;
		for (start = way->first; start <= way->last; start++) {
			s64 cost = assign_cost(desk, vehicle, way, start) + assign_toll(desk, prices, way, start);

			if (cost < best.cost)
				best = (struct assign_choice){ way, start, cost };
		}
	}
	return best;
}

struct ascent {
	struct assign_search *search;
	const struct assign_desk *desk;
	struct assign_prices prices;
	double *charger, *watt;		    /* the prices before they are rounded */
	double *charger_slope, *watt_slope; /* the direction: excess, remembered in part */
	s64 *charger_load, *watt_load;
	struct assign_choice *choice;
	double step;
	u32 patience;
};

static void ascent_close(struct ascent *ascent)
{
	assign_prices_free(&ascent->prices);
	free(ascent->charger);
	free(ascent->watt);
	free(ascent->charger_slope);
	free(ascent->watt_slope);
	free(ascent->charger_load);
	free(ascent->watt_load);
	free(ascent->choice);
}

static int ascent_open(struct ascent *ascent)
{
	size_t cells = (size_t)ascent->desk->fleet->stations * ascent->desk->periods + 1;

	ascent->charger = calloc(cells, sizeof(double));
	ascent->watt = calloc(cells, sizeof(double));
	ascent->charger_slope = calloc(cells, sizeof(double));
	ascent->watt_slope = calloc(cells, sizeof(double));
	ascent->charger_load = calloc(cells, sizeof(s64));
	ascent->watt_load = calloc(cells, sizeof(s64));
	ascent->choice = calloc((size_t)ascent->desk->fleet->vehicles + 1, sizeof(*ascent->choice));
	ascent->step = 1;
	if (!ascent->charger || !ascent->watt || !ascent->charger_slope || !ascent->watt_slope ||
	    !ascent->charger_load || !ascent->watt_load || !ascent->choice)
		return -ENOMEM;
	return assign_prices_new(ascent->desk, &ascent->prices);
}

/* What all chargers and watts would earn. */
static __int128 ascent_earnings(const struct ascent *ascent)
{
	const struct assign_desk *desk = ascent->desk;
	size_t cells = (size_t)desk->fleet->stations * desk->periods, at;
	__int128 sum = 0;

	for (at = 0; at < cells; at++) {
		sum += (__int128)ascent->prices.charger[at] * desk->chargers[at];
		if (desk->watts[at] > 0)
			sum += (__int128)ascent->prices.watt[at] * desk->watts[at];
	}
	return sum;
}

/* Everybody chooses; returns the bound that follows. */
static s64 ascent_choose(struct ascent *ascent)
{
	const struct assign_desk *desk = ascent->desk;
	size_t cells = (size_t)desk->fleet->stations * desk->periods;
	__int128 sum;
	u32 v, t;

	assign_prices_sum(desk, &ascent->prices);
	memset(ascent->charger_load, 0, cells * sizeof(s64));
	memset(ascent->watt_load, 0, cells * sizeof(s64));
	sum = -ascent_earnings(ascent);
	for (v = 0; v < desk->fleet->vehicles; v++) {
		struct assign_choice *choice = &ascent->choice[v];

		if (desk->state[v] == ASSIGN_CONTENT)
			continue;
		*choice = assign_choose(desk, &ascent->prices, v);
		sum += choice->cost;
		for (t = 0; choice->way && t < choice->way->periods; t++) {
			size_t at = (size_t)choice->way->station * desk->periods + choice->start + t;

			ascent->charger_load[at]++;
			ascent->watt_load[at] += choice->way->rate_w;
		}
	}
	return sum > 0 ? (s64)sum : 0; /* no cost is below 0 */
}

/* The direction's square; excesses of power are counted in chargers. */
static double ascent_slopes(struct ascent *ascent)
{
	const struct assign_desk *desk = ascent->desk;
	double square = 0, slope;
	u32 i, t;

	for (i = 0; i < desk->fleet->stations; i++)
		for (t = 0; t < desk->periods; t++) {
			size_t at = (size_t)i * desk->periods + t;

			slope = (double)ascent->charger_load[at] - desk->chargers[at];
			ascent->charger_slope[at] = slope + ASCENT_MEMORY * ascent->charger_slope[at];
			if (ascent->charger_slope[at] < 0 && ascent->charger[at] <= 0)
				ascent->charger_slope[at] = 0;
			square += ascent->charger_slope[at] * ascent->charger_slope[at];
			if (desk->watts[at] < 0 || !desk->limited[i])
				continue;
			slope = (double)(ascent->watt_load[at] - desk->watts[at]) / desk->fleet->station[i].power_w;
			ascent->watt_slope[at] = slope + ASCENT_MEMORY * ascent->watt_slope[at];
			if (ascent->watt_slope[at] < 0 && ascent->watt[at] <= 0)
				ascent->watt_slope[at] = 0;
			square += ascent->watt_slope[at] * ascent->watt_slope[at];
		}
	return square;
}

static void ascent_climb(struct ascent *ascent, double length)
{
	const struct assign_desk *desk = ascent->desk;
	double most = (double)desk->unserved;
	u32 i, t;

	for (i = 0; i < desk->fleet->stations; i++)
		for (t = 0; t < desk->periods; t++) {
			size_t at = (size_t)i * desk->periods + t;
			double power = desk->fleet->station[i].power_w;

			ascent->charger[at] =
				fmin(most, fmax(0, ascent->charger[at] + length * ascent->charger_slope[at]));
			ascent->prices.charger[at] = (s64)ascent->charger[at];
			ascent->watt[at] =
				fmin(most / power, fmax(0, ascent->watt[at] + length * ascent->watt_slope[at] / power));
			ascent->prices.watt[at] = (s64)ascent->watt[at];
		}
}

static void ascent_keep(struct ascent *ascent, s64 bound)
{
	struct assign_search *search = ascent->search;
	size_t cells = (size_t)ascent->desk->fleet->stations * ascent->desk->periods;

	if (bound > search->bound || !search->plan->rounds) {
		search->bound = bound;
		memcpy(search->prices.charger, ascent->prices.charger, cells * sizeof(s64));
		memcpy(search->prices.watt, ascent->prices.watt, cells * sizeof(s64));
		ascent->patience = 0;
	} else if (++ascent->patience == ASCENT_PATIENCE) {
		ascent->step /= 2;
		ascent->patience = 0;
	}
}

int assign_by_prices(struct assign_search *search, u32 rounds)
{
	struct ascent ascent = { .search = search, .desk = search->desk };
	double square, gap;
	s64 bound;
	u32 round;
	int err = ascent_open(&ascent);

	for (round = 0; !err && round < rounds; round++) {
		bound = ascent_choose(&ascent);
		ascent_keep(&ascent, bound);
		search->plan->rounds++;
		if (round % ASCENT_FILL == 0) {
			assign_fill(search, &ascent.prices);
			assign_keep_best(search);
		}
		gap = (double)(search->best->cost - bound);
		square = ascent_slopes(&ascent);
		if (search->best->cost <= search->bound || square < 1e-9 ||
		    !assign_goes_on(search, "prices", (double)round / rounds))
			break;
		ascent_climb(&ascent, ascent.step * gap / square);
	}
	if (!err)
		assign_prices_sum(search->desk, &search->prices);
	ascent_close(&ascent);
	return err;
}
