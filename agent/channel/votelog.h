/* SPDX-License-Identifier: GPL-2.0 */
/*
 * votelog.h - a replica's own votes, and the proposals it voted for with their
 * bodies, on the disk before they leave: so that a restart never equivocates.
 *
 * File NNNNNNNNNN.vgv: "VGVOTES1", channel 32, node key 32, epoch u64, CRC-32C u32 of these 80 bytes; then records:
 *   length u32 (of the bytes), batch u32, check u32 (CRC-32C of offset u64, length, batch), CRC-32C u32 (of what
 * follows but the end mark), kind u8, number u64, bytes, end mark 0xa5 A batch is what one votelog_sync() wrote. The
 * newest view change and new view stand again at the start of each file, so that a file goes as a whole, from the
 * front, once all its blocks are stable.
 *
 * After a power cut the last batch may be torn: it ends early, or a part of it was never written and reads as zeros.
 * That tail is cut off. A record that is whole in length and wrong in content, or followed by a later batch, was on the
 * disk once: that is damage, it is named, and the node stays mute. An empty folder beside a ledger that has blocks
 * means lost votes: mute as well (PROTOCOL.md C16).
 */
#ifndef VOLTGATE_VOTELOG_H
#define VOLTGATE_VOTELOG_H

#include "ledger/cursor.h"
#include "ledger/disk.h"

#define VOTELOG_MAGIC "VGVOTES1"
#define VOTELOG_HEADER_LEN 84
#define VOTELOG_RECORD_MAX (9 * 1024 * 1024) /* bytes of one record; a body fits */

struct votelog;

struct votelog_error {
	char file[64];
	u64 offset;
	char text[256];
};

struct votelog_options {
	struct disk *disk; /* borrowed */
	u8 channel[32], node[32];
	u64 epoch;
	u64 file_bytes; /* 0: 16 MiB */
};

enum votelog_kind {
	VOTELOG_MESSAGE = 1,
	VOTELOG_BODY = 2, /* header hash 32, body */
	VOTELOG_MARK =
		3, /* made by the log at the start of a file; number: the highest that any record was about so far */
};

/*
 * Reads all of it, repairs a torn tail. @ret_fresh: no votes were ever there; nothing is written before
 * votelog_restart(). A log of an earlier epoch is empty, not fresh. -EBADMSG with the fault; -EPROTO: another format,
 * channel or node; -ESTALE: of a later epoch.
 */
int votelog_open(const struct votelog_options *options, struct votelog **ret_log, bool *ret_fresh,
		 struct votelog_error *ret_error);
/* Forgets whatever the folder holds, damaged or not: for a new epoch, whose votes bind nobody before it. */
int votelog_create(const struct votelog_options *options, struct votelog **ret_log);
void votelog_close(struct votelog *log);
/* Closes and removes it: a restart finds its votes lost. */
int votelog_remove(struct votelog *log);
/* Gives every record to @each, oldest first; stops at its first error. */
int votelog_replay(struct votelog *log, int (*each)(void *arg, enum votelog_kind kind, u64 number, struct span bytes),
		   void *arg, struct votelog_error *ret_error);
/* @number: block that the record is about; decides when it may go. Copied; on the disk after votelog_sync(). -ENOMEM.
 */
int votelog_append(struct votelog *log, enum votelog_kind kind, u64 number, struct span bytes);
/* What was appended since the last sync: bytes that wait for it. */
size_t votelog_waiting(const struct votelog *log);
/* -ENOSPC: nothing is lost, the same call may succeed later. Any other error: the disk is gone. */
int votelog_sync(struct votelog *log);
/* Whole files whose records are all about blocks up to @number may go. */
int votelog_stable(struct votelog *log, u64 number);
/* A new epoch: everything before goes. */
int votelog_restart(struct votelog *log, u64 epoch);

#endif
