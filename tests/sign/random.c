// SPDX-License-Identifier: GPL-2.0
/*
 * The signer against libsodium over many random keys and messages of 0 to
 * 1,100 bytes. Built without sanitizers, to run in seconds.
 *
 *   random [COUNT [SEED]]   the seed is printed, so that a failure can be had again
 */
#include <sodium.h>
#include <stdlib.h>
#include "kmod/ed25519.h"
#include "tests/ktap.h"

#define MESSAGE_MAX 1100

static u8 stream[32 + 2 + MESSAGE_MAX];

/* Some keys and messages are extreme: all bits set, none set. */
static void draw(unsigned long number, u8 seed[randombytes_SEEDBYTES], size_t *ret_len)
{
	memcpy(seed, &number, sizeof(number));
	randombytes_buf_deterministic(stream, sizeof(stream), seed);
	if (number % 1000 == 0)
		memset(stream, number % 2000 ? 0xff : 0, 32);
	*ret_len = (stream[32] | stream[33] << 8) % (MESSAGE_MAX + 1);
}

int main(int argc, char **argv)
{
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 0) : 100000, number, wrong_keys = 0, wrong = 0;
	u8 seed[randombytes_SEEDBYTES] = { 0 }, secret[64], public[32], expected[64], signature[64];
	unsigned int base;
	size_t len;

	if (sodium_init() < 0)
		return 1;
	base = argc > 2 ? (unsigned int)strtoul(argv[2], NULL, 0) : randombytes_random();
	memcpy(seed + 8, &base, sizeof(base));
	ktap_plan(2);
	printf("# seed %u\n", base);
	for (number = 0; number < count; number++) {
		struct vg_ed25519_key key;

		draw(number, seed, &len);
		crypto_sign_seed_keypair(public, secret, stream);
		crypto_sign_detached(expected, NULL, stream + 34, len, secret);
		vg_ed25519_key_init(&key, stream);
		vg_ed25519_sign(&key, stream + 34, len, signature);
		wrong_keys += memcmp(key.public, public, 32) != 0;
		wrong += memcmp(signature, expected, 64) != 0;
	}
	ktap_ok(wrong_keys == 0, "ed25519: %lu public keys agree with libsodium", count);
	ktap_ok(wrong == 0, "ed25519: %lu signatures agree with libsodium", count);
	return ktap_exit();
}
