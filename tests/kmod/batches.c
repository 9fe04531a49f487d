// SPDX-License-Identifier: GPL-2.0
/* batches.c - batches from parts; see batches.h. */
#include "tests/kmod/batches.h"

#include <stdio.h>
#include <string.h>

static void batches_finish(struct batches *batches)
{
	enum chain_fault fault = chain_accept(&batches->chain, &batches->batch);
	u32 count = vg_be32(batches->batch.seal.head.count), i;

	if (fault != CHAIN_OK) {
		printf("# batch %llu: %s\n", (unsigned long long)batches->want, chain_fault_word(fault));
		batches->faults++;
	}
	for (i = 0; i < count; i++) {
		batches->records[batches->batch.records[i].kind & 15]++;
		if (batches->record)
			batches->record(&batches->batch.records[i]);
	}
	batches->want++;
	batches->filled = 0;
}

void batches_take(void *arg, const struct wire_answer *answer)
{
	const struct nlattr *seal = answer->attrs[VG_A_BATCH_SEAL], *records = answer->attrs[VG_A_BATCH_RECORDS];
	struct batches *batches = arg;
	u32 count;

	if (!answer->attrs[VG_A_BATCH_NUMBER] || !seal || !records || !answer->attrs[VG_A_BATCH_OFFSET])
		return;
	if (answer->message_len > batches->largest)
		batches->largest = answer->message_len;
	if (wire_u64(answer->attrs[VG_A_BATCH_NUMBER]) != batches->want ||
	    wire_u32(answer->attrs[VG_A_BATCH_OFFSET]) != batches->filled)
		return;
	count = wire_len(records) / sizeof(struct vg_record);
	if (batches->filled + count > VG_BATCH_MAX)
		return;
	memcpy(&batches->batch.seal, wire_data(seal), sizeof(batches->batch.seal));
	memcpy(batches->batch.records + batches->filled, wire_data(records), count * sizeof(struct vg_record));
	batches->filled += count;
	if (batches->filled == vg_be32(batches->batch.seal.head.count))
		batches_finish(batches);
}

int batches_fetch(struct batches *batches, struct wire *wire)
{
	batches->filled = 0;
	wire_begin(wire, VG_CMD_BATCH_GET, NLM_F_DUMP);
	wire_put_u64(wire, VG_A_BATCH_NUMBER, batches->want);
	return wire_call(wire, batches_take, batches);
}
