// SPDX-License-Identifier: GPL-2.0
/* gateway.c - see gateway.h. */
#include <sodium.h>
#include <stdlib.h>

#include "ledger/transaction.h"
#include "tests/handshake/gateway.h"
#include "voltgate/record.h"

/* As admission.c, without a ledger: signature, role, channel. */
static int gateway_admit(void *arg, const struct hello *hello, u64 now, struct responder_admitted *ret_admitted)
{
	struct gateway *gateway = arg;
	struct credential credential;
	u8 hash[32];

	(void)now;
	gateway->asked++;
	if (gateway->closed || credential_decode((struct span){ hello->credential, CREDENTIAL_LEN }, &credential) ||
	    credential.role != CREDENTIAL_CLIENT || memcmp(credential.channel, gateway->channel, 32))
		return -1;
	credential_signed_hash(TRANSACTION_ENROL, (struct span){ hello->credential, CREDENTIAL_LEN }, hash);
	if (crypto_sign_verify_detached(hello->signature, hash, sizeof(hash), gateway->authority_key))
		return -1;
	memcpy(ret_admitted->wallet, credential.subject, 32);
	memcpy(ret_admitted->channel, credential.channel, 32);
	ret_admitted->expires = gateway->until;
	return 0;
}

void gateway_open(struct gateway *gateway, u32 wallets, u32 rate)
{
	struct responder_options options = {
		.life_us = GATEWAY_LIFE_US,
		.skew_us = GATEWAY_SKEW_US,
		.wallet_rate = vg_budget_rate_of(rate, rate),
		.wallets = wallets,
		.admit = gateway_admit,
		.arg = gateway,
	};

	memset(gateway, 0, sizeof(*gateway));
	gateway->now = 722000000000000ULL;
	options.since = gateway->now - 1;
	gateway->gate = (struct responder_gate){ .grade = VG_GRADE_PLAIN, .epoch = gateway->now - 1000000 };
	randombytes_buf(gateway->gate.attestor, 32);
	randombytes_buf(gateway->gate.station, 32);
	randombytes_buf(gateway->channel, 32);
	randombytes_buf(options.secret, sizeof(options.secret));
	randombytes_buf(&options.hash_key, sizeof(options.hash_key));
	crypto_sign_keypair(gateway->authority_key, gateway->authority);
	if (responder_new(&options, &gateway->responder))
		abort();
}

void gateway_close(struct gateway *gateway)
{
	responder_free(gateway->responder);
	gateway->responder = NULL;
}

void gateway_enrol_as(struct gateway *gateway, u8 role, const u8 channel[32], struct voltgate_wallet *ret_wallet)
{
	struct credential credential = { .organisation = 1, .role = role, .serial = 1 };
	u8 seed[32], secret[64], bytes[CREDENTIAL_LEN], signature[64], hash[32];

	randombytes_buf(seed, sizeof(seed));
	crypto_sign_seed_keypair(credential.subject, secret, seed);
	memcpy(credential.channel, channel, 32);
	credential_encode(&credential, bytes);
	credential_signed_hash(TRANSACTION_ENROL, (struct span){ bytes, sizeof(bytes) }, hash);
	crypto_sign_detached(signature, NULL, hash, sizeof(hash), gateway->authority);
	if (voltgate_wallet_init(ret_wallet, seed, bytes, signature) && role == CREDENTIAL_CLIENT)
		abort();
}

void gateway_enrol(struct gateway *gateway, struct voltgate_wallet *ret_wallet)
{
	gateway_enrol_as(gateway, CREDENTIAL_CLIENT, gateway->channel, ret_wallet);
}

void gateway_hello(const struct gateway *gateway, const struct voltgate_wallet *wallet, u64 now,
		   struct voltgate_handshake *handshake, u8 ret_vid[HELLO_LEN])
{
	u8 random[32];

	voltgate_handshake_init(handshake, wallet, responder_public_key(gateway->responder));
	randombytes_buf(random, sizeof(random));
	if (voltgate_hello_make(handshake, now, random, ret_vid) != HELLO_LEN)
		abort();
}

enum responder_outcome gateway_take(struct gateway *gateway, const u8 *vid, size_t len,
				    struct responder_offer *ret_offer, u64 *ret_replaced)
{
	struct responder_random random;
	enum responder_outcome outcome;
	u64 replaced;

	memset(ret_offer, 0, sizeof(*ret_offer));
	if (!hello_is_meant(vid, len, responder_mac1_key(gateway->responder)))
		return RESPONDER_BAD_HELLO;
	randombytes_buf(&random, sizeof(random));
	outcome = responder_judge(gateway->responder, &gateway->gate, vid, gateway->now, gateway->now * 1000, &random,
				  ret_offer);
	if (outcome == RESPONDER_WELCOME)
		outcome = responder_keep(gateway->responder, ret_offer, gateway->now,
					 ret_replaced ? ret_replaced : &replaced);
	return outcome;
}

enum responder_outcome gateway_greet(struct gateway *gateway, const struct voltgate_wallet *wallet,
				     struct responder_offer *ret_offer, struct voltgate_session *ret_session)
{
	struct voltgate_handshake handshake;
	enum responder_outcome outcome;
	u8 vid[HELLO_LEN];

	gateway_hello(gateway, wallet, ++gateway->now, &handshake, vid);
	outcome = gateway_take(gateway, vid, sizeof(vid), ret_offer, NULL);
	if (outcome == RESPONDER_WELCOME &&
	    voltgate_handshake_read(&handshake, ret_offer->welcome, WELCOME_LEN, ret_session) != VOLTGATE_WELCOME)
		abort();
	voltgate_handshake_done(&handshake);
	return outcome;
}
