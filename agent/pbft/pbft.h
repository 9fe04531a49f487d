/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pbft.h - the consensus core: one channel, one epoch (one replica set), one
 * replica. step(state, event) -> update. No clock, no I/O, no randomness, no
 * allocation after pbft_init(): its memory is an arena whose size follows from
 * n, the window and the pool. The same events give byte-identical updates.
 * PROTOCOL.md section 9 has the rules C1.. that the code cites.
 *
 * The core holds hashes; transactions and block bodies stay with the shell:
 *
 *   request -> [pool] -> PROPOSE effect -> shell builds and executes the body -> proposed event -> pre-prepare
 *   pre-prepare -> EXECUTE effect -> shell gets the body, carries it out -> executed event -> prepare -> commit
 *   quorum of commits -> COMMIT effect (with the certificate) -> shell appends -> appended event -> checkpoint
 *
 * The shell carries out an update's effects in their order. A SEND comes after
 * the PERSIST effects it depends on and must not leave before those are on the
 * disk. After a restart the shell gives every persisted message (own ones, others' proposals and the votes that
 * prepared them), in order, to pbft_restore(), then SYNCED with the ledger's last block if that is above `base`,
 * then the other events; so the replica never votes against what it voted before.
 *
 * Memory returned in an update belongs to the core and is good until the next call.
 */
#ifndef VOLTGATE_PBFT_H
#define VOLTGATE_PBFT_H

#include "ledger/block.h"

#define PBFT_REPLICAS_MAX BLOCK_REPLICAS_MAX
#define PBFT_EVERYONE (~0ULL) /* as a set of replicas: all but self */

/* Pure functions; @digest is what is signed. verify is asked lazily: only for votes that can still count. */
struct pbft_crypto {
	void (*sign)(void *arg, const u8 digest[32], u8 ret_signature[64]);
	bool (*verify)(void *arg, u32 replica, const u8 digest[32], const u8 signature[64]);
	void *arg;
};

struct pbft_config {
	u8 channel[32];
	u64 epoch;
	u32 n, self;	  /* self == n: not a replica; refused */
	u64 base;	  /* last block of the epoch before (0: genesis) */
	u8 base_hash[32]; /* its header hash */
	u64 base_time;	  /* its time */
	bool mute;	  /* lost its votes: receives, never votes (PROTOCOL.md C16) */
	u32 window, checkpoint_blocks;
	u32 batch_transactions, batch_bytes, batch_wait_us;
	u32 request_timeout_ms, view_timeout_ms, time_skew_ms;
	u32 pool_requests; /* requests held, all clients together */
	u32 pool_clients;  /* clients told apart at a time */
	struct pbft_crypto crypto;
};

/* A block as consensus sees it. */
struct pbft_block {
	u64 number, time;
	u8 previous[32], header[32]; /* header hashes */
	u32 requests, bytes;
	bool last; /* changes the replica set: nothing is proposed after it in this epoch */
};

enum pbft_event_type {
	PBFT_TICK,     /* time goes on; at least every 10 ms while there is something to wait for, see update.wake_us */
	PBFT_REQUEST,  /* a transaction that the shell holds and has prechecked */
	PBFT_RECEIVED, /* a decoded message of another replica */
	PBFT_PROPOSED, /* answer to PROPOSE: the block made, or proposed.failed */
	PBFT_EXECUTED, /* answer to EXECUTE */
	PBFT_APPENDED, /* answer to COMMIT: the block is durable */
	PBFT_DONE,     /* these requests stand in a block: forget them */
	PBFT_SYNCED,   /* state transfer (or opening the ledger) has a certified, durable block beyond ours; candidates
			  above it are asked for anew by EXECUTE */
};

enum pbft_verdict {
	PBFT_ACCEPTED,
	PBFT_REFUSED, /* carried out, and header, count, bytes or `last` is not the proposal's, or the body is no body:
			 the shell forgets this body */
	PBFT_MISSING, /* the body could not be had (yet): asked again by EXECUTE a little later */
};

struct pbft_message;

struct pbft_event {
	enum pbft_event_type type;
	u64 now_us; /* monotonic */
	u64 clock;  /* Time64, for proposals; may jump */
	union {
		struct {
			u8 digest[32]; /* of the transaction */
			u64 client;    /* tells clients apart, for fairness */
			u32 bytes;
			bool forwarded; /* came from another replica: not forwarded again */
		} request;
		struct {
			u32 from; /* replica, as the transport knows it; need not be the sender: votes are relayed */
			const struct pbft_message *message; /* its signatures are the core's to check */
		} received;
		struct {
			u64 view;
			struct pbft_block block; /* number of the PROPOSE */
			bool failed;
		} proposed;
		struct {
			u64 view, number;
			u8 header[32]; /* that was asked for */
			enum pbft_verdict verdict;
			bool last; /* the block changes the replica set */
			u32 count; /* ACCEPTED: the body's transactions: not proposed again while the block stands */
			const u8 (*digests)[32];
		} executed;
		struct {
			u64 number;
		} appended;
		struct {
			u32 count;
			const u8 (*digests)[32];
		} done;
		struct {
			struct pbft_block block;		     /* number, time, header, last matter */
			const struct block_certificate *certificate; /* of the block; the ledger has checked it */
		} synced;
	};
};

enum pbft_effect_type {
	PBFT_PERSIST,	 /* append the message to the vote log (a pre-prepare with its body); number: when it may go */
	PBFT_SEND,	 /* message to the replicas of a set */
	PBFT_PROPOSE,	 /* build a block of these requests on block number - 1, at this time, and answer */
	PBFT_EXECUTE,	 /* carry a proposed block out (fetch the body from the set if it is not there), and answer;
			    a candidate with this header that is there already need not be carried out again */
	PBFT_DISCARD,	 /* drop candidates from number on: they lost their view */
	PBFT_COMMIT,	 /* append the candidate of this number with the certificate, sync, answer APPENDED */
	PBFT_FETCH,	 /* we are behind: get blocks up to number from the set, then SYNCED */
	PBFT_FORWARD,	 /* give these requests to the replicas of a set */
	PBFT_DROPPED,	 /* this request found no room, or was pushed out: its client may be told to come again */
	PBFT_STABLE,	 /* number is stable: what the vote log holds up to it may go, once the PERSISTs before it are
			    on the disk */
	PBFT_ENTERED,	 /* view entered; for status */
	PBFT_ENDED,	 /* the epoch's last block is appended: make a new core for the next one */
	PBFT_MISBEHAVED, /* a replica signed two things that exclude each other, or something false: for alarms */
};

struct pbft_effect {
	enum pbft_effect_type type;
	u64 replicas; /* SEND, EXECUTE, FETCH, FORWARD: bit set */
	u64 view, number;
	const struct pbft_message *message; /* PERSIST, SEND */
	const struct pbft_block *block;	    /* EXECUTE: all is to be checked; PROPOSE: number, time, previous */
	const u8 (*digests)[32];	    /* PROPOSE, FORWARD, DROPPED: requests */
	u32 count;
	const struct block_certificate *certificate; /* COMMIT */
	u32 replica;				     /* MISBEHAVED; self: we have diverged and vote no more */
	const char *what; /* MISBEHAVED: rule, for the log; message: the later of the two, if there is one */
};

struct pbft_update {
	const struct pbft_effect *effects;
	u32 count;
	u64 wake_us; /* give a TICK at this monotonic time at the latest; ~0: no need */
};

struct pbft;

/* Bytes of the arena. 0: @config is outside the limits (n 1..64, window, checkpoints). */
size_t pbft_size(const struct pbft_config *config);
/* @arena: pbft_size() bytes, aligned to 16, the caller's. */
struct pbft *pbft_init(void *arena, const struct pbft_config *config);
/* One persisted message, in the order of the log, before the first event. -EBADMSG: not a log of this core. */
int pbft_restore(struct pbft *pbft, const struct pbft_message *message);
void pbft_step(struct pbft *pbft, const struct pbft_event *event, struct pbft_update *ret_update);

struct pbft_status {
	u64 view, committed, stable, proposed;
	u32 primary, pool, in_flight;
	bool changing; /* between views */
	bool mute;
	u64 behind;	  /* highest block that somebody proved and we lack; 0: none */
	u64 counters[32]; /* by enum pbft_counter, see counter.h */
};

void pbft_status(const struct pbft *pbft, struct pbft_status *ret_status);
/* The rules of PROTOCOL.md that this process's cores have passed through so far: coverage for the simulator. */
bool pbft_rule_covered(const struct pbft *pbft, u32 rule);

#endif
