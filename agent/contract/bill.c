// SPDX-License-Identifier: GPL-2.0
/* bill.c - records of bills and the index by organisation; see bill.h. What is written here is never written again. */
#include <errno.h>

#include "agent/contract/bill.h"

#define BILL_VERSION 1
#define BILL_LEN_MAX (160 + SESSION_LINES_MAX * 48)

struct bill_key bill_key(const u8 wallet[32], u64 number)
{
	struct bill_key key;
	struct writer writer;

	writer_init(&writer, key.bytes, sizeof(key.bytes));
	writer_u8(&writer, 'l');
	writer_bytes(&writer, wallet, 32);
	writer_u64(&writer, number);
	return key;
}

struct bill_index_key bill_index_key(u16 organisation, u64 settled, const u8 wallet[32], u64 number)
{
	struct bill_index_key key;
	struct writer writer;

	writer_init(&writer, key.bytes, sizeof(key.bytes));
	writer_u8(&writer, 'L');
	writer_u16(&writer, organisation);
	writer_u64(&writer, settled);
	writer_bytes(&writer, wallet, 32);
	writer_u64(&writer, number);
	return key;
}

int bill_decode(struct span value, struct bill *ret_bill)
{
	struct bill_line *line;
	struct reader reader;
	u32 i;

	reader_init(&reader, value.bytes, value.len);
	if (reader_u8(&reader) != BILL_VERSION)
		return -EBADMSG;
	reader_copy(&reader, ret_bill->session, sizeof(ret_bill->session));
	reader_copy(&reader, ret_bill->station, sizeof(ret_bill->station));
	ret_bill->charger = reader_u16(&reader);
	ret_bill->organisation = reader_u16(&reader);
	ret_bill->station_organisation = reader_u16(&reader);
	ret_bill->tariff = reader_u32(&reader);
	ret_bill->from = reader_u64(&reader);
	ret_bill->to = reader_u64(&reader);
	ret_bill->start_register_wh = reader_u64(&reader);
	ret_bill->stop_register_wh = reader_u64(&reader);
	ret_bill->metered_wh = reader_u64(&reader);
	ret_bill->energy_wh = reader_u64(&reader);
	ret_bill->cost = reader_u64(&reader);
	ret_bill->settled = reader_u64(&reader);
	ret_bill->line_count = reader_u16(&reader);
	if (ret_bill->line_count > SESSION_LINES_MAX)
		return -EBADMSG;
	for (i = 0; i < ret_bill->line_count; i++) {
		line = &ret_bill->lines[i];
		line->from = reader_u64(&reader);
		line->to = reader_u64(&reader);
		line->energy_wh = reader_u64(&reader);
		line->energy_price = reader_u64(&reader);
		line->service_price = reader_u64(&reader);
		line->cost = reader_u64(&reader);
	}
	return reader_done(&reader) ? 0 : -EBADMSG;
}

static void bill_encode(struct writer *writer, const struct bill *bill)
{
	const struct bill_line *line;
	u32 i;

	writer_u8(writer, BILL_VERSION);
	writer_bytes(writer, bill->session, sizeof(bill->session));
	writer_bytes(writer, bill->station, sizeof(bill->station));
	writer_u16(writer, bill->charger);
	writer_u16(writer, bill->organisation);
	writer_u16(writer, bill->station_organisation);
	writer_u32(writer, bill->tariff);
	writer_u64(writer, bill->from);
	writer_u64(writer, bill->to);
	writer_u64(writer, bill->start_register_wh);
	writer_u64(writer, bill->stop_register_wh);
	writer_u64(writer, bill->metered_wh);
	writer_u64(writer, bill->energy_wh);
	writer_u64(writer, bill->cost);
	writer_u64(writer, bill->settled);
	writer_u16(writer, bill->line_count);
	for (i = 0; i < bill->line_count; i++) {
		line = &bill->lines[i];
		writer_u64(writer, line->from);
		writer_u64(writer, line->to);
		writer_u64(writer, line->energy_wh);
		writer_u64(writer, line->energy_price);
		writer_u64(writer, line->service_price);
		writer_u64(writer, line->cost);
	}
}

int bill_worth_decode(struct span value, struct bill_worth *ret_worth)
{
	struct reader reader;

	reader_init(&reader, value.bytes, value.len);
	ret_worth->whose = reader_u8(&reader);
	ret_worth->energy_wh = reader_u64(&reader);
	ret_worth->cost = reader_u64(&reader);
	ret_worth->due = reader_u64(&reader);
	ret_worth->noted = reader_u64(&reader);
	return reader_done(&reader) ? 0 : -EBADMSG;
}

static int index_put(struct contract_run *run, u16 organisation, const struct bill *bill, const struct session *session,
		     u8 whose)
{
	struct bill_index_key key = bill_index_key(organisation, bill->settled, session->wallet, session->bill);
	struct writer writer;
	u8 bytes[1 + 4 * 8];

	writer_init(&writer, bytes, sizeof(bytes));
	writer_u8(&writer, whose);
	writer_u64(&writer, bill->energy_wh);
	writer_u64(&writer, bill->cost);
	writer_u64(&writer, session->state == SESSION_PAID ? 0 : bill->cost - session->noted);
	writer_u64(&writer, session->noted);
	return contract_put(run, BILL_SPAN(key), (struct span){ bytes, writer_len(&writer) });
}

int bill_index(struct contract_run *run, const struct bill *bill, const struct session *session)
{
	bool same = bill->organisation == bill->station_organisation;
	u8 whose = same ? BILL_OF_USER | BILL_OF_STATION : BILL_OF_USER;
	int result = index_put(run, bill->organisation, bill, session, whose);

	if (!result && !same)
		result = index_put(run, bill->station_organisation, bill, session, BILL_OF_STATION);
	return result;
}

int bill_put(struct contract_run *run, const u8 wallet[32], u64 number, const struct bill *bill)
{
	struct bill_key key = bill_key(wallet, number);
	u8 bytes[BILL_LEN_MAX];
	struct writer writer;
	struct span present;
	int result = contract_get(run, BILL_SPAN(key), &present);

	if (!result)
		return contract_refuse(run, -EEXIST, "There is a bill of this number, and bills never change.");
	if (result != -ENOENT)
		return result;
	writer_init(&writer, bytes, sizeof(bytes));
	bill_encode(&writer, bill);
	return contract_put(run, BILL_SPAN(key), (struct span){ bytes, writer_len(&writer) });
}

int bill_get(struct contract_run *run, const u8 wallet[32], u64 number, struct bill *ret_bill)
{
	struct bill_key key = bill_key(wallet, number);
	struct span value;
	int result = contract_get(run, BILL_SPAN(key), &value);

	if (result == -ENOENT)
		return contract_refuse(run, result, "The wallet has no bill of this number.");
	if (!result && bill_decode(value, ret_bill))
		return contract_refuse(run, -EIO, "The bill's record is damaged.");
	return result;
}
