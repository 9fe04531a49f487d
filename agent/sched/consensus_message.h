/* SPDX-License-Identifier: GPL-2.0 */
/*
 * consensus_message.h - what two areas say to each other, as bytes: a header of
 * 48 and numbers of 8, little-endian. Each message stands alone; any may be lost, late or twice.
 *
 *   0 "VGA1"   4 u8 type  5 u8 flags  6 u16 from  8 u16 to  10 u16 chunk  12 u16 chunks  14 u16 calm
 *   16 u32 epoch  20 u32 round  24 u32 stop  28 u32 first  32 u32 count  36 u32 total  40 u64 instance
 *   48 f64 x count
 */
#ifndef VOLTGATE_SCHED_CONSENSUS_MESSAGE_H
#define VOLTGATE_SCHED_CONSENSUS_MESSAGE_H

#include "voltgate/types.h"

#define CONSENSUS_HEADER 48
#define CONSENSUS_NUMBERS 1000 /* of a message */
#define CONSENSUS_CHUNKS 256
#define CONSENSUS_BYTES (CONSENSUS_HEADER + 8 * CONSENSUS_NUMBERS)

enum consensus_types {
	CONSENSUS_SYNC = 1, /* aims, prices and weights at the beginning of an epoch */
	CONSENSUS_DATA = 2, /* flows and angles of a round */
	CONSENSUS_WANT = 3, /* say that round again (0: the SYNC) */
};

#define CONSENSUS_VOID 1 /* a SYNC of one who knows nothing */

struct consensus_message {
	u8 type, flags;
	u16 from, to, chunk, chunks;
	u16 calm; /* rounds for which all around were content */
	u32 epoch, round;
	u32 stop;		 /* after this round; 0: not known */
	u32 first, count, total; /* numbers: first .. first + count - 1 of total */
	u64 instance;		 /* of the sender's process: grows when it starts again */
	double number[CONSENSUS_NUMBERS];
};

/* Bytes written, at most CONSENSUS_BYTES. */
size_t consensus_encode(const struct consensus_message *message, u8 *to);
/* 0, or -EBADMSG: not one of ours, cut off, with a number that is none, or with counts that do not fit. */
int consensus_decode(const u8 *from, size_t len, struct consensus_message *ret_message);

#endif
