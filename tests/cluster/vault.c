// SPDX-License-Identifier: GPL-2.0
/* vault.c - faces of disks and a store that die with the process they were given to. */
#include "tests/cluster/vault.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct face_disk {
	struct disk disk;
	struct vault *vault;
	struct disk *inner;
	u64 life;
};

struct disk_file {
	struct face_disk *face;
	struct disk_file *inner;
};

struct face_store {
	struct store store;
	struct vault *vault;
	u64 life;
};

static struct face_disk *face_of(struct disk *disk)
{
	return (struct face_disk *)disk;
}

static bool dead(const struct face_disk *face)
{
	return face->life != face->vault->life;
}

static int face_open(struct disk *disk, const char *name, bool create, struct disk_file **ret_file)
{
	struct face_disk *face = face_of(disk);
	struct disk_file *file;
	int err;

	if (dead(face))
		return -EIO;
	file = malloc(sizeof(*file));
	if (!file)
		return -ENOMEM;
	file->face = face;
	err = face->inner->ops->open(face->inner, name, create, &file->inner);
	if (err) {
		free(file);
		return err;
	}
	*ret_file = file;
	return 0;
}

static void face_close(struct disk_file *file)
{
	file->face->inner->ops->close(file->inner);
	free(file);
}

static ssize_t face_read(struct disk_file *file, u64 offset, void *bytes, size_t len)
{
	return dead(file->face) ? -EIO : file->face->inner->ops->read(file->inner, offset, bytes, len);
}

static int face_write(struct disk_file *file, u64 offset, const void *bytes, size_t len)
{
	return dead(file->face) ? -EIO : file->face->inner->ops->write(file->inner, offset, bytes, len);
}

static int face_sync(struct disk_file *file)
{
	return dead(file->face) ? -EIO : file->face->inner->ops->sync(file->inner);
}

static int face_truncate(struct disk_file *file, u64 size)
{
	return dead(file->face) ? -EIO : file->face->inner->ops->truncate(file->inner, size);
}

static ssize_t face_size(struct disk_file *file)
{
	return dead(file->face) ? -EIO : file->face->inner->ops->size(file->inner);
}

static int face_remove(struct disk *disk, const char *name)
{
	return dead(face_of(disk)) ? -EIO : face_of(disk)->inner->ops->remove(face_of(disk)->inner, name);
}

static int face_rename(struct disk *disk, const char *from, const char *to)
{
	return dead(face_of(disk)) ? -EIO : face_of(disk)->inner->ops->rename(face_of(disk)->inner, from, to);
}

static int face_sync_folder(struct disk *disk)
{
	return dead(face_of(disk)) ? -EIO : face_of(disk)->inner->ops->sync_folder(face_of(disk)->inner);
}

static int face_list(struct disk *disk, void (*each)(void *arg, const char *name), void *arg)
{
	return dead(face_of(disk)) ? -EIO : face_of(disk)->inner->ops->list(face_of(disk)->inner, each, arg);
}

static void face_done(struct disk *disk)
{
	free(disk);
}

static const struct disk_ops face_disk_ops = {
	.open = face_open,
	.close = face_close,
	.read = face_read,
	.write = face_write,
	.sync = face_sync,
	.truncate = face_truncate,
	.size = face_size,
	.remove = face_remove,
	.rename = face_rename,
	.sync_folder = face_sync_folder,
	.list = face_list,
	.done = face_done,
};

struct disk *vault_disk(struct vault *vault, enum vault_disk which)
{
	struct face_disk *face = calloc(1, sizeof(*face));

	if (!face)
		return NULL;
	face->disk.ops = &face_disk_ops;
	face->vault = vault;
	face->inner = vault->disks[which];
	face->life = vault->life;
	return &face->disk;
}

static struct store *inner_of(struct store *store)
{
	return ((struct face_store *)store)->vault->store;
}

static bool store_dead(struct store *store)
{
	struct face_store *face = (struct face_store *)store;

	if (face->life == face->vault->life)
		return false;
	snprintf(store->error, sizeof(store->error), "The process that this store belonged to is gone.");
	return true;
}

static int store_get(struct store *store, struct span key, u8 **ret_value, size_t *ret_len)
{
	return store_dead(store) ? -EIO : inner_of(store)->ops->get(inner_of(store), key, ret_value, ret_len);
}

static struct store_batch *store_batch_new(struct store *store)
{
	return inner_of(store)->ops->batch_new(inner_of(store));
}

static int store_batch_write(struct store *store, struct store_batch *batch, bool sync)
{
	if (!store_dead(store))
		return inner_of(store)->ops->batch_write(inner_of(store), batch, sync);
	inner_of(store)->ops->batch_free(batch);
	return -EIO;
}

static struct store_walk *store_walk(struct store *store, struct span from)
{
	return inner_of(store)->ops->walk(inner_of(store), from);
}

static void store_close(struct store *store)
{
	free((void *)store->ops);
	free(store);
}

struct store *vault_store(struct vault *vault)
{
	struct face_store *face = calloc(1, sizeof(*face));
	struct store_ops *ops = malloc(sizeof(*ops));

	if (!face || !ops) {
		free(face);
		free(ops);
		return NULL;
	}
	*ops = *vault->store->ops; /* batches and walks are the inner one's, and so is what works on them */
	ops->get = store_get;
	ops->batch_new = store_batch_new;
	ops->batch_write = store_batch_write;
	ops->walk = store_walk;
	ops->close = store_close;
	face->store.ops = ops;
	face->vault = vault;
	face->life = vault->life;
	return &face->store;
}

int vault_init(struct vault *vault)
{
	memset(vault, 0, sizeof(*vault));
	if (disk_memory_open(&vault->disks[VAULT_BLOCKS]) || disk_memory_open(&vault->disks[VAULT_VOTES]) ||
	    store_memory_open(&vault->store))
		return -ENOMEM;
	return 0;
}

void vault_done(struct vault *vault)
{
	int i;

	for (i = 0; i < VAULT_DISKS; i++)
		if (vault->disks[i])
			disk_done(vault->disks[i]);
	if (vault->store)
		vault->store->ops->close(vault->store);
	memset(vault, 0, sizeof(*vault));
}

void vault_kill(struct vault *vault)
{
	vault->life++;
}

void vault_crash(struct vault *vault, u64 seed)
{
	vault_kill(vault);
	disk_memory_crash(vault->disks[VAULT_BLOCKS], seed);
	disk_memory_crash(vault->disks[VAULT_VOTES], seed ? seed * 3 | 1 : 0);
	store_memory_crash(vault->store);
}

int vault_lose_votes(struct vault *vault)
{
	disk_done(vault->disks[VAULT_VOTES]);
	vault->disks[VAULT_VOTES] = NULL;
	return disk_memory_open(&vault->disks[VAULT_VOTES]);
}
