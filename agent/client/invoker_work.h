/* SPDX-License-Identifier: GPL-2.0 */
/*
 * invoker_work.h - one transaction under way, between invoker.c (its life) and
 * invoker_endorse.c (its endorsements).
 *
 *   ENDORSING --enough organisations agree--> SUBMITTING --committed or refused--> gone
 *   ENDORSING, SUBMITTING --a node fails--> the same with the next node, after a pause
 *   ENDORSING, SUBMITTING --nonce used--> looked up at the node that says so --there--> gone
 *                                            \--not there--> ENDORSING with a new nonce, if the proposal is ours
 */
#ifndef VOLTGATE_CLIENT_INVOKER_WORK_H
#define VOLTGATE_CLIENT_INVOKER_WORK_H

#include "node/voltgate.pb-c.h"
#include "agent/client/invoker.h"

enum invoker_phase { INVOKER_ENDORSING, INVOKER_SUBMITTING };

struct invoker_ask { /* one node's endorsement */
	struct invoker_work *work;
	struct grpc_call *call; /* NULL: none under way */
	bool home;		/* asked without one, under way */
	bool asked;
	u8 *rwset, *endorsement; /* malloc'd; NULL: none */
	size_t rwset_len, endorsement_len;
};

struct invoker_work {
	struct invoker *invoker;
	struct invoker_work *next, **place; /* what points to it: thousands are under way at once */
	enum invoker_phase phase;
	u64 number, started_us, again_us; /* again_us: nothing before */
	u32 turn;			  /* which node comes first */
	u8 *proposal, *transaction, *private_arguments;
	size_t proposal_len, transaction_len, private_len;
	u32 organisations; /* bits: whose nodes may be asked */
	u8 hash[LEDGER_HASH_LEN], signature[TRANSACTION_SIGNATURE_LEN];
	bool ready;   /* the proposal, or its nonce and expiry, came as they are: it cannot be made anew */
	u8 *evidence; /* in place of the signature; else NULL */
	size_t evidence_len;
	u32 rounds;		/* in which some endorsed and some refused */
	u32 proposed;		/* times, each with a nonce of its own */
	struct grpc_call *call; /* Submit or Transaction */
	bool home;		/* submitted without one, under way */
	bool away;		/* the home has no room for it: to the next node once */
	bool looking_up;	/* it may be committed already */
	u64 height;		/* named to all endorsers alike (PROTOCOL.md E9) */
	u32 lookup_node;	/* which says that the nonce was used */
	bool refused;		/* a node said no, with a reason */
	char trouble[400];
	u8 outcome; /* what the last no was called */
	u8 *result;
	size_t result_len;
	struct invoker_ask asks[]; /* one for each node */
};

struct invoker {
	struct invoker_options options;
	struct consortium *consortium;
	const struct membership *membership;
	struct invoker_work *works;
	u32 count, turns;
	int home; /* which node that is, or -1 */
	u64 last_nonce, turned_us;
	u64 height; /* the last block of which something was told: endorsers are to know it too */
	u64 shunned_us[MEMBERSHIP_NODES_MAX]; /* until then a node is asked last */
};

u64 invoker_now_us(void);
/* @call begun with @message sent and the sending end closed. 0 or -errno. */
int invoker_begin(struct grpc_client *client, const char *path, u32 timeout_ms, const struct grpc_answer *answer,
		  const ProtobufCMessage *message, struct grpc_call **ret_call);

/* A node that did not answer lately. */
bool invoker_shuns(const struct invoker *invoker, u32 node);
void invoker_judge(struct invoker *invoker, u32 node, enum grpc_status status);

/* --- invoker_endorse.c --- */
/* Asks as many nodes as are needed and not yet asked. */
void invoker_endorse(struct invoker_work *work);
/* Forgets what was gathered: it is simulated anew. */
void invoker_endorse_reset(struct invoker_work *work);

/* --- invoker.c --- */
/* Endorsed: @work->transaction stands. */
void invoker_endorsed(struct invoker_work *work);
/* What @node said when it did not do what it was asked. */
void invoker_note(struct invoker_work *work, u32 node, const char *text);
/* It ends with a no. */
void invoker_fail(struct invoker_work *work, const char *trouble);
/* A submission ended without a block: with "word: sentence". */
void invoker_unsubmitted(struct invoker_work *work, u32 node, enum grpc_status status, const char *text);
/* Did the node end a call with "duplicate"? Then it may be committed. */
bool invoker_is_duplicate(enum grpc_status status, const char *text);
/* @node says that the nonce was used: is it by this very proposal? */
void invoker_look_up(struct invoker_work *work, u32 node);

/* --- invoker_propose.c --- */
/* Makes the work's proposal of @call, or takes the one that comes with it. invoker_start()'s errors. */
int invoker_propose(struct invoker_work *work, const struct invoker_call *call);
int invoker_take(struct invoker_work *work, const struct invoker_call *call);
/* May it be proposed once more, with another nonce? */
bool invoker_may_propose(const struct invoker_work *work);
void invoker_propose_again(struct invoker_work *work);

#endif
