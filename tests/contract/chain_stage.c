// SPDX-License-Identifier: GPL-2.0
/* chain_stage.c - see chain_stage.h. */
#include "tests/contract/chain_stage.h"

#include <stdlib.h>

#include <sodium.h>

struct chain_batch chain_batch(u64 number, u32 index, u8 reason, u64 packets)
{
	static struct world_draft draft;
	struct chain_batch batch;

	world_draft(&stage.world, &draft, &stage.wallet->key, 1);
	world_verdict(&stage.world, &batch.verdict, &draft);
	batch.verdict.head.number = vg_be64(number);
	batch.verdict.count = 5;
	batch.verdict.index = index;
	batch.verdict.record.kind = VG_RECORD_ALARM;
	batch.verdict.record.type = 0;
	batch.verdict.record.reason = reason;
	batch.verdict.record.sequence = vg_be64(packets);
	return batch;
}

struct chain_texts chain_seal(struct chain_batch *batch)
{
	static char heads[4][300], signatures[4][200], proofs[4][2 * EVIDENCE_RECORD_MAX + 1];
	static u32 turn;
	u8 bytes[EVIDENCE_MAX], record[EVIDENCE_RECORD_MAX];
	u32 at = turn++ % 4;
	struct evidence evidence;
	struct writer writer;

	if (evidence_decode((struct span){ bytes, world_evidence(&batch->verdict, bytes) }, &evidence))
		abort();
	writer_init(&writer, record, sizeof(record));
	evidence_record_encode(&writer, &evidence);
	sodium_bin2hex(heads[at], sizeof(heads[0]), (const u8 *)&evidence.head, sizeof(evidence.head));
	sodium_bin2hex(signatures[at], sizeof(signatures[0]), evidence.signature, sizeof(evidence.signature));
	sodium_bin2hex(proofs[at], sizeof(proofs[0]), record, writer_len(&writer));
	return (struct chain_texts){ heads[at], signatures[at], proofs[at] };
}
