/* SPDX-License-Identifier: GPL-2.0 */
/*
 * votelog_record.h - one record of a vote log: its bytes, and what a bad one means. Pure.
 */
#ifndef VOLTGATE_VOTELOG_RECORD_H
#define VOLTGATE_VOTELOG_RECORD_H

#include "agent/channel/votelog.h"

#define VOTELOG_FRAME_LEN 16 /* length, batch, check, CRC */
#define VOTELOG_FIXED_LEN (VOTELOG_FRAME_LEN + 9 + 1)
#define VOTELOG_END 0xa5
#define VOTELOG_SECTOR 512 /* what a disk writes whole */

struct votelog_record {
	enum votelog_kind kind;
	u32 batch;
	u64 number;
	struct span bytes;
	size_t size; /* on the disk */
};

enum votelog_finding { VOTELOG_WHOLE, VOTELOG_END_OF_FILE, VOTELOG_TORN, VOTELOG_DAMAGED };

void votelog_header_encode(const struct votelog_options *options, u8 ret_bytes[VOTELOG_HEADER_LEN]);
/* 0; -EBADMSG: its CRC is wrong; -EPROTO: not ours, with the sentence. */
int votelog_header_check(const struct votelog_options *options, struct span bytes, u64 *ret_epoch, char ret_text[256]);
/* Writes a record that will stand at @offset of its file: VOTELOG_FIXED_LEN + len bytes. */
void votelog_record_encode(struct writer *writer, u64 offset, u32 batch, enum votelog_kind kind, u64 number,
			   struct span bytes);
/* Judges what stands at @offset of a file. @batch: of the record before, 0 for none. */
enum votelog_finding votelog_record_read(struct span file, u64 offset, u32 batch, struct votelog_record *ret_record);

#endif
