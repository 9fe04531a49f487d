// SPDX-License-Identifier: GPL-2.0
/*
 * recommendation.c - stations for a vehicle that looks for one: near, free,
 * well rated, cheap. For users of normal credibility only (PROTOCOL.md M7). A query; all of it integers.
 *
 * A station counts if it is open, has a free charger and lies within the radius. Its points are the sum of four parts,
 * each from 0 to 1000, times its weight:
 *   near   4   1000 * (radius - distance) / radius
 *   free   2   1000 * chargers free / chargers in service
 *   rated  2   1000 * rating / 6
 *   cheap  3   1000 * (dearest - price) / dearest, the dearest of the stations that count; price now, energy and
 * service Divisions round down; among equal points the nearer one is first, then the smaller id.
 */
#include <errno.h>
#include <stdlib.h>

#include "agent/contract/account.h"
#include "agent/contract/answer.h"
#include "agent/contract/argument.h"
#include "agent/contract/charging.h"
#include "agent/contract/credit.h"
#include "agent/contract/distance.h"
#include "agent/contract/rating.h"
#include "agent/contract/station.h"
#include "ledger/rating.h"

#define PART 1000
#define WEIGHT_NEAR 4
#define WEIGHT_FREE 2
#define WEIGHT_RATED 2
#define WEIGHT_CHEAP 3
#define SHOWN_DEFAULT 5
#define SHOWN_MOST 50
#define RADIUS_DEFAULT_M 50000
#define RADIUS_MOST_M 1000000
#define CANDIDATES_MOST 65536 /* beyond that the radius is too wide */

struct candidate {
	u8 id[CHARGING_ID_LEN];
	struct station station;
	u64 distance_m, price, rating_micro, points;
	u32 chargers, free;
};

struct search {
	struct contract_run *run;
	int latitude, longitude;
	u64 radius_m;
	struct candidate *list;
	u32 count, room;
	int error;
};

struct chargers {
	struct candidate *candidate;
	u64 now;
};

static bool count_charger(void *arg, struct span key, struct span value)
{
	struct chargers *chargers = arg;
	struct charger charger;

	(void)key;
	if (charger_decode(value, &charger) || charger.state != STATION_OPEN)
		return true;
	chargers->candidate->chargers++;
	chargers->candidate->free += charger_free(&charger, chargers->now);
	return true;
}

/* The price of this moment, energy and service; peeked, so that many stations do not fill the read set. */
static int price_now(struct contract_run *run, const u8 id[32], u32 version, u64 *ret_price)
{
	u8 key[37] = { 't' };
	struct tariff tariff;
	struct writer writer;
	struct span value;
	int result;

	memcpy(key + 1, id, 32);
	writer_init(&writer, key + 33, 4);
	writer_u32(&writer, version);
	result = contract_peek(run, (struct span){ key, sizeof(key) }, &value);
	if (!result && tariff_decode(value, &tariff))
		result = -EIO;
	if (result)
		return contract_refuse(run, -EIO, "A station's tariff is missing or damaged.");
	*ret_price = tariff_price(
		&tariff,
		tariff_turn(&tariff, contract_parameter(run, MEMBERSHIP_TIME_ZONE_MIN), contract_time(run)).period);
	return 0;
}

/* What is known of one station, as far as it counts. 0: it does not; 1: it does. */
static int consider(struct search *search, struct candidate *candidate)
{
	struct chargers chargers = { candidate, contract_time(search->run) };
	struct account_key under = account_key('x', candidate->id);
	int result;

	if (candidate->station.state != STATION_OPEN)
		return 0;
	candidate->distance_m = distance_m(search->latitude, search->longitude, candidate->station.latitude,
					   candidate->station.longitude);
	if (candidate->distance_m > search->radius_m)
		return 0;
	result = contract_scan(search->run, ACCOUNT_SPAN(under), ACCOUNT_SPAN(under), count_charger, &chargers);
	if (result || !candidate->free)
		return result;
	result = rating_get(search->run, candidate->id, &candidate->rating_micro);
	result = result ?: price_now(search->run, candidate->id, candidate->station.tariff, &candidate->price);
	return result ?: 1;
}

static bool search_one(void *arg, struct span key, struct span value)
{
	struct candidate candidate = { .points = 0 }, *list;
	struct search *search = arg;
	int counts;

	if (key.len != 1 + CHARGING_ID_LEN || station_decode(value, &candidate.station)) {
		search->error = contract_refuse(search->run, -EIO, "A station's record is damaged.");
		return false;
	}
	memcpy(candidate.id, key.bytes + 1, CHARGING_ID_LEN);
	counts = consider(search, &candidate);
	if (counts > 0 && search->count == search->room) {
		list = search->count < CANDIDATES_MOST ? realloc(search->list, (2 * search->room + 64) * sizeof(*list))
						       : NULL;
		if (list) {
			search->list = list;
			search->room = 2 * search->room + 64;
		} else {
			counts = contract_refuse(search->run, -E2BIG,
						 "Too many stations count; a smaller RADIUS helps.");
		}
	}
	if (counts > 0)
		search->list[search->count++] = candidate;
	if (counts < 0)
		search->error = counts;
	return counts >= 0;
}

static void give_points(struct search *search)
{
	struct candidate *at;
	u64 dearest = 0;
	u32 i;

	for (i = 0; i < search->count; i++)
		dearest = search->list[i].price > dearest ? search->list[i].price : dearest;
	for (i = 0; i < search->count; i++) {
		at = &search->list[i];
		at->points = WEIGHT_NEAR * (PART * (search->radius_m - at->distance_m) / search->radius_m) +
			     WEIGHT_FREE * ((u64)PART * at->free / at->chargers) +
			     WEIGHT_RATED * (PART * at->rating_micro / (RATING_D * CREDIT_MICRO));
		if (dearest)
			at->points += WEIGHT_CHEAP * (PART * (dearest - at->price) / dearest);
	}
}

static int by_points(const void *one, const void *other)
{
	const struct candidate *left = one, *right = other;

	if (left->points != right->points)
		return left->points > right->points ? -1 : 1;
	if (left->distance_m != right->distance_m)
		return left->distance_m < right->distance_m ? -1 : 1;
	return memcmp(left->id, right->id, sizeof(left->id));
}

static json_t *shown(const struct search *search, u64 most)
{
	json_t *array = json_array(), *object;
	const struct candidate *at;
	u32 i;

	for (i = 0; i < search->count && i < most; i++) {
		at = &search->list[i];
		object = json_object();
		answer_hex(object, "station", at->id, sizeof(at->id));
		answer_text(object, "name", at->station.name);
		answer_organisation(object, "organisation", search->run, at->station.organisation);
		answer_number(object, "distance", at->distance_m);
		answer_number(object, "free", at->free);
		answer_number(object, "chargers", at->chargers);
		answer_number(object, "unit_price", at->price);
		answer_number(object, "tariff", at->station.tariff);
		answer_number(object, "rating", at->rating_micro);
		answer_number(object, "points", at->points);
		answer_item(array, object);
	}
	return array;
}

/* Is @wallet a user of normal credibility: an active account with credit at or above the threshold? */
static int judge_user(struct contract_run *run, struct span text)
{
	struct account account;
	struct credit credit;
	u8 wallet[32];
	int result = argument_hex(run, text, "WALLET", wallet, sizeof(wallet));

	result = result ?: account_active(run, wallet, &account);
	result = result ?: credit_get(run, wallet, true, &credit);
	if (!result && credit_against(&credit, contract_parameter(run, MEMBERSHIP_CREDIT_THRESHOLD_MILLI)) < 0)
		result = contract_refuse(run, -EACCES,
					 "The wallet's credit is below the channel's threshold: stations are "
					 "recommended to users of normal credibility.");
	return result;
}

static int recommendation_stations(struct contract_run *run, const struct span *arguments, u32 count)
{
	static const u8 stations[] = { 's' };
	struct search search = { .run = run, .radius_m = RADIUS_DEFAULT_M };
	struct span under = { stations, sizeof(stations) };
	s64 latitude = 0, longitude = 0;
	u64 most = SHOWN_DEFAULT;
	int result = judge_user(run, arguments[0]);

	result = result
			 ?: argument_signed(run, arguments[1], "LATITUDE", -DISTANCE_LATITUDE_MOST,
					    DISTANCE_LATITUDE_MOST, &latitude);
	result = result
			 ?: argument_signed(run, arguments[2], "LONGITUDE", -DISTANCE_LONGITUDE_MOST,
					    DISTANCE_LONGITUDE_MOST, &longitude);
	if (!result && count > 3)
		result = argument_number(run, arguments[3], "COUNT", 1, SHOWN_MOST, &most);
	if (!result && count > 4)
		result = argument_number(run, arguments[4], "RADIUS", 1, RADIUS_MOST_M, &search.radius_m);
	if (result)
		return result;
	search.latitude = (int)latitude;
	search.longitude = (int)longitude;
	result = contract_scan(run, under, under, search_one, &search);
	result = result ?: search.error;
	if (!result) {
		give_points(&search);
		if (search.count)
			qsort(search.list, search.count, sizeof(search.list[0]), by_points);
		result = answer_give(run, shown(&search, most));
	}
	free(search.list);
	return result;
}

static const struct charging_function functions[] = {
	{ "stations", 3, 5, CHARGING_QUERY, recommendation_stations, "WALLET LATITUDE LONGITUDE [COUNT [RADIUS]]" },
	{ .name = NULL },
};

const struct charging_noun charging_recommendation = { "recommendation", functions };
