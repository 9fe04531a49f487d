// SPDX-License-Identifier: GPL-2.0
/* responder.c - see responder.h. */
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>

#include "agent/handshake/responder.h"

struct responder {
	struct responder_options options; /* the secret is in own */
	struct noise_pair own;
	struct vg_siphash_key mac1_key;
	struct greeted_table *table;
};

int responder_new(const struct responder_options *options, struct responder **ret_responder)
{
	struct responder *responder = calloc(1, sizeof(*responder));
	int err;

	*ret_responder = NULL;
	if (!responder)
		return -ENOMEM;
	responder->options = *options;
	sodium_memzero(responder->options.secret, sizeof(responder->options.secret));
	noise_pair_make(options->secret, &responder->own);
	hello_mac1_key(responder->own.public, &responder->mac1_key);
	/* A timestamp up to skew ahead of the clock is remembered until it is skew behind it. */
	err = greeted_new(options->wallets, options->skew_us, &options->hash_key, &responder->table);
	if (!err && sodium_is_zero(options->secret, sizeof(options->secret)))
		err = -EINVAL;
	if (err)
		responder_free(responder);
	else
		*ret_responder = responder;
	return err;
}

void responder_free(struct responder *responder)
{
	if (!responder)
		return;
	greeted_free(responder->table);
	sodium_memzero(responder, sizeof(*responder));
	free(responder);
}

const u8 *responder_public_key(const struct responder *responder)
{
	return responder->own.public;
}

const struct vg_siphash_key *responder_mac1_key(const struct responder *responder)
{
	return &responder->mac1_key;
}

struct greeted_table *responder_table(struct responder *responder)
{
	return responder->table;
}

static bool responder_is_fresh(const struct responder *responder, u64 timestamp, u64 now)
{
	u64 off = timestamp > now ? timestamp - now : now - timestamp;

	return off <= responder->options.skew_us && timestamp > responder->options.since;
}

/* The credential's subject, an Ed25519 key, must be the handshake's static key as X25519 has it. */
static bool responder_is_same_key(const struct greeted_wallet *known, const u8 credential[CREDENTIAL_LEN],
				  const u8 key[NOISE_KEY_LEN])
{
	struct credential decoded;
	u8 converted[NOISE_KEY_LEN];

	if (credential_decode((struct span){ credential, CREDENTIAL_LEN }, &decoded))
		return false;
	if (known)
		return !memcmp(known->wallet, decoded.subject, GREETED_KEY_LEN);
	return !crypto_sign_ed25519_pk_to_curve25519(converted, decoded.subject) &&
	       !memcmp(converted, key, NOISE_KEY_LEN);
}

static enum responder_outcome responder_judge_hello(struct responder *responder, const struct noise *noise,
						    const struct hello *hello, u64 now, u64 now_ns,
						    struct responder_admitted *ret_admitted)
{
	struct greeted_wallet *known = greeted_find_wallet(responder->table, noise_remote(noise));

	if (!responder_is_fresh(responder, hello->timestamp, now) || (known && hello->timestamp <= known->timestamp))
		return RESPONDER_STALE;
	if (!responder_is_same_key(known, hello->credential, noise_remote(noise)))
		return RESPONDER_OTHER_KEY;
	if (known && !vg_budget_take(&known->budget, &responder->options.wallet_rate, now_ns))
		return RESPONDER_OVER_RATE;
	return responder->options.admit(responder->options.arg, hello, now, ret_admitted) ? RESPONDER_REFUSED
											  : RESPONDER_WELCOME;
}

static void responder_commit(const u8 salt[RESPONDER_SALT_LEN], const u8 wallet[GREETED_KEY_LEN], u8 ret_commitment[32])
{
	crypto_generichash_blake2b(ret_commitment, 32, wallet, GREETED_KEY_LEN, salt, RESPONDER_SALT_LEN);
}

/* Second message and keys. */
static int responder_welcome(const struct responder *responder, struct noise *noise, const struct responder_gate *gate,
			     const struct responder_admitted *admitted, u64 now, u64 session,
			     struct responder_offer *ret_offer)
{
	struct greeted *made = &ret_offer->session;
	struct welcome welcome = { .session = session, .time = now, .grade = gate->grade, .epoch = gate->epoch };
	int err;

	welcome.expires = now + responder->options.life_us;
	if (admitted->expires && admitted->expires < welcome.expires)
		welcome.expires = admitted->expires;
	memcpy(welcome.attestor, gate->attestor, sizeof(welcome.attestor));
	memcpy(welcome.channel, admitted->channel, sizeof(welcome.channel));
	memcpy(welcome.station, gate->station, sizeof(welcome.station));
	err = welcome_make(noise, &welcome, ret_offer->welcome);
	if (!err)
		err = session_keys_of(noise, false, &made->keys);
	made->session = session;
	made->expires = welcome.expires;
	memcpy(made->wallet, admitted->wallet, sizeof(made->wallet));
	memcpy(made->channel, admitted->channel, sizeof(made->channel));
	return err;
}

enum responder_outcome responder_judge(struct responder *responder, const struct responder_gate *gate,
				       const u8 vid[HELLO_LEN], u64 now, u64 now_ns, struct responder_random *random,
				       struct responder_offer *ret_offer)
{
	enum responder_outcome outcome = RESPONDER_BAD_HELLO;
	struct responder_admitted admitted;
	struct hello hello;
	struct noise noise;

	memset(ret_offer, 0, sizeof(*ret_offer));
	hello_begin(&noise, false, &responder->own, random->ephemeral, NULL);
	if (!hello_read(&noise, vid, &hello))
		outcome = responder_judge_hello(responder, &noise, &hello, now, now_ns, &admitted);
	if (outcome == RESPONDER_WELCOME && (!random->session || responder_welcome(responder, &noise, gate, &admitted,
										   now, random->session, ret_offer)))
		outcome = RESPONDER_BAD_HELLO;
	if (outcome == RESPONDER_WELCOME) {
		responder_commit(random->salt, admitted.wallet, ret_offer->commitment);
		memcpy(ret_offer->key, noise_remote(&noise), sizeof(ret_offer->key));
		ret_offer->timestamp = hello.timestamp;
	}
	noise_done(&noise);
	sodium_memzero(&hello, sizeof(hello));
	sodium_memzero(random, sizeof(*random));
	return outcome;
}

enum responder_outcome responder_keep(struct responder *responder, const struct responder_offer *offer, u64 now,
				      u64 *ret_replaced)
{
	struct greeted_wallet *wallet = greeted_find_wallet(responder->table, offer->key);

	*ret_replaced = 0;
	if (!wallet)
		wallet = greeted_add_wallet(responder->table, offer->key, offer->session.wallet, now);
	if (!wallet)
		return RESPONDER_NO_ROOM;
	wallet->timestamp = offer->timestamp;
	greeted_touch(responder->table, wallet);
	greeted_offer(responder->table, wallet, &offer->session, ret_replaced);
	return RESPONDER_WELCOME;
}
