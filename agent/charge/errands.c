// SPDX-License-Identifier: GPL-2.0
/*
 * errands.c - a table by hash (keyed: vehicles choose what is hashed) and one
 * list by age for each state: see errands.h.
 */
#include "agent/charge/errands.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "voltgate/siphash.h"

struct errands_list {
	struct errand *oldest, *newest;
	u32 count, most;
};

struct errands {
	struct vg_siphash_key bucket_key;
	u32 bucket_count; /* a power of two */
	struct errand **buckets;
	struct errand **askers;	      /* of those under way, by session */
	struct errands_list lists[2]; /* by state */
};

struct errands *errands_new(u32 under_way, u32 answered)
{
	struct errands *errands = calloc(1, sizeof(*errands));

	if (!errands)
		return NULL;
	errands->lists[ERRAND_UNDER_WAY].most = under_way;
	errands->lists[ERRAND_ANSWERED].most = answered;
	for (errands->bucket_count = 16; errands->bucket_count < under_way + answered; errands->bucket_count *= 2)
		;
	errands->buckets = calloc(errands->bucket_count, sizeof(struct errand *));
	errands->askers = calloc(errands->bucket_count, sizeof(struct errand *));
	randombytes_buf(&errands->bucket_key, sizeof(errands->bucket_key));
	if (errands->buckets && errands->askers)
		return errands;
	free(errands->buckets);
	free(errands->askers);
	free(errands);
	return NULL;
}

static struct errand **errands_place(const struct errands *errands, struct errand **places, const void *key, size_t len)
{
	struct vg_siphash_tag keyed;

	vg_siphash(&errands->bucket_key, key, len, &keyed);
	return &places[keyed.t0 & (errands->bucket_count - 1)];
}

static struct errand **errands_bucket(struct errands *errands, const u8 hash[LEDGER_HASH_LEN])
{
	return errands_place(errands, errands->buckets, hash, LEDGER_HASH_LEN);
}

static struct errand **errands_asker(struct errands *errands, u64 session)
{
	return errands_place(errands, errands->askers, &session, sizeof(session));
}

static u32 errands_of(struct errands *errands, u64 session)
{
	const struct errand *errand = *errands_asker(errands, session);
	u32 count = 0;

	for (; errand; errand = errand->sibling)
		count += errand->asker == session;
	return count;
}

/* Out of its state's list, and no more its asker's if it was under way. */
static void errands_unlist(struct errands *errands, struct errand *errand)
{
	struct errands_list *list = &errands->lists[errand->state];
	struct errand **at = errands_asker(errands, errand->asker);

	if (errand->state == ERRAND_UNDER_WAY) {
		while (*at != errand)
			at = &(*at)->sibling;
		*at = errand->sibling;
	}
	*(errand->older ? &errand->older->newer : &list->oldest) = errand->newer;
	*(errand->newer ? &errand->newer->older : &list->newest) = errand->older;
	list->count--;
}

static void errands_list(struct errands *errands, struct errand *errand, enum errand_state state)
{
	struct errands_list *list = &errands->lists[state];

	errand->state = state;
	errand->newer = NULL;
	errand->older = list->newest;
	*(list->newest ? &list->newest->newer : &list->oldest) = errand;
	list->newest = errand;
	list->count++;
}

void errands_remove(struct errands *errands, struct errand *errand)
{
	struct errand **at = errands_bucket(errands, errand->hash);

	while (*at != errand)
		at = &(*at)->chained;
	*at = errand->chained;
	errands_unlist(errands, errand);
	free(errand);
}

void errands_free(struct errands *errands)
{
	if (!errands)
		return;
	errands_drop(errands);
	errands_forget(errands, ~0ULL);
	free(errands->buckets);
	free(errands->askers);
	free(errands);
}

struct errand *errands_find(struct errands *errands, const u8 hash[LEDGER_HASH_LEN])
{
	struct errand *errand = *errands_bucket(errands, hash);

	while (errand && memcmp(errand->hash, hash, LEDGER_HASH_LEN))
		errand = errand->chained;
	return errand;
}

struct errand *errands_add(struct errands *errands, const u8 hash[LEDGER_HASH_LEN], u64 session, u64 now_us)
{
	struct errands_list *list = &errands->lists[ERRAND_UNDER_WAY];
	struct errand *errand, **bucket, **asker;

	if (list->count >= list->most || errands_of(errands, session) >= ERRANDS_SESSION)
		return NULL;
	errand = calloc(1, sizeof(*errand));
	if (!errand)
		return NULL;
	memcpy(errand->hash, hash, LEDGER_HASH_LEN);
	errand->since_us = now_us;
	errand->asker = errand->session = session;
	bucket = errands_bucket(errands, hash);
	errand->chained = *bucket;
	*bucket = errand;
	asker = errands_asker(errands, session);
	errand->sibling = *asker;
	*asker = errand;
	errands_list(errands, errand, ERRAND_UNDER_WAY);
	return errand;
}

void errands_answered(struct errands *errands, struct errand *errand, u64 now_us)
{
	struct errands_list *list = &errands->lists[ERRAND_ANSWERED];

	errands_unlist(errands, errand);
	errand->ended_us = now_us;
	errands_list(errands, errand, ERRAND_ANSWERED);
	if (list->count > list->most)
		errands_remove(errands, list->oldest);
}

void errand_say(struct errand *errand, const void *text, size_t len)
{
	if (len > sizeof(errand->text))
		len = sizeof(errand->text);
	if (len)
		memcpy(errand->text, text, len);
	errand->answer.text = (struct span){ (const u8 *)errand->text, len };
}

void errands_drop(struct errands *errands)
{
	while (errands->lists[ERRAND_UNDER_WAY].oldest)
		errands_remove(errands, errands->lists[ERRAND_UNDER_WAY].oldest);
}

void errands_forget(struct errands *errands, u64 before_us)
{
	struct errands_list *list = &errands->lists[ERRAND_ANSWERED];

	while (list->oldest && list->oldest->ended_us < before_us)
		errands_remove(errands, list->oldest);
}

u32 errands_under_way(const struct errands *errands)
{
	return errands->lists[ERRAND_UNDER_WAY].count;
}

struct errand *errands_oldest(const struct errands *errands)
{
	return errands->lists[ERRAND_UNDER_WAY].oldest;
}
