// SPDX-License-Identifier: GPL-2.0
/*
 * responder_test.c - who is welcomed and who is not: replays, old and early
 * timestamps, other keys, other gateways, other channels, rates, full tables; sessions from offer to end; and the table
 * of what is remembered against a slow model.
 */
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>

#include "tests/handshake/gateway.h"
#include "tests/ktap.h"

static enum responder_outcome greet_at(struct gateway *gateway, const struct voltgate_wallet *wallet, u64 timestamp,
				       u8 ret_vid[HELLO_LEN])
{
	struct voltgate_handshake handshake;
	struct responder_offer offer;

	gateway_hello(gateway, wallet, timestamp, &handshake, ret_vid);
	voltgate_handshake_done(&handshake);
	return gateway_take(gateway, ret_vid, HELLO_LEN, &offer, NULL);
}

static void test_replay(void)
{
	struct gateway gateway;
	struct voltgate_wallet wallet;
	struct responder_offer offer;
	u8 first[HELLO_LEN], vid[HELLO_LEN];
	u64 start;

	gateway_open(&gateway, 16, 0);
	gateway_enrol(&gateway, &wallet);
	start = gateway.now;
	ktap_ok(greet_at(&gateway, &wallet, start + 5, first) == RESPONDER_WELCOME, "a hello is welcomed");
	ktap_ok(gateway_take(&gateway, first, HELLO_LEN, &offer, NULL) == RESPONDER_STALE, "its replay is stale");
	ktap_ok(greet_at(&gateway, &wallet, start + 5, vid) == RESPONDER_STALE &&
			greet_at(&gateway, &wallet, start + 4, vid) == RESPONDER_STALE,
		"so is another hello with the same timestamp or an older one");
	ktap_ok(greet_at(&gateway, &wallet, start + 6, vid) == RESPONDER_WELCOME, "a newer one is welcomed");
	gateway.now += GATEWAY_SKEW_US + 100;
	ktap_ok(gateway_take(&gateway, first, HELLO_LEN, &offer, NULL) == RESPONDER_STALE,
		"the replay is stale later too");
	ktap_ok(greet_at(&gateway, &wallet, gateway.now - GATEWAY_SKEW_US - 1, vid) == RESPONDER_STALE,
		"a timestamp too far behind the clock is stale");
	ktap_ok(greet_at(&gateway, &wallet, gateway.now + GATEWAY_SKEW_US + 1, vid) == RESPONDER_STALE,
		"and one too far ahead of it");
	ktap_ok(greet_at(&gateway, &wallet, gateway.now + GATEWAY_SKEW_US, vid) == RESPONDER_WELCOME,
		"at the edge it is not");
	gateway_close(&gateway);
}

/* After a restart nothing is remembered: what was sent before it must not work again. */
static void test_restart(void)
{
	struct gateway gateway;
	struct voltgate_wallet wallet;
	u8 vid[HELLO_LEN];

	gateway_open(&gateway, 16, 0);
	gateway_enrol(&gateway, &wallet);
	ktap_ok(greet_at(&gateway, &wallet, gateway.now - 1, vid) == RESPONDER_STALE,
		"a timestamp of before the start is stale, however fresh");
	ktap_ok(greet_at(&gateway, &wallet, gateway.now, vid) == RESPONDER_WELCOME, "one of after it is not");
	gateway_close(&gateway);
}

static void test_keys(void)
{
	struct gateway gateway, other;
	struct voltgate_wallet wallet, thief, mixed, foreign, node;
	struct responder_offer offer;
	struct voltgate_session session;
	u8 vid[HELLO_LEN], channel[32];
	u32 asked;

	gateway_open(&gateway, 16, 0);
	gateway_open(&other, 16, 0);
	gateway_enrol(&gateway, &wallet);
	gateway_enrol(&gateway, &thief);
	ktap_ok(greet_at(&other, &wallet, gateway.now + 1, vid) == RESPONDER_REFUSED,
		"another authority's wallet is refused");
	ktap_ok(gateway_take(&gateway, vid, HELLO_LEN, &offer, NULL) == RESPONDER_BAD_HELLO,
		"a hello made for another gateway is none");
	mixed = thief;
	memcpy(mixed.credential, wallet.credential, sizeof(mixed.credential));
	memcpy(mixed.signature, wallet.signature, sizeof(mixed.signature));
	asked = gateway.asked;
	ktap_ok(greet_at(&gateway, &mixed, gateway.now + 1, vid) == RESPONDER_OTHER_KEY && gateway.asked == asked,
		"a stolen credential under another key is refused before the ledger is asked");
	ktap_ok(gateway_greet(&gateway, &thief, &offer, &session) == RESPONDER_WELCOME &&
			greet_at(&gateway, &mixed, ++gateway.now, vid) == RESPONDER_OTHER_KEY,
		"also by a wallet that was admitted before");
	wallet.signature[5] ^= 1;
	ktap_ok(greet_at(&gateway, &wallet, ++gateway.now, vid) == RESPONDER_REFUSED,
		"a credential that nobody signed is refused");
	randombytes_buf(channel, sizeof(channel));
	gateway_enrol_as(&gateway, CREDENTIAL_CLIENT, channel, &foreign);
	ktap_ok(greet_at(&gateway, &foreign, ++gateway.now, vid) == RESPONDER_REFUSED,
		"another channel's credential is refused");
	gateway_enrol_as(&gateway, CREDENTIAL_NODE, gateway.channel, &node);
	ktap_ok(sodium_is_zero(node.secret, sizeof(node.secret)),
		"the library takes no node's credential for a wallet");
	gateway.closed = true;
	ktap_ok(greet_at(&gateway, &thief, ++gateway.now, vid) == RESPONDER_REFUSED &&
			greeted_sessions(responder_table(gateway.responder)) == 1,
		"whom admission refuses keeps what it had and gets no more");
	gateway_close(&other);
	gateway_close(&gateway);
}

static void test_rate(void)
{
	struct gateway gateway;
	struct voltgate_wallet wallet;
	struct voltgate_session session;
	struct responder_offer offer;
	u32 i, welcomed = 0;

	gateway_open(&gateway, 16, 3);
	gateway_enrol(&gateway, &wallet);
	for (i = 0; i < 10; i++)
		welcomed += gateway_greet(&gateway, &wallet, &offer, &session) == RESPONDER_WELCOME;
	ktap_ok(welcomed == 4,
		"a wallet that greets ten times at once is heard four times: the first, and its burst of three (%u)",
		welcomed);
	gateway.now += 1000000;
	ktap_ok(gateway_greet(&gateway, &wallet, &offer, &session) == RESPONDER_WELCOME, "and again a second later");
	gateway_close(&gateway);
}

static void test_sessions(void)
{
	struct voltgate_session one, two, three;
	struct responder_offer first, second, third;
	struct greeted_table *table;
	struct voltgate_wallet wallet;
	struct gateway gateway;
	u64 old = 1, sessions[2];

	gateway_open(&gateway, 16, 0);
	table = responder_table(gateway.responder);
	gateway_enrol(&gateway, &wallet);
	gateway_greet(&gateway, &wallet, &first, &one);
	ktap_ok(one.id && greeted_is_offer(table, one.id) && greeted_find(table, one.id),
		"a session is an offer first");
	greeted_prove(table, one.id, &old);
	ktap_ok(!old && !greeted_is_offer(table, one.id),
		"its first authenticated packet proves it; there was none before");
	gateway_greet(&gateway, &wallet, &second, &two);
	ktap_ok(greeted_find(table, one.id) && greeted_find(table, two.id),
		"the old one lives on beside the next offer");
	gateway_greet(&gateway, &wallet, &third, &three);
	ktap_ok(greeted_find(table, one.id) && !greeted_find(table, two.id) && greeted_find(table, three.id),
		"a newer offer takes the unproven one's place");
	greeted_prove(table, three.id, &old);
	ktap_ok(old == one.id && !greeted_find(table, one.id), "proved, it ends the one before");
	greeted_prove(table, three.id, &old);
	greeted_prove(table, one.id, &old);
	ktap_ok(!old, "nothing is proved twice, or that is not there");
	ktap_ok(greeted_of_wallet(table, wallet.key, sessions) == 1 && sessions[0] == three.id,
		"a wallet's sessions are found for revocation");
	ktap_ok(!memcmp(first.commitment, second.commitment, 32) == 0 && !sodium_is_zero(first.commitment, 32),
		"two commitments to one wallet differ");
	gateway.until = gateway.now + 5;
	gateway_greet(&gateway, &wallet, &first, &one);
	ktap_ok(one.expires == gateway.until, "no session outlives its credential");
	gateway.now += 5;
	ktap_ok(greeted_expire(table, gateway.now, 16) == 1 && !greeted_find(table, one.id) &&
			greeted_find(table, three.id),
		"what expired is forgotten");
	ktap_ok(greeted_expire(table, gateway.now + GATEWAY_LIFE_US, 16) == 1 && !greeted_sessions(table),
		"all of it in the end");
	gateway_close(&gateway);
}

static void test_full(void)
{
	struct voltgate_wallet wallets[9];
	struct voltgate_session session;
	struct responder_offer offer, last;
	struct greeted_table *table;
	struct gateway gateway;
	u32 i, welcomed = 0;
	u8 vid[HELLO_LEN];

	gateway_open(&gateway, 8, 0);
	table = responder_table(gateway.responder);
	for (i = 0; i < 9; i++)
		gateway_enrol(&gateway, &wallets[i]);
	for (i = 0; i < 8; i++)
		welcomed += gateway_greet(&gateway, &wallets[i], &last, &session) == RESPONDER_WELCOME;
	ktap_ok(welcomed == 8 && gateway_greet(&gateway, &wallets[8], &offer, &session) == RESPONDER_NO_ROOM,
		"a table of eight wallets takes eight with sessions");
	gateway_hello(&gateway, &wallets[7], gateway.now + 1, &(struct voltgate_handshake){ { 0 } }, vid);
	greeted_end(table, last.session.session);
	ktap_ok(gateway_greet(&gateway, &wallets[8], &offer, &session) == RESPONDER_NO_ROOM,
		"a session's end makes no room while its wallet's timestamp could be replayed");
	gateway.now += GATEWAY_SKEW_US + 2;
	ktap_ok(gateway_greet(&gateway, &wallets[8], &offer, &session) == RESPONDER_WELCOME, "when it cannot, it does");
	ktap_ok(gateway_take(&gateway, vid, HELLO_LEN, &offer, NULL) == RESPONDER_STALE,
		"and the forgotten wallet's old hello is stale");
	gateway_close(&gateway);
}

/* --- the table against a model --- */

#define MODEL_WALLETS 40
#define MODEL_LIMIT 24
#define MODEL_SILENCE 50

struct model {
	bool known;
	u64 timestamp, offered, current, offered_until, current_until;
};

static u64 draw(u64 *state, u64 below)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (*state >> 33) % below;
}

static u32 model_differs(struct greeted_table *table, const struct model *models)
{
	u32 i, sessions = 0, wallets = 0, wrong = 0;

	for (i = 0; i < MODEL_WALLETS; i++) {
		u8 key[32] = { (u8)i, 1 };
		struct greeted_wallet *found = greeted_find_wallet(table, key);

		wrong += !!found != models[i].known;
		if (found)
			wrong += found->offered.session != models[i].offered ||
				 found->current.session != models[i].current;
		wrong += models[i].offered && greeted_find(table, models[i].offered) != &found->offered;
		wrong += models[i].current && greeted_find(table, models[i].current) != &found->current;
		wallets += models[i].known;
		sessions += !!models[i].offered + !!models[i].current;
	}
	return wrong + (wallets != greeted_wallets(table)) + (sessions != greeted_sessions(table)) +
	       (wallets > MODEL_LIMIT);
}

/* Takes in an offer; who was forgotten for it must have been forgettable. */
static u32 model_offer(struct greeted_table *table, struct model *models, u32 who, u64 session, u64 now, u64 until)
{
	u8 key[32] = { (u8)who, 1 };
	struct greeted_wallet *wallet = greeted_find_wallet(table, key);
	struct greeted greeted = { .session = session, .expires = until };
	u64 replaced;
	u32 i, wrong = 0;

	if (!wallet)
		wallet = greeted_add_wallet(table, key, key, now);
	for (i = 0; i < MODEL_WALLETS; i++) {
		u8 other[32] = { (u8)i, 1 };

		if (!models[i].known || greeted_find_wallet(table, other))
			continue;
		wrong += models[i].offered || models[i].current || models[i].timestamp + MODEL_SILENCE >= now;
		models[i] = (struct model){ 0 };
	}
	if (!wallet)
		return wrong;
	wallet->timestamp = now;
	greeted_touch(table, wallet);
	greeted_offer(table, wallet, &greeted, &replaced);
	wrong += replaced != models[who].offered;
	models[who].known = true;
	models[who].timestamp = now;
	models[who].offered = session;
	models[who].offered_until = until;
	return wrong;
}

static u32 model_step(struct greeted_table *table, struct model *models, u64 *dice, u64 now, u64 session)
{
	struct model *model = &models[draw(dice, MODEL_WALLETS)];
	u64 old = 0;
	u32 i;

	switch (draw(dice, 4)) {
	case 0:
	case 1:
		return model_offer(table, models, (u32)(model - models), session, now, now + 1 + draw(dice, 200));
	case 2:
		if (!model->offered)
			return 0;
		greeted_prove(table, model->offered, &old);
		i = old != model->current;
		model->current = model->offered;
		model->current_until = model->offered_until;
		model->offered = 0;
		return i;
	default:
		greeted_expire(table, now, MODEL_LIMIT);
		for (i = 0; i < MODEL_WALLETS; i++) {
			if (models[i].offered && models[i].offered_until <= now)
				models[i].offered = 0;
			if (models[i].current && models[i].current_until <= now)
				models[i].current = 0;
		}
		return 0;
	}
}

static void test_model(void)
{
	struct vg_siphash_key key = { 1, 2 };
	struct model models[MODEL_WALLETS] = { { 0 } };
	struct greeted_table *table;
	u32 step, wrong = 0;
	u64 dice = 7;

	if (greeted_new(MODEL_LIMIT, MODEL_SILENCE, &key, &table))
		abort();
	for (step = 1; step <= 60000 && !wrong; step++) {
		wrong += model_step(table, models, &dice, step, (step * 0x9e3779b97f4a7c15ULL) | 1);
		if (step % 7 == 0)
			wrong += model_differs(table, models);
	}
	ktap_ok(!wrong, "the table does as its model does for 60000 steps (wrong at %u)", wrong ? step : 0);
	greeted_free(table);
}

int main(void)
{
	ktap_plan(0);
	if (sodium_init() < 0)
		return 1;
	test_replay();
	test_restart();
	test_keys();
	test_rate();
	test_sessions();
	test_full();
	test_model();
	return ktap_exit();
}
