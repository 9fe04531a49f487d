/* SPDX-License-Identifier: GPL-2.0 */
/*
 * money.h - sums and fees in checked integers: money in 1/10000 yuan, energy
 * in Wh, prices in 1/10000 yuan per kWh. Nothing wraps: what does not fit is false. Pure.
 */
#ifndef VOLTGATE_CONTRACT_MONEY_H
#define VOLTGATE_CONTRACT_MONEY_H

#include "voltgate/types.h"

#define MONEY_MOST 1000000000000000ULL		/* of one balance or deposit: 1e11 yuan */
#define MONEY_PRICE_MOST 100000000ULL		/* of energy, and of service: 10,000 yuan per kWh */
#define MONEY_ENERGY_MOST 100000000ULL		/* of one charging session: 100 MWh */
#define MONEY_REGISTER_MOST 1000000000000000ULL /* of a meter's register: 1e12 kWh */

bool money_add(u64 one, u64 other, u64 *ret_sum);
/* Energy times price, over 1000, rounded half up to 1/10000 yuan (PROTOCOL.md M2). */
bool money_fee(u64 energy_wh, u64 price, u64 *ret_fee);
/* @whole * @part / @of, rounded down, for @part <= @of and @of > 0. */
u64 money_share(u64 whole, u64 part, u64 of);

#endif
