/* SPDX-License-Identifier: GPL-2.0 */
/*
 * private_record.h - keys and records of a private store. Pure.
 *
 * 'w', proposal hash 32, state key 33 -> record: number u64 (expiry), collection span16, key span16, salt 16, value
 * span32 'e', expiry u64, proposal hash, state key -> nothing       'v', state key -> record: number u64 (block) 'd',
 * block u64 (purged when it is reached), state key -> nothing     'm', state key -> block u64, hash 32
 */
#ifndef VOLTGATE_CHANNEL_PRIVATE_RECORD_H
#define VOLTGATE_CHANNEL_PRIVATE_RECORD_H

#include "agent/channel/private.h"
#include "ledger/rwset_private.h"

struct private_record {
	u64 number; /* expiry while it waits, then the block */
	struct span collection, key, value;
	const u8 *salt;
};

struct private_name { /* a key of the store */
	u8 bytes[80];
	size_t len;
};

struct private_name private_name_waiting(const u8 proposal_hash[32], const u8 *state_key);
struct private_name private_name_expiry(u64 expires, const u8 proposal_hash[32], const u8 *state_key);
struct private_name private_name_value(const u8 *state_key);
struct private_name private_name_due(u64 number, const u8 *state_key);
struct private_name private_name_missing(const u8 *state_key);
struct span private_name_span(const struct private_name *name);

/* malloc'd; NULL: no memory. */
u8 *private_record_encode(const struct private_record *record, size_t *ret_len);
int private_record_decode(struct span bytes, struct private_record *ret_record);

#endif
