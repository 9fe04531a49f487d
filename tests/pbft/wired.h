/* SPDX-License-Identifier: GPL-2.0 */
/*
 * wired.h - a few cores wired together in memory, with the least shell that
 * keeps their contract: bodies, a ledger, a vote log, virtual time and a network whose delays come from a seed. For
 * scenarios that a test spells out; the simulator (tests/cluster) has real ledgers, disks and liars.
 */
#ifndef VOLTGATE_TESTS_PBFT_WIRED_H
#define VOLTGATE_TESTS_PBFT_WIRED_H

#include "agent/pbft/message.h"

#define WIRED_MAX 31
#define WIRED_BLOCKS 4096
#define WIRED_REQUESTS 16384

struct wired_body {
	u8 header[32];
	struct pbft_block block;
	u32 count;
	u32 *requests; /* numbers of requests */
	u8 (*digests)[32];
	u32 owners; /* replicas that have it */
};

struct wired_block {
	struct pbft_block block;
	struct block_certificate certificate;
	struct wired_body *body;
};

struct wired_record {
	u8 *bytes;
	size_t len;
	u64 number;
};

struct wired_vote {
	u64 view, number;
	enum pbft_kind kind;
	u8 hash[32];
};

#define WIRED_VOTES 65536

struct wired_replica {
	struct wired *wired;
	u32 self, life; /* life: counts restarts; answers to an earlier one are lost */
	void *arena;
	struct pbft *core;
	bool up;
	u32 share; /* network: replicas of equal share hear each other */
	u64 wake_us;
	s64 clock_skew_us;
	struct wired_block *blocks; /* by number; 0 is the base */
	u64 height;
	struct wired_record *log;
	u32 log_count;
	u64 trace; /* of all effects: equal for equal runs */
	u64 executed, discarded, entered, misbehaved, fetched, sent, signed_count, verified, stable;
	bool ended;
	bool keep_bodies_back; /* answers no one who asks for a body */
	struct pbft_status last;
	struct wired_vote *votes; /* that it sent: never two that exclude each other */
	u32 vote_count;
};

struct wired;

enum wired_type {
	WIRED_MESSAGE,
	WIRED_REQUEST,
	WIRED_EVENT, /* the shell's answer to its own core */
	WIRED_FETCHED,
};

struct wired_event {
	u64 at_us, order;
	enum wired_type type;
	u32 from, to, request, life;
	u8 *bytes;
	size_t len;
	struct pbft_event event; /* its pointers lie in bodies and ledgers */
	struct wired_body *body;
};

struct wired_hooks {
	/* A message on its way: false loses it. May alter it (a liar's). */
	bool (*pass)(struct wired *wired, u32 from, u32 to, struct pbft_message *message);
	/* An effect of a replica about to be carried out: false leaves it out. */
	bool (*effect)(struct wired *wired, u32 replica, const struct pbft_effect *effect);
	bool (*forward)(struct wired *wired, u32 from, u32 to, u32 request);
	bool (*last)(struct wired *wired, u64 number); /* does this block end the epoch? */
	u64 refusers;				       /* replicas whose execution gives another header */
};

struct wired {
	struct pbft_config config;
	u32 n;
	u64 seed, now_us;
	u32 delay_us, jitter_us, loss_percent;
	struct wired_replica replicas[WIRED_MAX];
	struct wired_hooks hooks;
	u32 requests;
	u32 request_client[WIRED_REQUESTS], request_bytes[WIRED_REQUESTS];
	u64 request_mask[WIRED_REQUESTS]; /* replicas that have it */
	struct wired_event *queue;	  /* by time, then by order */
	u64 order;
	u32 queued;
	struct wired_body *bodies[WIRED_BLOCKS * 4];
	u32 body_count;
	const char *fault; /* first rule of the harness that broke: agreement, a request twice, ... */
	u32 effect_peak;   /* most effects of one update */
	u64 bytes_sent;
	u8 fill;	    /* what arenas hold before: nothing may depend on it */
	u64 liars;	    /* may contradict themselves */
	u32 duplicates;	    /* requests that stand in a ledger again; a real shell finds them invalid */
	u8 *scratch, *room; /* for one message */
	size_t scratch_size, room_size;
};

/* Defaults that tests change before wired_start(). */
struct wired *wired_new(u32 n, u64 seed);
void wired_start(struct wired *wired);
void wired_free(struct wired *wired);
/* A client's request comes to a replica (as its own). */
u32 wired_request(struct wired *wired, u32 replica, u32 client, u32 bytes);
/* @count requests of 20 clients to replicas that are not in the set @spared, @gap_us apart on average. */
void wired_load(struct wired *wired, u32 count, u64 gap_us, u64 spared);
/* Known at others too, as forwarded by @from. */
void wired_give(struct wired *wired, u32 request, u32 from, u32 to);
/* Goes on for so long. */
void wired_run(struct wired *wired, u64 us);
/* Until every replica of @set that is up has every request in its ledger and none is in its pool, at most @us. */
bool wired_settle(struct wired *wired, u64 set, u64 us);
bool wired_until(struct wired *wired, bool (*done)(struct wired *wired), u64 us);
void wired_crash(struct wired *wired, u32 replica);
/* Starts again from ledger and log. */
void wired_restart(struct wired *wired, u32 replica, bool mute);
void wired_partition(struct wired *wired, u64 set); /* @set apart from the others; 0 heals */
/* All ledgers agree; sets wired->fault, counts duplicates. */
bool wired_agree(struct wired *wired);
void wired_step(struct wired *wired, u32 replica, struct pbft_event *event);
void wired_sign(struct wired *wired, u32 replica, struct pbft_message *message);
void wired_deliver(struct wired *wired, u32 from, u32 to, const struct pbft_message *message);
void wired_carry_out(struct wired *wired, struct wired_replica *replica, const struct pbft_update *update);
void wired_fetched(struct wired *wired, u32 replica, u32 from);
void wired_queue(struct wired *wired, struct wired_event *event, u64 delay_us);
void wired_digest(u32 request, u8 ret_digest[32]);
u32 wired_random(struct wired *wired, u32 below);
u64 wired_set(u32 n);
u64 wired_trace(const struct wired *wired);
u32 wired_count(const struct wired *wired, u32 replica, u32 request);

#endif
