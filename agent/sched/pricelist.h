/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pricelist.h - what stations ask for a kilowatt-hour in each period: whole
 * numbers of 1/10000 yuan, as the ledger has them (paper eq. (4)(5)), made of nodal prices (money per MWh).
 */
#ifndef VOLTGATE_SCHED_PRICELIST_H
#define VOLTGATE_SCHED_PRICELIST_H

#include <stdint.h>

#include "agent/sched/crowd.h"

#define PRICELIST_MOST 1000000000 /* 100,000 yuan a kWh: what is dearer is cut there */
#define PRICELIST_PER_MWH 10	  /* money per MWh -> 1/10000 per kWh */

struct pricelist {
	u32 periods, stations;
	int32_t *price; /* periods x stations */
};

/* -ENOMEM. */
int pricelist_new(u32 periods, u32 stations, struct pricelist *ret_list);
void pricelist_done(struct pricelist *tariff);
/* Rounds the prices of @plan at the stations' buses. */
void pricelist_of_plan(const struct crowd *crowd, const struct dispatch_plan *plan, struct pricelist *tariff);

#endif
