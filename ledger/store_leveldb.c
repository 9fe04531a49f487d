// SPDX-License-Identifier: GPL-2.0
/*
 * store_leveldb.c - a store in a LevelDB database, by its C interface.
 *
 * paranoid_checks is on and every read verifies checksums, because LevelDB otherwise passes over what is damaged.
 * After a write that failed LevelDB's log may hold half a record; so the database is opened anew before the next
 * write, which then either finds room or fails in the same way.
 * Memory is bounded by the figures below: 16 MiB of what is written, 16 MiB of tables' blocks, and the tables' own
 * indexes (some 5 % of the 1 GiB of tables open at a time).
 */
#include "ledger/store.h"
#include "ledger/store_leveldb_scan.h"

#include <errno.h>
#include <leveldb/c.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define STORE_CACHE_BYTES (16 << 20) /* blocks of tables */
/* Of batches not yet in a table; at most two of them. The list that LevelDB sorts them in is searched from place to
 * place in memory for every key: four times as large a one costs a block's thread half as much again, and saves no
 * compaction. */
#define STORE_BUFFER_BYTES (8 << 20)
#define STORE_TABLE_BYTES (8 << 20) /* a table's file */
#define STORE_FILES_MAX 128	    /* open at a time */
#define STORE_FILTER_BITS 10	    /* per key; about 1 % of absent keys cost a read */
#define STORE_BLOCK_BYTES 1024	    /* read and checked for one value: LevelDB checks it every time, by table */

struct store_leveldb {
	struct store store;
	char *folder;
	leveldb_t *db;
	leveldb_options_t *options;
	leveldb_cache_t *cache;
	leveldb_filterpolicy_t *filter;
	leveldb_readoptions_t *read;
	leveldb_writeoptions_t *write, *write_sync;
	u32 walks;   /* open ones */
	bool failed; /* a write failed: open anew before the next */
};

struct store_batch {
	leveldb_writebatch_t *batch;
};

struct store_walk {
	struct store_leveldb *owner;
	leveldb_iterator_t *iterator;
	leveldb_readoptions_t *read;
	const leveldb_snapshot_t *snapshot;
	bool started;
};

static struct store_leveldb *store_leveldb(struct store *store)
{
	return (struct store_leveldb *)store;
}

/* Takes LevelDB's sentence over and says what it means, and where it is, which LevelDB does not say. */
static int store_leveldb_fail(const char *folder, char *ret_error, char *sentence)
{
	struct store_leveldb_fault fault;

	if (strstr(sentence, "No space left") || strstr(sentence, "quota")) {
		snprintf(ret_error, 320, "The state database %.120s: %.120s. Make room on the disk.", folder, sentence);
		leveldb_free(sentence);
		return -ENOSPC;
	}
	if (store_leveldb_scan(folder, &fault) == -EBADMSG)
		snprintf(ret_error, 320,
			 "The state database's file %s %s at offset %llu. Check the disk; then move the folder away: "
			 "it is "
			 "made again from the blocks.",
			 fault.file, fault.what, (unsigned long long)fault.offset);
	else
		snprintf(
			ret_error, 320,
			"The state database %.80s: %.100s. Check the disk; then move the folder away: it is made again "
			"from the blocks.",
			folder, sentence);
	leveldb_free(sentence);
	return -EIO;
}

static int store_leveldb_get(struct store *store, struct span key, u8 **ret_value, size_t *ret_len)
{
	struct store_leveldb *self = store_leveldb(store);
	char *sentence = NULL;
	char *value = leveldb_get(self->db, self->read, (const char *)key.bytes, key.len, ret_len, &sentence);

	if (sentence) {
		store_leveldb_fail(self->folder, store->error, sentence);
		return -EIO;
	}
	if (!value)
		return -ENOENT;
	*ret_value = (u8 *)value; /* malloc'd by LevelDB's C interface */
	return 0;
}

static struct store_batch *store_leveldb_batch_new(struct store *store)
{
	struct store_batch *batch = malloc(sizeof(*batch));

	(void)store;
	if (batch)
		batch->batch = leveldb_writebatch_create();
	return batch;
}

static void store_leveldb_batch_put(struct store_batch *batch, struct span key, struct span value)
{
	leveldb_writebatch_put(batch->batch, (const char *)key.bytes, key.len, (const char *)value.bytes, value.len);
}

static void store_leveldb_batch_delete(struct store_batch *batch, struct span key)
{
	leveldb_writebatch_delete(batch->batch, (const char *)key.bytes, key.len);
}

static void store_leveldb_batch_free(struct store_batch *batch)
{
	if (!batch)
		return;
	leveldb_writebatch_destroy(batch->batch);
	free(batch);
}

/* Half a record may stand at the end of the log: opened anew, LevelDB begins another log. */
static int store_leveldb_again(struct store_leveldb *self)
{
	char *sentence = NULL;

	if (self->walks)
		return -EBUSY;
	if (self->db)
		leveldb_close(self->db);
	self->db = leveldb_open(self->options, self->folder, &sentence);
	if (sentence)
		return store_leveldb_fail(self->folder, self->store.error, sentence);
	self->failed = false;
	return 0;
}

static int store_leveldb_batch_write(struct store *store, struct store_batch *batch, bool sync)
{
	struct store_leveldb *self = store_leveldb(store);
	char *sentence = NULL;
	int error = 0;

	if (self->failed)
		error = store_leveldb_again(self);
	if (!error) {
		leveldb_write(self->db, sync ? self->write_sync : self->write, batch->batch, &sentence);
		if (sentence) {
			error = store_leveldb_fail(self->folder, store->error, sentence);
			self->failed = true;
		}
	}
	store_leveldb_batch_free(batch);
	return error;
}

static struct store_walk *store_leveldb_walk(struct store *store, struct span from)
{
	struct store_leveldb *self = store_leveldb(store);
	struct store_walk *walk = calloc(1, sizeof(*walk));

	if (!walk)
		return NULL;
	walk->owner = self;
	walk->snapshot = leveldb_create_snapshot(self->db);
	walk->read = leveldb_readoptions_create();
	leveldb_readoptions_set_verify_checksums(walk->read, 1);
	leveldb_readoptions_set_snapshot(walk->read, walk->snapshot);
	walk->iterator = leveldb_create_iterator(self->db, walk->read);
	leveldb_iter_seek(walk->iterator, (const char *)from.bytes, from.len);
	self->walks++;
	return walk;
}

static bool store_leveldb_walk_next(struct store_walk *walk, struct span *ret_key, struct span *ret_value,
				    int *ret_error)
{
	char *sentence = NULL;

	if (walk->started && leveldb_iter_valid(walk->iterator))
		leveldb_iter_next(walk->iterator);
	walk->started = true;
	if (!leveldb_iter_valid(walk->iterator)) {
		leveldb_iter_get_error(walk->iterator, &sentence);
		if (sentence) {
			store_leveldb_fail(walk->owner->folder, walk->owner->store.error, sentence);
			*ret_error = -EIO;
		}
		return false;
	}
	ret_key->bytes = (const u8 *)leveldb_iter_key(walk->iterator, &ret_key->len);
	ret_value->bytes = (const u8 *)leveldb_iter_value(walk->iterator, &ret_value->len);
	return true;
}

static void store_leveldb_walk_free(struct store_walk *walk)
{
	if (!walk)
		return;
	leveldb_iter_destroy(walk->iterator);
	leveldb_readoptions_destroy(walk->read);
	leveldb_release_snapshot(walk->owner->db, walk->snapshot);
	walk->owner->walks--;
	free(walk);
}

static void store_leveldb_close(struct store *store)
{
	struct store_leveldb *self = store_leveldb(store);

	if (self->db)
		leveldb_close(self->db);
	leveldb_options_destroy(self->options);
	leveldb_cache_destroy(self->cache);
	leveldb_filterpolicy_destroy(self->filter);
	leveldb_readoptions_destroy(self->read);
	leveldb_writeoptions_destroy(self->write);
	leveldb_writeoptions_destroy(self->write_sync);
	free(self->folder);
	free(self);
}

static const struct store_ops store_leveldb_ops = {
	.get = store_leveldb_get,
	.batch_new = store_leveldb_batch_new,
	.batch_put = store_leveldb_batch_put,
	.batch_delete = store_leveldb_batch_delete,
	.batch_write = store_leveldb_batch_write,
	.batch_free = store_leveldb_batch_free,
	.walk = store_leveldb_walk,
	.walk_next = store_leveldb_walk_next,
	.walk_free = store_leveldb_walk_free,
	.close = store_leveldb_close,
};

static void store_leveldb_configure(struct store_leveldb *self, bool create)
{
	self->options = leveldb_options_create();
	self->cache = leveldb_cache_create_lru(STORE_CACHE_BYTES);
	self->filter = leveldb_filterpolicy_create_bloom(STORE_FILTER_BITS);
	leveldb_options_set_create_if_missing(self->options, create);
	leveldb_options_set_error_if_exists(self->options, create);
	leveldb_options_set_paranoid_checks(self->options, 1);
	leveldb_options_set_write_buffer_size(self->options, STORE_BUFFER_BYTES);
	leveldb_options_set_block_size(self->options, STORE_BLOCK_BYTES);
	leveldb_options_set_max_file_size(self->options, STORE_TABLE_BYTES);
	leveldb_options_set_max_open_files(self->options, STORE_FILES_MAX);
	leveldb_options_set_cache(self->options, self->cache);
	leveldb_options_set_filter_policy(self->options, self->filter);
	leveldb_options_set_compression(self->options, leveldb_no_compression); /* hashes do not shrink */
	self->read = leveldb_readoptions_create();
	leveldb_readoptions_set_verify_checksums(self->read, 1);
	self->write = leveldb_writeoptions_create();
	self->write_sync = leveldb_writeoptions_create();
	leveldb_writeoptions_set_sync(self->write_sync, 1);
}

int store_leveldb_open(const char *folder, bool create, struct store **ret_store, char ret_error[320])
{
	struct store_leveldb *self;
	char current[4096], *sentence = NULL;
	int error;

	snprintf(current, sizeof(current), "%s/CURRENT", folder);
	if (create != (access(current, F_OK) != 0)) {
		snprintf(ret_error, 320, "The folder %s holds %s state database.", folder, create ? "already a" : "no");
		return create ? -EEXIST : -ENOENT;
	}
	self = calloc(1, sizeof(*self));
	if (!self)
		return -ENOMEM;
	self->store.ops = &store_leveldb_ops;
	self->folder = strdup(folder);
	store_leveldb_configure(self, create);
	self->db = leveldb_open(self->options, folder, &sentence);
	if (sentence) {
		error = store_leveldb_fail(folder, ret_error, sentence);
		store_leveldb_close(&self->store);
		return error;
	}
	leveldb_options_set_error_if_exists(self->options, 0); /* for opening anew */
	*ret_store = &self->store;
	return 0;
}
