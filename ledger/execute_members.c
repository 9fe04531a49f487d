// SPDX-License-Identifier: GPL-2.0
/* execute_members.c - enrolments and revocations (PROTOCOL.md L11), configurations (L12). */
#include "ledger/execute_run.h"

static void member_key(char space, const u8 subject[32], u8 ret_key[33])
{
	ret_key[0] = space;
	memcpy(ret_key + 1, subject, 32);
}

static void put_member(struct execute_run *run, const struct credential *credential)
{
	struct writer writer;
	u8 key[33], bytes[28];

	member_key('m', credential->subject, key);
	writer_init(&writer, bytes, sizeof(bytes));
	writer_u16(&writer, credential->organisation);
	writer_u8(&writer, credential->role);
	writer_u8(&writer, credential->grade);
	writer_u64(&writer, credential->serial);
	writer_u64(&writer, credential->expires);
	writer_u64(&writer, credential->epoch);
	execute_put(run, (struct span){ key, 33 }, (struct span){ bytes, sizeof(bytes) }, run->index);
}

static void put_revoked(struct execute_run *run, const struct credential *credential, u16 revoker)
{
	struct writer writer;
	u8 key[33], bytes[10];

	member_key('r', credential->subject, key);
	writer_init(&writer, bytes, sizeof(bytes));
	writer_u16(&writer, revoker);
	writer_u64(&writer, credential->serial);
	execute_put(run, (struct span){ key, 33 }, (struct span){ bytes, sizeof(bytes) }, run->index);
}

/* Decodes, and finds the subject's standing. */
static enum ledger_outcome open_credential(struct execute_run *run, const struct transaction *transaction,
					   struct credential *ret_credential, struct execute_actor **ret_actor)
{
	if (credential_decode(transaction->credential, ret_credential))
		return LEDGER_MALFORMED;
	if (memcmp(ret_credential->channel, run->context->channel, 32))
		return LEDGER_WRONG_CHANNEL;
	*ret_actor = execute_actor(run, ret_credential->subject);
	if (!*ret_actor)
		return LEDGER_MALFORMED; /* run->error says what happened */
	execute_actor_standing(run, *ret_actor);
	return LEDGER_VALID;
}

/* Each statement on a key has a higher serial than all before: an old one shown again does nothing. */
static bool serial_rises(const struct execute_actor *actor, u64 serial)
{
	return (!actor->enrolled || serial > actor->serial) && (!actor->revoked || serial > actor->revoked_serial);
}

/* The organisation whose node @key is, or -1. */
static int node_organisation(const struct execute_run *run, const u8 key[32])
{
	int node = membership_node_index(run->context->membership, key);

	return node < 0 ? -1 : run->context->membership->nodes[node].organisation;
}

static bool signed_by_authority(struct execute_run *run, const struct credential *credential, const u8 hash[32],
				const u8 *signature)
{
	const struct membership *membership = run->context->membership;

	return credential->organisation < membership->organisation_count &&
	       !membership_organisation_left(membership, credential->organisation) &&
	       verifier_check(run->context->verifier, membership->organisations[credential->organisation].authority,
			      hash, LEDGER_HASH_LEN, signature);
}

static bool signed_by_regulator(struct execute_run *run, const u8 hash[32], const u8 *signature)
{
	const struct membership *membership = run->context->membership;
	u32 i;

	for (i = 0; i < membership->regulator_count; i++)
		if (verifier_check(run->context->verifier, membership->regulators[i], hash, LEDGER_HASH_LEN, signature))
			return true;
	return false;
}

static enum ledger_outcome judge_enrol(struct execute_run *run, const struct credential *credential,
				       const struct execute_actor *actor)
{
	const struct membership *membership = run->context->membership;
	int node = node_organisation(run, credential->subject);

	if (credential->organisation >= membership->organisation_count ||
	    membership_organisation_left(membership, credential->organisation))
		return LEDGER_NOT_ALLOWED;
	if (credential->expires && credential->expires < run->context->time)
		return LEDGER_EXPIRED;
	if (!serial_rises(actor, credential->serial))
		return LEDGER_DUPLICATE;
	if (actor->revoked && actor->revoker == EXECUTE_REGULATOR)
		return LEDGER_REVOKED;
	if ((actor->enrolled && actor->organisation != credential->organisation) ||
	    (actor->revoked && actor->revoker != credential->organisation) ||
	    (node >= 0 && node != credential->organisation))
		return LEDGER_NOT_ALLOWED;
	return LEDGER_VALID;
}

enum ledger_outcome execute_enrol(struct execute_run *run, const struct transaction *transaction)
{
	struct credential credential;
	struct execute_actor *actor;
	enum ledger_outcome outcome = open_credential(run, transaction, &credential, &actor);
	u8 hash[LEDGER_HASH_LEN], key[33];

	if (outcome == LEDGER_VALID)
		outcome = judge_enrol(run, &credential, actor);
	if (outcome != LEDGER_VALID)
		return outcome;
	credential_signed_hash(transaction->kind, transaction->credential, hash);
	if (!signed_by_authority(run, &credential, hash, transaction->signature))
		return LEDGER_BAD_SIGNATURE;
	if (!run->overlay)
		return LEDGER_VALID;
	put_member(run, &credential);
	if (actor->revoked) {
		member_key('r', credential.subject, key);
		execute_delete(run, (struct span){ key, 33 });
	}
	run->generation++;
	return LEDGER_VALID;
}

enum ledger_outcome execute_revoke(struct execute_run *run, const struct transaction *transaction)
{
	struct credential credential;
	struct execute_actor *actor;
	enum ledger_outcome outcome = open_credential(run, transaction, &credential, &actor);
	u8 hash[LEDGER_HASH_LEN];
	u16 revoker;

	if (outcome != LEDGER_VALID)
		return outcome;
	if (!serial_rises(actor, credential.serial))
		return LEDGER_DUPLICATE;
	credential_signed_hash(transaction->kind, transaction->credential, hash);
	revoker = credential.organisation;
	if (!signed_by_authority(run, &credential, hash, transaction->signature)) {
		if (!signed_by_regulator(run, hash, transaction->signature))
			return LEDGER_BAD_SIGNATURE;
		revoker = EXECUTE_REGULATOR;
	} else if (actor->revoked && actor->revoker != revoker) {
		return LEDGER_REVOKED; /* by a regulator: that stands */
	} else if (!(actor->enrolled && actor->organisation == revoker) &&
		   node_organisation(run, credential.subject) != revoker) {
		return LEDGER_UNKNOWN_CLIENT;
	}
	if (run->overlay) {
		put_revoked(run, &credential, revoker);
		run->generation++;
	}
	return LEDGER_VALID;
}

static enum ledger_outcome judge_signatures(struct execute_run *run, const struct transaction *transaction)
{
	const struct membership *membership = run->context->membership;
	u32 count = transaction->signatures.len / TRANSACTION_CONFIG_SIGNATURE_LEN, i;
	const u8 *at = transaction->signatures.bytes;
	u8 hash[LEDGER_HASH_LEN];

	membership_update_hash(run->context->channel, transaction->update, hash);
	for (i = 0; i < count; i++, at += TRANSACTION_CONFIG_SIGNATURE_LEN)
		if (at[0] >= membership->regulator_count ||
		    !verifier_check(run->context->verifier, membership->regulators[at[0]], hash, sizeof(hash), at + 1))
			return LEDGER_BAD_SIGNATURE;
	return count < membership->regulators_needed ? LEDGER_POLICY_UNMET : LEDGER_VALID;
}

enum ledger_outcome execute_config(struct execute_run *run, const struct transaction *transaction)
{
	const struct membership *present = run->context->membership;
	struct membership_error error;
	enum ledger_outcome outcome;
	struct membership next;
	struct span encoded;
	u32 previous;

	if (run->configured || membership_update_decode(transaction->update, &previous, &next) ||
	    previous != present->sequence || membership_follows(present, &next, &error))
		return LEDGER_BAD_CONFIG;
	outcome = judge_signatures(run, transaction);
	if (outcome != LEDGER_VALID || !run->overlay)
		return outcome;
	encoded = (struct span){ transaction->update.bytes + 4, transaction->update.len - 4 };
	execute_put(run, (struct span){ (const u8 *)"c", 1 }, encoded, run->index);
	execute_evidence_floor(run, &next);
	*run->next = next;
	run->configured = true;
	return LEDGER_VALID;
}
