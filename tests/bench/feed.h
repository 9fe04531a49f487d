/* SPDX-License-Identifier: GPL-2.0 */
/* feed.h - what the bench and its feeder programs (feed.bpf.c) share: pre-signed packets, as the fields in which they
 * differ. */
#ifndef VOLTGATE_BENCH_FEED_H
#define VOLTGATE_BENCH_FEED_H

#include "voltgate/types.h"

#define FEED_ENTRIES (1u << 17) /* a power of two */

/* Offsets in the one kind of frame that is fed: Ethernet, IPv6, UDP, VID. */
#define FEED_SOURCE_AT 30 /* the source address's low half */
#define FEED_VID_AT 62
#define FEED_PAYLOAD_AT (FEED_VID_AT + 32)
#define FEED_PAYLOAD_MAX 1024

/* All in wire order; one cache line. */
struct feed_entry {
	u64 session;
	u64 sequence;
	u64 tag[2];
	u64 source;
	u64 zero[3];
};
VG_ASSERT_SIZE(struct feed_entry, 64);

struct feed_control {
	u32 next;    /* entry to be swapped in next */
	u32 tag_at;  /* offset of the tag in the frame */
	u32 ifindex; /* for feed_redirect */
	u32 zero;
};

#endif
