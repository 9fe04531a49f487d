/* SPDX-License-Identifier: GPL-2.0 */
/*
 * mac.h - SipHash-2-4-128 over bytes of the packet, under the verifier's eyes.
 *
 * One bounds check for each 64 bytes, then at most one each for 32, 16 and 8:
 * the state stays in registers. The last len % 8 bytes are read as one word
 * and masked, which needs eight readable bytes there; in a VID the tag (or
 * mac2) follows, so they are.
 */
#ifndef VOLTGATE_BPF_MAC_H
#define VOLTGATE_BPF_MAC_H

#include "tables.h"

#define VG_MAC_BLOCK 64
#define VG_MAC_MAX 2047	     /* 31 blocks and a rest */
#define VG_OFFSET_MAX 0x3fff /* of anything we look at in a frame */

/*
 * A place in the packet. The masks change nothing (callers have checked the
 * bounds); they are for the verifier, which forgets what 32-bit compares
 * taught it about 64-bit registers.
 */
VG_INLINE const u8 *vg_packet_at(const u8 *data, u32 offset)
{
	u64 at = offset;

	asm volatile("%0 &= 0x3fff" : "+r"(at));
	data += at;
	asm volatile(
		""
		: "+r"(data)); /* one pointer, not the same sum made twice: the verifier would not know them as one */
	return data;
}

/* True if @len bytes from @at lie before @end. Opaque, or clang turns it into arithmetic on @end, which is prohibited.
 */
VG_INLINE bool vg_packet_has(const u8 *at, u32 len, const u8 *end)
{
	at += len;
	asm volatile("" : "+r"(at));
	return at <= end;
}

/*
 * Copies @len bytes from @at of the frame to @to, which has @room; @len is at
 * least an Ethernet header, as everything that we copy. Two tests that clang
 * must not melt into one: the verifier needs both bounds. 0, or -1.
 */
VG_INLINE int vg_packet_copy(struct xdp_md *ctx, u32 at, void *to, u32 len, const u32 room)
{
	u64 bytes = len;

	asm volatile("" : "+r"(bytes));
	if (bytes < 14)
		return -1;
	asm volatile("" : "+r"(bytes));
	if (bytes > room)
		return -1;
	return bpf_xdp_load_bytes(ctx, at, to, bytes) ? -1 : 0;
}

#define VG_MAC_WORDS_2(s, at)                                  \
	do {                                                   \
		vg_siphash_word(s, vg_siphash_load(at));       \
		vg_siphash_word(s, vg_siphash_load((at) + 8)); \
	} while (0)
#define VG_MAC_WORDS_4(s, at)                 \
	do {                                  \
		VG_MAC_WORDS_2(s, at);        \
		VG_MAC_WORDS_2(s, (at) + 16); \
	} while (0)

/* Takes in all whole words of the @len bytes from @at; returns where the rest begins, NULL if the packet ends before.
 */
VG_INLINE const u8 *vg_mac_words(struct vg_siphash *s, const u8 *at, const u8 *end, u32 len)
{
	u32 blocks = len / VG_MAC_BLOCK, i;

#pragma clang loop unroll(disable)
	for (i = 0; i < VG_MAC_MAX / VG_MAC_BLOCK + 1; i++) {
		if (i == blocks)
			break;
		if (!vg_packet_has(at, VG_MAC_BLOCK, end))
			return NULL;
		VG_MAC_WORDS_4(s, at);
		VG_MAC_WORDS_4(s, at + 32);
		at += VG_MAC_BLOCK;
	}
	if (len & 32) {
		if (!vg_packet_has(at, 32, end))
			return NULL;
		VG_MAC_WORDS_4(s, at);
		at += 32;
	}
	if (len & 16) {
		if (!vg_packet_has(at, 16, end))
			return NULL;
		VG_MAC_WORDS_2(s, at);
		at += 16;
	}
	if (len & 8) {
		if (!vg_packet_has(at, 8, end))
			return NULL;
		vg_siphash_word(s, vg_siphash_load(at));
		at += 8;
	}
	return at;
}

/* The MAC of the @len bytes from @at, which at least eight more follow. 0, or -1 if they are not all there. */
VG_INLINE int vg_mac_inside(const u8 *at, const u8 *end, u32 len, const struct vg_siphash_key *key,
			    struct vg_siphash_tag *ret_tag)
{
	struct vg_siphash s;

	vg_siphash_init(&s, key);
	at = vg_mac_words(&s, at, end, len);
	if (!at || !vg_packet_has(at, 8, end))
		return -1;
	vg_siphash_final(&s, vg_siphash_load(at) & ((1ULL << (8 * (len & 7))) - 1), len, ret_tag);
	return 0;
}

/*
 * The same as a function of its own, which the verifier walks once: where a
 * call's cost does not matter. Word by word, so that there is one way out of
 * the loop: the verifier of 6.1 tries every way on, block by block a million
 * instructions.
 */
__attribute__((noinline)) int vg_packet_mac(struct xdp_md *ctx, u32 offset, u32 len, const struct vg_siphash_key *key,
					    struct vg_siphash_tag *ret_tag)
{
	const u8 *data = (const u8 *)(long)ctx->data, *end = (const u8 *)(long)ctx->data_end, *at;
	struct vg_siphash s;
	u32 words = len / 8, i;

	if (!key || !ret_tag || offset > VG_OFFSET_MAX || len > VG_MAC_MAX)
		return -1;
	at = vg_packet_at(data, offset);
	vg_siphash_init(&s, key);
#pragma clang loop unroll(disable)
	for (i = 0; i < VG_MAC_MAX / 8 + 1; i++) {
		if (!vg_packet_has(at, 8, end))
			return -1;
		if (i == words)
			break;
		vg_siphash_word(&s, vg_siphash_load(at));
		at += 8;
	}
	if (!vg_packet_has(at, 8, end))
		return -1;
	vg_siphash_final(&s, vg_siphash_load(at) & ((1ULL << (8 * (len & 7))) - 1), len, ret_tag);
	return 0;
}

/* The last len % 8 bytes where nothing follows them. 0 on a packet that is shorter: its words were refused before. */
VG_INLINE u64 vg_mac_tail(const u8 *at, const u8 *end, u32 len)
{
	u64 tail = 0;
	u32 shift = 0;

	if (len & 4) {
		if (!vg_packet_has(at, 4, end))
			return 0;
		tail = *(const u32 *)at;
		shift = 32;
		at += 4;
	}
	if (len & 2) {
		if (!vg_packet_has(at, 2, end))
			return 0;
		tail |= (u64) * (const u16 *)at << shift;
		shift += 16;
		at += 2;
	}
	if (len & 1) {
		if (!vg_packet_has(at, 1, end))
			return 0;
		tail |= (u64)*at << shift;
	}
	return tail;
}

#endif
