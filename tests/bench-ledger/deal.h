/* SPDX-License-Identifier: GPL-2.0 */
/*
 * deal.h - makes transactions beforehand, signed and endorsed, so that making
 * them is no part of what is measured.
 *
 * o: open requests. a: signed by the client, two organisations' endorsements whose signatures are over batches.
 * A: the same with a signature for each endorsement (a'). b: a verdict of a sealed batch of 512 instead of the client's
 * signature, endorsed as a. All of a, A, b put one value under a key of their own (contract kv).
 */
#ifndef VOLTGATE_TESTS_BENCH_LEDGER_DEAL_H
#define VOLTGATE_TESTS_BENCH_LEDGER_DEAL_H

#include "ledger/membership.h"

#define DEAL_ENDORSEMENTS 256 /* endorsements under one signature in a and b */
#define DEAL_ENDORSERS 2
#define DEAL_CLIENTS_MAX 4096

struct deal_options {
	char kind; /* 'o', 'a', 'A', 'b' */
	u32 payload, clients, count;
	const struct membership *genesis;
	const char *authority;		       /* org.key of the clients' organisation; not for 'o' */
	const char *endorsers[DEAL_ENDORSERS]; /* node.key of two organisations' nodes; not for 'o' */
	u64 now;			       /* Time64 */
	u32 writes;			       /* values a transaction puts, 1 to TRANSACTION_KEYS_MAX; 0: 1 */
	u64 keys;			       /* keys are drawn from so many; 0: each its own */
	u32 together;			       /* most transactions under one signature in a and b; 0: as said above */
	u64 seed;			       /* gives clients' keys and values; 0: they are random */
};

struct deal {
	struct span *transactions; /* count */
	struct span *enrolments;   /* must be committed before */
	u32 count, enrolment_count;
	u8 *room;
	size_t used, size;
};

/* Aborts with a sentence on standard error where it cannot. */
void deal_make(const struct deal_options *options, struct deal *ret_deal);
void deal_free(struct deal *deal);
/* Time64 now. */
u64 deal_now(void);

#endif
