/* SPDX-License-Identifier: GPL-2.0 */
/*
 * siphash.h - SipHash-2-4 with 128-bit output (Aumasson, Bernstein 2012).
 *
 * The kernel's own SipHash has 64-bit output only and BPF has none, so the
 * core carries it. Same bytes as libsodium's crypto_shorthash_siphashx24.
 * The state is four 64-bit words in locals, so that compilers keep it in
 * registers; a caller that cannot hand over one flat buffer (BPF reads a
 * packet under bounds checks) feeds words itself with init/word/final.
 */
#ifndef VOLTGATE_SIPHASH_H
#define VOLTGATE_SIPHASH_H

#include "types.h"

/* A 128-bit key or tag as two little-endian words, in host order. */
struct vg_siphash_key {
	u64 k0, k1;
};
struct vg_siphash_tag {
	u64 t0, t1;
};
struct vg_siphash {
	u64 v0, v1, v2, v3;
};

#define VG_ROTL64(x, b) (((x) << (b)) | ((x) >> (64 - (b))))
#define VG_SIPROUND(s)                            \
	do {                                      \
		(s)->v0 += (s)->v1;               \
		(s)->v2 += (s)->v3;               \
		(s)->v1 = VG_ROTL64((s)->v1, 13); \
		(s)->v3 = VG_ROTL64((s)->v3, 16); \
		(s)->v1 ^= (s)->v0;               \
		(s)->v3 ^= (s)->v2;               \
		(s)->v0 = VG_ROTL64((s)->v0, 32); \
		(s)->v2 += (s)->v1;               \
		(s)->v0 += (s)->v3;               \
		(s)->v1 = VG_ROTL64((s)->v1, 17); \
		(s)->v3 = VG_ROTL64((s)->v3, 21); \
		(s)->v1 ^= (s)->v2;               \
		(s)->v3 ^= (s)->v0;               \
		(s)->v2 = VG_ROTL64((s)->v2, 32); \
	} while (0)

VG_INLINE void vg_siphash_init(struct vg_siphash *s, const struct vg_siphash_key *key)
{
	s->v0 = key->k0 ^ 0x736f6d6570736575ULL;
	s->v1 = key->k1 ^ 0x646f72616e646f6dULL ^ 0xee; /* 0xee: 128-bit output */
	s->v2 = key->k0 ^ 0x6c7967656e657261ULL;
	s->v3 = key->k1 ^ 0x7465646279746573ULL;
}

/* Takes in the next eight bytes of the message, read as a little-endian word. */
VG_INLINE void vg_siphash_word(struct vg_siphash *s, u64 m)
{
	s->v3 ^= m;
	VG_SIPROUND(s);
	VG_SIPROUND(s);
	s->v0 ^= m;
}

/* @tail: the last len % 8 bytes as a little-endian word; @len: the message's whole length in bytes. */
VG_INLINE void vg_siphash_final(struct vg_siphash *s, u64 tail, u64 len, struct vg_siphash_tag *ret_tag)
{
	vg_siphash_word(s, tail | len << 56);
	s->v2 ^= 0xee;
	VG_SIPROUND(s);
	VG_SIPROUND(s);
	VG_SIPROUND(s);
	VG_SIPROUND(s);
	ret_tag->t0 = s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
	s->v1 ^= 0xdd;
	VG_SIPROUND(s);
	VG_SIPROUND(s);
	VG_SIPROUND(s);
	VG_SIPROUND(s);
	ret_tag->t1 = s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

VG_INLINE u64 vg_siphash_load(const void *bytes)
{
	return vg_le64(vg_load64(bytes));
}

/* Reads a 16-byte key as it stands on the wire. */
VG_INLINE void vg_siphash_key_decode(const u8 bytes[16], struct vg_siphash_key *ret_key)
{
	ret_key->k0 = vg_siphash_load(bytes);
	ret_key->k1 = vg_siphash_load(bytes + 8);
}

/* Compares with the 16 tag bytes of a packet without a data-dependent branch. */
VG_INLINE bool vg_siphash_tag_equal(const struct vg_siphash_tag *tag, const void *bytes)
{
	u64 differ = (tag->t0 ^ vg_siphash_load(bytes)) | (tag->t1 ^ vg_siphash_load((const u8 *)bytes + 8));

	return differ == 0;
}

#ifndef __bpf__
/* The whole of @len bytes at once; for code that has a flat buffer. Any context. */
static inline void vg_siphash(const struct vg_siphash_key *key, const void *message, size_t len,
			      struct vg_siphash_tag *ret_tag)
{
	const u8 *at = message, *end = at + (len & ~(size_t)7);
	struct vg_siphash s;
	u64 tail = 0;
	size_t i;

	vg_siphash_init(&s, key);
	for (; at < end; at += 8)
		vg_siphash_word(&s, vg_siphash_load(at));
	for (i = 0; i < (len & 7); i++)
		tail |= (u64)at[i] << (8 * i);
	vg_siphash_final(&s, tail, len, ret_tag);
}

static inline void vg_siphash_tag_encode(const struct vg_siphash_tag *tag, u8 ret_bytes[16])
{
	u64 t0 = vg_le64(tag->t0), t1 = vg_le64(tag->t1);

	memcpy(ret_bytes, &t0, 8);
	memcpy(ret_bytes + 8, &t1, 8);
}
#endif

#endif
