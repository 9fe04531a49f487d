// SPDX-License-Identifier: GPL-2.0
/* handshake.c - wallet, hello, cookie and welcome at the vehicle's end: voltgate-vehicle.h. */
#include <errno.h>
#include <sodium.h>

#include "agent/handshake/cookie.h"
#include "agent/handshake/hello.h"
#include "agent/handshake/session_keys.h"
#include "agent/handshake/welcome.h"
#include "tools/libvehicle/export.h"
#include "tools/libvehicle/voltgate-vehicle.h"

struct handshake {
	struct noise noise; /* after the last hello; broken before */
	const struct voltgate_wallet *wallet;
	u8 gateway[NOISE_KEY_LEN], cookie_key[NOISE_KEY_LEN];
	struct vg_siphash_key mac1_key, cookie;
	bool has_cookie;
	u8 mac1[VG_VID_TAG_LEN]; /* of the last hello */
};

_Static_assert(sizeof(struct handshake) <= sizeof(struct voltgate_handshake), "the public struct has room");
_Static_assert(VOLTGATE_HELLO_LEN == HELLO_LEN && VOLTGATE_CREDENTIAL_LEN == CREDENTIAL_LEN,
	       "the public header repeats the core");

EXPORT int voltgate_wallet_init(struct voltgate_wallet *wallet, const uint8_t seed[32],
				const uint8_t credential[VOLTGATE_CREDENTIAL_LEN], const uint8_t signature[64])
{
	struct credential decoded;

	crypto_sign_seed_keypair(wallet->key, wallet->secret, seed);
	crypto_sign_ed25519_sk_to_curve25519(wallet->exchange, wallet->secret);
	memcpy(wallet->credential, credential, sizeof(wallet->credential));
	memcpy(wallet->signature, signature, sizeof(wallet->signature));
	if (!credential_decode((struct span){ credential, CREDENTIAL_LEN }, &decoded) &&
	    decoded.role == CREDENTIAL_CLIENT && !memcmp(decoded.subject, wallet->key, sizeof(wallet->key)))
		return 0;
	voltgate_wallet_done(wallet);
	return -EINVAL;
}

EXPORT void voltgate_wallet_done(struct voltgate_wallet *wallet)
{
	sodium_memzero(wallet, sizeof(*wallet));
}

EXPORT void voltgate_handshake_init(struct voltgate_handshake *handshake, const struct voltgate_wallet *wallet,
				    const uint8_t gateway[32])
{
	struct handshake *own = (struct handshake *)handshake;

	memset(handshake, 0, sizeof(*handshake));
	own->wallet = wallet;
	memcpy(own->gateway, gateway, sizeof(own->gateway));
	hello_mac1_key(gateway, &own->mac1_key);
	cookie_key(gateway, own->cookie_key);
	noise_done(&own->noise);
}

EXPORT void voltgate_handshake_done(struct voltgate_handshake *handshake)
{
	sodium_memzero(handshake, sizeof(*handshake));
	noise_done(&((struct handshake *)handshake)->noise);
}

EXPORT int voltgate_hello_make(struct voltgate_handshake *handshake, uint64_t now, const uint8_t random[32],
			       uint8_t ret_packet[VOLTGATE_HELLO_LEN])
{
	struct handshake *own = (struct handshake *)handshake;
	struct hello hello = { .timestamp = now };
	struct noise_pair pair;
	int err;

	noise_pair_make(own->wallet->exchange, &pair);
	memcpy(hello.credential, own->wallet->credential, sizeof(hello.credential));
	memcpy(hello.signature, own->wallet->signature, sizeof(hello.signature));
	hello_begin(&own->noise, true, &pair, random, own->gateway);
	sodium_memzero(&pair, sizeof(pair));
	err = hello_make(&own->noise, &hello, &own->mac1_key, own->has_cookie ? &own->cookie : NULL, now, ret_packet);
	if (err)
		return err;
	memcpy(own->mac1, hello_mac1(ret_packet), sizeof(own->mac1));
	return VOLTGATE_HELLO_LEN;
}

static int handshake_welcomed(struct handshake *own, struct noise *noise, const struct welcome *welcome,
			      struct voltgate_session *ret_session)
{
	struct session_keys keys;
	int err = session_keys_of(noise, true, &keys);

	if (err)
		return err;
	memset(ret_session, 0, sizeof(*ret_session));
	ret_session->id = welcome->session;
	ret_session->next_sequence = 1;
	memcpy(ret_session->key, keys.vid, sizeof(ret_session->key));
	memcpy(ret_session->action_key, keys.action, sizeof(ret_session->action_key));
	memcpy(ret_session->answer_key, keys.answer, sizeof(ret_session->answer_key));
	ret_session->began = welcome->time;
	ret_session->expires = welcome->expires;
	ret_session->grade = welcome->grade;
	ret_session->epoch = welcome->epoch;
	memcpy(ret_session->attestor, welcome->attestor, sizeof(ret_session->attestor));
	memcpy(ret_session->channel, welcome->channel, sizeof(ret_session->channel));
	memcpy(ret_session->station, welcome->station, sizeof(ret_session->station));
	session_keys_wipe(&keys);
	noise_done(&own->noise);
	return VOLTGATE_WELCOME;
}

/* A forgery breaks a copy of the state: the welcome may still come. */
EXPORT int voltgate_handshake_read(struct voltgate_handshake *handshake, const void *packet, size_t len,
				   struct voltgate_session *ret_session)
{
	struct handshake *own = (struct handshake *)handshake;
	struct noise noise = own->noise;
	struct welcome welcome;
	int result = -EBADMSG;

	if (len == COOKIE_LEN && !cookie_read(own->cookie_key, own->mac1, packet, len, &own->cookie)) {
		own->has_cookie = true;
		result = VOLTGATE_COOKIE;
	} else if (!welcome_read(&noise, packet, len, &welcome)) {
		result = handshake_welcomed(own, &noise, &welcome, ret_session);
	}
	noise_done(&noise);
	return result;
}
