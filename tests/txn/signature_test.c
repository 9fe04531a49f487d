// SPDX-License-Identifier: GPL-2.0
/*
 * signature_test.c - the edges of Ed25519 on which libraries differ, through
 * the one verifier. Expected is what libsodium documents: S below the order,
 * keys in their one encoding and not of small order, R not of small order, and
 * the equation without the cofactor. The vectors are made here, from the
 * points of order 8.
 */
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "ledger/verifier.h"
#include "tests/ktap.h"

static struct verifier *verifier, *forgetful;
static const u8 message[] = "edge";
static const u8 order[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
			      0xa2, 0xde, 0xf9, 0xde, 0x14, 0,	  0,	0,    0,    0,	  0,
			      0,    0,	  0,	0,    0,    0,	  0,	0,    0,    0x10 };
static const u8 identity[32] = { 1 };

static void expect(const u8 key[32], const u8 signature[64], bool right, const char *what)
{
	bool first = verifier_check(verifier, key, message, sizeof(message), signature);
	bool again = verifier_check(verifier, key, message, sizeof(message), signature);
	bool other = verifier_check(forgetful, key, message, sizeof(message), signature);

	ktap_ok(first == right && again == right && other == right, "%s: %s", right ? "right" : "wrong", what);
}

/* @point times the order of the main subgroup: what is left is of small order. */
static bool torsion(const u8 point[32], u8 ret_point[32])
{
	u8 sum[32], doubled[32];
	int bit;

	memcpy(sum, identity, 32);
	memcpy(doubled, point, 32);
	if (crypto_core_ed25519_add(doubled, point, identity))
		return false; /* no point has this encoding */
	for (bit = 0; bit < 253; bit++) {
		if (order[bit / 8] >> bit % 8 & 1)
			crypto_core_ed25519_add(sum, sum, doubled);
		crypto_core_ed25519_add(doubled, doubled, doubled);
	}
	memcpy(ret_point, sum, 32);
	return true;
}

/* A point of order 8. */
static void order_eight(u8 ret_point[32])
{
	u8 point[32] = { 2 }, four[32];

	for (;; point[0]++) {
		if (!torsion(point, ret_point))
			continue;
		crypto_core_ed25519_add(four, ret_point, ret_point);
		crypto_core_ed25519_add(four, four, four);
		if (memcmp(four, identity, 32))
			return;
	}
}

/* hash(R, A, message) as a scalar. */
static void challenge(const u8 point[32], const u8 key[32], u8 ret_scalar[32])
{
	crypto_hash_sha512_state state;
	u8 hash[64];

	crypto_hash_sha512_init(&state);
	crypto_hash_sha512_update(&state, point, 32);
	crypto_hash_sha512_update(&state, key, 32);
	crypto_hash_sha512_update(&state, message, sizeof(message));
	crypto_hash_sha512_final(&state, hash);
	crypto_core_ed25519_scalar_reduce(ret_scalar, hash);
}

/* Signs with the scalar of @secret for the public bytes @key, R shifted by @shift; returns the challenge mod 8. */
static u32 sign_as(const u8 secret[32], const u8 key[32], u8 number, const u8 shift[32], u8 ret_signature[64])
{
	u8 nonce[32] = { 0 }, k[32], product[32];

	nonce[0] = number;
	nonce[1] = 1;
	crypto_scalarmult_ed25519_base_noclamp(ret_signature, nonce);
	crypto_core_ed25519_add(ret_signature, ret_signature, shift);
	challenge(ret_signature, key, k);
	crypto_core_ed25519_scalar_mul(product, k, secret);
	crypto_core_ed25519_scalar_add(ret_signature + 32, nonce, product);
	return k[0] & 7;
}

static void scalars(void)
{
	u8 key[32], secret[64], signature[64], changed[64];
	unsigned int carry = 0, i;

	crypto_sign_keypair(key, secret);
	crypto_sign_detached(signature, NULL, message, sizeof(message), secret);
	expect(key, signature, true, "an ordinary signature");
	memcpy(changed, signature, 64);
	for (i = 0; i < 32; i++) {
		carry += signature[32 + i] + order[i];
		changed[32 + i] = carry;
		carry >>= 8;
	}
	expect(key, changed, false, "S plus the order");
	memcpy(changed, signature, 64);
	changed[63] |= 0x80;
	expect(key, changed, false, "S with its highest bit");
	memcpy(changed, signature, 64);
	changed[63] |= 0x20;
	expect(key, changed, false, "S with the third highest bit");
	memcpy(changed + 32, order, 32);
	expect(key, changed, false, "S the order itself");
	changed[0] = signature[0] ^ 1;
	expect(key, changed, false, "another R");
}

static void small_orders(const u8 eight[32])
{
	static const u8 p[32] = { 0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
				  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
				  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f };
	u8 point[32], signature[64] = { 0 }, key[32], secret[64];
	char what[64];
	u32 i;

	memcpy(point, identity, 32);
	for (i = 0; i < 8; i++) {
		/* S = 0, R the identity: right by the bare equation where the challenge times the key vanishes. */
		memcpy(signature, identity, 32);
		snprintf(what, sizeof(what), "%u times the point of order 8 as key", i);
		expect(point, signature, false, what);
		memcpy(signature, point, 32);
		expect(point, signature, false, "the same as R, too");
		crypto_core_ed25519_add(point, point, eight);
	}
	memcpy(key, p, 32); /* y = p: zero once more */
	memcpy(signature, identity, 32);
	expect(key, signature, false, "key p, which is 0 written again");
	key[0]++;
	expect(key, signature, false, "key p + 1, which is 1 written again");
	key[31] |= 0x80;
	expect(key, signature, false, "the same with a sign");
	memset(key, 0xff, sizeof(key));
	expect(key, signature, false, "key of ones");
	crypto_sign_keypair(key, secret);
	crypto_sign_detached(signature, NULL, message, sizeof(message), secret);
	memcpy(signature, p, 32);
	expect(key, signature, false, "R = p");
}

static void mixed_orders(const u8 eight[32])
{
	u8 secret[32] = { 0 }, key[32], mixed[32], signature[64];
	bool zero = false, other = false;
	u32 k, number;

	secret[0] = 77;
	secret[5] = 3;
	crypto_scalarmult_ed25519_base_noclamp(key, secret);
	sign_as(secret, key, 1, identity, signature);
	expect(key, signature, true, "made by hand, for a key of the main subgroup");
	sign_as(secret, key, 1, eight, signature);
	expect(key, signature, false, "R with a part of small order: the cofactor would hide it");
	crypto_core_ed25519_add(mixed, key, eight);
	for (number = 1; number < 200 && !(zero && other); number++) {
		k = sign_as(secret, mixed, number, identity, signature);
		if (!k && !zero)
			expect(mixed, signature, true, "a key of mixed order, challenge divisible by 8");
		if (k && !other)
			expect(mixed, signature, false, "a key of mixed order, challenge not divisible: no cofactor");
		zero |= !k;
		other |= k != 0;
	}
	ktap_ok(zero && other, "both kinds of challenges were met");
}

static void memory(void)
{
	u8 key[32], secret[64], signature[64];
	struct verifier_counts counts;
	u32 bit, wrong = 0;

	crypto_sign_keypair(key, secret);
	crypto_sign_detached(signature, NULL, message, sizeof(message), secret);
	verifier_check(verifier, key, message, sizeof(message), signature);
	for (bit = 0; bit < 512; bit++) {
		signature[bit / 8] ^= 1 << bit % 8;
		wrong += verifier_check(verifier, key, message, sizeof(message), signature);
		signature[bit / 8] ^= 1 << bit % 8;
	}
	ktap_ok(!wrong, "a remembered signature with any bit turned is wrong");
	ktap_ok(!verifier_check(verifier, key, message, sizeof(message) - 1, signature), "and for another message");
	verifier_counts(verifier, &counts);
	ktap_ok(counts.remembered && counts.wrong, "%llu checked, %llu remembered, %llu wrong",
		(unsigned long long)counts.verified, (unsigned long long)counts.remembered,
		(unsigned long long)counts.wrong);
}

int main(void)
{
	u8 eight[32];

	ktap_plan(0);
	verifier = verifier_new(1024);
	forgetful = verifier_new(0);
	order_eight(eight);
	scalars();
	small_orders(eight);
	mixed_orders(eight);
	memory();
	verifier_free(verifier);
	verifier_free(forgetful);
	return ktap_exit();
}
