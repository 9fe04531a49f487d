// SPDX-License-Identifier: GPL-2.0
/*
 * certcache.c - hash table with chains and a list by last use. Ids are pieces
 * of SHA-256 of certificates that an authority signed: nobody chooses them, so
 * the table needs no key of its own.
 */
#include "agent/its/certcache.h"

#include <errno.h>
#include <stdlib.h>

#define CONDEMNED_SLOTS 1024

struct condemned {
	u8 hash[ITS_HASH_LEN];
	enum vg_reason reason; /* VG_ACCEPTED: empty */
};

struct its_certcache {
	u32 capacity;
	u32 count;
	u32 mask; /* of buckets */
	struct its_holder **buckets;
	struct its_holder *newest, *oldest;
	struct condemned condemned[CONDEMNED_SLOTS];
};

int its_certcache_new(u32 capacity, struct its_certcache **ret_cache)
{
	struct its_certcache *cache = calloc(1, sizeof(*cache));
	u32 buckets = 16;

	if (!cache)
		return -ENOMEM;
	while (buckets < capacity && buckets < 1u << 24)
		buckets *= 2;
	cache->capacity = capacity ? capacity : 1;
	cache->mask = buckets - 1;
	cache->buckets = calloc(buckets, sizeof(struct its_holder *));
	if (!cache->buckets) {
		free(cache);
		return -ENOMEM;
	}
	*ret_cache = cache;
	return 0;
}

static struct its_holder **bucket_of(struct its_certcache *cache, const u8 id[ITS_ID_LEN])
{
	u32 word;

	memcpy(&word, id, sizeof(word));
	return &cache->buckets[word & cache->mask];
}

static void list_remove(struct its_certcache *cache, struct its_holder *holder)
{
	*(holder->newer ? &holder->newer->older : &cache->newest) = holder->older;
	*(holder->older ? &holder->older->newer : &cache->oldest) = holder->newer;
}

static void list_add(struct its_certcache *cache, struct its_holder *holder)
{
	holder->newer = NULL;
	holder->older = cache->newest;
	*(cache->newest ? &cache->newest->newer : &cache->oldest) = holder;
	cache->newest = holder;
}

static void drop(struct its_certcache *cache, struct its_holder *holder)
{
	struct its_holder **link = bucket_of(cache, its_hash_id(holder->kept->hash));

	while (*link != holder)
		link = &(*link)->chain;
	*link = holder->chain;
	list_remove(cache, holder);
	its_kept_free(holder->kept);
	free(holder);
	cache->count--;
}

void its_certcache_free(struct its_certcache *cache)
{
	if (!cache)
		return;
	while (cache->oldest)
		drop(cache, cache->oldest);
	free(cache->buckets);
	free(cache);
}

struct its_holder *its_certcache_find(struct its_certcache *cache, const u8 id[ITS_ID_LEN])
{
	struct its_holder *holder;

	for (holder = *bucket_of(cache, id); holder; holder = holder->chain)
		if (!memcmp(its_hash_id(holder->kept->hash), id, ITS_ID_LEN))
			break;
	if (holder) {
		list_remove(cache, holder);
		list_add(cache, holder);
	}
	return holder;
}

int its_certcache_put(struct its_certcache *cache, struct its_kept *kept, struct its_holder **ret_holder)
{
	struct its_holder *holder = calloc(1, sizeof(*holder)), *old, **bucket;

	if (!holder)
		return -ENOMEM;
	old = its_certcache_find(cache, its_hash_id(kept->hash));
	if (old)
		drop(cache, old);
	else if (cache->count >= cache->capacity)
		drop(cache, cache->oldest);
	bucket = bucket_of(cache, its_hash_id(kept->hash));
	holder->kept = kept;
	holder->chain = *bucket;
	*bucket = holder;
	list_add(cache, holder);
	cache->count++;
	*ret_holder = holder;
	return 0;
}

u32 its_certcache_count(const struct its_certcache *cache)
{
	return cache->count;
}

static u32 slot_of(const u8 hash[ITS_HASH_LEN])
{
	return (hash[0] | (u32)hash[1] << 8) % CONDEMNED_SLOTS;
}

void its_certcache_condemn(struct its_certcache *cache, const u8 hash[ITS_HASH_LEN], enum vg_reason reason)
{
	struct condemned *slot = &cache->condemned[slot_of(hash)];

	memcpy(slot->hash, hash, ITS_HASH_LEN);
	slot->reason = reason;
}

enum vg_reason its_certcache_condemned(const struct its_certcache *cache, const u8 hash[ITS_HASH_LEN])
{
	const struct condemned *slot = &cache->condemned[slot_of(hash)];

	return memcmp(slot->hash, hash, ITS_HASH_LEN) ? VG_ACCEPTED : slot->reason;
}
