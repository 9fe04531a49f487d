/* SPDX-License-Identifier: GPL-2.0 */
/*
 * execute.h - what a block does: each transaction of a body, in order, is
 * judged (outcome.h) and, if valid, changes the overlay. The same bytes give
 * the same outcomes and the same root on every node: no clock, no floating
 * point, no addresses; time is the block's.
 *
 * Order of judgement: the first that fails is the outcome.
 *
 *   open      structure, not-allowed (open-requests), nonce.
 *   invoke    structure, channel, not-allowed (evidence), expiry (block time <= expires <= block time +
 *             transaction-life-s), client enrolled (role client or administrator, not expired), client not
 *             revoked, nonce, signature or evidence; from here on the nonce is spent, whatever follows; keys
 *             ('k' of its own contract, and 'p', which hold 32 bytes; reads also 'm' and 'r'), each endorsement (form,
 * endorsing node, none twice, not revoked, path, signature), policy, reads by version against the overlay as the
 *             transactions before it left it, deltas and rates. All writes are applied, or none.
 *   evidence  form, attestor enrolled for this epoch and not revoked, grade, freshness (not older than
 *             evidence-age-s, not newer than block time + time-skew-ms), not used, what it says (an accepted
 *             action, real clock, this packet's session, sequence, type and digest), the packet's commitment to
 *             this proposal, mandate not expired by block time, path, batch's signature, the client's on the
 *             mandate.
 *   enrol     structure, channel, organisation, expiry, serial above all before, owner (no other organisation
 *             enrolled or revoked the key or has it as a node, no regulator revoked it), signature.
 *   revoke    structure, channel, serial, signature of the organisation's authority or of any regulator, owner
 *             (an authority revokes keys that its organisation enrolled and nodes that belong to it).
 *   config    structure, one a block, sequence, membership_follows(), signatures, number of signatures. It
 *             holds from the next block on.
 *
 * An invalid transaction whose client's signature or evidence is right spends its nonce (and its evidence);
 * any other changes nothing.
 *
 * What is written beside contracts' keys. Integers are big-endian. What a whole block did (windows, evidence,
 * counts, pruning) has version (number, count of the body).
 *
 *   'c'               the configuration, encoded (membership.h)
 *   'm' key           organisation u16, role u8, grade u8, serial u64, expires u64, epoch u64
 *   'r' key           organisation u16 (0xffff: a regulator), serial u64
 *   'n' client        head u64, time of the last block that spent a nonce u64, flags u8 (1: open requests
 *                     among them, 2: closed), then unless closed 16 words u64 of replay.h's ring: bit i of
 *                     word w is nonce w * 64 + i mod 1024. Closed: all nonces up to the head count as used.
 *   'e' attestor 32, epoch u64, batch u64
 *                     latest record time used u64, 64 bytes: bit i mod 8 of byte i / 8 is index i
 *   'e'               u64: verdicts from before are stale for ever (set where evidence-age-s is raised)
 *   'M' node          valid invoke transactions that it endorsed u64
 *   'M'               all valid invoke transactions u64
 *   'x' due u64, key  look at key once block time is above due; the value is one byte, 1
 *   'x'               u64: nothing due before this is left
 *
 * Pruning at a block's end takes at most 64 + 2 * count entries of 'x', in order. A window falls due twice
 * transaction-life-s after its last spending: it is deleted, or closed if open requests (which never expire)
 * spent from it and the channel still takes such. A closed one falls due again after the same time, and is deleted once
 * the channel takes none. Evidence falls due evidence-age-s after its latest record. What was used meanwhile is put
 * off.
 *
 * A counter (what deltas change) is an s64 in 8 bytes, two's complement; an absent one is 0.
 */
#ifndef VOLTGATE_LEDGER_EXECUTE_H
#define VOLTGATE_LEDGER_EXECUTE_H

#include "ledger/membership.h"
#include "ledger/outcome.h"
#include "ledger/proven.h"
#include "ledger/state.h"
#include "ledger/transaction.h"
#include "ledger/verifier.h"

struct execute_context {
	const u8 *channel;		     /* 32 */
	const struct membership *membership; /* before the block */
	struct verifier *verifier;
	struct proven *proven; /* batches seen before; may be NULL */
	u64 number, time;      /* of the block */
};

struct execute_result {
	u8 outcomes[BLOCK_TRANSACTIONS_MAX];
	u32 count, valid;
	bool reconfigured;	/* @next differs from the membership before */
	struct membership next; /* after the block; as before it if not reconfigured */
};

/*
 * Carries @body out on @overlay, endorsement counts (paper eq. (1)) and pruning
 * included. 0; -EBADMSG: the body is no body (a proposal to refuse); -EIO.
 */
int execute_body(const struct execute_context *context, struct overlay *overlay, struct span body,
		 struct execute_result *ret_result);
/*
 * Judges one transaction against the committed @state: what a node asks before
 * it passes a request on. Deltas are left to the block; reads too, unless the
 * state is as new as what the endorsers saw. @ret_outcome; 0 or -EIO.
 */
int execute_precheck(const struct execute_context *context, struct state *state, const struct transaction *transaction,
		     enum ledger_outcome *ret_outcome);
/* The same of a proposal alone, up to the client's @signature (64) or, if that is NULL, @evidence: what an endorser
 * asks. */
int execute_precheck_proposal(const struct execute_context *context, struct state *state,
			      const struct proposal *proposal, const u8 *signature, struct span evidence,
			      enum ledger_outcome *ret_outcome);
/* Whose client @key is by committed state, revoked or not: an organisation's index, -ENOENT, -EIO. */
int execute_organisation(const struct execute_context *context, struct state *state, const u8 key[32]);
/* The genesis: @overlay gets the configuration. -EINVAL: its sequence and epoch are not 0. */
int execute_genesis(const struct membership *genesis, struct overlay *overlay);

/* M = beta * l_cn / L_n of paper eq. (1) for @node, in millionths, from committed state. */
int execute_experience(struct state *state, const struct membership *membership, const u8 node[32], u64 *ret_micro);

#endif
