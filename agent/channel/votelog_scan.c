// SPDX-License-Identifier: GPL-2.0
/*
 * votelog_scan.c - reading a vote log: at open, to judge and repair it, and
 * for the replay. Only the last file may be torn.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/channel/votelog_files.h"

#define FILE_MAX (1ull << 30) /* no file of ours grows so large: one batch beyond file_bytes */

void votelog_name(u32 index, char ret_name[VOTELOG_NAME_LEN])
{
	snprintf(ret_name, VOTELOG_NAME_LEN, "%010u.vgv", index);
}

bool votelog_name_index(const char *name, u32 *ret_index)
{
	u64 index = 0;

	for (int i = 0; i < 10; i++) {
		if (name[i] < '0' || name[i] > '9')
			return false;
		index = index * 10 + (name[i] - '0');
	}
	*ret_index = index;
	return !strcmp(name + 10, ".vgv") && index < 0xfffffffe;
}

static int fault(struct votelog_error *error, int code, u32 index, u64 offset, const char *text)
{
	char name[VOTELOG_NAME_LEN];

	votelog_name(index, name);
	snprintf(error->file, sizeof(error->file), "%s", name);
	error->offset = offset;
	snprintf(error->text, sizeof(error->text), "%s", text);
	return code;
}

static int file_load(struct disk *disk, u32 index, struct disk_file **ret_file, struct span *ret_bytes)
{
	char name[VOTELOG_NAME_LEN];
	ssize_t size, got;
	u8 *bytes;
	int error;

	votelog_name(index, name);
	error = disk->ops->open(disk, name, false, ret_file);
	if (error)
		return error;
	size = disk->ops->size(*ret_file);
	bytes = size < 0 || (u64)size > FILE_MAX ? NULL : malloc(size + 1);
	got = bytes ? disk->ops->read(*ret_file, 0, bytes, size) : -ENOMEM;
	if (size < 0 || got < 0 || got != size) {
		disk->ops->close(*ret_file);
		free(bytes);
		return size < 0 ? (int)size : got < 0 ? (int)got : -EIO;
	}
	*ret_bytes = (struct span){ bytes, size };
	return 0;
}

typedef int scan_fn(void *arg, const struct votelog_record *record);

/* Walks one file's records; *@ret_good is where the good ones end. */
static int file_scan(struct span bytes, u32 index, bool last, u32 *batch, scan_fn *each, void *arg, u64 *ret_good,
		     struct votelog_error *ret_error)
{
	struct votelog_record record;
	u64 offset = VOTELOG_HEADER_LEN;

	for (;;) {
		enum votelog_finding finding = votelog_record_read(bytes, offset, *batch, &record);
		int error;

		*ret_good = offset;
		if (finding == VOTELOG_END_OF_FILE)
			return 0;
		if (finding == VOTELOG_TORN && last)
			return 0;
		if (finding != VOTELOG_WHOLE)
			return fault(ret_error, -EBADMSG, index, offset,
				     "A vote is damaged. Votes may be lost, so this node must not vote in this epoch: "
				     "it stays "
				     "mute; have it readmitted under a new key.");
		if (*batch && record.batch != *batch && record.batch != *batch + 1)
			return fault(
				ret_error, -EBADMSG, index, offset,
				"Votes are missing before this one, so this node must not vote in this epoch: it stays "
				"mute; have it readmitted under a new key.");
		error = each ? each(arg, &record) : 0;
		if (error)
			return fault(ret_error, error, index, offset, "This record does not belong in the vote log.");
		*batch = record.batch;
		offset += record.size;
	}
}

static int opening_record(void *arg, const struct votelog_record *record)
{
	u64 *highest = arg;

	if (record->number > *highest)
		*highest = record->number;
	return 0;
}

static int file_adopt(struct votelog *log, u32 index, u64 size, u64 highest)
{
	struct votelog_file *grown = realloc(log->files, (log->file_count + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	log->files = grown;
	log->files[log->file_count++] = (struct votelog_file){ index, size, highest };
	return 0;
}

/*
 * Keeps the last file open, without its torn tail. What was read may stand in the kernel's memory alone (written by a
 * process that was killed before it synced, or after a sync that failed), and is to bind us: it is written again.
 */
static int file_continue(struct votelog *log, struct disk_file *file, struct span bytes, u64 good, u64 highest)
{
	const struct disk_ops *ops = log->options.disk->ops;
	int error = good < bytes.len ? ops->truncate(file, good) : 0;

	if (!error)
		error = ops->write(file, 0, bytes.bytes, good);
	if (!error)
		error = ops->sync(file);
	if (!error)
		error = ops->sync_folder(log->options.disk);
	if (error)
		return error;
	log->open = file;
	log->made = true;
	log->size = good;
	log->highest = highest;
	return 0;
}

enum { FILE_TAKEN, FILE_EARLIER, FILE_UNMADE }; /* of an earlier epoch; its making was cut off */

static int file_open(struct votelog *log, u32 index, bool last, struct votelog_error *ret_error)
{
	const struct disk_ops *ops = log->options.disk->ops;
	u64 highest = 0;
	struct disk_file *file;
	struct span bytes;
	u64 epoch, good;
	char text[256];
	int error = file_load(log->options.disk, index, &file, &bytes);

	if (error)
		return fault(ret_error, error, index, 0, "The file cannot be read.");
	error = votelog_header_check(&log->options, bytes, &epoch, text);
	if (error == -EBADMSG && last && bytes.len <= VOTELOG_HEADER_LEN)
		error = FILE_UNMADE;
	else if (error)
		fault(ret_error, error, index, 0, text);
	else if (epoch > log->options.epoch)
		error = fault(
			ret_error, -ESTALE, index, 0,
			"The vote log is of a later epoch than the ledger: blocks are lost, or the log was moved.");
	else if (epoch < log->options.epoch)
		error = FILE_EARLIER;
	else if (log->file_count && log->files[log->file_count - 1].index + 1 != index)
		error = fault(ret_error, -EBADMSG, index, 0, "The file before this one is missing: votes are lost.");
	else
		error = file_scan(bytes, index, last, &log->batch, opening_record, &highest, &good, ret_error);
	if (!error)
		error = file_adopt(log, index, good, highest);
	if (!error && last) {
		error = file_continue(log, file, bytes, good, highest);
		if (!error)
			file = NULL;
	}
	if (file)
		ops->close(file);
	free((void *)bytes.bytes);
	return error;
}

/* Every file in turn. *@ret_unmade: all there is was cut off while it was made, so nothing was ever voted. */
static int files_open(struct votelog *log, bool *ret_unmade, struct votelog_error *ret_error)
{
	struct disk *disk = log->options.disk;
	u32 *indexes = NULL, count = 0;
	char name[VOTELOG_NAME_LEN];
	int error = votelog_list(disk, &indexes, &count);

	if (error)
		snprintf(ret_error->text, sizeof(ret_error->text), "The vote log's folder cannot be read.");
	*ret_unmade = true;
	for (u32 i = 0; i < count && error >= 0; i++) {
		error = file_open(log, indexes[i], i + 1 == count, ret_error);
		*ret_unmade &= error == FILE_UNMADE;
		log->next_index = indexes[i] + 1;
	}
	if (error == FILE_UNMADE && log->file_count) {
		/* Its number is used again, so that no number is missing. */
		votelog_name(--log->next_index, name);
		error = disk->ops->remove(disk, name);
		log->ended = true;
	}
	free(indexes);
	return error < 0 ? error : 0;
}

int votelog_open(const struct votelog_options *options, struct votelog **ret_log, bool *ret_fresh,
		 struct votelog_error *ret_error)
{
	struct votelog *log = votelog_new(options);
	bool unmade;
	int error;

	memset(ret_error, 0, sizeof(*ret_error));
	if (!log)
		return -ENOMEM;
	error = files_open(log, &unmade, ret_error);
	if (!error && !log->file_count && !unmade)
		error = votelog_restart(log, options->epoch);
	if (error) {
		votelog_close(log);
		return error;
	}
	*ret_fresh = unmade;
	*ret_log = log;
	return 0;
}

struct replay {
	int (*each)(void *arg, enum votelog_kind kind, u64 number, struct span bytes);
	void *arg;
};

static int replay_record(void *arg, const struct votelog_record *record)
{
	const struct replay *replay = arg;

	return replay->each(replay->arg, record->kind, record->number, record->bytes);
}

int votelog_replay(struct votelog *log, int (*each)(void *arg, enum votelog_kind kind, u64 number, struct span bytes),
		   void *arg, struct votelog_error *ret_error)
{
	struct replay replay = { each, arg };
	u32 batch = 0;
	int error = 0;

	memset(ret_error, 0, sizeof(*ret_error));
	for (u32 i = 0; i < log->file_count && !error; i++) {
		struct disk_file *file;
		struct span bytes;
		u64 good;

		error = file_load(log->options.disk, log->files[i].index, &file, &bytes);
		if (error)
			return fault(ret_error, error, log->files[i].index, 0, "The file cannot be read.");
		log->options.disk->ops->close(file);
		if (bytes.len > log->files[i].size)
			bytes.len = log->files[i].size;
		error = file_scan(bytes, log->files[i].index, false, &batch, replay_record, &replay, &good, ret_error);
		free((void *)bytes.bytes);
	}
	return error;
}
