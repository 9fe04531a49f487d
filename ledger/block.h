/* SPDX-License-Identifier: GPL-2.0 */
/*
 * block.h - header, body, outcomes and certificate of a block. Pure. FORMAT.md
 * shows one byte by byte.
 *
 * header (228 bytes) = "VGBLOCK1", channel 32, number u64, previous 32 (header hash of number - 1; zeros for 0),
 *                      transactions 32, state 32, replicas 32, next replicas 32, time u64 (Time64, > the one before),
 *                      count u32, epoch u64
 * body               = count u32, then each transaction span32
 * transactions       = Merkle root over hash(LEAF: transaction hash, outcome u8)
 * certificate        = view u64, count u16, then each: replica index u16 (ascending), signature 64: commit votes of a
 *                      quorum of the epoch's replica set over this header hash (PROTOCOL.md). Lies outside the hash.
 * block              = header, outcomes (one byte each), body span32, certificate span32
 * Block 0 is the genesis: one config transaction that holds the genesis configuration, no certificate.
 */
#ifndef VOLTGATE_LEDGER_BLOCK_H
#define VOLTGATE_LEDGER_BLOCK_H

#include "ledger/cursor.h"
#include "ledger/hash.h"

#define BLOCK_MAGIC "VGBLOCK1"
#define BLOCK_HEADER_LEN 228
#define BLOCK_BODY_MAX (8 * 1024 * 1024) /* bytes */
#define BLOCK_TRANSACTIONS_MAX 65535
#define BLOCK_REPLICAS_MAX 64
#define BLOCK_SIGNATURE_LEN 64

struct block_header {
	u8 channel[LEDGER_HASH_LEN];
	u64 number;
	u8 previous[LEDGER_HASH_LEN];
	u8 transactions[LEDGER_HASH_LEN];
	u8 state[LEDGER_HASH_LEN];
	u8 replicas[LEDGER_HASH_LEN]; /* of the set that agreed on this block */
	u8 next_replicas[LEDGER_HASH_LEN];
	u64 time;
	u32 count;
	u64 epoch; /* configurations of the replica set before this one */
};

struct block_signature {
	u16 replica; /* index in the epoch's replica set */
	u8 bytes[BLOCK_SIGNATURE_LEN];
};

struct block_certificate {
	u64 view;
	u32 count;
	struct block_signature signatures[BLOCK_REPLICAS_MAX];
};

/* A decoded block: spans of its bytes. */
struct block {
	struct span bytes;
	struct block_header header;
	u8 hash[LEDGER_HASH_LEN];
	const u8 *outcomes; /* header.count */
	struct span body;
	struct block_certificate certificate;
};

void block_header_encode(const struct block_header *header, u8 ret_bytes[BLOCK_HEADER_LEN]);
int block_header_decode(struct span bytes, struct block_header *ret_header); /* 0 or -EBADMSG */
void block_header_hash(const struct block_header *header, u8 ret_hash[LEDGER_HASH_LEN]);

/* Walks a body that block_body_open() accepted: takes the next transaction off. False at its end. */
bool block_body_next(struct reader *body, struct span *ret_transaction);
/* Starts the walk; the number of transactions, or -EBADMSG if the body is damaged anywhere or too large. */
int block_body_open(struct span bytes, struct reader *ret_body);
/* The transactions' hashes; -EBADMSG: the body is damaged or does not hold @count. */
int block_digests(struct span body, u32 count, u8 (*ret_digests)[LEDGER_HASH_LEN]);
/* The header's transactions root, from the transactions' hashes or from the body. */
int block_outcomes_root(const u8 (*digests)[LEDGER_HASH_LEN], const u8 *outcomes, u32 count,
			u8 ret_root[LEDGER_HASH_LEN]);
int block_transactions_root(struct span body, const u8 *outcomes, u32 count, u8 ret_root[LEDGER_HASH_LEN]);

size_t block_size(const struct block_header *header, struct span body, const struct block_certificate *certificate);
void block_encode(struct writer *writer, const struct block_header *header, const u8 *outcomes, struct span body,
		  const struct block_certificate *certificate);
/* Structure only: transactions are not looked into, roots and signatures not checked. -EBADMSG. */
int block_decode(struct span bytes, struct block *ret_block);

/* The statement of a vote, as PROTOCOL.md C2 has it: what certificates are checked with. */
enum block_vote { BLOCK_VOTE_PREPREPARE = 1, BLOCK_VOTE_PREPARE = 2, BLOCK_VOTE_COMMIT = 3, BLOCK_VOTE_CHECKPOINT = 4 };
void block_vote_hash(enum block_vote vote, const u8 channel[32], u64 epoch, u64 view, u64 number,
		     const u8 header_hash[32], u8 ret_hash[LEDGER_HASH_LEN]);
/* floor((n - 1) / 3) and floor((n + f) / 2) + 1, for every n. */
u32 block_faulty(u32 n);
u32 block_quorum(u32 n);

#endif
