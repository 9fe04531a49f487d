/* SPDX-License-Identifier: GPL-2.0 */
/*
 * car.h - one vehicle as tests and benchmarks need it: made of the codecs
 * themselves, so that it can also say what the vehicle library never would (old packets, foreign mandates). Datagrams
 * in, datagrams out; sockets and patience are the caller's.
 */
#ifndef VOLTGATE_TESTS_CAR_H
#define VOLTGATE_TESTS_CAR_H

#include "agent/handshake/cookie.h"
#include "agent/handshake/hello.h"
#include "agent/handshake/payload.h"
#include "agent/handshake/welcome.h"
#include "ledger/transaction.h"

struct car {
	/* Who it is; the caller's. */
	u8 wallet[32], secret[64]; /* Ed25519 */
	struct hello hello;	   /* credential and signature; timestamp is set here */
	u8 gateway[32];		   /* its X25519 key */

	struct noise noise;
	u8 mac1[VG_VID_TAG_LEN]; /* of the hello under way */
	bool has_cookie, welcomed;
	struct vg_siphash_key cookie;
	struct session_keys keys;
	struct welcome welcome;
	u64 sequence, nonce, mandates, answers;

	struct mandate mandate;
	u8 mandate_signature[MANDATE_SIGNATURE_LEN], mandate_id[32];
};

enum car_heard { CAR_NOTHING, CAR_WELCOME, CAR_COOKIE, CAR_ANSWER };

/* Time64 now. */
u64 car_now(void);
/* A hello with fresh keys. */
void car_greet(struct car *car, u8 ret_vid[HELLO_LEN]);
/* A datagram from the gateway. CAR_ANSWER: @ret_answer, whose text points into @plain (VG_VID_PAYLOAD_MAX bytes). */
enum car_heard car_hear(struct car *car, const u8 *bytes, size_t len, u8 *plain, struct answer *ret_answer);
/* Signs car->mandate for this session; its hash becomes car->mandate_id. Nonce and times are set here. */
void car_sign_mandate(struct car *car);
/* A proposal of this wallet to the contract "charging", for this session's channel. Its length. */
size_t car_propose(struct car *car, const char *function, const char *const *arguments, u32 count, u8 *ret_bytes,
		   size_t size);
/* The same with a nonce and an expiry of the caller's; the car's channel is car->welcome.channel, welcomed or not. */
size_t car_propose_as(struct car *car, u64 nonce, u64 expires, const char *function, const char *const *arguments,
		      u32 count, u8 *ret_bytes, size_t size);
/* The packet that carries it: its length, or action_seal()'s errors. */
int car_act(struct car *car, u32 type, struct span proposal, u8 ret_vid[VG_VID_MAX]);

#endif
