/* SPDX-License-Identifier: GPL-2.0 */
/*
 * charging_parts.h - private to agent/sched/charging*.c.
 */
#ifndef VOLTGATE_SCHED_CHARGING_PARTS_H
#define VOLTGATE_SCHED_CHARGING_PARTS_H

#include "agent/sched/charging.h"

/* The most sessions that can be met together, each in full. @ret_proven: no more can be. -ENOMEM. */
int charging_choose_met(const struct charging_site *site, bool *ret_met, bool *ret_proven);

#endif
