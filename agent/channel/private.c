// SPDX-License-Identifier: GPL-2.0
/*
 * private.c - private values through their life; private_record.c has the bytes.
 * Each call ends in one batch of the store.
 */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/channel/private_record.h"

#define SWEEP_MOST 4096 /* purged or expired with one block */

struct private_store {
	struct store *store;
	struct private_counts counts;
	u8 missing_from[PRIVATE_KEY_LEN]; /* where private_missing() goes on */
};

static const u8 nothing[32];

/* --- the store --- */

static int get(struct private_store *store, const struct private_name *name, u8 **ret_bytes, size_t *ret_len)
{
	return store->store->ops->get(store->store, private_name_span(name), ret_bytes, ret_len);
}

static void put(struct private_store *store, struct store_batch *batch, struct private_name name, struct span value)
{
	store->store->ops->batch_put(batch, private_name_span(&name), value);
}

static void drop(struct private_store *store, struct store_batch *batch, struct private_name name)
{
	store->store->ops->batch_delete(batch, private_name_span(&name));
}

static void wipe_free(u8 *bytes, size_t len)
{
	if (bytes)
		sodium_memzero(bytes, len);
	free(bytes);
}

/* Everything of one space, up to @most entries, as the store has it now. */
static int walk(struct private_store *store, struct span from, u8 space, u32 most,
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
	error = walk(store, (struct span){ (const u8 *)"w", 1 }, 'w', ~0u, count_waiting, &store->counts);
	if (!error)
		error = walk(store, (struct span){ (const u8 *)"m", 1 }, 'm', ~0u, count_missing, &store->counts);
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

static const struct membership_collection *collection_find(const struct membership *membership, struct span name)
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

static int value_commit(struct private_store *store, struct store_batch *batch, const struct membership *membership,
			const u8 *state_key, const struct private_record *value, u64 number)
{
	const struct membership_collection *collection = collection_find(membership, value->collection);
	struct private_record record = *value;
	size_t len;
	u8 *bytes;

	record.number = number;
	bytes = private_record_encode(&record, &len);
	if (!bytes)
		return -ENOMEM;
	put(store, batch, private_name_value(state_key), (struct span){ bytes, len });
	if (collection && collection->purge_blocks)
		put(store, batch, private_name_due(number + collection->purge_blocks, state_key),
		    (struct span){ nothing, 0 });
	wipe_free(bytes, len);
	store->counts.committed++;
	return 0;
}

/* What the chain says of a missing value: block and hash. -ENOENT: it is not missing. */
static int missing_get(struct private_store *store, const u8 *state_key, u64 *ret_number, u8 ret_hash[32])
{
	struct private_name name = private_name_missing(state_key);
	struct reader reader;
	size_t len;
	u8 *bytes;
	int error = get(store, &name, &bytes, &len);

	if (error)
		return error;
	reader_init(&reader, bytes, len);
	*ret_number = reader_u64(&reader);
	reader_copy(&reader, ret_hash, 32);
	error = reader_done(&reader) ? 0 : -EIO;
	free(bytes);
	return error;
}

static void missing_put(struct private_store *store, struct store_batch *batch, const u8 *state_key, u64 number,
			const u8 hash[32])
{
	struct writer writer;
	u8 bytes[40];

	if (store->counts.missing >= PRIVATE_MISSING)
		return;
	writer_init(&writer, bytes, sizeof(bytes));
	writer_u64(&writer, number);
	writer_bytes(&writer, hash, 32);
	put(store, batch, private_name_missing(state_key), (struct span){ bytes, writer_len(&writer) });
}

static bool hash_fits(const struct private_record *record, const u8 hash[32])
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

	if (!hash_fits(record, hash))
		return -EBADMSG;
	batch = store->store->ops->batch_new(store->store);
	if (!batch)
		return -ENOMEM;
	error = value_commit(store, batch, membership, state_key, record, number);
	if (error) {
		store->store->ops->batch_free(batch);
		return error;
	}
	drop(store, batch, private_name_missing(state_key));
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

	if (!get(store, &name, &old, &old_len)) {
		wipe_free(old, old_len);
		return 0; /* the first one stays: another endorser's copy is the same, or nobody's */
	}
	bytes = private_record_encode(record, &len);
	batch = bytes ? store->store->ops->batch_new(store->store) : NULL;
	if (!batch || store->counts.waiting >= PRIVATE_WAITING ||
	    store->counts.waiting_bytes + len > PRIVATE_WAITING_BYTES) {
		int error = batch ? -ENOBUFS : -ENOMEM;

		if (batch)
			store->store->ops->batch_free(batch);
		wipe_free(bytes, len);
		return error;
	}
	put(store, batch, name, (struct span){ bytes, len });
	put(store, batch, private_name_expiry(record->number, proposal_hash, state_key), (struct span){ nothing, 0 });
	store->counts.waiting++;
	store->counts.waiting_bytes += len;
	wipe_free(bytes, len);
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

	if (!entitled(collection_find(membership, collection), organisation)) {
		store->counts.refused++;
		return -EACCES;
	}
	private_state_key(membership->seed, collection, key, state_key, &len);
	error = missing_get(store, state_key, &number, hash);
	if (!error)
		error = offer_missing(store, membership, state_key, &record, number, hash);
	else if (error != -ENOENT || memcmp(proposal_hash, nothing, 32) == 0)
		return error;
	else
		return offer_waiting(store, proposal_hash, state_key, &record);
	store->counts.refused += error == -EBADMSG;
	/* It may belong to a later write of the same key. */
	if (error == -EBADMSG && memcmp(proposal_hash, nothing, 32))
		return offer_waiting(store, proposal_hash, state_key, &record);
	return error;
}

/* --- blocks --- */

struct commit {
	struct private_store *store;
	struct store_batch *batch;
	const struct membership *membership;
	u64 number, time;
	u32 changes;
	int error;
};

static void waiting_drop(struct commit *commit, const u8 proposal_hash[32], const u8 *state_key, u64 expires,
			 size_t len)
{
	drop(commit->store, commit->batch, private_name_waiting(proposal_hash, state_key));
	drop(commit->store, commit->batch, private_name_expiry(expires, proposal_hash, state_key));
	commit->store->counts.waiting -= commit->store->counts.waiting > 0;
	commit->store->counts.waiting_bytes -=
		len < commit->store->counts.waiting_bytes ? len : commit->store->counts.waiting_bytes;
	commit->changes++;
}

/* One write of a private hash by a transaction with that outcome. */
static void write_settle(struct commit *commit, const u8 proposal_hash[32], bool valid, const struct rwset_write *write)
{
	struct private_name waiting = private_name_waiting(proposal_hash, write->key.bytes);
	struct private_record record;
	bool known = false;
	u8 *bytes = NULL;
	size_t len = 0;
	int error = get(commit->store, &waiting, &bytes, &len);

	if (error && error != -ENOENT) {
		commit->error = error;
		return;
	}
	if (!error && private_record_decode((struct span){ bytes, len }, &record)) {
		wipe_free(bytes, len);
		commit->error = -EIO;
		return;
	}
	if (valid) {
		u64 number;
		u8 hash[32];

		commit->changes++;
		known = !error && write->operation == RWSET_PUT && write->value.len == 32 &&
			hash_fits(&record, write->value.bytes);
		if (!missing_get(commit->store, write->key.bytes, &number, hash)) {
			drop(commit->store, commit->batch, private_name_missing(write->key.bytes));
			commit->store->counts.missing -= commit->store->counts.missing > 0;
		}
		drop(commit->store, commit->batch, private_name_value(write->key.bytes));
		if (known) {
			commit->error = value_commit(commit->store, commit->batch, commit->membership, write->key.bytes,
						     &record, commit->number);
		} else if (write->operation == RWSET_PUT && write->value.len == 32) {
			missing_put(commit->store, commit->batch, write->key.bytes, commit->number, write->value.bytes);
			commit->store->counts.missing += commit->store->counts.missing < PRIVATE_MISSING;
		}
	}
	if (!error)
		waiting_drop(commit, proposal_hash, write->key.bytes, record.number, len);
	commit->store->counts.forgotten += !error && !known;
	wipe_free(bytes, len);
}

static void transaction_settle(struct commit *commit, struct span bytes, bool valid)
{
	struct transaction transaction;
	struct rwset_write write;
	bool hashed = false;
	struct span rest;
	u8 hash[32];

	if (!bytes.len || bytes.bytes[0] != TRANSACTION_INVOKE ||
	    transaction_decode(bytes.bytes, bytes.len, &transaction))
		return;
	rest = transaction.rwset.writes;
	while (!commit->error && rwset_next_write(&rest, &write)) {
		if (write.key.len != PRIVATE_KEY_LEN || write.key.bytes[0] != 'p')
			continue;
		if (!hashed)
			ledger_hash_bytes(LEDGER_DOMAIN_PROPOSAL, transaction.proposal.bytes.bytes,
					  transaction.proposal.bytes.len, hash);
		hashed = true;
		write_settle(commit, hash, valid, &write);
	}
}

/* 'd' block, state key: purged, unless it was written again meanwhile. */
static bool purge_one(void *arg, struct span key, struct span value)
{
	struct commit *commit = arg;
	struct private_record record;
	struct private_name name;
	struct reader reader;
	const u8 *state_key;
	u64 due;
	size_t len;
	u8 *bytes;

	(void)value;
	reader_init(&reader, key.bytes + 1, key.len - 1);
	due = reader_u64(&reader);
	state_key = reader_bytes(&reader, PRIVATE_KEY_LEN);
	if (!reader_done(&reader) || due > commit->number)
		return false;
	commit->store->store->ops->batch_delete(commit->batch, key);
	commit->changes++;
	name = private_name_value(state_key);
	if (get(commit->store, &name, &bytes, &len))
		return true;
	if (!private_record_decode((struct span){ bytes, len }, &record) && record.number < commit->number) {
		const struct membership_collection *collection = collection_find(commit->membership, record.collection);

		if (!collection || record.number + collection->purge_blocks <= commit->number) {
			drop(commit->store, commit->batch, name);
			commit->store->counts.purged++;
		}
	}
	wipe_free(bytes, len);
	return true;
}

static bool expire_one(void *arg, struct span key, struct span value)
{
	struct commit *commit = arg;
	const u8 *proposal_hash, *state_key;
	struct private_name name;
	struct reader reader;
	u64 expires;
	size_t len;
	u8 *bytes;

	(void)value;
	reader_init(&reader, key.bytes + 1, key.len - 1);
	expires = reader_u64(&reader);
	proposal_hash = reader_bytes(&reader, 32);
	state_key = reader_bytes(&reader, PRIVATE_KEY_LEN);
	if (!reader_done(&reader) || expires >= commit->time)
		return false;
	name = private_name_waiting(proposal_hash, state_key);
	if (get(commit->store, &name, &bytes, &len)) {
		commit->store->store->ops->batch_delete(commit->batch, key);
		commit->changes++;
		return true;
	}
	waiting_drop(commit, proposal_hash, state_key, expires, len);
	commit->store->counts.forgotten++;
	wipe_free(bytes, len);
	return true;
}

int private_committed(struct private_store *store, struct ledger *ledger, const struct block *block)
{
	struct commit commit = { .store = store,
				 .membership = ledger_membership(ledger),
				 .number = block->header.number,
				 .time = block->header.time };
	struct reader reader;
	struct span bytes;

	if (!commit.membership->collection_count && !store->counts.waiting)
		return 0;
	commit.batch = store->store->ops->batch_new(store->store);
	if (!commit.batch)
		return -ENOMEM;
	if (block_body_open(block->body, &reader) >= 0)
		for (u32 i = 0; i < block->header.count && !commit.error && block_body_next(&reader, &bytes); i++)
			transaction_settle(&commit, bytes, block->outcomes[i] == LEDGER_VALID);
	if (!commit.error)
		commit.error = walk(store, (struct span){ (const u8 *)"d", 1 }, 'd', SWEEP_MOST, purge_one, &commit);
	if (!commit.error)
		commit.error = walk(store, (struct span){ (const u8 *)"e", 1 }, 'e', SWEEP_MOST, expire_one, &commit);
	if (commit.error || !commit.changes) {
		store->store->ops->batch_free(commit.batch);
		return commit.error;
	}
	return store->store->ops->batch_write(store->store, commit.batch, false);
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
	error = get(store, &name, &bytes, &len);
	if (error)
		return error;
	error = private_record_decode((struct span){ bytes, len }, &record) ? -EIO : 0;
	if (!error && !hash_fits(&record, on_chain.bytes.bytes))
		error = -ENOENT;
	if (!error) {
		*ret_value = malloc(record.value.len + 1);
		error = *ret_value ? 0 : -ENOMEM;
	}
	if (!error) {
		memcpy(*ret_value, record.value.bytes, record.value.len);
		*ret_len = record.value.len;
	}
	wipe_free(bytes, len);
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

	if (!store->counts.missing || !most || walk(store, private_name_span(&from), 'm', most, list_one, &listing))
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
	error = get(store, &name, &bytes, &len);
	if (error)
		return error;
	error = private_record_decode((struct span){ bytes, len }, &record) ? -EIO : 0;
	if (!error && !entitled(collection_find(membership, record.collection), organisation)) {
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
		writer_bytes(&writer, nothing, 32);
		writer_span16(&writer, record.collection);
		writer_span16(&writer, record.key);
		writer_bytes(&writer, record.salt, 16);
		writer_span32(&writer, record.value);
		*ret_len = writer_len(&writer);
	}
	wipe_free(bytes, len);
	return error;
}

void private_counts(const struct private_store *store, struct private_counts *ret_counts)
{
	*ret_counts = store->counts;
}
