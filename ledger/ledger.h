/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ledger.h - one channel's ledger on one node: block files and state together.
 *
 *   body -> ledger_execute() -> candidate (header, overlay)  -> ledger_append(certificate) -> block file, state
 *                                   |                                                   ^
 *                                   +-> ledger_execute() on top of it (pipeline) -------+
 *   candidates that consensus gave up: candidate_drop()
 *
 * Folder: channel/ID/{blocks/,state/,FORMAT}. The block files are the truth. What is appended becomes committed state
 * in ledger_sync(), after its block is on the disk, so that the state never runs ahead of the blocks; the state is
 * itself synced only now and then. On open it is brought up by carrying out the blocks it lacks; a state folder
 * that is missing altogether is made again from the blocks.
 * -EIO, -EBADMSG: own data is damaged, or -EPROTO: of another format; the caller stops with error.text.
 * One thread.
 */
#ifndef VOLTGATE_LEDGER_LEDGER_H
#define VOLTGATE_LEDGER_LEDGER_H

#include "ledger/blockfile.h"
#include "ledger/execute.h"

#define LEDGER_FORMAT "voltgate ledger 1\n" /* the FORMAT file; another one is refused by name */

struct ledger;
struct candidate;

struct ledger_error {
	char file[96];
	u64 offset;
	char text[320];
};

struct ledger_options {
	const char *folder; /* NULL: in memory, on @disk and @store */
	struct disk *disk;  /* of the block files, with folder NULL: taken over, also if it fails */
	struct store *store;
	size_t signature_memory; /* see verifier.h; 0: 65,536 */
	u64 file_bytes;		 /* see blockfile.h */
};

/* Makes a ledger with block 0 of @genesis (time: of block 0). -EEXIST: something is there; nothing was touched. */
int ledger_create(const struct ledger_options *options, const struct membership *genesis, u64 time,
		  struct ledger **ret_ledger, struct ledger_error *ret_error);
/* -ENOENT: no ledger is there. */
int ledger_open(const struct ledger_options *options, struct ledger **ret_ledger, struct ledger_error *ret_error);
/* Brings the state to the disk and closes. */
void ledger_close(struct ledger *ledger);

const u8 *ledger_channel(const struct ledger *ledger);
const struct membership *ledger_membership(const struct ledger *ledger); /* committed */
const struct block_header *ledger_head(const struct ledger *ledger);	 /* last appended */
const u8 *ledger_head_hash(const struct ledger *ledger);
u64 ledger_first(const struct ledger *ledger); /* oldest block held */
struct state *ledger_state(struct ledger *ledger);
struct verifier *ledger_verifier(struct ledger *ledger);
/* And the batches of endorsements and evidence that it knows to be signed. */
struct proven *ledger_proven(struct ledger *ledger);

/*
 * Carries @body out as the block after @below (or after the head if NULL), at
 * @time. The candidate keeps a copy of the body. 0; -EBADMSG: to be refused, no
 * body or a time not above that before; -EBUSY: another candidate lies there; -EIO.
 */
int ledger_execute(struct ledger *ledger, struct candidate *below, u64 time, struct span body,
		   struct candidate **ret_candidate);
const struct block_header *candidate_header(const struct candidate *candidate);
const u8 *candidate_hash(const struct candidate *candidate);
const u8 *candidate_outcomes(const struct candidate *candidate);
const u8 (*candidate_digests(const struct candidate *candidate))[LEDGER_HASH_LEN]; /* transactions' hashes */
struct span candidate_body(const struct candidate *candidate);
bool candidate_reconfigures(const struct candidate *candidate); /* the epoch rises after it (membership.h) */
/* Drops it and all above it. */
void candidate_drop(struct candidate *candidate);
/*
 * Appends the candidate, which lies on the head, with its certificate (trusted: consensus checked it). The candidate is
 * the ledger's then. On failure (-ENOSPC, -EIO) all is as it was and it stays the caller's. After
 * LEDGER_UNSYNCED_MAX blocks it syncs by itself.
 */
#define LEDGER_UNSYNCED_MAX 32
int ledger_append(struct ledger *ledger, struct candidate *candidate, const struct block_certificate *certificate,
		  struct ledger_error *ret_error);
/*
 * All appended blocks are on the disk and in the committed state when it returns. -ENOSPC: nothing more is
 * acknowledged; it may be tried again (blockfile.h says why that is sound). -EIO: if it was the block files that could
 * not be synced it fails until the ledger is opened anew, since nobody knows then what the disk has.
 */
int ledger_sync(struct ledger *ledger, struct ledger_error *ret_error);
/* The last block that ledger_sync() covered. */
u64 ledger_durable(const struct ledger *ledger);
/* The hashes of the head's transactions, valid until the next append or sync; NULL: it is durable already. */
const u8 (*ledger_head_digests(const struct ledger *ledger))[LEDGER_HASH_LEN];

/*
 * Takes a block from somebody else: certificate against the replica set that
 * this ledger knows, body against the header by carrying it out. -EBADMSG with a sentence: not this chain's next block.
 */
int ledger_take(struct ledger *ledger, struct span block, struct ledger_error *ret_error);
/* The certificate alone: @header is committed by a quorum of @membership's replicas. */
bool ledger_certified(struct verifier *verifier, const struct membership *membership, const struct block_header *header,
		      const struct block_certificate *certificate);

/* What a block's votes were for and its commit votes: of any block held, and of the one that a snapshot brought, whose
 * body is not here. Each may be NULL. -ENOENT. */
int ledger_header(struct ledger *ledger, u64 number, struct block_header *ret_header, u8 ret_hash[32],
		  struct block_certificate *ret_certificate, struct ledger_error *ret_error);
/* The block after which the present epoch began, wherever this ledger begins. -ENOENT: a snapshot into nothing brought
 * it within epoch 0. */
int ledger_epoch_base(struct ledger *ledger, struct block_header *ret_header, u8 ret_hash[32],
		      struct ledger_error *ret_error);
/* A block's bytes, malloc'd. -ENOENT. */
int ledger_block(struct ledger *ledger, u64 number, u8 **ret_bytes, size_t *ret_len, struct ledger_error *ret_error);
/* Where a transaction of a durable block (its hash, or its proposal's) was ordered: its valid place, else its first.
 * Costs a look into the index for every 65,536 transactions, 5 to 10 us each. -ENOENT. */
int ledger_find(struct ledger *ledger, const u8 hash[32], u64 *ret_number, u32 *ret_index);

/* --- snapshot.c, snapshot_import.c, snapshot_finish.c --- */
/*
 * A snapshot is the state at the head, in pieces of at most @piece_bytes (one item may be longer), with what a node
 * needs to believe it that knows no more than the channel's id: the head's header and certificate, the genesis, and
 * header, certificate and replicas of every block that raised the epoch. Private data and the history of keys
 * are not in it. Export walks a consistent state while the ledger goes on; the head must lie above block 0 (-ENOENT).
 *
 * piece = kind u8, number u32 (from 0), then by kind:
 *   1 head   "VGSNAP01", link span32 (ledger_chain.c: the head), genesis configuration span32
 *   2 link   link span32: a block that raised the epoch, in order
 *   3 pairs  each: key span16, version number u64 and index u32, value span32; over all pieces they ascend by bucket
 *            (buckettree.h), then by key
 *   4 end    pairs u64
 */
struct snapshot_export;
#define SNAPSHOT_PIECE_MIN 65536
int snapshot_export_open(struct ledger *ledger, size_t piece_bytes, struct snapshot_export **ret_export);
/* 1: a piece, malloc'd; 0: the end; -EIO. */
int snapshot_export_next(struct snapshot_export *export_, u8 **ret_piece, size_t *ret_len);
void snapshot_export_close(struct snapshot_export *export_);
struct snapshot_import;
/*
 * Into @options, where no ledger is. The chain of configurations must lead from the genesis, whose id is the channel's,
 * through @trusted (the genesis, or a later one that the caller believes) to the replicas that certified the head.
 */
int snapshot_import_open(const struct ledger_options *options, const struct membership *trusted, const u8 channel[32],
			 struct snapshot_import **ret_import, struct ledger_error *ret_error);
/*
 * In the place of @ledger, which goes on until snapshot_import_finish() makes it the snapshot's; it has no candidates
 * then, and what was got from it before (state, blocks, spans) is void. The snapshot's head must lie above its own.
 * A crash leaves the one or the other.
 */
int snapshot_import_over(struct ledger *ledger, struct snapshot_import **ret_import, struct ledger_error *ret_error);
/* Pieces in order. -EBADMSG with a sentence: this is no snapshot to believe; close it. */
int snapshot_import_piece(struct snapshot_import *import, struct span piece, struct ledger_error *ret_error);
/* Checks the root; then the ledger is there (@ret_ledger may be NULL after snapshot_import_over()). Frees the import; a
 * failed one leaves nothing behind; -EIO after snapshot_import_over(): the ledger that was is gone too (on a disk until
 * it is opened again), and nothing but ledger_membership(), ledger_head() and ledger_close() may be asked of it. */
int snapshot_import_finish(struct snapshot_import *import, struct ledger **ret_ledger, struct ledger_error *ret_error);
/* Gives up; nothing is left behind. */
void snapshot_import_close(struct snapshot_import *import);

/* --- audit.c --- */
struct audit_report {
	u64 first, last, transactions, valid, keys;
	u64 base;    /* the snapshot's block that the ledger begins after; 0: it begins with the genesis */
	u64 vouched; /* blocks after it that only their certificates speak for: the state before them is gone */
	u8 channel[32], base_hash[32], head[32], root[32];
};
struct audit_pins {	      /* what the auditor knows from elsewhere; NULL: nothing */
	const u8 *channel;    /* the channel's id (hash of its genesis) */
	const u8 *checkpoint; /* header hash of a block that must be in the ledger, or be its snapshot's */
	/* Judges what stands in the state, once it is proved to be the chain's: a contract's sums. 0; -EBADMSG with a
	 * sentence in ret_error->text. NULL: nobody does. */
	int (*content)(void *arg, struct state *state, struct ledger_error *ret_error);
	void *arg;
};
/*
 * Checks a stored ledger, changing nothing: files, hashes, certificates, outcomes, roots, state. From the genesis; or
 * from a snapshot, whose block is proved by the chain of configurations from the genesis on. 0; -EBADMSG: a fault is
 * named; else it could not be audited.
 */
int ledger_audit(const char *folder, const struct audit_pins *pins, void (*progress)(void *arg, u64 number, u64 last),
		 void *arg, struct audit_report *ret_report, struct ledger_error *ret_error);

#endif
