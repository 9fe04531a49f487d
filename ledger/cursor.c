// SPDX-License-Identifier: GPL-2.0
/*
 * cursor.c - bounded reading and writing, big-endian.
 */
#include "ledger/cursor.h"

void reader_init(struct reader *reader, const void *bytes, size_t len)
{
	reader->at = bytes;
	reader->end = len ? reader->at + len : reader->at;
	reader->bad = false;
}

const u8 *reader_bytes(struct reader *reader, size_t len)
{
	const u8 *bytes = reader->at;

	if (reader->bad || len > (size_t)(reader->end - reader->at)) {
		reader->bad = true;
		reader->at = reader->end;
		return NULL;
	}
	reader->at = len ? bytes + len : bytes;
	return bytes;
}

u8 reader_u8(struct reader *reader)
{
	const u8 *bytes = reader_bytes(reader, 1);

	return bytes ? *bytes : 0;
}

u16 reader_u16(struct reader *reader)
{
	u16 value = 0;

	reader_copy(reader, &value, sizeof(value));
	return vg_be16(value);
}

u32 reader_u32(struct reader *reader)
{
	u32 value = 0;

	reader_copy(reader, &value, sizeof(value));
	return vg_be32(value);
}

u64 reader_u64(struct reader *reader)
{
	u64 value = 0;

	reader_copy(reader, &value, sizeof(value));
	return vg_be64(value);
}

void reader_copy(struct reader *reader, void *ret_bytes, size_t len)
{
	const u8 *bytes = reader_bytes(reader, len);

	if (!len)
		return;
	if (bytes)
		memcpy(ret_bytes, bytes, len);
	else
		memset(ret_bytes, 0, len);
}

static struct span reader_span(struct reader *reader, size_t len, size_t max)
{
	struct span span = { NULL, 0 };

	if (len > max) {
		reader->bad = true;
		reader->at = reader->end;
		return span;
	}
	span.bytes = reader_bytes(reader, len);
	span.len = span.bytes ? len : 0;
	return span;
}

struct span reader_span16(struct reader *reader, size_t max)
{
	u16 len = reader_u16(reader);

	return reader_span(reader, len, max);
}

struct span reader_span32(struct reader *reader, size_t max)
{
	u32 len = reader_u32(reader);

	return reader_span(reader, len, max);
}

size_t reader_left(const struct reader *reader)
{
	return reader->end - reader->at;
}

bool reader_done(const struct reader *reader)
{
	return !reader->bad && reader->at == reader->end;
}

void writer_init(struct writer *writer, void *bytes, size_t size)
{
	writer->start = writer->at = bytes;
	writer->end = size ? writer->at + size : writer->at;
	writer->full = false;
}

void writer_bytes(struct writer *writer, const void *bytes, size_t len)
{
	if (writer->full || len > (size_t)(writer->end - writer->at)) {
		writer->full = true;
		return;
	}
	if (len) {
		memcpy(writer->at, bytes, len);
		writer->at += len;
	}
}

void writer_u8(struct writer *writer, u8 value)
{
	writer_bytes(writer, &value, sizeof(value));
}

void writer_u16(struct writer *writer, u16 value)
{
	value = vg_be16(value);
	writer_bytes(writer, &value, sizeof(value));
}

void writer_u32(struct writer *writer, u32 value)
{
	value = vg_be32(value);
	writer_bytes(writer, &value, sizeof(value));
}

void writer_u64(struct writer *writer, u64 value)
{
	value = vg_be64(value);
	writer_bytes(writer, &value, sizeof(value));
}

void writer_span16(struct writer *writer, struct span span)
{
	if (span.len > 0xffff)
		writer->full = true;
	writer_u16(writer, (u16)span.len);
	writer_bytes(writer, span.bytes, span.len);
}

void writer_span32(struct writer *writer, struct span span)
{
	if (span.len > 0xffffffff)
		writer->full = true;
	writer_u32(writer, (u32)span.len);
	writer_bytes(writer, span.bytes, span.len);
}

size_t writer_len(const struct writer *writer)
{
	return writer->full ? 0 : (size_t)(writer->at - writer->start);
}

bool span_equal(struct span one, struct span other)
{
	return one.len == other.len && (!one.len || !memcmp(one.bytes, other.bytes, one.len));
}
