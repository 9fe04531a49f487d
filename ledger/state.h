/* SPDX-License-Identifier: GPL-2.0 */
/*
 * state.h - the keys and values of one channel, their versions and their root:
 * a committed state in a store, and overlays above it that can be dropped.
 *
 * Every value carries the version (block, index of the transaction) that wrote
 * it. The root is that of the bucket tree (buckettree.h) over all pairs of key
 * and hash(VALUE: version, value): position-binding, bucket chosen by
 * SipHash-2-4 of the key under the channel's seed.
 *
 *        committed state <- overlay 7 <- overlay 8 <- overlay 9        (reads fall through from right to left)
 *        state_commit(overlay 7): the store takes it over; 8 lies on the committed state then
 *
 * Key spaces (first byte): 'c' configuration, 'm' members (enrolled keys), 'r' revoked keys, 'n' clients' nonce
 * windows, 'e' evidence used, 'M' endorsements counted, 'k' contracts' keys (contract name, 0, key), 'p' private
 * hashes, 'x' what to prune and when (time u64, key).
 *
 * Memory, whatever the number of keys: 11.5 MiB of bucket hashes and places (pages never touched cost nothing), at
 * most STATE_CACHE_BYTES of buckets, what the overlays hold, and the store's own. A bucket holds its keys, their
 * versions and values (about four at a million keys), so a change reads and writes one record, and adds one to the
 * history: what a block costs follows from what it changes, not from what is there. What is read of own data is checked
 * against the hashes above it; what does not fit is -EIO with a sentence in state_store()->error.
 */
#ifndef VOLTGATE_LEDGER_STATE_H
#define VOLTGATE_LEDGER_STATE_H

#include "ledger/hash.h"
#include "ledger/store.h"

#define STATE_KEY_MAX 1024	      /* bytes of a key */
#define STATE_CACHE_BYTES (192 << 20) /* of buckets: at a million keys of 100 bytes all of them */
#define STATE_HISTORY_SPACES "cmrkp"  /* key spaces whose old versions are kept; the others are bookkeeping */

struct state;
struct overlay;

struct state_version {
	u64 number; /* block; with index 0 and number 0: absent */
	u32 index;  /* transaction within it */
};

struct state_value {
	struct state_version version;
	struct span bytes; /* good until the next call on the same state or overlay */
};

struct state_mark { /* what the store is at; in the same batch as the values */
	u64 number;
	u8 header[LEDGER_HASH_LEN];
	u8 root[LEDGER_HASH_LEN];
};

/*
 * Takes @store over, if all is well; else it stays the caller's. A store that is empty has the mark number 0 and
 * zeros. -EIO with store->error: damaged.
 */
int state_open(struct store *store, const u8 seed[32], struct state **ret_state);
void state_close(struct state *state);
const struct state_mark *state_mark(const struct state *state);
struct store *state_store(struct state *state);

/* --- reading committed state --- */
int state_get(struct state *state, struct span key, struct state_value *ret_value); /* 0, -ENOENT, -EIO */
/* Calls @each for committed keys with @prefix in order, from @from on, until it returns false. 0, -EIO. */
int state_walk(struct state *state, struct span prefix, struct span from,
	       bool (*each)(void *arg, struct span key, const struct state_value *value), void *arg);

/* --- overlays --- */
/*
 * Above @below, or above the committed state if NULL; NULL: no memory, or something lies there already: at most one
 * overlay lies directly on each. Once one lies on it an overlay cannot be changed (-EBUSY). -E2BIG: STATE_KEY_MAX.
 */
struct overlay *overlay_new(struct state *state, struct overlay *below);
/* Drops @overlay and all above it. */
void overlay_drop(struct overlay *overlay);
int overlay_get(struct overlay *overlay, struct span key, struct state_value *ret_value);
/* In the order of transactions; a later write of a key replaces an earlier one of the same overlay. */
int overlay_put(struct overlay *overlay, struct span key, struct span value, struct state_version version);
int overlay_delete(struct overlay *overlay, struct span key);
/* A record beside the state, outside its root, that goes into the store in the same batch; @key begins with 'C', 'G' or
 * 'I'. Also on an overlay that has others above it. */
int overlay_note(struct overlay *overlay, struct span key, struct span value);
/* First key of @prefix (not empty) not below @from as the overlay sees it; 1: *ret_key malloc'd; 0: none; -EIO. For
 * pruning: keys that were found deleted before are passed over at once. */
int overlay_first(struct overlay *overlay, struct span prefix, struct span from, u8 **ret_key, size_t *ret_len);
/* The root with all writes so far. */
int overlay_root(struct overlay *overlay, u8 ret_root[LEDGER_HASH_LEN]);
/*
 * Writes @overlay (which must lie on the committed state) and @mark to the
 * store in one batch, with the history of the keys changed. @sync as store.h.
 * On success the overlay is gone; on failure (-ENOSPC, -EIO) all is as it was. Bounded by what the overlay holds.
 */
int state_commit(struct overlay *overlay, const struct state_mark *mark, bool sync);

/* --- proofs (buckettree.h has their form and the check) --- */
/* A proof that @key has its present value, or that it is absent, against the committed root; malloc'd. */
int state_prove(struct state *state, struct span key, u8 **ret_proof, size_t *ret_len);

/* --- history: the versions of a key of STATE_HISTORY_SPACES, newest first; a deletion has index 0 of its block --- */
int state_history(struct state *state, struct span key,
		  bool (*each)(void *arg, const struct state_version *version, bool deleted, struct span value),
		  void *arg);

/* Every pair of the state, recomputed from nothing: the audit's root; buckets that differ from it are -EIO. @ret_keys
 * counts the pairs. At most 64 MiB at a time, in as many passes as that takes. */
int state_recompute(struct state *state, u8 ret_root[LEDGER_HASH_LEN], u64 *ret_keys);

#endif
