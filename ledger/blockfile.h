/* SPDX-License-Identifier: GPL-2.0 */
/*
 * blockfile.h - blocks in append-only files: FORMAT.md has the bytes.
 *
 * File NNNNNNNNNN.vgb (its first block's number, at least ten digits): "VGBLKS01", that number u64, channel 32, crc u32
 * of these 48 bytes; then records: length u32, CRC-32C u32 of what follows, synced u64, the block. synced: so many
 * bytes of this file were on the disk when the record was written. A new file begins when one passes file_bytes. An
 * index file NNNNNNNNNN.vgi (blockindex.h) is made again from the blocks whenever it does not fit.
 *
 * After a crash the last file may end in torn records: they are cut off and told. A record is not torn but corrupt,
 * named by file and offset and never served, if it was synced: because it lies in an earlier file, because the index
 * has it, or because a record behind it says so.
 */
#ifndef VOLTGATE_LEDGER_BLOCKFILE_H
#define VOLTGATE_LEDGER_BLOCKFILE_H

#include "ledger/block.h"
#include "ledger/disk.h"

struct blockfile;

struct blockfile_error {
	char file[64];
	u64 offset;
	char text[256]; /* a sentence */
};

struct blockfile_options {
	struct disk *disk; /* borrowed */
	u8 channel[32];
	u64 file_bytes; /* 0: 64 MiB */
	u64 first;	/* number of the first block if the folder is empty (after a snapshot); else checked unless 0 */
};

/* 0; -EBADMSG: damaged (named); -EPROTO: another format version or channel; or the disk's error. @ret_torn: bytes cut
 * off. */
int blockfile_open(const struct blockfile_options *options, struct blockfile **ret_files, u64 *ret_torn,
		   struct blockfile_error *ret_error);
void blockfile_close(struct blockfile *files);
/* Numbers on disk: first .. next - 1. */
u64 blockfile_first(const struct blockfile *files);
u64 blockfile_next(const struct blockfile *files);
/*
 * Appends block number blockfile_next(); not on the disk before blockfile_sync(). -EINVAL: not that block of this
 * channel. -ENOSPC leaves all as it was.
 */
int blockfile_append(struct blockfile *files, u64 number, struct span block);
/*
 * Brings everything appended to the disk. -ENOSPC, -EDQUOT: not yet; it may be tried again and writes anew then what is
 * not there for sure, which it keeps in memory until then. After another error nothing is known of what was appended:
 * every later change gives the same error.
 */
int blockfile_sync(struct blockfile *files);
/* Forgets blocks from @number on (a crash left more than was agreed on, or a test). */
int blockfile_cut(struct blockfile *files, u64 number);
/* Reads and checks a block; *@ret_bytes is malloc'd. -ENOENT, -EBADMSG with @ret_error. */
int blockfile_read(struct blockfile *files, u64 number, u8 **ret_bytes, size_t *ret_len,
		   struct blockfile_error *ret_error);

#endif
