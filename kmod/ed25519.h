/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ed25519.h - Ed25519 signing (RFC 8032), for the attestation key. Signing
 * only: a gateway's kernel never has to believe a signature.
 *
 * Constant time in the key and the nonce: no secret decides a branch or an
 * address. No allocation, no vector registers; about 40 microseconds; any
 * context. The same file is compiled into the module and into user space.
 */
#ifndef VOLTGATE_KMOD_ED25519_H
#define VOLTGATE_KMOD_ED25519_H

#include "voltgate/types.h"

struct vg_ed25519_key {
	u8 seed[32];	 /* the secret */
	u8 expanded[64]; /* SHA-512 of it: clamped scalar, then the prefix that nonces are made with; as secret */
	u8 public[32];
};

/* The caller wipes @key after use (vg_wipe in wipe.h). */
void vg_ed25519_key_init(struct vg_ed25519_key *key, const u8 seed[32]);
void vg_ed25519_sign(const struct vg_ed25519_key *key, const void *message, size_t len, u8 ret_signature[64]);
/* Vectors of RFC 8032 section 7.1. 0, or -EBADMSG: this build must not sign. */
int vg_ed25519_selftest(void);

#endif
