/* SPDX-License-Identifier: GPL-2.0 */
/*
 * lent_disk.h - a disk for a ledger or a channel to close, while the real one
 * stays for the next start.
 */
#ifndef TESTS_CHANNEL_LENT_DISK_H
#define TESTS_CHANNEL_LENT_DISK_H

#include "ledger/disk.h"

/* All goes to @real, which must outlive it; its end ends only itself. */
struct disk *lent_disk(struct disk *real);

#endif
