// SPDX-License-Identifier: GPL-2.0
/* execute_endorsements.c - who vouches for a read/write set, and are they enough (PROTOCOL.md L8). */
#include "ledger/endorsement.h"
#include "ledger/execute_run.h"
#include "ledger/merkle.h"

struct endorsing {
	u8 rwset_hash[LEDGER_HASH_LEN];
	u64 nodes[(MEMBERSHIP_NODES_MAX + 63) / 64]; /* that endorsed already */
	u64 organisations;
};

/* The endorser's signature covers @leaf: others of its batch may have shown most of that (proven.h). */
static bool vouched(struct execute_run *run, const struct endorsement *endorsement, const u8 *channel, const u8 *leaf)
{
	const struct execute_context *context = run->context;
	struct proven_leaf known = {
		.node = merkle_node,
		.signer = endorsement->endorser,
		.signature = endorsement->signature,
		.statement = channel,
		.statement_len = LEDGER_HASH_LEN,
		.count = endorsement->count,
		.index = endorsement->index,
		.leaf = leaf,
		.path = endorsement->path,
		.path_len = endorsement->path_len,
	};
	u8 hash[LEDGER_HASH_LEN];

	if (proven_check(context->proven, &known))
		return true;
	if (!endorsement_signed_hash(endorsement, channel, leaf, hash) ||
	    !verifier_check(context->verifier, endorsement->endorser, hash, sizeof(hash), endorsement->signature))
		return false;
	proven_add(context->proven, &known);
	return true;
}

static void leaf_of(const struct execute_run *run, const struct transaction *transaction, u32 place,
		    const struct endorsement *endorsement, const u8 *rwset_hash, u8 ret_leaf[LEDGER_HASH_LEN])
{
	if (run->hashes && place < EXECUTE_LOT_ENDORSEMENTS)
		memcpy(ret_leaf, run->hashes->leaves[place], LEDGER_HASH_LEN);
	else
		endorsement_leaf(transaction->proposal.channel, run->proposal_hash, rwset_hash, endorsement->endorser,
				 endorsement->height, ret_leaf);
}

static enum ledger_outcome judge_one(struct execute_run *run, const struct transaction *transaction, u32 place,
				     struct endorsing *endorsing)
{
	const struct membership *membership = run->context->membership;
	u8 leaf[LEDGER_HASH_LEN];
	struct endorsement endorsement;
	struct execute_actor *actor;
	int node;

	if (endorsement_decode(transaction->endorsements[place], &endorsement))
		return LEDGER_BAD_ENDORSEMENT;
	node = membership_node_index(membership, endorsement.endorser);
	if (node < 0 || !(membership->nodes[node].roles & MEMBERSHIP_ENDORSER) ||
	    endorsing->nodes[node / 64] >> (node & 63) & 1)
		return LEDGER_BAD_ENDORSEMENT;
	actor = execute_actor(run, endorsement.endorser);
	if (!actor)
		return LEDGER_BAD_ENDORSEMENT; /* run->error says what happened */
	execute_actor_standing(run, actor);
	if (actor->revoked)
		return LEDGER_REVOKED;
	leaf_of(run, transaction, place, &endorsement, endorsing->rwset_hash, leaf);
	if (!vouched(run, &endorsement, transaction->proposal.channel, leaf))
		return LEDGER_BAD_ENDORSEMENT;
	endorsing->nodes[node / 64] |= 1ULL << (node & 63);
	endorsing->organisations |= 1ULL << membership->nodes[node].organisation;
	run->endorsers[place] = node;
	return LEDGER_VALID;
}

enum ledger_outcome execute_endorsements(struct execute_run *run, const struct transaction *transaction)
{
	struct endorsing endorsing = { .organisations = 0 };
	enum ledger_outcome outcome;
	u32 i;

	if (run->hashes)
		memcpy(endorsing.rwset_hash, run->hashes->rwset, LEDGER_HASH_LEN);
	else
		ledger_hash_bytes(LEDGER_DOMAIN_RWSET, transaction->rwset.bytes.bytes, transaction->rwset.bytes.len,
				  endorsing.rwset_hash);
	for (i = 0; i < transaction->endorsement_count; i++) {
		outcome = judge_one(run, transaction, i, &endorsing);
		if (outcome != LEDGER_VALID)
			return outcome;
	}
	if ((u64)__builtin_popcountll(endorsing.organisations) <
	    execute_parameter(run, MEMBERSHIP_ENDORSING_ORGANISATIONS))
		return LEDGER_POLICY_UNMET;
	return LEDGER_VALID;
}
