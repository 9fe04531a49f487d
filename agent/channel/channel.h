/* SPDX-License-Identifier: GPL-2.0 */
/*
 * channel.h - one channel on one node: the consensus core, its ledger, its
 * vote log, the transactions waiting, and catching up; everything but sockets,
 * clocks and threads, which come in through struct channel_io. The simulator
 * runs this very code on simulated networks and disks.
 *
 *   transactions -> channel_submit() -> precheck -> core -> ... -> ledger -> channel_io.committed()
 *   bytes of a peer -> channel_receive()           core's effects -> channel_io.send()
 *
 * What peers send each other for a channel ("parcels", parcel.h: kind u8, then the bytes):
 *
 *    1 consensus message (message.h)
 *    2 pre-prepare with its body: span32 message, span32 body
 *    3 transactions: count u32, span32 each
 *    4 body wanted: number u64, header hash 32
 *    5 body: header hash 32, span32
 *    6 blocks wanted: from u64, most u32
 *    7 blocks: count u32, span32 each (up to 4 MiB, at least one)
 *    8 head: number u64, header hash 32, first block held u64
 *    9 snapshot wanted: piece u32 (0 starts)
 *   10 snapshot piece: height u64, piece u32, last u8, span32
 *   11, 12 private data, see private.h
 *
 * A parcel from a node that the channel's membership does not name never gets here (the transport refuses it).
 *
 * Memory is bounded whatever others do: transactions by pool_requests + 1,024 and pool_bytes; proposals' bodies by 4
 * for a number, of numbers within twice the window, each at most batch-bytes and one transaction (normally one for each
 * number that is not stable: window * batch-bytes); blocks under way by 4 parcels of 4 MiB or one block; 64 requests of
 * others for blocks, of which one parcel at a time is in memory; snapshots by one piece of 1 MiB taken and 4 given; the
 * vote log's files by twice the window's proposals, plus one file; parcels that wait for the disk by what one round
 * makes.
 */
#ifndef VOLTGATE_CHANNEL_H
#define VOLTGATE_CHANNEL_H

#include "agent/channel/votelog.h"
#include "agent/pbft/message.h"
#include "ledger/ledger.h"

struct channel;

struct channel_error {
	char text[512];
};

enum channel_urgency { CHANNEL_VOTES, CHANNEL_BODIES, CHANNEL_BULK }; /* bulk waits for the others */

/* What happened to a transaction that was submitted here. */
enum channel_answer {
	CHANNEL_COMMITTED, /* number, index and outcome say where and how */
	CHANNEL_REFUSED,   /* precheck: outcome says why; it was not ordered */
	CHANNEL_BUSY,	   /* no room; come again (back-pressure) */
	CHANNEL_STOPPING,
};

struct channel_io {
	void *arg;
	u64 (*now_us)(void *arg); /* monotonic */
	u64 (*clock)(void *arg);  /* Time64 */
	/* Queues a parcel for node @key. -ENOBUFS: its queue is full; the protocol bears the loss. */
	int (*send)(void *arg, const u8 key[32], enum channel_urgency urgency, struct span parcel);
	/* Call channel_tick() at @when_us; replaces an earlier wish. */
	void (*wake)(void *arg, u64 when_us);
	/* Block @number is durable here. @digests: its transactions' hashes; outcomes as in the block. */
	void (*committed)(void *arg, const struct block *block, const u8 (*digests)[32]);
	/* Answer to channel_submit(), by @cookie. */
	void (*answer)(void *arg, void *cookie, enum channel_answer answer, u64 number, u32 index, u8 outcome);
	/* The configuration changed: who may connect, who is whom. */
	void (*reconfigured)(void *arg, const struct membership *membership);
	void (*say)(void *arg, bool error, const char *sentence);
	/* Own data is damaged or the disk is gone: nothing is acknowledged any more; the node stops this channel. */
	void (*broken)(void *arg, const char *sentence);
};

struct channel_options {
	struct ledger *ledger;	       /* taken over */
	struct disk *votes;	       /* taken over; folder of the vote log; NULL for a node that orders nothing */
	u8 node_key[32];	       /* public */
	struct pbft_crypto crypto;     /* signs with the node's key; verify gets (replica) of the present epoch */
	u32 pool_requests, pool_bytes; /* transactions held; 0: 65,536 and 64 MiB */
	u32 snapshot_after; /* so many blocks behind, a snapshot is taken though others hold the blocks; 0: never */
	struct channel_io io;
};

int channel_open(const struct channel_options *options, struct channel **ret_channel, struct channel_error *ret_error);
void channel_close(struct channel *channel);

/* Copies @transaction. The answer comes through io.answer, perhaps before this returns. */
void channel_submit(struct channel *channel, struct span transaction, void *cookie);
/* Forgets who waits for an answer (its connection ended); the transaction goes on. */
void channel_forget(struct channel *channel, void *cookie);
/* A parcel from the node @key (a member). Damaged ones are counted and dropped: -EBADMSG. */
int channel_receive(struct channel *channel, const u8 key[32], struct span parcel);
/* A peer's connection came up or went away. */
void channel_peer(struct channel *channel, const u8 key[32], bool up);
void channel_tick(struct channel *channel);
/*
 * Makes everything durable that was accepted since, then sends what waited for
 * it: the shell calls it at the end of each round of its loop (group commit).
 */
void channel_flush(struct channel *channel);

struct ledger *channel_ledger(struct channel *channel);

struct channel_status {
	struct pbft_status consensus; /* zeros on a node that is not a replica */
	bool replica;
	u64 height, durable;
	u8 head[32], root[32];
	u64 epoch;
	u32 waiting; /* transactions */
	u64 waiting_bytes;
	u64 behind;		 /* blocks known of and not held */
	u64 transactions, valid; /* committed since start */
	u64 damaged_parcels, refused_blocks, refused_submissions, busy;
	u64 snapshots;	     /* taken over since start */
	const char *stopped; /* NULL: fine; else why nothing is acknowledged */
};

void channel_status(const struct channel *channel, struct channel_status *ret_status);

#endif
