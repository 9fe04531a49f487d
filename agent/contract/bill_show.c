// SPDX-License-Identifier: GPL-2.0
/*
 * bill_show.c - bill queries from committed state, without consensus (paper
 * 3.3): by wallet and number, by EV number through the private collection, by organisation. Each has every field of
 * the paper: time, cost, unit price, station, the user's organisation, the station's organisation, and totals.
 */
#include <errno.h>
#include <stdint.h>

#include "agent/contract/account.h"
#include "agent/contract/answer.h"
#include "agent/contract/argument.h"
#include "agent/contract/bill.h"
#include "agent/contract/charging.h"
#include "agent/contract/note.h"

#define LIST_MOST 50 /* bills of one answer; the totals are of all */

struct totals {
	u64 bills, energy_wh, cost, due, noted;
};

/* What is to be shown, and what has been gathered. */
struct listing {
	struct contract_run *run;
	json_t *list;
	u64 from, to;	   /* settled within, Time64 */
	struct span after; /* begin behind this key; empty: at the first */
	u8 next[sizeof(struct bill_index_key)];
	size_t next_len;
	bool more;
	struct totals totals;
	int error;
};

static json_t *lines_json(const struct bill *bill)
{
	const struct bill_line *line;
	json_t *list = json_array(), *object;
	u32 i;

	for (i = 0; i < bill->line_count; i++) {
		line = &bill->lines[i];
		object = json_object();
		answer_number(object, "from", line->from);
		answer_number(object, "to", line->to);
		answer_number(object, "energy", line->energy_wh);
		answer_number(object, "energy_price", line->energy_price);
		answer_number(object, "service_price", line->service_price);
		answer_number(object, "unit_price", line->energy_price + line->service_price);
		answer_number(object, "cost", line->cost);
		answer_item(list, object);
	}
	return list;
}

/* NULL with run's refusal in *ret_result where a record that belongs to the bill cannot be read. */
static json_t *bill_json(struct contract_run *run, const u8 wallet[32], u64 number, const struct bill *bill,
			 int *ret_result)
{
	struct session session;
	struct station station;
	json_t *object;

	*ret_result = session_get(run, bill->session, &session);
	*ret_result = *ret_result ?: station_get(run, bill->station, &station);
	if (*ret_result)
		return NULL;
	object = json_object();
	answer_hex(object, "wallet", wallet, 32);
	answer_number(object, "bill", number);
	answer_hex(object, "session", bill->session, 32);
	answer_hex(object, "station", bill->station, 32);
	answer_text(object, "station_name", station.name);
	answer_number(object, "charger", bill->charger);
	answer_organisation(object, "user_organisation", run, bill->organisation);
	answer_organisation(object, "station_organisation", run, bill->station_organisation);
	answer_number(object, "tariff", bill->tariff);
	answer_number(object, "from", bill->from);
	answer_number(object, "to", bill->to);
	answer_number(object, "settled", bill->settled);
	answer_number(object, "start_register", bill->start_register_wh);
	answer_number(object, "stop_register", bill->stop_register_wh);
	answer_number(object, "metered", bill->metered_wh);
	answer_number(object, "energy", bill->energy_wh);
	answer_part(object, "lines", lines_json(bill));
	answer_number(object, "cost", bill->cost);
	answer_text(object, "state", session.state == SESSION_PAID ? "paid" : "unpaid");
	answer_number(object, "noted", session.noted);
	return object;
}

static json_t *totals_json(const struct totals *totals)
{
	json_t *object = json_object();

	answer_number(object, "bills", totals->bills);
	answer_number(object, "energy", totals->energy_wh);
	answer_number(object, "cost", totals->cost);
	answer_number(object, "noted", totals->noted);
	answer_number(object, "unpaid", totals->due);
	return object;
}

static int bill_show(struct contract_run *run, const struct span *arguments, u32 count)
{
	json_t *object, *notes;
	struct bill bill;
	u8 wallet[32];
	u64 number;
	int result = argument_hex(run, arguments[0], "WALLET", wallet, sizeof(wallet));

	(void)count;
	result = result ?: argument_number(run, arguments[1], "NUMBER", 1, UINT64_MAX, &number);
	result = result ?: bill_get(run, wallet, number, &bill);
	object = result ? NULL : bill_json(run, wallet, number, &bill, &result);
	if (!object)
		return result;
	result = note_list(run, wallet, number, &notes);
	if (result) {
		json_decref(object);
		return result;
	}
	answer_part(object, "notes", notes);
	return answer_give(run, object);
}

/* --- lists --- */

static void totals_add(struct totals *totals, const struct bill_worth *worth)
{
	totals->bills++;
	totals->energy_wh += worth->energy_wh;
	totals->cost += worth->cost;
	totals->due += worth->due;
	totals->noted += worth->noted;
}

/* Is there room for the bill under @key, and does it lie behind "after"? What is not listed counts in the totals alone.
 */
static bool list_wants(struct listing *listing, struct span key)
{
	if (listing->after.len && memcmp(key.bytes, listing->after.bytes, listing->after.len) <= 0)
		return false;
	listing->more = json_array_size(listing->list) == LIST_MOST;
	return !listing->more;
}

/* False: a record cannot be read. */
static bool list_bill(struct listing *listing, struct span key, const u8 wallet[32], u64 number)
{
	json_t *object = NULL;
	struct bill bill;

	listing->error = bill_get(listing->run, wallet, number, &bill);
	if (!listing->error)
		object = bill_json(listing->run, wallet, number, &bill, &listing->error);
	if (!object)
		return false;
	answer_item(listing->list, object);
	memcpy(listing->next, key.bytes, key.len);
	listing->next_len = key.len;
	return true;
}

/* 'L' organisation, settled, wallet, number: only what is listed costs more than the index. */
static bool list_organisation(void *arg, struct span key, struct span value)
{
	struct listing *listing = arg;
	struct bill_worth worth;
	struct reader reader;
	const u8 *wallet;
	u64 settled;

	if (key.len != sizeof(struct bill_index_key) || bill_worth_decode(value, &worth))
		return true;
	reader_init(&reader, key.bytes + 3, key.len - 3);
	settled = reader_u64(&reader);
	wallet = reader_bytes(&reader, 32);
	if (settled > listing->to)
		return false;
	totals_add(&listing->totals, &worth);
	return !list_wants(listing, key) || list_bill(listing, key, wallet, reader_u64(&reader));
}

/* 'l' wallet, number: in the order of numbers, which is that of their time. */
static bool list_wallet(void *arg, struct span key, struct span value)
{
	struct listing *listing = arg;
	struct session session;
	struct bill_worth worth;
	struct reader reader;
	struct bill bill;

	if (key.len != sizeof(struct bill_key) || bill_decode(value, &bill))
		return true;
	if (bill.settled < listing->from || bill.settled > listing->to)
		return bill.settled <= listing->to;
	listing->error = session_get(listing->run, bill.session, &session);
	if (listing->error)
		return false;
	worth = (struct bill_worth){ .energy_wh = bill.energy_wh,
				     .cost = bill.cost,
				     .due = session.state == SESSION_PAID ? 0 : bill.cost - session.noted,
				     .noted = session.noted };
	totals_add(&listing->totals, &worth);
	reader_init(&reader, key.bytes + 33, 8);
	return !list_wants(listing, key) || list_bill(listing, key, key.bytes + 1, reader_u64(&reader));
}

/* [FROM TO [AFTER]]: AFTER is a former answer's "next". */
static int range_parse(struct contract_run *run, const struct span *arguments, u32 count, struct listing *listing,
		       u8 *ret_after, size_t after_len)
{
	int result;

	listing->to = INT64_MAX;
	if (!count)
		return 0;
	if (count == 1)
		return contract_refuse(run, -EINVAL, "FROM comes with TO.");
	result = argument_number(run, arguments[0], "FROM", 0, INT64_MAX, &listing->from);
	result = result ?: argument_number(run, arguments[1], "TO", listing->from, INT64_MAX, &listing->to);
	if (result || count == 2)
		return result;
	result = argument_hex(run, arguments[2], "AFTER", ret_after, after_len);
	listing->after = (struct span){ ret_after, result ? 0 : after_len };
	return result;
}

static int give_listing(struct listing *listing, json_t *object, int result)
{
	result = result ?: listing->error;
	answer_part(object, "bills", listing->list);
	answer_part(object, "totals", totals_json(&listing->totals));
	if (listing->more)
		answer_hex(object, "next", listing->next, listing->next_len);
	if (!result)
		return answer_give(listing->run, object);
	json_decref(object);
	return result;
}

static int bill_by_vehicle(struct contract_run *run, const struct span *arguments, u32 count)
{
	struct listing listing = { .run = run };
	u8 after[sizeof(struct bill_key)], prefix[33] = { 'l' };
	json_t *object;
	int result = range_parse(run, arguments + 1, count - 1, &listing, after, sizeof(after));

	result = result ?: account_of_vehicle(run, arguments[0], prefix + 1);
	if (result)
		return result;
	object = json_object();
	answer_part(object, "vehicle", json_stringn((const char *)arguments[0].bytes, arguments[0].len));
	answer_hex(object, "wallet", prefix + 1, 32);
	listing.list = json_array();
	result = contract_scan(run, (struct span){ prefix, sizeof(prefix) }, (struct span){ NULL, 0 }, list_wallet,
			       &listing);
	return give_listing(&listing, object, result);
}

static int bill_by_organisation(struct contract_run *run, const struct span *arguments, u32 count)
{
	const struct membership *membership = contract_membership(run);
	u8 after[sizeof(struct bill_index_key)], nobody[32] = { 0 };
	struct listing listing = { .run = run };
	char name[MEMBERSHIP_NAME_MAX + 1] = "";
	struct bill_index_key from;
	json_t *object;
	int organisation;
	int result = argument_words(run, arguments[0], "ORGANISATION", MEMBERSHIP_NAME_MAX);

	result = result ?: range_parse(run, arguments + 1, count - 1, &listing, after, sizeof(after));
	if (result)
		return result;
	memcpy(name, arguments[0].bytes, arguments[0].len);
	organisation = membership ? membership_organisation_index(membership, name) : -1;
	if (organisation < 0)
		return contract_refuse(run, -ENOENT, "The channel has no organisation of this name.");
	from = bill_index_key(organisation, listing.from, nobody, 0);
	object = json_object();
	answer_text(object, "organisation", name);
	listing.list = json_array();
	result = contract_scan(run, (struct span){ from.bytes, 3 }, BILL_SPAN(from), list_organisation, &listing);
	return give_listing(&listing, object, result);
}

static const struct charging_function functions[] = {
	{ "show", 2, 2, CHARGING_QUERY, bill_show, "WALLET NUMBER" },
	{ "by-vehicle", 1, 4, CHARGING_QUERY, bill_by_vehicle, "VEHICLE [FROM TO [AFTER]]" },
	{ "by-organisation", 1, 4, CHARGING_QUERY, bill_by_organisation, "ORGANISATION [FROM TO [AFTER]]" },
	{ .name = NULL },
};

const struct charging_noun charging_bill = { "bill", functions };
