/* SPDX-License-Identifier: GPL-2.0 */
/*
 * audit_parts.h - what audit.c and its parts share: audit_block.c judges one
 * block after the other, audit_state.c the stored state, audit_base.c the beginning if that is a snapshot.
 */
#ifndef VOLTGATE_LEDGER_AUDIT_PARTS_H
#define VOLTGATE_LEDGER_AUDIT_PARTS_H

#include "ledger/blockscan.h"
#include "ledger/ledger_parts.h"

struct audit {
	const char *folder;
	char scratch[256]; /* a folder of our own for what is made again */
	u8 channel[32];
	struct disk *disk;
	struct verifier *verifier;
	struct state *replayed;		/* the state as the blocks make it; NULL: not yet (audit_base.c) */
	struct membership membership;	/* before the next block; audit_base.c: the genesis' until there is a state */
	struct chain_replicas replicas; /* who orders the next block */
	struct execute_result result;	/* of the block under audit */
	struct block_header last;
	u8 last_hash[32];
	u64 blocks;
	/* The stored state. */
	struct store *store; /* a copy of it */
	bool opened;	     /* a state owns the store */
	struct state *stored;
	struct state_mark mark;
	bool mark_seen;
	bool base_raised; /* the snapshot's block raised the epoch */
	const struct audit_pins *pins;
	bool checkpoint_met;
	struct audit_report *report;
	struct ledger_error *error;
};

/* A sentence about @file at @offset into audit->error; returns @code. */
__attribute__((format(printf, 5, 6))) int audit_fault(struct audit *audit, const char *file, u64 offset, int code,
						      const char *format, ...);
/* Judges the next block, which stands in @file at @offset, and carries it out. */
int audit_block(struct audit *audit, const char *file, u64 offset, struct span bytes);
/* A block is right: is it the one that the auditor knows? */
void audit_met(struct audit *audit, const struct block_header *header, const u8 hash[32]);
/* Copies the stored state; nothing of the ledger's own is opened. -EBUSY: a node uses it. */
int audit_state_copy(struct audit *audit);
/* Opens the copy and reads its mark. */
int audit_state_open(struct audit *audit, const u8 seed[32]);
/* Is this the block that the stored state stands at? Then it must be the same state. */
int audit_state_mark(struct audit *audit, u64 number, const u8 header[32], const u8 root[32]);
/* After all blocks: the stored state's mark was met, and its content has the root that the mark says. */
int audit_state_finish(struct audit *audit);

/* Finds what a ledger without block 0 begins with, and proves it from the genesis on; the next block follows it. */
int audit_base_open(struct audit *audit);
/* @block, whose link and certificate are right, without a state to carry it out on. */
int audit_base_vouched(struct audit *audit, const char *file, u64 offset, const struct block *block);
/* At the block of the mark: from here on blocks are carried out. */
int audit_base_adopt(struct audit *audit);

#endif
