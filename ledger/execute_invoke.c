// SPDX-License-Identifier: GPL-2.0
/* execute_invoke.c - an endorsed transaction, in the order of judgement that execute.h states (PROTOCOL.md L5). */
#include "ledger/endorsement.h"
#include "ledger/execute_run.h"

static enum ledger_outcome judge_expiry(const struct execute_run *run, u64 expires)
{
	u64 now = run->context->time;

	return expires < now || expires - now > execute_seconds(run, MEMBERSHIP_TRANSACTION_LIFE_S) ? LEDGER_EXPIRED
												    : LEDGER_VALID;
}

static enum ledger_outcome judge_client(struct execute_run *run, struct execute_actor *actor)
{
	execute_actor_standing(run, actor);
	if (!actor->enrolled || (actor->role != CREDENTIAL_CLIENT && actor->role != CREDENTIAL_ADMINISTRATOR) ||
	    execute_actor_expired(run, actor))
		return LEDGER_UNKNOWN_CLIENT;
	return execute_actor_revoked(run, actor) ? LEDGER_REVOKED : LEDGER_VALID;
}

static enum ledger_outcome judge_signature(struct execute_run *run, const struct proposal *proposal,
					   const u8 *signature)
{
	u8 hash[LEDGER_HASH_LEN];

	proposal_client_hash(proposal->channel, run->proposal_hash, hash);
	return verifier_check(run->context->verifier, proposal->client, hash, sizeof(hash), signature)
		       ? LEDGER_VALID
		       : LEDGER_BAD_SIGNATURE;
}

enum ledger_outcome execute_proposal(struct execute_run *run, const struct proposal *proposal, const u8 *signature,
				     struct span evidence, bool spend)
{
	struct execute_batch *batch = NULL;
	enum ledger_outcome outcome;
	struct execute_actor *client;
	u32 index = 0;
	u64 time = 0;

	if (memcmp(proposal->channel, run->context->channel, LEDGER_HASH_LEN))
		return LEDGER_WRONG_CHANNEL;
	if (!signature && !execute_parameter(run, MEMBERSHIP_EVIDENCE))
		return LEDGER_NOT_ALLOWED;
	outcome = judge_expiry(run, proposal->expires);
	if (outcome != LEDGER_VALID)
		return outcome;
	client = execute_actor(run, proposal->client);
	if (!client)
		return LEDGER_UNKNOWN_CLIENT; /* run->error says what happened */
	outcome = judge_client(run, client);
	if (outcome != LEDGER_VALID)
		return outcome;
	if (execute_nonce_used(run, client, proposal->nonce))
		return LEDGER_DUPLICATE;
	if (run->hashes)
		memcpy(run->proposal_hash, run->hashes->proposal, LEDGER_HASH_LEN);
	else
		proposal_hash(proposal, run->proposal_hash);
	outcome = signature ? judge_signature(run, proposal, signature)
			    : execute_evidence(run, evidence, proposal, &batch, &index, &time);
	if (outcome != LEDGER_VALID || !spend)
		return outcome;
	/* The table may have moved when the attestor was looked up. */
	client = execute_actor(run, proposal->client);
	if (client)
		execute_nonce_spend(run, client, proposal->nonce, false);
	if (batch)
		execute_evidence_spend(batch, index, time);
	return LEDGER_VALID;
}

/* Is the state judged against at least as new as what every endorser saw? In a block it is; a node may lag. */
static bool state_is_new(const struct execute_run *run, const struct transaction *transaction)
{
	struct endorsement endorsement;
	u32 i;

	if (run->overlay)
		return true;
	for (i = 0; i < transaction->endorsement_count; i++)
		if (endorsement_decode(transaction->endorsements[i], &endorsement) ||
		    endorsement.height > state_mark(run->state)->number)
			return false;
	return transaction->endorsement_count;
}

static void count_endorsers(struct execute_run *run, const struct transaction *transaction)
{
	u32 i;

	run->updates++;
	for (i = 0; i < transaction->endorsement_count; i++)
		run->endorsed[run->endorsers[i]]++;
}

enum ledger_outcome execute_invoke(struct execute_run *run, const struct transaction *transaction)
{
	enum ledger_outcome outcome = execute_proposal(run, &transaction->proposal, transaction->signature,
						       transaction->evidence, run->overlay);

	if (outcome == LEDGER_VALID)
		outcome = execute_keys(transaction);
	if (outcome == LEDGER_VALID)
		outcome = execute_endorsements(run, transaction);
	if (outcome == LEDGER_VALID && state_is_new(run, transaction))
		outcome = execute_reads(run, transaction);
	if (outcome == LEDGER_VALID && run->overlay)
		outcome = execute_deltas(run, transaction);
	if (outcome == LEDGER_VALID && run->overlay && !run->error) {
		execute_apply(run, transaction);
		count_endorsers(run, transaction);
	}
	return outcome;
}
