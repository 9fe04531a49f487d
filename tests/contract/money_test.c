// SPDX-License-Identifier: GPL-2.0
/*
 * money_test.c - fees, tariffs and readings by examples worked out by hand, and
 * the bytes that meters and wallets sign against hashes made by another program.
 */
#include <stdio.h>
#include <string.h>

#include "agent/contract/money.h"
#include "agent/contract/reading.h"
#include "agent/contract/session.h"
#include "tests/contract/money_stage.h"
#include "tests/ktap.h"

#define SECOND 1000000ULL
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define MIDNIGHT 712598405000000ULL /* 2026-07-31T16:00:00Z, a midnight at UTC+8 */
#define BEIJING 1200		    /* time-zone-min */

static void fees(void)
{
	u64 fee;

	ktap_ok(money_fee(1, 499, &fee) && fee == 0, "1 Wh at 499 is 0.499: nothing");
	ktap_ok(money_fee(1, 500, &fee) && fee == 1, "at 500 it is half: one");
	ktap_ok(money_fee(3, 500, &fee) && fee == 2, "3 Wh at 500 are 1.5: two");
	ktap_ok(money_fee(1000, 12345, &fee) && fee == 12345, "1 kWh is the price");
	ktap_ok(money_fee(0, MONEY_PRICE_MOST, &fee) && !fee, "nothing is nothing");
	ktap_ok(money_fee(MONEY_ENERGY_MOST, 2 * MONEY_PRICE_MOST, &fee) && fee == 20000000000000, "the dearest fits");
	ktap_ok(!money_fee(1ULL << 40, 1ULL << 24, &fee), "what does not fit 64 bits is none");
	ktap_ok(!money_fee(1, 0xffffffffffffffffULL, &fee), "nor when rounding it does not");
	ktap_ok(!money_add(0xffffffffffffffffULL, 1, &fee) && money_add(1, 2, &fee) && fee == 3, "sums");
	ktap_ok(money_share(0xffffffffffffffffULL, 3, 4) == 0xbfffffffffffffffULL, "shares of the greatest number");
}

static struct tariff tariff_of(const char *text)
{
	struct tariff tariff;
	const char *fault = tariff_parse((struct span){ (const u8 *)text, strlen(text) }, &tariff);

	if (fault)
		printf("# %s %s\n", text, fault);
	return tariff;
}

static void turns(void)
{
	struct tariff tariff = tariff_of("0:3000+2000,480:6000+2500,1320:3000+1000");
	struct tariff_turn turn = tariff_turn(&tariff, BEIJING, MIDNIGHT);

	ktap_ok(tariff.count == 3 && tariff_price(&tariff, 1) == 8500 && tariff_highest(&tariff) == 8500, "a tariff");
	ktap_ok(!turn.period && turn.from == MIDNIGHT && turn.to == MIDNIGHT + 8 * HOUR, "a turn begins at midnight");
	turn = tariff_turn(&tariff, BEIJING, MIDNIGHT - 1);
	ktap_ok(turn.period == 2 && turn.to == MIDNIGHT && turn.from == MIDNIGHT - 2 * HOUR,
		"a microsecond before is the day before");
	turn = tariff_turn(&tariff, BEIJING, MIDNIGHT + 8 * HOUR - 1);
	ktap_ok(!turn.period, "08:00 less a microsecond is the first period");
	turn = tariff_turn(&tariff, BEIJING, MIDNIGHT + 8 * HOUR);
	ktap_ok(turn.period == 1 && turn.to == MIDNIGHT + 22 * HOUR, "08:00 is the second");
	turn = tariff_turn(&tariff, TARIFF_ZONE_UTC, MIDNIGHT);
	ktap_ok(turn.period == 1 && turn.from == MIDNIGHT - 8 * HOUR, "at UTC the same moment is 16:00");
	turn = tariff_turn(&tariff, 0, MIDNIGHT);
	ktap_ok(!turn.period && turn.from == MIDNIGHT - 4 * HOUR, "twelve hours west of it, 04:00");
	turn = tariff_turn(&tariff, 1560, MIDNIGHT);
	ktap_ok(!turn.period && turn.from == MIDNIGHT - 6 * HOUR, "fourteen hours east, 06:00 of the next day");
}

struct parts {
	u32 count;
	struct tariff_part list[8];
};

static bool part_keep(void *arg, const struct tariff_part *part)
{
	struct parts *parts = arg;

	parts->list[parts->count++ % 8] = *part;
	return true;
}

static void splits(void)
{
	struct tariff tariff = tariff_of("0:3000+2000,480:6000+2500,1320:3000+1000");
	struct parts parts = { .count = 0 };
	u64 eight = MIDNIGHT + 8 * HOUR;

	tariff_split(&tariff, BEIJING, eight - HOUR / 2, eight + HOUR / 2, 10001, part_keep, &parts);
	ktap_ok(parts.count == 2 && parts.list[0].energy_wh == 5000 && parts.list[1].energy_wh == 5001 &&
			parts.list[0].to == eight && parts.list[1].from == eight,
		"10,001 Wh around 08:00: 5,000 before it, rounded down, the rest after");
	parts.count = 0;
	tariff_split(&tariff, BEIJING, eight - HOUR, eight, 10001, part_keep, &parts);
	ktap_ok(parts.count == 1 && parts.list[0].energy_wh == 10001, "what ends at the boundary is not split");
	parts.count = 0;
	tariff_split(&tariff, BEIJING, eight, eight + 1, 1, part_keep, &parts);
	ktap_ok(parts.count == 1 && parts.list[0].period == 1, "what begins there is of the later period");
	parts.count = 0;
	tariff_split(&tariff, BEIJING, MIDNIGHT - HOUR, MIDNIGHT + 23 * HOUR, 240007, part_keep, &parts);
	ktap_ok(parts.count == 4 && parts.list[0].energy_wh == 10000 && parts.list[1].energy_wh == 80002 &&
			parts.list[2].energy_wh == 140004 && parts.list[3].energy_wh == 10001,
		"a day over midnight: four parts that add up");
	parts.count = 0;
	tariff_split(&tariff, BEIJING, eight - 1, eight + 2, 1, part_keep, &parts);
	ktap_ok(parts.count == 2 && !parts.list[0].energy_wh && parts.list[1].energy_wh == 1, "one Wh is not halved");
}

static void readings(void)
{
	struct reading before = { 4, 1000, MIDNIGHT }, next = { 5, 1000, MIDNIGHT + HOUR };

	ktap_ok(reading_follows(&before, &next, 7000) == READING_NONE, "a register that stands");
	next.register_wh = 1000 + 8750 + READING_SLACK_WH;
	ktap_ok(reading_follows(&before, &next, 7000) == READING_NONE, "five quarters of 7 kW for an hour, and 1 kWh");
	next.register_wh++;
	ktap_ok(reading_follows(&before, &next, 7000) == READING_TOO_MUCH, "and not a Wh more");
	next.register_wh = 999;
	ktap_ok(reading_follows(&before, &next, 7000) == READING_FALLS, "a register that falls");
	next = (struct reading){ 5, 1000, MIDNIGHT };
	ktap_ok(reading_follows(&before, &next, 7000) == READING_BACK_IN_TIME, "the same time");
	next.number = 6;
	ktap_ok(reading_follows(&before, &next, 7000) == READING_GAP, "a gap");
	next.number = 4;
	ktap_ok(reading_follows(&before, &next, 7000) == READING_REPEATED, "the same number");
	before.number = 0xffffffff;
	next = (struct reading){ 0, 1000, MIDNIGHT + 1 };
	ktap_ok(reading_follows(&before, &next, 7000) == READING_REPEATED, "numbers do not wrap");
}

/* What is signed, against BLAKE2b-256 by another program (Python's hashlib). */
static void vectors(void)
{
	u8 channel[32], station[32], session[32], wallet[32], hash[32];
	struct reading_scope scope = { channel, station, session, 7 };
	struct reading reading = { 5, 123456, 700000000000000 };

	memset(channel, 1, 32);
	memset(station, 2, 32);
	memset(session, 3, 32);
	memset(wallet, 4, 32);
	reading_hash(&scope, &reading, hash);
	ktap_ok(!strcmp(stage_hex(hash, 32), "08260e93dfd5f00b1cc650d6e9217dce8c42df737c30ff6d2bc56c89bfcba17d"),
		"what a meter signs");
	session_signed_id(channel, wallet, station, 3, 5000, 60000, 9, 700000100000000, hash);
	ktap_ok(!strcmp(stage_hex(hash, 32), "07d89210901197f96cba1fb6c5cf4d7402560b4762f2d8c98dae2c9a23ef8d24"),
		"the id of a session whose start the wallet signs");
}

int main(void)
{
	ktap_plan(0);
	fees();
	turns();
	splits();
	readings();
	vectors();
	return ktap_exit();
}
