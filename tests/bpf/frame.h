/* SPDX-License-Identifier: GPL-2.0 */
/*
 * frame.h - builds frames for the tests of the XDP program, header by header,
 * from the outside in; lengths are filled in at the end.
 *
 *   frame_begin(&frame); frame_vlan(&frame, 0x88a8); frame_ipv6(&frame, NULL);
 *   frame_extension(&frame, 60, 8); frame_udp(&frame, 47800); frame_bytes(&frame, vid, len); frame_end(&frame);
 */
#ifndef VOLTGATE_TESTS_BPF_FRAME_H
#define VOLTGATE_TESTS_BPF_FRAME_H

#include "voltgate/siphash.h"
#include "voltgate/source.h"
#include "voltgate/vid.h"

#define FRAME_MAX 4096

struct frame {
	u8 bytes[FRAME_MAX];
	u32 len;
	u32 type_at;	   /* where the next EtherType or next-header number belongs */
	u32 ip_at;	   /* 0: none */
	u32 ip_header_len; /* IPv4: with options */
	u32 udp_at;	   /* 0: none */
	bool ipv6;
};

void frame_begin(struct frame *frame); /* an Ethernet header */
void frame_vlan(struct frame *frame, u16 type);
/* @source: NULL for 192.0.2.7; @options: bytes of them, a multiple of 4. */
void frame_ipv4(struct frame *frame, const u8 source[4], u32 options);
void frame_ipv6(struct frame *frame, const u8 source[16]); /* NULL: 2001:db8::7 */
/* An IPv6 extension header of @type and @len bytes (44: always 8). Returns its offset. */
u32 frame_extension(struct frame *frame, u8 type, u32 len);
void frame_udp(struct frame *frame, u16 port);
void frame_ethertype(struct frame *frame, u16 type); /* without IP */
void frame_bytes(struct frame *frame, const void *bytes, u32 len);
void frame_end(struct frame *frame); /* fills in lengths */

struct frame_vid {
	u64 session, sequence, generated;
	struct vg_siphash_key key;
	u8 type;
	u32 payload_len;
};

/* A signed VID into @ret_bytes (VG_VID_MAX of them); returns its length. */
u32 frame_vid_make(const struct frame_vid *vid, u8 *ret_bytes);
/* A hello with @payload_len of payload; mac2 under @cookie (NULL: zeros), mac1 under @key. */
u32 frame_hello_make(const struct vg_siphash_key *key, const struct vg_siphash_key *cookie, u32 payload_len,
		     u8 *ret_bytes);
/* The whole frame around a VID, IPv4 or IPv6, with nothing odd about it. */
void frame_plain(struct frame *frame, bool ipv6, const u8 *vid, u32 len);

#endif
