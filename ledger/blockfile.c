// SPDX-License-Identifier: GPL-2.0
/*
 * blockfile.c - the row of block files of one channel: opened, grown, cut, read.
 *
 * All files but the last are sealed: whole, synced, found through their
 * indexes. The last one's offsets are in memory.
 *
 *   append: record written at the end          sync: file, then the index entries of what was synced
 *   full:   sync, seal, a new file whose header is on the disk before its first record
 */
#include "ledger/blockfile.h"

#include <errno.h>
#include <stdlib.h>

#include "ledger/blockindex.h"
#include "ledger/blockrow.h"

#define BLOCKFILE_RECORDS_KEPT (8u << 20) /* more room than that is given back */

static int blockfile_new_file(struct blockfile *files, u64 first, struct blocktail *ret_tail)
{
	const struct disk_ops *ops = files->disk->ops;
	struct blocktail tail = { .first = first, .scan.end = BLOCKSCAN_HEADER_LEN };
	u8 header[BLOCKSCAN_HEADER_LEN];
	char name[64];
	int error;

	blockscan_name(first, ".vgb", name);
	blockscan_header(files->channel, first, header);
	error = ops->open(files->disk, name, true, &tail.file);
	if (error)
		return error;
	error = ops->truncate(tail.file, 0);
	if (!error)
		error = ops->write(tail.file, 0, header, sizeof(header));
	if (!error)
		error = blockindex_open(files->disk, first, &tail.index);
	if (!error)
		error = blockindex_cut(tail.index, 0);
	if (!error)
		error = ops->sync(tail.file);
	if (!error)
		error = ops->sync_folder(files->disk);
	if (error) {
		blocktail_close(files, &tail);
		ops->remove(files->disk, name);
		return error;
	}
	tail.synced = BLOCKSCAN_HEADER_LEN;
	*ret_tail = tail;
	return 0;
}

/* The last file is full, or there is none: begins the next. */
static int blockfile_roll(struct blockfile *files)
{
	struct blocktail tail;
	int error;

	error = blockfile_sync(files);
	if (!error && files->tail.file)
		error = blockrow_reserve(files);
	if (!error)
		error = blockfile_new_file(files, files->next, &tail);
	if (error)
		return error;
	if (files->tail.file) {
		blockindex_sync(files->tail.index);
		files->sealed[files->sealed_count++] =
			(struct blocksealed){ .first = files->tail.first, .size = files->tail.scan.end };
		blocktail_close(files, &files->tail);
	}
	files->tail = tail;
	return 0;
}

static bool blockfile_fits(const struct blockfile *files, u64 number, struct span block)
{
	struct span header = { block.bytes, BLOCK_HEADER_LEN };
	struct block_header decoded;

	return number == files->next && block.len >= BLOCK_HEADER_LEN && block.len <= BLOCKSCAN_BLOCK_MAX &&
	       !block_header_decode(header, &decoded) && decoded.number == number &&
	       !memcmp(decoded.channel, files->channel, 32);
}

/* Room for one more record behind those that are not synced. */
static int blockfile_records_room(struct blockfile *files, size_t more)
{
	size_t room = files->records_room ? files->records_room : 65536;
	u8 *records;

	while (room < files->records_len + more)
		room *= 2;
	if (room == files->records_room)
		return 0;
	records = realloc(files->records, room);
	if (!records)
		return -ENOMEM;
	files->records = records;
	files->records_room = room;
	return 0;
}

/* They are on the disk, or cut off. */
static void blockfile_records_done(struct blockfile *files)
{
	files->records_len = 0;
	files->rewrite = false;
	if (files->records_room <= BLOCKFILE_RECORDS_KEPT)
		return;
	free(files->records);
	files->records = NULL;
	files->records_room = 0;
}

int blockfile_append(struct blockfile *files, u64 number, struct span block)
{
	struct blocktail *tail = &files->tail;
	size_t len = BLOCKSCAN_RECORD_LEN + block.len;
	u8 *record;
	u64 at;
	int error = files->failed;

	if (!error && !blockfile_fits(files, number, block))
		error = -EINVAL;
	if (!error && (!tail->file || (tail->scan.count && tail->scan.end >= files->file_bytes)))
		error = blockfile_roll(files);
	if (!error)
		error = blockfile_records_room(files, len);
	if (error)
		return error;
	at = tail->scan.end;
	record = files->records + files->records_len;
	blockscan_record(tail->synced, block, record);
	error = files->disk->ops->write(tail->file, at, record, len);
	if (!error)
		error = blockscan_add(&tail->scan, at, at + len);
	if (error) {
		files->disk->ops->truncate(tail->file, at);
		return error;
	}
	files->records_len += len;
	files->next++;
	return 0;
}

int blockfile_sync(struct blockfile *files)
{
	struct blocktail *tail = &files->tail;
	int error = 0;

	if (files->failed || !tail->file || tail->synced == tail->scan.end)
		return files->failed;
	/* The kernel may have dropped the pages that it could not place: a second sync alone would say they are there.
	 */
	if (files->rewrite)
		error = files->disk->ops->write(tail->file, tail->synced, files->records, files->records_len);
	if (!error)
		error = files->disk->ops->sync(tail->file);
	if (error == -ENOSPC || error == -EDQUOT) {
		files->rewrite = true;
		return -ENOSPC;
	}
	files->failed = error;
	if (error)
		return error;
	tail->synced = tail->scan.end;
	blockfile_records_done(files);
	blockindex_append(tail->index, tail->scan.offsets, tail->scan.count);
	return 0;
}

/* Takes the last file away; the one before it, if any, becomes the last. */
static int blockfile_remove_last(struct blockfile *files)
{
	const struct disk_ops *ops = files->disk->ops;
	struct blockfile_error ignored;
	char name[64];
	u64 first = files->tail.first, torn = 0;
	int error;

	blocktail_close(files, &files->tail);
	blockscan_name(first, ".vgi", name);
	ops->remove(files->disk, name);
	blockscan_name(first, ".vgb", name);
	error = ops->remove(files->disk, name);
	if (!error)
		error = ops->sync_folder(files->disk);
	if (error)
		return error;
	files->next = first;
	if (!files->sealed_count)
		return 0;
	blockrow_forget(files);
	return blocktail_open(files, files->sealed[--files->sealed_count].first, &torn, &ignored);
}

int blockfile_cut(struct blockfile *files, u64 number)
{
	struct blocktail *tail = &files->tail;
	u64 end;
	int error = files->failed;

	if (number < files->first)
		return -EINVAL;
	while (!error && tail->file && tail->first > number)
		error = blockfile_remove_last(files);
	if (error || number >= files->next || !tail->file)
		return error;
	end = tail->scan.offsets[number - tail->first];
	error = blockindex_cut(tail->index, number - tail->first);
	if (!error)
		error = files->disk->ops->truncate(tail->file, end);
	if (!error)
		error = files->disk->ops->sync(tail->file);
	if (error) {
		files->failed = error;
		return error;
	}
	tail->scan.count = number - tail->first;
	tail->scan.end = tail->synced = end;
	blockfile_records_done(files);
	files->next = number;
	return 0;
}

int blockfile_read(struct blockfile *files, u64 number, u8 **ret_bytes, size_t *ret_len,
		   struct blockfile_error *ret_error)
{
	struct blockscan_file scanned;
	u8 *record = NULL;
	size_t room = 0;
	ssize_t len;
	char name[64];
	u64 offset;
	int error;

	*ret_error = (struct blockfile_error){ 0 };
	if (number < files->first || number >= files->next)
		return -ENOENT;
	error = blockrow_locate(files, number, name, &scanned, &offset, ret_error);
	if (error)
		return error;
	len = blockscan_read(&scanned, offset, number, &record, &room, ret_error);
	if (len < 0) {
		free(record);
		return (int)len;
	}
	memmove(record, record + BLOCKSCAN_RECORD_LEN, (size_t)len);
	*ret_bytes = record;
	*ret_len = (size_t)len;
	return 0;
}

u64 blockfile_first(const struct blockfile *files)
{
	return files->first;
}

u64 blockfile_next(const struct blockfile *files)
{
	return files->next;
}

void blockfile_close(struct blockfile *files)
{
	if (!files)
		return;
	if (!blockfile_sync(files) && files->tail.file)
		blockindex_sync(files->tail.index);
	blockrow_forget(files);
	blocktail_close(files, &files->tail);
	free(files->sealed);
	free(files->records);
	free(files);
}
