/* SPDX-License-Identifier: GPL-2.0 */
/*
 * time64.h - IEEE 1609.2 Time64: microseconds since 2004-01-01T00:00:00 UTC,
 * leap seconds counted. The number of leap seconds comes from the policy: a
 * kernel whose TAI offset was never set reports 0, so that is never asked.
 */
#ifndef VOLTGATE_TIME64_H
#define VOLTGATE_TIME64_H

#include "types.h"
#include "reason.h"

#define VG_TIME64_EPOCH_UNIX_S 1072915200ULL

/* @utc_us: microseconds since 1970 without leap seconds. */
VG_INLINE u64 vg_time64_of_utc(u64 utc_us, s64 leap_seconds, s64 clock_offset_us)
{
	return utc_us - VG_TIME64_EPOCH_UNIX_S * 1000000 + leap_seconds * 1000000 + clock_offset_us;
}

/* VG_ACCEPTED if @generated lies in [now - stale_us, now + future_us], else VG_STALE or VG_FUTURE. All Time64. */
VG_INLINE enum vg_reason vg_time64_fresh(u64 now, u64 generated, s64 stale_us, s64 future_us)
{
	if (generated < now)
		return now - generated > (u64)stale_us ? VG_STALE : VG_ACCEPTED;
	return generated - now > (u64)future_us ? VG_FUTURE : VG_ACCEPTED;
}

#endif
