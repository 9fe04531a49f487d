/* SPDX-License-Identifier: GPL-2.0 */
/*
 * audit_parts.h - what audit.c and its two halves share: audit_block.c judges
 * one block after the other, audit_state.c the stored state.
 */
#ifndef VOLTGATE_LEDGER_AUDIT_PARTS_H
#define VOLTGATE_LEDGER_AUDIT_PARTS_H

#include "ledger/blockscan.h"
#include "ledger/ledger.h"

struct audit {
	const char *folder;
	char scratch[256]; /* a folder of our own for what is made again */
	u8 channel[32];
	struct disk *disk;
	struct verifier *verifier;
	struct state *replayed;	      /* the state as the blocks make it */
	struct membership membership; /* before the next block */
	struct execute_result result; /* of the block under audit */
	struct block_header last;
	u8 last_hash[32];
	u64 blocks;
	/* The stored state. */
	struct state *stored;
	struct state_mark mark;
	bool mark_seen;
	struct audit_report *report;
	struct ledger_error *error;
};

/* A sentence about @file at @offset into audit->error; returns @code. */
__attribute__((format(printf, 5, 6))) int audit_fault(struct audit *audit, const char *file, u64 offset, int code,
						      const char *format, ...);
/* Judges the next block, which stands in @file at @offset, and carries it out. */
int audit_block(struct audit *audit, const char *file, u64 offset, struct span bytes);
/* Copies the stored state and reads its mark; nothing of the ledger's own is opened. -EBUSY: a node uses it. */
int audit_state_open(struct audit *audit, const u8 seed[32]);
/* After all blocks: the stored state's mark was met, and its content has the root that the mark says. */
int audit_state_finish(struct audit *audit);

#endif
