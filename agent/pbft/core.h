/* SPDX-License-Identifier: GPL-2.0 */
/*
 * core.h - the state of a consensus core, for the core's own files only, and
 * which file does what. Everything lies in the caller's arena.
 *
 *   core.c        arena, init, step(): one event in, then core_advance()
 *   effect.c      the update: effects, the messages and digests that they show
 *   sign.c        signatures made, checked, and remembered
 *   pool.c        requests waiting: by digest, by client, by age
 *   slot.c        the numbers between the watermarks
 *   vote.c        tables of votes, quorums counted and verified lazily
 *   propose.c     the primary's work (C3)
 *   prepare.c     proposals accepted, carried out, prepared (C5 to C8)
 *   commit.c      commits, certificates (C9), and what is durable
 *   checkpoint.c  low watermark (C11)
 *   viewchange.c  leaving a view (C12, C15)    newview.c  entering one (C13)
 *   certificate.c proofs that view changes carry
 *   timers.c      patience (C15, C18)          behind.c   catching up (C17)
 *   status.c      anti-entropy (C22)           restore.c  after a restart (C10)
 *
 *   in a view --leave (viewchange.c)--> changing --new view (newview.c)--> in a higher view
 *      ^----------------------- new view of a higher view ------------------------'
 */
#ifndef VOLTGATE_PBFT_CORE_H
#define VOLTGATE_PBFT_CORE_H

#include "agent/pbft/counter.h"
#include "agent/pbft/message.h"
#include "agent/pbft/pool.h"
#include "agent/pbft/room.h"
#include "agent/pbft/rule.h"

#define CORE_NEVER (~0ULL)
#define CORE_NOBODY (~0U) /* no replica */
#define CORE_STATUS_US 1000000
#define CORE_PATIENCE_SHIFT_MAX 6 /* 64 times the first (C15) */
#define CORE_FORGED_COST 16	  /* verifications that a forged vote is charged as */
#define CORE_ANSWER_SLOTS 16	  /* numbers that an answer to a status covers */

struct remembered {
	u8 digest[32], signature[64];
	u32 replica;
	bool there;
};

enum vote_state { VOTE_NONE, VOTE_HELD, VOTE_GOOD }; /* held: its signature is not verified yet */

struct vote {
	u64 view;
	u8 hash[32], signature[64];
	enum vote_state state;
};

/* A pre-prepare that has come but is not accepted yet: its number is not next, or it is of a view to come. */
struct offer {
	bool there, good;
	u64 view;
	struct pbft_block block;
	u8 hash[32], signature[64];
};

enum run { RUN_IDLE, RUN_ASKED, RUN_DONE, RUN_REFUSED };

struct slot {
	u64 number;
	/* The candidate: what the shell has carried out or is asked to. Outlives a view if the next one wants it. */
	bool known;
	struct pbft_block block;
	u8 hash[32];
	enum run run;
	u64 run_view, run_again_us, accepted_us;
	u64 holders; /* replicas that have the body */
	bool committed;
	struct block_certificate *certificate; /* if committed */
	/* The present view. */
	bool selected; /* its new view proposes the candidate again */
	bool proposed; /* its primary's pre-prepare for the candidate is accepted */
	bool voted;    /* own prepare, or own pre-prepare */
	bool prepared; /* and every number below; own commit vote */
	u8 preprepare_signature[64];
	struct offer offer;
	/* Votes of each replica: of its highest view. The primary's own pre-prepare stands in prepares[self]. */
	struct vote *prepares, *commits, *checkpoints;
	struct pbft_certificate proof; /* prepared certificate of the highest view; count 0: none */
};

/* What a replica said of itself. */
struct claim {
	u64 view, committed;
	u64 answered_us; /* not given again what it lacks before */
	u64 heard_us;
	u64 budget_us; /* end of the present budget of verifications that it may cause */
	u32 spent;
	u64 taught_us; /* when it was given the present view */
	u64 asked_us;  /* not asked again for what we lack before */
	bool changing;
};

struct head {
	u64 number, time;
	u8 header[32];
	bool last;
};

struct pbft {
	struct pbft_config config;
	u32 f, q;
	u32 rules; /* bits, see rule.h */
	u64 counters[PBFT_COUNTER_COUNT];
	u64 now_us, clock;
	bool started, mute, ended;

	/* Where we are. */
	struct head head;			    /* last committed */
	struct block_certificate *head_certificate; /* count 0: the epoch's base */
	u64 appended;				    /* durable */
	u64 stable, low;			    /* window: stable + 1 .. stable + window; voted for: above low */
	u64 high;				    /* highest number with anything in it */
	u64 view, view_base;			    /* in this view numbers above view_base are proposed */
	bool changing;				    /* @view is wanted, not entered */

	struct slot *slots;

	/* Proposing. */
	u64 proposed;	      /* highest number proposed in this view */
	u64 proposing;	      /* number of the PROPOSE not answered; 0: none */
	u64 propose_after_us; /* after a failure */

	/* View changes. */
	struct pbft_message *changes; /* of each replica, of its highest view; kind 0: none */
	u8 (*change_digests)[32];
	bool *change_checked; /* its certificates hold */
	u8 **change_rooms;
	size_t change_room_size, new_view_room_size;
	struct pbft_message *change_list; /* of a new view under construction */
	struct pbft_message new_view;	  /* of the present view; kind 0: none */
	u8 *new_view_room;
	u64 selection_first;
	u32 selection_count;
	struct pbft_block *selection, *selection_next;
	u64 *selection_holders, *selection_holders_next;

	struct vote checkpoint; /* own latest */
	u64 checkpoint_number;
	u64 *marks; /* of each replica: highest block that it said to have on the disk, and that is ours too */

	/* Time. */
	u64 entered_us, left_us, quorum_us; /* quorum_us: since when a quorum wants this view; never: it does not */
	u32 shift;			    /* patience doubled so often */
	bool committed_since_left;
	u64 committed_us;   /* last commit */
	u64 progress_us;    /* last commit, view, or begin of something to wait for */
	u64 room_us;	    /* when the last committed block that had room for more was accepted */
	u64 passed;	    /* requests that went into blocks */
	u64 entered_passed; /* the same when this view was entered */
	u64 status_us, ask_us, resend_us, retry_us;
	bool pending; /* something is waited for */

	/* Behind. */
	struct claim *claims;
	u64 certified, certified_holders; /* highest block proved beyond ours */
	u64 target, fetch_us;

	struct pool pool;

	struct remembered *remembered;
	u32 remembered_mask;

	/* The update. */
	struct pbft_effect *effects;
	u32 effect_count, effect_max;
	struct pbft_message *messages;
	u32 message_count, message_max;
	u8 (*digests)[32];
	u32 digest_count, digest_max;
};

/* core.c */
static inline u32 core_primary(const struct pbft *core, u64 view)
{
	return view % core->config.n;
}

static inline bool core_is_primary(const struct pbft *core)
{
	return core_primary(core, core->view) == core->config.self;
}

static inline u64 core_quarter_us(const struct pbft *core)
{
	return core->config.request_timeout_ms * 250ULL;
}

/* All that can go on without another event. */
void core_advance(struct pbft *core);

/* effect.c; what they give is good until the next step */
struct pbft_effect *effect_add(struct pbft *core, enum pbft_effect_type type);
struct pbft_message *effect_message(struct pbft *core, enum pbft_kind kind); /* own, not signed */
void effect_persist(struct pbft *core, const struct pbft_message *message, u64 number);
void effect_send(struct pbft *core, const struct pbft_message *message, u64 replicas);
void effect_misbehaved(struct pbft *core, u32 replica, const char *what, const struct pbft_message *message);
u8 (*effect_digests(struct pbft *core, u32 count))[32]; /* NULL: no room left in this step */

/* sign.c */
void sign_message(struct pbft *core, struct pbft_message *message);
bool sign_check(struct pbft *core, u32 replica, const u8 digest[32], const u8 signature[64]);
bool sign_check_message(struct pbft *core, const struct pbft_message *message);
bool sign_check_vote(struct pbft *core, enum block_vote kind, u32 replica, u64 view, u64 number, const u8 hash[32],
		     const u8 signature[64]);

/* slot.c */
struct slot *slot_get(struct pbft *core, u64 number);	/* NULL: outside the window */
struct slot *slot_touch(struct pbft *core, u64 number); /* the same, to put something in */
/* The block that @number follows: last committed or the candidate before. False: not known. */
bool slot_parent(struct pbft *core, u64 number, struct head *ret_parent);
void slot_forget_view(struct slot *slot);
/* What was proposed and voted in the view that is left says nothing in the next. */
void slot_forget_views(struct pbft *core);
/* Discards candidates from @number on, the shell's too. */
void slot_discard(struct pbft *core, u64 number);

/* vote.c */
/* False: it changes nothing. Tells if it contradicts an earlier one. */
bool vote_store(struct pbft *core, struct slot *slot, const struct pbft_message *message, bool good);
void vote_own(struct pbft *core, struct vote *vote, u64 view, const u8 hash[32], const u8 signature[64]);
/* C10: would voting so contradict what was voted before? */
bool vote_allowed(struct pbft *core, const struct vote *own, u64 view, const u8 hash[32]);
u32 vote_count(const struct pbft *core, const struct vote *votes, u64 view, const u8 hash[32], u32 except);
/* @need votes, of others than @except, whose signatures hold. */
bool vote_quorum(struct pbft *core, struct vote *votes, enum block_vote kind, u64 number, u64 view, const u8 hash[32],
		 u32 except, u32 need);
/* First @need good ones; ascending. */
u32 vote_collect(const struct pbft *core, const struct vote *votes, u64 view, const u8 hash[32], u32 need,
		 struct block_signature *ret_signatures);
struct pbft_message *vote_message(struct pbft *core, enum pbft_kind kind, u64 number, u32 sender,
				  const struct vote *vote);

/* propose.c */
u64 propose_wait_us(const struct pbft *core);
void propose_advance(struct pbft *core);
void propose_answered(struct pbft *core, const struct pbft_event *event);

/* prepare.c */
void prepare_offered(struct pbft *core, const struct pbft_message *message, bool good);
void prepare_voted(struct pbft *core, const struct pbft_message *message, bool good);
void prepare_executed(struct pbft *core, const struct pbft_event *event);
void prepare_advance(struct pbft *core, u64 number);

/* commit.c */
void commit_voted(struct pbft *core, const struct pbft_message *message, bool good);
void commit_learn(struct pbft *core, u64 number, const struct pbft_certificate *commits, const u8 header[32]);
bool commit_prove(struct pbft *core, struct slot *slot);
void commit_pledge(struct pbft *core, struct slot *slot);
bool commit_advance(struct pbft *core);
void commit_durable(struct pbft *core, u64 number);

/* checkpoint.c */
void checkpoint_own(struct pbft *core, u64 number, const u8 header[32]);
/* Votes for this number that came before the block was ours. */
void checkpoint_heard(struct pbft *core, u64 number);
void checkpoint_voted(struct pbft *core, const struct pbft_message *message, bool good);
void checkpoint_move(struct pbft *core, u64 number);

/* viewchange.c */
void viewchange_leave(struct pbft *core, u64 view);
void viewchange_received(struct pbft *core, const struct pbft_message *message, u32 from);
/* After a restart between views: the view change again. */
void viewchange_resume(struct pbft *core);
bool viewchange_proved(struct pbft *core, const struct pbft_message *message);
u32 viewchange_wanting(const struct pbft *core, u64 view);

/* certificate.c */
bool certificate_commits(struct pbft *core, const struct pbft_certificate *commits, u64 number, const u8 header[32]);
bool certificate_prepared(struct pbft *core, const struct pbft_certificate *proof);
u64 certificate_holders(const struct pbft_certificate *certificate);

/* newview.c */
void newview_try(struct pbft *core);
void newview_received(struct pbft *core, const struct pbft_message *message);
/* Takes the new view into core->new_view and computes its selection. False: it contradicts what is committed. */
bool newview_take(struct pbft *core, const struct pbft_message *message);
void newview_enter(struct pbft *core);
/* Makes what the view selects for this number the candidate. True: the shell's candidate there is another one. */
bool newview_renew(struct pbft *core, struct slot *slot);
const struct pbft_block *newview_selected(const struct pbft *core, u64 number, u64 *ret_holders);

/* timers.c */
void timers_tick(struct pbft *core);
u64 timers_wake(struct pbft *core);

/* behind.c */
void behind_claim(struct pbft *core, u32 replica, u64 committed);
void behind_proved(struct pbft *core, u64 number, u64 holders);
void behind_advance(struct pbft *core);
void behind_synced(struct pbft *core, const struct pbft_event *event);

/* status.c */
void status_received(struct pbft *core, const struct pbft_message *message);
void status_send(struct pbft *core, u64 replicas, bool wants);
void status_tick(struct pbft *core);
u64 status_interval_us(const struct pbft *core);
/* A view change or status shows that @replica has not got the present view. */
void status_teach(struct pbft *core, u32 replica);
void status_persist(struct pbft *core, u64 number);

#endif
