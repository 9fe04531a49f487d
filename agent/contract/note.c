// SPDX-License-Identifier: GPL-2.0
/* note.c - see note.h. */
#include <errno.h>
#include <inttypes.h>

#include "agent/contract/account.h"
#include "agent/contract/answer.h"
#include "agent/contract/argument.h"
#include "agent/contract/bill.h"
#include "agent/contract/charging.h"
#include "agent/contract/money.h"
#include "agent/contract/note.h"

#define NOTE_VERSION 1
#define NOTE_REASON_MAX 256
#define NOTE_LEN_MAX (1 + 8 + 8 + 2 + NOTE_REASON_MAX)

struct note_key {
	u8 bytes[1 + 32 + 8 + 4];
};

static struct note_key note_key(const u8 wallet[32], u64 number, u32 note)
{
	struct note_key key;
	struct writer writer;

	writer_init(&writer, key.bytes, sizeof(key.bytes));
	writer_u8(&writer, 'n');
	writer_bytes(&writer, wallet, 32);
	writer_u64(&writer, number);
	writer_u32(&writer, note);
	return key;
}

static int note_put(struct contract_run *run, const u8 wallet[32], u64 number, u32 note, u64 amount, struct span reason)
{
	struct note_key key = note_key(wallet, number, note);
	u8 bytes[NOTE_LEN_MAX];
	struct writer writer;

	writer_init(&writer, bytes, sizeof(bytes));
	writer_u8(&writer, NOTE_VERSION);
	writer_u64(&writer, amount);
	writer_u64(&writer, contract_time(run));
	writer_span16(&writer, reason);
	return contract_put(run, BILL_SPAN(key), (struct span){ bytes, writer_len(&writer) });
}

/* Back to the wallet, if the bill is paid. */
static int give_back(struct contract_run *run, const struct session *session, u64 amount)
{
	struct account_key key = account_key('b', session->wallet);
	u64 balance;
	int result = station_balance(run, session->station, &balance);

	if (!result && balance < amount)
		return contract_refuse(run, -ERANGE, "The station's account holds %" PRIu64 ", less than AMOUNT.",
				       (uint64_t)balance);
	result = result ?: account_balance(run, session->wallet, false, &balance);
	if (!result && balance + amount > MONEY_MOST)
		return contract_refuse(run, -ERANGE, "The wallet's balance would be above %llu.", MONEY_MOST);
	result = result ?: station_account(run, session->station, -(s64)amount);
	return result ?: contract_delta(run, ACCOUNT_SPAN(key), amount, 0, MONEY_MOST);
}

static int note_issue(struct contract_run *run, const struct span *arguments, u32 count)
{
	struct session session;
	u64 number, amount;
	struct bill bill;
	json_t *object;
	u8 wallet[32];
	int result = argument_hex(run, arguments[0], "WALLET", wallet, sizeof(wallet));

	(void)count;
	result = result ?: argument_number(run, arguments[1], "NUMBER", 1, UINT64_MAX, &number);
	result = result ?: argument_number(run, arguments[2], "AMOUNT", 1, MONEY_MOST, &amount);
	result = result ?: argument_words(run, arguments[3], "REASON", NOTE_REASON_MAX);
	result = result ?: bill_get(run, wallet, number, &bill);
	result = result ?: charging_concerns(run, bill.station_organisation, "station");
	result = result ?: session_get(run, bill.session, &session);
	if (!result && amount > bill.cost - session.noted)
		return contract_refuse(run, -ERANGE,
				       "AMOUNT is more than the %" PRIu64 " of the bill that no note corrected yet.",
				       (uint64_t)(bill.cost - session.noted));
	if (!result && session.state == SESSION_PAID)
		result = give_back(run, &session, amount);
	session.noted += amount;
	session.notes++;
	result = result ?: note_put(run, wallet, number, session.notes, amount, arguments[3]);
	result = result ?: bill_index(run, &bill, &session);
	result = result ?: session_put(run, bill.session, &session);
	if (result)
		return result;
	object = json_object();
	answer_hex(object, "wallet", wallet, sizeof(wallet));
	answer_number(object, "bill", number);
	answer_number(object, "note", session.notes);
	answer_number(object, "amount", amount);
	answer_number(object, "noted", session.noted);
	return answer_give(run, object);
}

static bool list_one(void *arg, struct span key, struct span value)
{
	json_t *list = arg, *object = json_object();
	struct reader reader;
	struct span reason;
	u64 amount, issued;

	(void)key;
	reader_init(&reader, value.bytes, value.len);
	reader_u8(&reader);
	amount = reader_u64(&reader);
	issued = reader_u64(&reader);
	reason = reader_span16(&reader, NOTE_REASON_MAX);
	answer_number(object, "amount", amount);
	answer_number(object, "issued", issued);
	answer_part(object, "reason", json_stringn((const char *)reason.bytes, reason.len));
	answer_item(list, object);
	return true;
}

int note_list(struct contract_run *run, const u8 wallet[32], u64 number, json_t **ret_notes)
{
	struct note_key prefix = note_key(wallet, number, 0);
	int result;

	*ret_notes = json_array();
	result = contract_scan(run, (struct span){ prefix.bytes, sizeof(prefix.bytes) - 4 }, (struct span){ NULL, 0 },
			       list_one, *ret_notes);
	if (result)
		json_decref(*ret_notes);
	return result;
}

static const struct charging_function functions[] = {
	{ "issue", 4, 4, CHARGING_ADMINISTRATOR, note_issue, "WALLET NUMBER AMOUNT REASON" },
	{ .name = NULL },
};

const struct charging_noun charging_note = { "note", functions };
