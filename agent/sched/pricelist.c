// SPDX-License-Identifier: GPL-2.0
/*
 * pricelist.c - see pricelist.h.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "agent/sched/pricelist.h"

int pricelist_new(u32 periods, u32 stations, struct pricelist *ret_list)
{
	ret_list->periods = periods;
	ret_list->stations = stations;
	ret_list->price = calloc((size_t)periods * stations + 1, sizeof(*ret_list->price));
	return ret_list->price ? 0 : -ENOMEM;
}

void pricelist_done(struct pricelist *tariff)
{
	free(tariff->price);
	tariff->price = NULL;
}

void pricelist_of_plan(const struct crowd *crowd, const struct dispatch_plan *plan, struct pricelist *tariff)
{
	double price;
	u32 t, s;

	for (t = 0; t < tariff->periods; t++)
		for (s = 0; s < tariff->stations; s++) {
			price = PRICELIST_PER_MWH * plan->price[(size_t)t * plan->buses + crowd->station[s].bus];
			price = fmin(fmax(price, -PRICELIST_MOST), PRICELIST_MOST);
			tariff->price[(size_t)t * tariff->stations + s] = (int32_t)lround(price);
		}
}
