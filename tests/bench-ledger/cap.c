// SPDX-License-Identifier: GPL-2.0
/*
 * cap.c - what one core can do of Ed25519 and BLAKE2b here, now: the wall that
 * signed transactions run against. One JSON object on standard output. With "hash" or "sign" it does nothing but that
 * for a while, so that a profiler can learn which of the library's addresses are whose.
 */
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ledger/hash.h"

#define ROUNDS 5
#define SIGNATURES 2000

static double cpu_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double least(double one, double other)
{
	return one < other ? one : other;
}

/* For a second. */
static int only(bool hash)
{
	static unsigned char bytes[4096];
	unsigned char public[32], secret[64], signature[64], result[32];
	double until = cpu_s() + 1;

	crypto_sign_keypair(public, secret);
	while (cpu_s() < until) {
		if (hash)
			ledger_hash_bytes(LEDGER_DOMAIN_LEAF, bytes, sizeof(bytes), result);
		else if (crypto_sign_detached(signature, NULL, bytes, 32, secret) ||
			 crypto_sign_verify_detached(signature, bytes, 32, public))
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	unsigned char public[32], secret[64], message[32] = { 1 }, signature[64], hash[32];
	static unsigned char bytes[1 << 20];
	double verify = 1e9, sign = 1e9, blake = 1e9, from;
	int round, i, wrong = 0;

	if (sodium_init() < 0)
		return 1;
	if (argc == 2)
		return only(!strcmp(argv[1], "hash"));
	crypto_sign_keypair(public, secret);
	for (round = 0; round < ROUNDS; round++) {
		from = cpu_s();
		for (i = 0; i < SIGNATURES; i++)
			crypto_sign_detached(signature, NULL, message, sizeof(message), secret);
		sign = least(sign, (cpu_s() - from) / SIGNATURES);
		from = cpu_s();
		for (i = 0; i < SIGNATURES; i++)
			wrong |= crypto_sign_verify_detached(signature, message, sizeof(message), public);
		verify = least(verify, (cpu_s() - from) / SIGNATURES);
		from = cpu_s();
		for (i = 0; i < 100; i++)
			ledger_hash_bytes(LEDGER_DOMAIN_LEAF, bytes, sizeof(bytes), hash);
		blake = least(blake, (cpu_s() - from) / 100);
	}
	printf("{\"verify_us\": %.2f, \"sign_us\": %.2f, \"blake2b_mb_s\": %.0f, \"wrong\": %d}\n", verify * 1e6,
	       sign * 1e6, (double)sizeof(bytes) / blake / 1e6, wrong);
	return wrong != 0;
}
