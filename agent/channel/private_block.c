// SPDX-License-Identifier: GPL-2.0
/*
 * private_block.c - what a durable block does to private values: those whose
 * transactions are valid become the collection's, others are forgotten; what is due is purged, what is too old goes.
 */
#include <errno.h>

#include "agent/channel/private_parts.h"

#define SWEEP_MOST 4096 /* purged or expired with one block */

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
	private_room_put(store, batch, private_name_missing(state_key), (struct span){ bytes, writer_len(&writer) });
}

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
	private_room_drop(commit->store, commit->batch, private_name_waiting(proposal_hash, state_key));
	private_room_drop(commit->store, commit->batch, private_name_expiry(expires, proposal_hash, state_key));
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
	int error = private_room_get(commit->store, &waiting, &bytes, &len);

	if (error && error != -ENOENT) {
		commit->error = error;
		return;
	}
	if (!error && private_record_decode((struct span){ bytes, len }, &record)) {
		private_wipe(bytes, len);
		commit->error = -EIO;
		return;
	}
	if (valid) {
		u64 number;
		u8 hash[32];

		commit->changes++;
		known = !error && write->operation == RWSET_PUT && write->value.len == 32 &&
			private_fits(&record, write->value.bytes);
		if (!private_missing_get(commit->store, write->key.bytes, &number, hash)) {
			private_room_drop(commit->store, commit->batch, private_name_missing(write->key.bytes));
			commit->store->counts.missing -= commit->store->counts.missing > 0;
		}
		private_room_drop(commit->store, commit->batch, private_name_value(write->key.bytes));
		if (known) {
			commit->error = private_value_commit(commit->store, commit->batch, commit->membership,
							     write->key.bytes, &record, commit->number);
		} else if (write->operation == RWSET_PUT && write->value.len == 32) {
			missing_put(commit->store, commit->batch, write->key.bytes, commit->number, write->value.bytes);
			commit->store->counts.missing += commit->store->counts.missing < PRIVATE_MISSING;
		}
	}
	if (!error)
		waiting_drop(commit, proposal_hash, write->key.bytes, record.number, len);
	commit->store->counts.forgotten += !error && !known;
	private_wipe(bytes, len);
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
	if (private_room_get(commit->store, &name, &bytes, &len))
		return true;
	if (!private_record_decode((struct span){ bytes, len }, &record) && record.number < commit->number) {
		const struct membership_collection *collection =
			private_collection(commit->membership, record.collection);

		if (!collection || record.number + collection->purge_blocks <= commit->number) {
			private_room_drop(commit->store, commit->batch, name);
			commit->store->counts.purged++;
		}
	}
	private_wipe(bytes, len);
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
	if (private_room_get(commit->store, &name, &bytes, &len)) {
		commit->store->store->ops->batch_delete(commit->batch, key);
		commit->changes++;
		return true;
	}
	waiting_drop(commit, proposal_hash, state_key, expires, len);
	commit->store->counts.forgotten++;
	private_wipe(bytes, len);
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
		commit.error =
			private_walk(store, (struct span){ (const u8 *)"d", 1 }, 'd', SWEEP_MOST, purge_one, &commit);
	if (!commit.error)
		commit.error =
			private_walk(store, (struct span){ (const u8 *)"e", 1 }, 'e', SWEEP_MOST, expire_one, &commit);
	if (commit.error || !commit.changes) {
		store->store->ops->batch_free(commit.batch);
		return commit.error;
	}
	return store->store->ops->batch_write(store->store, commit.batch, false);
}
