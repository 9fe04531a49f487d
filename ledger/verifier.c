// SPDX-License-Identifier: GPL-2.0
/*
 * verifier.c - libsodium's judgement of a signature, remembered when it was yes.
 *
 * The memory is a table of sets of four: a right signature is known by the BLAKE2b-256 of key, signature and message
 * under a random key of this process, so that nobody can aim at a set. In a full set the places are replaced in turn.
 */
#include "ledger/verifier.h"

#include <sodium.h>
#include <stdlib.h>

#define VERIFIER_WAYS 4
#define VERIFIER_DIGEST_LEN 32

struct verifier {
	struct verifier_counts counts;
	u8 key[crypto_generichash_KEYBYTES];
	size_t sets; /* 0: nothing is remembered */
	u8 (*memory)[VERIFIER_WAYS][VERIFIER_DIGEST_LEN];
	u8 *turn; /* of each set: the place to replace next */
};

struct verifier *verifier_new(size_t memory)
{
	struct verifier *verifier = calloc(1, sizeof(*verifier));

	if (!verifier || sodium_init() < 0)
		goto fail;
	randombytes_buf(verifier->key, sizeof(verifier->key));
	verifier->sets = (memory + VERIFIER_WAYS - 1) / VERIFIER_WAYS;
	if (verifier->sets) {
		verifier->memory = calloc(verifier->sets, sizeof(*verifier->memory));
		verifier->turn = calloc(verifier->sets, 1);
		if (!verifier->memory || !verifier->turn)
			goto fail;
	}
	return verifier;
fail:
	verifier_free(verifier);
	return NULL;
}

void verifier_free(struct verifier *verifier)
{
	if (!verifier)
		return;
	free(verifier->memory);
	free(verifier->turn);
	free(verifier);
}

static void verifier_digest(const struct verifier *verifier, const u8 key[32], const void *message, size_t len,
			    const u8 signature[64], u8 ret_digest[VERIFIER_DIGEST_LEN])
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, verifier->key, sizeof(verifier->key), VERIFIER_DIGEST_LEN);
	crypto_generichash_update(&state, key, 32);
	crypto_generichash_update(&state, signature, 64);
	crypto_generichash_update(&state, message, len);
	crypto_generichash_final(&state, ret_digest, VERIFIER_DIGEST_LEN);
}

static bool verifier_sodium(struct verifier *verifier, const u8 key[32], const void *message, size_t len,
			    const u8 signature[64])
{
	bool right = crypto_sign_verify_detached(signature, message, len, key) == 0;

	verifier->counts.verified++;
	verifier->counts.wrong += !right;
	return right;
}

bool verifier_check(struct verifier *verifier, const u8 key[32], const void *message, size_t len,
		    const u8 signature[64])
{
	u8 digest[VERIFIER_DIGEST_LEN];
	u64 word;
	size_t set, way;

	if (!verifier->sets)
		return verifier_sodium(verifier, key, message, len, signature);
	verifier_digest(verifier, key, message, len, signature, digest);
	memcpy(&word, digest, sizeof(word));
	set = word % verifier->sets;
	for (way = 0; way < VERIFIER_WAYS; way++)
		if (!memcmp(verifier->memory[set][way], digest, sizeof(digest))) {
			verifier->counts.remembered++;
			return true;
		}
	if (!verifier_sodium(verifier, key, message, len, signature))
		return false;
	way = verifier->turn[set]++ % VERIFIER_WAYS;
	memcpy(verifier->memory[set][way], digest, sizeof(digest));
	return true;
}

void verifier_counts(const struct verifier *verifier, struct verifier_counts *ret_counts)
{
	*ret_counts = verifier->counts;
}
