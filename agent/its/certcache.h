/* SPDX-License-Identifier: GPL-2.0 */
/*
 * certcache.h - certificates of senders that proved to hold their key, least
 * recently used first out, and a bounded memory of certificates found bad.
 *
 * Only what verified gets in, so no flood of forged certificates can push good
 * ones out; and bad ones are remembered apart, one to a slot, so a flood of
 * them only makes the memory of bad ones forget.
 */
#ifndef VOLTGATE_ITS_CERTCACHE_H
#define VOLTGATE_ITS_CERTCACHE_H

#include "agent/its/kept.h"
#include "voltgate/budget.h"

struct its_holder {
	struct its_kept *kept;
	struct vg_budget budget;  /* of frames accepted from it */
	struct its_holder *chain; /* in its hash bucket */
	struct its_holder *newer, *older;
};

struct its_certcache;

/* @capacity >= 1. -ENOMEM. */
int its_certcache_new(u32 capacity, struct its_certcache **ret_cache);
void its_certcache_free(struct its_certcache *cache);
/* Finds by HashedId8 and marks as used; NULL. Valid until the next put. */
struct its_holder *its_certcache_find(struct its_certcache *cache, const u8 id[ITS_ID_LEN]);
/* Takes @kept over (on error it stays the caller's), in place of one with the same id. -ENOMEM. */
int its_certcache_put(struct its_certcache *cache, struct its_kept *kept, struct its_holder **ret_holder);
u32 its_certcache_count(const struct its_certcache *cache);

/* Remembers that the certificate with this hash was found bad. */
void its_certcache_condemn(struct its_certcache *cache, const u8 hash[ITS_HASH_LEN], enum vg_reason reason);
/* Why it was condemned; VG_ACCEPTED: it is not known to be bad. */
enum vg_reason its_certcache_condemned(const struct its_certcache *cache, const u8 hash[ITS_HASH_LEN]);

#endif
