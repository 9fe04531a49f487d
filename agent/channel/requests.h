/* SPDX-License-Identifier: GPL-2.0 */
/*
 * requests.h - the transactions a node holds until they stand in a block, by
 * digest, and who waits for their fate. Bounded in number and bytes; when
 * three quarters of the bytes are taken, a client that holds more than a sixteenth of all is refused more.
 * A memory of digests lately done (fixed size, overwritten) tells latecomers from news.
 */
#ifndef VOLTGATE_CHANNEL_REQUESTS_H
#define VOLTGATE_CHANNEL_REQUESTS_H

#include "ledger/cursor.h"
#include "ledger/hash.h"

#define REQUEST_OWN 0xffff /* giver: submitted here */

struct requests;
struct request_waiter;

struct request {
	u8 digest[LEDGER_HASH_LEN];
	u64 client; /* tells clients apart, for fairness */
	u64 since_us;
	u32 len;
	u16 giver;    /* node (index in the membership) that forwarded it, or REQUEST_OWN */
	bool pooled;  /* the core knows it */
	u8 passed_on; /* on a node that is no replica: how often it was given on */
	struct request_waiter *waiters;
	struct request *older, *newer; /* by arrival */
	u8 bytes[];
};

/* @secret: known to nobody else, the same at each start, so that a node's run can be repeated. */
struct requests *requests_new(u32 most, u32 most_bytes, u64 secret);
void requests_free(struct requests *requests);
struct request *requests_find(const struct requests *requests, const u8 digest[LEDGER_HASH_LEN]);
/* Copies @bytes. NULL: no room for this client. */
struct request *requests_add(struct requests *requests, const u8 digest[LEDGER_HASH_LEN], struct span bytes, u64 client,
			     u16 giver, u64 now_us);
/* Frees it; waiters that were not taken are forgotten. */
void requests_remove(struct requests *requests, struct request *request);
struct request *requests_oldest(const struct requests *requests);

int requests_wait(struct requests *requests, struct request *request, void *cookie); /* -ENOMEM */
/* Takes one of those who wait. */
bool requests_answer(struct requests *requests, struct request *request, void **ret_cookie);
/* Forgets @cookie wherever it waits. */
void requests_forget(struct requests *requests, void *cookie);

void requests_done(struct requests *requests, const u8 digest[LEDGER_HASH_LEN]);
bool requests_was_done(const struct requests *requests, const u8 digest[LEDGER_HASH_LEN]);
u32 requests_count(const struct requests *requests);
u64 requests_bytes(const struct requests *requests);

#endif
