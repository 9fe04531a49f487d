/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fleet_words.h - a fleet file as the command line reads it, faults told; and
 * times of its plans for people.
 */
#ifndef VOLTGATE_TOOLS_FLEET_WORDS_H
#define VOLTGATE_TOOLS_FLEET_WORDS_H

#include "agent/sched/fleet.h"

/* CLI_OK with a fleet; else the faults were told and *@ret_fleet is NULL. */
int fleet_words_load(const char *path, struct fleet **ret_fleet);
/* "1d 07:15" into @ret_text, which is returned. */
const char *fleet_words_time(u32 seconds, char ret_text[16]);

#endif
