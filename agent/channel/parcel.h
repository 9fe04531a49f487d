/* SPDX-License-Identifier: GPL-2.0 */
/*
 * parcel.h - what nodes send each other for a channel: channel.h lists the kinds and their bytes. Pure; a decoded
 * parcel points into its bytes. Structure and limits only.
 */
#ifndef VOLTGATE_CHANNEL_PARCEL_H
#define VOLTGATE_CHANNEL_PARCEL_H

#include "ledger/block.h"
#include "ledger/transaction.h"

#define PARCEL_BYTES_MAX (16u << 20)   /* a pre-prepare with the largest body, or a full parcel of blocks */
#define PARCEL_BLOCKS_BYTES (4u << 20) /* a parcel of blocks holds as many as fit, and at least one */
#define PARCEL_BLOCKS_MAX 4096
#define PARCEL_TRANSACTIONS_MAX 8192
#define PARCEL_MESSAGE_MAX (8u << 20)

enum parcel_kind {
	PARCEL_MESSAGE = 1,
	PARCEL_PREPREPARE = 2,
	PARCEL_TRANSACTIONS = 3,
	PARCEL_BODY_WANTED = 4,
	PARCEL_BODY = 5,
	PARCEL_BLOCKS_WANTED = 6,
	PARCEL_BLOCKS = 7,
	PARCEL_HEAD = 8,
	PARCEL_SNAPSHOT_WANTED = 9,
	PARCEL_SNAPSHOT = 10,
	PARCEL_PRIVATE = 11,
	PARCEL_PRIVATE_WANTED = 12,
};

struct parcel {
	enum parcel_kind kind;
	struct span message; /* message, pre-prepare */
	struct span body;    /* pre-prepare, body */
	u32 count;	     /* transactions, blocks */
	struct span list;    /* their spans, for parcel_next() */
	u64 number;	     /* body wanted, head; blocks wanted: from; snapshot: height */
	u32 most;	     /* blocks wanted */
	u32 piece;	     /* snapshot */
	bool last;	     /* snapshot */
	u64 first;	     /* head: oldest block held */
	const u8 *hash;	     /* body wanted, body: header hash; head: header hash; private: proposal hash */
	struct span piece_bytes;
	struct span collection, key, value; /* private */
	const u8 *salt;			    /* 16 */
};

/* 0 or -EBADMSG. */
int parcel_decode(struct span bytes, struct parcel *ret_parcel);
/* Takes the next transaction or block off the front of @list. */
bool parcel_next(struct span *list, struct span *ret_item);
/* Writes @parcel but for lists, which the caller appends as spans: kind, count. */
void parcel_encode(struct writer *writer, const struct parcel *parcel);
/* Bytes that parcel_encode() writes at most. */
size_t parcel_size(const struct parcel *parcel);

#endif
