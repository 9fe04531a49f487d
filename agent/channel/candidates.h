/* SPDX-License-Identifier: GPL-2.0 */
/*
 * candidates.h - blocks carried out but not appended: one chain on the ledger's
 * head, by number. The same header proposed again in a later view is not carried out again.
 */
#ifndef VOLTGATE_CHANNEL_CANDIDATES_H
#define VOLTGATE_CHANNEL_CANDIDATES_H

#include "agent/pbft/message.h"
#include "ledger/ledger.h"

struct candidates {
	struct candidate *entries[PBFT_WINDOW_MAX];
	u64 first; /* number of entries[0] */
	u32 count;
};

/* NULL: none of this number. */
struct candidate *candidates_at(struct candidates *candidates, u64 number);
struct candidate *candidates_find(struct candidates *candidates, u64 number, const u8 header[32]);
/* Is block @number - 1, with hash @previous, the ledger's head or a candidate? */
bool candidates_reach(const struct candidates *candidates, const struct ledger *ledger, u64 number,
		      const u8 previous[32]);
/*
 * Carries @body out as block @number on the one before; whatever stood there goes, and all above it. -ESTALE: the one
 * before is not there; -ENOSPC: further than the window; -EBADMSG, -EIO, ... of ledger_execute().
 */
int candidates_execute(struct candidates *candidates, struct ledger *ledger, u64 number, const u8 previous[32],
		       u64 time, struct span body, struct candidate **ret_candidate);
void candidates_cut(struct candidates *candidates, u64 from);
/* The first one was appended and is the ledger's now. */
void candidates_shift(struct candidates *candidates);

#endif
