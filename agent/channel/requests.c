// SPDX-License-Identifier: GPL-2.0
/*
 * requests.c - a hash table with linear probing over requests, a list by
 * arrival, a table of waiters by cookie, and the memory of what is done.
 *
 * The table's places are chosen by a secret multiplier: digests can be
 * ground by whoever writes transactions, their places cannot. Nothing depends on the order of places.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "agent/channel/requests.h"

#define SHARES 4096 /* clients are told apart by hash, for their share of bytes */
#define WAITER_BUCKETS 4096
#define DONE 131072 /* digests remembered */

struct request_waiter {
	void *cookie;
	struct request *request;
	struct request_waiter *next;			 /* of the same request */
	struct request_waiter *bucket_next, **bucket_at; /* by cookie */
};

struct requests {
	u32 most, count, mask;
	u64 most_bytes, bytes, multiplier;
	struct request **table;
	struct request *oldest, *newest;
	u64 shares[SHARES];
	struct request_waiter *buckets[WAITER_BUCKETS];
	u64 done[DONE];
};

struct requests *requests_new(u32 most, u32 most_bytes, u64 secret)
{
	struct requests *requests = calloc(1, sizeof(*requests));
	u32 size = 1024;

	if (!requests)
		return NULL;
	while (size < 2 * (u64)most)
		size *= 2;
	requests->most = most;
	requests->most_bytes = most_bytes;
	requests->mask = size - 1;
	requests->table = calloc(size, sizeof(*requests->table));
	requests->multiplier = secret | 1;
	if (!requests->table) {
		free(requests);
		return NULL;
	}
	return requests;
}

void requests_free(struct requests *requests)
{
	if (!requests)
		return;
	while (requests->oldest)
		requests_remove(requests, requests->oldest);
	free(requests->table);
	free(requests);
}

static u64 digest_word(const u8 digest[LEDGER_HASH_LEN])
{
	u64 word;

	memcpy(&word, digest, sizeof(word));
	return word;
}

static u32 place_of(const struct requests *requests, const u8 digest[LEDGER_HASH_LEN])
{
	return (digest_word(digest) * requests->multiplier >> 32) & requests->mask;
}

/* Where @digest is, or the empty place where it would be. */
static u32 place_find(const struct requests *requests, const u8 digest[LEDGER_HASH_LEN])
{
	u32 place = place_of(requests, digest);

	while (requests->table[place] && memcmp(requests->table[place]->digest, digest, LEDGER_HASH_LEN))
		place = (place + 1) & requests->mask;
	return place;
}

struct request *requests_find(const struct requests *requests, const u8 digest[LEDGER_HASH_LEN])
{
	return requests->table[place_find(requests, digest)];
}

static u64 *share_of(struct requests *requests, u64 client)
{
	return &requests->shares[(client * requests->multiplier >> 40) % SHARES];
}

struct request *requests_add(struct requests *requests, const u8 digest[LEDGER_HASH_LEN], struct span bytes, u64 client,
			     u16 giver, u64 now_us)
{
	u64 size = sizeof(struct request) + bytes.len, *share = share_of(requests, client);
	struct request *request;

	if (requests->count >= requests->most || requests->bytes + size > requests->most_bytes)
		return NULL;
	if (requests->bytes > requests->most_bytes / 4 * 3 && *share + size > requests->most_bytes / 16)
		return NULL;
	request = malloc(size);
	if (!request)
		return NULL;
	*request = (struct request){ .client = client, .since_us = now_us, .len = bytes.len, .giver = giver };
	memcpy(request->digest, digest, LEDGER_HASH_LEN);
	memcpy(request->bytes, bytes.bytes, bytes.len);
	requests->table[place_find(requests, digest)] = request;
	request->older = requests->newest;
	if (requests->newest)
		requests->newest->newer = request;
	else
		requests->oldest = request;
	requests->newest = request;
	requests->count++;
	requests->bytes += size;
	*share += size;
	return request;
}

/* Empties a place; those behind it that could stand earlier move up. */
static void place_clear(struct requests *requests, u32 place)
{
	u32 next = place;

	requests->table[place] = NULL;
	for (;;) {
		u32 wish;

		next = (next + 1) & requests->mask;
		if (!requests->table[next])
			return;
		wish = place_of(requests, requests->table[next]->digest);
		if (((next - wish) & requests->mask) < ((next - place) & requests->mask))
			continue;
		requests->table[place] = requests->table[next];
		requests->table[next] = NULL;
		place = next;
	}
}

static void waiter_free(struct request_waiter *waiter)
{
	*waiter->bucket_at = waiter->bucket_next;
	if (waiter->bucket_next)
		waiter->bucket_next->bucket_at = waiter->bucket_at;
	free(waiter);
}

void requests_remove(struct requests *requests, struct request *request)
{
	u64 size = sizeof(*request) + request->len;
	void *cookie;

	while (requests_answer(requests, request, &cookie))
		;
	place_clear(requests, place_find(requests, request->digest));
	if (request->older)
		request->older->newer = request->newer;
	else
		requests->oldest = request->newer;
	if (request->newer)
		request->newer->older = request->older;
	else
		requests->newest = request->older;
	requests->count--;
	requests->bytes -= size;
	*share_of(requests, request->client) -= size;
	free(request);
}

struct request *requests_oldest(const struct requests *requests)
{
	return requests->oldest;
}

static struct request_waiter **bucket_of(struct requests *requests, const void *cookie)
{
	return &requests->buckets[((u64)(uintptr_t)cookie * 0x9e3779b97f4a7c15ull >> 48) % WAITER_BUCKETS];
}

int requests_wait(struct requests *requests, struct request *request, void *cookie)
{
	struct request_waiter *waiter = malloc(sizeof(*waiter)), **bucket = bucket_of(requests, cookie);

	if (!waiter)
		return -ENOMEM;
	*waiter = (struct request_waiter){ cookie, request, request->waiters, *bucket, bucket };
	if (*bucket)
		(*bucket)->bucket_at = &waiter->bucket_next;
	*bucket = waiter;
	request->waiters = waiter;
	return 0;
}

bool requests_answer(struct requests *requests, struct request *request, void **ret_cookie)
{
	struct request_waiter *waiter = request->waiters;

	(void)requests;
	if (!waiter)
		return false;
	*ret_cookie = waiter->cookie;
	request->waiters = waiter->next;
	waiter_free(waiter);
	return true;
}

void requests_forget(struct requests *requests, void *cookie)
{
	struct request_waiter *waiter = *bucket_of(requests, cookie), *next;

	for (; waiter; waiter = next) {
		struct request_waiter **at = &waiter->request->waiters;

		next = waiter->bucket_next;
		if (waiter->cookie != cookie)
			continue;
		while (*at != waiter)
			at = &(*at)->next;
		*at = waiter->next;
		waiter_free(waiter);
	}
}

void requests_done(struct requests *requests, const u8 digest[LEDGER_HASH_LEN])
{
	requests->done[place_of(requests, digest) % DONE] = digest_word(digest);
}

bool requests_was_done(const struct requests *requests, const u8 digest[LEDGER_HASH_LEN])
{
	return requests->done[place_of(requests, digest) % DONE] == digest_word(digest);
}

u32 requests_count(const struct requests *requests)
{
	return requests->count;
}

u64 requests_bytes(const struct requests *requests)
{
	return requests->bytes;
}
