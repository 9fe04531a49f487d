/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ledger_parts.h - what the files ledger*.c and snapshot*.c share and nobody else sees.
 *
 *   ledger.c        appending, syncing, taking             ledger_candidate.c  carrying a body out
 *   ledger_open.c   making, opening, catching up           ledger_folder.c     where disk and store lie, FORMAT
 *   ledger_genesis.c  block 0
 *   ledger_index.c  transactions by hash                   ledger_chain.c      configurations and their certificates
 *
 *   candidates:  first ... unsynced (appended, not yet committed state) | head | ... last (consensus' own)
 */
#ifndef VOLTGATE_LEDGER_PARTS_H
#define VOLTGATE_LEDGER_PARTS_H

#include "ledger/ledger.h"

struct ledger_place { /* disk and store */
	struct disk *disk;
	struct store *store;
	bool made; /* the folder was not there before */
};

struct ledger_member { /* a configuration that several may hold */
	u32 refs;
	struct membership membership;
};

struct candidate {
	struct ledger *ledger;
	struct candidate *above;
	struct overlay *overlay;
	struct block_header header;
	u8 hash[LEDGER_HASH_LEN];
	u8 *outcomes;
	u8 (*digests)[LEDGER_HASH_LEN];
	u8 *body;
	size_t body_len;
	struct ledger_member *before, *after;
};

struct ledger_index;

struct ledger {
	char *folder; /* NULL: in memory */
	size_t signature_memory;
	u64 file_bytes;
	struct store *store; /* the state's */
	u8 channel[LEDGER_HASH_LEN];
	struct disk *disk;
	struct state *state;
	struct blockfile *files;
	struct verifier *verifier;
	struct proven *proven;
	struct ledger_index *index;
	struct ledger_member *member; /* after the head */
	struct block_header head;
	u8 head_hash[LEDGER_HASH_LEN];
	struct candidate *unsynced; /* the oldest appended one that is not committed state */
	u32 unsynced_count;
	struct candidate *next; /* on the head */
	u64 durable;
	u64 state_synced_at; /* number at the last sync of the store */
	u8 *bytes;	     /* scratch: a block */
	size_t bytes_room;
	struct execute_result *result; /* scratch */
};

/* A sentence into @ret_error (may be NULL); gives @error back. */
int ledger_fail(struct ledger_error *ret_error, int error, const char *file, u64 offset, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
/* The same for what the store said. */
int ledger_fail_store(struct ledger_error *ret_error, int error, const struct store *store);
int ledger_fail_files(struct ledger_error *ret_error, int error, const struct blockfile_error *fault);

struct ledger_member *ledger_member_new(const struct membership *membership);
void ledger_member_put(struct ledger_member *member);

/* --- ledger_candidate.c --- */
void candidate_free(struct candidate *candidate); /* its overlay is gone */

/* --- ledger_folder.c --- */
/* Opens disk and store; @create: makes them. The FORMAT file is looked at first, and written last (format_write). */
int ledger_place_open(const struct ledger_options *options, bool create, struct ledger_place *ret_place,
		      struct ledger_error *ret_error);
void ledger_place_close(struct ledger_place *place);
int ledger_format_write(const struct ledger_options *options, struct ledger_error *ret_error);
/* Takes away what ledger_place_open() made. */
void ledger_place_remove(const struct ledger_options *options, struct ledger_place *place);
/* Puts the ledger in @folder/next, if there is a whole one, in the place of that in @folder; takes half ones away. */
int ledger_folder_swap(const char *folder, struct ledger_error *ret_error);
void ledger_folder_next(char ret_path[4096], const char *folder);
/* The channel that the block files are of; -ENOENT: there are none. */
int ledger_place_channel(struct disk *disk, u8 ret_channel[LEDGER_HASH_LEN]);

/* --- ledger_open.c --- */
/* A ledger on @place (taken over, also if it fails) for @genesis' channel: state open, no head. */
int ledger_new(const struct ledger_options *options, struct ledger_place *place, const struct membership *genesis,
	       struct ledger **ret_ledger, struct ledger_error *ret_error);
/* Opens the block files, the first number being @first if there are none. */
int ledger_files_open(struct ledger *ledger, const struct ledger_options *options, u64 first,
		      struct ledger_error *ret_error);
/* Frees without bringing anything to the disk. */
void ledger_free(struct ledger *ledger);
/* What is appended becomes the head, and its overlay committed state. */
void ledger_advance(struct ledger *ledger, struct candidate *candidate);
int ledger_settle(struct ledger *ledger, struct ledger_error *ret_error);
int ledger_write(struct ledger *ledger, const struct candidate *candidate, const struct block_certificate *certificate);
bool ledger_agrees(const struct candidate *candidate, const struct block *block);

/* Opens the files and brings the state up: what ledger_open() does on a ledger that ledger_new() gave. */
int ledger_start(struct ledger *ledger, const struct ledger_options *options, bool fresh,
		 struct ledger_error *ret_error);

/* --- ledger_genesis.c --- */
/* Block 0 as a candidate. */
int genesis_candidate(struct ledger *ledger, const struct membership *genesis, u64 time,
		      struct candidate **ret_candidate);
/* The configuration in block 0's body; -EBADMSG. */
int genesis_decode(struct span body, struct membership *ret_genesis);

/* --- ledger_index.c --- */
int ledger_index_open(struct ledger *ledger, u64 base, struct ledger_error *ret_error);
void ledger_index_done(struct ledger *ledger);
/* Block @number's transactions; in order of blocks. Writes a run when enough have come. */
int ledger_index_add(struct ledger *ledger, u64 number, struct span body, const u8 (*digests)[LEDGER_HASH_LEN]);

/* --- ledger_chain.c --- */
#define CERTIFICATE_MAX (8 + 2 + BLOCK_REPLICAS_MAX * (2 + BLOCK_SIGNATURE_LEN))
#define CHAIN_MAX (BLOCK_HEADER_LEN + 4 + CERTIFICATE_MAX + 2 + BLOCK_REPLICAS_MAX * 32)
struct chain_replicas { /* who orders in an epoch */
	u64 epoch;
	u32 count;
	u8 keys[BLOCK_REPLICAS_MAX][32]; /* ascending */
};
struct chain_link { /* a block that raised the epoch */
	struct block_header header;
	struct block_certificate certificate;
	struct chain_replicas after;
};
void chain_replicas(const struct membership *membership, struct chain_replicas *ret_replicas);
void chain_replicas_hash(const struct chain_replicas *replicas, u8 ret_hash[LEDGER_HASH_LEN]);
/* ledger_certified() for those who know no more than the replicas. */
bool chain_certified(struct verifier *verifier, const struct chain_replicas *replicas,
		     const struct block_header *header, const struct block_certificate *certificate);
void chain_encode(struct writer *writer, const struct chain_link *link);
int chain_decode(struct span bytes, struct chain_link *ret_link);
void chain_name(u8 ret_name[9], u64 number);
/* Puts a link beside the overlay of its block. */
int chain_note(struct overlay *overlay, const struct block_header *header, const struct block_certificate *certificate,
	       const struct membership *after);
/* The block after which @epoch began. -ENOENT, -EIO. */
int chain_epoch(struct store *store, u64 epoch, struct chain_link *ret_link);
/* The block that a snapshot brought, as the store has it. -ENOENT, -EIO. */
int chain_base(struct store *store, struct chain_link *ret_link);
#define CHAIN_BASE "B" /* its key in the store */
/* The genesis' configuration: beside block 0's overlay, and as the store has it. -ENOENT, -EIO. */
int chain_note_genesis(struct overlay *overlay, const struct membership *genesis);
int chain_genesis(struct store *store, struct membership *ret_genesis);
#define CHAIN_GENESIS "G" /* its key in the store */

#endif
