// SPDX-License-Identifier: GPL-2.0
/* proofs_test.c - paths of stored records: every record of batches of every shape proves itself, and nothing else. */
#include <errno.h>
#include <stdlib.h>

#include "agent/charge/proofs.h"
#include "agent/chain.h"
#include "tests/agent/batches.h"
#include "tests/ktap.h"

static struct batch batch;

static void fill(struct batches *batches, u32 count, u8 kind)
{
	u32 i;

	batches_make(batches, count, &batch);
	for (i = 0; i < count; i++)
		batch.records[i].kind = kind;
	batches_seal(batches, &batch);
}

static bool proves(struct proofs *proofs, u32 index)
{
	struct evidence evidence;
	struct proof proof;

	if (proofs_find(proofs, &batch.seal.head, index, &proof))
		return false;
	proof_evidence(&proof, index, &batch.records[index], &evidence);
	return evidence_holds(&evidence);
}

static void shapes(struct batches *batches)
{
	static const u32 large[] = { 63, 64, 65, 255, 256, 257, 511, 512 };
	struct proofs *proofs = proofs_new(1 << 20);
	u32 wrong = 0, count, i;
	struct evidence evidence;
	struct proof proof;

	for (count = 1; count <= 34 + sizeof(large) / sizeof(*large); count++) {
		u32 size = count <= 34 ? count : large[count - 35];

		fill(batches, size, VG_RECORD_ACTION);
		wrong += proofs_add(proofs, &batch) != 0;
		for (i = 0; i < size; i++)
			wrong += !proves(proofs, i);
	}
	ktap_ok(!wrong, "each record of batches of 1 to 34 and of up to 512 records proves itself");
	proofs_find(proofs, &batch.seal.head, 300, &proof);
	proof_evidence(&proof, 300, &batch.records[301], &evidence);
	wrong = evidence_holds(&evidence);
	proof_evidence(&proof, 301, &batch.records[300], &evidence);
	wrong += evidence_holds(&evidence);
	proof_evidence(&proof, 300, &batch.records[300], &evidence);
	evidence.salt[3] ^= 1;
	wrong += evidence_holds(&evidence);
	ktap_ok(!wrong, "a path is no proof of another record, at another place, or under another salt");
	ktap_ok(proofs_find(proofs, &batch.seal.head, 512, &proof) == -ENOENT, "there is no record 512 of 512");
	batch.seal.head.number ^= 1;
	ktap_ok(proofs_find(proofs, &batch.seal.head, 0, &proof) == -ENOENT,
		"a batch that was not stored has no proofs");
	proofs_free(proofs);
}

static void bounds(struct batches *batches)
{
	struct proofs *proofs = proofs_new(64 * 1024);
	struct vg_batch_head first;
	struct proof proof;
	int i;

	fill(batches, 40, VG_RECORD_BEACON);
	proofs_add(proofs, &batch);
	ktap_ok(proofs_find(proofs, &batch.seal.head, 0, &proof) == -ENOENT,
		"a batch with nothing to show is not kept");
	fill(batches, 40, VG_RECORD_ALARM);
	proofs_add(proofs, &batch);
	ktap_ok(proves(proofs, 39), "one with alarms is");
	first = batch.seal.head;
	for (i = 0; i < 100; i++) {
		fill(batches, 40, VG_RECORD_ACTION);
		proofs_add(proofs, &batch);
	}
	ktap_ok(proofs_find(proofs, &first, 0, &proof) == -ENOENT, "the oldest make room");
	ktap_ok(proves(proofs, 0), "for the newest");
	proofs_free(proofs);
	proofs = proofs_new(0);
	proofs_add(proofs, &batch);
	ktap_ok(proves(proofs, 7), "the newest is kept however small the room");
	proofs_free(proofs);
}

int main(void)
{
	static struct batches batches;

	ktap_plan(0);
	if (sodium_init() < 0)
		return 1;
	batches_init(&batches, 700000000000000);
	shapes(&batches);
	bounds(&batches);
	return ktap_exit();
}
