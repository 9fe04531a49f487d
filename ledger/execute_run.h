/* SPDX-License-Identifier: GPL-2.0 */
/*
 * execute_run.h - what the parts of execution share while a block is carried
 * out (or one transaction is judged). Private to ledger/execute*.c.
 *
 * Clients, attestors and endorsers ("actors") and batches of evidence are read
 * from the state once a block and written once, at its end. The tables are
 * hashed with a key that this process drew, so that nobody can choose keys
 * that collide; nothing depends on the order within a table.
 */
#ifndef VOLTGATE_LEDGER_EXECUTE_RUN_H
#define VOLTGATE_LEDGER_EXECUTE_RUN_H

#include "ledger/credential.h"
#include "ledger/execute.h"
#include "voltgate/record.h"
#include "voltgate/replay.h"

#define EXECUTE_REGULATOR 0xffff /* in 'r': who revoked */

struct execute_actor {
	u8 key[32];
	u32 next; /* in its chain, plus one */
	/* as 'm' and 'r' say */
	u32 generation; /* of the run when they were read; 0: never */
	bool enrolled, revoked;
	u8 role, grade;
	u16 organisation, revoker;
	u64 serial, revoked_serial, expires, epoch;
	/* as 'n' says */
	bool window_read, window_stored, window_touched, open;
	struct vg_replay window;
};

#define EXECUTE_EVIDENCE_KEY_LEN (1 + VG_KEY_LEN + 8 + 8)

struct execute_batch {
	u8 key[EXECUTE_EVIDENCE_KEY_LEN]; /* of the state */
	u32 next;
	bool stored, touched;
	u64 latest;
	u8 used[VG_BATCH_MAX / 8];
};

#define EXECUTE_FEW 8

struct execute_table { /* of equally large entries that end up in a growing array */
	u8 *entries;
	u32 *heads; /* index plus one */
	u32 count, room, mask;
	u32 few[EXECUTE_FEW]; /* heads of a run of few transactions */
};

#define EXECUTE_LOT 32
#define EXECUTE_LOT_ENDORSEMENTS 4 /* whose leaves are made beforehand */

struct execute_hashes { /* of an invocation, made together with those of its neighbours */
	u8 proposal[LEDGER_HASH_LEN], rwset[LEDGER_HASH_LEN], leaves[EXECUTE_LOT_ENDORSEMENTS][LEDGER_HASH_LEN];
};

struct execute_lot { /* the block's next transactions */
	u32 count;
	bool malformed[EXECUTE_LOT], invokes[EXECUTE_LOT];
	struct execute_hashes hashes[EXECUTE_LOT]; /* of those that invoke */
	struct transaction transactions[EXECUTE_LOT];
};

struct execute_run {
	const struct execute_context *context;
	struct state *state; /* judged against, if there is no overlay */
	struct overlay *overlay;
	u32 index;	/* of the transaction at hand */
	u32 generation; /* raised when an enrolment or revocation is applied */
	int error;	/* -EIO, -ENOMEM: the run is worthless */
	struct execute_table actors, batches;
	bool floor_read;
	u64 floor; /* verdicts from before are stale */
	bool configured;
	struct membership *next; /* of a config transaction; NULL: nobody asks */
	/* of the transaction at hand */
	u32 endorsers[TRANSACTION_ENDORSEMENTS_MAX]; /* node indices */
	u8 proposal_hash[LEDGER_HASH_LEN];
	const struct execute_hashes *hashes; /* NULL: to be made */
	/* counts of eq. (1) */
	u64 endorsed[MEMBERSHIP_NODES_MAX], updates;
};

/* --- execute_run.c --- */
int execute_run_init(struct execute_run *run, const struct execute_context *context, struct state *state,
		     struct overlay *overlay, u32 transactions);
void execute_run_done(struct execute_run *run);
/* 0 or -ENOENT; a failure sets run->error and reads as absent. */
int execute_get(struct execute_run *run, struct span key, struct state_value *ret_value);
/* Failures set run->error. */
void execute_put(struct execute_run *run, struct span key, struct span value, u32 index);
void execute_delete(struct execute_run *run, struct span key);
/* The entry with the @len bytes @key at its start, or a new one whose rest is zeros (*@ret_new). NULL: run->error. */
void *execute_table_entry(struct execute_run *run, struct execute_table *table, size_t size, const u8 *key, size_t len,
			  bool *ret_new);
u64 execute_parameter(const struct execute_run *run, enum membership_parameter parameter);
/* A parameter in seconds as microseconds of Time64. */
u64 execute_seconds(const struct execute_run *run, enum membership_parameter parameter);

/* --- execute_actor.c --- */
struct execute_actor *execute_actor(struct execute_run *run, const u8 key[32]);
/* Reads 'm' and 'r' if they may have changed. */
void execute_actor_standing(struct execute_run *run, struct execute_actor *actor);
/* Revoked, or enrolled by an organisation that has left. After execute_actor_standing(). */
bool execute_actor_revoked(const struct execute_run *run, const struct execute_actor *actor);
bool execute_actor_expired(const struct execute_run *run, const struct execute_actor *actor);
bool execute_nonce_used(struct execute_run *run, struct execute_actor *actor, u64 nonce);
void execute_nonce_spend(struct execute_run *run, struct execute_actor *actor, u64 nonce, bool open);
/* Writes what was spent. */
void execute_windows_write(struct execute_run *run);
/* A window is due: deletes, closes, or puts off. */
void execute_window_prune(struct execute_run *run, struct span key);

/* --- execute_evidence.c --- */
enum ledger_outcome execute_evidence(struct execute_run *run, struct span evidence, const struct proposal *proposal,
				     struct execute_batch **ret_batch, u32 *ret_index, u64 *ret_time);
void execute_evidence_spend(struct execute_batch *batch, u32 index, u64 time);
void execute_batches_write(struct execute_run *run);
void execute_batch_prune(struct execute_run *run, struct span key);
/* evidence-age-s changes to that of @next. */
void execute_evidence_floor(struct execute_run *run, const struct membership *next);

/* --- execute_members.c --- */
enum ledger_outcome execute_enrol(struct execute_run *run, const struct transaction *transaction);
enum ledger_outcome execute_revoke(struct execute_run *run, const struct transaction *transaction);
enum ledger_outcome execute_config(struct execute_run *run, const struct transaction *transaction);

/* --- execute_invoke.c --- */
/* Up to the client's signature or evidence. */
enum ledger_outcome execute_proposal(struct execute_run *run, const struct proposal *proposal, const u8 *signature,
				     struct span evidence, bool spend);
enum ledger_outcome execute_invoke(struct execute_run *run, const struct transaction *transaction);

/* --- execute_endorsements.c --- */
enum ledger_outcome execute_endorsements(struct execute_run *run, const struct transaction *transaction);

/* --- execute.c --- */
/* execute_experience() of the counts before the block: they are written at its end. */
u64 execute_run_experience(struct execute_run *run, const u8 node[32]);

/* --- execute_writes.c --- */
enum ledger_outcome execute_keys(const struct transaction *transaction);
enum ledger_outcome execute_reads(struct execute_run *run, const struct transaction *transaction);
enum ledger_outcome execute_deltas(struct execute_run *run, const struct transaction *transaction);
void execute_apply(struct execute_run *run, const struct transaction *transaction);

/* --- execute_lot.c --- */
/* Takes the next transactions off @body, which block_body_open() accepted. False: there are none. */
bool execute_lot_fill(struct execute_lot *lot, struct reader *body);

/* --- execute_prune.c --- */
/* Looks at @key when the block time is above @due. */
void execute_due(struct execute_run *run, u64 due, struct span key);
void execute_prune(struct execute_run *run);

#endif
