/* SPDX-License-Identifier: GPL-2.0 */
/*
 * state_lasting.h - a disk and a store in memory that outlive the ledgers that take them over and close them.
 */
#ifndef VOLTGATE_TESTS_STATE_LASTING_H
#define VOLTGATE_TESTS_STATE_LASTING_H

#include "ledger/disk.h"
#include "ledger/store.h"

struct lasting {
	struct disk *disk;
	struct store *store;
	struct store_ops ops; /* the store's, but for close */
	const struct store_ops *real;
	struct disk_ops disk_ops;
	const struct disk_ops *real_disk;
};

void lasting_init(struct lasting *lasting);
void lasting_done(struct lasting *lasting);
struct disk *lasting_disk(struct lasting *lasting);
struct store *lasting_store(struct lasting *lasting);
void lasting_fail_disk(struct lasting *lasting, u64 after, int error);
void lasting_fail_store(struct lasting *lasting, u64 after, int error);
/* Nothing fails any more. */
void lasting_mend(struct lasting *lasting);
void lasting_crash(struct lasting *lasting, u64 seed);

#endif
