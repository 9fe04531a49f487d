// SPDX-License-Identifier: GPL-2.0
/* station_calls.c - the functions of noun "station": what operators set, and what everybody may see. */
#include <errno.h>
#include <inttypes.h>

#include "agent/contract/answer.h"
#include "agent/contract/argument.h"
#include "agent/contract/charging.h"
#include "agent/contract/money.h"
#include "agent/contract/plan.h"
#include "agent/contract/station_show.h"

#define LATITUDE_MOST 90000000
#define LONGITUDE_MOST 180000000
#define REGISTER_FIXED 5 /* arguments before the chargers */

/* "METER:POWER:REGISTER" as a charger that is free and in service. */
static int charger_parse(struct contract_run *run, struct span text, struct charger *ret_charger)
{
	struct span parts[3];
	const u8 *colon;
	u64 power;
	int result;
	u32 i;

	for (i = 0; i < 2; i++) {
		colon = memchr(text.bytes, ':', text.len);
		if (!colon)
			return contract_refuse(run, -EINVAL, "A charger is written METER:POWER:REGISTER.");
		parts[i] = (struct span){ text.bytes, colon - text.bytes };
		text = (struct span){ colon + 1, text.len - parts[i].len - 1 };
	}
	parts[2] = text;
	*ret_charger = (struct charger){ .state = STATION_OPEN, .read = contract_time(run) };
	result = argument_hex(run, parts[0], "METER", ret_charger->meter, sizeof(ret_charger->meter));
	result = result ?: argument_number(run, parts[1], "POWER", 1, STATION_POWER_MOST, &power);
	result =
		result ?: argument_number(run, parts[2], "REGISTER", 0, MONEY_REGISTER_MOST, &ret_charger->register_wh);
	ret_charger->power_w = result ? 0 : power;
	return result;
}

static int periods_parse(struct contract_run *run, struct span text, struct tariff *ret_tariff)
{
	const char *fault = tariff_parse(text, ret_tariff);

	ret_tariff->since = contract_time(run);
	return fault ? contract_refuse(run, -EINVAL, "The periods %s", fault) : 0;
}

/* A node of the channel that belongs to @organisation. */
static int node_judge(struct contract_run *run, const u8 node[32], u16 organisation)
{
	const struct membership *membership = contract_membership(run);
	int index = membership ? membership_node_index(membership, node) : -1;

	if (index < 0 || membership->nodes[index].organisation != organisation)
		return contract_refuse(run, -EINVAL, "NODE is no node of the administrator's organisation.");
	return 0;
}

static int give_station(struct contract_run *run, const u8 id[32], const struct station *station)
{
	json_t *object = json_object();

	answer_hex(object, "station", id, 32);
	answer_text(object, "state", station->state == STATION_OPEN ? "open" : "closed");
	answer_number(object, "chargers", station->chargers);
	answer_number(object, "tariff", station->tariff);
	return answer_give(run, object);
}

/* NAME NODE LATITUDE LONGITUDE PERIODS */
static int register_parse(struct contract_run *run, const struct span *arguments, struct station *station,
			  struct tariff *tariff)
{
	s64 latitude = 0, longitude = 0;
	int result = argument_words(run, arguments[0], "NAME", STATION_NAME_MAX);

	result = result ?: argument_hex(run, arguments[1], "NODE", station->node, sizeof(station->node));
	result = result ?: argument_signed(run, arguments[2], "LATITUDE", -LATITUDE_MOST, LATITUDE_MOST, &latitude);
	result = result ?: argument_signed(run, arguments[3], "LONGITUDE", -LONGITUDE_MOST, LONGITUDE_MOST, &longitude);
	result = result ?: periods_parse(run, arguments[4], tariff);
	if (result)
		return result;
	memcpy(station->name, arguments[0].bytes, arguments[0].len);
	station->latitude = (int)latitude;
	station->longitude = (int)longitude;
	return 0;
}

static int station_register(struct contract_run *run, const struct span *arguments, u32 count)
{
	struct station station = { .state = STATION_OPEN, .tariff = 1, .opened = contract_time(run) };
	const u8 *id = contract_proposal_hash(run);
	struct contract_member asker;
	struct charger charger;
	struct tariff tariff;
	u32 i;
	int result = register_parse(run, arguments, &station, &tariff);

	result = result ?: charging_asker(run, &asker);
	result = result ?: node_judge(run, station.node, asker.organisation);
	for (i = REGISTER_FIXED; i < count && !result; i++) {
		result = charger_parse(run, arguments[i], &charger);
		result = result ?: charger_meter_hang(run, id, ++station.chargers, charger.meter);
		result = result ?: charger_put(run, id, station.chargers, &charger);
	}
	if (result)
		return result;
	station.organisation = asker.organisation;
	result = station_put(run, id, &station);
	result = result ?: station_tariff_put(run, id, station.tariff, &tariff);
	return result ?: give_station(run, id, &station);
}

/* The station of the first argument, if it is the asking administrator's. */
static int own_station(struct contract_run *run, struct span text, u8 ret_id[32], struct station *ret_station)
{
	int result = argument_hex(run, text, "STATION", ret_id, 32);

	result = result ?: station_get(run, ret_id, ret_station);
	return result ?: charging_concerns(run, ret_station->organisation, "station");
}

/* @charger takes the place of charger @number, if nobody charges there; a reservation stays. */
static int charger_replace(struct contract_run *run, const u8 station[32], u16 number, struct charger *charger)
{
	struct charger present;
	int result = charger_get(run, station, number, &present);

	if (result)
		return result;
	if (present.use == CHARGER_BUSY)
		return contract_refuse(run, -EBUSY, "Somebody charges there: a meter is changed when it is free.");
	charger->use = present.use;
	memcpy(charger->holder, present.holder, sizeof(charger->holder));
	charger->until = present.until;
	return charger_meter_remove(run, present.meter);
}

/* Another charger, or another meter in the place of one that is free. */
static int station_charger(struct contract_run *run, const struct span *arguments, u32 count)
{
	struct charger charger;
	struct station station;
	u64 number;
	u8 id[32];
	int result = own_station(run, arguments[0], id, &station);

	(void)count;
	result = result ?: argument_number(run, arguments[1], "CHARGER", 1, STATION_CHARGERS_MAX, &number);
	result = result ?: charger_parse(run, arguments[2], &charger);
	if (result)
		return result;
	if (number > station.chargers + 1U)
		return contract_refuse(run, -EINVAL, "The next new charger is %u.", station.chargers + 1);
	if (number <= station.chargers) {
		result = charger_replace(run, id, number, &charger);
	} else {
		station.chargers = number;
		result = station_put(run, id, &station);
	}
	result = result ?: charger_meter_hang(run, id, number, charger.meter);
	result = result ?: charger_put(run, id, number, &charger);
	return result ?: give_station(run, id, &station);
}

/*
 * The administrator of the station's organisation sets all prices; that of the utility appointed to schedule it
 * (plan.appoint) the energy prices: what the operator asks for the service is left alone.
 */
static int tariff_judge(struct contract_run *run, const u8 id[32], const struct station *station,
			const struct tariff *next)
{
	struct contract_member asker;
	struct tariff present;
	int result = charging_asker(run, &asker);

	result = result ?: plan_governs(run, station->organisation, asker.organisation);
	if (result || asker.organisation == station->organisation)
		return result;
	result = station_tariff(run, id, station->tariff, &present);
	if (!result && !tariff_same_service(&present, next))
		result = contract_refuse(run, -EACCES,
					 "The service price is the operator's; a utility sets the price "
					 "of energy.");
	return result;
}

static int station_tariff_set(struct contract_run *run, const struct span *arguments, u32 count)
{
	struct station station;
	struct tariff tariff;
	u64 version;
	u8 id[32];
	int result = argument_hex(run, arguments[0], "STATION", id, sizeof(id));

	(void)count;
	result = result ?: station_get(run, id, &station);
	result = result ?: argument_number(run, arguments[1], "TARIFF", 1, UINT32_MAX, &version);
	result = result ?: periods_parse(run, arguments[2], &tariff);
	result = result ?: tariff_judge(run, id, &station, &tariff);
	if (!result && version != station.tariff + 1ULL)
		return contract_refuse(run, -EINVAL, "The station's next tariff is version %" PRIu64 ".",
				       (uint64_t)station.tariff + 1);
	if (result)
		return result;
	station.tariff = version;
	result = station_tariff_put(run, id, version, &tariff);
	result = result ?: station_put(run, id, &station);
	return result ?: give_station(run, id, &station);
}

/* A station that closes takes nobody new; who charges there finishes. */
static int station_status(struct contract_run *run, const struct span *arguments, u32 count)
{
	struct charger charger;
	struct station station;
	u64 number = 0;
	u8 id[32], state;
	int result = own_station(run, arguments[0], id, &station);

	if (result)
		return result;
	if (span_equal(arguments[1], (struct span){ (const u8 *)"open", 4 }))
		state = STATION_OPEN;
	else if (span_equal(arguments[1], (struct span){ (const u8 *)"closed", 6 }))
		state = STATION_CLOSED;
	else
		return contract_refuse(run, -EINVAL, "A station or charger is open or closed.");
	if (count == 3) {
		result = argument_number(run, arguments[2], "CHARGER", 1, STATION_CHARGERS_MAX, &number);
		result = result ?: charger_get(run, id, number, &charger);
		charger.state = state;
		result = result ?: charger_put(run, id, number, &charger);
	} else {
		station.state = state;
		result = station_put(run, id, &station);
	}
	return result ?: give_station(run, id, &station);
}

/* What the operator takes out of the station's account leaves the channel (PROTOCOL.md M1). */
static int station_withdraw(struct contract_run *run, const struct span *arguments, u32 count)
{
	struct station station;
	u64 amount, balance;
	json_t *object;
	u8 id[32];
	int result = own_station(run, arguments[0], id, &station);

	(void)count;
	result = result ?: argument_number(run, arguments[1], "AMOUNT", 1, MONEY_MOST, &amount);
	result = result ?: station_balance(run, id, &balance);
	if (!result && balance < amount)
		return contract_refuse(run, -ERANGE, "The station's account holds %" PRIu64 ", less than AMOUNT.",
				       (uint64_t)balance);
	result = result ?: station_account(run, id, -(s64)amount);
	result = result ?: contract_delta(run, (struct span){ (const u8 *)"W", 1 }, amount, 0, INT64_MAX);
	if (result)
		return result;
	object = json_object();
	answer_hex(object, "station", id, sizeof(id));
	answer_number(object, "amount", amount);
	return answer_give(run, object);
}

static const struct charging_function functions[] = {
	{ "register", REGISTER_FIXED, TRANSACTION_ARGUMENTS_MAX, CHARGING_ADMINISTRATOR, station_register,
	  "NAME NODE LATITUDE LONGITUDE PERIODS [METER:POWER:REGISTER]..." },
	{ "charger", 3, 3, CHARGING_ADMINISTRATOR, station_charger, "STATION CHARGER METER:POWER:REGISTER" },
	{ "tariff", 3, 3, CHARGING_ADMINISTRATOR, station_tariff_set, "STATION TARIFF PERIODS" },
	{ "status", 2, 3, CHARGING_ADMINISTRATOR, station_status, "STATION open|closed [CHARGER]" },
	{ "withdraw", 2, 2, CHARGING_ADMINISTRATOR, station_withdraw, "STATION AMOUNT" },
	{ "show", 1, 1, CHARGING_QUERY, station_show, "STATION" },
	{ "list", 0, 1, CHARGING_QUERY, station_list, "[AFTER]" },
	{ .name = NULL },
};

const struct charging_noun charging_station = { "station", functions };
