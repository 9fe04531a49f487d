// SPDX-License-Identifier: GPL-2.0
/*
 * verdictlog.c - writes the signed verdict log: see verdictlog.h.
 *
 * One file is open, the last segment. A frame goes out in one write at the
 * known end; if that fails the file is cut back to that end, so a full disk
 * leaves no half frame behind. A new segment begins with its header synced
 * and the folder synced, then the next frame. At most VERDICTLOG_UNSYNCED_MAX
 * bytes are ever unsynced, so a damaged place further from the end than that,
 * or before a whole frame, is no torn tail and stops the program.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/verdictframe.h"

struct verdictlog {
	char *dir;
	int dir_fd;
	int fd;	    /* the last segment */
	u64 number; /* of it */
	u64 segment_bytes;
	off_t end; /* of whole frames */
	off_t synced;
	u64 cut;
	bool any;
	struct vg_batch_seal last;
	u8 frame[VERDICTFRAME_MAX];
};

static int verdictlog_damaged(const struct verdictlog *log, off_t offset, const char *what,
			      struct verdictlog_error *ret_error)
{
	char name[VERDICTFRAME_NAME_LEN + 1];

	verdictframe_segment_name(log->number, name);
	return verdictframe_fail(
		ret_error, -EBADMSG,
		"The verdict log is damaged at %s/%s offset %lld: %s. Keep a copy of the folder as evidence, find "
		"the extent with 'voltgate verify', then move the folder away so that a new log begins.",
		log->dir, name, (long long)offset, what);
}

/* Gives up what follows the last whole frame, if it can be a torn tail. */
static int verdictlog_repair(struct verdictlog *log, off_t size, const char *what, struct verdictlog_error *ret_error)
{
	off_t end = log->end;

	if (size - end > VERDICTLOG_UNSYNCED_MAX || verdictframe_follows(log->fd, end, size))
		return verdictlog_damaged(log, end, what, ret_error);
	if (ftruncate(log->fd, end) || fsync(log->fd))
		return verdictframe_fail(ret_error, -errno, "Cannot cut the torn tail off the verdict log in %s: %s.",
					 log->dir, strerror(errno));
	log->cut = (u64)(size - end);
	return 0;
}

/* Reads segment @log->fd from its header on, to find the last whole frame. */
static int verdictlog_scan(struct verdictlog *log, bool is_last, off_t size, struct verdictlog_error *ret_error)
{
	struct batch *batch = malloc(sizeof(*batch));
	enum verdictframe_outcome outcome;
	char what[96];
	size_t len;

	if (!batch)
		return verdictframe_fail(ret_error, -ENOMEM, "No memory to read the verdict log in %s.", log->dir);
	log->end = VERDICTLOG_SEGMENT_HEADER_LEN;
	while ((outcome = verdictframe_read(log->fd, log->end, batch, &len)) == VERDICTFRAME_WHOLE) {
		log->end += (off_t)len;
		log->last = batch->seal;
		log->any = true;
	}
	free(batch);
	if (outcome == VERDICTFRAME_END)
		return 0;
	snprintf(what, sizeof(what), "the frame there %s", verdictframe_text(outcome));
	if (!is_last || outcome == VERDICTFRAME_BAD_COUNT || outcome == VERDICTFRAME_UNREADABLE)
		return verdictlog_damaged(log, log->end, what, ret_error);
	return verdictlog_repair(log, size, what, ret_error);
}

static int verdictlog_write_header(struct verdictlog *log, struct verdictlog_error *ret_error)
{
	u8 header[VERDICTLOG_SEGMENT_HEADER_LEN];

	verdictframe_segment_header(log->number, header);
	errno = ENOSPC; /* what a short write means */
	if (pwrite(log->fd, header, sizeof(header), 0) != sizeof(header) || fsync(log->fd) || fsync(log->dir_fd))
		return verdictframe_fail(ret_error, -errno, "Cannot begin a segment of the verdict log in %s: %s.",
					 log->dir, strerror(errno));
	log->end = sizeof(header);
	log->synced = log->end;
	return 0;
}

static int verdictlog_open_segment(struct verdictlog *log, int flags, struct verdictlog_error *ret_error)
{
	char name[VERDICTFRAME_NAME_LEN + 1];

	verdictframe_segment_name(log->number, name);
	log->fd = openat(log->dir_fd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
	if (log->fd < 0)
		return verdictframe_fail(ret_error, -errno, "Cannot open %s/%s: %s.", log->dir, name, strerror(errno));
	return 0;
}

/* Opens segment @log->number, which exists. */
static int verdictlog_resume(struct verdictlog *log, bool is_last, struct verdictlog_error *ret_error)
{
	u8 header[VERDICTLOG_SEGMENT_HEADER_LEN], found[VERDICTLOG_SEGMENT_HEADER_LEN];
	struct stat status;
	ssize_t got;
	int err = verdictlog_open_segment(log, 0, ret_error);

	if (err)
		return err;
	got = pread(log->fd, found, sizeof(found), 0);
	if (got < 0 || fstat(log->fd, &status))
		return verdictframe_fail(ret_error, -errno, "Cannot read the verdict log in %s: %s.", log->dir,
					 strerror(errno));
	verdictframe_segment_header(log->number, header);
	if (got < (ssize_t)sizeof(header) && is_last && !memcmp(found, header, (size_t)got)) {
		log->cut = (u64)got;
		return verdictlog_write_header(log, ret_error);
	}
	if (got < (ssize_t)sizeof(header) || memcmp(found, header, sizeof(header)))
		return verdictlog_damaged(log, 0, "it does not begin as that segment must", ret_error);
	err = verdictlog_scan(log, is_last, status.st_size, ret_error);
	log->synced = log->end;
	return err;
}

static int verdictlog_begin(struct verdictlog *log, struct verdictlog_error *ret_error)
{
	int err = verdictlog_open_segment(log, O_CREAT | O_EXCL, ret_error);

	return err ? err : verdictlog_write_header(log, ret_error);
}

/* The last segment, and the one before if the last holds no frame yet: the head is in there. */
static int verdictlog_open_last(struct verdictlog *log, const u64 *numbers, size_t count,
				struct verdictlog_error *ret_error)
{
	int err;

	if (!count)
		return verdictlog_begin(log, ret_error);
	log->number = numbers[count - 1];
	err = verdictlog_resume(log, true, ret_error);
	if (err || log->any || count < 2)
		return err;
	close(log->fd);
	log->number = numbers[count - 2];
	err = verdictlog_resume(log, false, ret_error);
	if (err)
		return err;
	close(log->fd);
	log->number = numbers[count - 1];
	err = verdictlog_open_segment(log, 0, ret_error);
	log->end = VERDICTLOG_SEGMENT_HEADER_LEN;
	log->synced = log->end;
	return err;
}

static int verdictlog_open_dir(struct verdictlog *log, struct verdictlog_error *ret_error)
{
	if (mkdir(log->dir, 0700) && errno != EEXIST)
		return verdictframe_fail(ret_error, -errno, "Cannot make the folder of the verdict log %s: %s.",
					 log->dir, strerror(errno));
	log->dir_fd = open(log->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (log->dir_fd < 0)
		return verdictframe_fail(ret_error, -errno, "Cannot open the folder of the verdict log %s: %s.",
					 log->dir, strerror(errno));
	if (flock(log->dir_fd, LOCK_EX | LOCK_NB))
		return verdictframe_fail(
			ret_error, -EBUSY,
			"Another process writes the verdict log in %s. Stop it, or give this one a folder of its own.",
			log->dir);
	return 0;
}

int verdictlog_open(const char *dir, u64 segment_bytes, struct verdictlog **ret_log, struct verdictlog_error *ret_error)
{
	struct verdictlog *log = calloc(1, sizeof(*log));
	u64 *numbers = NULL;
	size_t count = 0;
	int err;

	*ret_log = NULL;
	if (!log || !(log->dir = strdup(dir))) {
		free(log);
		return verdictframe_fail(ret_error, -ENOMEM, "No memory to open the verdict log in %s.", dir);
	}
	log->fd = log->dir_fd = -1;
	log->segment_bytes = segment_bytes;
	err = verdictlog_open_dir(log, ret_error);
	if (!err) {
		err = verdictframe_segments(dir, &numbers, &count);
		if (err == -EBADMSG)
			verdictframe_fail(
				ret_error, err,
				"Segment %zu of the verdict log in %s is missing between others. Put it back, or "
				"move the folder away so that a new log begins.",
				count, dir);
		else if (err)
			verdictframe_fail(ret_error, err, "Cannot list the verdict log in %s: %s.", dir,
					  strerror(-err));
	}
	if (!err)
		err = verdictlog_open_last(log, numbers, count, ret_error);
	free(numbers);
	if (err)
		verdictlog_close(log);
	else
		*ret_log = log;
	return err;
}

u64 verdictlog_cut(const struct verdictlog *log)
{
	return log->cut;
}

static int verdictlog_rotate(struct verdictlog *log, struct verdictlog_error *ret_error)
{
	int old_fd = log->fd, err = verdictlog_sync(log, ret_error);
	off_t old_end = log->end;
	char name[VERDICTFRAME_NAME_LEN + 1];

	if (err)
		return err;
	log->number++;
	err = verdictlog_begin(log, ret_error);
	if (!err) {
		close(old_fd);
		return 0;
	}
	if (log->fd >= 0) { /* made, but its header found no room: undo */
		verdictframe_segment_name(log->number, name);
		unlinkat(log->dir_fd, name, 0);
		close(log->fd);
	}
	log->number--;
	log->fd = old_fd;
	log->end = log->synced = old_end;
	return err;
}

int verdictlog_append(struct verdictlog *log, const struct batch *batch, struct verdictlog_error *ret_error)
{
	size_t len = verdictframe_encode(batch, log->frame), done = 0;
	ssize_t wrote;
	int err = 0;

	if (log->end > VERDICTLOG_SEGMENT_HEADER_LEN && (u64)log->end + len > log->segment_bytes)
		err = verdictlog_rotate(log, ret_error);
	else if (log->end - log->synced + (off_t)len > VERDICTLOG_UNSYNCED_MAX)
		err = verdictlog_sync(log, ret_error);
	if (err)
		return err;
	while (done < len) {
		wrote = pwrite(log->fd, log->frame + done, len - done, log->end + (off_t)done);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0) {
			err = wrote ? -errno : -ENOSPC;
			verdictframe_fail(
				ret_error, err, "Cannot write the verdict log in %s: %s.%s", log->dir, strerror(-err),
				ftruncate(log->fd, log->end) ? " The half frame could not be cut off either." : "");
			return err;
		}
		done += (size_t)wrote;
	}
	log->end += (off_t)len;
	log->last = batch->seal;
	log->any = true;
	return 0;
}

int verdictlog_sync(struct verdictlog *log, struct verdictlog_error *ret_error)
{
	if (log->synced == log->end)
		return 0;
	if (fdatasync(log->fd))
		return verdictframe_fail(ret_error, -errno, "Cannot bring the verdict log in %s to the disk: %s.",
					 log->dir, strerror(errno));
	log->synced = log->end;
	return 0;
}

bool verdictlog_last(const struct verdictlog *log, struct vg_batch_seal *ret_seal)
{
	if (log->any)
		*ret_seal = log->last;
	return log->any;
}

void verdictlog_close(struct verdictlog *log)
{
	if (!log)
		return;
	if (log->fd >= 0)
		close(log->fd);
	if (log->dir_fd >= 0)
		close(log->dir_fd);
	free(log->dir);
	free(log);
}
