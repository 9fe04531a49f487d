// SPDX-License-Identifier: GPL-2.0
/*
 * handshake_bench.c - handshakes a second and core at the gateway, against what
 * libsodium's X25519 and AEAD alone would cost there: the same five scalar
 * multiplications (es, ss, ee, se and the ephemeral key) and three seals of the same lengths, in the same run. Beside
 * it what a flood costs: a hello with a wrong mac1, one with nothing behind its mac1, one of a key that nobody
 * enrolled. CPU time.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/handshake/cookie.h"
#include "tests/bench/series.h"
#include "tests/handshake/gateway.h"

#define HELLOS 64 /* made before the clock runs */
#define GOAL 50	  /* percent */

static struct series_report report = { .bench = "handshake" };
static struct gateway gateway;
static struct voltgate_wallet wallets[HELLOS];
static u8 hellos[HELLOS][HELLO_LEN];

/* libsodium's share of one handshake at the responder; the bytes mean nothing. */
static void raw_handshake(const u8 secret[32], const u8 public[32], u8 *bytes)
{
	u8 shared[32], ephemeral[32], nonce[12] = { 0 }, hash[64] = { 0 };
	int i;

	randombytes_buf(ephemeral, sizeof(ephemeral));
	crypto_scalarmult_curve25519_base(shared, ephemeral);
	for (i = 0; i < 4; i++)
		if (crypto_scalarmult_curve25519(shared, secret, public))
			abort();
	crypto_aead_chacha20poly1305_ietf_encrypt(bytes, NULL, bytes, 32, hash, 64, NULL, nonce, shared);
	crypto_aead_chacha20poly1305_ietf_encrypt(bytes, NULL, bytes, HELLO_PLAIN_LEN, hash, 64, NULL, nonce, shared);
	crypto_aead_chacha20poly1305_ietf_encrypt(bytes, NULL, bytes, WELCOME_PLAIN_LEN, hash, 64, NULL, nonce, shared);
}

static double measure_raw(int count)
{
	u8 secret[32], public[32], bytes[512] = { 0 };
	double began;
	int i;

	randombytes_buf(secret, sizeof(secret));
	crypto_scalarmult_curve25519_base(public, secret);
	began = series_cpu_ns();
	for (i = 0; i < count; i++)
		raw_handshake(secret, public, bytes);
	return count / (series_cpu_ns() - began) * 1e9;
}

/* Fresh hellos of @count wallets; timestamps rise. */
static void make_hellos(void)
{
	struct voltgate_handshake handshake;
	int i;

	gateway.now += HELLOS + 1;
	for (i = 0; i < HELLOS; i++)
		gateway_hello(&gateway, &wallets[i], gateway.now + (u64)i, &handshake, hellos[i]);
}

static double measure_hellos(int rounds, enum responder_outcome expected)
{
	struct responder_offer offer;
	double spent = 0, began;
	int round, i, taken = 0;

	for (round = 0; round < rounds; round++) {
		if (expected == RESPONDER_WELCOME)
			make_hellos();
		began = series_cpu_ns();
		for (i = 0; i < HELLOS; i++)
			taken += gateway_take(&gateway, hellos[i], HELLO_LEN, &offer, NULL) == expected;
		spent += series_cpu_ns() - began;
	}
	if (taken != rounds * HELLOS)
		abort();
	return taken / spent * 1e9;
}

/* What stands behind mac1 is random. */
static void spoil_hellos(bool mac1_right)
{
	struct vg_siphash_tag tag;
	int i;

	for (i = 0; i < HELLOS; i++) {
		randombytes_buf(hellos[i] + VG_VID_HEADER_LEN, HELLO_MESSAGE_LEN);
		if (!mac1_right)
			continue;
		vg_siphash(responder_mac1_key(gateway.responder), hellos[i], HELLO_LEN - VG_VID_TAG_LEN, &tag);
		vg_siphash_tag_encode(&tag, hellos[i] + HELLO_LEN - VG_VID_TAG_LEN);
	}
}

static double measure_cookies(int count)
{
	struct vg_siphash_key secret = { 1, 2 }, cookie;
	struct vg_cookie_input input = { .port = 7 };
	u8 key[32] = { 0 }, nonce[COOKIE_NONCE_LEN], vid[COOKIE_LEN];
	double began = series_cpu_ns();
	int i;

	for (i = 0; i < count; i++) {
		randombytes_buf(nonce, sizeof(nonce));
		vg_hello_cookie(&secret, &input, &cookie);
		cookie_make(key, &cookie, hello_mac1(hellos[0]), nonce, vid);
	}
	return count / (series_cpu_ns() - began) * 1e9;
}

/* Admission here is one Ed25519 verification, which the gateway also does: it is not the handshake's, and kept apart.
 */
static double measure_verify(int count)
{
	u8 key[32], secret[64], signature[64], hash[32] = { 1 };
	double began;
	int i, right = 0;

	crypto_sign_keypair(key, secret);
	crypto_sign_detached(signature, NULL, hash, sizeof(hash), secret);
	began = series_cpu_ns();
	for (i = 0; i < count; i++)
		right += !crypto_sign_verify_detached(signature, hash, sizeof(hash), key);
	return right / (series_cpu_ns() - began) * 1e9;
}

static void measure_round(int rounds)
{
	make_hellos();
	series_add(series_of(&report, "/s", "raw"), measure_raw(rounds * HELLOS));
	series_add(series_of(&report, "/s", "verify"), measure_verify(rounds * HELLOS));
	series_add(series_of(&report, "/s", "handshakes"), measure_hellos(rounds, RESPONDER_WELCOME));
	gateway.closed = true; /* a hello of a wallet that is refused: what only a member of the network can send */
	make_hellos();
	series_add(series_of(&report, "/s", "refused"), measure_hellos(rounds, RESPONDER_REFUSED));
	gateway.closed = false;
	spoil_hellos(true);
	series_add(series_of(&report, "/s", "empty"), measure_hellos(rounds, RESPONDER_BAD_HELLO));
	spoil_hellos(false);
	series_add(series_of(&report, "/s", "unmeant"), measure_hellos(rounds * 16, RESPONDER_BAD_HELLO));
	series_add(series_of(&report, "/s", "cookies"), measure_cookies(rounds * HELLOS * 16));
}

static void print_rate(const char *name, const char *what)
{
	printf("  %-11s %12.0f /s   %s\n", name, series_median(series_of(&report, "/s", "%s", name)), what);
}

int main(int argc, char **argv)
{
	int rounds = series_rounds(2, 9), per_round = series_rounds(1, 8), i;
	double share, raw, whole, verify;

	if (argc < 2 || sodium_init() < 0) {
		fprintf(stderr, "usage: handshake_bench FOLDER\n");
		return 1;
	}
	series_pin();
	gateway_open(&gateway, 2 * HELLOS, 0);
	for (i = 0; i < HELLOS; i++)
		gateway_enrol(&gateway, &wallets[i]);
	make_hellos();
	measure_hellos(1, RESPONDER_WELCOME); /* known wallets from here on, as vehicles that come back are */
	for (i = 0; i < rounds; i++)
		measure_round(per_round);
	raw = series_median(series_of(&report, "/s", "raw"));
	whole = series_median(series_of(&report, "/s", "handshakes"));
	verify = series_median(series_of(&report, "/s", "verify"));
	share = 100 / (1 / whole - 1 / verify) / raw;
	printf("Handshakes at the gateway, one core, CPU time:\n");
	print_rate("raw", "libsodium alone: 5 X25519, 3 ChaCha20-Poly1305");
	print_rate("handshakes", "hello to welcome, with one Ed25519 verification for admission");
	print_rate("refused", "opened, not admitted");
	print_rate("empty", "right mac1, nothing behind it");
	print_rate("unmeant", "wrong mac1");
	print_rate("cookies", "handed out");
	series_add(series_of(&report, "%", "share"), share);
	series_goal(
		&report, share, false, GOAL,
		"handshakes per second (admission's signature apart) in percent of libsodium's X25519 and AEAD alone");
	gateway_close(&gateway);
	return series_write(&report, argv[1]) ? 1 : 0;
}
