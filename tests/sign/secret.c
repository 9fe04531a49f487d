// SPDX-License-Identifier: GPL-2.0
/*
 * For valgrind: makes a key from bytes declared undefined and signs with it.
 * A branch or an address that depends on them is reported as an error.
 *
 *   secret         the signer
 *   secret leaky   a sum that skips zero bytes, to see that the check can fail
 */
#include <sodium.h>
#include <valgrind/memcheck.h>
#include "kmod/ed25519.h"

static volatile int sink;

static void leaky(const u8 seed[32])
{
	int i;

	for (i = 0; i < 32; i++) {
		if (seed[i])
			sink++;
	}
}

int main(int argc, char **argv)
{
	static const u8 message[200] = "a verdict";
	struct vg_ed25519_key key;
	u8 seed[32], signature[64], public[32];

	(void)argv;
	if (sodium_init() < 0)
		return 1;
	randombytes_buf(seed, sizeof(seed));
	(void)VALGRIND_MAKE_MEM_UNDEFINED(seed, sizeof(seed));
	if (argc > 1) {
		leaky(seed);
		return 0;
	}
	vg_ed25519_key_init(&key, seed);
	/* Only key and signature may be known: they are published. */
	memcpy(public, key.public, sizeof(public));
	(void)VALGRIND_MAKE_MEM_DEFINED(public, sizeof(public));
	(void)VALGRIND_MAKE_MEM_DEFINED(key.public, sizeof(key.public));
	vg_ed25519_sign(&key, message, sizeof(message), signature);
	(void)VALGRIND_MAKE_MEM_DEFINED(signature, sizeof(signature));
	return crypto_sign_verify_detached(signature, message, sizeof(message), public) ? 2 : 0;
}
