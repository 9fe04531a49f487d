/* SPDX-License-Identifier: GPL-2.0 */
/*
 * execute.h - what a block does: each transaction of a body, in order, is
 * judged (outcome.h) and, if valid, changes the overlay. The same bytes give
 * the same outcomes and the same root on every node: no clock, no floating
 * point, no addresses; time is the block's.
 *
 * Order of judgement: structure, channel, kind admitted, expiry, client enrolled and not revoked, nonce, signature or
 * evidence, endorsements, policy, reads (MVCC against the overlay as the transactions before it left it), deltas.
 * An invalid transaction whose client's signature or evidence is right spends its nonce; else it changes nothing.
 */
#ifndef VOLTGATE_LEDGER_EXECUTE_H
#define VOLTGATE_LEDGER_EXECUTE_H

#include "ledger/membership.h"
#include "ledger/outcome.h"
#include "ledger/state.h"
#include "ledger/transaction.h"
#include "ledger/verifier.h"

struct execute_context {
	const u8 *channel;		     /* 32 */
	const struct membership *membership; /* before the block */
	struct verifier *verifier;
	u64 number, time; /* of the block */
};

struct execute_result {
	u8 outcomes[BLOCK_TRANSACTIONS_MAX];
	u32 count, valid;
	bool reconfigured;	/* @next differs from the membership before */
	struct membership next; /* after the block */
};

/*
 * Carries @body out on @overlay, endorsement counts (paper eq. (1)) and pruning
 * included. 0; -EBADMSG: the body is no body (a proposal to refuse); -EIO.
 */
int execute_body(const struct execute_context *context, struct overlay *overlay, struct span body,
		 struct execute_result *ret_result);
/* Judges one transaction against @overlay without changing it: what a node asks before it passes a request on. */
enum ledger_outcome execute_precheck(const struct execute_context *context, struct overlay *overlay,
				     const struct transaction *transaction);
/* The genesis: @overlay gets the configuration. */
int execute_genesis(const struct membership *genesis, struct overlay *overlay);

/* M = beta * l_cn / L_n of paper eq. (1) for @node, in millionths, from committed state. */
int execute_experience(struct state *state, const struct membership *membership, const u8 node[32], u64 *ret_micro);

#endif
