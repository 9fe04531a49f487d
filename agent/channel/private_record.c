// SPDX-License-Identifier: GPL-2.0
/* private_record.c - keys and records of a private store. */
#include <errno.h>
#include <stdlib.h>

#include "agent/channel/private_record.h"

static struct private_name name_make(u8 space, const u64 *number, const u8 *proposal_hash, const u8 *state_key)
{
	struct private_name name;
	struct writer writer;

	writer_init(&writer, name.bytes, sizeof(name.bytes));
	writer_u8(&writer, space);
	if (number)
		writer_u64(&writer, *number);
	if (proposal_hash)
		writer_bytes(&writer, proposal_hash, 32);
	writer_bytes(&writer, state_key, PRIVATE_KEY_LEN);
	name.len = writer_len(&writer);
	return name;
}

struct private_name private_name_waiting(const u8 proposal_hash[32], const u8 *state_key)
{
	return name_make('w', NULL, proposal_hash, state_key);
}

struct private_name private_name_expiry(u64 expires, const u8 proposal_hash[32], const u8 *state_key)
{
	return name_make('e', &expires, proposal_hash, state_key);
}

struct private_name private_name_value(const u8 *state_key)
{
	return name_make('v', NULL, NULL, state_key);
}

struct private_name private_name_due(u64 number, const u8 *state_key)
{
	return name_make('d', &number, NULL, state_key);
}

struct private_name private_name_missing(const u8 *state_key)
{
	return name_make('m', NULL, NULL, state_key);
}

struct span private_name_span(const struct private_name *name)
{
	return (struct span){ name->bytes, name->len };
}

u8 *private_record_encode(const struct private_record *record, size_t *ret_len)
{
	size_t size = 8 + 2 + record->collection.len + 2 + record->key.len + 16 + 4 + record->value.len;
	u8 *bytes = malloc(size);
	struct writer writer;

	if (!bytes)
		return NULL;
	writer_init(&writer, bytes, size);
	writer_u64(&writer, record->number);
	writer_span16(&writer, record->collection);
	writer_span16(&writer, record->key);
	writer_bytes(&writer, record->salt, 16);
	writer_span32(&writer, record->value);
	*ret_len = writer_len(&writer);
	return bytes;
}

int private_record_decode(struct span bytes, struct private_record *ret_record)
{
	struct reader reader;

	reader_init(&reader, bytes.bytes, bytes.len);
	ret_record->number = reader_u64(&reader);
	ret_record->collection = reader_span16(&reader, MEMBERSHIP_NAME_MAX);
	ret_record->key = reader_span16(&reader, TRANSACTION_KEY_MAX);
	ret_record->salt = reader_bytes(&reader, 16);
	ret_record->value = reader_span32(&reader, TRANSACTION_MAX);
	return reader_done(&reader) ? 0 : -EBADMSG;
}
