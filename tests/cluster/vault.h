/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vault.h - what of a simulated node outlives its process: the disks of its
 * ledger and of its votes and the store of its state. The process gets faces
 * of them that it may take over and close; after vault_crash() the old faces
 * fail, so that nothing done while a dead process is tidied away reaches the disk.
 */
#ifndef VOLTGATE_CLUSTER_VAULT_H
#define VOLTGATE_CLUSTER_VAULT_H

#include "ledger/disk.h"
#include "ledger/store.h"

enum vault_disk { VAULT_BLOCKS, VAULT_VOTES, VAULT_DISKS };

struct vault {
	struct disk *disks[VAULT_DISKS];
	struct store *store;
	u64 life;
};

int vault_init(struct vault *vault);
void vault_done(struct vault *vault);
struct disk *vault_disk(struct vault *vault, enum vault_disk which);
struct store *vault_store(struct vault *vault);
/* The process is gone; its faces are dead. */
void vault_kill(struct vault *vault);
/* As vault_kill(), and what was not synced falls back as @seed draws (0: all of it). */
void vault_crash(struct vault *vault, u64 seed);
/* The votes are gone, as after a replaced disk. */
int vault_lose_votes(struct vault *vault);

#endif
