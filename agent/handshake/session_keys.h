/* SPDX-License-Identifier: GPL-2.0 */
/*
 * session_keys.h - what a finished handshake leaves both ends with: the three
 * keys of a session (PROTOCOL.md N4). Pure; libsodium.
 */
#ifndef VOLTGATE_HANDSHAKE_SESSION_KEYS_H
#define VOLTGATE_HANDSHAKE_SESSION_KEYS_H

#include "agent/handshake/noise.h"

#define SESSION_KEYS_VID_LEN 16
#define SESSION_KEYS_LEN 32

struct session_keys {
	u8 vid[SESSION_KEYS_VID_LEN]; /* the tag's: what the gate gets */
	u8 action[SESSION_KEYS_LEN];  /* seals what vehicles ask */
	u8 answer[SESSION_KEYS_LEN];  /* seals what they are answered */
};

/* After the second message; @vehicle: this end is the initiator. -EPROTO before. */
int session_keys_of(struct noise *noise, bool vehicle, struct session_keys *ret_keys);
void session_keys_wipe(struct session_keys *keys);

#endif
