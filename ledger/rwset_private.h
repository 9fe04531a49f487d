/* SPDX-License-Identifier: GPL-2.0 */
/*
 * rwset_private.h - how a private value stands on the chain: under a pseudonym
 * of its key, as a salted hash (PROTOCOL.md L15). Pure. Nodes that are entitled hold salt and value.
 *
 * state key = 'p', BLAKE2b-256 keyed with the channel's seed over (collection span16, key span16)
 * value     = hash(PRIVATE: salt 16, value)
 * salt      = BLAKE2b-128 keyed with the first 16 bytes of the client's private arguments over (collection span16, key
 *             span16), so that all endorsers put the same hash into the read/write set and nobody else can guess it
 * The pseudonym hides keys from who is outside the channel; a member could try keys it guesses, so a key is no secret
 * by itself: secrets belong into the value.
 * A proposal's private hash = hash(PRIVATE: private arguments), whose first 16 bytes are random.
 */
#ifndef VOLTGATE_LEDGER_RWSET_PRIVATE_H
#define VOLTGATE_LEDGER_RWSET_PRIVATE_H

#include "ledger/cursor.h"
#include "ledger/hash.h"

#define RWSET_PRIVATE_SALT_LEN 16
#define RWSET_PRIVATE_KEY_LEN (1 + LEDGER_HASH_LEN)

/* @seed: of the channel's membership. */
void rwset_private_key(const u8 seed[32], struct span collection, struct span key, u8 ret_key[RWSET_PRIVATE_KEY_LEN]);
/* @secret: the first 16 bytes of the private arguments. */
void rwset_private_salt(const u8 secret[RWSET_PRIVATE_SALT_LEN], struct span collection, struct span key,
			u8 ret_salt[RWSET_PRIVATE_SALT_LEN]);
void rwset_private_hash(const u8 salt[RWSET_PRIVATE_SALT_LEN], struct span value, u8 ret_hash[LEDGER_HASH_LEN]);

#endif
