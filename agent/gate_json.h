/* SPDX-License-Identifier: GPL-2.0 */
/*
 * gate_json.h - gate objects as JSON and back: one form for the control
 * socket, the command line's -j and the alarm log. Pure but for jansson.
 *
 * Forms (all flat, keys in snake_case, words of the X-macros as they are):
 *   ids          "0123456789abcdef", 16 hex digits
 *   keys, hashes hex strings
 *   numbers      JSON integers; above 2^53 a string of decimal digits (decoders take both)
 *   times        NAME: Time64 in microseconds, and NAME_utc: "2026-11-23T01:24:00.123456Z" (null outside years
 * 2004..9999) flags        true or false
 *
 * Encoders return a new reference or NULL (out of memory). Decoders bound
 * everything, refuse wrong types and ranges, ignore keys they do not know and
 * return 0 or -EINVAL with a sentence in @ret_error (may not be NULL).
 */
#ifndef VOLTGATE_AGENT_GATE_JSON_H
#define VOLTGATE_AGENT_GATE_JSON_H

#include <jansson.h>
#include "agent/gate.h"

/* --- session: {"id", "expires", "expires_utc", "commitment", "added", "added_utc", "head", "accepted", "revoked"} ---
 */
json_t *gate_json_session(const struct gate_session *session); /* never holds the key */
/* The same with "key" (32 hex digits), for the one request that carries it. The caller wipes what it dumps. */
json_t *gate_json_session_secret(const struct gate_session *session);
/* "id" is required; "key" where @with_key (session-add), and refused otherwise. The rest defaults to 0. */
int gate_json_session_decode(const json_t *object, bool with_key, struct gate_session *ret_session,
			     struct gate_error *ret_error);

/*
 * --- status: the gate's fields at the top: {"grade", "version", "epoch", "epoch_utc", "attestor", "next_number",
 * "head_hash", "acknowledged", "pending_batches", "open_records", "sessions", "session_bytes", "alarm_entries",
 * "test_clock", "time", "time_utc"}. The agent adds what it says of itself as one object under "agent". ---
 */
json_t *gate_json_status(const struct gate_status *status);
int gate_json_status_decode(const json_t *object, struct gate_status *ret_status, struct gate_error *ret_error);

/* --- policy: one object, {"stale-us": 2000000, ...}: every key of policy.h by its word --- */
json_t *gate_json_policy(const struct vg_policy *policy);
/* Keys that are missing keep what @ret_policy holds; ranges are checked. */
int gate_json_policy_decode(const json_t *object, struct vg_policy *ret_policy, struct gate_error *ret_error);

/* --- deny entry: {"prefix": "192.0.2.0/24" | "2001:db8::/32" | "02:00:00:00:00:01/48", "hits"} --- */
json_t *gate_json_deny(const struct gate_deny *deny);
int gate_json_deny_decode(const json_t *object, struct gate_deny *ret_deny, struct gate_error *ret_error);

/* --- counters: {"packets": {"accepted": N, ...every reason}, "alarm_overflow": {...}, "total": N} and "cpu" where >= 0
 * --- */
json_t *gate_json_counters(const struct gate_counters *counters, int cpu);
int gate_json_counters_decode(const json_t *object, struct gate_counters *ret_counters, int *ret_cpu,
			      struct gate_error *ret_error);

/*
 * --- alarm: one line of the alarm log (its schema is in the repository): {"timestamp" (ISO UTC of last),
 * "event_type": "alarm", "state": "new"|"update"|"closed"|"open" (open: from alarm-dump, @event 0),
 * "reason", "session" (absent where 0), "src_ip" or "src_mac", "count", "first", "first_utc", "last", "last_utc",
 * "in_iface" (where @interface is not NULL), "ifindex", "frame_len", "sample" (hex), "sentence"} ---
 */
json_t *gate_json_alarm(const struct vg_alarm *alarm, int event, const char *interface);
/* @ret_event: enum gate_alarm_event, or 0 for open. */
int gate_json_alarm_decode(const json_t *object, struct vg_alarm *ret_alarm, int *ret_event,
			   struct gate_error *ret_error);

/*
 * --- record of a batch: {"epoch", "epoch_utc", "number", "index", "time", "time_utc", "kind", "session", "sequence",
 * "type" (absent where 0), "reason", "grade", "test_clock", "digest"}: `follow verdicts`, `voltgate verdicts` ---
 * Takes the big-endian structs as they are stored.
 */
json_t *gate_json_record(const struct vg_batch_head *head, u32 index, const struct vg_record *record);

/*
 * --- action: a record as above and "payload" (hex, the VID's payload without header and tag) and "generated",
 * "generated_utc": `follow actions`. @vid is the whole VID; -> NULL also if it is shorter than header and tag. ---
 */
json_t *gate_json_action(const struct vg_batch_head *head, u32 index, const struct vg_record *record, const u8 *vid,
			 u32 vid_len);

/* --- attached interface: {"interface", "ifindex", "mode": "native"|"generic"|"dispatcher", "grade", "program_id"} ---
 */
struct gate_interface {
	char name[16];
	u32 ifindex;
	char mode[16];
	enum vg_grade grade;
	u32 program_id; /* of the kernel's BPF programs; 0: not known */
};
json_t *gate_json_interface(const struct gate_interface *interface);
int gate_json_interface_decode(const json_t *object, struct gate_interface *ret_interface,
			       struct gate_error *ret_error);

/* --- pieces, for requests and for what others add --- */
/* {"error": text, "errno": number > 0}; @error as 0 or -errno. */
json_t *gate_json_error(int error, const char *text);
/* Put one value in. 0 or -1, as json_object_set_new(). */
int gate_json_put_id(json_t *object, const char *name, u64 id);
int gate_json_put_u64(json_t *object, const char *name, u64 number);
int gate_json_put_time(json_t *object, const char *name, u64 time64); /* NAME and NAME_utc */
int gate_json_put_hex(json_t *object, const char *name, const void *bytes, size_t len);
/* Read one required value; 0 or -EINVAL with a sentence. */
int gate_json_get_id(const json_t *object, const char *name, u64 *ret_id, struct gate_error *ret_error);
int gate_json_get_u64(const json_t *object, const char *name, u64 *ret_number, struct gate_error *ret_error);
int gate_json_get_s64(const json_t *object, const char *name, s64 *ret_number, struct gate_error *ret_error);
int gate_json_get_hex(const json_t *object, const char *name, void *ret_bytes, size_t len,
		      struct gate_error *ret_error);
/* The string is the object's. */
int gate_json_get_text(const json_t *object, const char *name, const char **ret_text, struct gate_error *ret_error);

/* --- for the files that make and read objects --- */

/* Leaves one sentence in @ret_error; returns -EINVAL. */
int gate_json_refuse(struct gate_error *ret_error, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Returns @object, or drops it and returns NULL where something did not go in. */
json_t *gate_json_finish(json_t *object, int failed);

#endif
