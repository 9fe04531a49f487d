// SPDX-License-Identifier: GPL-2.0
/*
 * noise.c - the framework's symmetric state and the tokens of IK, named as in
 * its text (sections 5 and 7): see noise.h.
 */
#include <errno.h>
#include <sodium.h>

#include "agent/handshake/noise.h"

#define NOISE_NAME "Noise_IK_25519_ChaChaPoly_SHA512"

struct noise_piece {
	const void *bytes;
	size_t len;
};

static void noise_hash_of(const struct noise_piece *pieces, u32 count, u8 ret_hash[NOISE_HASH_LEN])
{
	crypto_hash_sha512_state state;
	u32 i;

	crypto_hash_sha512_init(&state);
	for (i = 0; i < count; i++)
		crypto_hash_sha512_update(&state, pieces[i].bytes, pieces[i].len);
	crypto_hash_sha512_final(&state, ret_hash);
	sodium_memzero(&state, sizeof(state));
}

static void noise_hmac(const u8 *key, size_t key_len, const struct noise_piece *pieces, u32 count,
		       u8 ret_tag[NOISE_HASH_LEN])
{
	crypto_auth_hmacsha512_state state;
	u32 i;

	crypto_auth_hmacsha512_init(&state, key, key_len);
	for (i = 0; i < count; i++)
		crypto_auth_hmacsha512_update(&state, pieces[i].bytes, pieces[i].len);
	crypto_auth_hmacsha512_final(&state, ret_tag);
	sodium_memzero(&state, sizeof(state));
}

/* HKDF with two outputs (section 4.3). */
static void noise_derive(const u8 chaining[NOISE_HASH_LEN], const u8 *input, size_t len, u8 ret_first[NOISE_HASH_LEN],
			 u8 ret_second[NOISE_HASH_LEN])
{
	static const u8 one = 1, two = 2;
	u8 temporary[NOISE_HASH_LEN], first[NOISE_HASH_LEN];

	noise_hmac(chaining, NOISE_HASH_LEN, &(struct noise_piece){ input, len }, 1, temporary);
	noise_hmac(temporary, sizeof(temporary), &(struct noise_piece){ &one, 1 }, 1, first);
	noise_hmac(temporary, sizeof(temporary), (struct noise_piece[]){ { first, sizeof(first) }, { &two, 1 } }, 2,
		   ret_second);
	memcpy(ret_first, first, sizeof(first));
	sodium_memzero(temporary, sizeof(temporary));
	sodium_memzero(first, sizeof(first));
}

static void noise_mix_hash(struct noise *noise, const void *bytes, size_t len)
{
	noise_hash_of((struct noise_piece[]){ { noise->hash, NOISE_HASH_LEN }, { bytes, len } }, 2, noise->hash);
}

static void noise_mix_key(struct noise *noise, const u8 *input, size_t len)
{
	u8 key[NOISE_HASH_LEN];

	noise_derive(noise->chaining, input, len, noise->chaining, key);
	memcpy(noise->key, key, NOISE_KEY_LEN);
	sodium_memzero(key, sizeof(key));
	noise->has_key = true;
	noise->nonce = 0;
}

/* 4 zero bytes, then the counter, little-endian (section 12.3). */
static void noise_nonce(u64 counter, u8 ret_nonce[crypto_aead_chacha20poly1305_IETF_NPUBBYTES])
{
	u64 word = vg_le64(counter);

	memset(ret_nonce, 0, 4);
	memcpy(ret_nonce + 4, &word, sizeof(word));
}

static void noise_encrypt(struct noise *noise, const void *plain, size_t len, u8 *ret_cipher)
{
	u8 nonce[crypto_aead_chacha20poly1305_IETF_NPUBBYTES];

	noise_nonce(noise->nonce++, nonce);
	crypto_aead_chacha20poly1305_ietf_encrypt(ret_cipher, NULL, plain, len, noise->hash, NOISE_HASH_LEN, NULL,
						  nonce, noise->key);
	noise_mix_hash(noise, ret_cipher, len + NOISE_TAG_LEN);
}

static int noise_decrypt(struct noise *noise, const u8 *cipher, size_t len, u8 *ret_plain)
{
	u8 nonce[crypto_aead_chacha20poly1305_IETF_NPUBBYTES];

	noise_nonce(noise->nonce++, nonce);
	if (crypto_aead_chacha20poly1305_ietf_decrypt(ret_plain, NULL, NULL, cipher, len, noise->hash, NOISE_HASH_LEN,
						      nonce, noise->key))
		return -EBADMSG;
	noise_mix_hash(noise, cipher, len);
	return 0;
}

/* A shared secret of zeros comes of a key that is no key: refused. */
static int noise_mix_shared(struct noise *noise, const u8 secret[NOISE_KEY_LEN], const u8 public[NOISE_KEY_LEN])
{
	u8 shared[NOISE_KEY_LEN];
	int err = crypto_scalarmult_curve25519(shared, secret, public) ? -EINVAL : 0;

	if (!err)
		noise_mix_key(noise, shared, sizeof(shared));
	sodium_memzero(shared, sizeof(shared));
	return err;
}

void noise_pair_make(const u8 secret[NOISE_KEY_LEN], struct noise_pair *ret_pair)
{
	memcpy(ret_pair->secret, secret, NOISE_KEY_LEN);
	crypto_scalarmult_curve25519_base(ret_pair->public, secret);
}

void noise_init(struct noise *noise, bool initiator, const void *prologue, size_t prologue_len,
		const struct noise_pair *own, const u8 ephemeral[NOISE_KEY_LEN], const u8 *remote)
{
	_Static_assert(sizeof(NOISE_NAME) - 1 <= NOISE_HASH_LEN, "a longer name would be hashed");
	memset(noise, 0, sizeof(*noise));
	noise->initiator = initiator;
	noise->own = *own;
	noise_pair_make(ephemeral, &noise->ephemeral);
	memcpy(noise->hash, NOISE_NAME, sizeof(NOISE_NAME) - 1);
	memcpy(noise->chaining, noise->hash, NOISE_HASH_LEN);
	noise_mix_hash(noise, prologue, prologue_len);
	if (initiator)
		memcpy(noise->remote, remote, NOISE_KEY_LEN);
	noise_mix_hash(noise, initiator ? noise->remote : noise->own.public, NOISE_KEY_LEN);
}

/* -> e, es, s, ss */
static int noise_write_first(struct noise *noise, const void *payload, size_t len, u8 *message)
{
	int err;

	memcpy(message, noise->ephemeral.public, NOISE_KEY_LEN);
	noise_mix_hash(noise, message, NOISE_KEY_LEN);
	err = noise_mix_shared(noise, noise->ephemeral.secret, noise->remote);
	if (err)
		return err;
	noise_encrypt(noise, noise->own.public, NOISE_KEY_LEN, message + NOISE_KEY_LEN);
	err = noise_mix_shared(noise, noise->own.secret, noise->remote);
	if (err)
		return err;
	noise_encrypt(noise, payload, len, message + 2 * NOISE_KEY_LEN + NOISE_TAG_LEN);
	return (int)(len + NOISE_FIRST_OVERHEAD);
}

/* <- e, ee, se */
static int noise_write_second(struct noise *noise, const void *payload, size_t len, u8 *message)
{
	int err;

	memcpy(message, noise->ephemeral.public, NOISE_KEY_LEN);
	noise_mix_hash(noise, message, NOISE_KEY_LEN);
	err = noise_mix_shared(noise, noise->ephemeral.secret, noise->remote_ephemeral);
	if (!err)
		err = noise_mix_shared(noise, noise->ephemeral.secret, noise->remote);
	if (err)
		return err;
	noise_encrypt(noise, payload, len, message + NOISE_KEY_LEN);
	return (int)(len + NOISE_SECOND_OVERHEAD);
}

static int noise_read_first(struct noise *noise, const u8 *message, size_t len, u8 *payload)
{
	const u8 *sealed_key = message + NOISE_KEY_LEN, *sealed = sealed_key + NOISE_KEY_LEN + NOISE_TAG_LEN;
	int err;

	memcpy(noise->remote_ephemeral, message, NOISE_KEY_LEN);
	noise_mix_hash(noise, message, NOISE_KEY_LEN);
	err = noise_mix_shared(noise, noise->own.secret, noise->remote_ephemeral);
	if (!err)
		err = noise_decrypt(noise, sealed_key, NOISE_KEY_LEN + NOISE_TAG_LEN, noise->remote);
	if (!err)
		err = noise_mix_shared(noise, noise->own.secret, noise->remote);
	if (!err)
		err = noise_decrypt(noise, sealed, len - (size_t)(sealed - message), payload);
	return err ? err : (int)(len - NOISE_FIRST_OVERHEAD);
}

static int noise_read_second(struct noise *noise, const u8 *message, size_t len, u8 *payload)
{
	int err;

	memcpy(noise->remote_ephemeral, message, NOISE_KEY_LEN);
	noise_mix_hash(noise, message, NOISE_KEY_LEN);
	err = noise_mix_shared(noise, noise->ephemeral.secret, noise->remote_ephemeral);
	if (!err)
		err = noise_mix_shared(noise, noise->own.secret, noise->remote_ephemeral);
	if (!err)
		err = noise_decrypt(noise, message + NOISE_KEY_LEN, len - NOISE_KEY_LEN, payload);
	return err ? err : (int)(len - NOISE_SECOND_OVERHEAD);
}

/* Ours are the first message of an initiator and the second of a responder. */
static bool noise_is_turn(const struct noise *noise, bool writing)
{
	return !noise->broken && noise->turn < 2 && ((noise->turn == 0) == noise->initiator) == writing;
}

static int noise_turned(struct noise *noise, int result)
{
	if (result < 0)
		noise->broken = true;
	noise->turn++;
	if (noise->broken || noise->turn == 2) {
		sodium_memzero(&noise->own.secret, sizeof(noise->own.secret));
		sodium_memzero(&noise->ephemeral.secret, sizeof(noise->ephemeral.secret));
	}
	return result;
}

int noise_write(struct noise *noise, const void *payload, size_t len, u8 *ret_message, size_t size)
{
	size_t overhead = noise->turn ? NOISE_SECOND_OVERHEAD : NOISE_FIRST_OVERHEAD;

	if (!noise_is_turn(noise, true))
		return -EPROTO;
	if (len > NOISE_PAYLOAD_MAX || size < len + overhead)
		return -ENOBUFS;
	return noise_turned(noise, noise->turn ? noise_write_second(noise, payload, len, ret_message)
					       : noise_write_first(noise, payload, len, ret_message));
}

int noise_read(struct noise *noise, const void *message, size_t len, u8 *ret_payload, size_t size)
{
	size_t overhead = noise->turn ? NOISE_SECOND_OVERHEAD : NOISE_FIRST_OVERHEAD;

	if (!noise_is_turn(noise, false))
		return -EPROTO;
	if (len < overhead || len - overhead > NOISE_PAYLOAD_MAX)
		return noise_turned(noise, -EBADMSG);
	if (size < len - overhead)
		return noise_turned(noise, -ENOBUFS);
	return noise_turned(noise, noise->turn ? noise_read_second(noise, message, len, ret_payload)
					       : noise_read_first(noise, message, len, ret_payload));
}

int noise_split(struct noise *noise, struct noise_cipher *ret_send, struct noise_cipher *ret_receive)
{
	u8 first[NOISE_HASH_LEN], second[NOISE_HASH_LEN];

	if (noise->broken || noise->turn != 2)
		return -EPROTO;
	noise_derive(noise->chaining, NULL, 0, first, second);
	memcpy(ret_send->key, noise->initiator ? first : second, NOISE_KEY_LEN);
	memcpy(ret_receive->key, noise->initiator ? second : first, NOISE_KEY_LEN);
	ret_send->nonce = ret_receive->nonce = 0;
	sodium_memzero(first, sizeof(first));
	sodium_memzero(second, sizeof(second));
	return 0;
}

const u8 *noise_remote(const struct noise *noise)
{
	return noise->remote;
}

const u8 *noise_hash(const struct noise *noise)
{
	return noise->hash;
}

void noise_done(struct noise *noise)
{
	sodium_memzero(noise, sizeof(*noise));
	noise->broken = true;
}

int noise_seal(struct noise_cipher *cipher, const void *plain, size_t len, u8 *ret_sealed)
{
	u8 nonce[crypto_aead_chacha20poly1305_IETF_NPUBBYTES];

	if (cipher->nonce == ~0ULL)
		return -EOVERFLOW;
	noise_nonce(cipher->nonce++, nonce);
	crypto_aead_chacha20poly1305_ietf_encrypt(ret_sealed, NULL, plain, len, NULL, 0, NULL, nonce, cipher->key);
	return 0;
}

int noise_open(struct noise_cipher *cipher, const void *sealed, size_t len, u8 *ret_plain)
{
	u8 nonce[crypto_aead_chacha20poly1305_IETF_NPUBBYTES];

	if (cipher->nonce == ~0ULL || len < NOISE_TAG_LEN)
		return -EBADMSG;
	noise_nonce(cipher->nonce, nonce);
	if (crypto_aead_chacha20poly1305_ietf_decrypt(ret_plain, NULL, NULL, sealed, len, NULL, 0, nonce, cipher->key))
		return -EBADMSG;
	cipher->nonce++; /* a forgery spends nothing */
	return 0;
}

void noise_cipher_done(struct noise_cipher *cipher)
{
	sodium_memzero(cipher, sizeof(*cipher));
}
