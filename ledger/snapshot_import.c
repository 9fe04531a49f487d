// SPDX-License-Identifier: GPL-2.0
/*
 * snapshot_import.c - pieces from somebody who need not be trusted: who certified
 * the head, and the pairs into a store of their own. Whether the pairs are the head's state shows at the end.
 *
 *   head -> link ... -> pairs ... -> end      the chain must reach the head's replicas before the first pair is taken
 */
#include <errno.h>
#include <stdlib.h>

#include "ledger/snapshot_parts.h"
#include "ledger/state_parts.h"

#define IMPORT_BATCH_BYTES (1 << 20)
#define IMPORT_KEY_MAX (3 + STATE_KEY_MAX + STATE_VERSION_LEN)

static int refuse(struct ledger_error *ret_error, const char *why)
{
	return ledger_fail(ret_error, -EBADMSG, "", 0, "The snapshot is refused: %s", why);
}

int snapshot_import_open(const struct ledger_options *options, const struct membership *trusted, const u8 channel[32],
			 struct snapshot_import **ret_import, struct ledger_error *ret_error)
{
	struct snapshot_import *self = calloc(1, sizeof(*self));
	u8 there[LEDGER_HASH_LEN];
	int error = -ENOMEM;

	if (self) {
		self->options = *options;
		self->options.folder = options->folder ? strdup(options->folder) : NULL;
		memcpy(self->channel, channel, LEDGER_HASH_LEN);
		chain_replicas(trusted, &self->known);
		self->verifier = verifier_new(0);
		self->tree = buckettree_new();
	}
	if (self && self->verifier && self->tree)
		error = ledger_place_open(&self->options, true, &self->place, ret_error);
	if (!error && !options->folder && ledger_place_channel(self->place.disk, there) != -ENOENT)
		error = ledger_fail(ret_error, -EEXIST, "blocks", 0, "There are blocks already.");
	if (error == -EEXIST) { /* not ours to take away */
		ledger_place_close(&self->place);
		self->kept = true;
	}
	if (error) {
		snapshot_import_close(self);
		return error;
	}
	*ret_import = self;
	return 0;
}

static void store_wipe(struct store *store)
{
	struct store_batch *batch = store->ops->batch_new(store);
	struct store_walk *walk = store->ops->walk(store, state_span(NULL, 0));
	struct span key, value;
	int error = 0;

	while (batch && walk && store->ops->walk_next(walk, &key, &value, &error))
		store->ops->batch_delete(batch, key);
	store->ops->walk_free(walk);
	if (batch)
		store->ops->batch_write(store, batch, false);
}

void snapshot_import_close(struct snapshot_import *self)
{
	if (!self)
		return;
	if (self->batch)
		self->place.store->ops->batch_free(self->batch);
	if (self->place.store && !self->options.folder && !self->kept)
		store_wipe(self->place.store);
	ledger_place_close(&self->place);
	if (!self->kept)
		ledger_place_remove(&self->options, &self->place);
	verifier_free(self->verifier);
	free((char *)self->options.folder);
	free(self->entries);
	buckettree_free(self->tree);
	free(self);
}

static int import_flush(struct snapshot_import *self, struct ledger_error *ret_error)
{
	struct store *store = self->place.store;
	struct store_batch *batch = self->batch;
	int error = batch ? store->ops->batch_write(store, batch, false) : 0;

	self->batch = NULL;
	self->batch_bytes = 0;
	return error ? ledger_fail_store(ret_error, error, store) : 0;
}

static int import_put(struct snapshot_import *self, struct span key, struct span value, struct ledger_error *ret_error)
{
	struct store *store = self->place.store;

	if (!self->batch)
		self->batch = store->ops->batch_new(store);
	if (!self->batch)
		return -ENOMEM;
	store->ops->batch_put(self->batch, key, value);
	self->batch_bytes += key.len + value.len;
	return self->batch_bytes < IMPORT_BATCH_BYTES ? 0 : import_flush(self, ret_error);
}

static int import_head(struct snapshot_import *self, struct reader *reader, struct ledger_error *ret_error)
{
	const u8 *magic = reader_bytes(reader, 8);
	struct span link = reader_span32(reader, CHAIN_MAX), genesis = reader_span32(reader, MEMBERSHIP_BYTES_MAX);
	u8 channel[LEDGER_HASH_LEN];

	if (self->pieces || !reader_done(reader) || memcmp(magic, SNAPSHOT_MAGIC, 8) ||
	    chain_decode(link, &self->head) || membership_decode(genesis, &self->genesis))
		return refuse(ret_error, "its head is damaged.");
	membership_channel_id(&self->genesis, channel);
	if (memcmp(channel, self->channel, sizeof(channel)) ||
	    memcmp(self->head.header.channel, self->channel, sizeof(channel)))
		return refuse(ret_error, "it is of another channel.");
	if (self->over && self->head.header.number <= self->over->head.number)
		return refuse(ret_error, "it is not above what is here.");
	if (!self->head.header.number)
		return refuse(ret_error, "its head is the genesis.");
	block_header_hash(&self->head.header, self->head_hash);
	chain_replicas(&self->genesis, &self->replicas);
	memset(&self->link, 0, sizeof(self->link));
	return 0;
}

/* The chain may lead past what is trusted only through it. */
static bool through_trusted(const struct snapshot_import *self)
{
	return self->replicas.epoch != self->known.epoch ||
	       (self->replicas.count == self->known.count &&
		!memcmp(self->replicas.keys, self->known.keys, sizeof(self->known.keys)));
}

static int import_link(struct snapshot_import *self, struct reader *reader, struct ledger_error *ret_error)
{
	struct span bytes = reader_span32(reader, CHAIN_MAX);
	u8 hash[LEDGER_HASH_LEN], next[LEDGER_HASH_LEN], name[9];
	u64 before = self->link.header.number;
	struct chain_link *link = &self->link;

	if ((self->last != SNAPSHOT_HEAD && self->last != SNAPSHOT_LINK) || !reader_done(reader) ||
	    chain_decode(bytes, link))
		return refuse(ret_error, "a configuration block in it is damaged.");
	chain_replicas_hash(&link->after, next);
	block_header_hash(&link->header, hash);
	if (link->header.number <= before || link->header.number > self->head.header.number ||
	    memcmp(link->header.channel, self->channel, LEDGER_HASH_LEN) ||
	    link->after.epoch != self->replicas.epoch + 1 || memcmp(next, link->header.next_replicas, sizeof(next)) ||
	    !through_trusted(self) ||
	    !chain_certified(self->verifier, &self->replicas, &link->header, &link->certificate))
		return refuse(ret_error, "its configurations do not lead from one to the next.");
	if (link->header.number == self->head.header.number) {
		if (memcmp(hash, self->head_hash, sizeof(hash)))
			return refuse(ret_error, "it shows two blocks of one number.");
		self->certified = true;
	}
	self->replicas = link->after;
	chain_name(name, link->header.number);
	return import_put(self, state_span(name, sizeof(name)), bytes, ret_error);
}

/* No link follows: do the replicas that the chain led to vouch for the head? */
static int import_judge(struct snapshot_import *self, struct ledger_error *ret_error)
{
	if (self->certified)
		return 0;
	if (self->replicas.epoch < self->known.epoch || !through_trusted(self))
		return refuse(ret_error, "its head is of an epoch before the one that is known here.");
	if (!chain_certified(self->verifier, &self->replicas, &self->head.header, &self->head.certificate))
		return refuse(ret_error, "its head has no certificate of the channel's replicas.");
	self->certified = true;
	return 0;
}

int snapshot_import_bucket(struct snapshot_import *self, struct ledger_error *ret_error)
{
	struct span entries = { self->entries, self->entries_len };
	u8 name[5];
	int error;

	if (!self->filling)
		return 0;
	error = bucket_hash(self->bucket, entries, buckettree_hash(self->tree, 0, self->bucket));
	if (!error)
		error = import_put(self, bucket_name(name, self->bucket), entries, ret_error);
	self->filling = false;
	return error;
}

static bool import_ascends(const struct snapshot_import *self, u32 bucket, struct span key)
{
	struct reader last;

	if (!self->keys || bucket > self->bucket)
		return true;
	reader_init(&last, self->entries + self->last_key, self->entries_len - self->last_key);
	return bucket == self->bucket && buckettree_order(reader_span16(&last, STATE_KEY_MAX), key) < 0;
}

/* A pair into its bucket. */
static int import_entry(struct snapshot_import *self, struct span key, const u8 *version, struct span value)
{
	size_t len = bucket_entry_len(key.len, value.len);
	u8 hash[LEDGER_HASH_LEN];
	struct writer writer;

	if (self->entries_room - self->entries_len < len) {
		size_t room = 2 * (self->entries_room + len);
		u8 *entries = realloc(self->entries, room);

		if (!entries)
			return -ENOMEM;
		self->entries = entries;
		self->entries_room = room;
	}
	writer_init(&writer, self->entries + self->entries_len, len);
	state_value_hash(version, value, hash);
	bucket_entry_write(&writer, key, hash, version, value);
	self->last_key = self->entries_len;
	self->entries_len += len;
	self->keys++;
	return 0;
}

/* What stands in the store beside the bucket: the key for walks, the value if it is long, the beginning of its history.
 */
static int import_beside(struct snapshot_import *self, struct span key, const u8 *version, struct span value,
			 struct ledger_error *ret_error)
{
	u8 name[IMPORT_KEY_MAX], *record;
	struct writer writer;
	size_t i;
	int error;

	writer_init(&writer, name, sizeof(name));
	writer_u8(&writer, 's');
	writer_bytes(&writer, key.bytes, key.len);
	error = import_put(self, state_span(name, writer_len(&writer)), state_span(NULL, 0), ret_error);
	if (!error && value.len > STATE_INLINE_MAX)
		error = import_put(self, bucket_long_name(name, self->bucket, key), value, ret_error);
	if (error || !key.bytes[0] || !strchr(STATE_HISTORY_SPACES, key.bytes[0]))
		return error;
	record = malloc(1 + STATE_VERSION_LEN + value.len);
	if (!record)
		return -ENOMEM;
	record[0] = 0; /* not deleted */
	memcpy(record + 1, version, STATE_VERSION_LEN);
	if (value.len)
		memcpy(record + 1 + STATE_VERSION_LEN, value.bytes, value.len);
	writer_init(&writer, name, sizeof(name));
	writer_u8(&writer, 'h');
	writer_span16(&writer, key);
	for (i = 0; i < STATE_VERSION_LEN; i++)
		writer_u8(&writer, (u8)~version[i]);
	error = import_put(self, state_span(name, writer_len(&writer)),
			   state_span(record, 1 + STATE_VERSION_LEN + value.len), ret_error);
	free(record);
	return error;
}

static int import_pairs(struct snapshot_import *self, struct reader *reader, struct ledger_error *ret_error)
{
	struct span key, value;
	const u8 *version;
	u32 bucket;
	int error = self->last == SNAPSHOT_END ? refuse(ret_error, "it goes on after its end.")
					       : import_judge(self, ret_error);

	while (!error && reader_left(reader)) {
		key = reader_span16(reader, STATE_KEY_MAX);
		version = reader_bytes(reader, STATE_VERSION_LEN);
		value = reader_span32(reader, 0x7fffffff);
		bucket = reader->bad ? 0 : buckettree_bucket(self->genesis.seed, key);
		if (reader->bad || !key.len || !import_ascends(self, bucket, key))
			return refuse(ret_error, "a pair in it is damaged, or out of order.");
		if (self->keys && bucket != self->bucket)
			error = snapshot_import_bucket(self, ret_error);
		if (!self->filling)
			self->entries_len = 0;
		self->bucket = bucket;
		self->filling = true;
		if (!error)
			error = import_entry(self, key, version, value);
		if (!error)
			error = import_beside(self, key, version, value, ret_error);
	}
	return error;
}

int snapshot_import_piece(struct snapshot_import *self, struct span piece, struct ledger_error *ret_error)
{
	struct reader reader;
	enum snapshot_kind kind;
	u64 keys;
	int error;

	if (self->refused)
		return refuse(ret_error, "a piece of it was.");
	self->refused = true;
	reader_init(&reader, piece.bytes, piece.len);
	kind = reader_u8(&reader);
	if (reader_u32(&reader) != self->pieces || reader.bad || (self->pieces == 0) != (kind == SNAPSHOT_HEAD))
		return refuse(ret_error, "its pieces are not in order.");
	switch (kind) {
	case SNAPSHOT_HEAD:
		error = import_head(self, &reader, ret_error);
		break;
	case SNAPSHOT_LINK:
		error = import_link(self, &reader, ret_error);
		break;
	case SNAPSHOT_PAIRS:
		error = import_pairs(self, &reader, ret_error);
		break;
	case SNAPSHOT_END:
		keys = reader_u64(&reader);
		error = self->last == SNAPSHOT_PAIRS && reader_done(&reader) && keys == self->keys
				? 0
				: refuse(ret_error, "its end is damaged, or pairs are missing.");
		break;
	default:
		error = refuse(ret_error, "a piece is of no known kind.");
	}
	if (error)
		return error;
	self->refused = false;
	self->last = kind;
	self->pieces++;
	return 0;
}
