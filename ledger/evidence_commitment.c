// SPDX-License-Identifier: GPL-2.0
/* evidence_commitment.c - what an action's payload begins with: apart, for vehicles need no more of evidence.h. */
#include "ledger/evidence.h"
#include "ledger/hash.h"

void evidence_commitment(const u8 action_salt[EVIDENCE_ACTION_SALT_LEN], struct span proposal,
			 u8 ret_commitment[LEDGER_HASH_LEN])
{
	const struct ledger_piece pieces[] = { { action_salt, EVIDENCE_ACTION_SALT_LEN },
					       { proposal.bytes, proposal.len } };

	ledger_hash(LEDGER_DOMAIN_ACTION, pieces, 2, ret_commitment);
}
