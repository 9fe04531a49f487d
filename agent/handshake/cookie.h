/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cookie.h - what a gateway answers to a hello that must first prove its
 * source address (PROTOCOL.md N3, H3), shorter than any hello:
 *
 *   VID header 32 (type 3, session 0, sequence 0, generated 0) | nonce 24 | sealed cookie 16 + 16 | zeros 16
 *
 * Sealed under a key that everybody can compute who knows the gateway's, with the hello's mac1 as additional data: who
 * did not see the hello can neither read nor forge it. Pure.
 */
#ifndef VOLTGATE_HANDSHAKE_COOKIE_H
#define VOLTGATE_HANDSHAKE_COOKIE_H

#include "agent/handshake/noise.h"
#include "voltgate/hello.h"
#include "voltgate/vid.h"

#define COOKIE_NONCE_LEN 24
#define COOKIE_PAYLOAD_LEN (COOKIE_NONCE_LEN + VG_VID_TAG_LEN + NOISE_TAG_LEN)
#define COOKIE_LEN (VG_VID_OVERHEAD + COOKIE_PAYLOAD_LEN)

/* The key of cookies of the gateway with that X25519 key. */
void cookie_key(const u8 gateway[NOISE_KEY_LEN], u8 ret_key[NOISE_KEY_LEN]);
/* @mac1: of the hello answered, 16 bytes. @nonce: fresh random bytes. */
void cookie_make(const u8 key[NOISE_KEY_LEN], const struct vg_siphash_key *cookie, const u8 mac1[VG_VID_TAG_LEN],
		 const u8 nonce[COOKIE_NONCE_LEN], u8 ret_vid[COOKIE_LEN]);
/* 0; -EBADMSG: none by structure, forged, damaged, or for another hello. */
int cookie_read(const u8 key[NOISE_KEY_LEN], const u8 mac1[VG_VID_TAG_LEN], const void *vid, size_t len,
		struct vg_siphash_key *ret_cookie);

#endif
