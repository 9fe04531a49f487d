/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hello.h - a handshake's first packet, of one length for everybody
 * (PROTOCOL.md N1, H1 to H3):
 *
 *   VID header 32 (type 1, session 0, sequence 0) | e 32 | sealed static 48 | sealed payload 176 + 16 | mac2 16 | mac1
 * 16 sealed payload: credential 92, its authority's signature 64, timestamp u64, zeros 12
 *
 * Pure: randomness and time are values. A reader checks mac1 itself, so that a
 * gate that was taken off an interface lets no more in. What mac2 proves is asked apart: hello_proves().
 */
#ifndef VOLTGATE_HANDSHAKE_HELLO_H
#define VOLTGATE_HANDSHAKE_HELLO_H

#include "agent/handshake/noise.h"
#include "ledger/credential.h"
#include "voltgate/hello.h"
#include "voltgate/vid.h"

#define HELLO_PLAIN_LEN 176
#define HELLO_MESSAGE_LEN (HELLO_PLAIN_LEN + NOISE_FIRST_OVERHEAD)
#define HELLO_PAYLOAD_LEN (HELLO_MESSAGE_LEN + VG_VID_TAG_LEN)
#define HELLO_LEN (VG_VID_OVERHEAD + HELLO_PAYLOAD_LEN)
#define HELLO_SIGNATURE_LEN 64

struct hello {
	u8 credential[CREDENTIAL_LEN]; /* the wallet's, role client */
	u8 signature[HELLO_SIGNATURE_LEN];
	u64 timestamp; /* Time64; rises with each hello of a wallet */
};

/* The state before the first message, at either end: noise_init() with the prologue of N1. */
void hello_begin(struct noise *noise, bool vehicle, const struct noise_pair *own, const u8 ephemeral[NOISE_KEY_LEN],
		 const u8 *gateway);
/* The key of mac1 for the gateway with that X25519 key. */
void hello_mac1_key(const u8 gateway[NOISE_KEY_LEN], struct vg_siphash_key *ret_key);
/*
 * Writes a hello. @cookie: as cookie_read() gave it, NULL for none. @generated: Time64.
 * 0, or noise_write()'s errors.
 */
int hello_make(struct noise *noise, const struct hello *hello, const struct vg_siphash_key *mac1_key,
	       const struct vg_siphash_key *cookie, u64 generated, u8 ret_vid[HELLO_LEN]);
/* True if these bytes are a hello by structure and mac1: cheap, before any work with keys. */
bool hello_is_meant(const u8 *vid, size_t len, const struct vg_siphash_key *mac1_key);
/* True if mac2 of a hello_is_meant() was made with @cookie. Constant time. */
bool hello_proves(const u8 vid[HELLO_LEN], const struct vg_siphash_key *cookie);
/* The 16 bytes of mac1, which cookies are bound to. */
const u8 *hello_mac1(const u8 vid[HELLO_LEN]);
/*
 * Opens a hello_is_meant(): 0 and noise_remote() is the sender's static key; -EBADMSG: forged, damaged, or its zeros
 * are none; -EINVAL: a key of no use.
 */
int hello_read(struct noise *noise, const u8 vid[HELLO_LEN], struct hello *ret_hello);

#endif
