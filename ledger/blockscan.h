/* SPDX-License-Identifier: GPL-2.0 */
/*
 * blockscan.h - one block file's bytes: its header, its records, and where the
 * whole ones end. blockfile.c decides what follows from that. FORMAT.md has the layout.
 */
#ifndef VOLTGATE_LEDGER_BLOCKSCAN_H
#define VOLTGATE_LEDGER_BLOCKSCAN_H

#include "ledger/blockfile.h"

#define BLOCKSCAN_MAGIC "VGBLKS01"
#define BLOCKSCAN_HEADER_LEN 52
#define BLOCKSCAN_RECORD_LEN 16 /* before the block: length u32, crc u32, synced u64 */
/* The longest block: block.h. */
#define BLOCKSCAN_BLOCK_MAX \
	(BLOCK_HEADER_LEN + BLOCK_TRANSACTIONS_MAX + 4 + BLOCK_BODY_MAX + 4 + 10 + BLOCK_REPLICAS_MAX * 66)

/* A block file being read: borrowed parts. */
struct blockscan_file {
	const struct disk_ops *ops;
	struct disk_file *file;
	const char *name;
	const u8 *channel;
	u64 first; /* number of its first block */
	u64 size;  /* bytes of the file */
};

/* What a scan found: the whole records from the start on. */
struct blockscan {
	u64 *offsets; /* malloc'd */
	size_t count, room;
	u64 end; /* of the last whole record: less than the file's size if something else follows */
};

void blockscan_name(u64 first, const char *suffix, char ret_name[64]);
/* A sentence about @name at @offset into @error; returns @code. */
__attribute__((format(printf, 5, 6))) int blockscan_fault(struct blockfile_error *error, const char *name, u64 offset,
							  int code, const char *format, ...);

void blockscan_header(const u8 channel[32], u64 first, u8 ret_bytes[BLOCKSCAN_HEADER_LEN]);
/* 0; -EBADMSG: damaged; -EPROTO: whole, but of another version or channel; or the disk's error. */
int blockscan_check_header(const struct blockscan_file *scanned, struct blockfile_error *ret_error);

/* Lays a record out in @ret_record (BLOCKSCAN_RECORD_LEN and the block's length). */
void blockscan_record(u64 synced, struct span block, u8 *ret_record);
/*
 * Reads record @number at @offset; *@ret_record is grown as needed, the block follows the record's head. Returns the
 * block's length, -EBADMSG with a sentence, or the disk's error.
 */
ssize_t blockscan_read(const struct blockscan_file *scanned, u64 offset, u64 number, u8 **ret_record, size_t *room,
		       struct blockfile_error *ret_error);

/* Takes whole records from the start. 0, or the disk's error; what ended it is in @ret_error if end < size. */
int blockscan_run(const struct blockscan_file *scanned, struct blockscan *ret_scan, struct blockfile_error *ret_error);
/*
 * Is there, behind a damaged record at @offset, a whole one that was written
 * after @offset had been synced? 1: then the damage is no torn tail; 0; or the disk's error.
 */
int blockscan_synced_past(const struct blockscan_file *scanned, u64 offset);
void blockscan_done(struct blockscan *scan);
int blockscan_add(struct blockscan *scan, u64 offset, u64 end); /* -ENOMEM */

#endif
