// SPDX-License-Identifier: GPL-2.0
/*
 * account_test.c - accounts, stations, bills and credit notes: who may do what,
 * what is refused, what queries show; EV numbers stay out of the chain.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "tests/contract/session_stage.h"
#include "tests/ktap.h"

#define MINUTE (60 * WORLD_SECOND)
#define EV_NUMBER "JING-A12345"

static struct stage_client *regulator;

static bool refused(int got, int wanted, const char *words)
{
	bool right = got == wanted && strstr(stage.output.refusal, words);

	if (!right)
		printf("# got %d: %s\n", got, stage.output.refusal);
	return right;
}

static struct span private_of(const char *secret, const void *value, size_t len)
{
	static u8 bytes[128];

	memcpy(bytes, secret, 16);
	memcpy(bytes + 16, value, len);
	return (struct span){ bytes, 16 + len };
}

/* --- accounts --- */

static void accounts(void)
{
	ktap_ok(refused(QUERY("account.show", stage.wallet->hex), -ENOENT, "account.register"), "%s",
		stage.output.refusal);
	ktap_ok(!DO(stage.wallet, "account.register") && !strcmp(stage_text("organisation"), "org0"), "register");
	ktap_ok(refused(SIMULATE(stage.wallet, "account.register"), -EEXIST, "already"), "%s", stage.output.refusal);
	ktap_ok(!DO(stage.other, "account.register"), "another");
	ktap_ok(!DO(stage.administrator[0], "account.deposit", stage.wallet->hex, "1000"), "deposit");
	ktap_ok(refused(SIMULATE(stage.administrator[1], "account.deposit", stage.wallet->hex, "1000"), -EACCES,
			"another organisation"),
		"%s", stage.output.refusal);
	ktap_ok(refused(SIMULATE(stage.wallet, "account.deposit", stage.wallet->hex, "1000"), -EACCES,
			"administrators"),
		"%s", stage.output.refusal);
	ktap_ok(refused(SIMULATE(stage.administrator[0], "account.withdraw", stage.wallet->hex, "1001"), -ERANGE,
			"1000"),
		"%s", stage.output.refusal);
	ktap_ok(!DO(stage.administrator[0], "account.withdraw", stage.wallet->hex, "400"), "withdraw");
	ktap_ok(!QUERY("account.show", stage.wallet->hex) && stage_number("balance") == 600, "the balance is the rest");
	ktap_ok(!DO(stage.administrator[0], "account.deposit", stage.wallet->hex, "999999999999400"), "to the most");
	ktap_ok(refused(SIMULATE(stage.administrator[0], "account.deposit", stage.wallet->hex, "1"), -ERANGE, "above"),
		"%s", stage.output.refusal);
	DO(stage.administrator[0], "account.withdraw", stage.wallet->hex, "999999999900000");
	ktap_ok(!QUERY("account.certificate", stage.wallet->hex) && !strcmp(stage_text("role"), "client") &&
			!strcmp(stage_text("organisation"), "org0"),
		"its certificate, by committed state");
	ktap_ok(refused(QUERY("account.certificate", stage_hex(stage.world.channel, 32)), -ENOENT, "enrolled"), "%s",
		stage.output.refusal);
	ktap_ok(!DO(stage.administrator[0], "account.suspend", stage.wallet->hex, "lost"), "suspend");
	ktap_ok(refused(SIMULATE(stage.administrator[0], "account.suspend", stage.wallet->hex, "lost"), -EALREADY,
			"suspended already"),
		"%s", stage.output.refusal);
	ktap_ok(!DO(stage.administrator[0], "account.reinstate", stage.wallet->hex), "reinstate");
	ktap_ok(refused(SIMULATE(stage.administrator[0], "account.reinstate", stage.wallet->hex), -EALREADY,
			"active already"),
		"%s", stage.output.refusal);
	ktap_ok(refused(QUERY("account.deposit", stage.wallet->hex, "1"), -EPERM, "not queried"), "%s",
		stage.output.refusal);
	ktap_ok(refused(SIMULATE(stage.wallet, "account.show", stage.wallet->hex), -EPERM, "is a query"), "%s",
		stage.output.refusal);
}

/* --- stations --- */

static int register_with(const char *charger)
{
	char node[65];

	strcpy(node, stage_hex(stage.world.membership.nodes[0].key, 32));
	return SIMULATE(stage.administrator[0], "station.register", "Chaoyang 1", node, "39990000", "-116320000",
			"0:3000+2000,480:6000+2500,1320:3000+2000", charger);
}

static void stations(void)
{
	struct world_key meter = world_key("a meter");
	char charger[100], id[65];
	json_t *object;

	snprintf(charger, sizeof(charger), "%s:60000:5", stage_hex(meter.public, 32));
	ktap_ok(!register_with(charger), "register: %s", stage.output.refusal);
	stage_order(stage.administrator[0]);
	stage_block(WORLD_SECOND);
	strcpy(id, stage_text("station"));
	ktap_ok(refused(register_with(charger), -EEXIST, "hangs at another"), "%s", stage.output.refusal);
	snprintf(charger, sizeof(charger), "%s:60000:5", stage_hex(world_key("another").public, 32));
	stage_hex(charger, 4);
	ktap_ok(refused(SIMULATE(stage.administrator[1], "station.register", "x",
				 stage_hex(stage.world.membership.nodes[0].key, 32), "1", "1", "0:1+1"),
			-EINVAL, "no node"),
		"another organisation's node: %s", stage.output.refusal);
	ktap_ok(!DO(stage.administrator[0], "station.charger", id, "2", charger), "a second charger");
	ktap_ok(refused(SIMULATE(stage.administrator[0], "station.charger", id, "4", charger), -EINVAL, "next new"),
		"%s", stage.output.refusal);
	snprintf(charger, sizeof(charger), "%s:7000:0", stage_hex(world_key("a third").public, 32));
	ktap_ok(!DO(stage.administrator[0], "station.charger", id, "2", charger), "with another meter");
	ktap_ok(!DO(stage.administrator[0], "station.tariff", id, "2", "0:1000+0"), "another tariff");
	ktap_ok(refused(SIMULATE(stage.administrator[0], "station.tariff", id, "2", "0:1000+0"), -EINVAL, "version 3"),
		"%s", stage.output.refusal);
	ktap_ok(refused(SIMULATE(stage.administrator[1], "station.tariff", id, "3", "0:1000+0"), -EACCES,
			"another organisation"),
		"%s", stage.output.refusal);
	ktap_ok(!QUERY("station.show", id) && stage_number("tariff") == 2 && stage_number("price") == 1000 &&
			stage_number("longitude") == -116320000,
		"show: %s", stage.output.refusal);
	object = stage_json();
	ktap_ok(json_array_size(json_object_get(object, "chargers")) == 2, "with its two chargers");
	json_decref(object);
	ktap_ok(!QUERY("station.list"), "list");
	object = stage_json();
	ktap_ok(json_array_size(json_object_get(object, "stations")) == 1, "has it");
	json_decref(object);
	ktap_ok(!QUERY("station.list", id), "behind it");
	object = stage_json();
	ktap_ok(!json_array_size(json_object_get(object, "stations")), "there is none");
	json_decref(object);
	ktap_ok(refused(SIMULATE(stage.administrator[0], "station.withdraw", id, "1"), -ERANGE, "holds 0"), "%s",
		stage.output.refusal);
	ktap_ok(refused(SIMULATE(stage.administrator[0], "station.status", id, "shut"), -EINVAL, "open or closed"),
		"%s", stage.output.refusal);
}

/* --- bills and notes --- */

static struct drive billed; /* org 0's wallet at org 0's station, one bill; then org 1's */

static void bills(void)
{
	const json_t *line;
	json_t *object;
	u64 t;

	billed = drive_to(stage.wallet, "billed");
	t = stage.world.time;
	drive_start(&billed, 1000, t, true);
	drive_meter(&billed, "session.stop", 1, 4001, t + 3 * MINUTE, true);
	ktap_ok(!QUERY("bill.show", stage.wallet->hex, "1"), "bill.show: %s", stage.output.refusal);
	object = stage_json();
	line = json_array_get(json_object_get(object, "lines"), 0);
	ktap_ok(stage_number("from") == (s64)t && stage_number("to") == (s64)(t + 3 * MINUTE), "time");
	ktap_ok(stage_number("cost") == 15005 && json_integer_value(json_object_get(line, "cost")) == 15005, "cost");
	ktap_ok(json_integer_value(json_object_get(line, "unit_price")) == 5000, "unit price");
	ktap_ok(!strcmp(stage_text("station"), billed.station) && !strcmp(stage_text("station_name"), "billed"),
		"station");
	ktap_ok(!strcmp(stage_text("user_organisation"), "org0"), "the user's organisation");
	ktap_ok(!strcmp(stage_text("station_organisation"), "org0"), "the station's organisation");
	json_decref(object);
	ktap_ok(refused(QUERY("bill.show", stage.wallet->hex, "2"), -ENOENT, "no bill"), "%s", stage.output.refusal);
}

static void notes(void)
{
	char before[4096], number[8] = "1";
	s64 balance;

	QUERY("bill.show", stage.wallet->hex, "1");
	snprintf(before, sizeof(before), "%.*s", (int)stage.output.result.len, stage.output.result.bytes);
	*strstr(before, ",\"cost\":15005,\"state\"") = 0;
	QUERY("account.show", stage.wallet->hex);
	balance = stage_number("balance");
	ktap_ok(refused(SIMULATE(stage.administrator[0], "note.issue", stage.wallet->hex, number, "15006", "wrong"),
			-ERANGE, "15005"),
		"%s", stage.output.refusal);
	ktap_ok(refused(SIMULATE(stage.administrator[1], "note.issue", stage.wallet->hex, number, "1", "wrong"),
			-EACCES, "another organisation"),
		"%s", stage.output.refusal);
	ktap_ok(!DO(stage.administrator[0], "note.issue", stage.wallet->hex, number, "5000", "cable was bad"),
		"a credit note");
	ktap_ok(!DO(stage.administrator[0], "note.issue", stage.wallet->hex, number, "10005", "und nochmal"),
		"and another, to the bill's whole cost");
	ktap_ok(refused(SIMULATE(stage.administrator[0], "note.issue", stage.wallet->hex, number, "1", "wrong"),
			-ERANGE, "than the 0 of"),
		"and no more: %s", stage.output.refusal);
	QUERY("account.show", stage.wallet->hex);
	ktap_ok(stage_number("balance") == balance + 15005, "the money is back");
	QUERY("bill.show", stage.wallet->hex, "1");
	ktap_ok(!strncmp((const char *)stage.output.result.bytes, before, strlen(before)) &&
			stage_number("cost") == 15005,
		"bills are immutable: what the bill says is what it said");
	ktap_ok(stage_number("noted") == 15005 && strstr((const char *)stage.output.result.bytes, "und nochmal"),
		"and its notes stand beside it");
}

static s64 total(const char *member)
{
	json_t *object = stage_json();
	s64 number = json_integer_value(json_object_get(json_object_get(object, "totals"), member));

	json_decref(object);
	return number;
}

static size_t listed(void)
{
	json_t *object = stage_json();
	size_t count = json_array_size(json_object_get(object, "bills"));

	json_decref(object);
	return count;
}

/* A note on a debt lessens the debt. */
static void unpaid_note(void)
{
	struct drive drive = drive_to(stage.other, "debt");

	drive_start(&drive, 1000, stage.world.time, true);
	drive_meter(&drive, "session.stop", 1, 3000, stage.world.time + MINUTE, true);
	QUERY("bill.by-organisation", "org1");
	ktap_ok(total("unpaid") == 10000 && total("cost") == 10000, "a debt shows in totals");
	ktap_ok(!DO(stage.administrator[0], "note.issue", stage.other->hex, "1", "4000", "goodwill"),
		"a note on a debt");
	QUERY("account.show", stage.other->hex);
	ktap_ok(!stage_number("balance"), "moves no money");
	DO(stage.administrator[1], "account.deposit", stage.other->hex, "6000");
	ktap_ok(!DO(stage.other, "settlement.pay", drive.session) && stage_number("paid") == 6000, "and lessens it");
	QUERY("bill.by-organisation", "org1");
	ktap_ok(!total("unpaid") && total("noted") == 4000, "paid, it does not");
}

static void by_organisation(void)
{
	u64 settled;
	json_t *object;

	QUERY("bill.by-organisation", "org0");
	ktap_ok(listed() == 2 && total("bills") == 2 && total("cost") == 25005 && total("noted") == 19005 &&
			total("energy") == 5001,
		"an organisation's bills: its users' and its stations', with totals");
	ktap_ok(!total("unpaid"), "nothing is due");
	object = stage_json();
	settled = json_integer_value(json_object_get(json_array_get(json_object_get(object, "bills"), 1), "settled"));
	json_decref(object);
	QUERY("bill.by-organisation", "org1");
	ktap_ok(listed() == 1 && total("cost") == 10000, "another's: its user's");
	QUERY("bill.by-organisation", "org2");
	ktap_ok(!listed() && !total("bills"), "a third has none");
	ktap_ok(!QUERY("bill.by-organisation", "org0", stage_decimal(settled), stage_decimal(settled)) && listed() == 1,
		"within a time");
	ktap_ok(!QUERY("bill.by-organisation", "org0", "0", stage_decimal(settled - 1)) && listed() == 1 &&
			total("cost") == 15005,
		"and before it");
	ktap_ok(refused(QUERY("bill.by-organisation", "org0", "5", "4"), -EINVAL, "TO"), "%s", stage.output.refusal);
	ktap_ok(refused(QUERY("bill.by-organisation", "org0", "5"), -EINVAL, "FROM"), "%s", stage.output.refusal);
	ktap_ok(refused(QUERY("bill.by-organisation", "nobody"), -ENOENT, "no organisation"), "%s",
		stage.output.refusal);
}

/* More bills than one answer holds: pages, and totals of all on each. */
static void pages(void)
{
	struct drive drive = drive_to(stage.wallet, "pages");
	char next[200];
	u32 i, seen;

	for (i = 0; i < 60; i++) {
		drive_start(&drive, 1000 + 10 * i, stage.world.time, true);
		drive_meter(&drive, "session.stop", 1, 1010 + 10 * i, stage.world.time + WORLD_SECOND, true);
	}
	QUERY("bill.by-organisation", "org0");
	seen = listed();
	snprintf(next, sizeof(next), "%s", stage_text("next"));
	ktap_ok(seen == 50 && total("bills") == 62 && *next, "a page of 50, totals of all 62");
	QUERY("bill.by-organisation", "org0", "0", stage_decimal(INT64_MAX), next);
	ktap_ok(listed() == 12 && total("bills") == 62 && !*stage_text("next"), "and the last 12");
	QUERY("bill.by-vehicle", EV_NUMBER);
	snprintf(next, sizeof(next), "%s", stage_text("next"));
	ktap_ok(listed() == 50 && total("bills") == 61, "by vehicle the same");
	QUERY("bill.by-vehicle", EV_NUMBER, "0", stage_decimal(INT64_MAX), next);
	ktap_ok(listed() == 11 && !*stage_text("next"), "and its last 11");
}

/* --- EV numbers --- */

/* Is @text anywhere in what the channel's state holds? */
static bool text_find(void *arg, struct span key, const struct state_value *value)
{
	const char **text = arg;
	size_t len = strlen(*text);

	if (!memmem(key.bytes, key.len, *text, len) && !memmem(value->bytes.bytes, value->bytes.len, *text, len))
		return true;
	*text = NULL;
	return false;
}

static bool on_chain(const char *text)
{
	static const char spaces[] = "kp";
	u32 i;

	for (i = 0; i < 2 && text; i++)
		state_walk(stage.world.state, (struct span){ (const u8 *)spaces + i, 1 },
			   (struct span){ (const u8 *)spaces + i, 1 }, text_find, &text);
	return !text;
}

static void vehicles(void)
{
	u8 filed[32 + sizeof(EV_NUMBER) - 1];

	ktap_ok(refused(SIMULATE(stage.wallet, "account.vehicle"), -EINVAL, "The EV number"), "%s",
		stage.output.refusal);
	stage.private_arguments = private_of("0123456789abcdef", "\x01", 1);
	ktap_ok(refused(SIMULATE(stage.wallet, "account.vehicle"), -EINVAL, "control"), "%s", stage.output.refusal);
	stage.private_arguments = private_of("0123456789abcdef", EV_NUMBER, sizeof(EV_NUMBER) - 1);
	ktap_ok(!DO(stage.wallet, "account.vehicle"), "an EV number for the wallet: %s", stage.output.refusal);
	ktap_ok(on_chain("Chaoyang 1") && !on_chain(EV_NUMBER), "it is nowhere on the chain");
	ktap_ok(!QUERY("bill.by-vehicle", EV_NUMBER) && !strcmp(stage_text("wallet"), stage.wallet->hex) &&
			listed() == 1,
		"bills by EV number: %s", stage.output.refusal);
	stage.asker = 2;
	ktap_ok(refused(QUERY("bill.by-vehicle", EV_NUMBER), -EACCES, "not entitled"), "for the entitled: %s",
		stage.output.refusal);
	stage.asker = 0;
	ktap_ok(refused(QUERY("bill.by-vehicle", "JING-A00000"), -ENOENT, "no account"), "%s", stage.output.refusal);
	memcpy(filed, stage.other->key.public, 32);
	memcpy(filed + 32, EV_NUMBER, sizeof(EV_NUMBER) - 1);
	stage.private_arguments = private_of("fedcba9876543210", filed, sizeof(filed));
	ktap_ok(!DO(stage.administrator[1], "account.file"), "filed under another's wallet: %s", stage.output.refusal);
	ktap_ok(!QUERY("bill.by-vehicle", EV_NUMBER) && !strcmp(stage_text("wallet"), stage.wallet->hex),
		"it is not believed: the wallet itself must say the same");
	memcpy(filed, stage.wallet->key.public, 32);
	stage.private_arguments = private_of("fedcba9876543210", filed, sizeof(filed));
	ktap_ok(!DO(stage.administrator[0], "account.file"), "filed rightly");
	ktap_ok(!QUERY("bill.by-vehicle", EV_NUMBER) && !strcmp(stage_text("wallet"), stage.wallet->hex),
		"it is found");
	stage.private_arguments = (struct span){ NULL, 0 };
	ktap_ok(!on_chain(EV_NUMBER), "and still nowhere on the chain");
}

static void orders(void)
{
	stage.asker = 0;
	ktap_ok(!QUERY("account.reveal", stage.wallet->hex) && !strcmp(stage_text("vehicle"), EV_NUMBER),
		"its own organisation may ask for the EV number: %s", stage.output.refusal);
	stage.asker = 3;
	ktap_ok(refused(QUERY("account.reveal", stage.wallet->hex), -EACCES, "ordered it"), "%s", stage.output.refusal);
	ktap_ok(refused(SIMULATE(stage.administrator[0], "account.order", stage.wallet->hex, "case 7"), -EACCES,
			"Only a regulator"),
		"%s", stage.output.refusal);
	ktap_ok(!DO(regulator, "account.order", stage.wallet->hex, "case 7"), "a regulator's order: %s",
		stage.output.refusal);
	ktap_ok(!QUERY("account.reveal", stage.wallet->hex) && !strcmp(stage_text("vehicle"), EV_NUMBER),
		"opens it to the regulator's organisation");
	ktap_ok(on_chain("case 7"), "and the order stands on the chain");
	ktap_ok(refused(QUERY("account.reveal", stage.other->hex), -EACCES, "ordered it"), "no other wallet's");
	stage.asker = 2;
	ktap_ok(refused(QUERY("account.reveal", stage.wallet->hex), -EACCES, "ordered it"), "and to no other");
	stage.asker = 0;
}

int main(void)
{
	ktap_plan(0);
	stage_open();
	regulator = stage_enrol("regulator0", 3, CREDENTIAL_CLIENT);
	accounts();
	stations();
	bills();
	notes();
	vehicles();
	orders();
	unpaid_note();
	by_organisation();
	pages();
	stage_close();
	return ktap_exit();
}
