// SPDX-License-Identifier: GPL-2.0
/* session_calls.c - the functions of noun "session", see session.h for its states (PROTOCOL.md M13, M14). */
#include <errno.h>
#include <inttypes.h>

#include "agent/contract/account.h"
#include "agent/contract/answer.h"
#include "agent/contract/argument.h"
#include "agent/contract/charging.h"
#include "agent/contract/contract_run.h"
#include "agent/contract/credit.h"
#include "agent/contract/money.h"
#include "agent/contract/session_readings.h"
#include "agent/contract/settlement.h"

#define SECOND_US 1000000ULL
#define READING_ARGUMENTS 4 /* NUMBER REGISTER TIME SIGNATURE */
#define CLOSE_READINGS_MAX 7

static const char *state_word(u8 state)
{
	return state == SESSION_CHARGING ? "charging" : state == SESSION_UNPAID ? "unpaid" : "paid";
}

/* Short, for it travels back to the vehicle in one packet. */
static int give_session(struct contract_run *run, const u8 id[32], const struct session *session, u64 cost)
{
	json_t *object = json_object();

	answer_hex(object, "session", id, 32);
	answer_text(object, "state", state_word(session->state));
	answer_number(object, "number", session->last.number);
	answer_number(object, "register", session->last.register_wh);
	answer_number(object, "energy", session->last.register_wh - session->start_register_wh);
	answer_number(object, "cost", cost);
	if (session->bill)
		answer_number(object, "bill", session->bill);
	return answer_give(run, object);
}

/* Paper eq. (2)'s threshold, by a look that no read set holds: a bill that settles beside it is no conflict. */
static int judge_credit(struct contract_run *run, const u8 wallet[32])
{
	struct credit credit;
	int result = credit_get(run, wallet, false, &credit);

	if (!result && credit_against(&credit, contract_parameter(run, MEMBERSHIP_CREDIT_THRESHOLD_MILLI)) < 0)
		return contract_refuse(
			run, -EACCES,
			"The account's credit is below the channel's threshold; settlement.pay pays a debt "
			"and raises it.");
	return result;
}

/* An active account of enough credit, whose wallet does nothing else now. */
static int judge_wallet(struct contract_run *run, struct account *account, struct wallet *wallet)
{
	const u8 *client = contract_client(run);
	int result = account_active(run, client, account);

	result = result ?: judge_credit(run, client);
	result = result ?: wallet_get(run, client, wallet);
	if (result)
		return result;
	if (wallet->doing == WALLET_CHARGING)
		return contract_refuse(run, -EBUSY, "The wallet charges elsewhere; stop that session first.");
	if (wallet->doing == WALLET_RESERVED && wallet->until <= contract_time(run))
		wallet->doing = WALLET_NOTHING;
	return 0;
}

/* STATION CHARGER: an open station's charger in service. */
static int take_place(struct contract_run *run, const struct span arguments[2], u8 ret_id[32],
		      struct station *ret_station, u16 *ret_number, struct charger *ret_charger)
{
	u64 number;
	int result = argument_hex(run, arguments[0], "STATION", ret_id, 32);

	result = result ?: argument_number(run, arguments[1], "CHARGER", 1, STATION_CHARGERS_MAX, &number);
	if (!result && contract_mandate(run) && memcmp(contract_mandate(run)->station, ret_id, 32))
		return contract_refuse(run, -EACCES, "The mandate is for another station.");
	result = result ?: station_get(run, ret_id, ret_station);
	result = result ?: charger_get(run, ret_id, number, ret_charger);
	if (result)
		return result;
	*ret_number = number;
	if (ret_station->state != STATION_OPEN || ret_charger->state != STATION_OPEN)
		return contract_refuse(run, -EBUSY, "The %s is closed.",
				       ret_station->state != STATION_OPEN ? "station" : "charger");
	return 0;
}

static int session_reserve(struct contract_run *run, const struct span *arguments, u32 count)
{
	u64 until = contract_time(run) + contract_parameter(run, MEMBERSHIP_RESERVATION_S) * SECOND_US;
	struct charger charger;
	struct station station;
	struct account account;
	struct wallet wallet;
	json_t *object;
	u16 number;
	u8 id[32];
	int result = take_place(run, arguments, id, &station, &number, &charger);

	(void)count;
	result = result ?: judge_wallet(run, &account, &wallet);
	if (!result && wallet.doing == WALLET_RESERVED)
		return contract_refuse(run, -EBUSY, "The wallet has a reservation; session.cancel gives it up.");
	if (!result && !charger_free(&charger, contract_time(run)))
		return contract_refuse(run, -EBUSY, "Charger %u is taken.", number);
	if (result)
		return result;
	wallet.doing = WALLET_RESERVED;
	memcpy(wallet.holder, id, sizeof(wallet.holder));
	wallet.charger = number;
	charger.use = CHARGER_RESERVED;
	memcpy(charger.holder, contract_client(run), sizeof(charger.holder));
	charger.until = wallet.until = until;
	result = charger_put(run, id, number, &charger);
	result = result ?: wallet_put(run, contract_client(run), &wallet);
	if (result)
		return result;
	object = json_object();
	answer_hex(object, "station", id, sizeof(id));
	answer_number(object, "charger", number);
	answer_number(object, "until", until);
	return answer_give(run, object);
}

/* Is @charger kept for @client, run out or not? */
static bool kept_for(const struct charger *charger, const u8 client[32])
{
	return charger->use == CHARGER_RESERVED && !memcmp(charger->holder, client, sizeof(charger->holder));
}

/* Gives a reservation up; one that ran out is swept away without complaint. */
static int session_cancel(struct contract_run *run, const struct span *arguments, u32 count)
{
	const u8 *client = contract_client(run);
	struct charger charger;
	struct wallet wallet;
	json_t *object;
	int result = wallet_get(run, client, &wallet);

	(void)arguments, (void)count;
	if (!result && wallet.doing != WALLET_RESERVED)
		return contract_refuse(run, -ENOENT, "The wallet has no reservation.");
	result = result ?: charger_get(run, wallet.holder, wallet.charger, &charger);
	if (!result && kept_for(&charger, client)) {
		charger.use = CHARGER_FREE;
		memset(charger.holder, 0, sizeof(charger.holder));
		charger.until = 0;
		result = charger_put(run, wallet.holder, wallet.charger, &charger);
	}
	if (result)
		return result;
	object = json_object();
	answer_hex(object, "station", wallet.holder, sizeof(wallet.holder));
	answer_number(object, "charger", wallet.charger);
	answer_text(object, "state", "cancelled");
	wallet = (struct wallet){ .bills = wallet.bills };
	result = wallet_put(run, client, &wallet);
	if (!result)
		return answer_give(run, object);
	json_decref(object);
	return result;
}

/* --- start --- */

struct start {
	u8 id[32], station_id[32];
	u16 number;
	struct station station;
	struct charger charger;
	struct account account;
	struct wallet wallet;
	u64 tariff, price, energy_wh;
	struct reading reading;
};

/* TARIFF PRICE ENERGY: what the wallet agreed to, and what the station asks now. */
static int judge_terms(struct contract_run *run, const struct span arguments[3], struct start *start)
{
	const struct mandate *mandate = contract_mandate(run);
	struct tariff tariff;
	int result = argument_number(run, arguments[0], "TARIFF", 1, UINT32_MAX, &start->tariff);

	result = result ?: argument_number(run, arguments[1], "PRICE", 0, 2 * MONEY_PRICE_MOST, &start->price);
	result = result ?: argument_number(run, arguments[2], "ENERGY", 1, MONEY_ENERGY_MOST, &start->energy_wh);
	if (!result && mandate &&
	    (mandate->tariff != start->tariff || mandate->price != start->price || mandate->energy != start->energy_wh))
		return contract_refuse(run, -EACCES, "TARIFF, PRICE and ENERGY are not those of the mandate.");
	if (!result && start->tariff != start->station.tariff)
		return contract_refuse(run, -EINVAL, "The station's tariff is version %u now.", start->station.tariff);
	result = result ?: station_tariff(run, start->station_id, start->tariff, &tariff);
	if (!result && tariff_highest(&tariff) > start->price)
		return contract_refuse(run, -EINVAL, "PRICE is below the tariff's highest, %" PRIu64 " per kWh.",
				       (uint64_t)tariff_highest(&tariff));
	return result;
}

/* The session's name, which nobody has yet. */
static int name_session(struct contract_run *run, struct start *start)
{
	static const u8 new_session[32];
	const struct mandate *mandate = contract_mandate(run);
	const struct proposal *proposal = run->input->proposal;
	struct account_key key;
	struct span value;
	int result;

	if (mandate && memcmp(mandate->charging, new_session, sizeof(new_session)))
		return contract_refuse(run, -EACCES, "The mandate continues a session; it does not begin one.");
	if (mandate)
		memcpy(start->id, contract_mandate_id(run), sizeof(start->id));
	else
		session_signed_id(contract_channel(run), proposal->client, start->station_id, start->tariff,
				  start->price, start->energy_wh, proposal->nonce, proposal->expires, start->id);
	key = account_key('i', start->id);
	result = contract_get(run, ACCOUNT_SPAN(key), &value);
	if (!result)
		return contract_refuse(run, -EEXIST, "The mandate began a session already.");
	return result == -ENOENT ? 0 : result;
}

/* The charger is free, or kept for this wallet; a reservation elsewhere has to be given up first. */
static int judge_place(struct contract_run *run, const struct start *start)
{
	const u8 *client = contract_client(run);

	if (!charger_free(&start->charger, contract_time(run)) && !kept_for(&start->charger, client))
		return contract_refuse(run, -EBUSY, "Charger %u is taken.", start->number);
	if (start->wallet.doing == WALLET_RESERVED && !kept_for(&start->charger, client))
		return contract_refuse(run, -EBUSY, "The wallet reserved another charger; session.cancel gives it up.");
	return 0;
}

static int write_start(struct contract_run *run, struct start *start)
{
	struct session session = {
		.state = SESSION_CHARGING,
		.charger = start->number,
		.tariff = start->tariff,
		.price = start->price,
		.energy_wh = start->energy_wh,
		.organisation = start->account.organisation,
		.station_organisation = start->station.organisation,
		.start_register_wh = start->reading.register_wh,
		.started = start->reading.time,
		.last = start->reading,
		.touched = contract_time(run),
	};
	int result;

	memcpy(session.wallet, contract_client(run), sizeof(session.wallet));
	memcpy(session.station, start->station_id, sizeof(session.station));
	start->charger.use = CHARGER_BUSY;
	memcpy(start->charger.holder, start->id, sizeof(start->charger.holder));
	start->charger.until = 0;
	start->wallet = (struct wallet){ .bills = start->wallet.bills, .doing = WALLET_CHARGING };
	memcpy(start->wallet.holder, start->id, sizeof(start->wallet.holder));
	result = charger_put(run, start->station_id, start->number, &start->charger);
	result = result ?: wallet_put(run, session.wallet, &start->wallet);
	result = result ?: session_put(run, start->id, &session);
	return result ?: give_session(run, start->id, &session, 0);
}

static int session_start(struct contract_run *run, const struct span *arguments, u32 count)
{
	struct start start;
	int result;

	(void)count;
	result = take_place(run, arguments, start.station_id, &start.station, &start.number, &start.charger);
	result = result ?: judge_terms(run, arguments + 2, &start);
	result = result ?: judge_wallet(run, &start.account, &start.wallet);
	result = result ?: judge_place(run, &start);
	result = result ?: name_session(run, &start);
	result = result
			 ?: session_reading_start(run, start.id, start.station_id, start.number, &start.charger,
						  arguments + 5, &start.reading);
	return result ?: write_start(run, &start);
}

/* --- meter, stop, close --- */

/* The session of the first argument, still charging, with what its readings are judged by. */
static int open_session(struct contract_run *run, struct span text, u8 ret_id[32], struct session *ret_session,
			struct tariff *ret_tariff, struct charger *ret_charger)
{
	int result = argument_hex(run, text, "SESSION", ret_id, 32);

	result = result ?: session_get(run, ret_id, ret_session);
	if (!result && ret_session->state != SESSION_CHARGING)
		return contract_refuse(run, -EALREADY,
				       "The session was stopped and settled with bill %" PRIu64 ": it is counted once.",
				       (uint64_t)ret_session->bill);
	result = result ?: station_tariff(run, ret_session->station, ret_session->tariff, ret_tariff);
	return result ?: charger_get(run, ret_session->station, ret_session->charger, ret_charger);
}

static int meter(struct contract_run *run, const struct span *arguments, bool stop)
{
	struct charger charger;
	struct session session;
	struct tariff tariff;
	u64 cost;
	u8 id[32];
	int result = open_session(run, arguments[0], id, &session, &tariff, &charger);

	result = result ?: session_speaks(run, id, &session);
	result = result ?: session_reading_add(run, id, &session, &tariff, &charger, arguments + 1);
	result = result ?: settlement_cost(run, &session, &tariff, &cost);
	session.touched = contract_time(run);
	result = result ?: (stop ? settlement_settle(run, id, &session) : session_put(run, id, &session));
	return result ?: give_session(run, id, &session, cost);
}

static int session_meter(struct contract_run *run, const struct span *arguments, u32 count)
{
	(void)count;
	return meter(run, arguments, false);
}

static int session_stop(struct contract_run *run, const struct span *arguments, u32 count)
{
	(void)count;
	return meter(run, arguments, true);
}

/*
 * How long a session must have been silent for the asking administrator: the station's operator has the first word,
 * with what its meter signed; the wallet's own organisation may free a wallet that nobody freed for as long again.
 */
static int judge_close(struct contract_run *run, const struct session *session)
{
	u64 idle = contract_parameter(run, MEMBERSHIP_SESSION_IDLE_S);
	struct contract_member asker;
	int result = charging_asker(run, &asker);

	if (!result && asker.organisation != session->station_organisation &&
	    asker.organisation != session->organisation)
		return contract_refuse(run, -EACCES, "The session is of other organisations' station and wallet.");
	if (!result && asker.organisation != session->station_organisation)
		idle *= 2;
	if (!result && contract_time(run) <= session->touched + idle * SECOND_US)
		return contract_refuse(run, -EBUSY,
				       "The vehicle was heard of; your organisation closes a session %" PRIu64
				       " s after.",
				       (uint64_t)idle);
	return result;
}

/* Without the vehicle, when nothing has been heard of it for long enough by header time. */
static int session_close(struct contract_run *run, const struct span *arguments, u32 count)
{
	struct charger charger;
	struct session session;
	struct tariff tariff;
	u32 i;
	u8 id[32];
	int result;

	if ((count - 1) % READING_ARGUMENTS)
		return contract_refuse(run, -EINVAL, "Each reading is NUMBER REGISTER TIME SIGNATURE.");
	result = open_session(run, arguments[0], id, &session, &tariff, &charger);
	result = result ?: judge_close(run, &session);
	for (i = 1; i < count && !result; i += READING_ARGUMENTS)
		result = session_reading_add(run, id, &session, &tariff, &charger, arguments + i);
	result = result ?: settlement_settle(run, id, &session);
	return result ?: give_session(run, id, &session, session.cost);
}

static int session_show(struct contract_run *run, const struct span *arguments, u32 count)
{
	struct session session;
	struct tariff tariff;
	json_t *object;
	u64 cost;
	u8 id[32];
	int result = argument_hex(run, arguments[0], "SESSION", id, sizeof(id));

	(void)count;
	result = result ?: session_get(run, id, &session);
	result = result ?: station_tariff(run, session.station, session.tariff, &tariff);
	result = result ?: settlement_cost(run, &session, &tariff, &cost);
	if (result)
		return result;
	object = json_object();
	answer_hex(object, "session", id, sizeof(id));
	answer_text(object, "state", state_word(session.state));
	answer_hex(object, "wallet", session.wallet, sizeof(session.wallet));
	answer_hex(object, "station", session.station, sizeof(session.station));
	answer_number(object, "charger", session.charger);
	answer_number(object, "tariff", session.tariff);
	answer_number(object, "price_ceiling", session.price);
	answer_number(object, "energy_ceiling", session.energy_wh);
	answer_number(object, "started", session.started);
	answer_number(object, "start_register", session.start_register_wh);
	answer_number(object, "number", session.last.number);
	answer_number(object, "register", session.last.register_wh);
	answer_number(object, "read", session.last.time);
	answer_number(object, "touched", session.touched);
	answer_number(object, "energy", session.last.register_wh - session.start_register_wh);
	answer_number(object, "cost", session.bill ? session.cost : cost);
	if (session.bill)
		answer_number(object, "bill", session.bill);
	answer_number(object, "noted", session.noted);
	answer_bool(object, "rated", session.rated);
	return answer_give(run, object);
}

static const struct charging_function functions[] = {
	{ "reserve", 2, 2, CHARGING_MANDATED, session_reserve, "STATION CHARGER" },
	{ "cancel", 0, 0, CHARGING_MANDATED, session_cancel, "" },
	{ "start", 8, 8, CHARGING_MANDATED, session_start,
	  "STATION CHARGER TARIFF PRICE ENERGY REGISTER TIME SIGNATURE" },
	{ "meter", 5, 5, CHARGING_MANDATED, session_meter, "SESSION NUMBER REGISTER TIME SIGNATURE" },
	{ "stop", 5, 5, CHARGING_MANDATED, session_stop, "SESSION NUMBER REGISTER TIME SIGNATURE" },
	{ "close", 1, 1 + READING_ARGUMENTS *CLOSE_READINGS_MAX, CHARGING_ADMINISTRATOR, session_close,
	  "SESSION [NUMBER REGISTER TIME SIGNATURE]..." },
	{ "show", 1, 1, CHARGING_QUERY, session_show, "SESSION" },
	{ .name = NULL },
};

const struct charging_noun charging_session = { "session", functions };
