/* SPDX-License-Identifier: GPL-2.0 */
/*
 * plan.h - what the utility that schedules the grid tells charging stations,
 * and what they tell it: energy and price for the next periods, and the load as it is. A plan guides; what a wallet
 * pays is the station's tariff (tariff.h), whose energy prices an appointed utility may set as well.
 *
 * 'P' station 32:       version u8 1, organisation u16 (that posted it), posted u64 (Time64 of the head), start u64,
 *                       period u32 (s), count u16, each: energy u64 (Wh at most), price u64 (1/10000 yuan per kWh)
 * 'O' station 32:       version u8 1, told u64 (Time64 of the head), load u64 (W), busy u16 (chargers)
 * 'u' organisation u16: version u8 1, utility u16 (the organisation that schedules its stations), since u64
 */
#ifndef VOLTGATE_CONTRACT_PLAN_H
#define VOLTGATE_CONTRACT_PLAN_H

#include "agent/contract/contract.h"

#define PLAN_PERIODS_MAX 96
#define PLAN_PERIOD_MOST 86400 /* s */

struct plan_period {
	u64 energy_wh, price;
};

struct plan {
	u16 organisation;
	u64 posted, start;
	u32 period_s, count;
	struct plan_period periods[PLAN_PERIODS_MAX];
};

struct plan_observed {
	u64 told, load_w;
	u16 busy;
};

/* Pure, for whoever reads committed state: 0, -EBADMSG. */
int plan_decode(struct span value, struct plan *ret_plan);
int plan_observed_decode(struct span value, struct plan_observed *ret_observed);
/* The state key of @station's plan within the contract. */
void plan_key(char space, const u8 station[32], u8 ret_key[33]);
/* May @asker schedule the stations of @organisation: its own administrator, or the appointed utility's? -EACCES. */
int plan_governs(struct contract_run *run, u16 organisation, u16 asker);

#endif
