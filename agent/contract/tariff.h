/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tariff.h - prices by time of use: the day in periods, in the channel's time
 * zone, and how metered energy is split at their boundaries (PROTOCOL.md M2; paper eqs. (4) and (5)). Pure.
 *
 * As text: periods "MINUTE:ENERGY+SERVICE" with commas between, MINUTE of the day at which it begins (the first is 0,
 * ascending, below 1440), prices in 1/10000 yuan per kWh: "0:3200+2000,480:6800+4000,1320:3200+2000".
 * As bytes ('t' station 32, version u32): version u8 1, since u64 (Time64), count u8, each: minute u16, energy u64,
 * service u64
 */
#ifndef VOLTGATE_CONTRACT_TARIFF_H
#define VOLTGATE_CONTRACT_TARIFF_H

#include "ledger/cursor.h"

#define TARIFF_PERIODS_MAX 48
#define TARIFF_BYTES_MAX (10 + TARIFF_PERIODS_MAX * 18)
#define TARIFF_ZONE_UTC 720   /* the parameter time-zone-min of UTC itself */
#define TARIFF_LEAP_SECONDS 5 /* in Time64 since 2004 (PROTOCOL.md P2) */

struct tariff_period {
	u16 minute;
	u64 energy, service;
};

struct tariff {
	u64 since;
	u32 count;
	struct tariff_period periods[TARIFF_PERIODS_MAX];
};

/* A period's turn on one day: [from, to), Time64. */
struct tariff_turn {
	u32 period;
	u64 from, to;
};

/* Energy metered within one turn. */
struct tariff_part {
	u32 period;
	u64 from, to, energy_wh;
};

int tariff_decode(struct span bytes, struct tariff *ret_tariff); /* 0, -EBADMSG */
void tariff_encode(struct writer *writer, const struct tariff *tariff);
/* From text as above. NULL, or what is wrong with it, to be put behind "The periods ". */
const char *tariff_parse(struct span text, struct tariff *ret_tariff);
/* The turn that @time lies in. @zone_min: minutes east of UTC, plus 720. */
struct tariff_turn tariff_turn(const struct tariff *tariff, u64 zone_min, u64 time);
/* Are the service prices those of @other at every minute of the day? */
bool tariff_same_service(const struct tariff *tariff, const struct tariff *other);
/* Energy and service price together. */
u64 tariff_price(const struct tariff *tariff, u32 period);
u64 tariff_highest(const struct tariff *tariff);
/*
 * Splits @energy_wh, metered from @from to @to (above @from), in proportion to time: each earlier part is rounded
 * down, the last takes the rest. Calls @each for every turn touched, in order; ends early if it returns false.
 */
void tariff_split(const struct tariff *tariff, u64 zone_min, u64 from, u64 to, u64 energy_wh,
		  bool (*each)(void *arg, const struct tariff_part *part), void *arg);

#endif
