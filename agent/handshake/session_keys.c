// SPDX-License-Identifier: GPL-2.0
/* session_keys.c - a session's keys from Noise's split: session_keys.h. */
#include <errno.h>
#include <sodium.h>

#include "agent/handshake/session_keys.h"

static void keys_derive(const u8 from[NOISE_KEY_LEN], const char *label, u8 ret_key[SESSION_KEYS_LEN])
{
	crypto_generichash_blake2b(ret_key, SESSION_KEYS_LEN, (const u8 *)label, strlen(label), from, NOISE_KEY_LEN);
}

int session_keys_of(struct noise *noise, bool vehicle, struct session_keys *ret_keys)
{
	struct noise_cipher send, receive;
	const struct noise_cipher *up = vehicle ? &send : &receive, *down = vehicle ? &receive : &send;
	u8 vid[SESSION_KEYS_LEN];
	int err = noise_split(noise, &send, &receive);

	if (err)
		return err;
	keys_derive(up->key, "voltgate vid", vid);
	memcpy(ret_keys->vid, vid, SESSION_KEYS_VID_LEN);
	keys_derive(up->key, "voltgate action", ret_keys->action);
	keys_derive(down->key, "voltgate answer", ret_keys->answer);
	sodium_memzero(vid, sizeof(vid));
	noise_cipher_done(&send);
	noise_cipher_done(&receive);
	return 0;
}

void session_keys_wipe(struct session_keys *keys)
{
	sodium_memzero(keys, sizeof(*keys));
}
