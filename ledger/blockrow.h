/* SPDX-License-Identifier: GPL-2.0 */
/*
 * blockrow.h - what blockfile.c keeps of its files, and how blockrow.c finds
 * them on the disk: sealed files in order, the last one with its offsets.
 */
#ifndef VOLTGATE_LEDGER_BLOCKROW_H
#define VOLTGATE_LEDGER_BLOCKROW_H

#include "ledger/blockindex.h"
#include "ledger/blockscan.h"

struct blocksealed {
	u64 first; /* number of its first block */
	u64 size;  /* bytes */
};

/* The last file; file NULL: there is none. */
struct blocktail {
	u64 first, synced; /* synced: bytes known to be on the disk */
	struct disk_file *file;
	struct blockindex *index;
	struct blockscan scan;
};

struct blockfile {
	struct disk *disk; /* borrowed */
	u8 channel[32];
	u64 file_bytes, first, next;
	struct blocksealed *sealed;
	size_t sealed_count, sealed_room;
	struct blocktail tail;
	/* The sealed file read last. */
	size_t reading; /* its place in @sealed */
	struct disk_file *reading_file;
	struct blockindex *reading_index;
	u8 *records; /* of the last file, from tail.synced on: written, but perhaps not on the disk */
	size_t records_len, records_room;
	bool rewrite; /* a sync found the disk full: the kernel may have dropped what was written */
	int failed;   /* a sync or cut failed otherwise: -errno for ever */
};

int blockrow_reserve(struct blockfile *files); /* room for one more sealed file; -ENOMEM */
/* Closes the sealed file read last. */
void blockrow_forget(struct blockfile *files);
/* Opens the last file, which begins with block @first: cuts a torn end off (@ret_torn grows), sets files->next. */
int blocktail_open(struct blockfile *files, u64 first, u64 *ret_torn, struct blockfile_error *ret_error);
void blocktail_close(struct blockfile *files, struct blocktail *tail);
/* Where block @number lies. @ret_scanned borrows @name. */
int blockrow_locate(struct blockfile *files, u64 number, char name[64], struct blockscan_file *ret_scanned,
		    u64 *ret_offset, struct blockfile_error *ret_error);

#endif
