// SPDX-License-Identifier: GPL-2.0
/*
 * account_fuzz.c - any bytes as a record of the state (the first byte says of
 * which kind) or as the text of a tariff: decoders stay within them, and what they accept is within its limits.
 */
#include <stdlib.h>

#include "agent/contract/account.h"
#include "agent/contract/bill.h"
#include "agent/contract/money.h"
#include "agent/contract/session.h"

static bool stop_after_many(void *arg, const struct tariff_part *part)
{
	u64 *sum = arg;

	*sum += part->energy_wh;
	return true;
}

/* Parts add up, whatever the tariff. */
static void tariff_check(const struct tariff *tariff)
{
	u64 from = 700000000000000, sum = 0;
	u32 i;

	if (!tariff->count || tariff->count > TARIFF_PERIODS_MAX || tariff_highest(tariff) > 2 * MONEY_PRICE_MOST)
		abort();
	for (i = 0; i < 3; i++) {
		struct tariff_turn turn = tariff_turn(tariff, 520 * i, from);

		if (turn.from > from || turn.to <= from || turn.period >= tariff->count)
			abort();
	}
	tariff_split(tariff, 1200, from, from + 86400000000 + 77, 123457, stop_after_many, &sum);
	if (sum != 123457)
		abort();
}

int LLVMFuzzerTestOneInput(const u8 *bytes, size_t len);
int LLVMFuzzerTestOneInput(const u8 *bytes, size_t len)
{
	static struct session session;
	static struct bill bill;
	struct span value = { bytes + 1, len - 1 };
	struct account account;
	struct charger charger;
	struct station station;
	struct tariff tariff;
	struct wallet wallet;

	if (!len)
		return 0;
	switch (bytes[0] % 8) {
	case 0:
		return account_decode(value, &account) || account.state ? 0 : (abort(), 0);
	case 1:
		if (!station_decode(value, &station) && strlen(station.name) > STATION_NAME_MAX)
			abort();
		return 0;
	case 2:
		return !charger_decode(value, &charger) && charger.use > CHARGER_BUSY ? (abort(), 0) : 0;
	case 3:
		return !session_decode(value, &session) && session.line_count > SESSION_LINES_MAX ? (abort(), 0) : 0;
	case 4:
		return !wallet_decode(value, &wallet) && wallet.doing > WALLET_CHARGING ? (abort(), 0) : 0;
	case 5:
		return !bill_decode(value, &bill) && bill.line_count > SESSION_LINES_MAX ? (abort(), 0) : 0;
	case 6:
		if (!tariff_decode(value, &tariff))
			tariff_check(&tariff);
		return 0;
	}
	if (!tariff_parse(value, &tariff))
		tariff_check(&tariff);
	return 0;
}
