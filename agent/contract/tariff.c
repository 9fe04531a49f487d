// SPDX-License-Identifier: GPL-2.0
/* tariff.c - see tariff.h. Local time is UTC and an offset: no daylight saving moves a boundary of a day. */
#include <errno.h>

#include "agent/contract/money.h"
#include "agent/contract/tariff.h"

#define TARIFF_VERSION 1
#define MINUTE_US 60000000ULL
#define DAY_MINUTES 1440
#define DAY_US (DAY_MINUTES * MINUTE_US)

/* The first is 0, minutes ascend within the day, prices are within their limits. */
static const char *tariff_fault(const struct tariff *tariff)
{
	const struct tariff_period *period;
	u32 i;

	if (!tariff->count || tariff->periods[0].minute)
		return "begin at minute 0 of the day.";
	for (i = 0; i < tariff->count; i++) {
		period = &tariff->periods[i];
		if (period->minute >= DAY_MINUTES || (i && period->minute <= tariff->periods[i - 1].minute))
			return "have minutes that rise and stay below 1440.";
		if (period->energy > MONEY_PRICE_MOST || period->service > MONEY_PRICE_MOST)
			return "have prices up to 100000000 (10,000 yuan per kWh) each.";
	}
	return NULL;
}

int tariff_decode(struct span bytes, struct tariff *ret_tariff)
{
	struct reader reader;
	u32 i;

	reader_init(&reader, bytes.bytes, bytes.len);
	if (reader_u8(&reader) != TARIFF_VERSION)
		return -EBADMSG;
	ret_tariff->since = reader_u64(&reader);
	ret_tariff->count = reader_u8(&reader);
	if (ret_tariff->count > TARIFF_PERIODS_MAX)
		return -EBADMSG;
	for (i = 0; i < ret_tariff->count; i++) {
		ret_tariff->periods[i].minute = reader_u16(&reader);
		ret_tariff->periods[i].energy = reader_u64(&reader);
		ret_tariff->periods[i].service = reader_u64(&reader);
	}
	return reader_done(&reader) && !tariff_fault(ret_tariff) ? 0 : -EBADMSG;
}

void tariff_encode(struct writer *writer, const struct tariff *tariff)
{
	u32 i;

	writer_u8(writer, TARIFF_VERSION);
	writer_u64(writer, tariff->since);
	writer_u8(writer, tariff->count);
	for (i = 0; i < tariff->count; i++) {
		writer_u16(writer, tariff->periods[i].minute);
		writer_u64(writer, tariff->periods[i].energy);
		writer_u64(writer, tariff->periods[i].service);
	}
}

/* A decimal number off the front of @rest, then @end, or the text's end where @last. */
static bool take_number(struct span *rest, char end, bool *ret_last, u64 *ret_number)
{
	size_t i;

	*ret_number = 0;
	for (i = 0; i < rest->len && rest->bytes[i] >= '0' && rest->bytes[i] <= '9'; i++)
		if (i == 10 || (i == 1 && !*ret_number))
			return false;
		else
			*ret_number = *ret_number * 10 + (rest->bytes[i] - '0');
	*ret_last = i == rest->len;
	if (!i || (!*ret_last && rest->bytes[i] != end))
		return false;
	i += !*ret_last;
	rest->bytes += i;
	rest->len -= i;
	return true;
}

const char *tariff_parse(struct span text, struct tariff *ret_tariff)
{
	struct tariff_period *period;
	bool last = false;
	u64 minute;

	ret_tariff->since = 0;
	for (ret_tariff->count = 0; !last; ret_tariff->count++) {
		if (ret_tariff->count == TARIFF_PERIODS_MAX)
			return "are 48 at most.";
		period = &ret_tariff->periods[ret_tariff->count];
		if (!take_number(&text, ':', &last, &minute) || last ||
		    !take_number(&text, '+', &last, &period->energy) || last ||
		    !take_number(&text, ',', &last, &period->service) || (!last && !text.len))
			return "are written MINUTE:ENERGY+SERVICE, with commas between.";
		period->minute = minute < DAY_MINUTES ? minute : DAY_MINUTES;
	}
	return tariff_fault(ret_tariff);
}

struct tariff_turn tariff_turn(const struct tariff *tariff, u64 zone_min, u64 time)
{
	/* A day more, so that nothing falls below zero west of UTC. */
	u64 local =
		time - TARIFF_LEAP_SECONDS * 1000000ULL + zone_min * MINUTE_US + DAY_US - TARIFF_ZONE_UTC * MINUTE_US;
	u64 within = local % DAY_US, midnight = time - within;
	struct tariff_turn turn = { .period = tariff->count - 1 };

	while (turn.period && tariff->periods[turn.period].minute * MINUTE_US > within)
		turn.period--;
	turn.from = midnight + tariff->periods[turn.period].minute * MINUTE_US;
	turn.to = midnight +
		  (turn.period + 1 < tariff->count ? tariff->periods[turn.period + 1].minute * MINUTE_US : DAY_US);
	return turn;
}

bool tariff_same_service(const struct tariff *tariff, const struct tariff *other)
{
	u32 mine = 0, theirs = 0;

	for (;;) {
		if (tariff->periods[mine].service != other->periods[theirs].service)
			return false;
		/* On to the boundary that comes first, of one or both. */
		if (mine + 1 == tariff->count && theirs + 1 == other->count)
			return true;
		if (theirs + 1 == other->count ||
		    (mine + 1 < tariff->count && tariff->periods[mine + 1].minute < other->periods[theirs + 1].minute))
			mine++;
		else if (mine + 1 == tariff->count ||
			 other->periods[theirs + 1].minute < tariff->periods[mine + 1].minute)
			theirs++;
		else
			mine++, theirs++;
	}
}

u64 tariff_price(const struct tariff *tariff, u32 period)
{
	return tariff->periods[period].energy + tariff->periods[period].service;
}

u64 tariff_highest(const struct tariff *tariff)
{
	u64 highest = 0;
	u32 i;

	for (i = 0; i < tariff->count; i++)
		if (tariff_price(tariff, i) > highest)
			highest = tariff_price(tariff, i);
	return highest;
}

void tariff_split(const struct tariff *tariff, u64 zone_min, u64 from, u64 to, u64 energy_wh,
		  bool (*each)(void *arg, const struct tariff_part *part), void *arg)
{
	u64 all = to - from, left = energy_wh;
	struct tariff_part part = { .to = from };
	struct tariff_turn turn;

	while (part.to < to) {
		turn = tariff_turn(tariff, zone_min, part.to);
		part.period = turn.period;
		part.from = part.to;
		part.to = turn.to < to ? turn.to : to;
		part.energy_wh = part.to == to ? left : money_share(energy_wh, part.to - part.from, all);
		left -= part.energy_wh;
		if (!each(arg, &part))
			return;
	}
}
