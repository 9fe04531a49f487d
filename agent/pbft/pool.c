// SPDX-License-Identifier: GPL-2.0
/*
 * pool.c - requests waiting to stand in a block.
 */
#include "agent/pbft/pool.h"

static u32 power_of_two(u32 least)
{
	u32 size = 16;

	while (size < least)
		size *= 2;
	return size;
}

void pool_init(struct pool *pool, struct room *room, u32 requests, u32 clients)
{
	u32 i;

	pool->size = requests;
	pool->client_size = clients;
	pool->bucket_mask = power_of_two(requests) - 1;
	pool->client_mask = power_of_two(clients) - 1;
	pool->requests = room_take(room, (size_t)requests * sizeof(*pool->requests));
	pool->clients = room_take(room, (size_t)clients * sizeof(*pool->clients));
	pool->buckets = room_take(room, (pool->bucket_mask + 1ULL) * sizeof(u32));
	pool->client_buckets = room_take(room, (pool->client_mask + 1ULL) * sizeof(u32));
	pool->equals = room_take(room, (requests + 1ULL) * sizeof(u32));
	if (!room->bytes)
		return;
	memset(pool->buckets, 0xff, (pool->bucket_mask + 1ULL) * sizeof(u32));
	memset(pool->client_buckets, 0xff, (pool->client_mask + 1ULL) * sizeof(u32));
	memset(pool->equals, 0xff, (requests + 1ULL) * sizeof(u32));
	for (i = 0; i < requests; i++)
		pool->requests[i].next = i + 1 < requests ? i + 1 : POOL_NONE;
	for (i = 0; i < clients; i++)
		pool->clients[i].next = i + 1 < clients ? i + 1 : POOL_NONE;
	pool->free = pool->client_free = 0;
	pool->turn = POOL_NONE;
	pool->oldest[0] = pool->oldest[1] = pool->youngest[0] = pool->youngest[1] = POOL_NONE;
}

static u32 hash_of(const struct pool *pool, const void *bytes, size_t len)
{
	struct vg_siphash_tag tag;

	vg_siphash(&pool->key, bytes, len, &tag);
	return tag.t0;
}

u32 pool_find(const struct pool *pool, const u8 digest[32])
{
	u32 at = pool->buckets[hash_of(pool, digest, 32) & pool->bucket_mask];

	while (at != POOL_NONE && memcmp(pool->requests[at].digest, digest, 32))
		at = pool->requests[at].next;
	return at;
}

/* Lists of clients that hold equally many, so that the one that holds most is found at once. */

static void equals_add(struct pool *pool, u32 index)
{
	struct pool_client *client = &pool->clients[index];
	u32 head = pool->equals[client->held];

	client->fewer = POOL_NONE;
	client->more = head;
	if (head != POOL_NONE)
		pool->clients[head].fewer = index;
	pool->equals[client->held] = index;
	if (client->held > pool->most)
		pool->most = client->held;
}

static void equals_remove(struct pool *pool, u32 index)
{
	struct pool_client *client = &pool->clients[index];

	if (client->fewer != POOL_NONE)
		pool->clients[client->fewer].more = client->more;
	else
		pool->equals[client->held] = client->more;
	if (client->more != POOL_NONE)
		pool->clients[client->more].fewer = client->fewer;
	while (pool->most && pool->equals[pool->most] == POOL_NONE)
		pool->most--;
}

/* The ring of clients whose turn comes. */

static void ring_add(struct pool *pool, u32 index)
{
	struct pool_client *client = &pool->clients[index];
	u32 turn = pool->turn;

	if (turn == POOL_NONE) {
		client->before = client->after = pool->turn = index;
		return;
	}
	client->after = turn;
	client->before = pool->clients[turn].before;
	pool->clients[client->before].after = index;
	pool->clients[turn].before = index;
}

static void ring_remove(struct pool *pool, u32 index)
{
	struct pool_client *client = &pool->clients[index];

	if (client->after == index) {
		pool->turn = POOL_NONE;
		return;
	}
	pool->clients[client->before].after = client->after;
	pool->clients[client->after].before = client->before;
	if (pool->turn == index)
		pool->turn = client->after;
}

static u32 client_get(struct pool *pool, u64 id)
{
	u32 *bucket = &pool->client_buckets[hash_of(pool, &id, sizeof(id)) & pool->client_mask];
	u32 at = *bucket;
	struct pool_client *client;

	while (at != POOL_NONE && pool->clients[at].id != id)
		at = pool->clients[at].next;
	if (at != POOL_NONE || pool->client_free == POOL_NONE)
		return at;
	at = pool->client_free;
	client = &pool->clients[at];
	pool->client_free = client->next;
	memset(client, 0, sizeof(*client));
	client->id = id;
	client->first = client->last = client->cursor = POOL_NONE;
	client->next = *bucket;
	*bucket = at;
	pool->clients_held++;
	equals_add(pool, at);
	return at;
}

static void client_put(struct pool *pool, u32 index)
{
	struct pool_client *client = &pool->clients[index];
	u32 *link = &pool->client_buckets[hash_of(pool, &client->id, sizeof(client->id)) & pool->client_mask];

	if (client->held)
		return;
	equals_remove(pool, index);
	while (*link != index)
		link = &pool->clients[*link].next;
	*link = client->next;
	client->next = pool->client_free;
	pool->client_free = index;
	pool->clients_held--;
}

static void age_add(struct pool *pool, u32 index)
{
	struct pool_request *request = &pool->requests[index];
	bool told = request->told;

	request->younger = POOL_NONE;
	request->older = pool->youngest[told];
	if (request->older != POOL_NONE)
		pool->requests[request->older].younger = index;
	else
		pool->oldest[told] = index;
	pool->youngest[told] = index;
}

static void age_remove(struct pool *pool, u32 index)
{
	struct pool_request *request = &pool->requests[index];
	bool told = request->told;

	if (request->older != POOL_NONE)
		pool->requests[request->older].younger = request->younger;
	else
		pool->oldest[told] = request->younger;
	if (request->younger != POOL_NONE)
		pool->requests[request->younger].older = request->older;
	else
		pool->youngest[told] = request->older;
}

static void wait_begin(struct pool *pool, u32 index, u64 now_us)
{
	struct pool_request *request = &pool->requests[index];
	struct pool_client *client = &pool->clients[request->client];

	request->number = 0;
	if (!pool->waiting++)
		pool->waiting_us = now_us;
	pool->waiting_bytes += request->bytes;
	if (!client->waiting++)
		ring_add(pool, request->client);
}

static void wait_end(struct pool *pool, u32 index)
{
	struct pool_request *request = &pool->requests[index];
	struct pool_client *client = &pool->clients[request->client];

	pool->waiting--;
	pool->waiting_bytes -= request->bytes;
	if (!--client->waiting)
		ring_remove(pool, request->client);
}

/* Whom a full pool pushes out for a client that holds @held: the newest waiting request of who holds most. */
static u32 pushed_out(const struct pool *pool, u32 held)
{
	u32 at;

	if (pool->most <= held + 1)
		return POOL_NONE;
	at = pool->clients[pool->equals[pool->most]].last;
	return pool->requests[at].number ? POOL_NONE : at;
}

/* Known by another replica; now its client gives it to us too, so we see to it that everyone knows. */
static void become_own(struct pool *pool, u32 index, u64 now_us)
{
	struct pool_request *request = &pool->requests[index];

	age_remove(pool, index);
	request->own = true;
	request->told = false;
	request->since_us = now_us;
	age_add(pool, index);
}

enum pool_added pool_add(struct pool *pool, const u8 digest[32], u64 client_id, u32 bytes, bool own, u64 now_us,
			 u64 passed, u8 ret_pushed[32])
{
	u32 *bucket = &pool->buckets[hash_of(pool, digest, 32) & pool->bucket_mask];
	enum pool_added added = POOL_ADDED;
	struct pool_request *request;
	struct pool_client *client;
	u32 index, at, out;

	index = pool_find(pool, digest);
	if (index != POOL_NONE) {
		if (own && !pool->requests[index].own)
			become_own(pool, index, now_us);
		return POOL_KNOWN;
	}
	at = client_get(pool, client_id);
	if (at == POOL_NONE)
		return POOL_FULL;
	client = &pool->clients[at];
	if (pool->free == POOL_NONE) {
		out = pushed_out(pool, client->held);
		if (out == POOL_NONE) {
			client_put(pool, at);
			return POOL_FULL;
		}
		memcpy(ret_pushed, pool->requests[out].digest, 32);
		pool_remove(pool, out);
		added = POOL_PUSHED;
	}
	index = pool->free;
	request = &pool->requests[index];
	pool->free = request->next;
	*request = (struct pool_request){ .client = at,
					  .bytes = bytes,
					  .since_us = now_us,
					  .passed = passed,
					  .own = own,
					  .told = !own,
					  .next = *bucket };
	memcpy(request->digest, digest, 32);
	*bucket = index;
	request->before = client->last;
	request->after = POOL_NONE;
	if (client->last != POOL_NONE)
		pool->requests[client->last].after = index;
	else
		client->first = index;
	client->last = index;
	if (client->cursor == POOL_NONE)
		client->cursor = index;
	equals_remove(pool, at);
	client->held++;
	equals_add(pool, at);
	pool->held++;
	age_add(pool, index);
	wait_begin(pool, index, now_us);
	return added;
}

void pool_remove(struct pool *pool, u32 index)
{
	struct pool_request *request = &pool->requests[index];
	struct pool_client *client = &pool->clients[request->client];
	u32 *link = &pool->buckets[hash_of(pool, request->digest, 32) & pool->bucket_mask];

	if (!request->number)
		wait_end(pool, index);
	age_remove(pool, index);
	while (*link != index)
		link = &pool->requests[*link].next;
	*link = request->next;
	if (client->cursor == index)
		client->cursor = request->after;
	if (request->before != POOL_NONE)
		pool->requests[request->before].after = request->after;
	else
		client->first = request->after;
	if (request->after != POOL_NONE)
		pool->requests[request->after].before = request->before;
	else
		client->last = request->before;
	equals_remove(pool, request->client);
	client->held--;
	equals_add(pool, request->client);
	client_put(pool, request->client);
	request->next = pool->free;
	pool->free = index;
	pool->held--;
}

u32 pool_take(struct pool *pool, u64 number, u32 bytes)
{
	struct pool_client *client;
	u32 index;

	if (pool->turn == POOL_NONE)
		return POOL_NONE;
	client = &pool->clients[pool->turn];
	while (pool->requests[client->cursor].number)
		client->cursor = pool->requests[client->cursor].after;
	index = client->cursor;
	if (pool->requests[index].bytes > bytes)
		return POOL_NONE;
	pool->turn = client->after;
	pool_mark(pool, index, number);
	return index;
}

void pool_mark(struct pool *pool, u32 index, u64 number)
{
	struct pool_request *request = &pool->requests[index];

	if (!request->number)
		wait_end(pool, index);
	request->number = number;
}

void pool_release(struct pool *pool, u64 number, u64 now_us)
{
	u32 told, at;

	for (told = 0; told < 2; told++)
		for (at = pool->oldest[told]; at != POOL_NONE; at = pool->requests[at].younger) {
			struct pool_request *request = &pool->requests[at];

			if (!request->number || request->number < number)
				continue;
			wait_begin(pool, at, now_us);
			pool->clients[request->client].cursor = pool->clients[request->client].first;
		}
}

void pool_tell(struct pool *pool, u32 index, u64 now_us, u64 passed)
{
	struct pool_request *request = &pool->requests[index];

	age_remove(pool, index);
	request->told = true;
	request->since_us = now_us;
	request->passed = passed;
	age_add(pool, index);
}
