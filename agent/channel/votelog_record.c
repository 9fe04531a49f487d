// SPDX-License-Identifier: GPL-2.0
/*
 * votelog_record.c - bytes of the vote log's header and records, and the
 * difference between a torn record and a damaged one.
 *
 * A disk writes sectors whole, perhaps out of order, and a file may grow before
 * its content arrives; so what was under way in a power cut ends early or has a
 * sector of zeros, or ends in zeros. Everything else that is wrong was right
 * once. A bad record followed by a record of a later batch is damaged however
 * it looks: the later batch was written after the bad one was synced.
 */
#include <errno.h>
#include <stdio.h>

#include "agent/channel/votelog_record.h"
#include "ledger/crc32c.h"

void votelog_header_encode(const struct votelog_options *options, u8 ret_bytes[VOTELOG_HEADER_LEN])
{
	struct writer writer;

	writer_init(&writer, ret_bytes, VOTELOG_HEADER_LEN);
	writer_bytes(&writer, VOTELOG_MAGIC, 8);
	writer_bytes(&writer, options->channel, 32);
	writer_bytes(&writer, options->node, 32);
	writer_u64(&writer, options->epoch);
	writer_u32(&writer, crc32c(ret_bytes, VOTELOG_HEADER_LEN - 4));
}

int votelog_header_check(const struct votelog_options *options, struct span bytes, u64 *ret_epoch, char ret_text[256])
{
	struct reader reader;
	const u8 *magic, *channel, *node;

	reader_init(&reader, bytes.bytes, bytes.len);
	magic = reader_bytes(&reader, 8);
	channel = reader_bytes(&reader, 32);
	node = reader_bytes(&reader, 32);
	*ret_epoch = reader_u64(&reader);
	if (reader_u32(&reader) != crc32c(bytes.bytes, bytes.len < 80 ? 0 : 80) || reader.bad) {
		snprintf(ret_text, 256, "The file's header has a wrong checksum.");
		return -EBADMSG;
	}
	if (memcmp(magic, VOTELOG_MAGIC, 8)) {
		snprintf(ret_text, 256, "The vote log's format is '%.8s', this program writes and reads '%s'.", magic,
			 VOTELOG_MAGIC);
		return -EPROTO;
	}
	if (memcmp(channel, options->channel, 32) || memcmp(node, options->node, 32)) {
		snprintf(ret_text, 256, "The vote log belongs to another %s; it must not be moved.",
			 memcmp(channel, options->channel, 32) ? "channel" : "node");
		return -EPROTO;
	}
	return 0;
}

static u32 record_check(u64 offset, u32 length, u32 batch)
{
	u8 bytes[16];
	struct writer writer;

	writer_init(&writer, bytes, sizeof(bytes));
	writer_u64(&writer, offset);
	writer_u32(&writer, length);
	writer_u32(&writer, batch);
	return crc32c(bytes, sizeof(bytes));
}

void votelog_record_encode(struct writer *writer, u64 offset, u32 batch, enum votelog_kind kind, u64 number,
			   struct span bytes)
{
	u8 *crc;
	struct writer at;

	writer_u32(writer, bytes.len);
	writer_u32(writer, batch);
	writer_u32(writer, record_check(offset, bytes.len, batch));
	crc = writer->at;
	writer_u32(writer, 0);
	writer_u8(writer, kind);
	writer_u64(writer, number);
	writer_bytes(writer, bytes.bytes, bytes.len);
	writer_u8(writer, VOTELOG_END);
	if (writer->full)
		return;
	writer_init(&at, crc, 4);
	writer_u32(&at, crc32c(crc + 4, 9 + bytes.len));
}

/* True if the frame at @offset is right; its length is *@ret_length then. */
static bool frame_read(struct span file, u64 offset, u32 *ret_length, u32 *ret_batch, u32 *ret_crc)
{
	struct reader reader;
	u32 check;

	if (offset > file.len || file.len - offset < VOTELOG_FRAME_LEN)
		return false;
	reader_init(&reader, file.bytes + offset, VOTELOG_FRAME_LEN);
	*ret_length = reader_u32(&reader);
	*ret_batch = reader_u32(&reader);
	check = reader_u32(&reader);
	*ret_crc = reader_u32(&reader);
	return *ret_length <= VOTELOG_RECORD_MAX && check == record_check(offset, *ret_length, *ret_batch);
}

static bool record_whole(struct span file, u64 offset, struct votelog_record *ret_record)
{
	struct reader reader;
	u32 length, crc;
	u8 kind;

	if (!frame_read(file, offset, &length, &ret_record->batch, &crc) ||
	    file.len - offset < VOTELOG_FIXED_LEN + (u64)length)
		return false;
	reader_init(&reader, file.bytes + offset + VOTELOG_FRAME_LEN, 9 + length + 1);
	if (crc != crc32c(reader.at, 9 + length))
		return false;
	kind = reader_u8(&reader);
	ret_record->kind = kind;
	ret_record->number = reader_u64(&reader);
	ret_record->bytes = (struct span){ reader_bytes(&reader, length), length };
	ret_record->size = VOTELOG_FIXED_LEN + length;
	return reader_u8(&reader) == VOTELOG_END && kind >= VOTELOG_MESSAGE && kind <= VOTELOG_MARK;
}

static bool all_zero(const u8 *bytes, u64 len)
{
	for (u64 i = 0; i < len; i++)
		if (bytes[i])
			return false;
	return true;
}

/*
 * Is a sector, or the part of one that lies in [from, to), zeros as if it was never written? The length's first
 * bytes may well be zeros; a record's last byte never is.
 */
static bool has_hole(struct span file, u64 from, u64 to)
{
	for (u64 at = from; at < to; at = (at / VOTELOG_SECTOR + 1) * VOTELOG_SECTOR) {
		u64 end = (at / VOTELOG_SECTOR + 1) * VOTELOG_SECTOR;

		if (end > to)
			end = to;
		if ((end - at >= 4 || at != from) && all_zero(file.bytes + at, end - at))
			return true;
	}
	return false;
}

enum votelog_finding votelog_record_read(struct span file, u64 offset, u32 batch, struct votelog_record *ret_record)
{
	struct votelog_record later;
	u32 length, crc, own;
	u64 end = file.len;
	bool framed;

	if (offset == file.len)
		return VOTELOG_END_OF_FILE;
	if (record_whole(file, offset, ret_record))
		return VOTELOG_WHOLE;
	for (u64 at = offset + 1; at + VOTELOG_FIXED_LEN <= file.len; at++)
		if (record_whole(file, at, &later) && later.batch > batch + 1)
			return VOTELOG_DAMAGED;
	while (end > offset && !file.bytes[end - 1])
		end--;
	framed = frame_read(file, offset, &length, &own, &crc);
	if (end - offset < VOTELOG_FRAME_LEN || (framed && end - offset < VOTELOG_FIXED_LEN + (u64)length))
		return VOTELOG_TORN; /* it ends early, or in zeros */
	if (!framed)
		return has_hole(file, offset, offset + VOTELOG_FRAME_LEN) ? VOTELOG_TORN : VOTELOG_DAMAGED;
	return has_hole(file, offset, offset + VOTELOG_FIXED_LEN + length) ? VOTELOG_TORN : VOTELOG_DAMAGED;
}
