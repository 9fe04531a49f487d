// SPDX-License-Identifier: GPL-2.0
/* rwset_private.c - pseudonyms, salts and hashes of private values. Pure. */
#include <sodium.h>

#include "ledger/rwset_private.h"

static void keyed(const u8 *secret, size_t secret_len, struct span collection, struct span key, u8 *ret, size_t len)
{
	crypto_generichash_state state;
	struct writer writer;
	u8 size[2];

	crypto_generichash_init(&state, secret, secret_len, len);
	writer_init(&writer, size, sizeof(size));
	writer_u16(&writer, collection.len);
	crypto_generichash_update(&state, size, sizeof(size));
	crypto_generichash_update(&state, collection.bytes, collection.len);
	writer_init(&writer, size, sizeof(size));
	writer_u16(&writer, key.len);
	crypto_generichash_update(&state, size, sizeof(size));
	crypto_generichash_update(&state, key.bytes, key.len);
	crypto_generichash_final(&state, ret, len);
	sodium_memzero(&state, sizeof(state));
}

void rwset_private_key(const u8 seed[32], struct span collection, struct span key, u8 ret_key[RWSET_PRIVATE_KEY_LEN])
{
	ret_key[0] = 'p';
	keyed(seed, 32, collection, key, ret_key + 1, LEDGER_HASH_LEN);
}

void rwset_private_salt(const u8 secret[RWSET_PRIVATE_SALT_LEN], struct span collection, struct span key,
			u8 ret_salt[RWSET_PRIVATE_SALT_LEN])
{
	keyed(secret, RWSET_PRIVATE_SALT_LEN, collection, key, ret_salt, RWSET_PRIVATE_SALT_LEN);
}

void rwset_private_hash(const u8 salt[RWSET_PRIVATE_SALT_LEN], struct span value, u8 ret_hash[LEDGER_HASH_LEN])
{
	const struct ledger_piece pieces[] = { { salt, RWSET_PRIVATE_SALT_LEN }, { value.bytes, value.len } };

	ledger_hash(LEDGER_DOMAIN_PRIVATE, pieces, 2, ret_hash);
}
