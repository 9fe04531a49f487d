/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sc25519.h - arithmetic modulo the order of Ed25519's base point,
 * L = 2^252 + 27742317777372353535851937790883648493, for ed25519.c.
 * Four 64-bit words, little-endian. Constant time.
 */
#ifndef VOLTGATE_KMOD_SC25519_H
#define VOLTGATE_KMOD_SC25519_H

#include "voltgate/types.h"

struct vg_sc {
	u64 word[4];
};

void vg_sc_load(struct vg_sc *ret, const u8 bytes[32]);
void vg_sc_store(u8 ret[32], const struct vg_sc *a);
/* The 64 bytes as one number, little-endian, modulo L. */
void vg_sc_reduce(struct vg_sc *ret, const u8 bytes[64]);
/* a * b + c modulo L; a and c below L, b below 2^255. */
void vg_sc_muladd(struct vg_sc *ret, const struct vg_sc *a, const struct vg_sc *b, const struct vg_sc *c);

#endif
