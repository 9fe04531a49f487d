/* SPDX-License-Identifier: GPL-2.0 */
/*
 * model.h - what a block does, once more: slow, with lists that are searched
 * from end to end, nonces and evidence kept as plain sets of numbers, every
 * signature checked anew. Shares the codecs with the ledger and nothing of its
 * execution. Written after execute.h's words.
 */
#ifndef VOLTGATE_TESTS_TXN_MODEL_H
#define VOLTGATE_TESTS_TXN_MODEL_H

#include "ledger/membership.h"
#include "ledger/transaction.h"

struct model_pair {
	u8 *key, *value;
	size_t key_len, value_len;
	u64 number;
	u32 index;
};

struct model_client {
	u8 key[32];
	u64 *nonces; /* every one ever spent since the window began */
	size_t count;
	u64 closed_to; /* all up to this count as spent */
	u64 last;      /* block time */
	bool open, touched, kept, closed;
};

struct model_use {
	u8 batch[73]; /* state key */
	u16 index;
	u64 time;
	bool now; /* in this block */
};

struct model_due {
	u64 due;
	u8 key[73];
	size_t key_len;
};

struct model {
	struct membership membership;
	u8 channel[32];
	struct model_pair *pairs;
	size_t pair_count;
	struct model_client *clients;
	size_t client_count;
	struct model_use *uses;
	size_t use_count;
	struct model_due *dues;
	size_t due_count;
	u64 number, time; /* of the block at hand */
	u32 index;
	bool configured;
	struct membership next;
	u64 all, by_node[MEMBERSHIP_NODES_MAX];
};

void model_init(struct model *model, const struct membership *genesis);
void model_done(struct model *model);
/* The next block, of these transactions. */
void model_block(struct model *model, u64 time, const struct span *transactions, u32 count, u8 *ret_outcomes);
/* Sorts the pairs by key. */
void model_sort(struct model *model);

/* --- model_store.c, for model.c --- */
struct model_pair *model_get(struct model *model, const void *key, size_t len);
void model_put(struct model *model, const void *key, size_t key_len, const void *value, size_t value_len, u32 index);
void model_delete(struct model *model, const void *key, size_t len);
struct model_client *model_client(struct model *model, const u8 key[32]);
bool model_spent(const struct model_client *client, u64 nonce);
void model_spend(struct model_client *client, u64 nonce, bool open);
void model_use(struct model *model, const u8 batch[73], u16 index, u64 time);
/* Windows, evidence, counts, pruning. */
void model_end(struct model *model, u32 count);

#endif
