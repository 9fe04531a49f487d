/* SPDX-License-Identifier: GPL-2.0 */
/*
 * alarmlog.h - the alarm log's file: JSON lines, appended one write each, so
 * that a line is in the file when the call returns and no line is ever cut.
 *
 * A disk that is full stops nothing: the first line that finds no room is
 * reported to the caller, the rest counted; the first one that fits again is
 * preceded by a notice with that count. Not thread-safe.
 */
#ifndef VOLTGATE_ALARMLOG_H
#define VOLTGATE_ALARMLOG_H

#include <jansson.h>

#include "voltgate/types.h"

struct alarmlog;

/* Opens @path (0640) for appending; @host stands in every notice. 0 or -errno. */
int alarmlog_open(const char *path, const char *host, struct alarmlog **ret_log);
/* NULL is fine. */
void alarmlog_close(struct alarmlog *log);
/* Opens the path again after log rotation; on error the old file stays in use. */
int alarmlog_reopen(struct alarmlog *log);
/*
 * Writes @object as one line. 0: it is in the file. -errno: it is not; the
 * caller says so if alarmlog_lost() was 0 before. -ENOMEM, -EIO, -ENOSPC.
 */
int alarmlog_write(struct alarmlog *log, const json_t *object);
/* Lines not written since the last one that was; and since the start. */
u64 alarmlog_lost(const struct alarmlog *log);
u64 alarmlog_lost_total(const struct alarmlog *log);
u64 alarmlog_lines(const struct alarmlog *log);

#endif
