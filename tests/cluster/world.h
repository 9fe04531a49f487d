/* SPDX-License-Identifier: GPL-2.0 */
/*
 * world.h - one simulated run: its nodes, network, clients, faults and judge.
 *
 * A seed fixes everything. The run has two parts: trouble, while faults are
 * drawn (plan.c), and calm, from world.calm_at on, when all faults but the
 * liars have ended; in the calm every correct node has to come to the same
 * height, with every request in a block (judge.c says whether).
 *
 *   member.c   a node: vault (disks), process (channel), clock, its own lies if it is a liar (liar.c, liar_forge.c)
 *   crowd.c    clients with their requests
 *   plan.c     the scenario: sizes, parameters, faults
 *   judge.c    what must hold, kept apart from the code under test
 */
#ifndef VOLTGATE_CLUSTER_WORLD_H
#define VOLTGATE_CLUSTER_WORLD_H

#include "agent/channel/channel.h"
#include "tests/cluster/draw.h"
#include "tests/cluster/vault.h"
#include "tests/cluster/wire.h"

#define WORLD_MEMBERS 48
#define WORLD_EPOCH_US 700000000000000ULL /* Time64 at virtual time 0 */

struct crowd;
struct judge;
struct liar;
struct scenario;
struct world;

struct member {
	struct world *world;
	u32 index;
	char name[16];
	u8 key[32];
	struct vault vault;
	struct ledger *ledger; /* that the channel began with */
	struct channel *channel;
	struct membership *told; /* its configuration, as it said */
	u64 reconfigured_us;
	u64 epoch;	      /* as its last configuration says */
	u32 replica;	      /* in it; ~0: none */
	s64 skew_us;	      /* of its clock */
	u64 monotonic_us;     /* added to virtual time */
	u64 wake_at, process; /* counts processes */
	bool flush_due, paused, broken, lost_votes, disk_failing, joined, created, ending;
	struct liar *liar;	 /* NULL: correct */
	bool twin;		 /* another instance with the same key */
	struct wire_event *held; /* while paused */
	u32 held_count, held_room;
};

/* What is drawn once for a run. */
struct plan {
	u32 n, members; /* replicas at first; with twins */
	u32 liars;	/* twins count once */
	u32 target;	/* blocks */
	u64 faults;	/* set of enum plan_fault */
	u32 fault_every_us;
	u64 trouble_us;
	u64 bound_us; /* longest calm */
	u32 delay_least_us, delay_most_us, flush_us;
	struct membership genesis;
	bool quiet;	    /* nothing goes wrong: clients' order is kept, nothing is ordered twice */
	u32 flood;	    /* requests that client 0 has open; 0: as the others */
	u32 pool;	    /* requests that a replica holds */
	u32 snapshot_after; /* blocks behind; 0: only if nobody holds the blocks */
	u32 only;	    /* clients go to this member alone; ~0: to anybody */
};

/* How the network is now. */
struct weather {
	u32 loss, copies;			    /* permille */
	u64 delay_us;				    /* added at most */
	bool blocked[WORLD_MEMBERS][WORLD_MEMBERS]; /* from, to */
};

struct world {
	u64 seed, now_us, calm_at, ended_at; /* calm_at ~0: not yet */
	struct draw draw;
	struct wire wire;
	struct plan plan;
	struct weather weather;
	u32 member_count;
	struct member *members;
	struct crowd *crowd;
	struct judge *judge;
	const struct scenario *scenario; /* NULL: a drawn run */
	u64 mark;			 /* the scenario's */
	u64 digest, events;
	bool failed, over, verbose;
	char failure[512];
	char **tale; /* last sentences, a ring, if verbose */
	u32 tale_at;
	u64 parcels, parcel_bytes, lies, accusations;
	u32 rules; /* that cores which are gone passed through */
};

/* --- world.c --- */
/* Runs @seed to its end; 0 or 1 (world.failure). @scenario: NULL, or a written run. */
int world_run(struct world *world, u64 seed, const struct scenario *scenario, bool verbose);
void world_done(struct world *world);
__attribute__((format(printf, 2, 3))) void world_fail(struct world *world, const char *format, ...);
__attribute__((format(printf, 2, 3))) void world_tell(struct world *world, const char *format, ...);
void world_at(struct world *world, u64 at_us, enum wire_kind kind, u32 member, u64 number);
/* Everything that happens goes into the digest by which two runs are compared. */
void world_digest(struct world *world, const void *bytes, size_t len);
/* The network's part: @from gives @bytes to everyone with @key. */
void world_carry(struct world *world, struct member *from, const u8 key[32], struct span bytes);
static inline bool world_calm(const struct world *world)
{
	return world->now_us >= world->calm_at;
}

/* --- member.c --- */
int member_init(struct world *world, struct member *member);
void member_done(struct member *member);
void member_start(struct member *member);
/* @power: what was not synced is lost or torn as drawn; else only the process ends. */
void member_stop(struct member *member, bool power);
void member_event(struct member *member, struct wire_event *event);
void member_pause(struct member *member);
void member_resume(struct member *member);
bool member_correct(const struct member *member);
struct ledger *member_ledger(const struct member *member); /* NULL if it is down */
/* Rules of PROTOCOL.md section 9 that its core has passed through: a set. */
u32 member_rules(const struct member *member);
u64 member_height(const struct member *member); /* 0 if it is down */
/* A round of its loop ends soon. */
void member_touched(struct member *member);

/* --- plan.c --- */
void plan_draw(struct world *world);
void plan_fault(struct world *world);
void plan_mend(struct world *world, u64 number);
/* The trouble is over: everything is mended. */
void plan_calm(struct world *world);

/* --- crowd.c --- */
int crowd_init(struct world *world);
void crowd_done(struct world *world);
void crowd_turn(struct world *world, u32 client);
void crowd_answer(struct member *member, void *cookie, enum channel_answer answer, u64 number, u32 index, u8 outcome);
/* What was submitted at @member has no answer any more. */
void crowd_lost(struct member *member);
bool crowd_content(const struct world *world); /* every request is in a block */
void crowd_stop(struct world *world);
/* No new requests until it is lifted. */
void crowd_rest(struct world *world, bool rest);
/* A configuration that follows the one of @at, by the regulator; false: one is under way. */
bool crowd_configure(struct world *world, struct member *at, const struct membership *next);
/* Index of the request, or -1: nobody sent it. */
s64 crowd_find(const struct world *world, const u8 digest[32]);
/* Index of the request to invoke whose proposal and signature are this transaction's, or -1. */
s64 crowd_proposed(const struct world *world, struct span transaction);
void crowd_committed(struct world *world, u32 request);
bool crowd_is_committed(const struct world *world, u32 request);
struct span crowd_bytes(const struct world *world, u32 request);
u32 crowd_waiting(const struct world *world);
const char *crowd_waits_for(const struct world *world, char ret_text[128]);

/* --- judge.c --- */
int judge_init(struct world *world);
void judge_done(struct world *world);
void judge_committed(struct member *member, const struct block *block, const u8 (*digests)[32]);
void judge_started(struct member *member);
void judge_sent(struct member *member, struct span parcel);
/* Is it a node of the channel by the latest configuration that a correct node has? */
bool judge_belongs(const struct member *member);
/* What a node says of itself and others. */
void judge_said(struct member *member, const char *sentence);
/* Looks whether the run may end; true: it may. */
bool judge_satisfied(struct world *world);
void judge_end(struct world *world);
u64 judge_height(const struct world *world); /* highest block committed by a correct node */

/* --- liar.c --- */
int liar_init(struct member *member);
void liar_done(struct member *member);
/* Lies in this way and no other from now on. */
void liar_fix(struct member *member, u32 habits, u32 permille);
/* What a liar makes of a parcel that its channel sends. */
void liar_send(struct member *member, const u8 key[32], struct span parcel);
void liar_heard(struct member *member, struct span parcel);
void liar_turn(struct member *member);

#endif
