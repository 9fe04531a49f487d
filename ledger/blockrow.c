// SPDX-License-Identifier: GPL-2.0
/*
 * blockrow.c - finds the block files on the disk, checks that they follow on
 * each other, repairs the last one's torn end and lost indexes.
 */
#include "ledger/blockrow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define TAIL_CHUNK (1 << 20)
#define FILE_BYTES_DEFAULT (64ull * 1024 * 1024)

int blockrow_reserve(struct blockfile *files)
{
	struct blocksealed *sealed;
	size_t room = files->sealed_room ? files->sealed_room * 2 : 16;

	if (files->sealed_count < files->sealed_room)
		return 0;
	sealed = realloc(files->sealed, room * sizeof(*sealed));
	if (!sealed)
		return -ENOMEM;
	files->sealed = sealed;
	files->sealed_room = room;
	return 0;
}

void blockrow_forget(struct blockfile *files)
{
	if (files->reading_file)
		files->disk->ops->close(files->reading_file);
	blockindex_close(files->reading_index);
	files->reading_file = NULL;
	files->reading_index = NULL;
}

static int row_io_fault(struct blockfile_error *error, const char *name, int code)
{
	return blockscan_fault(error, name, 0, code, "The block file cannot be used: %s. Check the disk.",
			       strerror(-code));
}

static int row_open_file(struct blockfile *files, u64 first, char name[64], struct disk_file **ret_file,
			 struct blockscan_file *ret_scanned, struct blockfile_error *ret_error)
{
	ssize_t size;
	int error;

	blockscan_name(first, ".vgb", name);
	error = files->disk->ops->open(files->disk, name, false, ret_file);
	if (error)
		return row_io_fault(ret_error, name, error);
	size = files->disk->ops->size(*ret_file);
	if (size < 0) {
		files->disk->ops->close(*ret_file);
		return row_io_fault(ret_error, name, (int)size);
	}
	*ret_scanned = (struct blockscan_file){
		.ops = files->disk->ops,
		.file = *ret_file,
		.name = name,
		.channel = files->channel,
		.first = first,
		.size = (u64)size,
	};
	return 0;
}

/* --- sealed files --- */

/* Does the index lead to a last record that ends where the file does, with @count entries? Spares reading the file. */
static bool sealed_index_fits(const struct blockscan_file *scanned, struct blockindex *index, u64 count)
{
	struct reader reader;
	u8 length[4];
	u64 offset;

	if (!count || !index || blockindex_count(index) != count || blockindex_get(index, count - 1, &offset) ||
	    scanned->ops->read(scanned->file, offset, length, sizeof(length)) != (ssize_t)sizeof(length))
		return false;
	reader_init(&reader, length, sizeof(length));
	return offset + BLOCKSCAN_RECORD_LEN + reader_u32(&reader) == scanned->size;
}

/* Reads a whole sealed file and makes its index again, as far as the disk lets it; gives where @entry is. */
static int sealed_scan(const struct blockscan_file *scanned, struct blockindex *index, u64 count, u64 entry,
		       u64 *ret_offset, struct blockfile_error *ret_error)
{
	struct blockscan scan;
	int error = blockscan_run(scanned, &scan, ret_error);

	if (error)
		return error;
	if (scan.end != scanned->size)
		error = -EBADMSG; /* blockscan_run() said what and where */
	else if (scan.count != count)
		error = blockscan_fault(
			ret_error, scanned->name, scan.end, -EBADMSG,
			"The block file ends with block %llu, the next file begins with block %llu. Restore "
			"the files from a copy, or remove the ledger and join again.",
			(unsigned long long)(scanned->first + scan.count - 1),
			(unsigned long long)(scanned->first + count));
	if (!error && index) {
		blockindex_fit(index, scan.offsets, scan.count);
		blockindex_append(index, scan.offsets, scan.count);
	}
	if (!error && entry < count)
		*ret_offset = scan.offsets[entry];
	blockscan_done(&scan);
	return error;
}

static u64 sealed_count(const struct blockfile *files, size_t place)
{
	u64 next = place + 1 < files->sealed_count ? files->sealed[place + 1].first : files->tail.first;

	return next - files->sealed[place].first;
}

/* Opens sealed file @place for reading; without an index if that is lost and the disk is full. */
static int sealed_open(struct blockfile *files, size_t place, char name[64], struct blockscan_file *ret_scanned,
		       struct blockfile_error *ret_error)
{
	u64 first = files->sealed[place].first;
	int error;

	blockrow_forget(files);
	error = row_open_file(files, first, name, &files->reading_file, ret_scanned, ret_error);
	if (error) {
		files->reading_file = NULL;
		return error;
	}
	files->reading = place;
	error = blockscan_check_header(ret_scanned, ret_error);
	if (!error) {
		error = blockindex_open(files->disk, first, &files->reading_index);
		if (error == -ENOSPC || error == -EDQUOT)
			error = 0;
		else if (error)
			row_io_fault(ret_error, name, error);
	}
	if (error)
		blockrow_forget(files);
	return error;
}

static int sealed_check(struct blockfile *files, size_t place, struct blockfile_error *ret_error)
{
	struct blockscan_file scanned;
	char name[64];
	u64 offset;
	int error = sealed_open(files, place, name, &scanned, ret_error);

	if (error)
		return error;
	files->sealed[place].size = scanned.size;
	if (!sealed_index_fits(&scanned, files->reading_index, sealed_count(files, place)))
		error = sealed_scan(&scanned, files->reading_index, sealed_count(files, place), 0, &offset, ret_error);
	return error;
}

static size_t sealed_find(const struct blockfile *files, u64 number)
{
	size_t low = 0, high = files->sealed_count, middle;

	while (high - low > 1) {
		middle = low + (high - low) / 2;
		if (files->sealed[middle].first <= number)
			low = middle;
		else
			high = middle;
	}
	return low;
}

int blockrow_locate(struct blockfile *files, u64 number, char name[64], struct blockscan_file *ret_scanned,
		    u64 *ret_offset, struct blockfile_error *ret_error)
{
	const struct blocktail *tail = &files->tail;
	size_t place;
	u64 entry;
	int error = 0;

	if (number >= tail->first) {
		blockscan_name(tail->first, ".vgb", name);
		*ret_scanned = (struct blockscan_file){ files->disk->ops, tail->file,  name,
							files->channel,	  tail->first, tail->scan.end };
		*ret_offset = tail->scan.offsets[number - tail->first];
		return 0;
	}
	place = sealed_find(files, number);
	if (!files->reading_file || files->reading != place) {
		error = sealed_open(files, place, name, ret_scanned, ret_error);
		if (error)
			return error;
	}
	blockscan_name(files->sealed[place].first, ".vgb", name);
	*ret_scanned =
		(struct blockscan_file){ files->disk->ops, files->reading_file,	       name,
					 files->channel,   files->sealed[place].first, files->sealed[place].size };
	entry = number - files->sealed[place].first;
	if (files->reading_index && !blockindex_get(files->reading_index, entry, ret_offset))
		return 0;
	/* An index that met a full disk stays short until it is opened anew; where it cannot grow, the file tells. */
	error = sealed_open(files, place, name, ret_scanned, ret_error);
	return error ? error
		     : sealed_scan(ret_scanned, files->reading_index, sealed_count(files, place), entry, ret_offset,
				   ret_error);
}

/* --- the last file --- */

void blocktail_close(struct blockfile *files, struct blocktail *tail)
{
	if (tail->file)
		files->disk->ops->close(tail->file);
	blockindex_close(tail->index);
	blockscan_done(&tail->scan);
	*tail = (struct blocktail){ .scan.end = BLOCKSCAN_HEADER_LEN };
}

/*
 * What follows the whole records of the last file: a torn end, which is cut
 * off, or damage. @ret_error says by now what ended the scan.
 */
static int tail_repair(struct blocktail *tail, const struct blockscan_file *scanned, struct blockfile_error *ret_error)
{
	int found = blockscan_synced_past(scanned, tail->scan.end);

	if (found)
		return found < 0 ? found : -EBADMSG;
	found = scanned->ops->truncate(scanned->file, tail->scan.end);
	if (!found)
		found = scanned->ops->sync(scanned->file);
	return found ? row_io_fault(ret_error, scanned->name, found) : 0;
}

/*
 * What was read may stand in the kernel's memory alone: written by a process that was killed before it synced, or after
 * a sync that failed. So what the index does not show to have been synced is written again and synced; @sure: its
 * entries that fit.
 */
static int tail_settle(struct blockfile *files, struct blocktail *tail, u64 sure)
{
	const struct disk_ops *ops = files->disk->ops;
	u64 at = !sure ? 0 : sure < tail->scan.count ? tail->scan.offsets[sure] : tail->scan.end;
	u8 *chunk;
	ssize_t got = 0;
	int error = 0;

	if (at == tail->scan.end)
		return 0;
	chunk = malloc(TAIL_CHUNK);
	if (!chunk)
		return -ENOMEM;
	for (; !error && at < tail->scan.end; at += (u64)got) {
		got = ops->read(tail->file, at, chunk,
				tail->scan.end - at < TAIL_CHUNK ? tail->scan.end - at : TAIL_CHUNK);
		error = got <= 0 ? got ? (int)got : -EIO : ops->write(tail->file, at, chunk, (size_t)got);
	}
	free(chunk);
	if (!error)
		error = ops->sync(tail->file);
	if (!error && !sure)
		error = ops->sync_folder(files->disk);
	if (!error)
		blockindex_append(tail->index, tail->scan.offsets, tail->scan.count);
	return error;
}

int blocktail_open(struct blockfile *files, u64 first, u64 *ret_torn, struct blockfile_error *ret_error)
{
	struct blocktail tail = { .first = first };
	struct blockscan_file scanned;
	char name[64];
	bool indexed;
	u64 offset, sure = 0;
	int error;

	error = row_open_file(files, first, name, &tail.file, &scanned, ret_error);
	if (error)
		return error;
	error = blockscan_check_header(&scanned, ret_error);
	if (!error) {
		error = blockindex_open(files->disk, first, &tail.index);
		if (error)
			row_io_fault(ret_error, name, error);
	}
	if (!error)
		error = blockscan_run(&scanned, &tail.scan, ret_error);
	if (!error) {
		indexed = !blockindex_get(tail.index, tail.scan.count, &offset) && offset == tail.scan.end;
		sure = blockindex_fit(tail.index, tail.scan.offsets, tail.scan.count);
		if (indexed && tail.scan.end == scanned.size)
			error = blockscan_fault(
				ret_error, name, tail.scan.end, -EBADMSG,
				"The block file ends before block %llu, which was on the disk. Restore the "
				"file from a copy, or remove the ledger and join again.",
				(unsigned long long)(first + tail.scan.count));
		else if (indexed)
			error = -EBADMSG; /* blockscan_run() said what and where */
		else if (tail.scan.end < scanned.size)
			error = tail_repair(&tail, &scanned, ret_error);
	}
	if (!error) {
		error = tail_settle(files, &tail, sure);
		if (error)
			row_io_fault(ret_error, name, error);
	}
	if (error) {
		blocktail_close(files, &tail);
		return error;
	}
	*ret_torn += scanned.size - tail.scan.end;
	tail.synced = tail.scan.end;
	files->next = first + tail.scan.count;
	files->tail = tail;
	return 0;
}

/* --- the whole row --- */

struct row_list {
	struct blockfile *files;
	int error;
};

static void row_name(void *arg, const char *name)
{
	struct row_list *list = arg;
	struct blockfile *files = list->files;
	char right[64];
	u64 first;

	if (list->error || name[0] < '0' || name[0] > '9')
		return;
	first = strtoull(name, NULL, 10);
	blockscan_name(first, ".vgb", right);
	if (strcmp(name, right))
		return;
	list->error = blockrow_reserve(files);
	if (!list->error)
		files->sealed[files->sealed_count++] = (struct blocksealed){ .first = first };
}

static int row_order(const void *one, const void *other)
{
	u64 a = ((const struct blocksealed *)one)->first, b = ((const struct blocksealed *)other)->first;

	return a < b ? -1 : a > b;
}

/*
 * A file is made with its header synced before its first record. So a last
 * file without a whole header and with nothing behind it is one that a crash
 * kept from being made: it goes away.
 */
static int row_drop_unmade(struct blockfile *files, u64 *ret_torn, struct blockfile_error *ret_error)
{
	struct blockscan_file scanned;
	struct disk_file *file;
	char name[64];
	int error;

	error = row_open_file(files, files->sealed[files->sealed_count - 1].first, name, &file, &scanned, ret_error);
	if (error)
		return error;
	error = scanned.size <= BLOCKSCAN_HEADER_LEN ? blockscan_check_header(&scanned, ret_error) : 0;
	files->disk->ops->close(file);
	if (error != -EBADMSG)
		return error;
	*ret_torn += scanned.size;
	files->sealed_count--;
	error = files->disk->ops->remove(files->disk, name);
	if (!error)
		error = files->disk->ops->sync_folder(files->disk);
	return error ? row_io_fault(ret_error, name, error) : 0;
}

static int row_open(struct blockfile *files, u64 first, u64 *ret_torn, struct blockfile_error *ret_error)
{
	struct row_list list = { files, 0 };
	size_t i;
	int error;

	error = files->disk->ops->list(files->disk, row_name, &list);
	error = error ? error : list.error;
	if (error)
		return row_io_fault(ret_error, "", error);
	if (files->sealed_count)
		qsort(files->sealed, files->sealed_count, sizeof(*files->sealed), row_order);
	if (files->sealed_count)
		error = row_drop_unmade(files, ret_torn, ret_error);
	files->first = files->next = first;
	if (error || !files->sealed_count)
		return error;
	files->first = files->sealed[0].first;
	if (first && files->first != first)
		return blockscan_fault(
			ret_error, "", 0, -EBADMSG,
			"The block files begin with block %llu instead of %llu. Restore them from a copy, "
			"or remove the ledger and join again.",
			(unsigned long long)files->first, (unsigned long long)first);
	error = blocktail_open(files, files->sealed[--files->sealed_count].first, ret_torn, ret_error);
	for (i = 0; !error && i < files->sealed_count; i++)
		error = sealed_check(files, i, ret_error);
	blockrow_forget(files);
	return error;
}

int blockfile_open(const struct blockfile_options *options, struct blockfile **ret_files, u64 *ret_torn,
		   struct blockfile_error *ret_error)
{
	struct blockfile *files = calloc(1, sizeof(*files));
	int error;

	*ret_error = (struct blockfile_error){ 0 };
	*ret_torn = 0;
	if (!files)
		return -ENOMEM;
	files->disk = options->disk;
	memcpy(files->channel, options->channel, sizeof(files->channel));
	files->file_bytes = options->file_bytes ? options->file_bytes : FILE_BYTES_DEFAULT;
	files->tail.scan.end = BLOCKSCAN_HEADER_LEN;
	error = row_open(files, options->first, ret_torn, ret_error);
	if (error) {
		blockfile_close(files);
		return error;
	}
	*ret_error = (struct blockfile_error){ 0 };
	*ret_files = files;
	return 0;
}
