/* SPDX-License-Identifier: GPL-2.0 */
/*
 * private.h - private collections on one node: values that only the named
 * organisations' nodes hold, while the chain holds hash(PRIVATE: salt, value) under a keyed pseudonym of the key
 * (ledger/rwset_private.h).
 *
 *   private_offer() -> waiting, under its proposal's hash -> transaction valid in a block -> committed -> purged
 *                              | expired, or invalid: forgotten                 | replaced or deleted: forgotten
 *   chain has a hash whose value is not here -> missing -> asked of the others that are entitled -> committed
 *
 * Validation never waits for any of it. Bounds: PRIVATE_WAITING values and PRIVATE_WAITING_BYTES waiting,
 * PRIVATE_MISSING keys missing; what is committed is bounded by the chain and the collections' purge.
 * Parcel 11: proposal hash 32 (zeros: an answer to 12), collection span16, key span16, salt 16, value span32.
 * Parcel 12, wanted: state key span16.
 */
#ifndef VOLTGATE_CHANNEL_PRIVATE_H
#define VOLTGATE_CHANNEL_PRIVATE_H

#include "ledger/ledger.h"

#define PRIVATE_KEY_LEN 33 /* of a state key */
#define PRIVATE_WAITING 65536
#define PRIVATE_WAITING_BYTES (64u << 20)
#define PRIVATE_MISSING 65536

struct private_store;

/* @folder NULL: in memory. -EIO. */
int private_open(const char *folder, struct private_store **ret_store, char ret_error[320]);
void private_close(struct private_store *store);
/*
 * Keeps a value until its transaction's fate is known; one that is missing is committed at once. Refused: -EACCES, our
 * @organisation is not entitled; -EBADMSG, it is missing and this is not what the chain says; -ENOBUFS, no room;
 * -ENOENT, nobody waits for it (proposal hash zeros and not missing); -E2BIG, a key above TRANSACTION_KEY_MAX or a
 * value above TRANSACTION_MAX. @expires: Time64, by block time.
 */
int private_offer(struct private_store *store, const struct membership *membership, u32 organisation,
		  const u8 proposal_hash[32], struct span collection, struct span key, const u8 salt[16],
		  struct span value, u64 expires);
/* A block is durable: values whose transactions are valid in it become the collection's; the purge by height follows.
 */
int private_committed(struct private_store *store, struct ledger *ledger, const struct block *block);
/* The state key on the chain for @key of @collection. */
void private_state_key(const u8 seed[32], struct span collection, struct span key, u8 ret_key[64], size_t *ret_len);
/* Value as committed, checked against the chain's hash; malloc'd. -ENOENT: not held, purged or not entitled. */
int private_get(struct private_store *store, struct ledger *ledger, struct span collection, struct span key,
		u8 **ret_value, size_t *ret_len);

/* --- anti-entropy: the shell asks entitled nodes by parcel 12 now and then, and answers theirs --- */
/* State keys of values that are missing, others at each call; how many. */
u32 private_missing(struct private_store *store, u8 (*ret_keys)[PRIVATE_KEY_LEN], u32 most);
/* Might a node of @other hold values that @organisation is entitled to: are they together in a collection? */
bool private_shared(const struct membership *membership, u32 organisation, u32 other);
/* The parcel 11 for a node of @organisation that wants @state_key; malloc'd. -EACCES, -ENOENT. */
int private_serve(struct private_store *store, const struct membership *membership, u32 organisation,
		  struct span state_key, u8 **ret_parcel, size_t *ret_len);

struct private_counts {
	u64 waiting, waiting_bytes, missing, committed, purged, forgotten, refused;
};

void private_counts(const struct private_store *store, struct private_counts *ret_counts);

#endif
