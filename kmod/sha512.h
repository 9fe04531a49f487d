/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sha512.h - SHA-512 (FIPS 180-4), for Ed25519 alone: the kernel's own has no
 * interface that every version we build on shares and that needs no allocation.
 *
 * Any context; constant time in the message's bytes.
 */
#ifndef VOLTGATE_KMOD_SHA512_H
#define VOLTGATE_KMOD_SHA512_H

#include "voltgate/types.h"

#define VG_SHA512_LEN 64
#define VG_SHA512_BLOCK 128

struct vg_sha512 {
	u64 h[8];
	u64 len; /* bytes taken in so far */
	u8 block[VG_SHA512_BLOCK];
};

void vg_sha512_init(struct vg_sha512 *hash);
void vg_sha512_update(struct vg_sha512 *hash, const void *data, size_t len);
/* Wipes @hash. */
void vg_sha512_final(struct vg_sha512 *hash, u8 ret_digest[VG_SHA512_LEN]);

#endif
