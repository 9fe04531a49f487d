// SPDX-License-Identifier: GPL-2.0
/* station.c - records of stations, tariffs and chargers; the functions of noun "station" are station_calls.c. */
#include <errno.h>
#include <stdint.h>

#include "agent/contract/station.h"

#define STATION_VERSION 1
#define STATION_LEN_MAX (1 + 2 + 32 + 1 + 4 + 4 + 2 + 4 + 8 + 2 + STATION_NAME_MAX)
#define CHARGER_LEN (1 + 32 + 4 + 1 + 1 + 8 + 8 + 32 + 8)

struct station_key {
	u8 bytes[1 + 32 + 4];
	size_t len;
};

/* @space, station, then @rest in @rest_len bytes. */
static struct station_key station_key(char space, const u8 station[32], u32 rest, size_t rest_len)
{
	struct station_key key;
	struct writer writer;

	writer_init(&writer, key.bytes, sizeof(key.bytes));
	writer_u8(&writer, space);
	writer_bytes(&writer, station, 32);
	if (rest_len == 2)
		writer_u16(&writer, rest);
	if (rest_len == 4)
		writer_u32(&writer, rest);
	key.len = writer_len(&writer);
	return key;
}

#define STATION_SPAN(key) ((struct span){ (key).bytes, (key).len })

static bool state_known(u8 state)
{
	return state == STATION_OPEN || state == STATION_CLOSED;
}

int station_decode(struct span value, struct station *ret_station)
{
	struct reader reader;
	struct span name;

	reader_init(&reader, value.bytes, value.len);
	if (reader_u8(&reader) != STATION_VERSION)
		return -EBADMSG;
	ret_station->organisation = reader_u16(&reader);
	reader_copy(&reader, ret_station->node, sizeof(ret_station->node));
	ret_station->state = reader_u8(&reader);
	ret_station->latitude = (int)reader_u32(&reader);
	ret_station->longitude = (int)reader_u32(&reader);
	ret_station->chargers = reader_u16(&reader);
	ret_station->tariff = reader_u32(&reader);
	ret_station->opened = reader_u64(&reader);
	name = reader_span16(&reader, STATION_NAME_MAX);
	if (!reader_done(&reader) || !state_known(ret_station->state) || !ret_station->tariff)
		return -EBADMSG;
	memset(ret_station->name, 0, sizeof(ret_station->name));
	memcpy(ret_station->name, name.bytes, name.len);
	return 0;
}

int charger_decode(struct span value, struct charger *ret_charger)
{
	struct reader reader;

	reader_init(&reader, value.bytes, value.len);
	if (reader_u8(&reader) != STATION_VERSION)
		return -EBADMSG;
	reader_copy(&reader, ret_charger->meter, sizeof(ret_charger->meter));
	ret_charger->power_w = reader_u32(&reader);
	ret_charger->state = reader_u8(&reader);
	ret_charger->use = reader_u8(&reader);
	ret_charger->register_wh = reader_u64(&reader);
	ret_charger->read = reader_u64(&reader);
	reader_copy(&reader, ret_charger->holder, sizeof(ret_charger->holder));
	ret_charger->until = reader_u64(&reader);
	return reader_done(&reader) && state_known(ret_charger->state) && ret_charger->use <= CHARGER_BUSY ? 0
													   : -EBADMSG;
}

int station_get(struct contract_run *run, const u8 station[32], struct station *ret_station)
{
	struct station_key key = station_key('s', station, 0, 0);
	struct span value;
	int result = contract_get(run, STATION_SPAN(key), &value);

	if (result == -ENOENT)
		return contract_refuse(run, result, "There is no station of this id.");
	if (!result && station_decode(value, ret_station))
		return contract_refuse(run, -EIO, "The station's record is damaged.");
	return result;
}

int station_put(struct contract_run *run, const u8 id[32], const struct station *station)
{
	struct station_key key = station_key('s', id, 0, 0);
	u8 bytes[STATION_LEN_MAX];
	struct writer writer;

	writer_init(&writer, bytes, sizeof(bytes));
	writer_u8(&writer, STATION_VERSION);
	writer_u16(&writer, station->organisation);
	writer_bytes(&writer, station->node, sizeof(station->node));
	writer_u8(&writer, station->state);
	writer_u32(&writer, (u32)station->latitude);
	writer_u32(&writer, (u32)station->longitude);
	writer_u16(&writer, station->chargers);
	writer_u32(&writer, station->tariff);
	writer_u64(&writer, station->opened);
	writer_span16(&writer, (struct span){ (const u8 *)station->name, strlen(station->name) });
	return contract_put(run, STATION_SPAN(key), (struct span){ bytes, writer_len(&writer) });
}

int station_tariff(struct contract_run *run, const u8 station[32], u32 version, struct tariff *ret_tariff)
{
	struct station_key key = station_key('t', station, version, 4);
	struct span value;
	int result = contract_get(run, STATION_SPAN(key), &value);

	if (result == -ENOENT)
		return contract_refuse(run, result, "The station has no tariff of version %u.", version);
	if (!result && tariff_decode(value, ret_tariff))
		return contract_refuse(run, -EIO, "The tariff's record is damaged.");
	return result;
}

int station_tariff_put(struct contract_run *run, const u8 station[32], u32 version, const struct tariff *tariff)
{
	struct station_key key = station_key('t', station, version, 4);
	u8 bytes[TARIFF_BYTES_MAX];
	struct writer writer;

	writer_init(&writer, bytes, sizeof(bytes));
	tariff_encode(&writer, tariff);
	return contract_put(run, STATION_SPAN(key), (struct span){ bytes, writer_len(&writer) });
}

int charger_get(struct contract_run *run, const u8 station[32], u16 number, struct charger *ret_charger)
{
	struct station_key key = station_key('x', station, number, 2);
	struct span value;
	int result = contract_get(run, STATION_SPAN(key), &value);

	if (result == -ENOENT)
		return contract_refuse(run, result, "The station has no charger %u.", number);
	if (!result && charger_decode(value, ret_charger))
		return contract_refuse(run, -EIO, "The charger's record is damaged.");
	return result;
}

int charger_put(struct contract_run *run, const u8 station[32], u16 number, const struct charger *charger)
{
	struct station_key key = station_key('x', station, number, 2);
	struct writer writer;
	u8 bytes[CHARGER_LEN];

	writer_init(&writer, bytes, sizeof(bytes));
	writer_u8(&writer, STATION_VERSION);
	writer_bytes(&writer, charger->meter, sizeof(charger->meter));
	writer_u32(&writer, charger->power_w);
	writer_u8(&writer, charger->state);
	writer_u8(&writer, charger->use);
	writer_u64(&writer, charger->register_wh);
	writer_u64(&writer, charger->read);
	writer_bytes(&writer, charger->holder, sizeof(charger->holder));
	writer_u64(&writer, charger->until);
	return contract_put(run, STATION_SPAN(key), (struct span){ bytes, writer_len(&writer) });
}

int charger_meter_hang(struct contract_run *run, const u8 station[32], u16 number, const u8 meter[32])
{
	struct station_key key = station_key('q', meter, 0, 0);
	struct writer writer;
	u8 bytes[32 + 2];
	struct span value;
	int result;

	writer_init(&writer, bytes, sizeof(bytes));
	writer_bytes(&writer, station, 32);
	writer_u16(&writer, number);
	result = contract_get(run, STATION_SPAN(key), &value);
	if (!result && !span_equal(value, (struct span){ bytes, sizeof(bytes) }))
		return contract_refuse(run, -EEXIST, "METER hangs at another charger already.");
	if (result && result != -ENOENT)
		return result;
	return contract_put(run, STATION_SPAN(key), (struct span){ bytes, sizeof(bytes) });
}

int charger_meter_remove(struct contract_run *run, const u8 meter[32])
{
	struct station_key key = station_key('q', meter, 0, 0);

	return contract_delete(run, STATION_SPAN(key));
}

bool charger_free(const struct charger *charger, u64 now)
{
	return charger->state == STATION_OPEN &&
	       (charger->use == CHARGER_FREE || (charger->use == CHARGER_RESERVED && charger->until <= now));
}

int station_account(struct contract_run *run, const u8 station[32], s64 amount)
{
	struct station_key key = station_key('g', station, 0, 0);

	return contract_delta(run, STATION_SPAN(key), amount, 0, INT64_MAX);
}

int station_balance(struct contract_run *run, const u8 station[32], u64 *ret_money)
{
	struct station_key key = station_key('g', station, 0, 0);
	struct reader reader;
	struct span value;
	int result = contract_peek(run, STATION_SPAN(key), &value);

	*ret_money = 0;
	if (result)
		return result == -ENOENT ? 0 : result;
	reader_init(&reader, value.bytes, value.len);
	*ret_money = reader_u64(&reader);
	return 0;
}
