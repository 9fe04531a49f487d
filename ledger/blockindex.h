/* SPDX-License-Identifier: GPL-2.0 */
/*
 * blockindex.h - the index beside a block file: where each of its synced
 * records begins. It is written after the records are on the disk, so an entry
 * also says that its record was there; it can be lost and made again.
 *
 * index = "VGINDEX1", first block's number u64, crc u32; then entries: offset u64, crc u32 of (number u64, offset u64)
 */
#ifndef VOLTGATE_LEDGER_BLOCKINDEX_H
#define VOLTGATE_LEDGER_BLOCKINDEX_H

#include "ledger/disk.h"

struct blockindex;

/* Opens or makes the index of the file that begins with block @first. One that is damaged is emptied. */
int blockindex_open(struct disk *disk, u64 first, struct blockindex **ret_index);
/* Opens one that is there and changes nothing, for an audit. -ENOENT; -EBADMSG: its header is damaged. */
int blockindex_look(struct disk *disk, u64 first, struct blockindex **ret_index);
void blockindex_close(struct blockindex *index);
/* Entries that are whole, from the first on; only the count is checked, not each entry. */
u64 blockindex_count(const struct blockindex *index);
/* Where entry @entry stands in the index's file. */
u64 blockindex_place(u64 entry);
/* 0, or -EBADMSG: damaged or not there. */
int blockindex_get(struct blockindex *index, u64 entry, u64 *ret_offset);
/* How many entries from the first on are whole and say what @offsets (of @count) say; entries after are cut off. */
u64 blockindex_fit(struct blockindex *index, const u64 *offsets, u64 count);
/* Appends entries blockindex_count() .. @count - 1 from @offsets. After an error the index stays as short as it is. */
void blockindex_append(struct blockindex *index, const u64 *offsets, u64 count);
/* Keeps @count entries, and that is on the disk when it returns. */
int blockindex_cut(struct blockindex *index, u64 count);
int blockindex_sync(struct blockindex *index);

#endif
