/* SPDX-License-Identifier: GPL-2.0 */
/*
 * contract_run.h - one simulation from inside: what it read and what it would
 * write, in key order, and the memory that all of it lies in. Private to agent/contract/.
 */
#ifndef VOLTGATE_CONTRACT_RUN_H
#define VOLTGATE_CONTRACT_RUN_H

#include "agent/contract/contract.h"

#define CONTRACT_PRIVATES_MAX 64 /* values of one simulation */

struct contract_memory; /* pieces that go all at once */

struct contract_reads {
	u32 count, room;
	struct rwset_read *list; /* ascending keys */
};

struct contract_writes {
	u32 count, room;
	struct rwset_write *list;
};

struct contract_run {
	const struct contract_input *input;
	struct contract_output *output;
	const struct contract *contract;
	struct contract_memory *memory;
	struct contract_reads reads;
	struct contract_writes writes;
	struct contract_private privates[CONTRACT_PRIVATES_MAX];
	u32 private_count;
	struct span result;
	u8 proposal_hash[LEDGER_HASH_LEN], mandate_id[LEDGER_HASH_LEN]; /* the latter where there is evidence */
};

/* --- contract_memory.c --- */
/* NULL: no memory. Good until the run's end. */
void *contract_memory_take(struct contract_run *run, size_t len);
/* A copy of @from, and a zero behind it; bytes NULL: no memory. */
struct span contract_memory_copy(struct contract_run *run, struct span from);
void contract_memory_drop(struct contract_run *run);

/* --- contract_sets.c: @key is a whole state key --- */
/* As the run sees it. @record: enters the read set. 0, -ENOENT, -E2BIG, -ENOMEM, -EIO, -ERANGE (own delta overflows).
 */
int contract_sets_get(struct contract_run *run, struct span key, bool record, struct span *ret_value);
/* -EBUSY: the run changed it by delta before. */
int contract_sets_put(struct contract_run *run, struct span key, struct span value);
int contract_sets_delete(struct contract_run *run, struct span key);
/*
 * -EINVAL: put before in this run, and no counter; -ERANGE: with what the run did before it can never be in range, or
 * the amounts of one run do not fit 64 bits together.
 */
int contract_sets_delta(struct contract_run *run, struct span key, s64 amount, s64 least, s64 most);

/* -EBUSY: the run did anything else to the key before; -ERANGE: no score, or no credibility. */
int contract_sets_rate(struct contract_run *run, struct span key, const struct rwset_write *rate);

/* --- contract.c --- */
/* The sentence for a limit or a failing state; returns @error. */
int contract_failed(struct contract_run *run, int error);

#endif
