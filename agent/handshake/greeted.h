/* SPDX-License-Identifier: GPL-2.0 */
/*
 * greeted.h - what a gateway remembers of the vehicles it greeted: for each
 * wallet the last timestamp and up to two sessions with their keys.
 *
 *   (none) --greeted_offer--> offered --greeted_prove (first authenticated packet)--> current
 *   a newer offer replaces an unproven one; proving ends the session that was current before
 *   offered, current --greeted_expire, greeted_end--> (none)
 *
 * Bounded by the wallets asked for at the start. A wallet is forgotten, longest silent first, only when it has no
 * session and its last timestamp is too old to be accepted again: so no hello works twice. Keys are wiped when a
 * session ends. Pure.
 */
#ifndef VOLTGATE_HANDSHAKE_GREETED_H
#define VOLTGATE_HANDSHAKE_GREETED_H

#include "agent/handshake/session_keys.h"
#include "voltgate/budget.h"
#include "voltgate/siphash.h"
#include "voltgate/source.h"

#define GREETED_KEY_LEN 32

/* How a vehicle is reached: where its datagram came from, and which of the gateway's addresses it went to. */
struct greeted_path {
	struct vg_source peer, local;
	u16 port; /* the peer's, wire order */
	u32 ifindex;
};

/* A session that came of a handshake. */
struct greeted {
	u64 session; /* 0: none */
	u8 wallet[GREETED_KEY_LEN];
	u8 channel[GREETED_KEY_LEN];
	struct session_keys keys;
	u64 expires;		  /* Time64 */
	u64 answers;		  /* sealed so far */
	u64 heard;		  /* highest sequence of an action whose verdict is stored */
	struct greeted_path path; /* that one's; before it, the hello's */
};

struct greeted_wallet {
	u8 key[GREETED_KEY_LEN];    /* X25519: the handshake's static key */
	u8 wallet[GREETED_KEY_LEN]; /* Ed25519, which converts to it */
	u64 timestamp;		    /* of its last hello, Time64 */
	struct vg_budget budget;
	struct greeted offered, current;
	struct greeted_wallet *by_key;	      /* same bucket */
	struct greeted_wallet *older, *newer; /* by last hello */
};

struct greeted_table;

/* @wallets at most; @silence_us: how long after its last timestamp a wallet is remembered at least. -ENOMEM. */
int greeted_new(u32 wallets, u64 silence_us, const struct vg_siphash_key *hash_key, struct greeted_table **ret_table);
void greeted_free(struct greeted_table *table); /* wipes; NULL is fine */
u32 greeted_wallets(const struct greeted_table *table);
u32 greeted_sessions(const struct greeted_table *table);

/* NULL: not known. */
struct greeted_wallet *greeted_find_wallet(struct greeted_table *table, const u8 key[GREETED_KEY_LEN]);
struct greeted *greeted_find(struct greeted_table *table, u64 session);
/* A new wallet at @now, which may make room by forgetting another. NULL: none may be forgotten yet. */
struct greeted_wallet *greeted_add_wallet(struct greeted_table *table, const u8 key[GREETED_KEY_LEN],
					  const u8 wallet[GREETED_KEY_LEN], u64 now);
/* @wallet was heard of just now. */
void greeted_touch(struct greeted_table *table, struct greeted_wallet *wallet);
/*
 * Takes in @session, which is in the gate now, as the wallet's offer. @ret_replaced: the unproven one whose place it
 * takes, to be taken out of the gate; 0: none.
 */
void greeted_offer(struct greeted_table *table, struct greeted_wallet *wallet, const struct greeted *session,
		   u64 *ret_replaced);
/* True if @session waits for its first authenticated packet. */
bool greeted_is_offer(struct greeted_table *table, u64 session);
/* The gate admitted a packet of the offer @session. @ret_old: the session before, to be taken out of the gate; 0: none.
 */
void greeted_prove(struct greeted_table *table, u64 session, u64 *ret_old);
/* Forgets @session. */
void greeted_end(struct greeted_table *table, u64 session);
/* The sessions of the Ed25519 key @wallet: how many, at most 2 (one look at every wallet: for revocations). */
u32 greeted_of_wallet(struct greeted_table *table, const u8 wallet[GREETED_KEY_LEN], u64 ret_sessions[2]);
/* Looks at @places wallets, in turn, and forgets sessions that expired by @now. How many those were. */
u32 greeted_expire(struct greeted_table *table, u64 now, u32 places);
/* A walk over all sessions: the next wallet that has one, from place *@at on, which is moved; NULL at the end. */
const struct greeted_wallet *greeted_next(const struct greeted_table *table, u32 *at);

#endif
