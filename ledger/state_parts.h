/* SPDX-License-Identifier: GPL-2.0 */
/*
 * state_parts.h - what the files state*.c share and nobody else sees.
 *
 * One bucket tree and one table of bucket contents describe the tip: the committed state under all overlays whose
 * root was made. An overlay keeps what it replaced there, so that dropping it puts it back, and so that the committed
 * tree can still be read (proofs, what is written to the store) while overlays lie above. Overlays form a line, so
 * roots are made from the bottom up and taken back from the top down.
 *
 *   state.c           opening, committed reads, walks          state_overlay.c  keys and values of an overlay
 *   state_bucket.c    contents of buckets, bounded             state_root.c     roots, and taking them back
 *   state_entry.c     what a bucket's content looks like
 *   state_commit.c    one batch into the store, history        state_journal.c  the tree's hashes in the store
 *   state_order.c     the first key from here on               state_proof.c    proofs      state_recompute.c  audit
 *
 * Store (first byte of the key): 'M' mark; 'b' bucket u32: entries (state_entry.c), so that a key's value, its version
 * and what the tree needs are read and written at once; 'b' bucket u32 'v' key: a value too long to stand in the
 * bucket; 's' key: nothing, for walks in order; 'h' key span16, then the version with all bits turned: deleted u8,
 * version 12, value; 'j' and 't' see state_journal.c; 'i' and 'I' are ledger_index.c's, 'C', 'B' and 'G'
 * ledger_chain.c's.
 */
#ifndef VOLTGATE_LEDGER_STATE_PARTS_H
#define VOLTGATE_LEDGER_STATE_PARTS_H

#include "ledger/buckettree.h"
#include "ledger/state.h"
#include "voltgate/siphash.h"

#define STATE_VERSION_LEN 12
#define STATE_CHUNKS 256 /* of the journal: parts of the buckets' hashes that are written at a time */
#define STATE_CHUNK_BUCKETS (BUCKETTREE_BUCKETS / STATE_CHUNKS)

/* The content of a bucket; whoever points at it holds one of refs. */
struct bucket {
	struct bucket *older, *newer; /* in the cache's order of use, if it is the tip's */
	struct overlay *owner;	      /* the overlay that made it and still lies above the committed state */
	u32 change;		      /* its index in owner->changes */
	u32 number, len, refs;
	bool listed;
	u8 entries[]; /* see state_entry.c */
};

#define STATE_INLINE_MAX 1024 /* bytes of a value that stands in its bucket */
struct bucket_entry {
	struct span bytes; /* all of it */
	struct span key;
	const u8 *hash;	   /* of version and value */
	const u8 *version; /* 12 */
	struct span value; /* long: bytes NULL, the length is right */
};

struct state_journal {
	u64 sequence;		  /* of the last commit */
	u64 bytes, bytes_rolled;  /* written by commits; when the last chunk was */
	u64 changes;		  /* since the last chunk */
	u64 first;		  /* oldest record held */
	u32 next;		  /* chunk to write next */
	u64 stamps[STATE_CHUNKS]; /* sequence of the commit that wrote it; 0: never */
};

struct state_cursor { /* where the last overlay_first() stood in the store */
	struct store_walk *walk;
	u8 low[STATE_KEY_MAX + 1];
	size_t low_len;
	struct span key;
	bool end;
};

struct state_hint { /* no key k with from <= k < to is there */
	u8 from[STATE_KEY_MAX + 1], to[STATE_KEY_MAX + 1];
	size_t from_len, to_len; /* to_len 0: no hint */
};

struct state {
	struct store *store;
	u8 seed[32];
	struct vg_siphash_key key;
	struct state_mark mark;
	struct buckettree *tree; /* of the tip */
	struct bucket **tip;	 /* by bucket; NULL: as in the store, or empty */
	u16 *pinned;		 /* by bucket: changes of overlays above the committed state */
	struct bucket *oldest, *newest;
	size_t cached; /* bytes of listed buckets */
	struct overlay *bottom, *top;
	u8 *held; /* what state_get() gave last */
	struct state_journal journal;
	u64 turn_changes, turn_bytes; /* when a chunk is due; tests lower them */
	struct state_cursor cursor;
	struct state_hint hint;
};

struct overlay_entry {
	u64 hash; /* first word of the key's SipHash: the bucket follows from it */
	u8 *key;
	u8 *record; /* deleted u8, version 12, value */
	u32 key_len, record_len;
	bool fresh; /* changed since the last root */
	u8 below;   /* enum entry_below: was the key there below this overlay */
};

enum entry_below { BELOW_UNKNOWN, BELOW_ABSENT, BELOW_PRESENT, BELOW_LONG }; /* LONG: outside its bucket */

struct overlay_change {
	u32 bucket;
	struct bucket *content, *before;
	u8 hash[LEDGER_HASH_LEN];
};

struct overlay_saved { /* a hash of the tip's tree that was replaced */
	u32 level, position;
	u8 hash[LEDGER_HASH_LEN];
};

struct order;
struct arena_block;
struct overlay_noted { /* by overlay_note() */
	struct overlay_noted *next;
	struct span key, value;
};

struct overlay {
	struct state *state;
	struct overlay *below, *above;
	struct overlay_entry *entries;
	u32 count, room;
	u32 *slots; /* open addressing: index + 1; twice the room */
	u32 *fresh; /* entries changed since the last root */
	u32 fresh_count;
	struct arena_block *arena;
	struct overlay_change *changes;
	u32 change_count, change_room;
	struct overlay_saved *saved;
	u32 saved_count, saved_room;
	bool rooted; /* has a root that took part in the tip */
	u8 root[LEDGER_HASH_LEN];
	struct order *orders;
	struct overlay_noted *notes;
	struct state_hint hint;
};

static inline struct span state_span(const void *bytes, size_t len)
{
	return (struct span){ bytes, len };
}
static inline u64 state_hash_key(const struct state *state, struct span key)
{
	struct vg_siphash_tag tag;

	vg_siphash(&state->key, key.bytes, key.len, &tag);
	return tag.t0;
}

/* Says in store->error what is wrong with own data; returns -EIO. */
int state_damaged(struct state *state, const char *format, ...) __attribute__((format(printf, 2, 3)));
void state_version_decode(const u8 bytes[STATE_VERSION_LEN], struct state_version *ret_version);
void state_version_encode(u8 bytes[STATE_VERSION_LEN], const struct state_version *version);
/* hash(VALUE) of version and value. */
void state_value_hash(const u8 version[STATE_VERSION_LEN], struct span value, u8 ret_hash[LEDGER_HASH_LEN]);
bool state_prefixed(struct span key, struct span prefix);

/* --- state_overlay.c --- */
struct overlay_entry *overlay_find(const struct overlay *overlay, u64 hash, struct span key);
void *overlay_alloc(struct overlay *overlay, size_t size); /* lives as long as the overlay */
void overlay_free(struct overlay *overlay);

/* --- state_entry.c --- */
#define BUCKET_LONG_MAX (6 + STATE_KEY_MAX)
/* Takes the next entry off; false: the end, or (reader->bad) damage. */
bool bucket_entry(struct reader *reader, struct bucket_entry *ret_entry);
/* Bytes of an entry. */
size_t bucket_entry_len(size_t key_len, size_t value_len);
/* @hash: hash(VALUE) of version and value. */
void bucket_entry_write(struct writer *writer, struct span key, const u8 hash[LEDGER_HASH_LEN], const u8 *version,
			struct span value);
/* The entry of @key, or false. */
bool bucket_find(const struct bucket *bucket, struct span key, struct bucket_entry *ret_entry);
/* What buckettree.h hashes and proves: keys and hashes; malloc'd unless it fits into @room. */
int bucket_brief(struct span entries, u8 *room, size_t size, struct span *ret_brief);
int bucket_hash(u32 number, struct span entries, u8 ret_hash[LEDGER_HASH_LEN]);
struct span bucket_name(u8 name[5], u32 number);
struct span bucket_long_name(u8 name[BUCKET_LONG_MAX], u32 number, struct span key);

/* --- state_bucket.c --- */
struct bucket *bucket_new(u32 number, u32 len);
void bucket_put(struct bucket *bucket); /* gives a reference back; NULL is nothing */
/* The tip's content of bucket @number, borrowed. NULL with 0: empty. -EIO. */
int bucket_tip(struct state *state, u32 number, struct bucket **ret_bucket);
/* The committed content, whatever overlays lie above it; the same otherwise. */
int bucket_committed(struct state *state, u32 number, struct bucket **ret_bucket);
/* Makes @content (its reference passes; may be NULL) the tip's. Gives what was there, with its reference. */
struct bucket *bucket_replace(struct state *state, u32 number, struct bucket *content);
/* Forgets the least used contents that nobody else holds until the cache is within its bound. */
void bucket_trim(struct state *state);
void bucket_done(struct state *state);

/* --- state_root.c --- */
void overlay_undo(struct overlay *overlay);
/* The committed tree's hash, whatever overlays lie above it; @above: leave out this overlay and those below it. */
const u8 *state_hash_above(struct state *state, const struct overlay *above, u32 level, u32 position);

/* --- state_journal.c --- */
int journal_open(struct state *state);
/* What the commit of @overlay adds to @batch; *@ret_next is the journal after it. */
int journal_commit(struct state *state, struct overlay *overlay, struct store_batch *batch, u64 bytes,
		   struct state_journal *ret_next);
/* Writes all hashes at once into @batch, for a state that came whole; the journal begins anew. */
void journal_build(struct state *state, struct store_batch *batch);
void mark_encode(const struct state *state, const struct state_mark *mark, const struct state_journal *journal,
		 struct store_batch *batch);
int mark_load(struct state *state); /* -ENOENT: there is none */

/* --- state_recompute.c --- */
/* A state came whole into the store: @tree (taken over; its root must be @mark's, else -EBADMSG) and @mark are its. On
 * the disk when it returns. */
int state_adopt(struct state *state, struct buckettree *tree, const struct state_mark *mark);

/* --- state_order.c --- */
struct order_node;
void cursor_done(struct state_cursor *cursor, const struct store *store);
/* A key was put: it may lie where the hint says there is none. */
void hint_put(struct state_hint *hint, struct span key);

#endif
