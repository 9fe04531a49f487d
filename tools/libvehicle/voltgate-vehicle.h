/* SPDX-License-Identifier: GPL-2.0 */
/*
 * voltgate-vehicle.h - libvoltgate-vehicle: the few functions a vehicle maker
 * needs to make vehicle-ID packets (VIDs). No allocation, no I/O, no clock:
 * time comes in as a value. A session may be used by one thread at a time.
 */
#ifndef VOLTGATE_VEHICLE_H
#define VOLTGATE_VEHICLE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VOLTGATE_PORT 47800
#define VOLTGATE_PAYLOAD_MAX 1024
#define VOLTGATE_VID_MAX 1072

enum voltgate_type {
	VOLTGATE_BEACON = 16,
	VOLTGATE_CHARGE_REQUEST = 17,
	VOLTGATE_METER = 18,
	VOLTGATE_CHARGE_STOP = 19,
	VOLTGATE_RATING = 20,
};

/* One admitted session. Wipe with voltgate_session_done() when it ends. */
struct voltgate_session {
	uint64_t id;
	uint8_t key[16];
	uint64_t next_sequence;
};

/* Starts a session from what the handshake gave. 0, or -EINVAL if @id is 0. */
int voltgate_session_init(struct voltgate_session *session, uint64_t id, const uint8_t key[16]);
/* Wipes key and counters. */
void voltgate_session_done(struct voltgate_session *session);

/*
 * Time64 (IEEE 1609.2): microseconds since 2004-01-01T00:00:00 UTC with leap
 * seconds counted. @leap_seconds since 2004: 5 in 2026.
 */
uint64_t voltgate_time64(uint64_t unix_seconds, uint32_t microseconds, unsigned int leap_seconds);

/*
 * Writes one VID into @ret_packet and spends one sequence number. @generated is Time64.
 * Returns the packet's length (48 + payload_len), or
 *   -EINVAL     @type is not of enum voltgate_type
 *   -EMSGSIZE   payload longer than VOLTGATE_PAYLOAD_MAX
 *   -ENOBUFS    @capacity is too small
 *   -EOVERFLOW  the session has used up its sequence numbers
 */
int voltgate_vid_make(struct voltgate_session *session, enum voltgate_type type, uint64_t generated,
		      const void *payload, size_t payload_len, uint8_t *ret_packet, size_t capacity);

#ifdef __cplusplus
}
#endif

#endif
