/* SPDX-License-Identifier: GPL-2.0 */
/*
 * reference.h - what the plain gate has to say of a frame, written a second
 * time for user space: plainly, byte by byte from the formats' descriptions,
 * with libsodium's SipHash and a list of the sequences seen. Tests compare
 * the program with it; it shares no code with bpf/.
 */
#ifndef VOLTGATE_TESTS_BPF_REFERENCE_H
#define VOLTGATE_TESTS_BPF_REFERENCE_H

#include "voltgate/siphash.h"
#include "voltgate/types.h"

#define REFERENCE_SESSIONS 4
#define REFERENCE_SEEN 4096
#define REFERENCE_FRAMES 32768

struct reference_session {
	u64 id;
	u8 key[16];
	u64 expires;
	u64 seen[REFERENCE_SEEN];
	u32 seen_count;
	u64 highest;
};

struct reference {
	struct reference_session sessions[REFERENCE_SESSIONS];
	u64 revoked; /* one id, 0: none */
	u64 now; /* Time64: set before each judgement */
	bool dry; /* judge only, take nothing in */
	s64 stale_us, future_us, its_stale_us, its_future_us;
	bool hello_enabled;
	u8 mac1_key[16];
	u8 frames[REFERENCE_FRAMES][16]; /* hashes of ITS frames handed */
	u32 frame_count;
};

/* RIG_FOREIGN or VG_*. Takes an accepted packet in. Budgets and deny list are taken as empty. */
int reference_judge(struct reference *reference, const u8 *frame, u32 len);

#endif
