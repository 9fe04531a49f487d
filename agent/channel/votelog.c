// SPDX-License-Identifier: GPL-2.0
/*
 * votelog.c - the files of the vote log: opening, appending in batches, cutting
 * whole files off the front. votelog_record.c knows the bytes, votelog_scan.c reads what is there.
 *
 * What is appended waits in memory until votelog_sync() has written and synced
 * it; if that fails for want of space it stays there and is written again, at
 * the same place, by the next call. A file's header is on the disk before its first record.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/channel/votelog_files.h"

#define FILE_BYTES (16u << 20)
#define KEPT_BUFFER (4u << 20) /* larger ones are given back once written */

static int buffer_reserve(struct votelog *log, size_t more)
{
	size_t size = log->buffer_size ? log->buffer_size : 64 * 1024;
	u8 *grown;

	while (size < log->buffer_len + more)
		size *= 2;
	if (size == log->buffer_size)
		return 0;
	grown = realloc(log->buffer, size);
	if (!grown)
		return -ENOMEM;
	log->buffer = grown;
	log->buffer_size = size;
	return 0;
}

static int buffer_record(struct votelog *log, enum votelog_kind kind, u64 number, struct span bytes)
{
	size_t size = VOTELOG_FIXED_LEN + bytes.len;
	struct writer writer;
	int error = buffer_reserve(log, size);

	if (error)
		return error;
	writer_init(&writer, log->buffer + log->buffer_len, size);
	votelog_record_encode(&writer, log->size + log->buffer_len, log->batch + 1, kind, number, bytes);
	log->buffer_len += size;
	if (number > log->highest)
		log->highest = number;
	return 0;
}

/* The last file has its fill: the next record begins another. */
static int file_next(struct votelog *log)
{
	struct votelog_file *grown = realloc(log->files, (log->file_count + 1) * sizeof(*grown));
	u64 highest = log->highest;

	if (!grown)
		return -ENOMEM;
	log->files = grown;
	for (u32 i = 0; i < log->file_count; i++)
		highest = log->files[i].highest > highest ? log->files[i].highest : highest;
	if (log->file_count && !log->ended) {
		log->files[log->file_count - 1].size = log->size;
		log->files[log->file_count - 1].highest = log->highest;
	}
	log->ended = false;
	log->files[log->file_count] = (struct votelog_file){ .index = log->next_index++ };
	log->file_count++;
	if (log->open)
		log->options.disk->ops->close(log->open);
	log->open = NULL;
	log->size = VOTELOG_HEADER_LEN;
	log->highest = 0;
	return buffer_record(log, VOTELOG_MARK, highest, (struct span){ NULL, 0 });
}

int votelog_append(struct votelog *log, enum votelog_kind kind, u64 number, struct span bytes)
{
	int error;

	if (bytes.len > VOTELOG_RECORD_MAX)
		return -EMSGSIZE;
	if (!log->file_count || log->ended || (!log->buffer_len && log->size >= log->options.file_bytes)) {
		error = file_next(log);
		if (error)
			return error;
	}
	return buffer_record(log, kind, number, bytes);
}

size_t votelog_waiting(const struct votelog *log)
{
	return log->buffer_len;
}

/* Makes the last file, if it is not there yet, so that its header is on the disk before a record can be. */
static int file_make(struct votelog *log)
{
	const struct disk_ops *ops = log->options.disk->ops;
	u8 header[VOTELOG_HEADER_LEN];
	char name[VOTELOG_NAME_LEN];
	int error;

	if (log->open && log->made)
		return 0;
	votelog_name(log->files[log->file_count - 1].index, name);
	if (!log->open) {
		error = ops->open(log->options.disk, name, true, &log->open);
		if (error) {
			log->open = NULL;
			return error;
		}
		log->made = false;
	}
	votelog_header_encode(&log->options, header);
	error = ops->write(log->open, 0, header, sizeof(header));
	if (!error)
		error = ops->sync(log->open);
	if (!error)
		error = ops->sync_folder(log->options.disk);
	if (!error)
		log->made = true;
	return error;
}

int votelog_sync(struct votelog *log)
{
	const struct disk_ops *ops = log->options.disk->ops;
	int error;

	if (!log->buffer_len)
		return 0;
	error = file_make(log);
	if (!error)
		error = ops->write(log->open, log->size, log->buffer, log->buffer_len);
	if (!error)
		error = ops->sync(log->open);
	if (error)
		return error;
	log->size += log->buffer_len;
	log->files[log->file_count - 1].size = log->size;
	log->batch++;
	log->buffer_len = 0;
	if (log->buffer_size > KEPT_BUFFER) {
		free(log->buffer);
		log->buffer = NULL;
		log->buffer_size = 0;
	}
	return 0;
}

int votelog_stable(struct votelog *log, u64 number)
{
	const struct disk_ops *ops = log->options.disk->ops;
	char name[VOTELOG_NAME_LEN];
	u32 count = 0;
	int error = 0;

	/* The file after must hold its mark before this one may go. */
	while (count + 1 < log->file_count && log->files[count].highest <= number &&
	       log->files[count + 1].size > VOTELOG_HEADER_LEN)
		count++;
	for (u32 i = 0; i < count && !error; i++) {
		votelog_name(log->files[i].index, name);
		error = ops->remove(log->options.disk, name);
		if (!error) /* one after the other: no file may vanish before an older one */
			error = ops->sync_folder(log->options.disk);
	}
	if (!count || error)
		return error;
	log->file_count -= count;
	memmove(log->files, log->files + count, log->file_count * sizeof(*log->files));
	return 0;
}

static void votelog_empty(struct votelog *log)
{
	if (log->open)
		log->options.disk->ops->close(log->open);
	log->open = NULL;
	log->made = log->ended = false;
	log->batch = 0;
	free(log->files);
	log->files = NULL;
	log->file_count = 0;
	log->buffer_len = 0;
	log->size = log->highest = 0;
}

struct names {
	u32 *indexes;
	u32 count;
	bool full;
};

static void each_name(void *arg, const char *name)
{
	struct names *names = arg;
	u32 index, *grown;

	if (!votelog_name_index(name, &index))
		return;
	grown = realloc(names->indexes, (names->count + 1) * sizeof(*grown));
	if (!grown) {
		names->full = true;
		return;
	}
	names->indexes = grown;
	names->indexes[names->count++] = index;
}

static int by_index(const void *one, const void *other)
{
	u32 a = *(const u32 *)one, b = *(const u32 *)other;

	return a < b ? -1 : a > b;
}

int votelog_list(struct disk *disk, u32 **ret_indexes, u32 *ret_count)
{
	struct names names = { 0 };
	int error = disk->ops->list(disk, each_name, &names);

	if (!error && names.full)
		error = -ENOMEM;
	if (error) {
		free(names.indexes);
		return error;
	}
	if (names.count)
		qsort(names.indexes, names.count, sizeof(*names.indexes), by_index);
	*ret_indexes = names.indexes;
	*ret_count = names.count;
	return 0;
}

/* Newest first, so that a crash half-way leaves a log without its end only if it leaves none of what was there before.
 */
static int files_remove(struct votelog *log, u32 except)
{
	struct disk *disk = log->options.disk;
	char name[VOTELOG_NAME_LEN];
	u32 *indexes, count;
	int error = votelog_list(disk, &indexes, &count);

	if (error)
		return error;
	for (u32 i = count; i-- > 0 && !error;) {
		if (indexes[i] >= log->next_index)
			log->next_index = indexes[i] + 1;
		if (indexes[i] == except)
			continue;
		votelog_name(indexes[i], name);
		error = disk->ops->remove(disk, name);
	}
	if (!error && count)
		error = disk->ops->sync_folder(disk);
	free(indexes);
	return error;
}

/*
 * The new epoch's file is on the disk before the old ones go: a crash between
 * leaves both, and opening takes the later epoch; at no moment is the folder empty.
 */
int votelog_restart(struct votelog *log, u64 epoch)
{
	u32 *indexes, count;
	int error;

	votelog_empty(log);
	log->options.epoch = epoch;
	error = votelog_list(log->options.disk, &indexes, &count);
	if (error)
		return error;
	if (count && indexes[count - 1] >= log->next_index)
		log->next_index = indexes[count - 1] + 1;
	free(indexes);
	error = file_next(log);
	if (!error)
		error = file_make(log);
	if (!error)
		error = files_remove(log, log->files[0].index);
	if (!error)
		log->files[0].size = VOTELOG_HEADER_LEN;
	return error;
}

int votelog_remove(struct votelog *log)
{
	int error;

	votelog_empty(log);
	error = files_remove(log, ~0u);
	votelog_close(log);
	return error;
}

struct votelog *votelog_new(const struct votelog_options *options)
{
	struct votelog *log = calloc(1, sizeof(*log));

	if (!log)
		return NULL;
	log->options = *options;
	if (!log->options.file_bytes)
		log->options.file_bytes = FILE_BYTES;
	return log;
}

int votelog_create(const struct votelog_options *options, struct votelog **ret_log)
{
	struct votelog *log = votelog_new(options);
	int error = log ? votelog_restart(log, options->epoch) : -ENOMEM;

	if (error) {
		votelog_close(log);
		return error;
	}
	*ret_log = log;
	return 0;
}

void votelog_close(struct votelog *log)
{
	if (!log)
		return;
	votelog_empty(log);
	free(log->buffer);
	free(log);
}
