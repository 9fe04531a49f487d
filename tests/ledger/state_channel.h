/* SPDX-License-Identifier: GPL-2.0 */
/*
 * state_channel.h - a small channel for the ledger's tests: four replicas whose
 * keys the test has, bodies of enrolments, open requests and configurations, and certificates.
 */
#ifndef VOLTGATE_TESTS_STATE_CHANNEL_H
#define VOLTGATE_TESTS_STATE_CHANNEL_H

#include "ledger/ledger.h"
#include "tests/ledger/state_rig.h"

#define CHANNEL_REPLICAS 4
#define CHANNEL_KEYS 8 /* nodes that may come in later */

struct channel_key {
	u8 public[32], secret[64];
};

struct test_channel {
	struct membership genesis, now; /* now: after the last body that changed it */
	struct channel_key authority, regulator, nodes[CHANNEL_KEYS];
	u8 id[32];
	u64 time;
	u64 nonce;
};

void channel_make(struct test_channel *channel);
/* A body of @count open requests of @clients clients, @payload bytes each, malloc'd. */
struct span channel_body(struct test_channel *channel, struct rig_random *random, u32 count, u32 clients, u32 payload);
/* A body with one configuration that follows channel->now: replica @out leaves, node @in comes. */
struct span channel_reconfigure(struct test_channel *channel, u32 out, u32 in);
/* The certificate of the replicas of @membership over @header; @signers of them. */
void channel_certify(const struct test_channel *channel, const struct membership *membership,
		     const struct block_header *header, u32 signers, struct block_certificate *ret_certificate);
/* Carries a body out, certifies and appends it; frees it. */
int channel_append(struct test_channel *channel, struct ledger *ledger, struct span body,
		   struct ledger_error *ret_error);

#endif
