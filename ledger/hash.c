// SPDX-License-Identifier: GPL-2.0
/*
 * hash.c - BLAKE2b-256 with a domain byte in front.
 */
#include "ledger/hash.h"

#include <sodium.h>

/* Up to here the pieces are laid side by side and hashed in one call, which is what most hashes of a block are. */
#define HASH_SMALL 256

static void hash_small(u8 domain, const struct ledger_piece *pieces, size_t count, u8 ret_hash[LEDGER_HASH_LEN])
{
	u8 bytes[1 + HASH_SMALL];
	size_t len = 1, i;

	bytes[0] = domain;
	for (i = 0; i < count; i++) {
		if (pieces[i].len)
			memcpy(bytes + len, pieces[i].bytes, pieces[i].len);
		len += pieces[i].len;
	}
	crypto_generichash_blake2b(ret_hash, LEDGER_HASH_LEN, bytes, len, NULL, 0);
}

void ledger_hash(enum ledger_domain domain, const struct ledger_piece *pieces, size_t count,
		 u8 ret_hash[LEDGER_HASH_LEN])
{
	crypto_generichash_blake2b_state state;
	u8 byte = (u8)domain;
	size_t total = 0, i;

	for (i = 0; i < count; i++)
		total += pieces[i].len;
	if (total <= HASH_SMALL) {
		hash_small(byte, pieces, count, ret_hash);
		return;
	}
	crypto_generichash_blake2b_init(&state, NULL, 0, LEDGER_HASH_LEN);
	crypto_generichash_blake2b_update(&state, &byte, 1);
	for (i = 0; i < count; i++)
		crypto_generichash_blake2b_update(&state, pieces[i].bytes, pieces[i].len);
	crypto_generichash_blake2b_final(&state, ret_hash, LEDGER_HASH_LEN);
}

void ledger_hash_bytes(enum ledger_domain domain, const void *bytes, size_t len, u8 ret_hash[LEDGER_HASH_LEN])
{
	struct ledger_piece piece = { bytes, len };

	ledger_hash(domain, &piece, 1, ret_hash);
}
