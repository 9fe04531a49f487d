// SPDX-License-Identifier: GPL-2.0
/* audit_bill.c - sessions, their bills and the notes on them must tell one story; see audit.h. */
#include <errno.h>
#include <inttypes.h>

#include "agent/contract/account.h"
#include "agent/contract/audit_room.h"
#include "agent/contract/money.h"

static bool session_of(struct charging_audit_room *room, const u8 id[32])
{
	struct account_key key = account_key('i', id);
	struct span value;

	return charging_audit_get(room, key.bytes, sizeof(key.bytes), &value) && !session_decode(value, &room->session);
}

static bool bill_of(struct charging_audit_room *room, const u8 wallet[32], u64 number)
{
	struct bill_key key = bill_key(wallet, number);
	struct span value;

	return charging_audit_get(room, key.bytes, sizeof(key.bytes), &value) && !bill_decode(value, &room->bill);
}

/* The last note counts the others: charging_audit_note(). */
static bool last_note(struct charging_audit_room *room, const struct session *session)
{
	u8 key[1 + 32 + 8 + 4];
	struct writer writer;
	struct span value;

	writer_init(&writer, key, sizeof(key));
	writer_u8(&writer, 'n');
	writer_bytes(&writer, session->wallet, 32);
	writer_u64(&writer, session->bill);
	writer_u32(&writer, session->notes);
	if (charging_audit_get(room, key, sizeof(key), &value))
		return true;
	return charging_audit_fault(room, "Credit note %u on bill %" PRIu64 " of wallet %s is missing.", session->notes,
				    (uint64_t)session->bill, charging_audit_name(session->wallet));
}

bool charging_audit_session(struct charging_audit_room *room, struct span key, struct span value)
{
	struct session *session = &room->session;
	const char *name = charging_audit_name(key.bytes);

	room->audit->sessions++;
	if (session_decode(value, session))
		return charging_audit_fault(room, "The record of session %s is damaged.", name);
	if (session->last.register_wh < session->start_register_wh)
		return charging_audit_fault(room, "Session %s ends with a register below its start.", name);
	if ((session->state == SESSION_CHARGING) != !session->bill)
		return charging_audit_fault(room, "Session %s %s.", name,
					    session->bill ? "charges and has a bill" : "has ended and has no bill");
	if (session->noted > session->cost)
		return charging_audit_fault(room, "Session %s was corrected by more than its bill.", name);
	if (session->state == SESSION_PAID)
		room->paid += session->cost - session->noted;
	if (session->state == SESSION_UNPAID)
		room->audit->due += session->cost - session->noted;
	if (!session->bill)
		return true;
	if (!bill_of(room, session->wallet, session->bill) || memcmp(room->bill.session, key.bytes, 32))
		return charging_audit_fault(room, "Bill %" PRIu64 " of session %s is missing or another session's.",
					    (uint64_t)session->bill, name);
	return !session->notes || last_note(room, session);
}

/* Are these the prices of one period of the tariff? The time zone may have been another when the bill was made. */
static bool prices_known(const struct tariff *tariff, const struct bill_line *line)
{
	u32 i;

	for (i = 0; i < tariff->count; i++)
		if (tariff->periods[i].energy == line->energy_price &&
		    tariff->periods[i].service == line->service_price)
			return true;
	return false;
}

static bool judge_lines(struct charging_audit_room *room, const char *name, u64 number)
{
	const struct bill *bill = &room->bill;
	u64 energy = 0, cost = 0, fee;
	u32 i;

	for (i = 0; i < bill->line_count; i++) {
		const struct bill_line *line = &bill->lines[i];

		if (!prices_known(&room->tariff, line))
			return charging_audit_fault(room,
						    "Bill %" PRIu64 " of wallet %s has prices that its tariff has not.",
						    (uint64_t)number, name);
		if (!money_fee(line->energy_wh, line->energy_price + line->service_price, &fee) || fee != line->cost)
			return charging_audit_fault(room,
						    "Bill %" PRIu64 " of wallet %s has a line of another cost than its "
						    "energy and prices give.",
						    (uint64_t)number, name);
		energy += line->energy_wh;
		if (line->from > line->to || !money_add(cost, line->cost, &cost))
			return charging_audit_fault(room, "Bill %" PRIu64 " of wallet %s has a line that cannot be.",
						    (uint64_t)number, name);
	}
	if (energy != bill->energy_wh || cost != bill->cost)
		return charging_audit_fault(room, "Bill %" PRIu64 " of wallet %s is not the sum of its lines.",
					    (uint64_t)number, name);
	return true;
}

/* room->bill against room->session. */
static bool judge_story(struct charging_audit_room *room, const u8 wallet[32], u64 number)
{
	const struct session *session = &room->session;
	const struct bill *bill = &room->bill;
	const char *wrong = NULL;

	if (memcmp(session->wallet, wallet, 32) || session->bill != number ||
	    memcmp(session->station, bill->station, 32) || session->charger != bill->charger)
		wrong = "is not the one that its session names";
	else if (session->cost != bill->cost)
		wrong = "has another cost than its session";
	else if (bill->stop_register_wh < bill->start_register_wh ||
		 bill->metered_wh != bill->stop_register_wh - bill->start_register_wh ||
		 bill->start_register_wh != session->start_register_wh ||
		 bill->stop_register_wh != session->last.register_wh)
		wrong = "bills registers that the session did not read";
	else if (bill->energy_wh > bill->metered_wh || bill->energy_wh > session->energy_wh)
		wrong = "bills more energy than was metered, or than the vehicle allowed";
	else if (bill->tariff != session->tariff)
		wrong = "has another tariff than its session";
	if (!wrong)
		return true;
	return charging_audit_fault(room, "Bill %" PRIu64 " of wallet %s %s.", (uint64_t)number,
				    charging_audit_name(wallet), wrong);
}

/* What the bill is worth by now, as the index of @organisation says it. */
static bool judge_index(struct charging_audit_room *room, const u8 wallet[32], u64 number, u16 organisation)
{
	const struct session *session = &room->session;
	const struct bill *bill = &room->bill;
	struct bill_index_key key = bill_index_key(organisation, bill->settled, wallet, number);
	u64 due = session->state == SESSION_PAID ? 0 : bill->cost - session->noted;
	struct bill_worth worth;
	struct span value;

	room->to_index++;
	if (charging_audit_get(room, key.bytes, sizeof(key.bytes), &value) && !bill_worth_decode(value, &worth) &&
	    worth.energy_wh == bill->energy_wh && worth.cost == bill->cost && worth.due == due &&
	    worth.noted == session->noted)
		return true;
	return charging_audit_fault(room, "Bill %" PRIu64 " of wallet %s is not indexed for its organisation as it is.",
				    (uint64_t)number, charging_audit_name(wallet));
}

static bool judge_indices(struct charging_audit_room *room, const u8 wallet[32], u64 number)
{
	const struct bill *bill = &room->bill;

	return judge_index(room, wallet, number, bill->organisation) &&
	       (bill->organisation == bill->station_organisation ||
		judge_index(room, wallet, number, bill->station_organisation));
}

static bool tariff_of(struct charging_audit_room *room)
{
	u8 key[1 + 32 + 4];
	struct writer writer;
	struct span value;

	writer_init(&writer, key, sizeof(key));
	writer_u8(&writer, 't');
	writer_bytes(&writer, room->bill.station, 32);
	writer_u32(&writer, room->bill.tariff);
	return charging_audit_get(room, key, sizeof(key), &value) && !tariff_decode(value, &room->tariff);
}

bool charging_audit_bill(struct charging_audit_room *room, struct span key, struct span value)
{
	struct reader reader;
	const u8 *wallet;
	u64 number;

	room->audit->bills++;
	reader_init(&reader, key.bytes, key.len);
	wallet = reader_bytes(&reader, 32);
	number = reader_u64(&reader);
	if (!reader_done(&reader) || bill_decode(value, &room->bill))
		return charging_audit_fault(room, "A bill's record is damaged.");
	if (!session_of(room, room->bill.session))
		return charging_audit_fault(room, "Bill %" PRIu64 " of wallet %s is of no session.", (uint64_t)number,
					    charging_audit_name(wallet));
	if (!tariff_of(room))
		return charging_audit_fault(room,
					    "Bill %" PRIu64 " of wallet %s is by a tariff that its station never had.",
					    (uint64_t)number, charging_audit_name(wallet));
	return judge_story(room, wallet, number) && judge_lines(room, charging_audit_name(wallet), number) &&
	       judge_indices(room, wallet, number);
}

static u64 note_amount(struct span value)
{
	struct reader reader;

	reader_init(&reader, value.bytes, value.len);
	reader_u8(&reader);
	return reader_u64(&reader);
}

/* The last note of a bill counts them all: they are numbered from 1. */
bool charging_audit_note(struct charging_audit_room *room, struct span key, struct span value)
{
	u64 number, sum = note_amount(value);
	u8 other[1 + 32 + 8 + 4] = { 'n' };
	struct reader reader;
	struct writer writer;
	const u8 *wallet;
	u32 note, i;

	room->audit->notes++;
	reader_init(&reader, key.bytes, key.len);
	wallet = reader_bytes(&reader, 32);
	number = reader_u64(&reader);
	note = reader_u32(&reader);
	if (!reader_done(&reader))
		return charging_audit_fault(room, "A credit note's key is damaged.");
	if (!bill_of(room, wallet, number) || !session_of(room, room->bill.session))
		return charging_audit_fault(
			room, "There is a credit note on bill %" PRIu64 " of wallet %s, which does not exist.",
			(uint64_t)number, charging_audit_name(wallet));
	if (note > room->session.notes)
		return charging_audit_fault(
			room, "Bill %" PRIu64 " of wallet %s has more credit notes than its session counts.",
			(uint64_t)number, charging_audit_name(wallet));
	if (note != room->session.notes)
		return true;
	memcpy(other + 1, key.bytes, 40);
	for (i = 1; i < note; i++) {
		writer_init(&writer, other + 41, 4);
		writer_u32(&writer, i);
		if (!charging_audit_get(room, other, sizeof(other), &value) ||
		    !money_add(sum, note_amount(value), &sum))
			return charging_audit_fault(room, "Credit note %u on bill %" PRIu64 " of wallet %s is missing.",
						    i, (uint64_t)number, charging_audit_name(wallet));
	}
	if (sum != room->session.noted || sum > room->bill.cost)
		return charging_audit_fault(room,
					    "Credit notes on bill %" PRIu64 " of wallet %s add up to %" PRIu64
					    ", not to what its session says, or to more than the bill.",
					    (uint64_t)number, charging_audit_name(wallet), (uint64_t)sum);
	return true;
}
