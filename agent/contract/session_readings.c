// SPDX-License-Identifier: GPL-2.0
/*
 * session_readings.c - see session_readings.h and PROTOCOL.md M13. The time of a reading is the meter's: it lies
 * between the session's bounds, and before the transaction's own expiry, which blocks keep close to their time.
 */
#include <errno.h>
#include <inttypes.h>

#include "agent/contract/argument.h"
#include "agent/contract/contract_run.h"
#include "agent/contract/money.h"
#include "agent/contract/session_readings.h"

#define SECOND_US 1000000ULL

/* REGISTER TIME SIGNATURE; @reading has its number. */
static int reading_parse(struct contract_run *run, const struct reading_scope *scope, const struct charger *charger,
			 const struct span arguments[3], struct reading *reading)
{
	u8 signature[64], hash[LEDGER_HASH_LEN];
	int result = argument_number(run, arguments[0], "REGISTER", 0, MONEY_REGISTER_MOST, &reading->register_wh);

	result = result ?: argument_number(run, arguments[1], "TIME", 1, INT64_MAX, &reading->time);
	result = result ?: argument_hex(run, arguments[2], "SIGNATURE", signature, sizeof(signature));
	if (result)
		return result;
	reading_hash(scope, reading, hash);
	if (!contract_verify(run, charger->meter, hash, sizeof(hash), signature))
		return contract_refuse(run, -EBADMSG, "The charger's meter did not sign this reading.");
	if (reading->time > run->input->proposal->expires)
		return contract_refuse(run, -EINVAL, "The reading's TIME is after the transaction's own expiry.");
	return 0;
}

int session_reading_start(struct contract_run *run, const u8 id[32], const u8 station[32], u16 number,
			  const struct charger *charger, const struct span arguments[3], struct reading *ret_reading)
{
	struct reading_scope scope = { contract_channel(run), station, id, number };
	u64 life = contract_parameter(run, MEMBERSHIP_TRANSACTION_LIFE_S) * SECOND_US;
	int result;

	ret_reading->number = 0;
	result = reading_parse(run, &scope, charger, arguments, ret_reading);
	if (result)
		return result;
	if (ret_reading->register_wh < charger->register_wh)
		return contract_refuse(run, -EINVAL,
				       "REGISTER is below %" PRIu64
				       ", which this meter has shown: no placeholder begins a "
				       "session.",
				       (uint64_t)charger->register_wh);
	if (ret_reading->time < charger->read)
		return contract_refuse(run, -EINVAL, "TIME is before the charger's last reading, %" PRIu64 ".",
				       (uint64_t)charger->read);
	if (ret_reading->time + life < contract_time(run))
		return contract_refuse(run, -EINVAL, "The start reading is older than a transaction lives.");
	return 0;
}

struct adding {
	struct session *session;
	const struct tariff *tariff;
	u64 zone, left; /* what the ceiling leaves to be billed */
	bool full;	/* no room for another line */
};

/* The last line goes on where it lies in the same turn; else another begins. */
static bool add_part(void *arg, const struct tariff_part *part)
{
	struct adding *adding = arg;
	struct session *session = adding->session;
	struct session_line *last = session->line_count ? &session->lines[session->line_count - 1] : NULL;
	u64 energy = part->energy_wh < adding->left ? part->energy_wh : adding->left;

	if (!energy)
		return true;
	adding->left -= energy;
	if (!last || last->period != part->period ||
	    tariff_turn(adding->tariff, adding->zone, last->from).to < part->to) {
		if (session->line_count == SESSION_LINES_MAX) {
			adding->full = true;
			return false;
		}
		last = &session->lines[session->line_count++];
		*last = (struct session_line){ .from = part->from, .period = part->period };
	}
	last->to = part->to;
	last->energy_wh += energy;
	return true;
}

static u64 billed(const struct session *session)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < session->line_count; i++)
		sum += session->lines[i].energy_wh;
	return sum;
}

int session_reading_add(struct contract_run *run, const u8 id[32], struct session *session, const struct tariff *tariff,
			const struct charger *charger, const struct span arguments[4])
{
	struct reading_scope scope = { contract_channel(run), session->station, id, session->charger };
	struct adding adding = { .session = session,
				 .tariff = tariff,
				 .zone = contract_parameter(run, MEMBERSHIP_TIME_ZONE_MIN),
				 .left = session->energy_wh - billed(session) };
	struct reading next;
	u64 number;
	enum reading_fault fault;
	int result = argument_number(run, arguments[0], "NUMBER", 1, UINT32_MAX, &number);

	if (result)
		return result;
	next.number = number;
	result = reading_parse(run, &scope, charger, arguments + 1, &next);
	if (result)
		return result;
	fault = reading_follows(&session->last, &next, charger->power_w);
	if (fault)
		return contract_refuse(run, -EINVAL, "%s (The last was number %u, %" PRIu64 " Wh at %" PRIu64 ".)",
				       reading_sentence(fault), session->last.number,
				       (uint64_t)session->last.register_wh, (uint64_t)session->last.time);
	if (next.time - session->started > SESSION_LIFE_US)
		return contract_refuse(run, -EINVAL, "A session's readings end 48 hours after its start.");
	tariff_split(tariff, adding.zone, session->last.time, next.time, next.register_wh - session->last.register_wh,
		     add_part, &adding);
	if (adding.full)
		return contract_refuse(run, -E2BIG, "The session touches more than %d periods.", SESSION_LINES_MAX);
	session->last = next;
	return 0;
}
