// SPDX-License-Identifier: GPL-2.0
/*
 * state_entry.c - what a bucket's content looks like: entries in key order, each
 *
 *   key span16, hash(VALUE) 32, version 12, value length u32, value
 *
 * A value longer than STATE_INLINE_MAX stands beside its bucket; the length has its highest bit set then.
 */
#include <errno.h>
#include <stdlib.h>

#include "ledger/state_parts.h"

#define ENTRY_LONG 0x80000000u
#define ENTRY_VALUE_MAX 0x7fffffffu
#define BRIEF_ROOM 2048

bool bucket_entry(struct reader *reader, struct bucket_entry *ret_entry)
{
	const u8 *start = reader->at;
	u32 len;

	if (!reader_left(reader))
		return false;
	ret_entry->key = reader_span16(reader, STATE_KEY_MAX);
	ret_entry->hash = reader_bytes(reader, LEDGER_HASH_LEN);
	ret_entry->version = reader_bytes(reader, STATE_VERSION_LEN);
	len = reader_u32(reader);
	ret_entry->value.len = len & ENTRY_VALUE_MAX;
	ret_entry->value.bytes = len & ENTRY_LONG ? NULL : reader_bytes(reader, len);
	ret_entry->bytes = state_span(start, reader->at - start);
	if ((ret_entry->value.len > STATE_INLINE_MAX) != (len >> 31))
		reader->bad = true;
	return !reader->bad;
}

size_t bucket_entry_len(size_t key_len, size_t value_len)
{
	return 2 + key_len + LEDGER_HASH_LEN + STATE_VERSION_LEN + 4 + (value_len > STATE_INLINE_MAX ? 0 : value_len);
}

void bucket_entry_write(struct writer *writer, struct span key, const u8 hash[LEDGER_HASH_LEN], const u8 *version,
			struct span value)
{
	writer_span16(writer, key);
	writer_bytes(writer, hash, LEDGER_HASH_LEN);
	writer_bytes(writer, version, STATE_VERSION_LEN);
	writer_u32(writer, (u32)value.len | (value.len > STATE_INLINE_MAX ? ENTRY_LONG : 0));
	if (value.len <= STATE_INLINE_MAX)
		writer_bytes(writer, value.bytes, value.len);
}

bool bucket_find(const struct bucket *bucket, struct span key, struct bucket_entry *ret_entry)
{
	struct reader reader;

	if (!bucket)
		return false;
	reader_init(&reader, bucket->entries, bucket->len);
	while (bucket_entry(&reader, ret_entry))
		if (span_equal(ret_entry->key, key))
			return true;
	return false;
}

int bucket_brief(struct span entries, u8 *room, size_t size, struct span *ret_brief)
{
	u8 *bytes = room && entries.len <= size ? room : malloc(entries.len + 1);
	struct bucket_entry entry;
	struct reader reader;
	struct writer writer;

	if (!bytes)
		return -ENOMEM;
	writer_init(&writer, bytes, entries.len);
	reader_init(&reader, entries.bytes, entries.len);
	while (bucket_entry(&reader, &entry)) /* key and hash stand side by side */
		writer_bytes(&writer, entry.bytes.bytes, 2 + entry.key.len + LEDGER_HASH_LEN);
	*ret_brief = state_span(bytes, writer_len(&writer));
	if (!reader.bad)
		return 0;
	if (bytes != room)
		free(bytes);
	return -EBADMSG;
}

int bucket_hash(u32 number, struct span entries, u8 ret_hash[LEDGER_HASH_LEN])
{
	u8 room[BRIEF_ROOM];
	struct span brief;
	int error = bucket_brief(entries, room, sizeof(room), &brief);

	if (error)
		return error;
	buckettree_bucket_hash(number, brief, ret_hash);
	if (brief.bytes != room)
		free((void *)brief.bytes);
	return 0;
}

struct span bucket_name(u8 name[5], u32 number)
{
	struct writer writer;

	writer_init(&writer, name, 5);
	writer_u8(&writer, 'b');
	writer_u32(&writer, number);
	return state_span(name, 5);
}

struct span bucket_long_name(u8 name[BUCKET_LONG_MAX], u32 number, struct span key)
{
	struct writer writer;

	writer_init(&writer, name, BUCKET_LONG_MAX);
	writer_u8(&writer, 'b');
	writer_u32(&writer, number);
	writer_u8(&writer, 'v');
	writer_bytes(&writer, key.bytes, key.len);
	return state_span(name, writer_len(&writer));
}
