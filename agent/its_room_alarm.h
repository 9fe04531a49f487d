/* SPDX-License-Identifier: GPL-2.0 */
/*
 * its_room_alarm.h - refused ITS frames, aggregated by (source MAC, reason) into the
 * same struct vg_alarm as everything else that is refused: first, last, count
 * and a sample. Bounded: the aggregate that was silent longest makes room, new
 * ones are limited per second, and what finds no place is counted.
 */
#ifndef VOLTGATE_AGENT_ITS_ROOM_ALARM_H
#define VOLTGATE_AGENT_ITS_ROOM_ALARM_H

#include "agent/gate.h"

struct its_alarms;

typedef void its_alarm_fn(void *arg, enum gate_alarm_event event, const struct vg_alarm *alarm);

struct its_alarm_limits {
	u32 entries;  /* at least 1 */
	u32 new_rate; /* per second; 0: no limit */
	u64 idle_us;  /* silence that closes one */
};

/* -ENOMEM. @report may be NULL. */
int its_alarms_new(const struct its_alarm_limits *limits, its_alarm_fn *report, void *arg,
		   struct its_alarms **ret_alarms);
void its_alarms_free(struct its_alarms *alarms); /* closes all, with a report of each */
/* One refused frame at @now (Time64) and @now_us (monotonic). Frames too short for a source MAC count under zeros. */
void its_alarms_add(struct its_alarms *alarms, enum vg_reason reason, const u8 *frame, u32 len, u32 ifindex, u64 now,
		    u64 now_us);
/* Reports what changed since the last tick and closes what fell silent. */
void its_alarms_tick(struct its_alarms *alarms, u64 now_us);
u64 its_alarms_overflow(const struct its_alarms *alarms); /* frames that found no place */

#endif
