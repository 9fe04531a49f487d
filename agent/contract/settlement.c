// SPDX-License-Identifier: GPL-2.0
/*
 * settlement.c - paper 3.3 in four steps: the metered energy; balance and unit
 * prices; the fee, eqs. (4) and (5); the transfer. Money changes hands by deltas in one write set, or not at all.
 *
 * Enough money is judged by a look that no read set holds and by the delta's own range, so that a deposit beside it
 * changes nothing. Too little is judged by a read: it costs a credit point, and must be so when the block is made.
 */
#include <errno.h>
#include <inttypes.h>

#include "agent/contract/account.h"
#include "agent/contract/answer.h"
#include "agent/contract/argument.h"
#include "agent/contract/bill.h"
#include "agent/contract/charging.h"
#include "agent/contract/credit.h"
#include "agent/contract/money.h"
#include "agent/contract/settlement.h"

/* @bill's lines and sums from what @session metered. */
static int bill_lines(const struct session *session, const struct tariff *tariff, struct bill *bill)
{
	const struct tariff_period *period;
	struct bill_line *line;
	u32 i;

	bill->cost = bill->energy_wh = 0;
	bill->line_count = session->line_count;
	for (i = 0; i < session->line_count; i++) {
		line = &bill->lines[i];
		line->from = session->lines[i].from;
		line->to = session->lines[i].to;
		line->energy_wh = session->lines[i].energy_wh;
		period = &tariff->periods[session->lines[i].period];
		line->energy_price = period->energy;
		line->service_price = period->service;
		if (!money_fee(line->energy_wh, line->energy_price + line->service_price, &line->cost) ||
		    !money_add(bill->cost, line->cost, &bill->cost))
			return -EOVERFLOW;
		bill->energy_wh += line->energy_wh;
	}
	return 0;
}

int settlement_cost(struct contract_run *run, const struct session *session, const struct tariff *tariff, u64 *ret_cost)
{
	struct bill bill;
	int result = bill_lines(session, tariff, &bill);

	*ret_cost = bill.cost;
	return result ? contract_refuse(run, result, "The fee does not fit 64 bits.") : 0;
}

/* Takes @due from the wallet for the station and counts the credit point; @ret_paid: or it was too little. */
static int pay(struct contract_run *run, const struct session *session, u64 due, bool *ret_paid)
{
	struct account_key key = account_key('b', session->wallet);
	u64 balance;
	int result = account_balance(run, session->wallet, false, &balance);

	*ret_paid = !result && balance >= due;
	if (result || !*ret_paid)
		return result ?: account_balance(run, session->wallet, true, &balance);
	if (!due)
		return 0;
	result = contract_delta(run, ACCOUNT_SPAN(key), -(s64)due, 0, MONEY_MOST);
	return result ?: station_account(run, session->station, due);
}

static int write_bill(struct contract_run *run, const u8 id[32], const struct session *session, u64 number,
		      struct bill *bill)
{
	memcpy(bill->session, id, sizeof(bill->session));
	memcpy(bill->station, session->station, sizeof(bill->station));
	bill->charger = session->charger;
	bill->organisation = session->organisation;
	bill->station_organisation = session->station_organisation;
	bill->tariff = session->tariff;
	bill->from = session->started;
	bill->to = session->last.time;
	bill->start_register_wh = session->start_register_wh;
	bill->stop_register_wh = session->last.register_wh;
	bill->metered_wh = session->last.register_wh - session->start_register_wh;
	bill->settled = contract_time(run);
	return bill_put(run, session->wallet, number, bill);
}

/* The charger is free again, and its meter's register stands where the session left it. */
static int release(struct contract_run *run, const u8 id[32], const struct session *session)
{
	struct charger charger;
	int result = charger_get(run, session->station, session->charger, &charger);

	if (result)
		return result;
	if (charger.use == CHARGER_BUSY && !memcmp(charger.holder, id, sizeof(charger.holder))) {
		charger.use = CHARGER_FREE;
		memset(charger.holder, 0, sizeof(charger.holder));
	}
	charger.register_wh = session->last.register_wh;
	charger.read = session->last.time;
	return charger_put(run, session->station, session->charger, &charger);
}

int settlement_settle(struct contract_run *run, const u8 id[32], struct session *session)
{
	struct tariff tariff;
	struct wallet wallet;
	struct bill bill;
	bool paid;
	int result = station_tariff(run, session->station, session->tariff, &tariff);

	result = result ?: wallet_get(run, session->wallet, &wallet);
	if (!result && bill_lines(session, &tariff, &bill))
		result = contract_refuse(run, -EOVERFLOW, "The fee does not fit 64 bits.");
	result = result ?: write_bill(run, id, session, wallet.bills + 1, &bill);
	result = result ?: pay(run, session, bill.cost, &paid);
	/* Nothing delivered is no deal: it earns no point (PROTOCOL.md M3). */
	if (!result && bill.cost)
		result = credit_count(run, session->wallet, paid);
	result = result ?: release(run, id, session);
	if (result)
		return result;
	session->state = paid ? SESSION_PAID : SESSION_UNPAID;
	session->bill = ++wallet.bills;
	session->cost = bill.cost;
	session->line_count = 0;
	result = bill_index(run, &bill, session);
	session->touched = contract_time(run);
	wallet.doing = WALLET_NOTHING;
	memset(wallet.holder, 0, sizeof(wallet.holder));
	wallet.charger = 0;
	wallet.until = 0;
	result = result ?: wallet_put(run, session->wallet, &wallet);
	return result ?: session_put(run, id, session);
}

/* A debt paid late, by whoever owes it and with whatever credit; what was corrected is not owed (PROTOCOL.md M6). */
static int settlement_pay(struct contract_run *run, const struct span *arguments, u32 count)
{
	struct session session;
	struct bill bill;
	json_t *object;
	bool paid;
	u8 id[32];
	u64 due;
	int result = argument_hex(run, arguments[0], "SESSION", id, sizeof(id));

	(void)count;
	result = result ?: session_get(run, id, &session);
	result = result ?: session_speaks(run, id, &session);
	if (!result && session.state != SESSION_UNPAID)
		return contract_refuse(run, -EALREADY,
				       session.state == SESSION_PAID ? "The session's bill is paid."
								     : "The session is still charging; stop it first.");
	if (result)
		return result;
	due = session.cost - session.noted;
	result = pay(run, &session, due, &paid);
	if (!result && !paid)
		return contract_refuse(run, -ERANGE, "The balance is below the %" PRIu64 " that are due.",
				       (uint64_t)due);
	result = result ?: credit_count(run, session.wallet, true);
	session.state = SESSION_PAID;
	session.touched = contract_time(run);
	result = result ?: bill_get(run, session.wallet, session.bill, &bill);
	result = result ?: bill_index(run, &bill, &session);
	result = result ?: session_put(run, id, &session);
	if (result)
		return result;
	object = json_object();
	answer_hex(object, "session", id, sizeof(id));
	answer_number(object, "bill", session.bill);
	answer_text(object, "state", "paid");
	answer_number(object, "paid", due);
	return answer_give(run, object);
}

static const struct charging_function functions[] = {
	{ "pay", 1, 1, 0, settlement_pay, "SESSION" },
	{ .name = NULL },
};

const struct charging_noun charging_settlement = { "settlement", functions };
