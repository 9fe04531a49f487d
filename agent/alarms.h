/* SPDX-License-Identifier: GPL-2.0 */
/*
 * alarms.h - alarms on their way to people: the log, syslog, and followers.
 *
 * The gate reports an aggregate as new, grown (up to ten times a second) and
 * closed. New and closed ones are always told; a grown one at most once in
 * alarm-update-ms, by a bounded table of what was told last. Not thread-safe.
 */
#ifndef VOLTGATE_ALARMS_H
#define VOLTGATE_ALARMS_H

#include <jansson.h>

#include "agent/alarmlog.h"
#include "agent/gate.h"

/* For `follow alarms`: one object as it stands in the log. */
typedef void alarms_told_fn(void *arg, const json_t *object);

struct alarms;

/* @log stays the caller's; @host is this gateway's name. -ENOMEM. */
int alarms_new(struct alarmlog *log, const char *host, u32 update_ms, alarms_told_fn *told, void *arg,
	       struct alarms **ret_alarms);
/* NULL is fine. */
void alarms_free(struct alarms *alarms);
/* @now_ms: monotonic milliseconds. */
void alarms_take(struct alarms *alarms, enum gate_alarm_event event, const struct vg_alarm *alarm, u64 now_ms);
/* Action packets that no verdict covered in time, @count of them since the last call: one line. */
void alarms_uncovered(struct alarms *alarms, u64 count, u64 now);
/* A fault of the gateway itself as a line of its own, e.g. a batch that the chain refuses. @now: Time64. */
void alarms_fault(struct alarms *alarms, const char *word, const char *sentence, u64 now);
/* {"lines": N, "lost": N, "told": N} or NULL. */
json_t *alarms_json(const struct alarms *alarms);

#endif
