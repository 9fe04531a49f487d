/* SPDX-License-Identifier: GPL-2.0 */
/*
 * policy.h - what an administrator may set about a gate: one list.
 *
 * X(name, "word", default, min, max, room, "help")
 * All values are signed 64-bit on every boundary. @room says who enforces:
 * GATE settings live in the module (attested) or the agent (plain), INGRESS
 * settings always in the agent, which writes them to the XDP program.
 */
#ifndef VOLTGATE_POLICY_H
#define VOLTGATE_POLICY_H

#include "types.h"
#include "budget.h"

#define VG_POLICY_KEYS(X)                                                                                              \
	X(stale_us, "stale-us", 2000000, 1000, 3600000000LL, GATE,                                                     \
	  "oldest generation time accepted, microseconds before now")                                                  \
	X(future_us, "future-us", 500000, 0, 3600000000LL, GATE,                                                       \
	  "newest generation time accepted, microseconds after now")                                                   \
	X(session_rate, "session-rate", 100, 0, 1000000000, GATE, "packets per second of one session, 0 for no limit") \
	X(session_burst, "session-burst", 200, 1, 1000000, GATE, "packets of one session at once")                     \
	X(max_sessions, "max-sessions", 1048576, 1, 16777216, GATE, "sessions the gate holds at most")                 \
	X(record_beacons, "record-beacons", 0, 0, 1, GATE, "1: record the first beacon of a session in each second")   \
	X(batch_records, "batch-records", 512, 1, 512, GATE, "records that close a batch")                             \
	X(batch_interval_us, "batch-interval-us", 10000, 1000, 1000000, GATE, "age that closes a batch, microseconds") \
	X(backlog_batches, "backlog-batches", 2048, 2, 65536, GATE,                                                    \
	  "batches kept for the agent until it acknowledges them")                                                     \
	X(alarm_entries, "alarm-entries", 4096, 16, 1048576, GATE, "alarm aggregates kept at once")                    \
	X(alarm_new_rate, "alarm-new-rate", 1000, 1, 1000000, GATE,                                                    \
	  "new alarm aggregates per second; beyond it only counts")                                                    \
	X(alarm_idle_us, "alarm-idle-us", 5000000, 100000, 3600000000LL, GATE,                                         \
	  "silence that closes an alarm aggregate, microseconds")                                                      \
	X(leap_seconds, "leap-seconds", 5, 0, 255, GATE, "leap seconds since 2004-01-01 (5 in 2026)")                  \
	X(clock_offset_us, "clock-offset-us", 0, -2000000000000000LL, 2000000000000000LL, GATE,                        \
	  "test only: added to the clock; every record is marked")                                                     \
	X(under_load, "under-load", 0, 0, 1, INGRESS, "1: every hello must carry a valid cookie")                      \
	X(hello_rate, "hello-rate", 20, 0, 1000000000, INGRESS,                                                        \
	  "hellos per second of one source before it must prove its address; with proof, before refusal")              \
	X(hello_burst, "hello-burst", 5, 1, 1000000, INGRESS, "hellos of one source at once")                          \
	X(its_rate, "its-rate", 6000, 0, 1000000000, INGRESS, "ITS frames per second handed to the agent")             \
	X(its_burst, "its-burst", 1000, 1, 1000000, INGRESS, "ITS frames at once")                                     \
	X(its_stale_us, "its-stale-us", 2000000, 1000, 3600000000LL, INGRESS,                                          \
	  "oldest ITS generation time accepted, microseconds before now")                                              \
	X(its_future_us, "its-future-us", 500000, 0, 3600000000LL, INGRESS,                                            \
	  "newest ITS generation time accepted, microseconds after now")

struct vg_policy {
#define VG_POLICY_FIELD(name, word, def, min, max, room, help) s64 name;
	VG_POLICY_KEYS(VG_POLICY_FIELD)
#undef VG_POLICY_FIELD
};

/* The numbers of the settings, in list order; the netlink spec carries (key, value) pairs of them. */
enum vg_policy_key {
#define VG_POLICY_ENUM(name, word, def, min, max, room, help) VG_POLICY_##name,
	VG_POLICY_KEYS(VG_POLICY_ENUM)
#undef VG_POLICY_ENUM
		VG_POLICY_KEY_COUNT
};

enum vg_policy_room { VG_POLICY_ROOM_GATE, VG_POLICY_ROOM_INGRESS };

#endif
