// SPDX-License-Identifier: GPL-2.0
/* session_test.c - charging sessions: their life, and by name the mistakes that cost others money. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "agent/contract/session.h"
#include "tests/contract/session_stage.h"
#include "tests/ktap.h"

#define MINUTE (60 * WORLD_SECOND)

static u64 now(void)
{
	return stage.world.time;
}

static void deposit(const struct stage_client *client, u64 amount)
{
	DO(stage.administrator[0], "account.deposit", client->hex, stage_decimal(amount));
}

static u64 balance(const struct stage_client *client)
{
	QUERY("account.show", client->hex);
	return stage_number("balance");
}

static bool refused(int got, int wanted, const char *words)
{
	bool right = got == wanted && strstr(stage.output.refusal, words);

	if (!right)
		printf("# got %d: %s\n", got, stage.output.refusal);
	return right;
}

static void life(void)
{
	struct drive drive = drive_to(stage.wallet, "life");
	u64 before, t = now();

	deposit(stage.wallet, 1000000);
	before = balance(stage.wallet);
	ktap_ok(!drive_start(&drive, 1000, t, true) && !strcmp(stage_text("session"), drive.session), "start: %s",
		stage.output.refusal);
	ktap_ok(!QUERY("account.show", stage.wallet->hex) && !strcmp(stage_text("doing"), "charging"),
		"the wallet charges");
	ktap_ok(!drive_meter(&drive, "session.meter", 1, 6000, t + 3 * MINUTE, true) && stage_number("cost") == 25000,
		"5 kWh at 0.5 yuan are 2.5 yuan so far: %s", stage.output.refusal);
	ktap_ok(!drive_meter(&drive, "session.stop", 2, 11001, t + 6 * MINUTE, true) &&
			!strcmp(stage_text("state"), "paid") && stage_number("cost") == 50005 &&
			stage_number("bill") == 1,
		"stop: 10.001 kWh are 5.0005 yuan");
	ktap_ok(balance(stage.wallet) == before - 50005, "which the wallet paid");
	QUERY("station.show", drive.station);
	ktap_ok(stage_number("account") == 50005, "to the station");
	ktap_ok(!QUERY("account.show", stage.wallet->hex) && !strcmp(stage_text("doing"), "nothing") &&
			stage_number("bills") == 1,
		"the wallet is free again");
	ktap_ok(!QUERY("session.show", drive.session) && stage_number("cost") == 50005 &&
			stage_number("energy") == 10001,
		"session.show");
	ktap_ok(!drive_start(&drive, 11001, t + 7 * MINUTE, true), "the next session at this charger");
	ktap_ok(!drive_meter(&drive, "session.stop", 1, 11001, t + 8 * MINUTE, true) && !stage_number("cost"),
		"an empty session costs nothing");
}

/* --- mistakes that cost others money --- */

static void stop_below_start(void)
{
	struct drive drive = drive_to(stage.wallet, "below");
	u64 t = now();

	drive_start(&drive, 5000, t, true);
	ktap_ok(refused(drive_meter(&drive, "session.stop", 1, 4999, t + MINUTE, false), -EINVAL, "never counts back"),
		"stop reading below the start reading: %s", stage.output.refusal);
	drive_meter(&drive, "session.meter", 1, 7000, t + MINUTE, true);
	ktap_ok(refused(drive_meter(&drive, "session.stop", 2, 6999, t + 2 * MINUTE, false), -EINVAL,
			"never counts back"),
		"or below the one before it");
	ktap_ok(!drive_meter(&drive, "session.stop", 2, 7000, t + 2 * MINUTE, true) && stage_number("energy") == 2000,
		"the right one settles");
}

static void repeated_stop(void)
{
	struct drive drive = drive_to(stage.wallet, "repeated");
	static u8 bytes[TRANSACTION_MAX];
	u64 t = now(), before;
	size_t len;

	drive_start(&drive, 1000, t, true);
	before = balance(stage.wallet);
	ktap_ok(!drive_meter(&drive, "session.stop", 1, 3000, t + MINUTE, false), "a stop");
	len = world_invoke(&stage.world, &stage.draft, bytes, sizeof(bytes));
	stage_order(stage.wallet);
	(void)len;
	/* The same message under the next nonce, endorsed before the first one was committed. */
	ktap_ok(!drive_meter(&drive, "session.stop", 1, 3000, t + MINUTE, false), "the same again, endorsed beside it");
	stage_order(stage.wallet);
	stage_block(WORLD_SECOND);
	ktap_ok(stage.world.result->outcomes[0] == LEDGER_VALID && stage.world.result->outcomes[1] == LEDGER_CONFLICT,
		"repeated stop counted twice: in one block the second conflicts");
	ktap_ok(before - balance(stage.wallet) == 10000, "and one fee was paid");
	ktap_ok(refused(drive_meter(&drive, "session.stop", 1, 3000, t + MINUTE, false), -EALREADY, "counted once"),
		"repeated stop later: %s", stage.output.refusal);
	ktap_ok(refused(drive_meter(&drive, "session.stop", 2, 4000, t + 2 * MINUTE, false), -EALREADY, "counted once"),
		"nor with a later reading");
	ktap_ok(refused(drive_meter(&drive, "session.meter", 2, 4000, t + 2 * MINUTE, false), -EALREADY,
			"counted once"),
		"nor metered on");
}

static void zero_placeholder(void)
{
	struct drive drive = drive_to(stage.wallet, "placeholder");
	u64 t = now();

	ktap_ok(refused(drive_start(&drive, 0, t, false), -EINVAL, "placeholder"),
		"zero placeholder taken for a meter start: %s", stage.output.refusal);
	ktap_ok(refused(drive_start(&drive, 999, t, false), -EINVAL, "placeholder"),
		"nor any other below the register");
	drive_start(&drive, 1000, t, true);
	/* 910 kWh where 0.083 kWh flowed: a meter that says so is wrong. */
	ktap_ok(refused(drive_meter(&drive, "session.stop", 1, 911000, t + MINUTE, false), -EINVAL,
			"than the charger can"),
		"910 kWh for 0.083: %s", stage.output.refusal);
	ktap_ok(!drive_meter(&drive, "session.stop", 1, 1083, t + MINUTE, true) && stage_number("energy") == 83,
		"0.083 kWh are billed as such");
}

static void gap(void)
{
	struct drive drive = drive_to(stage.wallet, "gap");
	u64 t = now();

	drive_start(&drive, 1000, t, true);
	drive_meter(&drive, "session.meter", 1, 2000, t + MINUTE, true);
	ktap_ok(refused(drive_meter(&drive, "session.meter", 3, 3000, t + 2 * MINUTE, false), -EINVAL, "gap"),
		"gap in signed meter records: %s", stage.output.refusal);
	ktap_ok(refused(drive_meter(&drive, "session.stop", 3, 3000, t + 2 * MINUTE, false), -EINVAL, "gap"),
		"nor may a stop leave one");
	ktap_ok(refused(drive_meter(&drive, "session.meter", 1, 2500, t + 2 * MINUTE, false), -EINVAL,
			"counted already"),
		"a reading of a number that was counted: %s", stage.output.refusal);
	ktap_ok(refused(drive_meter(&drive, "session.meter", 0, 3000, t + 2 * MINUTE, false), -EINVAL, "NUMBER"),
		"a second start reading: %s", stage.output.refusal);
	ktap_ok(refused(drive_meter(&drive, "session.meter", 2, 2500, t + MINUTE, false), -EINVAL, "not after"),
		"a reading of the same time: %s", stage.output.refusal);
	ktap_ok(!drive_meter(&drive, "session.stop", 2, 2500, t + 2 * MINUTE, true), "the right one settles");
}

static void lifetime_register(void)
{
	struct drive drive = drive_to(stage.wallet, "lifetime");
	u64 t = now();

	drive_start(&drive, 84000000, t, true); /* the meter has counted 84 MWh in its life */
	ktap_ok(!drive_meter(&drive, "session.stop", 1, 84003000, t + 2 * MINUTE, true) &&
			stage_number("energy") == 3000 && stage_number("cost") == 15000,
		"lifetime register billed instead of the session: 3 kWh of 84 MWh are billed");
	ktap_ok(refused(drive_start(&drive, 84002999, t + 3 * MINUTE, false), -EINVAL, "placeholder"),
		"the next session begins no lower than this one ended: energy is not sold twice");
}

static void signatures(void)
{
	struct drive drive = drive_to(stage.wallet, "signed"), foreign;
	struct stage_reading reading;
	u64 t = now();

	drive_start(&drive, 1000, t, true);
	reading = stage_reading("life", drive.station, 1, drive.session, 1, 2000, t + MINUTE);
	ktap_ok(refused(SIMULATE(stage.wallet, "session.meter", drive.session, "1", reading.reg, reading.time,
				 reading.signature),
			-EBADMSG, "meter did not sign"),
		"another meter's signature: %s", stage.output.refusal);
	foreign = drive;
	strcpy(foreign.session, stage_hex(stage.world.channel, 32));
	reading = stage_reading(drive.station_name, drive.station, 1, foreign.session, 1, 2000, t + MINUTE);
	ktap_ok(refused(SIMULATE(stage.wallet, "session.meter", drive.session, "1", reading.reg, reading.time,
				 reading.signature),
			-EBADMSG, "meter did not sign"),
		"a reading signed for another session");
	reading = stage_reading(drive.station_name, drive.station, 2, drive.session, 1, 2000, t + MINUTE);
	ktap_ok(SIMULATE(stage.wallet, "session.meter", drive.session, "1", reading.reg, reading.time,
			 reading.signature) == -EBADMSG,
		"or by another charger");
	reading = stage_reading(drive.station_name, drive.station, 1, drive.session, 1, 2000, t + MINUTE);
	ktap_ok(SIMULATE(stage.wallet, "session.meter", drive.session, "1", "1999", reading.time, reading.signature) ==
			-EBADMSG,
		"or of another register");
	ktap_ok(SIMULATE(stage.other, "session.meter", drive.session, "1", reading.reg, reading.time,
			 reading.signature) == -EACCES,
		"another wallet: %s", stage.output.refusal);
	ktap_ok(refused(drive_meter(&drive, "session.meter", 1, 2000, t + 600 * MINUTE, false), -EINVAL, "expiry"),
		"a reading of the future: %s", stage.output.refusal);
	ktap_ok(!drive_meter(&drive, "session.stop", 1, 2000, t + MINUTE, true), "the right one settles");
}

static void terms(void)
{
	struct drive drive = drive_to(stage.wallet, "terms");
	u64 t = now();

	drive.price = DRIVE_PRICE - 1;
	ktap_ok(refused(drive_start(&drive, 1000, t, false), -EINVAL, "PRICE"), "%s", stage.output.refusal);
	drive.price = DRIVE_PRICE;
	drive.tariff = 2;
	ktap_ok(refused(drive_start(&drive, 1000, t, false), -EINVAL, "version 1 now"), "%s", stage.output.refusal);
	drive.tariff = 1;
	drive.energy_wh = 1500;
	ktap_ok(!drive_start(&drive, 1000, t, true), "a ceiling of 1.5 kWh");
	ktap_ok(!drive_meter(&drive, "session.meter", 1, 2000, t + MINUTE, true) && stage_number("cost") == 5000,
		"below it all is billed");
	ktap_ok(!DO(stage.administrator[0], "station.tariff", drive.station, "2", "0:90000+90000"), "prices rise");
	ktap_ok(!drive_meter(&drive, "session.stop", 2, 4000, t + 2 * MINUTE, true) && stage_number("energy") == 3000 &&
			stage_number("cost") == 7500,
		"above it nothing is, at the prices the session began with");
	drive.energy_wh = DRIVE_ENERGY;
	ktap_ok(refused(drive_start(&drive, 4000, now(), false), -EINVAL, "version 2 now"), "%s", stage.output.refusal);
	drive.tariff = 2;
	drive.price = 180000;
	ktap_ok(refused(drive_start(&drive, 4000, t - 20 * MINUTE, false), -EINVAL, "last reading"), "%s",
		stage.output.refusal);
	ktap_ok(!DO(stage.administrator[0], "station.status", drive.station, "closed"), "the station closes");
	ktap_ok(refused(drive_start(&drive, 4000, now(), false), -EBUSY, "closed"), "%s", stage.output.refusal);
	DO(stage.administrator[0], "station.status", drive.station, "open");
	DO(stage.administrator[0], "station.status", drive.station, "closed", "1");
	ktap_ok(refused(drive_start(&drive, 4000, now(), false), -EBUSY, "closed"), "%s", stage.output.refusal);
	drive.charger = 2;
	ktap_ok(!drive_start(&drive, 1000, now(), false), "its other charger is open");
	stage_block(700 * WORLD_SECOND);
	ktap_ok(refused(drive_start(&drive, 1000, now() - 601 * WORLD_SECOND, false), -EINVAL, "older than"), "%s",
		stage.output.refusal);
	ktap_ok(!drive_start(&drive, 1000, now() - 600 * WORLD_SECOND, false),
		"as old as a transaction lives it is taken");
}

static void reservations(void)
{
	struct drive drive = drive_to(stage.wallet, "reserve"), rival = drive;

	rival.client = stage.other;
	ktap_ok(!DO(stage.wallet, "session.reserve", drive.station, "1"), "reserve: %s", stage.output.refusal);
	ktap_ok(refused(SIMULATE(stage.wallet, "session.reserve", drive.station, "2"), -EBUSY, "has a reservation"),
		"%s", stage.output.refusal);
	ktap_ok(refused(drive_start(&rival, 1000, now(), false), -EBUSY, "taken"), "who comes before: %s",
		stage.output.refusal);
	ktap_ok(refused(SIMULATE(stage.other, "session.reserve", drive.station, "1"), -EBUSY, "taken"),
		"nor may another reserve it");
	drive.charger = 2;
	ktap_ok(refused(drive_start(&drive, 1000, now(), false), -EBUSY, "reserved another"), "%s",
		stage.output.refusal);
	drive.charger = 1;
	ktap_ok(!DO(stage.wallet, "session.cancel") && !drive_start(&rival, 1000, now(), false),
		"cancelled, it is free for the other");
	ktap_ok(refused(SIMULATE(stage.wallet, "session.cancel"), -ENOENT, "no reservation"), "%s",
		stage.output.refusal);
	DO(stage.wallet, "session.reserve", drive.station, "1");
	stage_block(901 * WORLD_SECOND);
	ktap_ok(!drive_start(&rival, 1000, now(), true), "by header time it ran out, and another charges there");
	ktap_ok(!DO(stage.wallet, "session.reserve", drive.station, "2"), "who let it run out may reserve again");
	drive.charger = 2;
	ktap_ok(!drive_start(&drive, 1000, now(), true), "and charge there");
	ktap_ok(refused(SIMULATE(stage.wallet, "session.reserve", drive.station, "1"), -EBUSY, "charges elsewhere"),
		"%s", stage.output.refusal);
	ktap_ok(!drive_meter(&drive, "session.stop", 1, 1000, now() + MINUTE, true) &&
			!drive_meter(&rival, "session.stop", 1, 1000, now() + MINUTE, true),
		"both stop");
}

static void time_out(void)
{
	struct drive drive = drive_to(stage.wallet, "idle");
	struct stage_reading one, two;
	u64 t = now();

	drive_start(&drive, 1000, t, true);
	drive_meter(&drive, "session.meter", 1, 2000, t + MINUTE, true);
	ktap_ok(refused(drive_close(&drive, stage.administrator[0]), -EBUSY, "heard of"), "%s", stage.output.refusal);
	stage_block(3599 * WORLD_SECOND); /* touched: the head that the reading was simulated on */
	ktap_ok(refused(drive_close(&drive, stage.administrator[0]), -EBUSY, "heard of"),
		"nor after an hour to the dot");
	stage_block(2 * WORLD_SECOND);
	ktap_ok(drive_close(&drive, stage.administrator[1]) == -EACCES, "another organisation: %s",
		stage.output.refusal);
	ktap_ok(drive_close(&drive, stage.wallet) == -EACCES, "a client: %s", stage.output.refusal);
	one = stage_reading("idle", drive.station, 1, drive.session, 2, 2500, t + 2 * MINUTE);
	two = stage_reading("idle", drive.station, 1, drive.session, 3, 3000, t + 3 * MINUTE);
	ktap_ok(refused(SIMULATE(stage.administrator[0], "session.close", drive.session, "3", two.reg, two.time,
				 two.signature),
			-EINVAL, "gap"),
		"the operator may leave no gap either");
	ktap_ok(SIMULATE(stage.administrator[0], "session.close", drive.session, "2", one.reg, one.time) == -EINVAL,
		"%s", stage.output.refusal);
	ktap_ok(!DO(stage.administrator[0], "session.close", drive.session, "2", one.reg, one.time, one.signature, "3",
		    two.reg, two.time, two.signature) &&
			stage_number("energy") == 2000 && stage_number("cost") == 10000,
		"time-out: the operator settles with what its meter signed");
	drive_start(&drive, 3000, now(), true);
	drive_meter(&drive, "session.meter", 1, 4000, now() + MINUTE, true);
	stage_block(3700 * WORLD_SECOND);
	ktap_ok(!drive_close(&drive, stage.administrator[0]) && stage_number("cost") == 5000,
		"or with what was metered so far");
}

/* A wallet that no operator frees is freed by its own organisation, later. */
static void abandoned(void)
{
	struct drive drive = drive_to(stage.other, "abandoned");
	u64 t = now();

	drive_start(&drive, 1000, t, true);
	drive_meter(&drive, "session.meter", 1, 2000, t + MINUTE, true);
	stage_block(3602 * WORLD_SECOND);
	ktap_ok(refused(drive_close(&drive, stage.administrator[1]), -EBUSY, "7200 s"), "the wallet's organisation: %s",
		stage.output.refusal);
	ktap_ok(drive_close(&drive, stage.administrator[2]) == -EACCES, "a third: %s", stage.output.refusal);
	stage_block(3600 * WORLD_SECOND);
	ktap_ok(!drive_close(&drive, stage.administrator[1]) && stage_number("energy") == 1000,
		"after twice the time it closes, with what was metered");
}

/* Lines keep the prices of the time zone in which they were metered. */
static void zone_changes(void)
{
	struct membership next = stage.world.membership;
	static u8 bytes[TRANSACTION_MAX];
	struct drive drive = drive_to(stage.wallet, "zone");
	char periods[64];
	u64 t, minute;
	json_t *object;
	const json_t *lines;

	/* A boundary an hour ahead by Beijing's clock; in the new zone, two hours east, it is an hour past. */
	minute = ((now() / WORLD_SECOND - 5) / 60 + 480 + 60) % 1440;
	snprintf(periods, sizeof(periods), "0:1000+0,%llu:3000+0", (unsigned long long)minute);
	DO(stage.administrator[0], "station.tariff", drive.station, "2", periods);
	drive.tariff = 2;
	t = now();
	ktap_ok(minute && !drive_start(&drive, 1000, t, true), "a session before a boundary: %s", stage.output.refusal);
	drive_meter(&drive, "session.meter", 1, 3000, t + 2 * MINUTE, true);
	next.sequence++;
	next.parameters[MEMBERSHIP_TIME_ZONE_MIN] += 120;
	world_add(&stage.world, bytes, world_config(&stage.world, next.sequence - 1, &next, 3, bytes, sizeof(bytes)));
	stage_block(WORLD_SECOND);
	ktap_ok(stage.world.result->reconfigured, "the time zone changes");
	ktap_ok(!drive_meter(&drive, "session.stop", 2, 5000, t + 4 * MINUTE, true) && stage_number("cost") == 8000,
		"2 kWh at each price: %lld", (long long)stage_number("cost"));
	QUERY("bill.show", stage.wallet->hex, stage_decimal(stage_number("bill")));
	object = stage_json();
	lines = json_object_get(object, "lines");
	ktap_ok(json_array_size(lines) == 2 &&
			json_integer_value(json_object_get(json_array_get(lines, 0), "unit_price")) == 1000 &&
			json_integer_value(json_object_get(json_array_get(lines, 1), "unit_price")) == 3000,
		"on two lines");
	json_decref(object);
}

static void long_session(void)
{
	struct drive drive = drive_to(stage.wallet, "long");
	u64 t = now(), step;
	json_t *object;
	u32 number = 0;

	drive_start(&drive, 1000, t, true);
	for (step = t + 480 * MINUTE; step <= t + SESSION_LIFE_US; step += 480 * MINUTE) {
		stage_block(step - now());
		if (drive_meter(&drive, "session.meter", number + 1, 1000 + number, step, true))
			break;
		number++;
	}
	ktap_ok(number == 6, "a session of 48 hours");
	stage_block(MINUTE);
	ktap_ok(refused(drive_meter(&drive, "session.stop", number + 1, 2000, now(), false), -EINVAL, "48 hours"), "%s",
		stage.output.refusal);
	stage_block(3700 * WORLD_SECOND);
	ktap_ok(!drive_close(&drive, stage.administrator[0]), "is closed by the operator");
	QUERY("bill.show", stage.wallet->hex, stage_decimal(stage_number("bill")));
	object = stage_json();
	ktap_ok(json_array_size(json_object_get(object, "lines")) >= 2,
		"and has a line for each day, though one price");
	json_decref(object);
}

/* --- mandates --- */

static struct evidence evidence;

static struct mandate mandate_for(const struct drive *drive, u64 nonce)
{
	struct mandate mandate = { .tariff = drive->tariff,
				   .price = drive->price,
				   .energy = drive->energy_wh,
				   .nonce = nonce,
				   .issued = now(),
				   .expires = now() + 60 * MINUTE };

	sodium_hex2bin(mandate.station, 32, drive->station, 64, NULL, NULL, NULL);
	return mandate;
}

/* What contract_mandate_id() is for stage.wallet under @evidence. */
static void mandate_name(struct drive *drive)
{
	struct mandate_scope scope = { .channel = stage.world.channel,
				       .wallet = drive->client->key.public,
				       .attestor = evidence.head.attestor,
				       .epoch = vg_be64(evidence.head.epoch),
				       .session = vg_be64(evidence.record.session) };
	u8 id[32];

	mandate_hash(&scope, &evidence.mandate, id);
	strcpy(drive->session, stage_hex(id, sizeof(id)));
}

static int mandate_start(struct drive *drive, u64 register_wh, u64 time, bool order)
{
	struct stage_reading reading = stage_reading(drive->station_name, drive->station, drive->charger,
						     drive->session, 0, register_wh, time);

	return (order ? stage_do : stage_simulate)(
		drive->client, "session.start",
		STAGE_ARGUMENTS(drive->station, stage_decimal(drive->charger), stage_decimal(drive->tariff),
				stage_decimal(drive->price), stage_decimal(drive->energy_wh), reading.reg, reading.time,
				reading.signature));
}

static void mandates(void)
{
	struct drive drive = drive_to(stage.wallet, "mandate");
	u64 t = now();

	evidence.record.session = 7;
	evidence.mandate = mandate_for(&drive, 1);
	stage.evidence = &evidence;
	mandate_name(&drive);
	drive.price++;
	ktap_ok(refused(mandate_start(&drive, 1000, t, false), -EACCES, "those of the mandate"), "%s",
		stage.output.refusal);
	drive.price--;
	ktap_ok(!mandate_start(&drive, 1000, t, true) && !strcmp(stage_text("session"), drive.session),
		"a mandate begins a session and names it: %s", stage.output.refusal);
	ktap_ok(!drive_meter(&drive, "session.meter", 1, 2000, t + MINUTE, true), "and meters it");
	evidence.mandate.nonce = 2;
	ktap_ok(refused(drive_meter(&drive, "session.meter", 2, 3000, t + 2 * MINUTE, false), -EACCES,
			"another charging session"),
		"another mandate does not: %s", stage.output.refusal);
	sodium_hex2bin(evidence.mandate.charging, 32, drive.session, 64, NULL, NULL, NULL);
	evidence.record.session = 8;
	evidence.mandate.energy++;
	ktap_ok(refused(drive_meter(&drive, "session.meter", 2, 3000, t + 2 * MINUTE, false), -EACCES, "ceilings"),
		"one that continues it with other ceilings: %s", stage.output.refusal);
	evidence.mandate.energy--;
	ktap_ok(refused(mandate_start(&drive, 1000, t, false), -EBUSY, "charges elsewhere"), "%s",
		stage.output.refusal);
	ktap_ok(!drive_meter(&drive, "session.stop", 2, 3000, t + 2 * MINUTE, true),
		"one that continues it from another gateway stops it");
	ktap_ok(refused(mandate_start(&drive, 3000, now(), false), -EACCES, "continues a session"), "%s",
		stage.output.refusal);
	evidence.mandate = mandate_for(&drive, 1);
	evidence.mandate.issued = evidence.mandate.expires = 0;
	ktap_ok(refused(SIMULATE(stage.wallet, "settlement.pay", drive.session), -EPERM, "own signature"), "%s",
		stage.output.refusal);
	ktap_ok(refused(SIMULATE(stage.wallet, "account.register"), -EPERM, "own signature"), "%s",
		stage.output.refusal);
	stage.evidence = NULL;
}

static void admission(void)
{
	struct drive drive = drive_to(stage.other, "admission"), debt;
	u64 t = now();

	DO(stage.administrator[1], "account.suspend", stage.other->hex, "test");
	ktap_ok(refused(drive_start(&drive, 1000, t, false), -EACCES, "suspended"), "%s", stage.output.refusal);
	DO(stage.administrator[1], "account.reinstate", stage.other->hex);
	ktap_ok(!drive_start(&drive, 1000, t, true), "reinstated");
	debt = drive;
	ktap_ok(!drive_meter(&drive, "session.stop", 1, 3000, t + MINUTE, true) &&
			!strcmp(stage_text("state"), "unpaid"),
		"no balance: the bill stays unpaid");
	ktap_ok(refused(drive_start(&drive, 3000, t + 2 * MINUTE, false), -EACCES, "credit"), "%s",
		stage.output.refusal);
	ktap_ok(refused(SIMULATE(stage.other, "session.reserve", drive.station, "1"), -EACCES, "credit"),
		"nor reserve");
	ktap_ok(refused(SIMULATE(stage.other, "settlement.pay", debt.session), -ERANGE, "due"), "%s",
		stage.output.refusal);
	DO(stage.administrator[1], "account.deposit", stage.other->hex, "10000");
	ktap_ok(!DO(stage.other, "settlement.pay", debt.session) && stage_number("paid") == 10000,
		"the debt is paid late");
	ktap_ok(refused(SIMULATE(stage.other, "settlement.pay", debt.session), -EALREADY, "paid"), "once");
	ktap_ok(!drive_start(&drive, 3000, t + 2 * MINUTE, false), "and credit is enough again");
}

int main(void)
{
	ktap_plan(0);
	stage_open();
	ktap_ok(!DO(stage.wallet, "account.register") && !DO(stage.other, "account.register"), "accounts");
	life();
	stop_below_start();
	repeated_stop();
	zero_placeholder();
	gap();
	lifetime_register();
	signatures();
	terms();
	reservations();
	time_out();
	mandates();
	admission();
	abandoned();
	long_session();
	zone_changes();
	stage_close();
	return ktap_exit();
}
