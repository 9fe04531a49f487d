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

static int blockfile_record_room(struct blockfile *files, size_t size)
{
	u8 *record;

	if (size <= files->record_room)
		return 0;
	record = realloc(files->record, size);
	if (!record)
		return -ENOMEM;
	files->record = record;
	files->record_room = size;
	return 0;
}

int blockfile_append(struct blockfile *files, u64 number, struct span block)
{
	struct blocktail *tail = &files->tail;
	size_t len = BLOCKSCAN_RECORD_LEN + block.len;
	u64 at;
	int error = files->failed;

	if (!error && !blockfile_fits(files, number, block))
		error = -EINVAL;
	if (!error && (!tail->file || (tail->scan.count && tail->scan.end >= files->file_bytes)))
		error = blockfile_roll(files);
	if (!error)
		error = blockfile_record_room(files, len);
	if (error)
		return error;
	at = tail->scan.end;
	blockscan_record(tail->synced, block, files->record);
	error = files->disk->ops->write(tail->file, at, files->record, len);
	if (!error)
		error = blockscan_add(&tail->scan, at, at + len);
	if (error) {
		files->disk->ops->truncate(tail->file, at);
		return error;
	}
	files->next++;
	return 0;
}

int blockfile_sync(struct blockfile *files)
{
	struct blocktail *tail = &files->tail;
	int error;

	if (files->failed || !tail->file || tail->synced == tail->scan.end)
		return files->failed;
	error = files->disk->ops->sync(tail->file);
	if (error) {
		files->failed =
			error; /* the kernel may have dropped the pages: a second sync would say they are there */
		return error;
	}
	tail->synced = tail->scan.end;
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

u64 blockfile_bytes(const struct blockfile *files)
{
	u64 bytes = files->tail.file ? files->tail.scan.end : 0;
	size_t i;

	for (i = 0; i < files->sealed_count; i++)
		bytes += files->sealed[i].size;
	return bytes;
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
	free(files->record);
	free(files);
}
