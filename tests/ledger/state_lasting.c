// SPDX-License-Identifier: GPL-2.0
/*
 * state_lasting.c - see state_lasting.h. The tables of operations are copied, with closing left out.
 */
#include "tests/ledger/state_lasting.h"

#include <stdlib.h>

static void close_nothing(struct store *store)
{
	(void)store;
}

static void done_nothing(struct disk *disk)
{
	(void)disk;
}

void lasting_init(struct lasting *lasting)
{
	memset(lasting, 0, sizeof(*lasting));
	if (disk_memory_open(&lasting->disk) || store_memory_open(&lasting->store))
		abort();
	lasting->real = lasting->store->ops;
	lasting->ops = *lasting->real;
	lasting->ops.close = close_nothing;
	lasting->store->ops = &lasting->ops;
	lasting->real_disk = lasting->disk->ops;
	lasting->disk_ops = *lasting->real_disk;
	lasting->disk_ops.done = done_nothing;
	lasting->disk->ops = &lasting->disk_ops;
}

void lasting_done(struct lasting *lasting)
{
	lasting->disk->ops = lasting->real_disk;
	disk_done(lasting->disk);
	lasting->real->close(lasting->store);
}

struct disk *lasting_disk(struct lasting *lasting)
{
	return lasting->disk;
}

struct store *lasting_store(struct lasting *lasting)
{
	return lasting->store;
}

void lasting_fail_disk(struct lasting *lasting, u64 after, int error)
{
	disk_memory_fail_after(lasting->disk, after, error);
}

void lasting_fail_store(struct lasting *lasting, u64 after, int error)
{
	store_memory_fail_after(lasting->store, after, error);
}

void lasting_mend(struct lasting *lasting)
{
	disk_memory_fail_after(lasting->disk, 0, 0);
	store_memory_fail_after(lasting->store, 0, 0);
}

void lasting_crash(struct lasting *lasting, u64 seed)
{
	disk_memory_crash(lasting->disk, seed);
	store_memory_crash(lasting->store);
}
