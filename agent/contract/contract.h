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

#include "ledger/membership.h"
#include "ledger/state.h"
#include "ledger/transaction.h"

#define CONTRACT_PRIVATE_SECRET_LEN 16 /* random bytes before private arguments: salts come of them */

struct contract_run; /* one simulation */

struct contract {
	const char *name;
	/* 0 or -errno with a sentence by contract_refuse(). */
	int (*invoke)(struct contract_run *run, struct span function, const struct span *arguments, u32 count);
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
 * A private value of @collection: its salted hash goes on the chain, salt and
 * value to the entitled (ledger/rwset_private.h). All three are for clients of entitled organisations: -EACCES.
 */
int contract_put_private(struct contract_run *run, struct span collection, struct span key, struct span value);
int contract_get_private(struct contract_run *run, struct span collection, struct span key, struct span *ret_value);
int contract_delete_private(struct contract_run *run, struct span collection, struct span key);
int contract_result(struct contract_run *run, struct span result);
int contract_refuse(struct contract_run *run, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));
u64 contract_time(const struct contract_run *run); /* Time64 of the head */
/* Who asks; NULL where a query names nobody. */
const u8 *contract_client(const struct contract_run *run);
/* Nothing of this run will be ordered; its result is for the asker alone. */
bool contract_is_query(const struct contract_run *run);
/* What follows the 16 random bytes. */
struct span contract_private_arguments(const struct contract_run *run);

/* --- running one --- */
struct contract_input {
	struct state *state;
	const struct membership *membership; /* NULL: no private collections */
	const struct proposal *proposal;     /* for a query: contract, function and arguments alone (nonce 0) */
	u32 organisations; /* bit of the asker's: private collections are for the entitled; 0: nobody's */
	u64 time;
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
