// SPDX-License-Identifier: GPL-2.0
/*
 * store_memory.c - a store in memory: a skip list whose nodes keep the versions
 * of a value that somebody may still need.
 *
 * Every batch has a number. A node's versions are newest first. Two kinds of readers need old ones: open walks (the
 * state as it was when they began), and store_memory_crash(), which goes back to the last synced batch. What neither
 * needs is freed when the node is written again, and on every sync. A node without a value (deleted) goes then, too.
 */
#include "ledger/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define STORE_HEIGHT 16

struct version {
	struct version *older;
	u64 batch;
	size_t len;
	bool deleted;
	u8 bytes[];
};

struct node {
	struct version *newest;
	struct node *dirty_next; /* in store_memory.dirty: has more than one version or is deleted */
	bool dirty;
	u8 height;
	size_t len;
	u8 *key;
	struct node *next[];
};

struct store_memory {
	struct store store;
	u64 batch, synced; /* numbers of the last batches */
	u32 walks;
	u64 oldest_walk; /* batch of the oldest open walk, or a smaller number */
	u32 random;	 /* heights: the same on every run */
	struct node *dirty;
	struct node *head;
	u64 fail_after, operations;
	int fail_error;
};

struct change {
	size_t key_len, value_len;
	bool deleted;
	/* key and value follow */
};

struct store_batch {
	u8 *bytes;
	size_t len, room;
	bool failed; /* no memory */
};

struct store_walk {
	struct store_memory *owner;
	u64 batch;
	struct node *at; /* next to look at */
};

static struct store_memory *store_memory(struct store *store)
{
	return (struct store_memory *)store;
}

static int key_compare(const struct node *node, struct span key)
{
	size_t len = node->len < key.len ? node->len : key.len;
	int order = len ? memcmp(node->key, key.bytes, len) : 0;

	return order ? order : (node->len > key.len) - (node->len < key.len);
}

/* The first node not below @key; @before (if given) gets its predecessors. */
static struct node *node_seek(struct store_memory *self, struct span key, struct node **before)
{
	struct node *at = self->head;
	int level;

	for (level = STORE_HEIGHT - 1; level >= 0; level--) {
		while (at->next[level] && key_compare(at->next[level], key) < 0)
			at = at->next[level];
		if (before)
			before[level] = at;
	}
	return at->next[0];
}

static struct node *node_new(u8 height, struct span key)
{
	size_t size = sizeof(struct node) + height * sizeof(struct node *);
	struct node *node = calloc(1, size + key.len);

	if (!node)
		return NULL;
	node->height = height;
	node->len = key.len;
	node->key = (u8 *)node + size;
	if (key.len)
		memcpy(node->key, key.bytes, key.len);
	return node;
}

static void node_free(struct node *node)
{
	struct version *version, *older;

	for (version = node->newest; version; version = older) {
		older = version->older;
		free(version);
	}
	free(node);
}

static struct node *node_insert(struct store_memory *self, struct span key)
{
	struct node *before[STORE_HEIGHT], *node = node_seek(self, key, before);
	u8 height = 1, level;
	u32 draw;

	if (node && !key_compare(node, key))
		return node;
	self->random = self->random * 1664525 + 1013904223;
	for (draw = self->random >> 6; height < STORE_HEIGHT && !(draw & 3); draw >>= 2)
		height++;
	node = node_new(height, key);
	if (!node)
		return NULL;
	for (level = 0; level < height; level++) {
		node->next[level] = before[level]->next[level];
		before[level]->next[level] = node;
	}
	return node;
}

static void node_remove(struct store_memory *self, struct node *node)
{
	struct node *before[STORE_HEIGHT];
	u8 level;

	node_seek(self, (struct span){ node->key, node->len }, before);
	for (level = 0; level < node->height; level++)
		before[level]->next[level] = node->next[level];
	node_free(node);
}

static void node_mark(struct store_memory *self, struct node *node)
{
	if (node->dirty)
		return;
	node->dirty = true;
	node->dirty_next = self->dirty;
	self->dirty = node;
}

/* The version that a reader of @batch sees, or NULL. */
static struct version *node_version(const struct node *node, u64 batch)
{
	struct version *version = node->newest;

	while (version && version->batch > batch)
		version = version->older;
	return version && !version->deleted ? version : NULL;
}

/* Frees versions older than the one that a reader of @needed sees. True: nothing is left worth a second look. */
static bool node_trim(struct node *node, u64 needed)
{
	struct version *version = node->newest, *older;

	while (version && version->batch > needed)
		version = version->older;
	if (version) {
		older = version->older;
		version->older = NULL;
		while (older) {
			version = older->older;
			free(older);
			older = version;
		}
	}
	return !node->newest || (!node->newest->older && node->newest->batch <= needed);
}

/* The oldest batch that a reader may ask for. */
static u64 store_memory_needed(const struct store_memory *self)
{
	return self->walks && self->oldest_walk < self->synced ? self->oldest_walk : self->synced;
}

static void store_memory_sweep(struct store_memory *self)
{
	u64 needed = store_memory_needed(self);
	struct node *node = self->dirty, *next;

	self->dirty = NULL;
	for (; node; node = next) {
		next = node->dirty_next;
		node->dirty = false;
		if (!node_trim(node, needed))
			node_mark(self, node);
		else if (!node->newest || (node->newest->deleted && !self->walks))
			node_remove(self, node);
		else if (node->newest->deleted)
			node_mark(self, node); /* a walk may stand on it */
	}
}

static int store_memory_get(struct store *store, struct span key, u8 **ret_value, size_t *ret_len)
{
	struct store_memory *self = store_memory(store);
	struct node *node = node_seek(self, key, NULL);
	struct version *version = node && !key_compare(node, key) ? node_version(node, self->batch) : NULL;

	if (!version)
		return -ENOENT;
	*ret_value = malloc(version->len + 1);
	if (!*ret_value)
		return -ENOMEM;
	memcpy(*ret_value, version->bytes, version->len);
	*ret_len = version->len;
	return 0;
}

static struct store_batch *store_memory_batch_new(struct store *store)
{
	(void)store;
	return calloc(1, sizeof(struct store_batch));
}

static void batch_add(struct store_batch *batch, bool deleted, struct span key, struct span value)
{
	struct change change = { key.len, value.len, deleted };
	size_t size = sizeof(change) + key.len + value.len;
	u8 *at;

	if (batch->room - batch->len < size) {
		size_t room = (batch->room + size) * 2;
		u8 *bytes = realloc(batch->bytes, room);

		if (!bytes) {
			batch->failed = true;
			return;
		}
		batch->bytes = bytes;
		batch->room = room;
	}
	at = batch->bytes + batch->len;
	memcpy(at, &change, sizeof(change));
	if (key.len)
		memcpy(at + sizeof(change), key.bytes, key.len);
	if (value.len)
		memcpy(at + sizeof(change) + key.len, value.bytes, value.len);
	batch->len += size;
}

static void store_memory_batch_put(struct store_batch *batch, struct span key, struct span value)
{
	batch_add(batch, false, key, value);
}

static void store_memory_batch_delete(struct store_batch *batch, struct span key)
{
	batch_add(batch, true, key, (struct span){ NULL, 0 });
}

static void store_memory_batch_free(struct store_batch *batch)
{
	if (!batch)
		return;
	free(batch->bytes);
	free(batch);
}

static int store_memory_apply(struct store_memory *self, const struct change *change, const u8 *key, const u8 *value)
{
	struct node *node = node_insert(self, (struct span){ key, change->key_len });
	struct version *version = malloc(sizeof(*version) + change->value_len);

	if (!node || !version) {
		free(version);
		return -ENOMEM;
	}
	version->batch = self->batch;
	version->len = change->value_len;
	version->deleted = change->deleted;
	if (change->value_len)
		memcpy(version->bytes, value, change->value_len);
	version->older = node->newest;
	if (node->newest && node->newest->batch == self->batch) { /* twice in one batch: the later one counts */
		version->older = node->newest->older;
		free(node->newest);
	}
	node->newest = version;
	if (!node_trim(node, store_memory_needed(self)) || version->deleted)
		node_mark(self, node);
	return 0;
}

static int store_memory_batch_write(struct store *store, struct store_batch *batch, bool sync)
{
	struct store_memory *self = store_memory(store);
	int error = batch->failed ? -ENOMEM : 0;
	struct change change;
	size_t at;

	self->operations++;
	if (self->fail_after && self->operations > self->fail_after) {
		error = self->fail_error;
		snprintf(store->error, sizeof(store->error), "The state database in memory was told to fail.");
	}
	if (!error)
		self->batch++;
	for (at = 0; !error && at < batch->len; at += sizeof(change) + change.key_len + change.value_len) {
		const u8 *key = batch->bytes + at + sizeof(change);

		memcpy(&change, batch->bytes + at, sizeof(change));
		error = store_memory_apply(self, &change, key, key + change.key_len);
	}
	if (!error && sync) {
		self->synced = self->batch;
		store_memory_sweep(self);
	}
	store_memory_batch_free(batch);
	return error;
}

static struct store_walk *store_memory_walk(struct store *store, struct span from)
{
	struct store_memory *self = store_memory(store);
	struct store_walk *walk = malloc(sizeof(*walk));

	if (!walk)
		return NULL;
	walk->owner = self;
	walk->batch = self->batch;
	walk->at = node_seek(self, from, NULL);
	if (!self->walks++)
		self->oldest_walk = self->batch;
	return walk;
}

static bool store_memory_walk_next(struct store_walk *walk, struct span *ret_key, struct span *ret_value,
				   int *ret_error)
{
	struct version *version = NULL;
	struct node *node = walk->at;

	(void)ret_error;
	while (node && !(version = node_version(node, walk->batch)))
		node = node->next[0];
	walk->at = node ? node->next[0] : NULL;
	if (!node)
		return false;
	*ret_key = (struct span){ node->key, node->len };
	*ret_value = (struct span){ version->bytes, version->len };
	return true;
}

static void store_memory_walk_free(struct store_walk *walk)
{
	if (!walk)
		return;
	walk->owner->walks--;
	free(walk);
}

static void store_memory_close(struct store *store)
{
	struct store_memory *self = store_memory(store);
	struct node *node, *next;

	for (node = self->head; node; node = next) {
		next = node->next[0];
		node_free(node);
	}
	free(self);
}

void store_memory_crash(struct store *store)
{
	struct store_memory *self = store_memory(store);
	struct node *node, *next;

	self->fail_after = 0;
	for (node = self->head->next[0]; node; node = next) {
		next = node->next[0];
		while (node->newest && node->newest->batch > self->synced) {
			struct version *version = node->newest;

			node->newest = version->older;
			free(version);
		}
		if (!node->newest)
			node_mark(self, node);
	}
	self->batch = self->synced;
	store_memory_sweep(self);
}

void store_memory_fail_after(struct store *store, u64 batches, int error)
{
	struct store_memory *self = store_memory(store);

	self->operations = 0;
	self->fail_after = batches;
	self->fail_error = error;
}

static const struct store_ops store_memory_ops = {
	.get = store_memory_get,
	.batch_new = store_memory_batch_new,
	.batch_put = store_memory_batch_put,
	.batch_delete = store_memory_batch_delete,
	.batch_write = store_memory_batch_write,
	.batch_free = store_memory_batch_free,
	.walk = store_memory_walk,
	.walk_next = store_memory_walk_next,
	.walk_free = store_memory_walk_free,
	.close = store_memory_close,
};

int store_memory_open(struct store **ret_store)
{
	struct store_memory *self = calloc(1, sizeof(*self));

	if (!self)
		return -ENOMEM;
	self->store.ops = &store_memory_ops;
	self->head = node_new(STORE_HEIGHT, (struct span){ NULL, 0 });
	if (!self->head) {
		free(self);
		return -ENOMEM;
	}
	*ret_store = &self->store;
	return 0;
}
