// SPDX-License-Identifier: GPL-2.0
/*
 * greeted.c - see greeted.h: an array of wallets, a hash table over their keys,
 * one over their sessions (two places a wallet, open addressing), a list by age.
 */
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>

#include "agent/handshake/greeted.h"

struct greeted_table {
	u32 limit, used; /* wallets: places that were ever taken come first */
	u32 count, sessions;
	u64 silence_us;
	struct vg_siphash_key hash_key;
	u32 bucket_count; /* a power of two, of both tables */
	struct greeted_wallet **buckets;
	struct greeted **by_session; /* linear probing; at most a quarter is taken */
	struct greeted_wallet *wallets;
	struct greeted_wallet *unused; /* forgotten ones, by @by_key */
	struct greeted_wallet *oldest, *newest;
	u32 sweep_at;
};

int greeted_new(u32 wallets, u64 silence_us, const struct vg_siphash_key *hash_key, struct greeted_table **ret_table)
{
	struct greeted_table *table = calloc(1, sizeof(*table));

	*ret_table = NULL;
	if (!table)
		return -ENOMEM;
	table->limit = wallets ? wallets : 1;
	table->silence_us = silence_us;
	table->hash_key = *hash_key;
	for (table->bucket_count = 16; table->bucket_count < table->limit * 8; table->bucket_count *= 2)
		;
	table->buckets = calloc(table->bucket_count, sizeof(*table->buckets));
	table->by_session = calloc(table->bucket_count, sizeof(*table->by_session));
	table->wallets = calloc(table->limit, sizeof(*table->wallets)); /* pages are the kernel's until used */
	if (!table->buckets || !table->by_session || !table->wallets) {
		greeted_free(table);
		return -ENOMEM;
	}
	*ret_table = table;
	return 0;
}

void greeted_free(struct greeted_table *table)
{
	if (!table)
		return;
	if (table->wallets)
		sodium_memzero(table->wallets, (size_t)table->used * sizeof(*table->wallets));
	free(table->buckets);
	free(table->by_session);
	free(table->wallets);
	free(table);
}

u32 greeted_wallets(const struct greeted_table *table)
{
	return table->count;
}

u32 greeted_sessions(const struct greeted_table *table)
{
	return table->sessions;
}

static u32 greeted_hash(const struct greeted_table *table, const void *bytes, size_t len)
{
	struct vg_siphash_tag hash;

	vg_siphash(&table->hash_key, bytes, len, &hash);
	return (u32)hash.t0 & (table->bucket_count - 1);
}

struct greeted_wallet *greeted_find_wallet(struct greeted_table *table, const u8 key[GREETED_KEY_LEN])
{
	struct greeted_wallet *wallet = table->buckets[greeted_hash(table, key, GREETED_KEY_LEN)];

	while (wallet && memcmp(wallet->key, key, GREETED_KEY_LEN))
		wallet = wallet->by_key;
	return wallet;
}

/* --- sessions --- */

/* The place of @session, or the empty one where it would go. */
static u32 greeted_place(const struct greeted_table *table, u64 session)
{
	u32 at = greeted_hash(table, &session, sizeof(session));

	while (table->by_session[at] && table->by_session[at]->session != session)
		at = (at + 1) & (table->bucket_count - 1);
	return at;
}

struct greeted *greeted_find(struct greeted_table *table, u64 session)
{
	return session ? table->by_session[greeted_place(table, session)] : NULL;
}

/* Wipes @session and closes its hole: what was pushed past it moves back. */
static void greeted_drop(struct greeted_table *table, struct greeted *session)
{
	u32 mask = table->bucket_count - 1, hole, at, home;

	if (!session->session)
		return;
	hole = greeted_place(table, session->session);
	for (at = (hole + 1) & mask; table->by_session[at]; at = (at + 1) & mask) {
		home = greeted_hash(table, &table->by_session[at]->session, sizeof(u64));
		if (((at - home) & mask) >= ((at - hole) & mask)) {
			table->by_session[hole] = table->by_session[at];
			hole = at;
		}
	}
	table->by_session[hole] = NULL;
	table->sessions--;
	sodium_memzero(session, sizeof(*session));
}

static struct greeted_wallet *greeted_owner(struct greeted_table *table, const struct greeted *session)
{
	return &table->wallets[((const u8 *)session - (const u8 *)table->wallets) / sizeof(*table->wallets)];
}

void greeted_offer(struct greeted_table *table, struct greeted_wallet *wallet, const struct greeted *session,
		   u64 *ret_replaced)
{
	*ret_replaced = wallet->offered.session;
	greeted_drop(table, &wallet->offered);
	wallet->offered = *session;
	table->by_session[greeted_place(table, session->session)] = &wallet->offered;
	table->sessions++;
}

bool greeted_is_offer(struct greeted_table *table, u64 session)
{
	struct greeted *found = greeted_find(table, session);

	return found && found == &greeted_owner(table, found)->offered;
}

void greeted_prove(struct greeted_table *table, u64 session, u64 *ret_old)
{
	struct greeted_wallet *wallet;
	struct greeted proven;

	*ret_old = 0;
	if (!greeted_is_offer(table, session))
		return;
	wallet = greeted_owner(table, greeted_find(table, session));
	*ret_old = wallet->current.session;
	greeted_drop(table, &wallet->current);
	proven = wallet->offered;
	greeted_drop(table, &wallet->offered);
	wallet->current = proven;
	table->by_session[greeted_place(table, session)] = &wallet->current;
	table->sessions++;
	sodium_memzero(&proven, sizeof(proven));
}

void greeted_end(struct greeted_table *table, u64 session)
{
	struct greeted *found = greeted_find(table, session);

	if (found)
		greeted_drop(table, found);
}

/* --- wallets --- */

static void greeted_unlink(struct greeted_table *table, struct greeted_wallet *wallet)
{
	*(wallet->older ? &wallet->older->newer : &table->oldest) = wallet->newer;
	*(wallet->newer ? &wallet->newer->older : &table->newest) = wallet->older;
}

static void greeted_link(struct greeted_table *table, struct greeted_wallet *wallet)
{
	wallet->older = table->newest;
	wallet->newer = NULL;
	*(table->newest ? &table->newest->newer : &table->oldest) = wallet;
	table->newest = wallet;
}

void greeted_touch(struct greeted_table *table, struct greeted_wallet *wallet)
{
	greeted_unlink(table, wallet);
	greeted_link(table, wallet);
}

static void greeted_forget(struct greeted_table *table, struct greeted_wallet *wallet)
{
	struct greeted_wallet **at = &table->buckets[greeted_hash(table, wallet->key, GREETED_KEY_LEN)];

	while (*at != wallet)
		at = &(*at)->by_key;
	*at = wallet->by_key;
	greeted_unlink(table, wallet);
	sodium_memzero(wallet, sizeof(*wallet));
	wallet->by_key = table->unused;
	table->unused = wallet;
	table->count--;
}

static bool greeted_may_forget(const struct greeted_table *table, const struct greeted_wallet *wallet, u64 now)
{
	return !wallet->offered.session && !wallet->current.session && wallet->timestamp + table->silence_us < now;
}

/* Who has a session is passed over, and is as good as heard of just now: so each look costs little. */
static bool greeted_make_room(struct greeted_table *table, u64 now)
{
	u32 looks = 64;

	while (table->oldest && looks--) {
		if (greeted_may_forget(table, table->oldest, now)) {
			greeted_forget(table, table->oldest);
			return true;
		}
		greeted_touch(table, table->oldest);
	}
	return false;
}

struct greeted_wallet *greeted_add_wallet(struct greeted_table *table, const u8 key[GREETED_KEY_LEN],
					  const u8 wallet[GREETED_KEY_LEN], u64 now)
{
	struct greeted_wallet *added, **bucket;

	if (table->count >= table->limit && !greeted_make_room(table, now))
		return NULL;
	added = table->unused;
	if (added)
		table->unused = added->by_key;
	else
		added = &table->wallets[table->used++];
	memset(added, 0, sizeof(*added));
	memcpy(added->key, key, GREETED_KEY_LEN);
	memcpy(added->wallet, wallet, GREETED_KEY_LEN);
	bucket = &table->buckets[greeted_hash(table, key, GREETED_KEY_LEN)];
	added->by_key = *bucket;
	*bucket = added;
	greeted_link(table, added);
	table->count++;
	return added;
}

u32 greeted_of_wallet(struct greeted_table *table, const u8 wallet[GREETED_KEY_LEN], u64 ret_sessions[2])
{
	u32 i, found = 0;

	for (i = 0; i < table->used && !found; i++) {
		const struct greeted_wallet *at = &table->wallets[i];

		if (memcmp(at->wallet, wallet, GREETED_KEY_LEN))
			continue;
		if (at->offered.session)
			ret_sessions[found++] = at->offered.session;
		if (at->current.session)
			ret_sessions[found++] = at->current.session;
	}
	return found;
}

static u32 greeted_drop_expired(struct greeted_table *table, struct greeted *session, u64 now)
{
	if (!session->session || session->expires > now)
		return 0;
	greeted_drop(table, session);
	return 1;
}

u32 greeted_expire(struct greeted_table *table, u64 now, u32 places)
{
	struct greeted_wallet *wallet;
	u32 gone = 0;

	if (places > table->used)
		places = table->used;
	while (places--) {
		if (table->sweep_at >= table->used)
			table->sweep_at = 0;
		wallet = &table->wallets[table->sweep_at++];
		gone += greeted_drop_expired(table, &wallet->offered, now);
		gone += greeted_drop_expired(table, &wallet->current, now);
	}
	return gone;
}

const struct greeted_wallet *greeted_next(const struct greeted_table *table, u32 *at)
{
	const struct greeted_wallet *wallet;

	while (*at < table->used) {
		wallet = &table->wallets[(*at)++];
		if (wallet->current.session || wallet->offered.session)
			return wallet;
	}
	return NULL;
}
