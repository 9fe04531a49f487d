/* SPDX-License-Identifier: GPL-2.0 */
/*
 * alarm.h - refused packets, aggregated by (session, source, reason).
 *
 * Kept by the module (attested) or in a BPF hash map (plain); read by the
 * agent. Counts are exact: what finds no room in an aggregate is counted as
 * overflow of its reason. An aggregate that falls silent, or has to make room,
 * is closed: reported, recorded in the verdict chain (digest = SHA-256 of
 * struct vg_alarm with sample bytes after sample_len zeroed) and forgotten.
 */
#ifndef VOLTGATE_ALARM_H
#define VOLTGATE_ALARM_H

#include "types.h"
#include "source.h"

#define VG_ALARM_SAMPLE_MAX 160

/*
 * Refused packets that a CPU adds to aggregates between two ticks of its
 * clock; the rest is only counted, as overflow. A flood of forgeries then costs no
 * more than the packets it imitates.
 */
#define VG_ALARMS_PER_TICK 64

struct vg_alarm_key {
	u64 session; /* as the packet claims; 0 where there is none */
	struct vg_source source;
	u32 reason; /* enum vg_reason */
};
VG_ASSERT_SIZE(struct vg_alarm_key, 32);

struct vg_alarm_state {
	u64 first; /* Time64 */
	u64 last;  /* Time64 */
	u64 count;
	u32 ifindex;	/* where the sample came in */
	u16 frame_len;	/* of the sample frame, whole */
	u16 sample_len; /* bytes of it kept, from the Ethernet header on */
	u8 sample[VG_ALARM_SAMPLE_MAX];
};
VG_ASSERT_SIZE(struct vg_alarm_state, 192);

/* Host byte order on the way to the agent; big-endian where it is hashed. */
struct vg_alarm {
	struct vg_alarm_key key;
	struct vg_alarm_state state;
};
VG_ASSERT_SIZE(struct vg_alarm, 224);

#endif
