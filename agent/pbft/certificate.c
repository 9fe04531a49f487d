// SPDX-License-Identifier: GPL-2.0
/*
 * certificate.c - proofs that view changes carry, checked vote by vote. Votes
 * that came before as messages are remembered (sign.c) and cost nothing again.
 */
#include "agent/pbft/core.h"

static bool quorum_of_replicas(const struct pbft *core, const struct pbft_certificate *certificate)
{
	u32 i;

	for (i = 0; i < certificate->count; i++)
		if (certificate->signatures[i].replica >= core->config.n ||
		    (i && certificate->signatures[i].replica <= certificate->signatures[i - 1].replica))
			return false;
	return certificate->count >= core->q;
}

bool certificate_commits(struct pbft *core, const struct pbft_certificate *commits, u64 number, const u8 header[32])
{
	u32 i;

	if (!quorum_of_replicas(core, commits))
		return false;
	for (i = 0; i < commits->count; i++)
		if (!sign_check_vote(core, BLOCK_VOTE_COMMIT, commits->signatures[i].replica, commits->view, number,
				     header, commits->signatures[i].bytes))
			return false;
	return true;
}

bool certificate_prepared(struct pbft *core, const struct pbft_certificate *proof)
{
	u32 i, primary = core_primary(core, proof->view);
	bool proposed = false;
	u8 hash[32];

	if (!quorum_of_replicas(core, proof))
		return false;
	pbft_block_hash(&proof->block, hash);
	for (i = 0; i < proof->count; i++) {
		u32 replica = proof->signatures[i].replica;
		enum block_vote kind = replica == primary ? BLOCK_VOTE_PREPREPARE : BLOCK_VOTE_PREPARE;

		proposed |= replica == primary;
		if (!sign_check_vote(core, kind, replica, proof->view, proof->block.number, hash,
				     proof->signatures[i].bytes))
			return false;
	}
	return proposed;
}

u64 certificate_holders(const struct pbft_certificate *certificate)
{
	u64 holders = 0;
	u32 i;

	for (i = 0; i < certificate->count; i++)
		holders |= 1ULL << certificate->signatures[i].replica;
	return holders;
}
