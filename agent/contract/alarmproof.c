// SPDX-License-Identifier: GPL-2.0
/* alarmproof.c - see alarmproof.h. */
#include <errno.h>

#include <sodium.h>

#include "agent/contract/alarmproof.h"
#include "agent/contract/anchor.h"
#include "agent/contract/argument.h"
#include "voltgate/alarm.h"
#include "voltgate/reason.h"

static int read_aggregate(struct contract_run *run, struct span text, const struct vg_record *record)
{
	struct vg_alarm alarm;
	u8 digest[VG_HASH_LEN];
	int result = argument_hex(run, text, "AGGREGATE", &alarm, sizeof(alarm));

	if (result)
		return result;
	crypto_hash_sha256(digest, (const u8 *)&alarm, sizeof(alarm));
	if (memcmp(digest, record->digest, sizeof(digest)) || alarm.key.session != record->session ||
	    vg_be32(alarm.key.reason) != record->reason || alarm.state.count != record->sequence)
		return contract_refuse(run, -EINVAL, "AGGREGATE is not what the alarm record was made of.");
	return 0;
}

int alarmproof_read(struct contract_run *run, struct span proof, struct span aggregate, struct evidence *ret_proof)
{
	const struct vg_record *record = &ret_proof->record;
	u8 bytes[EVIDENCE_RECORD_MAX];
	int result;

	if (proof.len > 2 * sizeof(bytes))
		return contract_refuse(run, -EINVAL, "PROOF is longer than a record's proof can be.");
	result = argument_hex(run, proof, "PROOF", bytes, proof.len / 2);
	if (result)
		return result;
	if (evidence_record_decode((struct span){ bytes, proof.len / 2 }, ret_proof))
		return contract_refuse(run, -EINVAL, "PROOF is no record with its path and batch (ledger/evidence.h).");
	if (record->kind != VG_RECORD_ALARM || record->grade != ret_proof->head.grade || !record->reason ||
	    record->reason >= VG_REASON_COUNT)
		return contract_refuse(run, -EINVAL, "PROOF is not of an alarm.");
	if ((record->flags | ret_proof->head.flags) & VG_RECORD_FLAG_TEST_CLOCK)
		return contract_refuse(run, -EINVAL, "The alarm was raised under a test clock: it counts for nothing.");
	if (!evidence_holds(ret_proof))
		return contract_refuse(run, -EACCES, "The record does not lie under the batch's root.");
	result = anchor_judge(run, &ret_proof->head, ret_proof->signature);
	ret_proof->path = NULL;
	if (!result && aggregate.len)
		result = read_aggregate(run, aggregate, record);
	return result;
}
