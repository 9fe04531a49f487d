// SPDX-License-Identifier: GPL-2.0
/* misbehaviour_test.c - what suspends an account: two statements that its wallet signed itself, and a policy. Nothing
 * that others send in its name does. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "agent/contract/statement.h"
#include "tests/contract/chain_stage.h"
#include "tests/contract/session_stage.h"
#include "tests/ktap.h"
#include "voltgate/alarm.h"
#include "voltgate/reason.h"

#define MINUTE (60 * WORLD_SECOND)

static bool refused(int got, int wanted, const char *words)
{
	bool right = got == wanted && strstr(stage.output.refusal, words);

	if (!right)
		printf("# got %d: %s\n", got, stage.output.refusal);
	return right;
}

static bool active(const struct stage_client *client)
{
	QUERY("account.show", client->hex);
	return !strcmp(stage_text("state"), "active");
}

/* --- statements --- */

struct spoken {
	struct mandate mandate;
	u8 attestor[32];
	u64 epoch, session;
	u8 hash[32];
	char text[2 * STATEMENT_LEN + 1];
};

/* @by signs it for @wallet's name. */
static void speak(struct spoken *spoken, const struct world_key *wallet, const struct world_key *by)
{
	struct mandate_scope scope = { stage.world.channel, wallet->public, spoken->attestor, spoken->epoch,
				       spoken->session };
	u8 bytes[STATEMENT_LEN], signature[64];
	struct writer writer;

	mandate_hash(&scope, &spoken->mandate, spoken->hash);
	world_sign(by, spoken->hash, 32, signature);
	writer_init(&writer, bytes, sizeof(bytes));
	writer_bytes(&writer, spoken->attestor, 32);
	writer_u64(&writer, spoken->epoch);
	writer_u64(&writer, spoken->session);
	mandate_encode(&writer, &spoken->mandate);
	writer_bytes(&writer, signature, sizeof(signature));
	sodium_bin2hex(spoken->text, sizeof(spoken->text), bytes, sizeof(bytes));
}

static struct spoken statement(const struct world_key *wallet, u64 nonce, u64 session, const char *station, u64 issued)
{
	struct spoken spoken = { .session = session, .epoch = WORLD_START };

	memcpy(spoken.attestor, stage.world.attestor.public, 32);
	spoken.mandate = (struct mandate){ .tariff = 1,
					   .price = 5000,
					   .energy = 50000,
					   .nonce = nonce,
					   .issued = issued,
					   .expires = issued + 60 * MINUTE };
	if (station)
		sodium_hex2bin(spoken.mandate.station, 32, station, 64, NULL, NULL, NULL);
	speak(&spoken, wallet, wallet);
	return spoken;
}

static void nonces(void)
{
	struct stage_client *liar = stage_enrol("two tongues", 0, CREDENTIAL_CLIENT);
	struct spoken one, other, third;
	u64 now = stage.world.time;

	DO(liar, "account.register");
	one = statement(&liar->key, 5, 71, NULL, now);
	other = statement(&liar->key, 5, 72, NULL, now);
	third = statement(&liar->key, 6, 73, NULL, now);
	ktap_ok(refused(DO(stage.other, "misbehaviour.conflict", liar->hex, one.text, one.text), -EINVAL,
			"one mandate"),
		"one statement twice is no conflict: %s", stage.output.refusal);
	ktap_ok(refused(DO(stage.other, "misbehaviour.conflict", liar->hex, one.text, third.text), -EINVAL,
			"different nonces"),
		"nor are two nonces: %s", stage.output.refusal);
	ktap_ok(!DO(stage.other, "misbehaviour.conflict", liar->hex, one.text, other.text) &&
			!strcmp(stage_text("conflict"), "nonce"),
		"one nonce, two mandates: reported by another organisation's wallet: %s", stage.output.refusal);
	ktap_ok(active(liar), "without a policy the account goes on");
	ktap_ok(refused(DO(stage.other, "misbehaviour.conflict", liar->hex, other.text, one.text), -EALREADY,
			"already"),
		"the pair the other way round: %s", stage.output.refusal);
	ktap_ok(refused(DO(liar, "misbehaviour.policy", "both"), -EACCES, "administrators"),
		"a wallet sets no policy: %s", stage.output.refusal);
	ktap_ok(refused(DO(stage.administrator[0], "misbehaviour.policy", "all"), -EINVAL, "none, nonce"),
		"a word that is none: %s", stage.output.refusal);
	ktap_ok(!DO(stage.administrator[1], "misbehaviour.policy", "both"), "another organisation's policy is both");
	third = statement(&liar->key, 5, 74, NULL, now);
	DO(stage.other, "misbehaviour.conflict", liar->hex, one.text, third.text);
	ktap_ok(active(liar), "which does not concern this account");
	ktap_ok(!DO(stage.administrator[0], "misbehaviour.policy", "place"), "its own organisation's is place");
	third = statement(&liar->key, 5, 75, NULL, now);
	DO(stage.other, "misbehaviour.conflict", liar->hex, one.text, third.text);
	ktap_ok(active(liar), "which a nonce does not meet");
	ktap_ok(!DO(stage.administrator[0], "misbehaviour.policy", "nonce"), "now it is nonce");
	third = statement(&liar->key, 5, 76, NULL, now);
	ktap_ok(!DO(stage.other, "misbehaviour.conflict", liar->hex, one.text, third.text) && !active(liar),
		"the next conflict suspends: %s", stage.output.refusal);
	QUERY("misbehaviour.show", liar->hex);
	ktap_ok(!strcmp(stage_text("state"), "suspended") && !strcmp(stage_text("suspends"), "nonce"),
		"misbehaviour.show: %.*s", 120, stage.output.result.bytes);
}

/* --- places --- */

/* Argument PRESENCE of charger 1 at @station for @spoken's session at @time. */
static const char *presence(const char *station_name, const char *station, const struct spoken *spoken, u64 time)
{
	struct stage_reading reading =
		stage_reading(station_name, station, 1, stage_hex(spoken->hash, 32), 0, 1000, time);
	u8 bytes[STATEMENT_PRESENCE_LEN];
	struct writer writer;

	writer_init(&writer, bytes, sizeof(bytes));
	writer_u16(&writer, 1);
	writer_u64(&writer, 1000);
	writer_u64(&writer, time);
	sodium_hex2bin(bytes + 18, 64, reading.signature, 128, NULL, NULL, NULL);
	return stage_hex(bytes, sizeof(bytes));
}

static void station_at(const char *name, const char *latitude, const char *longitude, char ret_id[65])
{
	struct world_key meter;
	char key[96], charger[128];

	snprintf(key, sizeof(key), "%s-meter1", name);
	meter = world_key(key);
	snprintf(charger, sizeof(charger), "%s:50000:1000", stage_hex(meter.public, 32));
	ktap_ok(!DO(stage.administrator[0], "station.register", name,
		    stage_hex(stage.world.membership.nodes[0].key, 32), latitude, longitude, "0:3000+2000", charger),
		"station %s at %s %s: %s", name, latitude, longitude, stage.output.refusal);
	snprintf(ret_id, 65, "%s", stage_text("station"));
}

static void places(void)
{
	struct stage_client *clone = stage_enrol("cloned", 0, CREDENTIAL_CLIENT);
	char north[65], south[65];
	struct spoken one, other;
	u64 now = stage.world.time;

	DO(clone, "account.register");
	DO(stage.administrator[0], "misbehaviour.policy", "both");
	station_at("north", "40000000", "116000000", north);
	station_at("south", "39000000", "116000000", south); /* 111 km: 26.7 min at 250 km/h */
	one = statement(&clone->key, 1, 81, north, now);
	other = statement(&clone->key, 2, 82, south, now + 26 * MINUTE);
	ktap_ok(refused(DO(stage.other, "misbehaviour.conflict", clone->hex, one.text, other.text), -EINVAL,
			"nothing shows"),
		"two mandates alone place nobody: %s", stage.output.refusal);
	ktap_ok(refused(DO(stage.other, "misbehaviour.conflict", clone->hex, one.text, other.text,
			   presence("north", north, &one, now)),
			-EINVAL, "go together"),
		"one place alone: %s", stage.output.refusal);
	ktap_ok(refused(DO(stage.other, "misbehaviour.conflict", clone->hex, one.text, other.text,
			   presence("north", north, &one, now), presence("north", south, &other, now + 26 * MINUTE)),
			-EACCES, "meter did not sign"),
		"a place that its meter did not sign: %s", stage.output.refusal);
	ktap_ok(refused(DO(stage.other, "misbehaviour.conflict", clone->hex, one.text, other.text,
			   presence("north", north, &other, now), presence("south", south, &other, now + 26 * MINUTE)),
			-EACCES, "meter did not sign"),
		"a start of another session");
	ktap_ok(refused(DO(stage.other, "misbehaviour.conflict", clone->hex, one.text, other.text,
			   presence("north", north, &one, now), presence("south", south, &other, now + 27 * MINUTE)),
			-EINVAL, "can have come"),
		"27 minutes for 111 km: %s", stage.output.refusal);
	ktap_ok(active(clone), "so far the account goes on");
	ktap_ok(!DO(stage.other, "misbehaviour.conflict", clone->hex, one.text, other.text,
		    presence("north", north, &one, now), presence("south", south, &other, now + 26 * MINUTE)) &&
			!strcmp(stage_text("conflict"), "place") && !active(clone),
		"26 minutes: in two places at once, suspended: %s", stage.output.refusal);
}

/* One key in two vehicles, each at a gateway of its own: the ledger's sessions show it. */
static void travels(void)
{
	struct stage_client *twins = stage_enrol("twins", 0, CREDENTIAL_CLIENT);
	struct drive drive = { twins, "oslo", "", "", 1, 1, 0, 5000, 50000 };
	char home[65];
	json_t *array;

	DO(twins, "account.register");
	DO(stage.administrator[0], "account.deposit", twins->hex, "1000000");
	station_at("oslo", "59900000", "10700000", drive.station);
	memcpy(home, drive.station, sizeof(home));
	drive_start(&drive, 1000, stage.world.time + WORLD_SECOND, true);
	drive_meter(&drive, "session.stop", 1, 1500, stage.world.time + MINUTE, true);
	drive_start(&drive, 1500, stage.world.time + MINUTE, true);
	drive_meter(&drive, "session.stop", 1, 2000, stage.world.time + MINUTE, true);
	ktap_ok(!QUERY("misbehaviour.travel", twins->hex) && !strncmp((const char *)stage.output.result.bytes, "[]", 2),
		"two sessions at one station: nothing: %s", stage.output.refusal);
	drive.station_name = "bergen"; /* 305 km: 73 minutes at 250 km/h */
	station_at("bergen", "60400000", "5300000", drive.station);
	ktap_ok(!drive_start(&drive, 1000, stage.world.time + 60 * MINUTE, true), "an hour later far away: %s",
		stage.output.refusal);
	QUERY("misbehaviour.travel", twins->hex);
	array = stage_json();
	ktap_ok(json_array_size(array) == 1 &&
			json_integer_value(json_object_get(json_array_get(array, 0), "distance")) / 10000 == 30,
		"one id at two places is found across gateways: %.*s", 200, stage.output.result.bytes);
	json_decref(array);
	drive_meter(&drive, "session.stop", 1, 1500, stage.world.time + MINUTE, true);
	/* Three hours are enough for the way back: that is no second pair. */
	drive.station_name = "oslo";
	memcpy(drive.station, home, sizeof(home));
	drive_until(stage.world.time + 90 * MINUTE);
	drive_until(stage.world.time + 90 * MINUTE);
	ktap_ok(!drive_start(&drive, 2000, stage.world.time, true), "back three hours later: %s", stage.output.refusal);
	drive_meter(&drive, "session.stop", 1, 2500, stage.world.time + MINUTE, true);
	QUERY("misbehaviour.travel", twins->hex);
	array = stage_json();
	ktap_ok(json_array_size(array) == 1 && active(twins),
		"still so once it is billed and the vehicle is back; and nobody is suspended by it");
	json_decref(array);
}

/* What the wallet itself signed apart in time counts too: the longer of the two times is taken. */
static void patient(void)
{
	struct stage_client *traveller = stage_enrol("traveller", 0, CREDENTIAL_CLIENT);
	char east[65], west[65];
	struct spoken one, other;
	u64 now = stage.world.time;

	DO(traveller, "account.register");
	station_at("east", "31000000", "121000000", east);
	station_at("west", "31000000", "119000000", west);
	one = statement(&traveller->key, 1, 91, east, now);
	other = statement(&traveller->key, 2, 92, west, now + 60 * MINUTE);
	ktap_ok(refused(DO(stage.other, "misbehaviour.conflict", traveller->hex, one.text, other.text,
			   presence("east", east, &one, now), presence("west", west, &other, now + MINUTE)),
			-EINVAL, "can have come") &&
			active(traveller),
		"meters whose clocks differ place nobody whose mandates lie an hour apart");
}

/* --- what others do in a wallet's name --- */

/* Every bit of a statement matters: who cannot sign for the wallet cannot make one. */
static void victim_of_forged_traffic_is_never_suspended(void)
{
	struct stage_client *victim = stage_enrol("victim", 0, CREDENTIAL_CLIENT);
	struct world_key forger = world_key("forger");
	u64 now = stage.world.time;
	struct spoken one, other;
	u32 passed = 0, at;

	DO(victim, "account.register");
	one = statement(&victim->key, 5, 1, NULL, now);
	other = one;
	other.session = 2;
	speak(&other, &victim->key, &forger);
	ktap_ok(refused(DO(stage.other, "misbehaviour.conflict", victim->hex, one.text, other.text), -EACCES,
			"did not sign OTHER_STATEMENT"),
		"a mandate that a forger signed: %s", stage.output.refusal);
	for (at = 0; at < 2 * STATEMENT_LEN; at++) {
		other = one;
		other.text[at] = other.text[at] == '0' ? '1' : '0';
		passed += !SIMULATE(stage.other, "misbehaviour.conflict", victim->hex, one.text, other.text);
	}
	ktap_ok(!passed, "each of a statement's %u digits matters", 2 * STATEMENT_LEN);
	ktap_ok(active(victim), "victim of forged traffic is never suspended");
}

/* Replays bring the same statement again, from wherever they come: there is no second one. */
static void victim_of_replayed_traffic_is_never_suspended(void)
{
	struct stage_client *victim = stage_enrol("replayed", 0, CREDENTIAL_CLIENT);
	struct spoken one = statement(&victim->key, 5, 1, NULL, stage.world.time), elsewhere = one;

	DO(victim, "account.register");
	ktap_ok(DO(stage.other, "misbehaviour.conflict", victim->hex, one.text, one.text) == -EINVAL,
		"the same statement: %s", stage.output.refusal);
	/* The signature with another gate session, epoch or attestor put before it. */
	sodium_bin2hex(elsewhere.text, 65, stage.world.node[1].public, 32);
	elsewhere.text[64] = one.text[64];
	ktap_ok(DO(stage.other, "misbehaviour.conflict", victim->hex, one.text, elsewhere.text) == -EACCES,
		"said to be of another gate: %s", stage.output.refusal);
	ktap_ok(active(victim), "victim of replayed traffic is never suspended");
}

/* A relay carries packets of the vehicle to a far gate: refusals there are alarms, and alarms suspend nobody. */
static void victim_of_relayed_traffic_is_never_suspended(void)
{
	struct stage_client *victim = stage_enrol("relayed", 0, CREDENTIAL_CLIENT);
	struct chain_texts texts;
	struct chain_batch batch;
	u32 counted = 0, i;

	DO(victim, "account.register");
	for (i = 0; i < 30; i++) {
		batch = chain_batch(100 + i, 3, i % 2 ? VG_FORGED : VG_REPLAYED, 1000000);
		texts = chain_seal(&batch);
		counted += !DO(stage.other, "misbehaviour.alarms", texts.proof);
	}
	ktap_ok(counted == 30, "30 alarms of a million packets each are counted: %s", stage.output.refusal);
	ktap_ok(active(victim), "victim of relayed traffic is never suspended");
}

/* --- alarms --- */

static json_int_t gate_count(const char *reason, const char *member)
{
	json_t *array, *object;
	json_int_t number = -1;
	size_t i;

	QUERY("misbehaviour.gates");
	array = stage_json();
	json_array_foreach (array, i, object)
		if (!strcmp(json_string_value(json_object_get(object, "reason")), reason))
			number = json_integer_value(json_object_get(object, member));
	json_decref(array);
	return number;
}

static int alarmed(struct chain_batch *batch)
{
	return DO(stage.wallet, "misbehaviour.alarms", chain_seal(batch).proof);
}

static void alarms(void)
{
	struct world_key stranger = world_key("stranger");
	struct chain_batch batch = chain_batch(500, 2, VG_STALE, 17);
	char spoiled[2 * EVIDENCE_RECORD_MAX + 1];

	ktap_ok(gate_count("forged", "packets") == 15000000 && gate_count("forged", "alarms") == 15,
		"a gate's forged packets and alarms are counted");
	ktap_ok(!alarmed(&batch) && gate_count("stale", "packets") == 17, "17 stale: %s", stage.output.refusal);
	ktap_ok(refused(alarmed(&batch), -EALREADY, "counted already"), "the same alarm: %s", stage.output.refusal);
	batch = chain_batch(500, 1, VG_STALE, 17);
	ktap_ok(refused(alarmed(&batch), -EALREADY, "later one"), "one before it");
	batch = chain_batch(500, 3, VG_STALE, 3);
	ktap_ok(!alarmed(&batch) && gate_count("stale", "packets") == 20, "the next of its batch");
	batch = chain_batch(501, 1, VG_STALE, 1);
	batch.verdict.record.kind = VG_RECORD_ACTION;
	ktap_ok(refused(alarmed(&batch), -EINVAL, "not of an alarm"), "an action is no alarm: %s",
		stage.output.refusal);
	batch = chain_batch(501, 1, VG_ACCEPTED, 1);
	ktap_ok(refused(alarmed(&batch), -EINVAL, "not of an alarm"), "nor what was accepted");
	batch = chain_batch(501, 1, VG_REASON_COUNT, 1);
	ktap_ok(refused(alarmed(&batch), -EINVAL, "not of an alarm"), "nor a reason that does not exist");
	batch = chain_batch(501, 1, VG_STALE, 1);
	batch.verdict.record.flags = VG_RECORD_FLAG_TEST_CLOCK;
	ktap_ok(refused(alarmed(&batch), -EINVAL, "test clock"), "a test clock: %s", stage.output.refusal);
	batch = chain_batch(501, 1, VG_STALE, 1);
	batch.verdict.attestor = &stranger;
	memcpy(batch.verdict.head.attestor, stranger.public, 32);
	ktap_ok(refused(alarmed(&batch), -EACCES, "No organisation"), "a gate that nobody enrolled: %s",
		stage.output.refusal);
	batch = chain_batch(501, 1, VG_STALE, 1);
	strcpy(spoiled, chain_seal(&batch).proof);
	spoiled[2 * (136 + 64 + 2 + 16)] ^= 1; /* the record's time */
	ktap_ok(refused(SIMULATE(stage.wallet, "misbehaviour.alarms", spoiled), -EACCES, "root"),
		"an altered record: %s", stage.output.refusal);
	ktap_ok(SIMULATE(stage.wallet, "misbehaviour.alarms", "") == -EINVAL &&
			SIMULATE(stage.wallet, "misbehaviour.alarms", "00ff") == -EINVAL,
		"bytes that are none: %s", stage.output.refusal);
}

static void aggregates(void)
{
	struct chain_batch batch = chain_batch(600, 2, VG_FORGED, 44);
	char text[2 * sizeof(struct vg_alarm) + 1];
	struct chain_texts texts;
	struct vg_alarm alarm;

	memset(&alarm, 0, sizeof(alarm));
	alarm.key.session = batch.verdict.record.session;
	alarm.key.reason = vg_be32(VG_FORGED);
	alarm.state.count = vg_be64(44);
	crypto_hash_sha256(batch.verdict.record.digest, (const u8 *)&alarm, sizeof(alarm));
	texts = chain_seal(&batch);
	alarm.state.first = 1;
	sodium_bin2hex(text, sizeof(text), (const u8 *)&alarm, sizeof(alarm));
	ktap_ok(refused(SIMULATE(stage.wallet, "misbehaviour.alarms", texts.proof, text), -EINVAL,
			"not what the alarm"),
		"another aggregate: %s", stage.output.refusal);
	alarm.state.first = 0;
	sodium_bin2hex(text, sizeof(text), (const u8 *)&alarm, sizeof(alarm));
	ktap_ok(!DO(stage.wallet, "misbehaviour.alarms", texts.proof, text), "the right one: %s", stage.output.refusal);
}

int main(void)
{
	ktap_plan(0);
	stage_open();
	DO(stage.wallet, "account.register");
	nonces();
	places();
	patient();
	travels();
	victim_of_forged_traffic_is_never_suspended();
	victim_of_replayed_traffic_is_never_suspended();
	victim_of_relayed_traffic_is_never_suspended();
	alarms();
	aggregates();
	stage_close();
	return ktap_exit();
}
