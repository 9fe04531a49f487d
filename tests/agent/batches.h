/* SPDX-License-Identifier: GPL-2.0 */
/*
 * batches.h - genuine batches for tests: a signer of a few lines that shares
 * nothing with agent/attest.c but chain_root() and the formats.
 */
#ifndef VOLTGATE_TESTS_BATCHES_H
#define VOLTGATE_TESTS_BATCHES_H

#include <sodium.h>
#include <string.h>

#include "agent/chain.h"

struct batches {
	u8 public_key[VG_KEY_LEN];
	u8 secret_key[64];
	u64 epoch;
	u64 number;
	u64 time;
	u8 previous[VG_HASH_LEN];
};

static inline void batches_init(struct batches *batches, u64 epoch)
{
	memset(batches, 0, sizeof(*batches));
	batches->epoch = batches->time = epoch;
	crypto_sign_ed25519_keypair(batches->public_key, batches->secret_key);
}

/* A new epoch after the last batch, under the same key. */
static inline void batches_next_epoch(struct batches *batches, u64 epoch)
{
	batches->epoch = batches->time = epoch;
	batches->number = 0;
}

/* Computes root and signature of what stands in @batch. */
static inline void batches_seal(const struct batches *batches, struct batch *batch)
{
	struct vg_batch_head *head = &batch->seal.head;

	chain_root(batch->records, vg_be32(head->count), batch->seal.salt_seed, head->root);
	crypto_sign_ed25519_detached(batch->seal.signature, NULL, (u8 *)head, sizeof(*head), batches->secret_key);
}

/* The next batch, of @count records. */
static inline void batches_make(struct batches *batches, u32 count, struct batch *ret_batch)
{
	struct vg_batch_head *head = &ret_batch->seal.head;
	u32 i;

	memset(ret_batch, 0, sizeof(*ret_batch));
	memcpy(head->magic, VG_BATCH_MAGIC, 8);
	memcpy(head->attestor, batches->public_key, VG_KEY_LEN);
	head->epoch = vg_be64(batches->epoch);
	head->number = vg_be64(batches->number);
	head->time = vg_be64(batches->time += 1000);
	memcpy(head->previous, batches->previous, VG_HASH_LEN);
	head->count = vg_be32(count);
	head->grade = VG_GRADE_PLAIN;
	randombytes_buf(ret_batch->seal.salt_seed, VG_SALT_LEN);
	for (i = 0; i < count; i++) {
		struct vg_record *record = &ret_batch->records[i];

		record->time = head->time;
		record->session = vg_be64(0x1122334455667788ull);
		record->sequence = vg_be64(batches->number * VG_BATCH_MAX + i + 1);
		record->kind = VG_RECORD_ACTION;
		record->type = 17;
		record->grade = VG_GRADE_PLAIN;
		randombytes_buf(record->digest, VG_HASH_LEN);
	}
	if (!batches->number) {
		ret_batch->records[0].kind = VG_RECORD_EPOCH;
		memcpy(ret_batch->records[0].digest, batches->previous, VG_HASH_LEN);
	}
	batches_seal(batches, ret_batch);
	chain_batch_hash(&ret_batch->seal, batches->previous);
	batches->number++;
}

#endif
