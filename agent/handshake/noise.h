/* SPDX-License-Identifier: GPL-2.0 */
/*
 * noise.h - Noise_IK_25519_ChaChaPoly_SHA512 (Noise Protocol Framework,
 * revision 34): two messages, after which both ends hold the same hash and
 * keys and each knows the other's static key.
 *
 *   initiator (vehicle)                     responder (gateway)
 *     <- s       the gateway's key is known beforehand
 *     -> e, es, s, ss, payload              noise_write() ... noise_read()
 *     <- e, ee, se, payload                 noise_read() ... noise_write()
 *
 * Pure: randomness comes in as the ephemeral key's bytes. Secrets are wiped by noise_done() and as soon as they are of
 * no more use. libsodium's primitives. No thread may share a state.
 */
#ifndef VOLTGATE_HANDSHAKE_NOISE_H
#define VOLTGATE_HANDSHAKE_NOISE_H

#include <stddef.h>

#include "voltgate/types.h"

#define NOISE_KEY_LEN 32
#define NOISE_HASH_LEN 64 /* SHA-512 */
#define NOISE_TAG_LEN 16
#define NOISE_PAYLOAD_MAX 1024
/* What the two messages add to their payloads. */
#define NOISE_FIRST_OVERHEAD (NOISE_KEY_LEN + NOISE_KEY_LEN + NOISE_TAG_LEN + NOISE_TAG_LEN)
#define NOISE_SECOND_OVERHEAD (NOISE_KEY_LEN + NOISE_TAG_LEN)

struct noise_pair {
	u8 secret[NOISE_KEY_LEN], public[NOISE_KEY_LEN];
};

struct noise {
	bool initiator;
	u8 turn;     /* messages gone over the wire: 0, 1, 2 */
	bool broken; /* a message did not fit: nothing more is said or believed */
	bool has_key;
	u64 nonce;
	u8 key[NOISE_KEY_LEN];
	u8 chaining[NOISE_HASH_LEN], hash[NOISE_HASH_LEN];
	struct noise_pair own, ephemeral;
	u8 remote[NOISE_KEY_LEN], remote_ephemeral[NOISE_KEY_LEN];
};

/* A direction's transport cipher after the handshake. */
struct noise_cipher {
	u8 key[NOISE_KEY_LEN];
	u64 nonce;
};

/* The pair of @secret (clamping is X25519's own). */
void noise_pair_make(const u8 secret[NOISE_KEY_LEN], struct noise_pair *ret_pair);
/*
 * Begins. @ephemeral: 32 fresh random bytes, wiped by the caller. @remote: the
 * responder's static public key (initiator), NULL for the responder.
 */
void noise_init(struct noise *noise, bool initiator, const void *prologue, size_t prologue_len,
		const struct noise_pair *own, const u8 ephemeral[NOISE_KEY_LEN], const u8 *remote);
/*
 * The next message of ours with @payload. Its length, or -EPROTO: not our
 * turn; -EINVAL: a key of the other end is no good (the shared secret is zero); -ENOBUFS.
 */
int noise_write(struct noise *noise, const void *payload, size_t len, u8 *ret_message, size_t size);
/*
 * Takes the other end's next message. The payload's length, or -EPROTO: not
 * its turn; -EBADMSG: forged, damaged or for somebody else; -EINVAL as above;
 * -ENOBUFS: @size is too small for the payload. After an error the state is broken.
 */
int noise_read(struct noise *noise, const void *message, size_t len, u8 *ret_payload, size_t size);
/* After the second message: the ciphers of what we send and what we get. -EPROTO before. */
int noise_split(struct noise *noise, struct noise_cipher *ret_send, struct noise_cipher *ret_receive);
/* The other end's static key; known to the responder after the first message. */
const u8 *noise_remote(const struct noise *noise);
/* Names this handshake (channel binding); after the second message. */
const u8 *noise_hash(const struct noise *noise);
void noise_done(struct noise *noise);

/* Transport messages: @ret_sealed takes @len + NOISE_TAG_LEN bytes. -EOVERFLOW: nonces are used up. */
int noise_seal(struct noise_cipher *cipher, const void *plain, size_t len, u8 *ret_sealed);
/* -EBADMSG: not what was sealed, or not in order. */
int noise_open(struct noise_cipher *cipher, const void *sealed, size_t len, u8 *ret_plain);
void noise_cipher_done(struct noise_cipher *cipher);

#endif
