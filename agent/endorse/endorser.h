/* SPDX-License-Identifier: GPL-2.0 */
/*
 * endorser.h - judges proposals, simulates them on committed state, and signs
 * what came out: singly at once, or many together through a Merkle root after a few milliseconds.
 */
#ifndef VOLTGATE_ENDORSER_H
#define VOLTGATE_ENDORSER_H

#include "agent/contract/contract.h"
#include "ledger/endorsement.h"
#include "ledger/ledger.h"

struct endorser;

struct endorser_request {
	struct span proposal, client_signature, evidence, private_arguments;
	bool single;
	u64 height; /* simulate at the time of this block, if it is of late (endorser_block()); 0: at the head's */
	void *cookie;
};

/* @outcome LEDGER_VALID: endorsed; else why not, with a sentence. Spans are the callee's to copy. */
typedef void endorser_answer_fn(void *arg, void *cookie, enum ledger_outcome outcome, const char *sentence,
				struct span rwset, struct span endorsement, struct span result);

struct endorser_options {
	struct ledger *ledger; /* borrowed */
	u8 node_key[32];
	void (*sign)(void *arg, const void *message, size_t len, u8 ret_signature[64]);
	u32 batch_most; /* endorsements under one root; 0: 256 */
	endorser_answer_fn *answer;
	/* Private values that a simulation made, before its endorsement leaves: to be given to the entitled. May be
	 * NULL. */
	void (*privates)(void *arg, const u8 proposal_hash[32], const struct contract_private *privates, u32 count);
	int (*private_get)(void *arg, struct span collection, struct span key, u8 **ret_value, size_t *ret_len);
	void *arg;
};

struct endorser *endorser_new(const struct endorser_options *options);
void endorser_free(struct endorser *endorser);
/* Answers at once if refused or single; else at endorser_seal(). @now: Time64 of the wall clock, for expiry only. */
void endorser_take(struct endorser *endorser, const struct endorser_request *request, u64 now);
/* Block @number of @time is committed. Endorsers at different heights agree on the time of a block that both have. */
void endorser_block(struct endorser *endorser, u64 number, u64 time);
/* Signs what waits. The shell calls it when batch_wait has passed or endorser_waiting() reaches batch_most. */
void endorser_seal(struct endorser *endorser);
u32 endorser_waiting(const struct endorser *endorser);
void endorser_forget(struct endorser *endorser, void *cookie);

#endif
