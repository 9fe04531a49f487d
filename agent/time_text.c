// SPDX-License-Identifier: GPL-2.0
/*
 * time_text.c - Time64 to ISO 8601 and back, with the table of leap seconds.
 */
#include "agent/time_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "voltgate/time64.h"

#define US_PER_S 1000000ULL
#define UNIX_MAX_S 253402300800ULL /* year 10000 */
#define DURATION_MAX_S (100ULL * 366 * 86400)

/* First UTC second after each leap second since 2004, as seconds since 1970 (IERS Bulletins C 30, 36, 43, 49, 52). */
static const u64 leaps[] = { 1136073600, 1230768000, 1341100800, 1435708800, 1483228800 };
#define LEAP_COUNT (sizeof(leaps) / sizeof(leaps[0]))

static u32 leaps_before(u64 unix_s)
{
	u32 count = 0;

	while (count < LEAP_COUNT && unix_s >= leaps[count])
		count++;
	return count;
}

/* UTC seconds of TAI-like seconds since 2004; a leap second itself shows as the second after it. */
static u64 unix_of_seconds(u64 seconds)
{
	u64 unix_s = seconds + VG_TIME64_EPOCH_UNIX_S;
	u32 count;

	for (count = LEAP_COUNT; count; count--)
		if (unix_s - count >= leaps[count - 1])
			return unix_s - count;
	return unix_s;
}

bool time_text_utc(u64 time64, char ret_text[TIME_TEXT_LEN])
{
	u64 seconds = time64 / US_PER_S;
	time_t unix_s;
	struct tm tm;
	size_t used;

	ret_text[0] = '\0';
	unix_s = (time_t)unix_of_seconds(seconds);
	if (unix_s >= (time_t)UNIX_MAX_S || !gmtime_r(&unix_s, &tm))
		return false;
	used = strftime(ret_text, TIME_TEXT_LEN, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(ret_text + used, TIME_TEXT_LEN - used, ".%06uZ", (unsigned int)(time64 % US_PER_S));
	return true;
}

u64 time_text_of_unix(u64 unix_us)
{
	u64 unix_s = unix_us / US_PER_S;

	if (unix_s < VG_TIME64_EPOCH_UNIX_S)
		return 0;
	return vg_time64_of_utc(unix_us, leaps_before(unix_s), 0);
}

static int parse_number(const char *text, u64 *ret_number, const char **ret_end)
{
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	*ret_number = strtoull(text, &end, 10);
	*ret_end = end;
	return errno ? -ERANGE : 0;
}

/* ".1" is a tenth of a second: up to six digits, then 'Z' and the end. */
static int parse_fraction(const char *text, u32 *ret_us)
{
	u32 scale = 100000;

	*ret_us = 0;
	if (*text == '.') {
		for (text++; *text >= '0' && *text <= '9' && scale; text++, scale /= 10)
			*ret_us += (u32)(*text - '0') * scale;
		if (scale == 100000)
			return -EINVAL;
	}
	return strcmp(text, "Z") ? -EINVAL : 0;
}

int time_text_parse(const char *text, u64 *ret_time64)
{
	struct tm tm = { 0 }, check;
	const char *end;
	time_t unix_s;
	u32 us;
	int error;

	if (*text == '@') {
		error = parse_number(text + 1, ret_time64, &end);
		return error ? error : *end ? -EINVAL : 0;
	}
	end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	if (!end || parse_fraction(end, &us))
		return -EINVAL;
	check = tm;
	unix_s = timegm(&tm);
	if (tm.tm_mday != check.tm_mday || tm.tm_mon != check.tm_mon)
		return -EINVAL;
	if (unix_s < (time_t)VG_TIME64_EPOCH_UNIX_S || unix_s >= (time_t)UNIX_MAX_S)
		return -ERANGE;
	*ret_time64 = time_text_of_unix((u64)unix_s * US_PER_S + us);
	return 0;
}

int time_text_duration(const char *text, u64 *ret_us)
{
	static const struct {
		char unit;
		u32 seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	u64 number, scale = 0;
	const char *end;
	size_t i;
	int error;

	error = parse_number(text, &number, &end);
	if (error)
		return error;
	if (!*end)
		scale = 1;
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (end[0] == units[i].unit && !end[1])
			scale = units[i].seconds;
	if (!scale)
		return -EINVAL;
	if (number > DURATION_MAX_S / scale)
		return -ERANGE;
	*ret_us = number * scale * US_PER_S;
	return 0;
}
