// SPDX-License-Identifier: GPL-2.0
/* lent_disk.c - a disk that outlives who closes it: see lent_disk.h. */
#include "tests/channel/lent_disk.h"

#include <stdlib.h>

struct lent_disk { /* what a ledger or a channel may close, while the disk stays */
	struct disk disk;
	struct disk *real;
	struct disk_ops ops;
};

static int lent_disk_open(struct disk *disk, const char *name, bool create, struct disk_file **ret_file)
{
	struct disk *real = ((struct lent_disk *)disk)->real;

	return real->ops->open(real, name, create, ret_file);
}

static int lent_disk_remove(struct disk *disk, const char *name)
{
	struct disk *real = ((struct lent_disk *)disk)->real;

	return real->ops->remove(real, name);
}

static int lent_disk_rename(struct disk *disk, const char *from, const char *to)
{
	struct disk *real = ((struct lent_disk *)disk)->real;

	return real->ops->rename(real, from, to);
}

static int lent_disk_sync_folder(struct disk *disk)
{
	struct disk *real = ((struct lent_disk *)disk)->real;

	return real->ops->sync_folder(real);
}

static int lent_disk_list(struct disk *disk, void (*each)(void *arg, const char *name), void *arg)
{
	struct disk *real = ((struct lent_disk *)disk)->real;

	return real->ops->list(real, each, arg);
}

static void lent_disk_done(struct disk *disk)
{
	free(disk);
}

struct disk *lent_disk(struct disk *real)
{
	struct lent_disk *lent = calloc(1, sizeof(*lent));

	lent->real = real;
	lent->ops = *real->ops;
	lent->ops.open = lent_disk_open;
	lent->ops.remove = lent_disk_remove;
	lent->ops.rename = lent_disk_rename;
	lent->ops.sync_folder = lent_disk_sync_folder;
	lent->ops.list = lent_disk_list;
	lent->ops.done = lent_disk_done;
	lent->disk.ops = &lent->ops;
	return &lent->disk;
}
