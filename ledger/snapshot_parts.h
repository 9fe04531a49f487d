/* SPDX-License-Identifier: GPL-2.0 */
/*
 * snapshot_parts.h - what snapshot_import.c and snapshot_finish.c share.
 */
#ifndef VOLTGATE_LEDGER_SNAPSHOT_PARTS_H
#define VOLTGATE_LEDGER_SNAPSHOT_PARTS_H

#include "ledger/buckettree.h"
#include "ledger/ledger_parts.h"

#define SNAPSHOT_MAGIC "VGSNAP01"

enum snapshot_kind { SNAPSHOT_HEAD = 1, SNAPSHOT_LINK = 2, SNAPSHOT_PAIRS = 3, SNAPSHOT_END = 4 };

struct snapshot_import {
	struct ledger_options options; /* where the new ledger goes; its folder is ours */
	struct ledger_place place;
	struct ledger *over; /* the ledger to replace, or NULL */
	u8 channel[LEDGER_HASH_LEN];
	struct verifier *verifier;
	u32 pieces;
	enum snapshot_kind last;
	struct chain_link head, link; /* link: the last one */
	u8 head_hash[LEDGER_HASH_LEN];
	struct membership genesis;
	struct chain_replicas replicas, known; /* as far as the chain leads; of @trusted */
	bool certified;			       /* the head */
	bool refused;			       /* a piece was: no more are taken */
	bool kept;			       /* what lies in place is not ours to take away */
	u64 keys;
	struct buckettree *tree; /* of the buckets so far; NULL once it is the state's */
	u32 bucket;		 /* being filled */
	u8 *entries;		 /* of it */
	size_t entries_len, entries_room;
	size_t last_key; /* where the last key stands in them */
	bool filling;
	struct store_batch *batch;
	size_t batch_bytes;
};

/* The bucket being filled is whole. */
int snapshot_import_bucket(struct snapshot_import *self, struct ledger_error *ret_error);

#endif
