/* SPDX-License-Identifier: GPL-2.0 */
/*
 * verdictlog.h - the signed verdict log on disk: append-only segments of
 * sealed batches, in the order of the chain.
 *
 * A log is a directory of segments NNNNNNNNNN.vgl (decimal, from 0), all
 * integers big-endian:
 *   segment  = "VGVLOG01" | u64 segment number | frame*
 *   frame    = u32 length of body | u32 CRC-32C of body | body
 *   body     = struct vg_batch_seal | head.count * struct vg_record
 * The CRC tells a torn tail from an altered body; only hashes and signatures
 * are evidence. On open, a torn tail (a last frame that is short or whose CRC
 * is wrong, in the last segment) is cut off and reported; anything else wrong
 * stops the program with file, offset and the way to recover. A batch is
 * acknowledged to the gate only after fdatasync() of its frame.
 */
#ifndef VOLTGATE_VERDICTLOG_H
#define VOLTGATE_VERDICTLOG_H

#include "voltgate/record.h"

#define VERDICTLOG_MAGIC "VGVLOG01"
#define VERDICTLOG_SEGMENT_HEADER_LEN 16
#define VERDICTLOG_FRAME_HEADER_LEN 8

#define VERDICTLOG_UNSYNCED_MAX (1024 * 1024) /* bytes that a power cut can tear at most; append syncs beyond */

/* One sealed batch in memory. */
struct batch {
	struct vg_batch_seal seal;
	struct vg_record records[VG_BATCH_MAX];
};

struct verdictlog_error {
	char text[320];
};

/* --- writing (the agent) --- */
struct verdictlog;
/*
 * Opens or begins the log in @dir (made, mode 0700, if absent). Segments before
 * the first one present may have been archived. -EBADMSG: damaged; -EBUSY:
 * another process writes it; else the system's errno.
 */
int verdictlog_open(const char *dir, u64 segment_bytes, struct verdictlog **ret_log,
		    struct verdictlog_error *ret_error);
u64 verdictlog_cut(const struct verdictlog *log); /* bytes of torn tail that open cut off */
/* -ENOSPC and any other error leave the log as it was before the call. Not on disk before verdictlog_sync(). */
int verdictlog_append(struct verdictlog *log, const struct batch *batch, struct verdictlog_error *ret_error);
int verdictlog_sync(struct verdictlog *log, struct verdictlog_error *ret_error);    /* fdatasync */
bool verdictlog_last(const struct verdictlog *log, struct vg_batch_seal *ret_seal); /* false: empty */
void verdictlog_close(struct verdictlog *log);

/* --- reading (verify, verdicts) --- */
struct verdictlog_reader;
/* @path: a log directory or one segment file. */
int verdictlog_reader_open(const char *path, struct verdictlog_reader **ret_reader, struct verdictlog_error *ret_error);
/*
 * 1: a batch; 0: the end; -ENODATA: the last segment ends in a torn frame (a
 * writer may be at work, or was killed); any other -errno: damaged. The
 * sentence names file, offset and what. After an error there is no going on.
 */
int verdictlog_reader_next(struct verdictlog_reader *reader, struct batch *ret_batch,
			   struct verdictlog_error *ret_error);
const char *verdictlog_reader_file(const struct verdictlog_reader *reader); /* of the last batch read */
u64 verdictlog_reader_offset(const struct verdictlog_reader *reader);
void verdictlog_reader_close(struct verdictlog_reader *reader);

#endif
