/* SPDX-License-Identifier: GPL-2.0 */
/*
 * private_parts.h - what private.c and private_block.c share.
 */
#ifndef VOLTGATE_CHANNEL_PRIVATE_PARTS_H
#define VOLTGATE_CHANNEL_PRIVATE_PARTS_H

#include "agent/channel/private_record.h"

struct private_store {
	struct store *store;
	struct private_counts counts;
	u8 missing_from[PRIVATE_KEY_LEN]; /* where private_missing() goes on */
};

extern const u8 private_zeros[32];

int private_room_get(struct private_store *store, const struct private_name *name, u8 **ret_bytes, size_t *ret_len);
void private_room_put(struct private_store *store, struct store_batch *batch, struct private_name name,
		      struct span value);
void private_room_drop(struct private_store *store, struct store_batch *batch, struct private_name name);
void private_wipe(u8 *bytes, size_t len);
/* Everything of one space, up to @most entries, as the store has it now. */
int private_walk(struct private_store *store, struct span from, u8 space, u32 most,
		 bool (*each)(void *arg, struct span key, struct span value), void *arg);
/* NULL: the channel has no such collection. */
const struct membership_collection *private_collection(const struct membership *membership, struct span name);
int private_value_commit(struct private_store *store, struct store_batch *batch, const struct membership *membership,
			 const u8 *state_key, const struct private_record *value, u64 number);
/* What the chain says of a missing value: block and hash. -ENOENT: it is not missing. */
int private_missing_get(struct private_store *store, const u8 *state_key, u64 *ret_number, u8 ret_hash[32]);
bool private_fits(const struct private_record *record, const u8 hash[32]);

#endif
