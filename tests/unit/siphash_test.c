// SPDX-License-Identifier: GPL-2.0
/*
 * siphash_test.c - our SipHash-2-4-128 against libsodium's, for every length
 * that a VID can have and more, and the comparison of tags bit by bit.
 */
#include <sodium.h>

#include "tests/ktap.h"
#include "voltgate/siphash.h"

#define LEN_MAX 1100
#define KEYS_PER_LENGTH 8

static bool agrees(const u8 *key_bytes, const u8 *message, size_t len)
{
	u8 ours[16], theirs[16];
	struct vg_siphash_key key;
	struct vg_siphash_tag tag;

	vg_siphash_key_decode(key_bytes, &key);
	vg_siphash(&key, message, len, &tag);
	vg_siphash_tag_encode(&tag, ours);
	crypto_shorthash_siphashx24(theirs, message, len, key_bytes);
	return !memcmp(ours, theirs, 16) && vg_siphash_tag_equal(&tag, theirs);
}

static void test_all_lengths(void)
{
	u8 message[LEN_MAX], key[16];
	size_t len, i, wrong = 0;

	for (len = 0; len <= LEN_MAX; len++) {
		for (i = 0; i < KEYS_PER_LENGTH; i++) {
			randombytes_buf(key, sizeof(key));
			randombytes_buf(message, len);
			wrong += !agrees(key, message, len);
		}
	}
	ktap_ok(wrong == 0, "lengths 0..%d, %d random keys each: %zu disagree with libsodium", LEN_MAX, KEYS_PER_LENGTH,
		wrong);
}

static void test_unaligned(void)
{
	u8 buffer[256 + 8], key[16];
	size_t shift, wrong = 0;

	randombytes_buf(buffer, sizeof(buffer));
	randombytes_buf(key, sizeof(key));
	for (shift = 0; shift < 8; shift++)
		wrong += !agrees(key, buffer + shift, 251);
	ktap_ok(wrong == 0, "messages at every alignment: %zu disagree", wrong);
}

static void test_tag_bits(void)
{
	struct vg_siphash_key key = { 1, 2 };
	struct vg_siphash_tag tag;
	u8 bytes[16];
	int bit, equal = 0;

	vg_siphash(&key, "voltgate", 8, &tag);
	for (bit = 0; bit < 128; bit++) {
		vg_siphash_tag_encode(&tag, bytes);
		bytes[bit / 8] ^= 1 << bit % 8;
		equal += vg_siphash_tag_equal(&tag, bytes);
	}
	ktap_ok(equal == 0, "a tag with one bit flipped never compares equal (%d of 128 did)", equal);
}

int main(void)
{
	ktap_plan(3);
	if (sodium_init() < 0)
		return 1;
	test_all_lengths();
	test_unaligned();
	test_tag_bits();
	return ktap_exit();
}
