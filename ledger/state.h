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
 */
#ifndef VOLTGATE_LEDGER_STATE_H
#define VOLTGATE_LEDGER_STATE_H

#include "ledger/hash.h"
#include "ledger/store.h"

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

/* Takes @store over. A store that is empty has the mark number 0 and zeros. -EIO with store->error: damaged. */
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
/* Above @below, or above the committed state if NULL. At most one overlay lies directly on each. */
struct overlay *overlay_new(struct state *state, struct overlay *below);
/* Drops @overlay and all above it. */
void overlay_drop(struct overlay *overlay);
int overlay_get(struct overlay *overlay, struct span key, struct state_value *ret_value);
/* In the order of transactions; a later write of a key replaces an earlier one of the same overlay. */
int overlay_put(struct overlay *overlay, struct span key, struct span value, struct state_version version);
int overlay_delete(struct overlay *overlay, struct span key);
/* First key of @prefix not below @from as the overlay sees it; 1: *ret_key malloc'd; 0: none; -EIO. For pruning. */
int overlay_first(struct overlay *overlay, struct span prefix, struct span from, u8 **ret_key, size_t *ret_len);
/* The root with all writes so far. */
int overlay_root(struct overlay *overlay, u8 ret_root[LEDGER_HASH_LEN]);
/*
 * Writes @overlay (which must lie on the committed state) and @mark to the
 * store in one batch, with the history of the keys changed. @sync as store.h.
 * On success the overlay is gone. Bounded by what the overlay holds.
 */
int state_commit(struct overlay *overlay, const struct state_mark *mark, bool sync);

/* --- proofs (buckettree.h has their form and the check) --- */
/* A proof that @key has its present value, or that it is absent, against the committed root; malloc'd. */
int state_prove(struct state *state, struct span key, u8 **ret_proof, size_t *ret_len);

/* --- history: the versions of a key, newest first --- */
int state_history(struct state *state, struct span key,
		  bool (*each)(void *arg, const struct state_version *version, bool deleted, struct span value),
		  void *arg);

/* Every pair of the state, recomputed from nothing: the audit's root. @ret_keys counts them. */
int state_recompute(struct state *state, u8 ret_root[LEDGER_HASH_LEN], u64 *ret_keys);

#endif
