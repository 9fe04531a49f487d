/* SPDX-License-Identifier: GPL-2.0 */
/*
 * invoker.h - transactions of a client, many at a time: proposals signed with
 * its key, or somebody else's with a verdict in place of the signature (PROTOCOL.md E2), endorsed by as many
 * organisations as the channel asks for, submitted, and followed to their end.
 *
 * Nonces are the clock's milliseconds since 1970, as voltgate-vehicle has them, each above the last of this invoker.
 * Two programs that act for one client at once may hit on the same number, or one may run ahead of the clock and leave
 * the other behind the window (L7): who is told that the nonce was used, by a node that does not have the proposal in
 * its chain, proposes anew.
 */
#ifndef VOLTGATE_CLIENT_INVOKER_H
#define VOLTGATE_CLIENT_INVOKER_H

#include "ledger/outcome.h"
#include "ledger/transaction.h"
#include "agent/client/consortium.h"

struct invoker;

struct invoker_home_request {
	struct span proposal, signature, evidence, private_arguments;
	u64 height; /* PROTOCOL.md E9 */
};

/* What became of one. */
struct invoker_result {
	u64 number; /* the caller's */
	bool committed;
	bool refused; /* nodes or the contract said no: it will not be committed; else without committed: not known */
	u64 block;
	u32 index;
	u8 outcome;	     /* of a committed one; of a refused one as the node called it */
	const char *trouble; /* of any but a committed one: a sentence */
	u8 proposal_hash[LEDGER_HASH_LEN];
	struct span result; /* what the contract answered */
	u64 took_us;
};

/* A node of this very process, asked without a connection. Endorse and submit answer later, never from within. */
struct invoker_home {
	const u8 *key; /* 32: the node's */
	/* Then invoker_home_endorsed(@cookie, ...), once. -errno: cannot be asked now. */
	int (*endorse)(void *arg, const struct invoker_home_request *request, void *cookie);
	/* Then invoker_home_submitted(@cookie, ...), once. */
	int (*submit)(void *arg, struct span transaction, void *cookie);
	/* The last block that is committed there. */
	u64 (*height)(void *arg);
	/* The answer is of no more interest. */
	void (*forget)(void *arg, void *cookie);
	void *arg;
};

struct invoker_options {
	struct consortium *consortium;
	const char *node;		 /* submit to and ask this one first; NULL: all in turn */
	u32 timeout_ms;			 /* of one transaction, all attempts together */
	bool single;			 /* endorsements signed one by one */
	const struct invoker_home *home; /* NULL: none; asked first */
	void (*done)(void *arg, const struct invoker_result *result);
	/* Enough organisations agree: it is about to be submitted. May be NULL. */
	void (*endorsed)(void *arg, u64 number, struct span result);
	void *arg;
};

struct invoker_call {
	u64 number;
	struct span contract, function;
	const struct span *arguments;
	u32 argument_count;
	/* After 16 random bytes, which are put before them; to the nodes of @collection's organisations only. */
	struct span private_arguments;
	const char *collection; /* NULL: no private arguments */
	/* Both, where something was signed over them before (a meter's first reading); 0: drawn, anew if need be. */
	u64 nonce, expires;
	/*
	 * A ready-made proposal, and its evidence (evidence.h) or its client's signature; all copied. Then nothing
	 * above but number counts.
	 */
	struct span proposal, evidence;
	const u8 *signature; /* 64 */
};

int invoker_new(const struct invoker_options *options, struct invoker **ret_invoker);
void invoker_free(struct invoker *invoker);
/* Starts one; done() comes while the loop runs. -ENOMEM, -E2BIG, -ENOENT: no such collection, -EBADMSG: no proposal. */
int invoker_start(struct invoker *invoker, const struct invoker_call *call);
u32 invoker_under_way(const struct invoker *invoker);
/* Once in a while: what got stuck is tried again, what took too long is given up. */
void invoker_tick(struct invoker *invoker);

/* --- from a home --- */
void invoker_home_endorsed(void *cookie, enum ledger_outcome outcome, const char *sentence, struct span rwset,
			   struct span endorsement);
enum invoker_fate { INVOKER_COMMITTED, INVOKER_REFUSED, INVOKER_BUSY };
void invoker_home_submitted(void *cookie, enum invoker_fate fate, u64 block, u32 index, u8 outcome);

#endif
