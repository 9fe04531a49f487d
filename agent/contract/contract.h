/* SPDX-License-Identifier: GPL-2.0 */
/*
 * contract.h - what a contract is: a pure function from a proposal and a
 * snapshot of the state to a read/write set and a result. It runs on endorsers
 * only; validators never run it. Integers only, no clock but the context's (the head block's time).
 *
 * A contract sees its own keys: "k", its name, 0, key. Keys that many transactions change at once (balances, counters)
 * it changes by delta, without reading them into the read set.
 */
#ifndef VOLTGATE_CONTRACT_H
#define VOLTGATE_CONTRACT_H

#include "ledger/evidence.h"
#include "ledger/membership.h"
#include "ledger/state.h"
#include "ledger/transaction.h"
#include "ledger/verifier.h"

#define CONTRACT_PRIVATE_SECRET_LEN 16 /* random bytes before private arguments: salts come of them */

struct contract_run; /* one simulation */

struct contract {
	const char *name;
	/* 0 or -errno with a sentence by contract_refuse(). */
	int (*invoke)(struct contract_run *run, struct span function, const struct span *arguments, u32 count);
	bool by_evidence; /* may be asked by evidence under a mandate; false: the client's own signature always */
};

struct contract_member { /* a key's enrolment, by committed state */
	u16 organisation;
	u8 role;  /* credential.h: enum credential_role */
	u8 grade; /* attestor: enum vg_grade */
	u64 serial, expires, epoch;
	bool revoked; /* it was, or its organisation has left the channel */
};

extern const struct contract contract_kv; /* put, get, delete, add: keys and counters for whoever needs no more */

const struct contract *contract_find(struct span name);

/* --- what a contract may call --- */
/* The value as the simulation sees it (own writes included); read into the read set. -ENOENT, -EIO. */
int contract_get(struct contract_run *run, struct span key, struct span *ret_value);
/* Reads a counter without entering it into the read set (for answers, not for decisions). */
int contract_peek(struct contract_run *run, struct span key, struct span *ret_value);
int contract_put(struct contract_run *run, struct span key, struct span value);
int contract_delete(struct contract_run *run, struct span key);
int contract_delta(struct contract_run *run, struct span key, s64 amount, s64 least, s64 most);
/*
 * A score for the rating under @key, applied by validators in block order (ledger/rating.h); @node: whose M counts
 * (32); @credibility_micro: R_v of who rates, millionths; @score: 1 to 5. -ERANGE outside of that; -EBUSY: the run
 * wrote the key in another way, or rated it before.
 */
int contract_rate(struct contract_run *run, struct span key, const u8 node[32], s64 credibility_micro, u32 score);
/*
 * Calls @each for own keys with @prefix in order (empty: all), from @from on (empty: from the first), until it returns
 * false. Keys are without "k", name, 0. Queries only: -EPERM otherwise. @each may call what a query may call; its spans
 * are good until it returns. -EIO, -ENOMEM.
 */
int contract_scan(struct contract_run *run, struct span prefix, struct span from,
		  bool (*each)(void *arg, struct span key, struct span value), void *arg);
/* The enrolment of @key, into the read set. -ENOENT: nobody enrolled it; -EIO. */
int contract_member(struct contract_run *run, const u8 key[32], struct contract_member *ret_member);
/* The one Ed25519 verification (ledger/verifier.h). */
bool contract_verify(struct contract_run *run, const u8 key[32], const void *message, size_t len,
		     const u8 signature[64]);
/*
 * A private value of @collection: its salted hash goes on the chain, salt and
 * value to the entitled (ledger/rwset_private.h). All three are for clients of entitled organisations: -EACCES.
 */
int contract_put_private(struct contract_run *run, struct span collection, struct span key, struct span value);
int contract_get_private(struct contract_run *run, struct span collection, struct span key, struct span *ret_value);
int contract_delete_private(struct contract_run *run, struct span collection, struct span key);
int contract_result(struct contract_run *run, struct span result);
int contract_refuse(struct contract_run *run, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));
u64 contract_time(const struct contract_run *run); /* Time64 of the head, or of a late block that the client named */
/* Who asks; NULL where a query names nobody. */
const u8 *contract_client(const struct contract_run *run);
/* Nothing of this run will be ordered; its result is for the asker alone. */
bool contract_is_query(const struct contract_run *run);
/* What follows the 16 random bytes. */
struct span contract_private_arguments(const struct contract_run *run);
/* Under which the request came, by a gate's verdict; NULL: the client signed the proposal itself, or it is a query. */
const struct mandate *contract_mandate(const struct contract_run *run);
/* 32: mandate_hash() of it in its scope, which names the charging session that it begins; NULL where there is none. */
const u8 *contract_mandate_id(const struct contract_run *run);
/* NULL where a query runs without one. */
const struct membership *contract_membership(const struct contract_run *run);
/* Of the channel; the default where a run has no membership. */
u64 contract_parameter(const struct contract_run *run, enum membership_parameter parameter);
/* 32; NULL: a query that names no channel. */
const u8 *contract_channel(const struct contract_run *run);
/* 32: names the transaction for its client; of a query: of its bytes as they are, nothing to rely on. */
const u8 *contract_proposal_hash(const struct contract_run *run);

/* --- running one --- */
struct contract_input {
	struct state *state;
	const struct membership *membership; /* NULL: no private collections */
	const struct proposal *proposal;     /* for a query: contract, function and arguments alone (nonce 0) */
	u32 organisations; /* bit of the asker's: private collections are for the entitled; 0: nobody's */
	u64 time;
	struct verifier *verifier; /* NULL: no signature is right */
	const struct evidence
		*evidence; /* decoded, judged by execute_precheck_proposal() before; NULL: client-signed, or a query */
	struct span private_arguments; /* 16 random bytes of the client first, so that all endorsers make equal salts */
	/* Private values as this node holds them: malloc'd; -ENOENT: not here, or not entitled. NULL: none held. */
	int (*private_get)(void *arg, struct span collection, struct span key, u8 **ret_value, size_t *ret_len);
	void *arg;
};

struct contract_private {
	struct span collection, key, value;
	u8 salt[16];
};

struct contract_output {
	u8 *rwset; /* encoded, malloc'd */
	size_t rwset_len;
	struct span result;		   /* within rwset */
	struct contract_private *privates; /* malloc'd with their bytes */
	size_t privates_size;
	u32 private_count;
	char refusal[320];
};

/* 0, or -errno with ret_output->refusal: the contract's no, an unknown contract (-ENOSYS), limits (-E2BIG). */
int contract_simulate(const struct contract_input *input, struct contract_output *ret_output);
void contract_output_free(struct contract_output *output);

#endif
