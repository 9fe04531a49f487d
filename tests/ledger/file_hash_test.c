// SPDX-License-Identifier: GPL-2.0
/* file_hash_test.c - many hashes at once are the same as one by one, and both are libsodium's BLAKE2b. */
#include <sodium.h>

#include "ledger/hash.h"
#include "tests/ktap.h"

#define MESSAGES 40

static u8 data[16384], hashes[MESSAGES][LEDGER_HASH_LEN];

static void plain(enum ledger_domain domain, const struct ledger_message *message, u8 ret_hash[LEDGER_HASH_LEN])
{
	static u8 bytes[16384];

	bytes[0] = (u8)domain;
	memcpy(bytes + 1, message->head, message->head_len);
	memcpy(bytes + 1 + message->head_len, message->bytes, message->len);
	crypto_generichash_blake2b(ret_hash, LEDGER_HASH_LEN, bytes, 1 + message->head_len + message->len, NULL, 0);
}

/* @count messages whose lengths @len draws; how many come out wrong. */
static u32 round_of(u32 count, u32 (*len)(void))
{
	struct ledger_message messages[MESSAGES] = { 0 };
	u8 expected[LEDGER_HASH_LEN];
	u32 wrong = 0, i;

	for (i = 0; i < count; i++) {
		messages[i].head_len = (u8)randombytes_uniform(8);
		randombytes_buf(messages[i].head, sizeof(messages[i].head));
		messages[i].bytes = data + randombytes_uniform(1000);
		messages[i].len = len();
		messages[i].ret_hash = hashes[i];
	}
	ledger_hash_many(LEDGER_DOMAIN_VALUE, messages, count);
	for (i = 0; i < count; i++) {
		struct ledger_piece pieces[2] = { { messages[i].head, messages[i].head_len },
						  { messages[i].bytes, messages[i].len } };

		plain(LEDGER_DOMAIN_VALUE, &messages[i], expected);
		wrong += memcmp(hashes[i], expected, sizeof(expected)) != 0;
		ledger_hash(LEDGER_DOMAIN_VALUE, pieces, 2, expected);
		wrong += memcmp(hashes[i], expected, sizeof(expected)) != 0;
	}
	return wrong;
}

static u32 any(void)
{
	return randombytes_uniform(3000);
}

static u32 at_edges(void)
{
	return 128 * randombytes_uniform(5) + 120 + randombytes_uniform(10);
}

static u32 tiny(void)
{
	return randombytes_uniform(3);
}

static u32 one_of_them_long(void)
{
	return randombytes_uniform(10) ? 64 : 15000;
}

/* As Merkle levels are made: each hash is written where an earlier message, or its own, was read from. */
static void in_place(void)
{
	static u8 nodes[2 * MESSAGES][LEDGER_HASH_LEN], apart[MESSAGES][LEDGER_HASH_LEN];
	struct ledger_message messages[MESSAGES] = { 0 };
	u32 i;

	randombytes_buf(nodes, sizeof(nodes));
	for (i = 0; i < MESSAGES; i++) {
		messages[i].bytes = nodes[2 * i];
		messages[i].len = 2 * LEDGER_HASH_LEN;
		messages[i].ret_hash = nodes[i];
		plain(LEDGER_DOMAIN_NODE, &messages[i], apart[i]);
	}
	ledger_hash_many(LEDGER_DOMAIN_NODE, messages, MESSAGES);
	ktap_ok(!memcmp(nodes, apart, sizeof(apart)), "hashes written over what was read");
}

int main(void)
{
	static const struct {
		u32 (*len)(void);
		const char *what;
	} lengths[] = { { any, "any length" },
			{ at_edges, "lengths about whole blocks" },
			{ tiny, "next to nothing" },
			{ one_of_them_long, "few that are much longer" } };
	u32 wrong, i, count;

	if (sodium_init() < 0)
		return 1;
	ktap_plan(0);
	randombytes_buf(data, sizeof(data));
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		wrong = 0;
		for (count = 0; count < 4 * MESSAGES; count++)
			wrong += round_of(count % (MESSAGES + 1), lengths[i].len);
		ktap_ok(!wrong, "0 to %d messages at once: %s", MESSAGES, lengths[i].what);
	}
	in_place();
	return ktap_exit();
}
