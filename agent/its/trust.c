// SPDX-License-Identifier: GPL-2.0
/*
 * trust.c - the list of believed authorities. Some dozens at most in practice,
 * so looked up one by one.
 */
#include "agent/its/trust.h"

#include <errno.h>
#include <stdlib.h>

#include "agent/its/permission.h"

struct its_trust {
	struct its_curves *curves;
	struct its_kept **kept;
	u32 count;
	u32 room;
};

int its_trust_new(struct its_trust **ret_trust)
{
	struct its_trust *trust = calloc(1, sizeof(*trust));
	int error;

	if (!trust)
		return -ENOMEM;
	error = its_curves_new(&trust->curves);
	if (error) {
		free(trust);
		return error;
	}
	*ret_trust = trust;
	return 0;
}

void its_trust_free(struct its_trust *trust)
{
	u32 i;

	if (!trust)
		return;
	for (i = 0; i < trust->count; i++)
		its_kept_free(trust->kept[i]);
	free(trust->kept);
	its_curves_free(trust->curves);
	free(trust);
}

static int grow(struct its_trust *trust)
{
	u32 room = trust->room ? 2 * trust->room : 16;
	struct its_kept **kept;

	if (trust->count < trust->room)
		return 0;
	if (trust->count >= ITS_TRUST_MAX)
		return -ENOSPC;
	kept = realloc(trust->kept, room * sizeof(*kept));
	if (!kept)
		return -ENOMEM;
	trust->kept = kept;
	trust->room = room;
	return 0;
}

/* Room, hash and key for one more; not yet in the list. */
static int prepare(struct its_trust *trust, const struct its_certificate *certificate, const struct its_kept *issuer,
		   struct its_kept **ret_kept)
{
	u8 hash[ITS_HASH_LEN];
	int error = grow(trust);

	if (!error)
		error = its_certificate_hash(certificate, hash);
	if (error)
		return error;
	if (its_trust_find(trust, its_hash_id(hash)))
		return -EEXIST;
	return its_kept_new(trust->curves, certificate, hash, issuer, ret_kept);
}

int its_trust_add_anchor(struct its_trust *trust, const struct its_certificate *certificate)
{
	struct its_kept *kept;
	int error = prepare(trust, certificate, NULL, &kept);

	if (error)
		return error;
	if (certificate->self_signed)
		error = its_certificate_verify(trust->curves, certificate, NULL, kept->key);
	if (error)
		its_kept_free(kept);
	else
		trust->kept[trust->count++] = kept;
	return error;
}

int its_trust_add_issued(struct its_trust *trust, const struct its_certificate *certificate,
			 const struct its_kept *issuer)
{
	struct its_kept *kept;
	int error = prepare(trust, certificate, issuer, &kept);

	if (error)
		return error;
	if (!its_may_issue(&issuer->certificate, certificate))
		error = -EPERM;
	else
		error = its_certificate_verify(trust->curves, certificate, issuer, NULL);
	if (error)
		its_kept_free(kept);
	else
		trust->kept[trust->count++] = kept;
	return error;
}

const struct its_kept *its_trust_find(const struct its_trust *trust, const u8 id[ITS_ID_LEN])
{
	u32 i;

	for (i = 0; trust && i < trust->count; i++)
		if (!memcmp(its_hash_id(trust->kept[i]->hash), id, ITS_ID_LEN))
			return trust->kept[i];
	return NULL;
}

u32 its_trust_count(const struct its_trust *trust)
{
	return trust->count;
}
