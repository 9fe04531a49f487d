/* SPDX-License-Identifier: GPL-2.0 */
/*
 * one.h - a single core and a hand that plays all the others: transcripts. Header-only.
 *
 * Signatures are hashes of who and what, so the hand can sign for everybody.
 */
#ifndef VOLTGATE_TESTS_PBFT_ONE_H
#define VOLTGATE_TESTS_PBFT_ONE_H

#include "agent/pbft/counter.h"
#include "agent/pbft/message.h"

#include <stdlib.h>

struct one {
	struct pbft_config config;
	void *arena;
	struct pbft *core;
	u64 now_us;
	u64 verified;
	struct pbft_update update;
	struct pbft_status status;
};

static inline void one_sign_digest(u32 replica, const u8 digest[32], u8 ret_signature[64])
{
	struct ledger_piece pieces[] = { { &replica, sizeof(replica) }, { digest, 32 } };

	ledger_hash(LEDGER_DOMAIN_CLIENT, pieces, 2, ret_signature);
	ledger_hash_bytes(LEDGER_DOMAIN_CLIENT, ret_signature, 32, ret_signature + 32);
}

static inline void one_sign(void *arg, const u8 digest[32], u8 ret_signature[64])
{
	const struct one *one = arg;

	one_sign_digest(one->config.self, digest, ret_signature);
}

static inline bool one_verify(void *arg, u32 replica, const u8 digest[32], const u8 signature[64])
{
	struct one *one = arg;
	u8 right[64];

	one->verified++;
	one_sign_digest(replica, digest, right);
	return !memcmp(right, signature, 64);
}

static inline void one_defaults(struct one *one, u32 n, u32 self)
{
	memset(one, 0, sizeof(*one));
	one->config = (struct pbft_config){ .epoch = 3,
					    .n = n,
					    .self = self,
					    .window = 16,
					    .checkpoint_blocks = 4,
					    .base_time = 5,
					    .batch_transactions = 4,
					    .batch_bytes = 10000,
					    .batch_wait_us = 2000,
					    .request_timeout_ms = 400,
					    .view_timeout_ms = 800,
					    .time_skew_ms = 2000,
					    .pool_requests = 32,
					    .pool_clients = 8 };
	memset(one->config.channel, 0xc4, 32);
	memset(one->config.base_hash, 0xba, 32);
	one->config.crypto.sign = one_sign;
	one->config.crypto.verify = one_verify;
	one->config.crypto.arg = one;
	one->now_us = 1000000;
}

static inline void one_init(struct one *one)
{
	size_t size = pbft_size(&one->config);

	one->arena = aligned_alloc(16, size);
	memset(one->arena, 0x5a, size);
	one->core = pbft_init(one->arena, &one->config);
}

static inline void one_start(struct one *one, u32 n, u32 self)
{
	one_defaults(one, n, self);
	one_init(one);
}

static inline void one_step(struct one *one, struct pbft_event *event)
{
	event->now_us = one->now_us;
	event->clock = 1000000000ULL + one->now_us;
	pbft_step(one->core, event, &one->update);
	pbft_status(one->core, &one->status);
}

static inline void one_tick(struct one *one, u64 later_us)
{
	struct pbft_event event = { .type = PBFT_TICK };

	one->now_us += later_us;
	one_step(one, &event);
}

static inline void one_receive(struct one *one, u32 from, const struct pbft_message *message)
{
	struct pbft_event event = { .type = PBFT_RECEIVED };

	event.received.from = from;
	event.received.message = message;
	one_step(one, &event);
}

static inline void one_seal(const struct one *one, struct pbft_message *message)
{
	u8 digest[32];

	pbft_message_digest(message, one->config.channel, digest);
	one_sign_digest(message->sender, digest, message->signature);
}

/* Block @number of branch @branch; its header and the one before follow from that. */
static inline struct pbft_block one_block(const struct one *one, u64 number, u8 branch)
{
	struct pbft_block block = { .number = number, .time = 1001000000ULL + number, .requests = 1, .bytes = 100 };

	memset(block.previous, number - 1, 32);
	block.previous[0] = branch;
	memset(block.header, number, 32);
	block.header[0] = branch;
	if (number == one->config.base + 1)
		memcpy(block.previous, one->config.base_hash, 32);
	return block;
}

static inline struct pbft_message one_preprepare(const struct one *one, u64 view, struct pbft_block block)
{
	struct pbft_message message = { .kind = PBFT_PREPREPARE, .epoch = 3, .sender = view % one->config.n };

	message.preprepare.view = view;
	message.preprepare.block = block;
	one_seal(one, &message);
	return message;
}

static inline struct pbft_message one_vote(const struct one *one, enum pbft_kind kind, u32 sender, u64 view,
					   struct pbft_block block)
{
	struct pbft_message message = { .kind = kind, .epoch = 3, .sender = sender };

	message.vote.view = view;
	message.vote.number = block.number;
	if (kind == PBFT_PREPARE)
		pbft_block_hash(&block, message.vote.hash);
	else
		memcpy(message.vote.hash, block.header, 32);
	one_seal(one, &message);
	return message;
}

static inline void one_executed(struct one *one, u64 view, struct pbft_block block, enum pbft_verdict verdict)
{
	struct pbft_event event = { .type = PBFT_EXECUTED };

	event.executed.view = view;
	event.executed.number = block.number;
	memcpy(event.executed.header, block.header, 32);
	event.executed.verdict = verdict;
	event.executed.last = block.last;
	one_step(one, &event);
}

/* The @index-th effect of this type in the last update, for messages of this kind (0: any). */
static inline const struct pbft_effect *one_effect(const struct one *one, enum pbft_effect_type type,
						   enum pbft_kind kind, u32 index)
{
	u32 i;

	for (i = 0; i < one->update.count; i++) {
		const struct pbft_effect *effect = &one->update.effects[i];

		if (effect->type == type && (!kind || (effect->message && effect->message->kind == kind)) && !index--)
			return effect;
	}
	return NULL;
}

/* Certificate of prepares (by the view's primary and the lowest others) or commits. */
static inline struct pbft_certificate one_certificate(const struct one *one, enum pbft_kind kind, u64 view,
						      struct pbft_block block, struct block_signature *room)
{
	struct pbft_certificate certificate = { .view = view, .block = block, .signatures = room };
	u32 i, n = one->config.n, need = block_quorum(n), primary = view % n, others = 0;
	struct pbft_message message;

	for (i = 0; i < n; i++) {
		if (kind == PBFT_PREPARE && i == primary)
			message = one_preprepare(one, view, block);
		else if (kind == PBFT_PREPARE ? others++ < need - 1 : certificate.count < need)
			message = one_vote(one, kind, i, view, block);
		else
			continue;
		room[certificate.count].replica = i;
		memcpy(room[certificate.count++].bytes, message.signature, 64);
	}
	return certificate;
}

static inline void one_done(struct one *one)
{
	free(one->arena);
}

#endif
