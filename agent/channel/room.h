/* SPDX-License-Identifier: GPL-2.0 */
/*
 * room.h - struct channel, known to the files of this folder only, and what
 * they offer each other. One section per file.
 *
 * Nothing here runs concurrently. Calls from outside enter through channel.c;
 * the core is entered through channel_step() alone, which carries out the
 * update before anything else happens; what an effect wants to tell the core waits in a queue until then.
 */
#ifndef VOLTGATE_CHANNEL_ROOM_H
#define VOLTGATE_CHANNEL_ROOM_H

#include "agent/channel/bodies.h"
#include "agent/channel/candidates.h"
#include "agent/channel/channel.h"
#include "agent/channel/outbox.h"
#include "agent/channel/parcel.h"
#include "agent/channel/requests.h"

#define CHANNEL_EVENTS 4096 /* waiting for the core */
#define CHANNEL_FETCHES 4   /* parcels of blocks in flight */
#define CHANNEL_SERVES 64   /* parcels of blocks that others wait for */
#define CHANNEL_EXPORTS 2   /* snapshots being served */
#define CHANNEL_NEVER (~0ull)

struct room_peer { /* a node of the channel but us, by its place in the membership */
	u8 key[32];
	bool known, up;
	int replica;		   /* index, or -1 */
	u64 head, first;	   /* as it claims; head 0: unknown */
	u64 heard_us;		   /* its last head */
	u64 told_us;		   /* our last head to it */
	u64 shunned_us;		   /* nothing is asked of it until then */
	u32 asked;		   /* fetches in flight */
	u32 doubts;		   /* so many more of its transactions are prechecked */
	u64 bodies_us, bodies_len; /* bodies served in this second */
};

/* A proposal that the core wants carried out. */
struct room_wish {
	bool active, answered;
	u64 view;
	struct pbft_block block;
	u64 replicas; /* who should have the body */
	u64 since_us, asked_us;
	u32 tries;
};

struct room_commit { /* agreed on, waiting to be appended */
	u64 number;
	u8 header[32];
	struct block_certificate certificate;
};

struct room_block { /* appended, waiting to be durable */
	u8 *bytes;
	size_t len;
	u8 (*digests)[32];
	struct room_block *next;
	bool taken; /* from somebody else */
};

struct room_fetch {
	bool used;
	u32 peer;
	u64 from, last; /* asked for; last shrinks to what came */
	u64 deadline_us;
	u8 *bytes; /* came */
	struct span left;
	u64 next;
};

struct room_serve {
	u8 key[32];
	u64 from, since_us;
	u32 most;
};

struct room_export {
	struct snapshot_export *export_;
	u8 key[32];
	u64 height, used_us;
	u32 piece;	   /* the one in @bytes */
	u8 *bytes, *ahead; /* that piece, and the one after; NULL: that was the last */
	size_t len, ahead_len;
};

struct room_import {
	struct snapshot_import *import;
	bool active, whole; /* whole: the last piece is in */
	u32 peer, piece, tries;
	u64 height, deadline_us, not_before_us;
};

struct channel {
	struct channel_options options;
	struct ledger *ledger;
	u8 id[32];
	u64 now_us, clock;
	bool broken, closing;
	const char *stopped;
	bool stop_said;
	u64 retry_us; /* disk full: try again then */

	/* epoch.c */
	u64 epoch;
	u32 sequence;		       /* of the configuration last told */
	bool renew;		       /* the core is to be made again though these are the same */
	struct membership *membership; /* copy of the committed one */
	struct room_peer peers[MEMBERSHIP_NODES_MAX];
	u32 replica_nodes[PBFT_REPLICAS_MAX]; /* replica -> node */
	u32 n, self;
	int own_node;
	struct pbft *core; /* NULL: no replica */
	struct pbft_config config;
	void *arena, *room;
	size_t room_size;
	u8 *encoded; /* scratch for one message */
	size_t encoded_size;
	struct votelog *votes;
	bool mute;
	u64 muted_epoch;
	u64 voted;  /* highest number persisted */
	u64 stable; /* STABLE that waits for the next sync; 0: none */
	bool ended;

	/* effects.c */
	struct pbft_event events[CHANNEL_EVENTS];
	u32 event_first, event_count;
	bool stepping;
	u64 core_wake_us;

	struct requests *requests;
	struct outbox outbox;
	struct outbox_batch forwards; /* transactions to be passed on */
	struct bodies bodies;
	struct candidates candidates;
	struct room_wish wishes[PBFT_WINDOW_MAX];
	u32 wish_count;
	u64 view; /* of the core, as its effects say */

	/* commits.c */
	struct room_commit commits[PBFT_WINDOW_MAX];
	u32 commit_first, commit_count;
	struct room_block *appended, **appended_end;
	bool unsynced;

	/* catchup.c, serve.c, transfer.c */
	u64 want;	 /* blocks up to there exist, as somebody claims */
	u64 progress_us; /* when the head last moved */
	struct room_fetch fetches[CHANNEL_FETCHES];
	u64 block_bytes; /* average of those that came */
	u32 turn;
	struct room_serve serves[CHANNEL_SERVES];
	u32 serve_count;
	u64 serve_later_us; /* a peer's queue was full */
	struct room_export exports[CHANNEL_EXPORTS];
	struct room_import import;
	u64 heads_us, sweep_us; /* when next */
	bool heads_due;

	struct {
		u64 transactions, valid, damaged, refused_blocks, refused_submissions, busy, lost_sends, misbehaved,
			mismatched_bodies, snapshots;
	} counters;
};

/* --- channel.c --- */
void channel_now(struct channel *channel);
__attribute__((format(printf, 3, 4))) void channel_say(struct channel *channel, bool error, const char *format, ...);
/* Own data is damaged or the disk is gone. */
__attribute__((format(printf, 2, 3))) void channel_break(struct channel *channel, const char *format, ...);
/* The disk is full: nothing is acknowledged until it is not. */
void channel_stop(struct channel *channel, const char *why);
/* To the replicas of a set but us, now. */
void channel_send(struct channel *channel, u64 replicas, enum channel_urgency urgency, struct span parcel);
/* -ENOBUFS: its queue is full. */
int channel_send_node(struct channel *channel, u32 node, enum channel_urgency urgency, struct span parcel);

/* --- effects.c --- */
void channel_step(struct channel *channel, const struct pbft_event *event);
/* For the core, once it is not being stepped. */
void channel_tell(struct channel *channel, const struct pbft_event *event);
void channel_settle(struct channel *channel);

/* --- epoch.c --- */
int epoch_open(struct channel *channel, struct channel_error *ret_error);
/* A snapshot takes the ledger's place: NULL while there is none. */
int epoch_replace(struct channel *channel, struct ledger *ledger);
/* The ledger has gone on to another configuration. */
int epoch_follow(struct channel *channel);
void epoch_close(struct channel *channel);
/* Our own signature in a block that this vote log knows nothing of: votes were lost. */
void epoch_doubt(struct channel *channel, const struct block_header *header,
		 const struct block_certificate *certificate);
int room_peer_find(const struct channel *channel, const u8 key[32]);

/* --- submit.c --- */
void submit_received(struct channel *channel, u32 peer, const struct parcel *parcel);
void submit_forward(struct channel *channel, u64 replicas, const u8 (*digests)[32], u32 count);
void submit_dropped(struct channel *channel, const u8 (*digests)[32], u32 count);
/* Old requests: passed on again, or dropped if they cannot be valid any more. */
void submit_sweep(struct channel *channel);
void submit_stop(struct channel *channel);
/* A new core, or none: whatever is held is new to it. */
void submit_again(struct channel *channel);

/* --- proposals.c --- */
void proposal_build(struct channel *channel, const struct pbft_effect *effect);
void proposal_execute(struct channel *channel, const struct pbft_effect *effect);
/* What waited for bodies and can go on, or has waited too long. */
void proposal_run(struct channel *channel);
/* Proposals of number @from on, and of views before @view, are not wanted any more. */
void proposal_cancel(struct channel *channel, u64 from, u64 view);
void proposal_body_wanted(struct channel *channel, u32 peer, const struct parcel *parcel);
void proposal_body(struct channel *channel, u32 peer, const struct parcel *parcel);
u64 proposal_wake_us(const struct channel *channel);

/* --- commits.c --- */
void commit_add(struct channel *channel, const struct pbft_block *block, const struct block_certificate *certificate);
void commit_run(struct channel *channel);
/* The block @bytes (malloc'd, taken over also if it fails) stands on the ledger now. @digests: copied; may be NULL. */
int commit_appended(struct channel *channel, u8 *bytes, size_t len, const u8 (*digests)[32], bool taken);
/* Makes durable, then tells everybody concerned. False: not durable (stopped or broken). */
bool commit_flush(struct channel *channel);
void commit_done(struct channel *channel);

/* --- catchup.c --- */
void catchup_want(struct channel *channel, u64 number, u64 replicas);
void catchup_head(struct channel *channel, u32 peer, const struct parcel *parcel);
void catchup_blocks(struct channel *channel, u32 peer, struct span bytes, const struct parcel *parcel);
/* Takes what came and asks for more. */
void catchup_run(struct channel *channel);
u64 catchup_wake_us(const struct channel *channel);
void catchup_done(struct channel *channel);
/* Is somebody who is up able to give block @number? *@ret_pruned: no, but somebody is beyond it. */
int catchup_peer(struct channel *channel, u64 number, bool *ret_pruned);

/* --- serve.c --- */
void serve_wanted(struct channel *channel, u32 peer, const struct parcel *parcel);
void serve_run(struct channel *channel);
u64 serve_wake_us(const struct channel *channel);
void serve_head(struct channel *channel, u32 peer);
void serve_heads(struct channel *channel, bool followers_only);

/* --- transfer.c --- */
void transfer_wanted(struct channel *channel, u32 peer, const struct parcel *parcel);
void transfer_piece(struct channel *channel, u32 peer, const struct parcel *parcel);
/* Starts or goes on fetching a snapshot. */
bool transfer_run(struct channel *channel, bool needed);
/*
 * The last piece is in: the ledger becomes the snapshot's, or stays what it is if this is none to believe. Only when
 * nothing waits for the disk: votes that wait to be sent would lose their place in the log that is opened anew (C10).
 */
void transfer_finish(struct channel *channel);
u64 transfer_wake_us(const struct channel *channel);
void transfer_done(struct channel *channel);
/* Snapshots that others take from us; idle ones end. */
void transfer_served(struct channel *channel, bool all);

#endif
