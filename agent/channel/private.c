// SPDX-License-Identifier: GPL-2.0
/*
 * private.c - private values offered, asked for and read; private_block.c has what a block does to them,
 * private_record.c the bytes. Each call ends in one batch of the store.
 */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/channel/private_parts.h"

const u8 private_zeros[32];

/* --- the store --- */

int private_room_get(struct private_store *store, const struct private_name *name, u8 **ret_bytes, size_t *ret_len)
{
	return store->store->ops->get(store->store, private_name_span(name), ret_bytes, ret_len);
}

void private_room_put(struct private_store *store, struct store_batch *batch, struct private_name name,
		      struct span value)
{
	store->store->ops->batch_put(batch, private_name_span(&name), value);
}

void private_room_drop(struct private_store *store, struct store_batch *batch, struct private_name name)
{
	store->store->ops->batch_delete(batch, private_name_span(&name));
}

void private_wipe(u8 *bytes, size_t len)
{
	if (bytes)
		sodium_memzero(bytes, len);
	free(bytes);
}

/* Everything of one space, up to @most entries, as the store has it now. */
int private_walk(struct private_store *store, struct span from, u8 space, u32 most,
		 bool (*each)(void *arg, struct span key, struct span value), void *arg)
{
	const struct store_ops *ops = store->store->ops;
	struct store_walk *walk = ops->walk(store->store, from);
	struct span key, value;
	int error = 0;

	if (!walk)
		return -ENOMEM;
	while (most-- && ops->walk_next(walk, &key, &value, &error) && key.len && key.bytes[0] == space)
		if (!each(arg, key, value))
			break;
	ops->walk_free(walk);
	return error;
}

static bool count_waiting(void *arg, struct span key, struct span value)
{
	struct private_counts *counts = arg;

	(void)key;
	counts->waiting++;
	counts->waiting_bytes += value.len;
	return true;
}

static bool count_missing(void *arg, struct span key, struct span value)
{
	(void)key;
	(void)value;
	((struct private_counts *)arg)->missing++;
	return true;
}

int private_open(const char *folder, struct private_store **ret_store, char ret_error[320])
{
	struct private_store *store = calloc(1, sizeof(*store));
	int error;

	if (!store)
		return -ENOMEM;
	error = folder ? store_leveldb_open(folder, true, &store->store, ret_error) : store_memory_open(&store->store);
	if (error == -EEXIST)
		error = store_leveldb_open(folder, false, &store->store, ret_error);
	if (error) {
		free(store);
		return error;
	}
	error = private_walk(store, (struct span){ (const u8 *)"w", 1 }, 'w', ~0u, count_waiting, &store->counts);
	if (!error)
		error = private_walk(store, (struct span){ (const u8 *)"m", 1 }, 'm', ~0u, count_missing,
				     &store->counts);
	if (error) {
		snprintf(ret_error, 320, "%s", store->store->error);
		private_close(store);
		return error;
	}
	*ret_store = store;
	return 0;
}

void private_close(struct private_store *store)
{
	if (!store)
		return;
	store->store->ops->close(store->store);
	free(store);
}

/* --- entitlement --- */

const struct membership_collection *private_collection(const struct membership *membership, struct span name)
{
	for (u32 i = 0; i < membership->collection_count; i++) {
		const struct membership_collection *collection = &membership->collections[i];

		if (strlen(collection->name) == name.len && !memcmp(collection->name, name.bytes, name.len))
			return collection;
	}
	return NULL;
}

static bool entitled(const struct membership_collection *collection, u32 organisation)
{
	return collection && organisation < MEMBERSHIP_ORGANISATIONS_MAX &&
	       (collection->organisations >> organisation & 1);
}

bool private_shared(const struct membership *membership, u32 organisation, u32 other)
{
	for (u32 i = 0; i < membership->collection_count; i++)
		if (entitled(&membership->collections[i], organisation) && entitled(&membership->collections[i], other))
			return true;
	return false;
}

void private_state_key(const u8 seed[32], struct span collection, struct span key, u8 ret_key[64], size_t *ret_len)
{
	rwset_private_key(seed, collection, key, ret_key);
	*ret_len = PRIVATE_KEY_LEN;
}

/* --- committing one value --- */

int private_value_commit(struct private_store *store, struct store_batch *batch, const struct membership *membership,
			 const u8 *state_key, const struct private_record *value, u64 number)
{
	const struct membership_collection *collection = private_collection(membership, value->collection);
	struct private_record record = *value;
	size_t len;
	u8 *bytes;

	record.number = number;
	bytes = private_record_encode(&record, &len);
	if (!bytes)
		return -ENOMEM;
	private_room_put(store, batch, private_name_value(state_key), (struct span){ bytes, len });
	if (collection && collection->purge_blocks)
		private_room_put(store, batch, private_name_due(number + collection->purge_blocks, state_key),
				 (struct span){ private_zeros, 0 });
	private_wipe(bytes, len);
	store->counts.committed++;
	return 0;
}

/* What the chain says of a missing value: block and hash. -ENOENT: it is not missing. */
int private_missing_get(struct private_store *store, const u8 *state_key, u64 *ret_number, u8 ret_hash[32])
{
	struct private_name name = private_name_missing(state_key);
	struct reader reader;
	size_t len;
	u8 *bytes;
	int error = private_room_get(store, &name, &bytes, &len);

	if (error)
		return error;
	reader_init(&reader, bytes, len);
	*ret_number = reader_u64(&reader);
	reader_copy(&reader, ret_hash, 32);
	error = reader_done(&reader) ? 0 : -EIO;
	free(bytes);
	return error;
}

bool private_fits(const struct private_record *record, const u8 hash[32])
{
	u8 found[32];

	rwset_private_hash(record->salt, record->value, found);
	return !sodium_memcmp(found, hash, 32);
}

/* --- offers --- */

static int offer_missing(struct private_store *store, const struct membership *membership, const u8 *state_key,
			 const struct private_record *record, u64 number, const u8 hash[32])
{
	struct store_batch *batch;
	int error;

	if (!private_fits(record, hash))
		return -EBADMSG;
	batch = store->store->ops->batch_new(store->store);
	if (!batch)
		return -ENOMEM;
	error = private_value_commit(store, batch, membership, state_key, record, number);
	if (error) {
		store->store->ops->batch_free(batch);
		return error;
	}
	private_room_drop(store, batch, private_name_missing(state_key));
	store->counts.missing -= store->counts.missing > 0;
	return store->store->ops->batch_write(store->store, batch, false);
}

static int offer_waiting(struct private_store *store, const u8 proposal_hash[32], const u8 *state_key,
			 const struct private_record *record)
{
	struct private_name name = private_name_waiting(proposal_hash, state_key);
	struct store_batch *batch;
	size_t len, old_len;
	u8 *bytes, *old;

	if (!private_room_get(store, &name, &old, &old_len)) {
		private_wipe(old, old_len);
		return 0; /* the first one stays: another endorser's copy is the same, or nobody's */
	}
	bytes = private_record_encode(record, &len);
	batch = bytes ? store->store->ops->batch_new(store->store) : NULL;
	if (!batch || store->counts.waiting >= PRIVATE_WAITING ||
	    store->counts.waiting_bytes + len > PRIVATE_WAITING_BYTES) {
		int error = batch ? -ENOBUFS : -ENOMEM;

		if (batch)
			store->store->ops->batch_free(batch);
		private_wipe(bytes, len);
		return error;
	}
	private_room_put(store, batch, name, (struct span){ bytes, len });
	private_room_put(store, batch, private_name_expiry(record->number, proposal_hash, state_key),
			 (struct span){ private_zeros, 0 });
	store->counts.waiting++;
	store->counts.waiting_bytes += len;
	private_wipe(bytes, len);
	/* Synced: the endorsement that leaves next may be all it takes to commit the hash. */
	return store->store->ops->batch_write(store->store, batch, true);
}

int private_offer(struct private_store *store, const struct membership *membership, u32 organisation,
		  const u8 proposal_hash[32], struct span collection, struct span key, const u8 salt[16],
		  struct span value, u64 expires)
{
	struct private_record record = { expires, collection, key, value, salt };
	u8 state_key[64], hash[32];
	u64 number;
	size_t len;
	int error;

	if (!key.len || key.len > TRANSACTION_KEY_MAX || value.len > TRANSACTION_MAX)
		return -E2BIG;
	if (!entitled(private_collection(membership, collection), organisation)) {
		store->counts.refused++;
		return -EACCES;
	}
	private_state_key(membership->seed, collection, key, state_key, &len);
	error = private_missing_get(store, state_key, &number, hash);
	if (!error)
		error = offer_missing(store, membership, state_key, &record, number, hash);
	else if (error != -ENOENT || memcmp(proposal_hash, private_zeros, 32) == 0)
		return error;
	else
		return offer_waiting(store, proposal_hash, state_key, &record);
	store->counts.refused += error == -EBADMSG;
	/* It may belong to a later write of the same key. */
	if (error == -EBADMSG && memcmp(proposal_hash, private_zeros, 32))
		return offer_waiting(store, proposal_hash, state_key, &record);
	return error;
}

/* --- reading --- */

int private_get(struct private_store *store, struct ledger *ledger, struct span collection, struct span key,
		u8 **ret_value, size_t *ret_len)
{
	struct private_record record;
	struct state_value on_chain;
	struct private_name name;
	u8 state_key[64], *bytes;
	size_t len;
	int error;

	private_state_key(ledger_membership(ledger)->seed, collection, key, state_key, &len);
	error = state_get(ledger_state(ledger), (struct span){ state_key, len }, &on_chain);
	if (error)
		return error;
	if (on_chain.bytes.len != 32)
		return -ENOENT;
	name = private_name_value(state_key);
	error = private_room_get(store, &name, &bytes, &len);
	if (error)
		return error;
	error = private_record_decode((struct span){ bytes, len }, &record) ? -EIO : 0;
	if (!error && !private_fits(&record, on_chain.bytes.bytes))
		error = -ENOENT;
	if (!error) {
		*ret_value = malloc(record.value.len + 1);
		error = *ret_value ? 0 : -ENOMEM;
	}
	if (!error) {
		memcpy(*ret_value, record.value.bytes, record.value.len);
		*ret_len = record.value.len;
	}
	private_wipe(bytes, len);
	return error;
}

struct listing {
	u8 (*keys)[PRIVATE_KEY_LEN];
	u32 count, most;
};

static bool list_one(void *arg, struct span key, struct span value)
{
	struct listing *listing = arg;

	(void)value;
	if (key.len != 1 + PRIVATE_KEY_LEN || listing->count == listing->most)
		return false;
	memcpy(listing->keys[listing->count++], key.bytes + 1, PRIVATE_KEY_LEN);
	return true;
}

u32 private_missing(struct private_store *store, u8 (*ret_keys)[PRIVATE_KEY_LEN], u32 most)
{
	struct listing listing = { ret_keys, 0, most };
	struct private_name from = private_name_missing(store->missing_from);

	if (!store->counts.missing || !most ||
	    private_walk(store, private_name_span(&from), 'm', most, list_one, &listing))
		return 0;
	memset(store->missing_from, 0, sizeof(store->missing_from));
	if (listing.count == most) {
		u32 at = PRIVATE_KEY_LEN;

		memcpy(store->missing_from, ret_keys[most - 1], PRIVATE_KEY_LEN);
		while (at && !++store->missing_from[at - 1])
			at--;
	}
	return listing.count;
}

int private_serve(struct private_store *store, const struct membership *membership, u32 organisation,
		  struct span state_key, u8 **ret_parcel, size_t *ret_len)
{
	struct private_record record;
	struct private_name name;
	struct writer writer;
	size_t len, size;
	u8 *bytes;
	int error;

	if (state_key.len != PRIVATE_KEY_LEN)
		return -ENOENT;
	name = private_name_value(state_key.bytes);
	error = private_room_get(store, &name, &bytes, &len);
	if (error)
		return error;
	error = private_record_decode((struct span){ bytes, len }, &record) ? -EIO : 0;
	if (!error && !entitled(private_collection(membership, record.collection), organisation)) {
		store->counts.refused++;
		error = -EACCES;
	}
	size = 1 + 32 + 2 + 2 + 16 + 4 + len;
	*ret_parcel = error ? NULL : malloc(size);
	if (!error && !*ret_parcel)
		error = -ENOMEM;
	if (!error) {
		writer_init(&writer, *ret_parcel, size);
		writer_u8(&writer, 11);
		writer_bytes(&writer, private_zeros, 32);
		writer_span16(&writer, record.collection);
		writer_span16(&writer, record.key);
		writer_bytes(&writer, record.salt, 16);
		writer_span32(&writer, record.value);
		*ret_len = writer_len(&writer);
	}
	private_wipe(bytes, len);
	return error;
}

void private_counts(const struct private_store *store, struct private_counts *ret_counts)
{
	*ret_counts = store->counts;
}
