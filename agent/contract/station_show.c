// SPDX-License-Identifier: GPL-2.0
/* station_show.c - stations as queries show them. */
#include <errno.h>

#include "agent/contract/answer.h"
#include "agent/contract/argument.h"
#include "agent/contract/station_show.h"

#define LIST_MOST 200 /* stations of one answer */

static const char *use_word(const struct charger *charger, u64 now)
{
	if (charger->use == CHARGER_BUSY)
		return "busy";
	if (charger->state == STATION_CLOSED)
		return "closed";
	return charger_free(charger, now) ? "free" : "reserved";
}

static json_t *charger_json(const struct charger *charger, u32 number, u64 now)
{
	json_t *object = json_object();

	answer_number(object, "charger", number);
	answer_text(object, "use", use_word(charger, now));
	answer_hex(object, "meter", charger->meter, sizeof(charger->meter));
	answer_number(object, "power", charger->power_w);
	answer_number(object, "register", charger->register_wh);
	if (charger->use == CHARGER_BUSY)
		answer_hex(object, "session", charger->holder, sizeof(charger->holder));
	if (charger->use == CHARGER_RESERVED && charger->until > now)
		answer_number(object, "until", charger->until);
	return object;
}

static json_t *tariff_json(const struct tariff *tariff)
{
	json_t *list = json_array(), *object;
	u32 i;

	for (i = 0; i < tariff->count; i++) {
		object = json_object();
		answer_number(object, "minute", tariff->periods[i].minute);
		answer_number(object, "energy", tariff->periods[i].energy);
		answer_number(object, "service", tariff->periods[i].service);
		answer_item(list, object);
	}
	return list;
}

static void put_station(const struct contract_run *run, json_t *object, const u8 id[32], const struct station *station)
{
	answer_hex(object, "station", id, 32);
	answer_text(object, "name", station->name);
	answer_organisation(object, "organisation", run, station->organisation);
	answer_hex(object, "node", station->node, sizeof(station->node));
	answer_text(object, "state", station->state == STATION_OPEN ? "open" : "closed");
	answer_signed(object, "latitude", station->latitude);
	answer_signed(object, "longitude", station->longitude);
	answer_number(object, "opened", station->opened);
	answer_number(object, "tariff", station->tariff);
}

int station_show(struct contract_run *run, const struct span *arguments, u32 count)
{
	struct tariff_turn turn;
	struct charger charger;
	struct station station;
	struct tariff tariff;
	json_t *object, *list;
	u64 balance, zone;
	u8 id[32];
	u32 i;
	int result = argument_hex(run, arguments[0], "STATION", id, sizeof(id));

	(void)count;
	result = result ?: station_get(run, id, &station);
	result = result ?: station_tariff(run, id, station.tariff, &tariff);
	result = result ?: station_balance(run, id, &balance);
	if (result)
		return result;
	zone = contract_parameter(run, MEMBERSHIP_TIME_ZONE_MIN);
	turn = tariff_turn(&tariff, zone, contract_time(run));
	object = json_object();
	put_station(run, object, id, &station);
	answer_part(object, "periods", tariff_json(&tariff));
	answer_number(object, "price", tariff_price(&tariff, turn.period));
	answer_number(object, "price_until", turn.to);
	answer_number(object, "account", balance);
	list = json_array();
	for (i = 1; i <= station.chargers && !result; i++) {
		result = charger_get(run, id, i, &charger);
		if (!result)
			answer_item(list, charger_json(&charger, i, contract_time(run)));
	}
	answer_part(object, "chargers", list);
	if (!result)
		return answer_give(run, object);
	json_decref(object);
	return result;
}

struct station_list {
	struct contract_run *run;
	json_t *list;
	const u8 *after; /* 32, or NULL */
	u8 last[32];
	u32 count;
	bool more;
};

static bool list_one(void *arg, struct span key, struct span value)
{
	struct station_list *all = arg;
	struct station station;
	json_t *object;

	if (key.len != 33 || station_decode(value, &station) || (all->after && !memcmp(key.bytes + 1, all->after, 32)))
		return true;
	all->more = all->count == LIST_MOST;
	if (all->more)
		return false;
	object = json_object();
	put_station(all->run, object, key.bytes + 1, &station);
	answer_number(object, "chargers", station.chargers);
	answer_item(all->list, object);
	memcpy(all->last, key.bytes + 1, 32);
	all->count++;
	return true;
}

int station_list(struct contract_run *run, const struct span *arguments, u32 count)
{
	struct station_list all = { .run = run };
	u8 after[33] = { 's' };
	json_t *object;
	int result = count ? argument_hex(run, arguments[0], "AFTER", after + 1, 32) : 0;

	if (result)
		return result;
	all.list = json_array();
	all.after = count ? after + 1 : NULL;
	result = contract_scan(run, (struct span){ after, 1 }, (struct span){ after, sizeof(after) }, list_one, &all);
	if (result) {
		json_decref(all.list);
		return result;
	}
	object = json_object();
	answer_part(object, "stations", all.list);
	if (all.more)
		answer_hex(object, "next", all.last, 32);
	return answer_give(run, object);
}
