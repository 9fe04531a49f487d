// SPDX-License-Identifier: GPL-2.0
/*
 * greet.c - sessions of handshakes: into the gate, proved, answered, revoked,
 * forgotten. See greet.h; hellos on their way here are greet_hello.c's.
 */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/gate_json.h"
#include "agent/greet_room.h"
#include "agent/handshake/cookie.h"
#include "agent/say.h"
#include "agent/secret_file.h"

#define GREET_WALLET_RATE 1 /* hellos per second of one wallet that was admitted before */
#define GREET_WALLET_BURST 5
#define GREET_GATE_MS 1000 /* how long the gate's answer to who it is holds: a module may be loaded anew */
#define GREET_TELL_MS 10000

static struct greeted_table *greet_table(const struct agent *agent)
{
	return agent->greet ? responder_table(agent->greet->responder) : NULL;
}

void greet_send(struct greet *greet, const struct greeted_path *path, const void *bytes, size_t len)
{
	if (datagram_send(action_port(greet->agent->action), DATAGRAM_HELLOS, path, bytes, len))
		greet->counts.unsent++;
}

/* --- a hello's judgement --- */

static int greet_admit(void *arg, const struct hello *hello, u64 now, struct responder_admitted *ret_admitted)
{
	struct greet *greet = arg;
	struct admission admission;
	int err = admission_judge(greet->agent, hello->credential, hello->signature, now, &admission);

	greet->reason = admission.reason;
	if (err)
		return err;
	memcpy(ret_admitted->wallet, admission.wallet, sizeof(ret_admitted->wallet));
	memcpy(ret_admitted->channel, admission.channel, sizeof(ret_admitted->channel));
	ret_admitted->expires = admission.expires;
	return 0;
}

static enum admission_reason greet_reason(const struct greet *greet, enum responder_outcome outcome)
{
	switch (outcome) {
	case RESPONDER_WELCOME:
		return ADMISSION_ADMITTED;
	case RESPONDER_OTHER_KEY:
		return ADMISSION_OTHER_KEY;
	case RESPONDER_STALE:
		return ADMISSION_STALE_HELLO;
	case RESPONDER_OVER_RATE:
		return ADMISSION_OVER_RATE;
	case RESPONDER_REFUSED:
		return greet->reason;
	case RESPONDER_NO_ROOM:
		return ADMISSION_NO_ROOM;
	default:
		return ADMISSION_BAD_HELLO;
	}
}

/* Grade, attestor and epoch as the gate has them now. */
static bool greet_ask_gate(struct greet *greet)
{
	struct agent *agent = greet->agent;
	struct gate_status status;

	if (agent->attest) {
		greet->gate.grade = VG_GRADE_PLAIN;
		greet->gate.epoch = attest_epoch(agent->attest);
		memcpy(greet->gate.attestor, attest_public_key(agent->attest), sizeof(greet->gate.attestor));
		return true;
	}
	if (greet->gate_asked_ms && agent_now_ms() - greet->gate_asked_ms < GREET_GATE_MS)
		return true;
	if (agent->gate->ops->status(agent->gate, &status))
		return false;
	greet->gate_asked_ms = agent_now_ms();
	greet->gate.grade = (u8)status.grade;
	greet->gate.epoch = status.epoch;
	memcpy(greet->gate.attestor, status.attestor, sizeof(greet->gate.attestor));
	return true;
}

static void greet_remove(struct greet *greet, u64 session)
{
	struct gate *gate = greet->agent->gate;

	if (session)
		gate->ops->session_remove(gate, session); /* it may have expired there: then it is gone already */
}

/* @offer's session into the gate and into the table, or into neither. */
static enum responder_outcome greet_bring_in(struct greet *greet, const struct responder_offer *offer, u64 now)
{
	struct gate_session session = { .id = offer->session.session, .expires = offer->session.expires };
	struct gate *gate = greet->agent->gate;
	enum responder_outcome outcome;
	u64 replaced;
	int err;

	memcpy(session.key, offer->session.keys.vid, sizeof(session.key));
	memcpy(session.commitment, offer->commitment, sizeof(session.commitment));
	err = gate->ops->session_add(gate, &session);
	sodium_memzero(&session, sizeof(session));
	if (err)
		return RESPONDER_NO_ROOM;
	outcome = responder_keep(greet->responder, offer, now, &replaced);
	greet_remove(greet, outcome == RESPONDER_WELCOME ? replaced : offer->session.session);
	return outcome;
}

void greet_judge(struct greet *greet, const struct datagram *hello)
{
	u64 now = ingress_now(greet->agent->ingress);
	enum responder_outcome outcome;
	struct responder_random random;
	struct responder_offer offer;

	greet->counts.judged++;
	if (!greet_ask_gate(greet)) {
		admission_count(greet->agent, ADMISSION_NO_ROOM);
		return;
	}
	randombytes_buf(&random, sizeof(random));
	outcome = responder_judge(greet->responder, &greet->gate, hello->bytes, now, agent_now_us() * 1000, &random,
				  &offer);
	offer.session.path = hello->path;
	if (outcome == RESPONDER_WELCOME)
		outcome = greet_bring_in(greet, &offer, now);
	admission_count(greet->agent, greet_reason(greet, outcome));
	if (outcome == RESPONDER_WELCOME) {
		greet->counts.welcomed++;
		greet_send(greet, &hello->path, offer.welcome, sizeof(offer.welcome));
	}
	sodium_memzero(&offer, sizeof(offer));
}

/* --- sessions --- */

static void greet_prove(struct greet *greet, u64 session)
{
	u64 old;

	greeted_prove(responder_table(greet->responder), session, &old);
	greet->counts.proven++;
	greet_remove(greet, old);
}

const struct greeted *greet_heard(struct agent *agent, u64 session, u64 sequence, const struct greeted_path *path)
{
	struct greeted *found = agent->greet ? greeted_find(greet_table(agent), session) : NULL;

	if (!found)
		return NULL;
	if (greeted_is_offer(greet_table(agent), session)) {
		greet_prove(agent->greet, session);
		found = greeted_find(greet_table(agent), session);
	}
	if (sequence > found->heard) {
		found->heard = sequence;
		found->path = *path;
	}
	return found;
}

/* No verdict speaks for a beacon, and the gate may be off an interface: its own count does. */
void greet_beacon(struct agent *agent, u64 session)
{
	struct gate_session known;

	if (!agent->greet || !greeted_is_offer(greet_table(agent), session))
		return;
	if (!agent->gate->ops->session_get(agent->gate, session, &known) && known.accepted)
		greet_prove(agent->greet, session);
}

int greet_answer(struct agent *agent, u64 session, const struct answer *answer)
{
	struct greeted *found = agent->greet ? greeted_find(greet_table(agent), session) : NULL;
	u8 vid[ANSWER_LEN_MAX];
	int len;

	if (!found || found->expires <= ingress_now(agent->ingress))
		return -ENOENT;
	len = answer_seal(&found->keys, found->answers + 1, answer, vid);
	if (len < 0)
		return len;
	found->answers++;
	agent->greet->counts.answers++;
	return datagram_send(action_port(agent->action), DATAGRAM_OTHERS, &found->path, vid, (size_t)len);
}

u32 greet_revoke(struct agent *agent, const u8 wallet[32])
{
	u64 sessions[2];
	u32 count, i;

	if (!agent->greet)
		return 0;
	count = greeted_of_wallet(greet_table(agent), wallet, sessions);
	for (i = 0; i < count; i++) {
		agent->gate->ops->session_revoke(agent->gate, sessions[i]);
		greeted_end(greet_table(agent), sessions[i]);
	}
	return count;
}

const struct greeted *greet_next(struct agent *agent, u32 *at)
{
	const struct greeted_wallet *wallet = agent->greet ? greeted_next(greet_table(agent), at) : NULL;

	if (!wallet)
		return NULL;
	return wallet->current.session ? &wallet->current : &wallet->offered;
}

/* --- by itself --- */

static void greet_tell(struct greet *greet)
{
	const struct admission_counts *counts = admission_counted(greet->agent);
	int reason;

	for (reason = ADMISSION_ADMITTED + 1; reason < ADMISSION_REASON_COUNT; reason++) {
		u64 more = counts->reasons[reason] - greet->told.reasons[reason];

		if (more)
			say_info("%llu hellos refused, %s: %s", (unsigned long long)more, admission_word(reason),
				 admission_sentence(reason));
	}
	greet->told = *counts;
	greet->told_ms = agent_now_ms();
}

/* The policy's, which may be set while the agent runs. */
static struct vg_budget_rate greet_source_rate(const struct agent *agent)
{
	return vg_budget_rate_of((u32)agent->policy.hello_rate, (u32)agent->policy.hello_burst);
}

void greet_tick(struct agent *agent)
{
	struct greet *greet = agent->greet;
	struct vg_budget_rate rate = greet_source_rate(agent);

	if (!greet)
		return;
	limiter_set_rate(greet->limiter, &rate);
	greet->counts.ended += greeted_expire(greet_table(agent), ingress_now(agent->ingress),
					      agent->config.handshake.wallets / 64 + 64);
	greet_hello_tick(greet);
	if (agent_now_ms() - greet->told_ms >= GREET_TELL_MS)
		greet_tell(greet);
}

/* --- opening --- */

static int greet_read_station(const char *text, u8 ret_station[32])
{
	size_t len = 0;

	memset(ret_station, 0, 32);
	if (!*text)
		return 0;
	return sodium_hex2bin(ret_station, 32, text, strlen(text), NULL, &len, NULL) || len != 32 ? -EINVAL : 0;
}

static int greet_open_responder(struct greet *greet, struct secret_file_error *ret_error)
{
	const struct config_handshake_section *section = &greet->agent->config.handshake;
	struct responder_options options = {
		.life_us = (u64)section->session_life_s * 1000000,
		.skew_us = (u64)section->skew_ms * 1000,
		.since = ingress_now(greet->agent->ingress),
		.wallet_rate = vg_budget_rate_of(GREET_WALLET_RATE, GREET_WALLET_BURST),
		.wallets = section->wallets,
		.admit = greet_admit,
		.arg = greet,
	};
	char path[CONFIG_TEXT_MAX + 32];
	int err;

	if (*section->key)
		snprintf(path, sizeof(path), "%s", section->key);
	else
		snprintf(path, sizeof(path), "%s/handshake.key", greet->agent->config.state_dir);
	randombytes_buf(&options.hash_key, sizeof(options.hash_key));
	err = secret_file_open(path, "handshake key", options.secret, sizeof(options.secret), ret_error);
	if (err)
		return err;
	err = responder_new(&options, &greet->responder);
	sodium_memzero(&options, sizeof(options));
	if (err)
		snprintf(ret_error->text, sizeof(ret_error->text), "Cannot answer hellos with the key %s: %s.", path,
			 strerror(-err));
	return err;
}

static int greet_open_parts(struct greet *greet, struct secret_file_error *ret_error)
{
	const struct config_handshake_section *section = &greet->agent->config.handshake;
	struct vg_budget_rate rate = greet_source_rate(greet->agent);
	struct vg_siphash_key key;
	int err;

	if (greet_read_station(section->station, greet->gate.station)) {
		snprintf(
			ret_error->text, sizeof(ret_error->text),
			"station = %.80s in [handshake] is no station's id: 64 hex digits, as 'station register' says.",
			section->station);
		return -EINVAL;
	}
	err = greet_open_responder(greet, ret_error);
	if (err)
		return err;
	snprintf(ret_error->text, sizeof(ret_error->text), "Cannot answer hellos: no memory, or no XDP program.");
	randombytes_buf(&key, sizeof(key));
	err = limiter_new(section->sources, &rate, &key, &greet->limiter);
	cookie_key(responder_public_key(greet->responder), greet->cookie_key);
	greet->cookie_rate = vg_budget_rate_of(section->cookies, section->cookies / 10 + 1);
	greet->work_rate = vg_budget_rate_of(section->hellos, section->hellos / 20 + 4);
	if (!err)
		err = greet_hello_open(greet);
	if (!err)
		err = ingress_set_asked_rate(greet->agent->ingress, section->cookies);
	if (!err)
		err = ingress_set_handshake_key(greet->agent->ingress, responder_public_key(greet->responder));
	return err;
}

int greet_open(struct agent *agent)
{
	u32 size = agent->config.handshake.queue;
	struct secret_file_error error;
	char key[2 * NOISE_KEY_LEN + 1];
	struct greet *greet;

	if (!agent->config.handshake.enable || !agent->node) {
		if (agent->config.handshake.enable)
			say_info("Hellos are not answered: without a ledger ([node] listen) nobody can be admitted.");
		return 0;
	}
	greet = calloc(1, sizeof(*greet) + size * sizeof(struct datagram));
	if (!greet)
		return AGENT_EXIT_REFUSED;
	greet->agent = agent;
	greet->size = size;
	agent->greet = greet;
	if (greet_open_parts(greet, &error)) {
		say_error("%s", error.text);
		return AGENT_EXIT_REFUSED;
	}
	sodium_bin2hex(key, sizeof(key), responder_public_key(greet->responder), NOISE_KEY_LEN);
	say_info("Hellos are answered; vehicles know this gateway by the key %s.", key);
	return 0;
}

void greet_close(struct agent *agent)
{
	struct greet *greet = agent->greet;

	if (!greet)
		return;
	greet_hello_close(greet);
	limiter_free(greet->limiter);
	responder_free(greet->responder);
	sodium_memzero(greet, sizeof(*greet));
	free(greet);
	agent->greet = NULL;
}

bool greet_counted(const struct agent *agent, struct greet_counts *ret_counts)
{
	const struct greet *greet = agent->greet;

	if (!greet)
		return false;
	*ret_counts = greet->counts;
	ret_counts->wallets = greeted_wallets(greet_table(agent));
	ret_counts->sessions = greeted_sessions(greet_table(agent));
	ret_counts->queued = greet->count;
	ret_counts->under_load = greet->loaded;
	return true;
}

json_t *greet_json(const struct agent *agent)
{
	json_t *object, *refused;
	struct greet_counts counts;
	int reason;

	if (!greet_counted(agent, &counts))
		return json_null();
	object = json_object();
	gate_json_put_hex(object, "key", responder_public_key(agent->greet->responder), NOISE_KEY_LEN);
	json_object_set_new(object, "wallets", json_integer(counts.wallets));
	json_object_set_new(object, "sessions", json_integer(counts.sessions));
	json_object_set_new(object, "queued", json_integer(counts.queued));
	json_object_set_new(object, "under_load", json_boolean(counts.under_load));
#define GREET_COUNT(name, word, help) json_object_set_new(object, word, json_integer((json_int_t)counts.name));
	GREET_COUNTS(GREET_COUNT)
#undef GREET_COUNT
	refused = json_object();
	for (reason = ADMISSION_ADMITTED + 1; reason < ADMISSION_REASON_COUNT; reason++)
		json_object_set_new(refused, admission_word(reason),
				    json_integer((json_int_t)admission_counted(agent)->reasons[reason]));
	json_object_set_new(object, "refused", refused);
	return object;
}
