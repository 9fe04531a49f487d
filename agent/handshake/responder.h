/* SPDX-License-Identifier: GPL-2.0 */
/*
 * responder.h - the gateway's side of the handshake: judges a hello and makes
 * the session and the welcome (PROTOCOL.md N1 to N6).
 *
 * Pure: clock, randomness and admission are values or callbacks. What a hello would change is made aside
 * and taken in by responder_keep() only, once the gate has the session; a hello that is refused changes nothing but its
 * wallet's budget. Order: open with the gateway's key, freshness, known wallet's timestamp and budget, credential
 * against key, admission.
 */
#ifndef VOLTGATE_HANDSHAKE_RESPONDER_H
#define VOLTGATE_HANDSHAKE_RESPONDER_H

#include "agent/handshake/greeted.h"
#include "agent/handshake/hello.h"
#include "agent/handshake/welcome.h"

#define RESPONDER_SALT_LEN 16

enum responder_outcome {
	RESPONDER_WELCOME,   /* an offer was made */
	RESPONDER_BAD_HELLO, /* not for this gateway, forged, damaged */
	RESPONDER_OTHER_KEY, /* the credential is of another key */
	RESPONDER_STALE,     /* timestamp old, ahead, or not above the wallet's last */
	RESPONDER_OVER_RATE, /* this wallet's hellos */
	RESPONDER_REFUSED,   /* by admission */
	RESPONDER_NO_ROOM    /* wallets */
};

/* What admission says of a credential. */
struct responder_admitted {
	u8 wallet[GREETED_KEY_LEN]; /* Ed25519: the credential's subject */
	u8 channel[GREETED_KEY_LEN];
	u64 expires; /* Time64; 0: never */
};

struct responder_options {
	u8 secret[NOISE_KEY_LEN]; /* the gateway's X25519 key; copied */
	u64 life_us;		  /* of a session */
	u64 skew_us;		  /* a hello's timestamp may be off the clock by */
	u64 since;		  /* Time64: older timestamps could be replays of before this start */
	struct vg_budget_rate wallet_rate;
	u32 wallets;
	struct vg_siphash_key hash_key; /* random */
	/* 0 and @ret_admitted, or non-zero: refused. */
	int (*admit)(void *arg, const struct hello *hello, u64 now, struct responder_admitted *ret_admitted);
	void *arg;
};

/* The gate that welcomes. */
struct responder_gate {
	u8 grade;
	u8 attestor[32];
	u64 epoch;
	u8 station[32];
};

/* Fresh random bytes for one hello; used up by it. */
struct responder_random {
	u8 ephemeral[NOISE_KEY_LEN];
	u8 salt[RESPONDER_SALT_LEN];
	u64 session;
};

struct responder_offer {
	struct greeted session;
	u8 commitment[32]; /* to the wallet, salted (N6) */
	u8 welcome[WELCOME_LEN];
	u8 key[GREETED_KEY_LEN]; /* the wallet's X25519 key */
	u64 timestamp;
};

struct responder;

/* -ENOMEM, -EINVAL: the secret is no key. */
int responder_new(const struct responder_options *options, struct responder **ret_responder);
void responder_free(struct responder *responder); /* wipes; NULL is fine */
const u8 *responder_public_key(const struct responder *responder);
const struct vg_siphash_key *responder_mac1_key(const struct responder *responder);
/* What is remembered, for sessions found, proved and ended. */
struct greeted_table *responder_table(struct responder *responder);

/*
 * Judges a hello that hello_is_meant() for this gateway, at @now (Time64) and @now_ns (monotonic). With
 * RESPONDER_WELCOME @ret_offer is made, without its session's path; the caller wipes it.
 */
enum responder_outcome responder_judge(struct responder *responder, const struct responder_gate *gate,
				       const u8 vid[HELLO_LEN], u64 now, u64 now_ns, struct responder_random *random,
				       struct responder_offer *ret_offer);
/* @offer's session is in the gate: @ret_replaced as of greeted_offer(). RESPONDER_NO_ROOM: take it out again. */
enum responder_outcome responder_keep(struct responder *responder, const struct responder_offer *offer, u64 now,
				      u64 *ret_replaced);

#endif
