// SPDX-License-Identifier: GPL-2.0
/* session.c - records of charging sessions and of what wallets do; see session.h. */
#include <errno.h>
#include <stdlib.h>

#include "agent/contract/account.h"
#include "agent/contract/session.h"

#define SESSION_VERSION 1
#define SESSION_LEN_MAX (240 + SESSION_LINES_MAX * 25)
#define WALLET_LEN (1 + 8 + 1 + 32 + 2 + 8)

static void reading_take(struct reader *reader, struct reading *ret_reading)
{
	ret_reading->number = reader_u32(reader);
	ret_reading->register_wh = reader_u64(reader);
	ret_reading->time = reader_u64(reader);
}

int session_decode(struct span value, struct session *ret_session)
{
	struct reader reader;
	u32 i;

	reader_init(&reader, value.bytes, value.len);
	if (reader_u8(&reader) != SESSION_VERSION)
		return -EBADMSG;
	ret_session->state = reader_u8(&reader);
	reader_copy(&reader, ret_session->wallet, sizeof(ret_session->wallet));
	reader_copy(&reader, ret_session->station, sizeof(ret_session->station));
	ret_session->charger = reader_u16(&reader);
	ret_session->tariff = reader_u32(&reader);
	ret_session->price = reader_u64(&reader);
	ret_session->energy_wh = reader_u64(&reader);
	ret_session->organisation = reader_u16(&reader);
	ret_session->station_organisation = reader_u16(&reader);
	ret_session->start_register_wh = reader_u64(&reader);
	ret_session->started = reader_u64(&reader);
	reading_take(&reader, &ret_session->last);
	ret_session->touched = reader_u64(&reader);
	ret_session->bill = reader_u64(&reader);
	ret_session->cost = reader_u64(&reader);
	ret_session->noted = reader_u64(&reader);
	ret_session->notes = reader_u32(&reader);
	ret_session->rated = reader_u8(&reader);
	ret_session->line_count = reader_u16(&reader);
	if (ret_session->line_count > SESSION_LINES_MAX)
		return -EBADMSG;
	for (i = 0; i < ret_session->line_count; i++) {
		ret_session->lines[i].from = reader_u64(&reader);
		ret_session->lines[i].to = reader_u64(&reader);
		ret_session->lines[i].energy_wh = reader_u64(&reader);
		ret_session->lines[i].period = reader_u8(&reader);
		if (ret_session->lines[i].period >= TARIFF_PERIODS_MAX)
			return -EBADMSG;
	}
	return reader_done(&reader) && ret_session->state >= SESSION_CHARGING && ret_session->state <= SESSION_PAID
		       ? 0
		       : -EBADMSG;
}

static void session_encode(struct writer *writer, const struct session *session)
{
	u32 i;

	writer_u8(writer, SESSION_VERSION);
	writer_u8(writer, session->state);
	writer_bytes(writer, session->wallet, sizeof(session->wallet));
	writer_bytes(writer, session->station, sizeof(session->station));
	writer_u16(writer, session->charger);
	writer_u32(writer, session->tariff);
	writer_u64(writer, session->price);
	writer_u64(writer, session->energy_wh);
	writer_u16(writer, session->organisation);
	writer_u16(writer, session->station_organisation);
	writer_u64(writer, session->start_register_wh);
	writer_u64(writer, session->started);
	writer_u32(writer, session->last.number);
	writer_u64(writer, session->last.register_wh);
	writer_u64(writer, session->last.time);
	writer_u64(writer, session->touched);
	writer_u64(writer, session->bill);
	writer_u64(writer, session->cost);
	writer_u64(writer, session->noted);
	writer_u32(writer, session->notes);
	writer_u8(writer, session->rated);
	writer_u16(writer, session->line_count);
	for (i = 0; i < session->line_count; i++) {
		writer_u64(writer, session->lines[i].from);
		writer_u64(writer, session->lines[i].to);
		writer_u64(writer, session->lines[i].energy_wh);
		writer_u8(writer, session->lines[i].period);
	}
}

int session_get(struct contract_run *run, const u8 id[32], struct session *ret_session)
{
	struct account_key key = account_key('i', id);
	struct span value;
	int result = contract_get(run, ACCOUNT_SPAN(key), &value);

	if (result == -ENOENT)
		return contract_refuse(run, result, "There is no charging session of this id.");
	if (!result && session_decode(value, ret_session))
		return contract_refuse(run, -EIO, "The session's record is damaged.");
	return result;
}

int session_put(struct contract_run *run, const u8 id[32], const struct session *session)
{
	struct account_key key = account_key('i', id);
	u8 bytes[SESSION_LEN_MAX];
	struct writer writer;

	writer_init(&writer, bytes, sizeof(bytes));
	session_encode(&writer, session);
	return contract_put(run, ACCOUNT_SPAN(key), (struct span){ bytes, writer_len(&writer) });
}

int wallet_decode(struct span value, struct wallet *ret_wallet)
{
	struct reader reader;

	reader_init(&reader, value.bytes, value.len);
	if (reader_u8(&reader) != SESSION_VERSION)
		return -EBADMSG;
	ret_wallet->bills = reader_u64(&reader);
	ret_wallet->doing = reader_u8(&reader);
	reader_copy(&reader, ret_wallet->holder, sizeof(ret_wallet->holder));
	ret_wallet->charger = reader_u16(&reader);
	ret_wallet->until = reader_u64(&reader);
	return reader_done(&reader) && ret_wallet->doing <= WALLET_CHARGING ? 0 : -EBADMSG;
}

int wallet_get(struct contract_run *run, const u8 wallet[32], struct wallet *ret_wallet)
{
	struct account_key key = account_key('w', wallet);
	struct span value;
	int result = contract_get(run, ACCOUNT_SPAN(key), &value);

	memset(ret_wallet, 0, sizeof(*ret_wallet));
	if (result)
		return result == -ENOENT ? 0 : result;
	if (wallet_decode(value, ret_wallet))
		return contract_refuse(run, -EIO, "The wallet's record is damaged.");
	return 0;
}

int wallet_put(struct contract_run *run, const u8 key[32], const struct wallet *wallet)
{
	struct account_key own = account_key('w', key);
	struct writer writer;
	u8 bytes[WALLET_LEN];

	writer_init(&writer, bytes, sizeof(bytes));
	writer_u8(&writer, SESSION_VERSION);
	writer_u64(&writer, wallet->bills);
	writer_u8(&writer, wallet->doing);
	writer_bytes(&writer, wallet->holder, sizeof(wallet->holder));
	writer_u16(&writer, wallet->charger);
	writer_u64(&writer, wallet->until);
	return contract_put(run, ACCOUNT_SPAN(own), (struct span){ bytes, writer_len(&writer) });
}

int session_speaks(struct contract_run *run, const u8 id[32], const struct session *session)
{
	static const u8 new_session[32];
	const struct mandate *mandate = contract_mandate(run);
	bool continues = mandate && memcmp(mandate->charging, new_session, sizeof(new_session));

	if (memcmp(contract_client(run), session->wallet, sizeof(session->wallet)))
		return contract_refuse(run, -EACCES, "The session is another wallet's.");
	if (!mandate)
		return 0;
	if (memcmp(continues ? mandate->charging : contract_mandate_id(run), id, 32))
		return contract_refuse(run, -EACCES, "The mandate is for another charging session.");
	if (memcmp(mandate->station, session->station, 32) || mandate->tariff != session->tariff ||
	    mandate->price != session->price || mandate->energy != session->energy_wh)
		return contract_refuse(run, -EACCES,
				       "A mandate that continues a session names its station, tariff and ceilings.");
	return 0;
}
