// SPDX-License-Identifier: GPL-2.0
/*
 * Published vectors through the signer's user-space build: Ed25519 of RFC
 * 8032, SHA-512 of FIPS 180-4 (NIST's examples), Merkle trees of RFC 6962 (as
 * Certificate Transparency publishes them); and both self-tests of the module.
 */
#include <sodium.h>
#include <stdlib.h>
#include "kmod/ed25519.h"
#include "kmod/ed25519_vectors.h"
#include "kmod/merkle.h"
#include "kmod/sha512.h"
#include "tests/ktap.h"
#include "rfc8032_1023.h"

static size_t from_hex(const char *hex, u8 *ret_bytes, size_t room)
{
	size_t len = 0;

	if (sodium_hex2bin(ret_bytes, room, hex, strlen(hex), NULL, &len, NULL))
		abort();
	return len;
}

static bool equals_hex(const u8 *bytes, size_t len, const char *hex)
{
	u8 expected[128];

	return from_hex(hex, expected, sizeof(expected)) == len && !memcmp(bytes, expected, len);
}

static void test_ed25519(void)
{
	const struct ed25519_vector *short_vector = ed25519_vectors;
	struct vg_ed25519_key key;
	u8 seed[32], message[1023], signature[64];
	size_t i, len;

	ktap_ok(vg_ed25519_selftest() == 0, "ed25519: self-test of the module");
	for (i = 0; i < sizeof(ed25519_vectors) / sizeof(ed25519_vectors[0]); i++, short_vector++) {
		vg_ed25519_key_init(&key, short_vector->seed);
		vg_ed25519_sign(&key, short_vector->message, short_vector->len, signature);
		ktap_ok(!memcmp(key.public, short_vector->public, 32), "ed25519: public key of RFC 8032 vector %zu",
			i + 1);
		ktap_ok(!memcmp(signature, short_vector->signature, 64), "ed25519: signature of RFC 8032 vector %zu",
			i + 1);
	}
	from_hex(rfc8032_seed, seed, sizeof(seed));
	len = from_hex(rfc8032_message, message, sizeof(message));
	vg_ed25519_key_init(&key, seed);
	vg_ed25519_sign(&key, message, len, signature);
	ktap_ok(len == 1023 && equals_hex(key.public, 32, rfc8032_public) &&
			equals_hex(signature, 64, rfc8032_signature),
		"ed25519: RFC 8032 vector with 1,023 bytes");
}

static void test_sha512(void)
{
	static const struct {
		const char *message;
		const char *digest;
	} vectors[] = {
		{ "", "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
		      "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e" },
		{ "abc", "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
			 "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
		{ "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnop"
		  "qrst"
		  "nopqrstu",
		  "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
		  "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909" },
	};
	struct vg_sha512 hash;
	u8 digest[VG_SHA512_LEN];
	size_t i;

	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		vg_sha512_init(&hash);
		vg_sha512_update(&hash, vectors[i].message, strlen(vectors[i].message));
		vg_sha512_final(&hash, digest);
		ktap_ok(equals_hex(digest, sizeof(digest), vectors[i].digest), "sha512: %zu bytes",
			strlen(vectors[i].message));
	}
	vg_sha512_init(&hash);
	for (i = 0; i < 1000000 / 50; i++)
		vg_sha512_update(&hash, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 50);
	vg_sha512_final(&hash, digest);
	ktap_ok(equals_hex(digest, sizeof(digest),
			   "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973eb"
			   "de0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b"),
		"sha512: a million times a");
}

/* Every length around the block borders, in two pieces at every place. */
static void test_sha512_pieces(void)
{
	struct vg_sha512 hash;
	u8 message[300], digest[VG_SHA512_LEN], expected[crypto_hash_sha512_BYTES];
	size_t len, cut, wrong = 0;

	randombytes_buf(message, sizeof(message));
	for (len = 0; len <= sizeof(message); len++) {
		crypto_hash_sha512(expected, message, len);
		for (cut = 0; cut <= len; cut++) {
			vg_sha512_init(&hash);
			vg_sha512_update(&hash, message, cut);
			vg_sha512_update(&hash, message + cut, len - cut);
			vg_sha512_final(&hash, digest);
			wrong += memcmp(digest, expected, sizeof(digest)) != 0;
		}
	}
	ktap_ok(wrong == 0, "sha512: lengths 0 to 300 cut at every place agree with libsodium");
}

static void test_merkle(void)
{
	static const char *const leaves[] = {
		"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"
	};
	static const char *const roots[] = {
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	};
	u8 hashes[8 * VG_HASH_LEN], input[17];
	size_t count, i, len;

	ktap_ok(vg_merkle_selftest() == 0, "merkle: self-test of the module");
	for (count = 1; count <= 8; count++) {
		for (i = 0; i < count; i++) {
			input[0] = VG_LEAF_PREFIX;
			len = from_hex(leaves[i], input + 1, sizeof(input) - 1);
			crypto_hash_sha256(hashes + i * VG_HASH_LEN, input, len + 1);
		}
		vg_merkle_fold(hashes, count);
		ktap_ok(equals_hex(hashes, VG_HASH_LEN, roots[count - 1]), "merkle: RFC 6962 tree of %zu leaves",
			count);
	}
}

static void recursive_root(const u8 *hashes, u32 count, u8 ret_root[VG_HASH_LEN])
{
	u8 input[1 + 2 * VG_HASH_LEN] = { VG_NODE_PREFIX };
	u32 split = 1;

	if (count == 1) {
		memcpy(ret_root, hashes, VG_HASH_LEN);
		return;
	}
	while (split * 2 < count)
		split *= 2;
	recursive_root(hashes, split, input + 1);
	recursive_root(hashes + split * VG_HASH_LEN, count - split, input + 1 + VG_HASH_LEN);
	crypto_hash_sha256(ret_root, input, sizeof(input));
}

static void test_merkle_sizes(void)
{
	static u8 leaves[VG_BATCH_MAX * VG_HASH_LEN], scratch[VG_BATCH_MAX * VG_HASH_LEN];
	u8 root[VG_HASH_LEN];
	u32 count, wrong = 0;

	randombytes_buf(leaves, sizeof(leaves));
	for (count = 1; count <= VG_BATCH_MAX; count++) {
		memcpy(scratch, leaves, sizeof(leaves));
		vg_merkle_fold(scratch, count);
		recursive_root(leaves, count, root);
		wrong += memcmp(scratch, root, sizeof(root)) != 0;
	}
	ktap_ok(wrong == 0, "merkle: every count up to %d agrees with the RFC's recursion", VG_BATCH_MAX);
}

int main(void)
{
	if (sodium_init() < 0)
		return 1;
	ktap_plan(0);
	test_ed25519();
	test_sha512();
	test_sha512_pieces();
	test_merkle();
	test_merkle_sizes();
	return ktap_exit();
}
