// SPDX-License-Identifier: GPL-2.0
/*
 * execute_evidence.c - a verdict in place of a client's signature: whose, how
 * old, of what, and whether it was used (PROTOCOL.md L13, E3). A batch's marks are read once and
 * written once a block; its signature costs once (verifier.h).
 */
#include <stddef.h>

#include "ledger/evidence.h"
#include "ledger/execute_run.h"
#include "voltgate/reason.h"

_Static_assert((offsetof(struct execute_batch, next) == (EXECUTE_EVIDENCE_KEY_LEN + 3) / 4 * 4),
	       "execute_table_entry() finds it there");

#define BATCH_LEN (8 + VG_BATCH_MAX / 8)

static bool batch_read(struct execute_run *run, struct span key, u64 *ret_latest, u8 ret_used[VG_BATCH_MAX / 8])
{
	struct state_value value;
	struct reader reader;

	if (execute_get(run, key, &value))
		return false;
	reader_init(&reader, value.bytes.bytes, value.bytes.len);
	*ret_latest = reader_u64(&reader);
	reader_copy(&reader, ret_used, VG_BATCH_MAX / 8);
	return true;
}

static struct execute_batch *batch_of(struct execute_run *run, const struct vg_batch_head *head)
{
	u8 key[EXECUTE_EVIDENCE_KEY_LEN] = { 'e' };
	struct execute_batch *batch;
	bool new;

	memcpy(key + 1, head->attestor, VG_KEY_LEN);
	memcpy(key + 1 + VG_KEY_LEN, &head->epoch, 8);
	memcpy(key + 1 + VG_KEY_LEN + 8, &head->number, 8);
	batch = execute_table_entry(run, &run->batches, sizeof(*batch), key, sizeof(key), &new);
	if (batch && new)
		batch->stored = batch_read(run, (struct span){ key, sizeof(key) }, &batch->latest, batch->used);
	return batch;
}

/* Verdicts from before are stale whatever the channel's age limit is now. */
static u64 floor_of(struct execute_run *run)
{
	struct state_value value;
	struct reader reader;

	if (!run->floor_read) {
		run->floor_read = true;
		if (!execute_get(run, (struct span){ (const u8 *)"e", 1 }, &value)) {
			reader_init(&reader, value.bytes.bytes, value.bytes.len);
			run->floor = reader_u64(&reader);
		}
	}
	return run->floor;
}

static enum ledger_outcome judge_attestor(struct execute_run *run, const struct vg_batch_head *head)
{
	struct execute_actor *actor = execute_actor(run, head->attestor);

	if (!actor)
		return LEDGER_UNKNOWN_ATTESTOR;
	execute_actor_standing(run, actor);
	if (!actor->enrolled || actor->role != CREDENTIAL_ATTESTOR || actor->epoch != vg_be64(head->epoch) ||
	    execute_actor_expired(run, actor))
		return LEDGER_UNKNOWN_ATTESTOR;
	if (execute_actor_revoked(run, actor))
		return LEDGER_REVOKED;
	/* Bit 0 of grades: plain, bit 1: attested. */
	if (head->grade != actor->grade || !(execute_parameter(run, MEMBERSHIP_GRADES) >> (head->grade - 1) & 1))
		return LEDGER_GRADE_REFUSED;
	return LEDGER_VALID;
}

static bool fresh(struct execute_run *run, u64 time)
{
	u64 now = run->context->time, age = execute_seconds(run, MEMBERSHIP_EVIDENCE_AGE_S);

	if (time < floor_of(run))
		return false;
	if (time > now)
		return time - now <= execute_parameter(run, MEMBERSHIP_TIME_SKEW_MS) * 1000;
	return now - time <= age;
}

/* What the gate said: it admitted this packet, an action, and no test clock was set. */
static bool says(const struct evidence *evidence)
{
	return evidence->record.kind == VG_RECORD_ACTION && evidence->record.reason == VG_ACCEPTED &&
	       evidence->record.grade == evidence->head.grade &&
	       !((evidence->record.flags | evidence->head.flags) & VG_RECORD_FLAG_TEST_CLOCK) &&
	       evidence_of_packet(evidence);
}

/* The wallet speaks by verdicts of this gate session: it signed so once, and the verifier remembers (PROTOCOL.md E4).
 */
static enum ledger_outcome mandated(struct execute_run *run, const struct evidence *evidence,
				    const struct proposal *proposal)
{
	u8 hash[LEDGER_HASH_LEN];

	evidence_mandate_hash(evidence, proposal->channel, proposal->client, hash);
	return verifier_check(run->context->verifier, proposal->client, hash, sizeof(hash), evidence->mandate_signature)
		       ? LEDGER_VALID
		       : LEDGER_BAD_MANDATE;
}

/* Record and path give the root of a head that the attestor signed: others of its batch may have shown most of that. */
static enum ledger_outcome shown(struct execute_run *run, const struct evidence *evidence)
{
	const struct execute_context *context = run->context;
	u8 leaf[VG_HASH_LEN];
	struct proven_leaf known = {
		.node = evidence_node,
		.signer = evidence->head.attestor,
		.signature = evidence->signature,
		.statement = &evidence->head,
		.statement_len = sizeof(evidence->head),
		.count = vg_be32(evidence->head.count),
		.index = evidence->index,
		.leaf = leaf,
		.path = evidence->path,
		.path_len = evidence->path_len,
	};

	evidence_leaf(evidence, leaf);
	if (proven_check(context->proven, &known))
		return LEDGER_VALID;
	if (!evidence_holds(evidence))
		return LEDGER_BAD_EVIDENCE;
	if (!verifier_check(context->verifier, evidence->head.attestor, &evidence->head, sizeof(evidence->head),
			    evidence->signature))
		return LEDGER_BAD_SIGNATURE;
	proven_add(context->proven, &known);
	return LEDGER_VALID;
}

enum ledger_outcome execute_evidence(struct execute_run *run, struct span bytes, const struct proposal *proposal,
				     struct execute_batch **ret_batch, u32 *ret_index, u64 *ret_time)
{
	struct evidence evidence;
	enum ledger_outcome outcome;

	if (evidence_decode(bytes, &evidence))
		return LEDGER_BAD_EVIDENCE;
	outcome = judge_attestor(run, &evidence.head);
	if (outcome != LEDGER_VALID)
		return outcome;
	*ret_time = vg_be64(evidence.record.time);
	if (!fresh(run, *ret_time))
		return LEDGER_STALE_EVIDENCE;
	*ret_index = evidence.index;
	*ret_batch = batch_of(run, &evidence.head);
	if (!*ret_batch || (*ret_batch)->used[evidence.index / 8] >> (evidence.index & 7) & 1)
		return LEDGER_USED_EVIDENCE;
	if (!says(&evidence))
		return LEDGER_BAD_EVIDENCE;
	if (!evidence_commits(&evidence, proposal->bytes))
		return LEDGER_OTHER_REQUEST;
	if (evidence.mandate.expires < run->context->time)
		return LEDGER_EXPIRED_MANDATE;
	outcome = shown(run, &evidence);
	return outcome == LEDGER_VALID ? mandated(run, &evidence, proposal) : outcome;
}

void execute_evidence_spend(struct execute_batch *batch, u32 index, u64 time)
{
	batch->used[index / 8] |= 1 << (index & 7);
	batch->touched = true;
	if (batch->latest < time)
		batch->latest = time;
}

static u64 batch_due(const struct execute_run *run, u64 latest)
{
	return latest + execute_seconds(run, MEMBERSHIP_EVIDENCE_AGE_S);
}

void execute_batches_write(struct execute_run *run)
{
	struct execute_batch *batches = (struct execute_batch *)run->batches.entries, *batch;
	struct writer writer;
	u8 bytes[BATCH_LEN];
	struct span key;
	u32 i;

	for (i = 0; i < run->batches.count && !run->error; i++) {
		batch = &batches[i];
		if (!batch->touched)
			continue;
		key = (struct span){ batch->key, sizeof(batch->key) };
		writer_init(&writer, bytes, sizeof(bytes));
		writer_u64(&writer, batch->latest);
		writer_bytes(&writer, batch->used, sizeof(batch->used));
		execute_put(run, key, (struct span){ bytes, sizeof(bytes) }, run->index);
		if (!batch->stored)
			execute_due(run, batch_due(run, batch->latest), key);
	}
}

void execute_batch_prune(struct execute_run *run, struct span key)
{
	u8 used[VG_BATCH_MAX / 8];
	u64 latest;

	if (!batch_read(run, key, &latest, used))
		return;
	if (batch_due(run, latest) >= run->context->time)
		execute_due(run, batch_due(run, latest), key);
	else
		execute_delete(run, key);
}

/*
 * Marks are forgotten by the age limit of the time; if it is raised, verdicts
 * whose marks are gone must not become fresh again.
 */
void execute_evidence_floor(struct execute_run *run, const struct membership *next)
{
	u64 age = execute_seconds(run, MEMBERSHIP_EVIDENCE_AGE_S), now = run->context->time, old = floor_of(run);
	struct writer writer;
	u8 bytes[8];

	if (next->parameters[MEMBERSHIP_EVIDENCE_AGE_S] * 1000000 <= age || now < age || now - age <= old)
		return;
	writer_init(&writer, bytes, sizeof(bytes));
	writer_u64(&writer, now - age);
	execute_put(run, (struct span){ (const u8 *)"e", 1 }, (struct span){ bytes, sizeof(bytes) }, run->index);
}
