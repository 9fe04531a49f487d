/* SPDX-License-Identifier: GPL-2.0 */
/*
 * time_text.h - Time64 for people: ISO 8601 in UTC, and back.
 *
 * Leap seconds since 2004 come from a table here (IERS Bulletin C), so a time
 * of 2010 is shown right too, whatever the policy's leap-seconds are now. Pure.
 */
#ifndef VOLTGATE_AGENT_TIME_TEXT_H
#define VOLTGATE_AGENT_TIME_TEXT_H

#include "voltgate/types.h"

#define TIME_TEXT_LEN 28 /* "2026-11-23T01:24:00.123456Z" and its end */

/* False, and an empty string, for a time after the year 9999. */
bool time_text_utc(u64 time64, char ret_text[TIME_TEXT_LEN]);
/* "2026-11-23T01:24:00[.ffffff]Z", "@TIME64" (microseconds). 0, or -EINVAL, -ERANGE before 2004 or after 9999. */
int time_text_parse(const char *text, u64 *ret_time64);
/* Time64 of @unix_us, microseconds since 1970 UTC. 0 before 2004. */
u64 time_text_of_unix(u64 unix_us);
/* "90s", "15m", "8h", "30d" or bare seconds. 0, or -EINVAL, -ERANGE beyond 100 years. */
int time_text_duration(const char *text, u64 *ret_us);

#endif
