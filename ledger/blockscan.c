// SPDX-License-Identifier: GPL-2.0
/*
 * blockscan.c - reads one block file: header, records, the end of what is whole.
 */
#include "ledger/blockscan.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "ledger/crc32c.h"

#define SCAN_CHUNK (1024 * 1024)
/*
 * Bytes summed in search of a record behind a damaged one: transactions may
 * be full of what looks like records, and opening must end all the same.
 */
#define SCAN_SEARCH_MAX (256ull * 1024 * 1024)

void blockscan_name(u64 first, const char *suffix, char ret_name[64])
{
	snprintf(ret_name, 64, "%010llu%s", (unsigned long long)first, suffix);
}

int blockscan_fault(struct blockfile_error *error, const char *name, u64 offset, int code, const char *format, ...)
{
	va_list args;

	snprintf(error->file, sizeof(error->file), "%s", name);
	error->offset = offset;
	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return code;
}

void blockscan_header(const u8 channel[32], u64 first, u8 ret_bytes[BLOCKSCAN_HEADER_LEN])
{
	struct writer writer;

	writer_init(&writer, ret_bytes, BLOCKSCAN_HEADER_LEN);
	writer_bytes(&writer, BLOCKSCAN_MAGIC, 8);
	writer_u64(&writer, first);
	writer_bytes(&writer, channel, 32);
	writer_u32(&writer, crc32c(ret_bytes, BLOCKSCAN_HEADER_LEN - 4));
}

int blockscan_check_header(const struct blockscan_file *scanned, struct blockfile_error *ret_error)
{
	u8 bytes[BLOCKSCAN_HEADER_LEN], channel[32];
	struct reader reader;
	ssize_t got;
	u64 first;

	got = scanned->ops->read(scanned->file, 0, bytes, sizeof(bytes));
	if (got < 0)
		return blockscan_fault(ret_error, scanned->name, 0, (int)got,
				       "The block file cannot be read: %s. Check the disk.", strerror((int)-got));
	reader_init(&reader, bytes, (size_t)got);
	reader_bytes(&reader, 8);
	first = reader_u64(&reader);
	reader_copy(&reader, channel, sizeof(channel));
	if (reader_u32(&reader) != crc32c(bytes, sizeof(bytes) - 4) || reader.bad)
		return blockscan_fault(
			ret_error, scanned->name, 0, -EBADMSG,
			"The block file's header is damaged. Restore the file from a copy, or remove the "
			"ledger and join again.");
	if (memcmp(bytes, BLOCKSCAN_MAGIC, 8))
		return blockscan_fault(ret_error, scanned->name, 0, -EPROTO,
				       "The block file has format %.8s, this program writes %s. Use the program that "
				       "wrote it, or remove the ledger and join again.",
				       (const char *)bytes, BLOCKSCAN_MAGIC);
	if (memcmp(channel, scanned->channel, 32))
		return blockscan_fault(ret_error, scanned->name, 16, -EPROTO,
				       "The block file belongs to another channel. Move it away.");
	if (first != scanned->first)
		return blockscan_fault(
			ret_error, scanned->name, 8, -EBADMSG,
			"The block file begins with block %llu by its header but not by its name. Give it "
			"back its name.",
			(unsigned long long)first);
	return 0;
}

void blockscan_record(u64 synced, struct span block, u8 *ret_record)
{
	struct writer writer;

	writer_init(&writer, ret_record, BLOCKSCAN_RECORD_LEN + block.len);
	writer_u32(&writer, (u32)block.len);
	writer_u32(&writer, 0);
	writer_u64(&writer, synced);
	writer_bytes(&writer, block.bytes, block.len);
	writer_init(&writer, ret_record + 4, 4);
	writer_u32(&writer, crc32c(ret_record + 8, 8 + block.len));
}

/* Is the block in a record with a right CRC the one that belongs here? */
static bool record_belongs(const struct blockscan_file *scanned, u64 number, const u8 *block, size_t len)
{
	struct span header = { block, BLOCK_HEADER_LEN };
	struct block_header decoded;

	return len >= BLOCK_HEADER_LEN && !block_header_decode(header, &decoded) && decoded.number == number &&
	       !memcmp(decoded.channel, scanned->channel, 32);
}

static int record_room(u8 **record, size_t *room, size_t size)
{
	u8 *bytes;

	if (size <= *room)
		return 0;
	bytes = realloc(*record, size);
	if (!bytes)
		return -ENOMEM;
	*record = bytes;
	*room = size;
	return 0;
}

/*
 * The record at @offset if its length fits the file and its CRC its bytes: the
 * block's length, 0 if not, or -errno. @ret_used: bytes looked at.
 */
static ssize_t record_load(const struct blockscan_file *scanned, u64 offset, u8 **record, size_t *room,
			   size_t *ret_used)
{
	struct reader reader;
	u32 len, crc;
	ssize_t got;
	int error;

	*ret_used = BLOCKSCAN_RECORD_LEN;
	if (offset > scanned->size || scanned->size - offset < BLOCKSCAN_RECORD_LEN)
		return 0;
	error = record_room(record, room, 4096);
	if (error)
		return error;
	got = scanned->ops->read(scanned->file, offset, *record, BLOCKSCAN_RECORD_LEN);
	if (got < 0)
		return got;
	reader_init(&reader, *record, (size_t)got);
	len = reader_u32(&reader);
	crc = reader_u32(&reader);
	if (reader.bad || !len || len > BLOCKSCAN_BLOCK_MAX || len > scanned->size - offset - BLOCKSCAN_RECORD_LEN)
		return 0;
	error = record_room(record, room, BLOCKSCAN_RECORD_LEN + (size_t)len);
	if (error)
		return error;
	got = scanned->ops->read(scanned->file, offset + 8, *record + 8, 8 + (size_t)len);
	if (got < 0)
		return got;
	*ret_used += len;
	return (size_t)got == 8 + (size_t)len && crc32c(*record + 8, 8 + (size_t)len) == crc ? (ssize_t)len : 0;
}

ssize_t blockscan_read(const struct blockscan_file *scanned, u64 offset, u64 number, u8 **ret_record, size_t *room,
		       struct blockfile_error *ret_error)
{
	size_t used;
	ssize_t len = record_load(scanned, offset, ret_record, room, &used);

	if (len < 0)
		return blockscan_fault(ret_error, scanned->name, offset, (int)len,
				       "Block %llu cannot be read: %s. Check the disk.", (unsigned long long)number,
				       strerror((int)-len));
	if (!len)
		return blockscan_fault(
			ret_error, scanned->name, offset, -EBADMSG,
			"The record of block %llu is damaged: its checksum does not fit. Restore the file "
			"from a copy, or remove the ledger and join again.",
			(unsigned long long)number);
	if (!record_belongs(scanned, number, *ret_record + BLOCKSCAN_RECORD_LEN, (size_t)len))
		return blockscan_fault(
			ret_error, scanned->name, offset, -EBADMSG,
			"The record holds another block than number %llu of this channel. Restore the file "
			"from a copy, or remove the ledger and join again.",
			(unsigned long long)number);
	return len;
}

int blockscan_add(struct blockscan *scan, u64 offset, u64 end)
{
	size_t room = scan->room ? scan->room * 2 : 256;
	u64 *offsets;

	if (scan->count == scan->room) {
		offsets = realloc(scan->offsets, room * sizeof(*offsets));
		if (!offsets)
			return -ENOMEM;
		scan->offsets = offsets;
		scan->room = room;
	}
	scan->offsets[scan->count++] = offset;
	scan->end = end;
	return 0;
}

int blockscan_run(const struct blockscan_file *scanned, struct blockscan *ret_scan, struct blockfile_error *ret_error)
{
	struct blockscan scan = { .end = BLOCKSCAN_HEADER_LEN };
	u8 *record = NULL;
	size_t room = 0;
	ssize_t len = 0;
	int error = 0;

	while (!error && scan.end < scanned->size) {
		len = blockscan_read(scanned, scan.end, scanned->first + scan.count, &record, &room, ret_error);
		if (len < 0)
			break;
		error = blockscan_add(&scan, scan.end, scan.end + BLOCKSCAN_RECORD_LEN + (u64)len);
	}
	if (len < 0 && len != -EBADMSG)
		error = (int)len;
	free(record);
	if (error)
		blockscan_done(&scan);
	*ret_scan = scan;
	return error;
}

/* Does a whole record begin at @offset that was written when the file was on the disk beyond @damage? */
static int record_after(const struct blockscan_file *scanned, u64 offset, u64 damage, u8 **record, size_t *room,
			size_t *ret_used)
{
	struct reader reader;
	ssize_t len;

	len = record_load(scanned, offset, record, room, ret_used);
	if (len <= 0)
		return (int)len;
	reader_init(&reader, *record + 8, 8);
	return reader_u64(&reader) > damage;
}

int blockscan_synced_past(const struct blockscan_file *scanned, u64 offset)
{
	u64 at = offset + BLOCKSCAN_RECORD_LEN + 1;
	u8 *chunk = malloc(SCAN_CHUNK), *record = NULL, *found, *from;
	size_t room = 0, used, summed = 0;
	ssize_t got;
	int result = chunk ? 0 : -ENOMEM;

	while (!result && at < scanned->size && summed < SCAN_SEARCH_MAX) {
		got = scanned->ops->read(scanned->file, at, chunk, SCAN_CHUNK);
		if (got < 8) {
			result = got < 0 ? (int)got : 0;
			break;
		}
		for (from = chunk; !result && summed < SCAN_SEARCH_MAX; from = found + 1) {
			found = memmem(from, (size_t)(chunk + got - from), BLOCK_MAGIC, 8);
			if (!found)
				break;
			result = record_after(scanned, at + (u64)(found - chunk) - BLOCKSCAN_RECORD_LEN, offset,
					      &record, &room, &used);
			summed += used;
		}
		at += (u64)got - 7; /* a magic may lie across the border */
	}
	free(record);
	free(chunk);
	return result;
}

void blockscan_done(struct blockscan *scan)
{
	free(scan->offsets);
	*scan = (struct blockscan){ .end = BLOCKSCAN_HEADER_LEN };
}
