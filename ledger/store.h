/* SPDX-License-Identifier: GPL-2.0 */
/*
 * store.h - an ordered map of bytes to bytes with atomic batches, as a table:
 * LevelDB (paranoid_checks, checksums verified) or a twin in memory for tests
 * and simulation. Keys ascend by memcmp, shorter first.
 *
 * A store is used by one thread. -EIO with a sentence in its error means
 * own data is damaged or the disk failed: the caller stops.
 */
#ifndef VOLTGATE_LEDGER_STORE_H
#define VOLTGATE_LEDGER_STORE_H

#include "ledger/cursor.h"

struct store {
	const struct store_ops *ops;
	char error[320]; /* of the last -EIO */
};

struct store_batch;
struct store_walk;

struct store_ops {
	/* *@ret_value is malloc'd, the caller's; -ENOENT. */
	int (*get)(struct store *store, struct span key, u8 **ret_value, size_t *ret_len);
	struct store_batch *(*batch_new)(struct store *store);
	void (*batch_put)(struct store_batch *batch, struct span key, struct span value);
	void (*batch_delete)(struct store_batch *batch, struct span key);
	/*
	 * Atomic; @sync: on the disk when it returns. Frees the batch either way. -ENOSPC, -EIO: nothing was
	 * written; -EBUSY: after such a failure no walk may be open at the next write.
	 */
	int (*batch_write)(struct store *store, struct store_batch *batch, bool sync);
	void (*batch_free)(struct store_batch *batch);
	/* A walk over the state as it is now, from the first key not below @from. */
	struct store_walk *(*walk)(struct store *store, struct span from);
	/* False at the end, or with *@ret_error = -EIO. Spans are good until the next call. */
	bool (*walk_next)(struct store_walk *walk, struct span *ret_key, struct span *ret_value, int *ret_error);
	void (*walk_free)(struct store_walk *walk);
	void (*close)(struct store *store);
};

/* @create: makes it. -EEXIST/-ENOENT, -EIO: damaged; the sentence is in @ret_error then. */
int store_leveldb_open(const char *folder, bool create, struct store **ret_store, char ret_error[320]);
int store_memory_open(struct store **ret_store);
/* Forgets every batch written after the last synced one, and what fail_after asked: a power cut. No walk is open. */
void store_memory_crash(struct store *store);
/* After so many more batches every batch_write fails with @error and changes nothing; 0: none fails. */
void store_memory_fail_after(struct store *store, u64 batches, int error);

#endif
