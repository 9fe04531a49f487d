// SPDX-License-Identifier: GPL-2.0
/*
 * parcel.c - codec of parcels.
 */
#include <errno.h>

#include "agent/channel/parcel.h"
#include "ledger/membership.h"

static void list_decode(struct reader *reader, struct parcel *parcel, u32 most, size_t item_most)
{
	const u8 *start;

	parcel->count = reader_u32(reader);
	if (!parcel->count || parcel->count > most)
		reader->bad = true;
	start = reader->at;
	for (u32 i = 0; i < parcel->count && !reader->bad; i++)
		if (!reader_span32(reader, item_most).len)
			reader->bad = true;
	parcel->list = (struct span){ start, reader->at - start };
}

static void private_decode(struct reader *reader, struct parcel *parcel)
{
	parcel->hash = reader_bytes(reader, LEDGER_HASH_LEN);
	parcel->collection = reader_span16(reader, MEMBERSHIP_NAME_MAX);
	parcel->key = reader_span16(reader, TRANSACTION_KEY_MAX);
	parcel->salt = reader_bytes(reader, 16);
	parcel->value = reader_span32(reader, TRANSACTION_MAX);
}

static void snapshot_decode(struct reader *reader, struct parcel *parcel)
{
	u8 last;

	parcel->number = reader_u64(reader);
	parcel->piece = reader_u32(reader);
	last = reader_u8(reader);
	parcel->last = last;
	parcel->piece_bytes = reader_span32(reader, PARCEL_BYTES_MAX);
	if (last > 1)
		reader->bad = true;
}

int parcel_decode(struct span bytes, struct parcel *ret_parcel)
{
	struct reader reader;

	memset(ret_parcel, 0, sizeof(*ret_parcel));
	if (bytes.len > PARCEL_BYTES_MAX)
		return -EBADMSG;
	reader_init(&reader, bytes.bytes, bytes.len);
	ret_parcel->kind = reader_u8(&reader);
	switch (ret_parcel->kind) {
	case PARCEL_MESSAGE:
		ret_parcel->message = (struct span){ reader.at, reader_left(&reader) };
		reader_bytes(&reader, ret_parcel->message.len);
		break;
	case PARCEL_PREPREPARE:
		ret_parcel->message = reader_span32(&reader, PARCEL_MESSAGE_MAX);
		ret_parcel->body = reader_span32(&reader, BLOCK_BODY_MAX);
		break;
	case PARCEL_TRANSACTIONS:
		list_decode(&reader, ret_parcel, PARCEL_TRANSACTIONS_MAX, TRANSACTION_MAX);
		break;
	case PARCEL_BODY_WANTED:
		ret_parcel->number = reader_u64(&reader);
		ret_parcel->hash = reader_bytes(&reader, LEDGER_HASH_LEN);
		break;
	case PARCEL_BODY:
		ret_parcel->hash = reader_bytes(&reader, LEDGER_HASH_LEN);
		ret_parcel->body = reader_span32(&reader, BLOCK_BODY_MAX);
		break;
	case PARCEL_BLOCKS_WANTED:
		ret_parcel->number = reader_u64(&reader);
		ret_parcel->most = reader_u32(&reader);
		break;
	case PARCEL_BLOCKS:
		list_decode(&reader, ret_parcel, PARCEL_BLOCKS_MAX, PARCEL_BYTES_MAX);
		break;
	case PARCEL_HEAD:
		ret_parcel->number = reader_u64(&reader);
		ret_parcel->hash = reader_bytes(&reader, LEDGER_HASH_LEN);
		ret_parcel->first = reader_u64(&reader);
		break;
	case PARCEL_SNAPSHOT_WANTED:
		ret_parcel->piece = reader_u32(&reader);
		break;
	case PARCEL_SNAPSHOT:
		snapshot_decode(&reader, ret_parcel);
		break;
	case PARCEL_PRIVATE:
		private_decode(&reader, ret_parcel);
		break;
	case PARCEL_PRIVATE_WANTED:
		ret_parcel->key = reader_span16(&reader, TRANSACTION_KEY_MAX);
		break;
	default:
		return -EBADMSG;
	}
	return reader_done(&reader) ? 0 : -EBADMSG;
}

bool parcel_next(struct span *list, struct span *ret_item)
{
	struct reader reader;

	reader_init(&reader, list->bytes, list->len);
	*ret_item = reader_span32(&reader, PARCEL_BYTES_MAX);
	if (reader.bad || !ret_item->len)
		return false;
	*list = (struct span){ reader.at, reader_left(&reader) };
	return true;
}

void parcel_encode(struct writer *writer, const struct parcel *parcel)
{
	writer_u8(writer, parcel->kind);
	switch (parcel->kind) {
	case PARCEL_MESSAGE:
		writer_bytes(writer, parcel->message.bytes, parcel->message.len);
		break;
	case PARCEL_PREPREPARE:
		writer_span32(writer, parcel->message);
		writer_span32(writer, parcel->body);
		break;
	case PARCEL_TRANSACTIONS:
	case PARCEL_BLOCKS:
		writer_u32(writer, parcel->count);
		break;
	case PARCEL_BODY_WANTED:
		writer_u64(writer, parcel->number);
		writer_bytes(writer, parcel->hash, LEDGER_HASH_LEN);
		break;
	case PARCEL_BODY:
		writer_bytes(writer, parcel->hash, LEDGER_HASH_LEN);
		writer_span32(writer, parcel->body);
		break;
	case PARCEL_BLOCKS_WANTED:
		writer_u64(writer, parcel->number);
		writer_u32(writer, parcel->most);
		break;
	case PARCEL_HEAD:
		writer_u64(writer, parcel->number);
		writer_bytes(writer, parcel->hash, LEDGER_HASH_LEN);
		writer_u64(writer, parcel->first);
		break;
	case PARCEL_SNAPSHOT_WANTED:
		writer_u32(writer, parcel->piece);
		break;
	case PARCEL_SNAPSHOT:
		writer_u64(writer, parcel->number);
		writer_u32(writer, parcel->piece);
		writer_u8(writer, parcel->last);
		writer_span32(writer, parcel->piece_bytes);
		break;
	case PARCEL_PRIVATE:
		writer_bytes(writer, parcel->hash, LEDGER_HASH_LEN);
		writer_span16(writer, parcel->collection);
		writer_span16(writer, parcel->key);
		writer_bytes(writer, parcel->salt, 16);
		writer_span32(writer, parcel->value);
		break;
	case PARCEL_PRIVATE_WANTED:
		writer_span16(writer, parcel->key);
		break;
	}
}

size_t parcel_size(const struct parcel *parcel)
{
	return 128 + parcel->message.len + parcel->body.len + parcel->piece_bytes.len + parcel->collection.len +
	       parcel->key.len + parcel->value.len;
}
