// SPDX-License-Identifier: GPL-2.0
/*
 * alarmlog.c - appends JSON lines and survives a full disk: alarmlog.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "agent/alarmlog.h"
#include "agent/time_text.h"

struct alarmlog {
	char *path;
	char *host;
	int fd;
	bool half; /* a piece of a line could not be cut off */
	u64 lost;
	u64 lost_total;
	u64 lines;
};

static int alarmlog_open_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);

	return fd < 0 ? -errno : fd;
}

int alarmlog_open(const char *path, const char *host, struct alarmlog **ret_log)
{
	struct alarmlog *log = calloc(1, sizeof(*log));
	int err = -ENOMEM;

	*ret_log = NULL;
	if (!log)
		return err;
	log->fd = -1;
	log->path = strdup(path);
	log->host = strdup(host);
	if (log->path && log->host)
		err = log->fd = alarmlog_open_file(path);
	if (err < 0) {
		alarmlog_close(log);
		return err;
	}
	*ret_log = log;
	return 0;
}

void alarmlog_close(struct alarmlog *log)
{
	if (!log)
		return;
	if (log->fd >= 0)
		close(log->fd);
	free(log->path);
	free(log->host);
	free(log);
}

int alarmlog_reopen(struct alarmlog *log)
{
	int fd = alarmlog_open_file(log->path);

	if (fd < 0)
		return fd;
	close(log->fd);
	log->fd = fd;
	log->half = false;
	return 0;
}

/* One write; what went in of a line that did not fit is cut off again. */
static int alarmlog_append(struct alarmlog *log, const char *text, size_t len)
{
	struct stat status;
	ssize_t wrote;

	if (log->half && write(log->fd, "\n", 1) == 1)
		log->half = false;
	do
		wrote = write(log->fd, text, len);
	while (wrote < 0 && errno == EINTR);
	if (wrote == (ssize_t)len)
		return 0;
	if (wrote < 0)
		return -errno;
	if (wrote > 0 && (fstat(log->fd, &status) || ftruncate(log->fd, status.st_size - wrote)))
		log->half = true;
	return -ENOSPC;
}

/* Adds @object as one line to the @len bytes at @text; NULL (and @text freed) without memory. */
static char *alarmlog_add_line(char *text, size_t *len, const json_t *object)
{
	size_t more = json_dumpb(object, NULL, 0, JSON_COMPACT);
	char *grown = more ? realloc(text, *len + more + 1) : NULL;

	if (!grown) {
		free(text);
		return NULL;
	}
	json_dumpb(object, grown + *len, more, JSON_COMPACT);
	*len += more + 1;
	grown[*len - 1] = '\n';
	return grown;
}

/* Says in the log itself how much of it is missing. A new reference or NULL. */
static json_t *alarmlog_notice(const struct alarmlog *log)
{
	char when[TIME_TEXT_LEN];
	struct timeval now;

	gettimeofday(&now, NULL);
	time_text_utc(time_text_of_unix((u64)now.tv_sec * 1000000 + (u64)now.tv_usec), when);
	return json_pack(
		"{s:s, s:s, s:s, s:I, s:o}", "timestamp", when, "event_type", "notice", "host", log->host, "lost",
		(json_int_t)log->lost, "sentence",
		json_sprintf("%llu %s before this line could not be written to this log; what was refused stands in "
			     "the counters.",
			     (unsigned long long)log->lost, log->lost == 1 ? "line" : "lines"));
}

int alarmlog_write(struct alarmlog *log, const json_t *object)
{
	json_t *notice = log->lost ? alarmlog_notice(log) : NULL;
	char *text = NULL;
	size_t len = 0;
	int err = -ENOMEM;

	if (notice)
		text = alarmlog_add_line(text, &len, notice);
	if (text || !log->lost)
		text = alarmlog_add_line(text, &len, object);
	json_decref(notice);
	if (text)
		err = alarmlog_append(log, text, len);
	free(text);
	if (err) {
		log->lost++;
		log->lost_total++;
	} else {
		log->lost = 0;
		log->lines++;
	}
	return err;
}

u64 alarmlog_lost(const struct alarmlog *log)
{
	return log->lost;
}

u64 alarmlog_lost_total(const struct alarmlog *log)
{
	return log->lost_total;
}

u64 alarmlog_lines(const struct alarmlog *log)
{
	return log->lines;
}
