/* SPDX-License-Identifier: GPL-2.0 */
/*
 * verdictframe.h - segments and frames of the verdict log as bytes of a file:
 * what writer and reader (verdictlog.h) share. Format: verdictlog.h.
 */
#ifndef VOLTGATE_VERDICTFRAME_H
#define VOLTGATE_VERDICTFRAME_H

#include <stdio.h>
#include <sys/types.h>

#include "agent/verdictlog.h"

#define VERDICTFRAME_BODY_MAX (sizeof(struct vg_batch_seal) + VG_BATCH_MAX * sizeof(struct vg_record))
#define VERDICTFRAME_MAX (VERDICTLOG_FRAME_HEADER_LEN + VERDICTFRAME_BODY_MAX)
#define VERDICTFRAME_NAME_LEN 14 /* NNNNNNNNNN.vgl */

enum verdictframe_outcome {
	VERDICTFRAME_WHOLE,
	VERDICTFRAME_END,	 /* no byte left */
	VERDICTFRAME_SHORT,	 /* the file ends within it */
	VERDICTFRAME_BAD_LENGTH, /* no batch is that long */
	VERDICTFRAME_BAD_CRC,
	VERDICTFRAME_BAD_COUNT,	 /* whole by its CRC, but its head counts other records than it carries */
	VERDICTFRAME_UNREADABLE, /* the system refused; errno says why */
};

/* Reads the frame at @offset of @fd. @ret_len: its bytes, header included; set for WHOLE only. */
enum verdictframe_outcome verdictframe_read(int fd, off_t offset, struct batch *ret_batch, size_t *ret_len);
/* Writes @batch as a frame into @ret_bytes (VERDICTFRAME_MAX); returns its length. */
size_t verdictframe_encode(const struct batch *batch, u8 *ret_bytes);
/* What is wrong, to complete "the frame ...". */
const char *verdictframe_text(enum verdictframe_outcome outcome);
/* True if some whole frame begins after @offset: then what is wrong there is no torn tail. */
bool verdictframe_follows(int fd, off_t offset, off_t end);

/* The segment header of segment @number, VERDICTLOG_SEGMENT_HEADER_LEN bytes. */
void verdictframe_segment_header(u64 number, u8 ret_bytes[VERDICTLOG_SEGMENT_HEADER_LEN]);
/* The name of segment @number. */
void verdictframe_segment_name(u64 number, char ret_name[VERDICTFRAME_NAME_LEN + 1]);
/* The numbers of the segments in @dir in ascending order; the caller frees. -ENOENT: no such folder; -EBADMSG: one is
 * missing between two others (its number in *ret_count). */
int verdictframe_segments(const char *dir, u64 **ret_numbers, size_t *ret_count);

/* Leaves one sentence in @ret_error; returns @err. */
int verdictframe_fail(struct verdictlog_error *ret_error, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
