// SPDX-License-Identifier: GPL-2.0
/* car.c - see car.h. */
#include <sodium.h>
#include <string.h>
#include <sys/time.h>

#include "agent/time_text.h"
#include "tests/charge/car.h"

#define CAR_LIFE_US (110ULL * 1000000)	   /* of proposals */
#define CAR_MANDATE_US (3600ULL * 1000000) /* of mandates */

u64 car_now(void)
{
	struct timeval now;

	gettimeofday(&now, NULL);
	return time_text_of_unix((u64)now.tv_sec * 1000000 + (u64)now.tv_usec);
}

void car_greet(struct car *car, u8 ret_vid[HELLO_LEN])
{
	u8 ephemeral[NOISE_KEY_LEN];
	struct vg_siphash_key mac1_key;
	struct noise_pair own;
	u64 now = car_now();

	crypto_sign_ed25519_sk_to_curve25519(own.secret, car->secret);
	noise_pair_make(own.secret, &own);
	randombytes_buf(ephemeral, sizeof(ephemeral));
	hello_begin(&car->noise, true, &own, ephemeral, car->gateway);
	hello_mac1_key(car->gateway, &mac1_key);
	car->hello.timestamp = now > car->hello.timestamp ? now : car->hello.timestamp + 1;
	hello_make(&car->noise, &car->hello, &mac1_key, car->has_cookie ? &car->cookie : NULL, now, ret_vid);
	memcpy(car->mac1, hello_mac1(ret_vid), sizeof(car->mac1));
	car->welcomed = false;
	sodium_memzero(&own, sizeof(own));
}

static enum car_heard car_welcome(struct car *car, const u8 *bytes, size_t len)
{
	struct noise noise = car->noise;

	if (car->welcomed || welcome_read(&noise, bytes, len, &car->welcome) ||
	    session_keys_of(&noise, true, &car->keys))
		return CAR_NOTHING;
	car->welcomed = true;
	car->sequence = 0;
	car->answers = 0;
	return CAR_WELCOME;
}

enum car_heard car_hear(struct car *car, const u8 *bytes, size_t len, u8 *plain, struct answer *ret_answer)
{
	u8 cookie_key_bytes[NOISE_KEY_LEN];
	u64 count;

	if (len == WELCOME_LEN && bytes[1] == VG_VID_WELCOME)
		return car_welcome(car, bytes, len);
	if (len == COOKIE_LEN && bytes[1] == VG_VID_COOKIE) {
		cookie_key(car->gateway, cookie_key_bytes);
		car->has_cookie = !cookie_read(cookie_key_bytes, car->mac1, bytes, len, &car->cookie);
		return car->has_cookie ? CAR_COOKIE : CAR_NOTHING;
	}
	if (!car->welcomed || answer_open(&car->keys, bytes, len, plain, &count, ret_answer) < 0)
		return CAR_NOTHING;
	return CAR_ANSWER;
}

void car_sign_mandate(struct car *car)
{
	struct mandate_scope scope = {
		.channel = car->welcome.channel,
		.wallet = car->wallet,
		.attestor = car->welcome.attestor,
		.epoch = car->welcome.epoch,
		.session = car->welcome.session,
	};
	u64 now = car_now();

	car->mandates = car->mandates < now ? now : car->mandates + 1;
	car->mandate.nonce = car->mandates;
	car->mandate.issued = now;
	car->mandate.expires = now + CAR_MANDATE_US;
	mandate_hash(&scope, &car->mandate, car->mandate_id);
	crypto_sign_detached(car->mandate_signature, NULL, car->mandate_id, sizeof(car->mandate_id), car->secret);
}

size_t car_propose_as(struct car *car, u64 nonce, u64 expires, const char *function, const char *const *arguments,
		      u32 count, u8 *ret_bytes, size_t size)
{
	static const u8 nothing[32];
	struct proposal proposal = {
		.channel = car->welcome.channel,
		.client = car->wallet,
		.nonce = nonce,
		.expires = expires,
		.contract = { (const u8 *)"charging", 8 },
		.function = { (const u8 *)function, strlen(function) },
		.argument_count = count,
		.private_hash = nothing,
	};
	struct writer writer;
	u32 i;

	for (i = 0; i < count; i++)
		proposal.arguments[i] = (struct span){ (const u8 *)arguments[i], strlen(arguments[i]) };
	writer_init(&writer, ret_bytes, size);
	proposal_encode(&writer, &proposal);
	return writer_len(&writer);
}

size_t car_propose(struct car *car, const char *function, const char *const *arguments, u32 count, u8 *ret_bytes,
		   size_t size)
{
	struct timeval wall;
	u64 now;

	gettimeofday(&wall, NULL);
	now = (u64)wall.tv_sec * 1000 + (u64)wall.tv_usec / 1000; /* as all clients of a wallet count */
	car->nonce = car->nonce < now ? now : car->nonce + 1;
	return car_propose_as(car, car->nonce, car_now() + CAR_LIFE_US, function, arguments, count, ret_bytes, size);
}

int car_act(struct car *car, u32 type, struct span proposal, u8 ret_vid[VG_VID_MAX])
{
	struct vg_vid_fields fields = {
		.session = car->welcome.session,
		.sequence = ++car->sequence,
		.generated = car_now(),
		.type = type,
	};
	struct action_request request = { .mandate = car->mandate, .proposal = proposal };

	randombytes_buf(request.salt, sizeof(request.salt));
	memcpy(request.mandate_signature, car->mandate_signature, sizeof(request.mandate_signature));
	return action_seal(&car->keys, &fields, &request, ret_vid);
}
