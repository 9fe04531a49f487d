// SPDX-License-Identifier: GPL-2.0
/* seal.c - signatures of the simulation, and ledger/verifier.h made of them. */
#include "tests/cluster/seal.h"

#include <sodium.h>
#include <stdlib.h>

#include "tests/cluster/draw.h"

struct verifier {
	struct verifier_counts counts;
};

static u8 secret[16];

void seal_start(u64 seed)
{
	struct draw draw;

	draw_seed(&draw, ~seed);
	draw_bytes(&draw, secret, sizeof(secret));
}

void seal_sign(const u8 key[32], const void *message, size_t len, u8 ret_signature[64])
{
	u8 own[16];

	crypto_shorthash_siphashx24(own, key, 32, secret);
	memset(ret_signature, 0, 64);
	crypto_shorthash_siphashx24(ret_signature, message, len, own);
}

bool seal_check(const u8 key[32], const void *message, size_t len, const u8 signature[64])
{
	u8 right[64];

	seal_sign(key, message, len, right);
	return !memcmp(right, signature, sizeof(right));
}

struct verifier *verifier_new(size_t memory)
{
	(void)memory;
	return calloc(1, sizeof(struct verifier));
}

void verifier_free(struct verifier *verifier)
{
	free(verifier);
}

bool verifier_check(struct verifier *verifier, const u8 key[32], const void *message, size_t len,
		    const u8 signature[64])
{
	bool right = seal_check(key, message, len, signature);

	verifier->counts.verified++;
	verifier->counts.wrong += !right;
	return right;
}

void verifier_counts(const struct verifier *verifier, struct verifier_counts *ret_counts)
{
	*ret_counts = verifier->counts;
}
