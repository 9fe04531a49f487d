/* SPDX-License-Identifier: GPL-2.0 */
/*
 * alarm_worker.h - between the table of alarm aggregates (alarm.c) and the
 * work that tells of them, records and forgets them (alarm_worker.c).
 */
#ifndef VOLTGATE_KMOD_ALARM_WORKER_H
#define VOLTGATE_KMOD_ALARM_WORKER_H

#include <linux/jiffies.h>
#include "alarm.h"

#define VG_ALARM_MOVE_NS (100 * NSEC_PER_MSEC)
#define VG_ALARM_CLOSE_INTERVAL (HZ / 10)

void vg_alarm_worker_init(struct vg_alarms *alarms);

/* Moves @entry to closing; false if a notice of it is under way. The table lock is held. */
bool vg_alarm_close(struct vg_alarms *alarms, struct vg_alarm_entry *entry);
/* After a grace period. @entry is closed and in no list. */
void vg_alarm_free(struct vg_alarms *alarms, struct vg_alarm_entry *entry);

#endif
