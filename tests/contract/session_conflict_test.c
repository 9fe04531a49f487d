// SPDX-License-Identifier: GPL-2.0
/*
 * session_conflict_test.c - what happens when two requests are endorsed on the
 * same state and meet in one block; and that a thousand vehicles at ten stations do not.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/contract/session_stage.h"
#include "tests/ktap.h"

#define MINUTE (60 * WORLD_SECOND)
#define VEHICLES 1040 /* more than a read set holds keys: queries must not be held to that */
#define STATIONS 10
#define CHARGERS (VEHICLES / STATIONS)

static u64 now(void)
{
	return stage.world.time;
}

static enum ledger_outcome outcome(u32 index)
{
	return stage.world.result->outcomes[index];
}

static s64 balance(const struct stage_client *client)
{
	QUERY("account.show", client->hex);
	return stage_number("balance");
}

static s64 credit_sum(const struct stage_client *client)
{
	u8 key[64];
	struct writer writer;

	writer_init(&writer, key, sizeof(key));
	writer_u8(&writer, 'k');
	writer_bytes(&writer, CHARGING_NAME, sizeof(CHARGING_NAME));
	writer_u8(&writer, 'c');
	writer_bytes(&writer, client->key.public, 32);
	return world_counter(&stage.world, (struct span){ key, writer_len(&writer) });
}

/* Sets a wallet's balance by depositing or withdrawing the difference. */
static void balance_set(const struct stage_client *client, u32 organisation, s64 wanted)
{
	s64 have = balance(client);

	if (have != wanted)
		DO(stage.administrator[organisation], have < wanted ? "account.deposit" : "account.withdraw",
		   client->hex, stage_decimal(have < wanted ? wanted - have : have - wanted));
}

/* --- places --- */

static void one_charger(void)
{
	struct drive one = drive_to(stage.wallet, "one charger"), other = one;
	int results[2];

	other.client = stage.other;
	results[0] = drive_start(&one, 1000, now(), false);
	stage_order(one.client);
	results[1] = drive_start(&other, 1000, now(), false);
	stage_order(other.client);
	stage_block(WORLD_SECOND);
	ktap_ok(!results[0] && !results[1] && outcome(0) == LEDGER_VALID && outcome(1) == LEDGER_CONFLICT,
		"two vehicles, one charger: the first in the block has it, the other conflicts");
	ktap_ok(drive_start(&other, 1000, now(), false) == -EBUSY, "and is told so when it tries again: %s",
		stage.output.refusal);
	drive_meter(&one, "session.stop", 1, 1000, now() + MINUTE, true);
	results[0] = SIMULATE(stage.wallet, "session.reserve", one.station, "1");
	stage_order(stage.wallet);
	results[1] = SIMULATE(stage.other, "session.reserve", one.station, "1");
	stage_order(stage.other);
	stage_block(WORLD_SECOND);
	ktap_ok(!results[0] && !results[1] && outcome(0) == LEDGER_VALID && outcome(1) == LEDGER_CONFLICT,
		"double reservation: the same");
	DO(stage.wallet, "session.cancel");
	results[0] = SIMULATE(stage.wallet, "session.reserve", one.station, "1");
	stage_order(stage.wallet);
	results[1] = SIMULATE(stage.wallet, "session.reserve", one.station, "2");
	stage_order(stage.wallet);
	stage_block(WORLD_SECOND);
	ktap_ok(!results[0] && !results[1] && outcome(0) == LEDGER_VALID && outcome(1) == LEDGER_CONFLICT,
		"one wallet, two reservations: it gets one");
	DO(stage.wallet, "session.cancel");
}

/* What an operator or administrator decides, against a start endorsed before it. */
static void decisions(void)
{
	static const char *const what[] = { "station.tariff", "station.status", "station.status", "account.suspend" };
	struct drive drive = drive_to(stage.wallet, "decisions");
	const char *arguments[4][3] = { { drive.station, "2", "0:1+1" },
					{ drive.station, "closed", "1" },
					{ drive.station, "closed", NULL },
					{ stage.wallet->hex, "test", NULL } };
	u32 i;

	for (i = 0; i < 4; i++) {
		stage_simulate(stage.administrator[0], what[i], arguments[i], arguments[i][2] ? 3 : 2);
		stage_order(stage.administrator[0]);
		drive_start(&drive, 1000, now(), false);
		stage_order(drive.client);
		stage_block(WORLD_SECOND);
		ktap_ok(outcome(0) == LEDGER_VALID && outcome(1) == LEDGER_CONFLICT, "%s before a start: it conflicts",
			what[i]);
		drive.tariff = 2;
		DO(stage.administrator[0], "station.status", drive.station, "open", "1");
		DO(stage.administrator[0], "station.status", drive.station, "open");
	}
	DO(stage.administrator[0], "account.reinstate", stage.wallet->hex);
}

/* --- money --- */

static void stop_against_deposit(void)
{
	struct drive drive = drive_to(stage.wallet, "deposit");
	s64 credit = credit_sum(stage.wallet);

	balance_set(stage.wallet, 0, 10000);
	drive_start(&drive, 1000, now(), true);
	SIMULATE(stage.administrator[0], "account.deposit", stage.wallet->hex, "500");
	stage_order(stage.administrator[0]);
	drive_until(now() + MINUTE); /* the deposit goes ahead alone; the next is beside the stop */
	drive_meter(&drive, "session.stop", 1, 2000, now(), false);
	stage_order(stage.wallet);
	SIMULATE(stage.administrator[0], "account.deposit", stage.wallet->hex, "500");
	stage_order(stage.administrator[0]);
	stage_block(WORLD_SECOND);
	ktap_ok(outcome(0) == LEDGER_VALID && outcome(1) == LEDGER_VALID && balance(stage.wallet) == 6000,
		"stop against deposit, enough money: both are valid");
	ktap_ok(credit_sum(stage.wallet) == credit + 1, "and a point is counted");
	balance_set(stage.wallet, 0, 4999);
	drive_start(&drive, 2000, now(), true);
	drive_until(now() + MINUTE);
	SIMULATE(stage.administrator[0], "account.deposit", stage.wallet->hex, "1");
	stage_order(stage.administrator[0]);
	drive_meter(&drive, "session.stop", 1, 3000, now(), false);
	stage_order(stage.wallet);
	stage_block(WORLD_SECOND);
	ktap_ok(outcome(0) == LEDGER_VALID && outcome(1) == LEDGER_CONFLICT,
		"too little, but a deposit came before it in the block: the stop conflicts");
	ktap_ok(!drive_meter(&drive, "session.stop", 1, 3000, now() - WORLD_SECOND, true) &&
			!strcmp(stage_text("state"), "paid") && balance(stage.wallet) == 0,
		"tried again it is paid to the last coin");
	ktap_ok(credit_sum(stage.wallet) == credit + 2, "and no point was taken");
}

static void stop_against_withdrawal(void)
{
	struct drive drive = drive_to(stage.wallet, "withdrawal");
	s64 credit;

	balance_set(stage.wallet, 0, 6000);
	credit = credit_sum(stage.wallet);
	drive_start(&drive, 1000, now(), true);
	drive_until(now() + MINUTE);
	SIMULATE(stage.administrator[0], "account.withdraw", stage.wallet->hex, "1001");
	stage_order(stage.administrator[0]);
	drive_meter(&drive, "session.stop", 1, 2000, now(), false);
	stage_order(stage.wallet);
	stage_block(WORLD_SECOND);
	ktap_ok(outcome(0) == LEDGER_VALID && outcome(1) == LEDGER_OUT_OF_RANGE && balance(stage.wallet) == 4999,
		"stop against withdrawal: the fee no longer fits and nothing of the stop happens");
	ktap_ok(!drive_meter(&drive, "session.stop", 1, 2000, now() - WORLD_SECOND, true) &&
			!strcmp(stage_text("state"), "unpaid") && balance(stage.wallet) == 4999 &&
			credit_sum(stage.wallet) == credit - 1,
		"tried again it moves nothing and takes a point");
	DO(stage.administrator[0], "account.deposit", stage.wallet->hex, "10000");
	SIMULATE(stage.wallet, "settlement.pay", drive.session);
	stage_order(stage.wallet);
	SIMULATE(stage.wallet, "settlement.pay", drive.session);
	stage_order(stage.wallet);
	stage_block(WORLD_SECOND);
	ktap_ok(outcome(0) == LEDGER_VALID && outcome(1) == LEDGER_CONFLICT && balance(stage.wallet) == 9999 &&
			credit_sum(stage.wallet) == credit,
		"a debt paid twice in one block: once");
}

static void withdrawals(void)
{
	u32 i;

	balance_set(stage.wallet, 0, 1000);
	for (i = 0; i < 3; i++) {
		SIMULATE(stage.administrator[0], "account.withdraw", stage.wallet->hex, "400");
		stage_order(stage.administrator[0]);
	}
	stage_block(WORLD_SECOND);
	ktap_ok(outcome(0) == LEDGER_VALID && outcome(1) == LEDGER_VALID && outcome(2) == LEDGER_OUT_OF_RANGE &&
			balance(stage.wallet) == 200,
		"three withdrawals where money is for two: no balance falls below zero");
}

static void notes(void)
{
	struct drive drive = drive_to(stage.wallet, "notes");
	const char *number;
	u32 i;

	balance_set(stage.wallet, 0, 10000);
	drive_start(&drive, 1000, now(), true);
	drive_meter(&drive, "session.stop", 1, 2000, now() + MINUTE, true);
	number = stage_decimal(stage_number("bill"));
	for (i = 0; i < 2; i++) {
		SIMULATE(stage.administrator[0], "note.issue", stage.wallet->hex, number, "3000", "cable was bad");
		stage_order(stage.administrator[0]);
	}
	stage_block(WORLD_SECOND);
	ktap_ok(outcome(0) == LEDGER_VALID && outcome(1) == LEDGER_CONFLICT && balance(stage.wallet) == 8000,
		"two notes that together are more than the bill: one");
}

static void close_against_stop(void)
{
	struct drive drive = drive_to(stage.wallet, "close");

	drive_start(&drive, 1000, now(), true);
	stage_block(3700 * WORLD_SECOND);
	SIMULATE(stage.administrator[0], "session.close", drive.session);
	stage_order(stage.administrator[0]);
	drive_meter(&drive, "session.stop", 1, 2000, now(), false);
	stage_order(stage.wallet);
	stage_block(WORLD_SECOND);
	ktap_ok(outcome(0) == LEDGER_VALID && outcome(1) == LEDGER_CONFLICT, "close against stop: one settles");
}

/* --- hot keys --- */

static struct drive drives[VEHICLES];
static u32 ordered, invalid;

static void hot_block(void)
{
	u32 i;

	stage_block(WORLD_SECOND);
	for (i = 0; i < stage.world.result->count; i++)
		invalid += outcome(i) != LEDGER_VALID;
	ordered += stage.world.result->count;
}

static void hot_stations(char ids[STATIONS][65])
{
	char name[32], meter_name[64], charger[128];
	struct world_key meter;
	u32 s, c;

	for (s = 0; s < STATIONS; s++) {
		snprintf(name, sizeof(name), "hot%u", s);
		strcpy(ids[s], stage_station(name, DRIVE_PERIODS, 24, 150000));
	}
	for (c = 25; c <= CHARGERS; c++) {
		for (s = 0; s < STATIONS; s++) {
			snprintf(meter_name, sizeof(meter_name), "hot%u-meter%u", s, c);
			meter = world_key(meter_name);
			snprintf(charger, sizeof(charger), "%s:150000:1000", stage_hex(meter.public, 32));
			SIMULATE(stage.administrator[0], "station.charger", ids[s], stage_decimal(c), charger);
			stage_order(stage.administrator[0]);
		}
		stage_block(WORLD_SECOND);
	}
}

static void hot_vehicles(char ids[STATIONS][65])
{
	static char names[STATIONS][16];
	struct stage_client *clients = stage_enrol_many("vehicle", VEHICLES, 1);
	u32 i;

	for (i = 0; i < VEHICLES; i++) {
		SIMULATE(&clients[i], "account.register");
		stage_order(&clients[i]);
	}
	hot_block();
	for (i = 0; i < VEHICLES; i++) {
		SIMULATE(stage.administrator[1], "account.deposit", clients[i].hex, "100000");
		stage_order(stage.administrator[1]);
	}
	hot_block();
	for (i = 0; i < VEHICLES; i++) {
		snprintf(names[i % STATIONS], sizeof(names[0]), "hot%u", i % STATIONS);
		drives[i] = (struct drive){ .client = &clients[i],
					    .station_name = names[i % STATIONS],
					    .charger = 1 + i / STATIONS,
					    .tariff = 1,
					    .price = DRIVE_PRICE,
					    .energy_wh = DRIVE_ENERGY };
		strcpy(drives[i].station, ids[i % STATIONS]);
	}
}

static void hot_keys(void)
{
	static char ids[STATIONS][65];
	u32 i, number, refused = 0;
	u64 t;

	hot_stations(ids);
	hot_vehicles(ids);
	for (i = 0; i < VEHICLES; i++) {
		refused += !!drive_start(&drives[i], 1000, now(), false);
		stage_order(drives[i].client);
	}
	hot_block();
	for (number = 1; number <= 3; number++) {
		stage_block(MINUTE);
		for (i = 0, t = now(); i < VEHICLES; i++) {
			refused += !!drive_meter(&drives[i], number == 3 ? "session.stop" : "session.meter", number,
						 1000 + 1000 * number, t, false);
			stage_order(drives[i].client);
		}
		hot_block();
	}
	QUERY("station.show", ids[3]);
	ktap_ok(stage_number("account") == CHARGERS * 15000, "every station was paid by all its vehicles");
	printf("# abort rate %u of %u transactions, %.3f %%\n", invalid, ordered, 100.0 * invalid / ordered);
	ktap_ok(!QUERY("bill.by-organisation", "org1") &&
			strstr((const char *)stage.output.result.bytes, "\"bills\":1040,"),
		"a query adds up a thousand bills: %s", stage.output.refusal);
	ktap_ok(QUERY("bill.by-vehicle", "nobody's") == -ENOENT && strstr(stage.output.refusal, "no account"),
		"and looks through a thousand accounts: %s", stage.output.refusal);
	ktap_ok(!refused && ordered == 6 * VEHICLES && invalid * 100 < ordered,
		"a thousand vehicles at ten stations in the same blocks: under 1 %% abort");
}

int main(void)
{
	ktap_plan(0);
	stage_open();
	DO(stage.wallet, "account.register");
	DO(stage.other, "account.register");
	DO(stage.administrator[0], "account.deposit", stage.wallet->hex, "10000");
	one_charger();
	decisions();
	stop_against_deposit();
	stop_against_withdrawal();
	withdrawals();
	notes();
	close_against_stop();
	hot_keys();
	stage_close();
	return ktap_exit();
}
