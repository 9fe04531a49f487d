/* SPDX-License-Identifier: GPL-2.0 */
/*
 * gateway.h - both ends of handshakes in one process, on a clock that the test
 * moves: a responder with an authority's admission, and wallets that the authority enrolled.
 */
#ifndef VOLTGATE_TESTS_HANDSHAKE_GATEWAY_H
#define VOLTGATE_TESTS_HANDSHAKE_GATEWAY_H

#include "agent/handshake/responder.h"
#include "tools/libvehicle/voltgate-vehicle.h"

#define GATEWAY_LIFE_US 3600000000ULL
#define GATEWAY_SKEW_US 10000000ULL

struct gateway {
	struct responder *responder;
	struct responder_gate gate;
	u8 authority[64], authority_key[32]; /* Ed25519 */
	u8 channel[32];			     /* the one it serves */
	u64 now;			     /* Time64; moves on with each hello */
	u32 asked;			     /* how often admission was */
	bool closed;			     /* admits nobody */
	u64 until;			     /* what admitted credentials expire at; 0: never */
};

/* @wallets remembered; @rate: hellos of one wallet per second, 0: any number. */
void gateway_open(struct gateway *gateway, u32 wallets, u32 rate);
void gateway_close(struct gateway *gateway);
/* A wallet that the authority enrolled on @channel with @role. */
void gateway_enrol_as(struct gateway *gateway, u8 role, const u8 channel[32], struct voltgate_wallet *ret_wallet);
void gateway_enrol(struct gateway *gateway, struct voltgate_wallet *ret_wallet);

/* A hello of @wallet for the gateway, timestamp @now. */
void gateway_hello(const struct gateway *gateway, const struct voltgate_wallet *wallet, u64 now,
		   struct voltgate_handshake *handshake, u8 ret_vid[HELLO_LEN]);
/* The hello as the gateway takes it: mac1, judgement, kept if welcomed. @ret_replaced may be NULL. */
enum responder_outcome gateway_take(struct gateway *gateway, const u8 *vid, size_t len,
				    struct responder_offer *ret_offer, u64 *ret_replaced);
/* The whole handshake at the gateway's clock, which moves on by a microsecond. */
enum responder_outcome gateway_greet(struct gateway *gateway, const struct voltgate_wallet *wallet,
				     struct responder_offer *ret_offer, struct voltgate_session *ret_session);

#endif
