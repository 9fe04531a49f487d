/* SPDX-License-Identifier: GPL-2.0 */
/*
 * votelog.h - a replica's own votes, and the proposals it voted for with their
 * bodies, on the disk before they leave: so that a restart never equivocates.
 *
 * Files NNNNNNNNNN.vgv: "VGVOTES1", channel 32, node key 32, epoch u64, crc u32; records: length u32, CRC-32C u32,
 * kind u8 (1 message, 2 body), bytes. Cut from the front in whole files once blocks are stable. A torn tail is cut off;
 * damage before it is named and the node stays mute. An empty folder beside a ledger that has blocks
 * means lost votes: mute (PROTOCOL.md C16), unless the node's key is new to the epoch.
 */
#ifndef VOLTGATE_VOTELOG_H
#define VOLTGATE_VOTELOG_H

#include "ledger/cursor.h"
#include "ledger/disk.h"

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

enum votelog_kind { VOTELOG_MESSAGE = 1, VOTELOG_BODY = 2 };

/* @ret_fresh: no votes were there. -EBADMSG with the fault; -EPROTO: another format, channel or node. */
int votelog_open(const struct votelog_options *options, struct votelog **ret_log, bool *ret_fresh,
		 struct votelog_error *ret_error);
void votelog_close(struct votelog *log);
/* Gives every record to @each, oldest first; stops at its first error. */
int votelog_replay(struct votelog *log, int (*each)(void *arg, enum votelog_kind kind, u64 number, struct span bytes),
		   void *arg, struct votelog_error *ret_error);
/* @number: block that the record is about; decides when it may go. */
int votelog_append(struct votelog *log, enum votelog_kind kind, u64 number, struct span bytes);
int votelog_sync(struct votelog *log);
/* Whole files whose records are all about blocks up to @number may go. */
int votelog_stable(struct votelog *log, u64 number);
/* A new epoch: everything before goes. */
int votelog_restart(struct votelog *log, u64 epoch);

#endif
