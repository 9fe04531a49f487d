/* SPDX-License-Identifier: GPL-2.0 */
/*
 * its_room.h - the agent's room for ITS frames: frames from the ring go to the
 * verifier, verdicts come out as counts by reason, as alarms aggregated by
 * (source MAC, reason), as calls to whoever follows, and accepted frames are
 * released to a TAP device, where any ITS stack of this gateway reads them.
 *
 * Call order of the agent: its_room_tap_open() while still privileged, then
 * its_room_new() and, from the one event loop, its_room_frame() for each
 * VG_EVENT_ITS_FRAME and its_room_tick() ITS_ROOM_TICKS_PER_S times a second.
 * Not thread-safe. No clock: times come in (Time64 and monotonic microseconds).
 */
#ifndef VOLTGATE_AGENT_ITS_ROOM_H
#define VOLTGATE_AGENT_ITS_ROOM_H

#include <jansson.h>
#include "agent/gate.h"
#include "agent/its/verifier.h"

#define ITS_ROOM_TICKS_PER_S 10

struct its_room;

struct its_room_error {
	char text[320];
};

struct its_room_config {
	struct its_limits limits; /* its_room_default_limits() fills it */
	const char *trust_dir;	  /* roots and authorities, see its/trust.h; required: without a trust list nothing is
				     accepted */
	int tap;		  /* from its_room_tap_open(), -1: frames are not released; the room closes it */
	s64 alarm_idle_us;	  /* silence that closes an aggregate */
	u32 alarm_entries;	  /* aggregates kept; beyond them only counted */
	u32 alarm_new_rate;	  /* new aggregates per second; beyond it only counted */
	/* Each may be NULL. Called within frame and tick, must not call the room. */
	void (*on_verdict)(void *arg, const struct its_verdict *verdict); /* every frame, once: `follow its` */
	/* NEW at once, UPDATE at most ITS_ROOM_TICKS_PER_S times a second where the count changed, CLOSED after
	 * silence. */
	void (*on_alarm)(void *arg, enum gate_alarm_event event, const struct vg_alarm *alarm);
	void (*on_note)(void *arg, const char *sentence); /* for the log: a file of the trust list that is no good */
	void *arg;
};

/* Sensible limits for one 10 MHz channel on one core, @stale_us and @future_us from the policy's its- keys. */
void its_room_default_limits(s64 stale_us, s64 future_us, struct its_limits *ret_limits);
/* Opens (makes, if need be) the TAP device @name and brings it up. Needs CAP_NET_ADMIN. A descriptor or -errno. */
int its_room_tap_open(const char *name, struct its_room_error *ret_error);

/* -ENOENT, -EACCES...: the trust directory; -ENOMEM. On error the tap stays the caller's. */
int its_room_new(const struct its_room_config *config, struct its_room **ret_room, struct its_room_error *ret_error);
/* Frames that still wait get their verdict first. */
void its_room_free(struct its_room *room);
/* One frame from its Ethernet header on, as struct vg_event carries it. */
void its_room_frame(struct its_room *room, u64 now, u64 now_us, const u8 *frame, u32 len, u32 ifindex);
void its_room_tick(struct its_room *room, u64 now, u64 now_us);
/* Reads the trust directory again; waiting frames get their verdict, cached certificates are forgotten. On error all
 * stays. */
int its_room_reload(struct its_room *room, struct its_room_error *ret_error);

/*
 * {"frames": N, "verdicts": {REASON: N, ...the its-* reasons and accepted}, "released": N, "release_failed": N,
 *  "authorities": N, "certificates": N, "waiting": N, "alarm_overflow": N}. A new reference or NULL.
 */
json_t *its_room_json(const struct its_room *room);
/* Verdicts of @reason so far. */
u64 its_room_count(const struct its_room *room, enum vg_reason reason);

#endif
