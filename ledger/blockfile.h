/* SPDX-License-Identifier: GPL-2.0 */
/*
 * blockfile.h - blocks in append-only files: FORMAT.md has the bytes.
 *
 * File NNNNNNNNNN.vgb: "VGBLKS01", first block's number u64, channel 32, crc u32 of these 48 bytes; then records:
 * length u32, CRC-32C u32 of the block, the block. A new file begins when one passes file_bytes. An index file
 * NNNNNNNNNN.vgi (offset u64 of each record) is made again from the blocks whenever it does not fit.
 *
 * After a crash the last file may end in a torn record: it is cut off and told. A record that is damaged before
 * the end, or a whole record at the end with a wrong CRC that was synced, is corruption: named by file and offset,
 * never served.
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
	u64 first;	/* number of the first block if the folder is empty (after a snapshot); else checked */
};

/* 0; -EBADMSG: damaged (named); -EPROTO: another format version or channel; or the disk's error. @ret_torn: bytes cut
 * off. */
int blockfile_open(const struct blockfile_options *options, struct blockfile **ret_files, u64 *ret_torn,
		   struct blockfile_error *ret_error);
void blockfile_close(struct blockfile *files);
/* Numbers on disk: first .. next - 1. */
u64 blockfile_first(const struct blockfile *files);
u64 blockfile_next(const struct blockfile *files);
/* Appends block number blockfile_next(); not on the disk before blockfile_sync(). -ENOSPC leaves all as it was. */
int blockfile_append(struct blockfile *files, u64 number, struct span block);
int blockfile_sync(struct blockfile *files);
/* Forgets blocks from @number on (a crash left more than was agreed on, or a test). */
int blockfile_cut(struct blockfile *files, u64 number);
/* Reads and checks a block; *@ret_bytes is malloc'd. -ENOENT, -EBADMSG with @ret_error. */
int blockfile_read(struct blockfile *files, u64 number, u8 **ret_bytes, size_t *ret_len,
		   struct blockfile_error *ret_error);
/* The bytes of all files. */
u64 blockfile_bytes(const struct blockfile *files);

#endif
