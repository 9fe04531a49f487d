/* SPDX-License-Identifier: GPL-2.0 */
/*
 * private.h - private collections on one node: values that only the named
 * organisations' nodes hold, while the chain holds hash(PRIVATE: salt, value) under a keyed pseudonym of the key.
 *
 * A value waits under its proposal's hash until the transaction is committed valid (then it is the collection's) or
 * expired (then it is forgotten). What a node lacks it asks of the others that are entitled (anti-entropy); validation
 * never waits for it. Parcel 11: proposal hash 32, collection span16, key span16, salt 16, value span32.  12: wanted:
 * state key span16.
 */
#ifndef VOLTGATE_CHANNEL_PRIVATE_H
#define VOLTGATE_CHANNEL_PRIVATE_H

#include "ledger/ledger.h"

struct private_store;

/* @folder NULL: in memory. -EIO. */
int private_open(const char *folder, struct private_store **ret_store, char ret_error[320]);
void private_close(struct private_store *store);
/* Keeps a value until its transaction's fate is known; refused (-EACCES) if our organisation is not entitled. */
int private_offer(struct private_store *store, const struct membership *membership, u32 organisation,
		  const u8 proposal_hash[32], struct span collection, struct span key, const u8 salt[16],
		  struct span value, u64 expires);
/* A block is durable: values whose transactions are valid in it become the collection's; the purge by height follows.
 */
int private_committed(struct private_store *store, struct ledger *ledger, const struct block *block);
/* The state key on the chain for @key of @collection: rwset_private_key() of ledger/rwset_private.h, as contracts write
 * it. */
void private_state_key(const u8 seed[32], struct span collection, struct span key, u8 ret_key[64], size_t *ret_len);
/* Value as committed, checked against the chain's hash; malloc'd. -ENOENT: not held, purged or not entitled. */
int private_get(struct private_store *store, struct ledger *ledger, struct span collection, struct span key,
		u8 **ret_value, size_t *ret_len);

#endif
