/* SPDX-License-Identifier: GPL-2.0 */
/*
 * welcome.h - a handshake's second packet (PROTOCOL.md N2), of one length:
 *
 *   VID header 32 (type 2, session 0, sequence 0, generated = the sealed time) | e 32 | sealed 129 + 16 | zeros 16
 *   sealed: session u64, expires u64, time u64, grade u8, attestor 32, epoch u64, channel 32, station 32
 */
#ifndef VOLTGATE_HANDSHAKE_WELCOME_H
#define VOLTGATE_HANDSHAKE_WELCOME_H

#include "agent/handshake/noise.h"
#include "voltgate/vid.h"

#define WELCOME_PLAIN_LEN 129
#define WELCOME_PAYLOAD_LEN (WELCOME_PLAIN_LEN + NOISE_SECOND_OVERHEAD)
#define WELCOME_LEN (VG_VID_OVERHEAD + WELCOME_PAYLOAD_LEN)

struct welcome {
	u64 session;
	u64 expires; /* Time64 */
	u64 time;    /* Time64: the gateway's clock */
	u8 grade;    /* enum vg_grade */
	u8 attestor[32];
	u64 epoch; /* Time64: the attestor's */
	u8 channel[32];
	u8 station[32]; /* zeros: none here */
};

/* 0, or noise_write()'s errors. */
int welcome_make(struct noise *noise, const struct welcome *welcome, u8 ret_vid[WELCOME_LEN]);
/*
 * 0; -EBADMSG: none by structure, forged, damaged, of another handshake, or what it says cannot be (session 0, expired
 * when made). Only a message that is a welcome by structure is shown to @noise, and after a forgery @noise is broken:
 * who waits for a welcome gives a copy of the state.
 */
int welcome_read(struct noise *noise, const void *vid, size_t len, struct welcome *ret_welcome);

#endif
