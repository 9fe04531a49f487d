/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tariff.h - what stations ask for a kilowatt-hour in each period: whole
 * numbers of 1/10000 yuan, as the ledger has them (paper eq. (4)(5)), made of nodal prices (money per MWh).
 */
#ifndef VOLTGATE_SCHED_TARIFF_H
#define VOLTGATE_SCHED_TARIFF_H

#include <stdint.h>

#include "agent/sched/crowd.h"

#define TARIFF_MOST 1000000000 /* 100,000 yuan a kWh: what is dearer is cut there */
#define TARIFF_PER_MWH 10      /* money per MWh -> 1/10000 per kWh */

struct tariff {
	u32 periods, stations;
	int32_t *price; /* periods x stations */
};

/* -ENOMEM. */
int tariff_new(u32 periods, u32 stations, struct tariff *ret_tariff);
void tariff_done(struct tariff *tariff);
/* Rounds the prices of @plan at the stations' buses. */
void tariff_of_prices(const struct crowd *crowd, const struct dispatch_plan *plan, struct tariff *tariff);

#endif
