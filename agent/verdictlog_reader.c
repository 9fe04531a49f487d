// SPDX-License-Identifier: GPL-2.0
/*
 * verdictlog_reader.c - reads the signed verdict log, live or archived: see
 * verdictlog.h. Never changes a file; holds one batch and one open segment.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/verdictframe.h"

struct verdictlog_reader {
	char dir[PATH_MAX]; /* "" for a single file */
	char file[PATH_MAX + VERDICTFRAME_NAME_LEN + 2];
	u64 *numbers;
	size_t count;
	size_t at;     /* index of the open segment */
	int fd;	       /* -1: the next is to be opened */
	off_t offset;  /* of the next frame */
	off_t read_at; /* of the last batch read */
};

static bool reader_is_last(const struct verdictlog_reader *reader)
{
	return reader->at + 1 >= reader->count;
}

static int reader_open_segment(struct verdictlog_reader *reader, struct verdictlog_error *ret_error)
{
	u8 found[VERDICTLOG_SEGMENT_HEADER_LEN], expected[VERDICTLOG_SEGMENT_HEADER_LEN];
	char name[VERDICTFRAME_NAME_LEN + 1];
	ssize_t got;

	if (*reader->dir) {
		verdictframe_segment_name(reader->numbers[reader->at], name);
		snprintf(reader->file, sizeof(reader->file), "%s/%s", reader->dir, name);
	}
	reader->fd = open(reader->file, O_RDONLY | O_CLOEXEC);
	if (reader->fd < 0)
		return verdictframe_fail(ret_error, -errno, "Cannot open %s: %s.", reader->file, strerror(errno));
	got = pread(reader->fd, found, sizeof(found), 0);
	if (got < 0)
		return verdictframe_fail(ret_error, -errno, "Cannot read %s: %s.", reader->file, strerror(errno));
	if (*reader->dir)
		verdictframe_segment_header(reader->numbers[reader->at], expected);
	else
		memcpy(expected, found, sizeof(expected)), memcpy(expected, VERDICTLOG_MAGIC, 8);
	if (got < (ssize_t)sizeof(found) && reader_is_last(reader) && !memcmp(found, expected, (size_t)got))
		return verdictframe_fail(ret_error, -ENODATA,
					 "%s ends at offset %zd, within its own header: a torn tail.", reader->file,
					 got);
	if (got < (ssize_t)sizeof(found) || memcmp(found, expected, sizeof(found)))
		return verdictframe_fail(ret_error, -EBADMSG,
					 "%s offset 0: it does not begin as a segment of the verdict log does.%s",
					 reader->file, *reader->dir ? " Was it renamed?" : "");
	reader->offset = sizeof(found);
	return 0;
}

int verdictlog_reader_open(const char *path, struct verdictlog_reader **ret_reader, struct verdictlog_error *ret_error)
{
	struct verdictlog_reader *reader = calloc(1, sizeof(*reader));
	struct stat status;
	int err = 0;

	*ret_reader = NULL;
	if (!reader)
		return verdictframe_fail(ret_error, -ENOMEM, "No memory to read %s.", path);
	reader->fd = -1;
	reader->count = 1;
	if (strlen(path) >= PATH_MAX)
		err = verdictframe_fail(ret_error, -ENAMETOOLONG,
					"The path of the verdict log is longer than %d bytes.", PATH_MAX - 1);
	else if (stat(path, &status))
		err = verdictframe_fail(ret_error, -errno, "Cannot read the verdict log %s: %s.", path,
					strerror(errno));
	else if (!S_ISDIR(status.st_mode))
		strcpy(reader->file, path);
	else {
		strcpy(reader->dir, path);
		strcpy(reader->file, path);
		err = verdictframe_segments(path, &reader->numbers, &reader->count);
		if (err == -EBADMSG)
			verdictframe_fail(ret_error, err,
					  "Segment %zu of the verdict log %s is missing between others.", reader->count,
					  path);
		else if (err)
			verdictframe_fail(ret_error, err, "Cannot list the verdict log %s: %s.", path, strerror(-err));
	}
	if (err)
		verdictlog_reader_close(reader);
	else
		*ret_reader = reader;
	return err;
}

static int reader_damaged(struct verdictlog_reader *reader, enum verdictframe_outcome outcome,
			  struct verdictlog_error *ret_error)
{
	int system_error = errno;
	struct stat status;
	bool torn;

	if (outcome == VERDICTFRAME_UNREADABLE)
		return verdictframe_fail(ret_error, -system_error, "Cannot read %s offset %lld: %s.", reader->file,
					 (long long)reader->offset, strerror(system_error));
	torn = reader_is_last(reader) && outcome != VERDICTFRAME_BAD_COUNT && !fstat(reader->fd, &status) &&
	       status.st_size - reader->offset <= VERDICTLOG_UNSYNCED_MAX &&
	       !verdictframe_follows(reader->fd, reader->offset, status.st_size);
	return verdictframe_fail(ret_error, torn ? -ENODATA : -EBADMSG, "%s offset %lld: the frame there %s%s.",
				 reader->file, (long long)reader->offset, verdictframe_text(outcome),
				 torn ? "; it is the last one, a torn tail or a write under way" : "");
}

int verdictlog_reader_next(struct verdictlog_reader *reader, struct batch *ret_batch,
			   struct verdictlog_error *ret_error)
{
	enum verdictframe_outcome outcome;
	size_t len;
	int err;

	for (;;) {
		if (reader->at >= reader->count)
			return 0;
		if (reader->fd < 0) {
			err = reader_open_segment(reader, ret_error);
			if (err)
				return err;
		}
		outcome = verdictframe_read(reader->fd, reader->offset, ret_batch, &len);
		if (outcome == VERDICTFRAME_WHOLE) {
			reader->read_at = reader->offset;
			reader->offset += (off_t)len;
			return 1;
		}
		if (outcome != VERDICTFRAME_END)
			return reader_damaged(reader, outcome, ret_error);
		if (reader_is_last(reader))
			return 0; /* stays open: a live log may grow */
		close(reader->fd);
		reader->fd = -1;
		reader->at++;
	}
}

const char *verdictlog_reader_file(const struct verdictlog_reader *reader)
{
	return reader->file;
}

u64 verdictlog_reader_offset(const struct verdictlog_reader *reader)
{
	return (u64)reader->read_at;
}

void verdictlog_reader_close(struct verdictlog_reader *reader)
{
	if (!reader)
		return;
	if (reader->fd >= 0)
		close(reader->fd);
	free(reader->numbers);
	free(reader);
}
