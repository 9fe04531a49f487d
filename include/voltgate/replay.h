/* SPDX-License-Identifier: GPL-2.0 */
/*
 * replay.h - the exact sliding window over sequence numbers.
 *
 * A ring of VG_REPLAY_BITS bits, bit (sequence mod VG_REPLAY_BITS) set for
 * each sequence seen. A sequence is fresh if it is above the head, or less
 * than VG_REPLAY_BITS below it and its bit is clear. Advancing the head
 * clears exactly the bits it passes over. No sequence is accepted twice and
 * none within the window is refused unseen. Sequences start at 1.
 *
 * vg_replay_seen() may run without the lock as a cheap refusal; only
 * vg_replay_commit(), under the session's lock, decides.
 */
#ifndef VOLTGATE_REPLAY_H
#define VOLTGATE_REPLAY_H

#include "types.h"

#ifndef VG_REPLAY_BITS /* tests compile small windows, to try every history */
#define VG_REPLAY_BITS 1024
#endif
_Static_assert((VG_REPLAY_BITS & (VG_REPLAY_BITS - 1)) == 0, "the window is a power of two");
#define VG_REPLAY_WORDS ((VG_REPLAY_BITS + 63) / 64)

struct vg_replay {
	u64 head; /* highest sequence committed, 0 before the first */
	u64 seen[VG_REPLAY_WORDS];
};

VG_INLINE bool vg_replay_bit(const struct vg_replay *window, u64 sequence)
{
	u32 at = sequence & (VG_REPLAY_BITS - 1);

	return VG_READ_ONCE(window->seen[at >> 6]) >> (at & 63) & 1;
}

/* True if @sequence was seen or lies below the window. */
VG_INLINE bool vg_replay_seen(const struct vg_replay *window, u64 sequence)
{
	u64 head = VG_READ_ONCE(window->head);

	if (sequence > head)
		return false;
	return head - sequence >= VG_REPLAY_BITS || vg_replay_bit(window, sequence);
}

/*
 * Clears the bits of the @count sequences after the head; 0 < @count < VG_REPLAY_BITS. Word by word, first and last
 * masked: one short loop with one way through it, so that the BPF verifier walks it once.
 */
VG_INLINE void vg_replay_clear(struct vg_replay *window, u32 count)
{
	u32 first = (window->head + 1) & (VG_REPLAY_BITS - 1);
	u32 last = first + count - 1, word, i;
	u64 mask = ~0ULL << (first & 63);

#if VG_REPLAY_BITS < 64
	mask = ((1ULL << count) - 1) << first;
	window->seen[0] &= ~(mask | mask >> VG_REPLAY_BITS);
	return;
#endif
	VG_OPAQUE(last); /* or clang drops the bound on i, which older verifiers need */
	word = first >> 6;
	for (i = 0; i < VG_REPLAY_WORDS && word < last >> 6; i++, word++) {
		window->seen[word & (VG_REPLAY_WORDS - 1)] &= ~mask;
		mask = ~0ULL;
	}
	mask &= ~0ULL >> (63 - (last & 63));
	window->seen[word & (VG_REPLAY_WORDS - 1)] &= ~mask;
}

/* Takes @sequence in. False, and nothing changed, if it was seen or lies below the window. */
VG_INLINE bool vg_replay_commit(struct vg_replay *window, u64 sequence)
{
	u32 at = sequence & (VG_REPLAY_BITS - 1), i;
	u64 ahead;

	if (vg_replay_seen(window, sequence))
		return false;
	if (sequence > window->head) {
		ahead = sequence - window->head;
		if (ahead > VG_REPLAY_BITS) {
			for (i = 0; i < VG_REPLAY_WORDS; i++)
				window->seen[i] = 0;
		} else if (ahead > 1) {
			vg_replay_clear(window, (u32)ahead - 1);
		}
		window->head = sequence;
	}
	window->seen[(at >> 6) & (VG_REPLAY_WORDS - 1)] |= 1ULL << (at & 63);
	return true;
}

#endif
