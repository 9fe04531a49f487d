// SPDX-License-Identifier: GPL-2.0
/*
 * tariff.c - see tariff.h.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "agent/sched/tariff.h"

int tariff_new(u32 periods, u32 stations, struct tariff *ret_tariff)
{
	ret_tariff->periods = periods;
	ret_tariff->stations = stations;
	ret_tariff->price = calloc((size_t)periods * stations + 1, sizeof(*ret_tariff->price));
	return ret_tariff->price ? 0 : -ENOMEM;
}

void tariff_done(struct tariff *tariff)
{
	free(tariff->price);
	tariff->price = NULL;
}

void tariff_of_prices(const struct crowd *crowd, const struct dispatch_plan *plan, struct tariff *tariff)
{
	double price;
	u32 t, s;

	for (t = 0; t < tariff->periods; t++)
		for (s = 0; s < tariff->stations; s++) {
			price = TARIFF_PER_MWH * plan->price[(size_t)t * plan->buses + crowd->station[s].bus];
			price = fmin(fmax(price, -TARIFF_MOST), TARIFF_MOST);
			tariff->price[(size_t)t * tariff->stations + s] = (int32_t)lround(price);
		}
}
