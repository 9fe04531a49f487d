// SPDX-License-Identifier: GPL-2.0
/*
 * account_arguments_test.c - every function of accounts, stations, sessions,
 * settlement, bills and notes with every argument missing, surplus, empty, negative, huge, malformed, repeated and out
 * of order: each is refused with a sentence, and nothing would be written. The same call with right arguments works.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/contract/session_stage.h"
#include "tests/ktap.h"

#define EV_NUMBER "JING-B1"
#define MINUTE (60 * WORLD_SECOND)

static char long_text[400], long_hex[131], many_periods[2000];

/* What is wrong for an argument of a kind; NULL ends. */
static const char *const bad_hex[] = { "",
				       "ab",
				       "-1",
				       "0",
				       "99999999999999999999999999",
				       long_hex,
				       "AB00000000000000000000000000000000000000000000000000000000000000",
				       "g000000000000000000000000000000000000000000000000000000000000000",
				       "000000000000000000000000000000000000000000000000000000000000000",
				       NULL };
static const char *const bad_number[] = { "",
					  "-1",
					  "-99999999999999999999",
					  "99999999999999999999999999",
					  "1.5",
					  "0x10",
					  "01",
					  "+1",
					  " 1",
					  "1 ",
					  "one",
					  "18446744073709551616",
					  "1\xff",
					  NULL };
static const char *const bad_signed[] = { "",	 "--1", "-0", "-", "99999999999", "-99999999999", "9223372036854775808",
					  "1e3", "-01", " 1", NULL };
static const char *const bad_text[] = { "",	    long_text,	    "\xff\xfe",		"a\nb",
					"\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "a\x7f",
					NULL };
static const char *const bad_periods[] = { "",
					   "0",
					   "0:1",
					   "0:1+",
					   "1:1+1",
					   "0:1+1,",
					   "0:1+1,0:2+2",
					   "0:1+1,20:2+2,10:3+3",
					   "0:1+1,1440:1+1",
					   "0:-1+1",
					   "0:1+-1",
					   "0:1+100000001",
					   "0:100000001+1",
					   "0:01+1",
					   "0:99999999999999999999+1",
					   ",0:1+1",
					   "0:1+1;480:1+1",
					   many_periods,
					   NULL };
static const char *const bad_charger[] = {
	"",
	"ab:1:1",
	"aa00000000000000000000000000000000000000000000000000000000000000:0:1",
	"aa00000000000000000000000000000000000000000000000000000000000000:1",
	"aa00000000000000000000000000000000000000000000000000000000000000:-1:1",
	"aa00000000000000000000000000000000000000000000000000000000000000:1:-1",
	"aa00000000000000000000000000000000000000000000000000000000000000:1:1:1",
	"aa00000000000000000000000000000000000000000000000000000000000000:100000001:0",
	"aa00000000000000000000000000000000000000000000000000000000000000:1:99999999999999999999",
	NULL
};
static const char *const bad_state[] = { "", "-1", "OPEN", "opened", "99999999999999", NULL };

static const char *const *bad_of(char kind)
{
	switch (kind) {
	case 'h':
	case 's':
		return bad_hex;
	case 'n':
		return bad_number;
	case 'i':
		return bad_signed;
	case 't':
		return bad_text;
	case 'p':
		return bad_periods;
	case 'm':
		return bad_charger;
	default:
		return bad_state;
	}
}

struct call {
	const char *function, *kinds; /* one letter an argument */
	struct stage_client *client;  /* NULL: a query */
	u32 least, most;
	const char *arguments[10];
};

static int call_with(const struct call *call, const char *const *arguments, u32 count)
{
	if (call->client)
		return stage_simulate(call->client, call->function, arguments, count);
	return stage_query(call->function, arguments, count);
}

/* Refused, with a sentence, and without a read/write set. */
static bool no(const struct call *call, const char *const *arguments, u32 count, const char *what, u32 index)
{
	int result = call_with(call, arguments, count);
	bool right = result < 0 && *stage.output.refusal && !stage.output.rwset;

	if (!right)
		printf("# %s, %s argument %u (\"%.40s\"): %d %s\n", call->function, what, index + 1,
		       index < count ? arguments[index] : "", result, stage.output.refusal);
	return right;
}

static bool all_counts(const struct call *call)
{
	const char *arguments[TRANSACTION_ARGUMENTS_MAX];
	u32 count = strlen(call->kinds), i;
	bool right = true;

	for (i = 0; i < TRANSACTION_ARGUMENTS_MAX; i++)
		arguments[i] = call->arguments[i < count ? i : 0] ?: "1";
	for (i = 0; i < call->least; i++)
		right &= no(call, arguments, i, "missing", i);
	if (call->most < TRANSACTION_ARGUMENTS_MAX)
		right &= no(call, arguments, call->most + 1, "surplus", call->most);
	/* One missing in the middle: those behind it move up. */
	for (i = 0; i + 1 < count && count <= call->least; i++) {
		memcpy(arguments, call->arguments, sizeof(call->arguments));
		memmove(arguments + i, arguments + i + 1, (count - i - 1) * sizeof(*arguments));
		right &= no(call, arguments, count - 1, "missing", i);
	}
	return right;
}

static bool all_values(const struct call *call)
{
	u32 count = strlen(call->kinds), i;
	const char *arguments[10];
	const char *const *bad;
	bool right = true;

	for (i = 0; i < count; i++) {
		for (bad = bad_of(call->kinds[i]); *bad; bad++) {
			memcpy(arguments, call->arguments, sizeof(arguments));
			arguments[i] = *bad;
			right &= no(call, arguments, count, "bad", i);
		}
	}
	return right;
}

static bool all_orders(const struct call *call)
{
	u32 count = strlen(call->kinds), i, j;
	const char *arguments[11];
	bool right = true;

	for (i = 0; i < count; i++) {
		memcpy(arguments, call->arguments, sizeof(call->arguments));
		memmove(arguments + i + 1, arguments + i, (count - i) * sizeof(*arguments));
		right &= count < call->most || no(call, arguments, count + 1, "repeated", i);
		for (j = 0; j < count; j++) {
			if (i == j || !strcmp(call->arguments[i], call->arguments[j]))
				continue;
			memcpy(arguments, call->arguments, sizeof(call->arguments));
			arguments[i] = call->arguments[j];
			/* Of the same kind it may be as right as the other, and a text may be anything. */
			if (call->kinds[i] != call->kinds[j] && call->kinds[i] != 't')
				right &= no(call, arguments, count, "repeated", i);
			arguments[j] = call->arguments[i];
			right &= no(call, arguments, count, "out of order", i);
		}
	}
	return right;
}

static const char *judged[64];
static u32 judged_count;

static void judged_add(const char *function)
{
	judged[judged_count++] = function;
}

static void judge(const struct call *call)
{
	int result = call_with(call, call->arguments, strlen(call->kinds));

	judged_add(call->function);
	ktap_ok(!result, "%s with right arguments%s%s", call->function, result ? ": " : "", stage.output.refusal);
	ktap_ok(all_counts(call), "%s: arguments missing and surplus", call->function);
	ktap_ok(all_values(call), "%s: arguments empty, negative, huge, malformed", call->function);
	ktap_ok(all_orders(call), "%s: arguments repeated and out of order", call->function);
}

/* Functions without arguments: surplus ones are refused. */
static void none(void)
{
	static const char *const functions[] = { "account.register", "account.vehicle", "session.cancel" };
	const char *const surplus[] = { "1" };
	bool right = true;
	u32 i;

	for (i = 0; i < 3; i++) {
		judged_add(functions[i]);
		right &= stage_simulate(stage.wallet, functions[i], surplus, 1) == -EINVAL && *stage.output.refusal;
	}
	judged_add("account.file");
	right &= stage_simulate(stage.administrator[0], "account.file", surplus, 1) == -EINVAL;
	ktap_ok(right && stage_simulate(stage.administrator[0], "account.file", surplus, 0) == -EINVAL,
		"functions without arguments take none: %s", stage.output.refusal);
}

/* Was every function of these nouns judged? */
static void complete(void)
{
	static const struct charging_noun *const own[] = { &charging_account,	 &charging_station, &charging_session,
							   &charging_settlement, &charging_bill,    &charging_note };
	const struct charging_function *function;
	char name[64];
	u32 i, j, missing = 0;

	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		for (function = own[i]->functions; function->name; function++) {
			snprintf(name, sizeof(name), "%s.%s", own[i]->name, function->name);
			for (j = 0; j < judged_count && strcmp(judged[j], name); j++)
				;
			missing += j == judged_count;
			if (j == judged_count)
				printf("# %s was not judged\n", name);
		}
	}
	ktap_ok(!missing, "these were all functions");
}

static void no_such(void)
{
	static const char *const names[] = { "",
					     ".",
					     "account",
					     "account.",
					     ".show",
					     "account.Show",
					     "account.show ",
					     "account.show.x",
					     "accountt.show",
					     "session.stop\n" };
	bool right = true;
	u32 i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		right &= SIMULATE(stage.wallet, names[i], "1") == -ENOSYS && *stage.output.refusal;
	ktap_ok(right, "no such function: %s", stage.output.refusal);
}

/* Functions before their time, and after. */
static void states(struct drive *drive)
{
	u64 t = stage.world.time;
	struct drive again;
	bool before;

	before = DO(stage.other, "session.cancel") < 0 && DO(stage.other, "settlement.pay", drive->session) < 0 &&
		 SIMULATE(stage.administrator[0], "note.issue", stage.other->hex, "1", "1", "x") < 0 &&
		 drive_meter(drive, "session.meter", 1, 2000, t, false) < 0 &&
		 drive_meter(drive, "session.stop", 1, 2000, t, false) < 0 &&
		 SIMULATE(stage.administrator[0], "session.close", drive->session) < 0;
	ktap_ok(before, "meter, stop, close, pay, note and cancel before there is a session are refused");
	drive_start(drive, 1000, t, true);
	again = *drive;
	ktap_ok(drive_start(&again, 1000, t, false) < 0 && SIMULATE(stage.other, "session.cancel") < 0 &&
			SIMULATE(stage.other, "session.reserve", drive->station, "2") < 0 &&
			SIMULATE(stage.other, "settlement.pay", drive->session) < 0,
		"start, reserve, cancel and pay while it charges");
	ktap_ok(!drive_meter(drive, "session.stop", 1, 2000, t + MINUTE, true), "it stops");
	ktap_ok(SIMULATE(stage.administrator[0], "session.close", drive->session) == -EALREADY, "close after that: %s",
		stage.output.refusal);
}

/* --- the calls --- */

static struct stage_client *fresh, *regulator;
static char node[65], station[65], session[65], debt[65], now[24], later[24];
static struct stage_reading start, next;

/* The wallet has a bill paid and a session under way, the other a debt; a fresh one may start. */
static void scene(void)
{
	static const char vehicle[] = "0123456789abcdef" EV_NUMBER;
	struct drive drive, owed;

	DO(stage.wallet, "account.register");
	stage.private_arguments = (struct span){ (const u8 *)vehicle, sizeof(vehicle) - 1 };
	DO(stage.other, "account.register");
	stage.private_arguments = (struct span){ NULL, 0 };
	DO(stage.administrator[0], "account.deposit", stage.wallet->hex, "1000000");
	owed = drive_to(stage.other, "owed");
	drive = drive_to(stage.wallet, "paid");
	strcpy(owed.session, stage_session_id(stage.other, owed.station, 1, owed.price, owed.energy_wh));
	states(&owed);
	strcpy(debt, owed.session);
	drive_start(&drive, 1000, stage.world.time, true);
	drive_meter(&drive, "session.stop", 1, 6000, stage.world.time + 3 * MINUTE, true);
	drive_start(&drive, 6000, stage.world.time, true);
	strcpy(session, drive.session);
	strcpy(station, drive.station);
	stage_block(3700 * WORLD_SECOND);
	regulator = stage_enrol("regulator0", 3, CREDENTIAL_CLIENT);
	fresh = stage_enrol("fresh", 0, CREDENTIAL_CLIENT);
	DO(fresh, "account.register");
	DO(stage.administrator[0], "station.tariff", station, "2", DRIVE_PERIODS);
	DO(stage.administrator[0], "station.tariff", station, "3", DRIVE_PERIODS);
	strcpy(node, stage_hex(stage.world.membership.nodes[0].key, 32));
	strcpy(now, stage_decimal(stage.world.time));
	strcpy(later, stage_decimal(stage.world.time + 1));
	next = stage_reading("paid", station, 1, session, 1, 6500, stage.world.time);
	start = stage_reading("paid", station, 2, stage_session_id(fresh, station, 3, 5000, 100000), 0, 1000,
			      stage.world.time);
	stage.asker = 1;
}

static void account_calls(void)
{
	const struct call calls[] = {
		{ "account.deposit", "hn", stage.administrator[0], 2, 2, { stage.wallet->hex, "5" } },
		{ "account.withdraw", "hn", stage.administrator[0], 2, 2, { stage.wallet->hex, "5" } },
		{ "account.suspend", "ht", stage.administrator[0], 2, 2, { stage.wallet->hex, "lost" } },
		{ "account.show", "h", NULL, 1, 1, { stage.wallet->hex } },
		{ "account.certificate", "h", NULL, 1, 1, { stage.wallet->hex } },
		{ "account.reveal", "h", NULL, 1, 1, { stage.other->hex } },
		{ "account.order", "ht", regulator, 2, 2, { stage.wallet->hex, "case" } },
		{ "bill.show", "hn", NULL, 2, 2, { stage.wallet->hex, "1" } },
		{ "bill.by-vehicle", "tnn", NULL, 1, 4, { EV_NUMBER, now, later } },
		{ "bill.by-organisation", "tnn", NULL, 1, 4, { "org0", now, later } },
		{ "note.issue", "hnnt", stage.administrator[0], 4, 4, { stage.wallet->hex, "1", "20", "bad" } },
	};
	u32 i;

	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		judge(&calls[i]);
}

static void station_calls(void)
{
	static const char charger[] = "aa00000000000000000000000000000000000000000000000000000000000000:7000:0";
	struct stage_client *by = stage.administrator[0];
	const struct call calls[] = {
		{ "station.register",
		  "thiipm",
		  by,
		  5,
		  TRANSACTION_ARGUMENTS_MAX,
		  { "a station", node, "39990000", "116320000", "0:1+1", charger } },
		{ "station.charger", "hnm", by, 3, 3, { station, "3", charger } },
		{ "station.tariff", "hnp", by, 3, 3, { station, "4", "0:1+1" } },
		{ "station.status", "hSn", by, 2, 3, { station, "closed", "2" } },
		{ "station.withdraw", "hn", by, 2, 2, { station, "7" } },
		{ "station.show", "h", NULL, 1, 1, { station } },
		{ "station.list", "h", NULL, 0, 1, { station } },
	};
	u32 i;

	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		judge(&calls[i]);
}

static void session_calls(void)
{
	const struct call calls[] = {
		{ "session.reserve", "hn", fresh, 2, 2, { station, "2" } },
		{ "session.start",
		  "hnnnnnns",
		  fresh,
		  8,
		  8,
		  { station, "2", "3", "5000", "100000", start.reg, start.time, start.signature } },
		{ "session.meter", "hnnns", stage.wallet, 5, 5, { session, "1", next.reg, next.time, next.signature } },
		{ "session.stop", "hnnns", stage.wallet, 5, 5, { session, "1", next.reg, next.time, next.signature } },
		{ "session.close",
		  "hnnns",
		  stage.administrator[0],
		  1,
		  29,
		  { session, "1", next.reg, next.time, next.signature } },
		{ "session.show", "h", NULL, 1, 1, { session } },
	};
	u32 i;

	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		judge(&calls[i]);
}

int main(void)
{
	u32 i;

	ktap_plan(0);
	memset(long_text, 'x', sizeof(long_text) - 1);
	memset(long_hex, 'a', sizeof(long_hex) - 1);
	strcpy(many_periods, "0:1+1");
	for (i = 1; i < 49; i++)
		snprintf(many_periods + strlen(many_periods), 40, ",%u:1+1", i * 10);
	stage_open();
	scene();
	account_calls();
	station_calls();
	session_calls();
	DO(stage.administrator[1], "account.deposit", stage.other->hex, "100000");
	judge(&(struct call){ "settlement.pay", "h", stage.other, 1, 1, { debt } });
	DO(stage.administrator[0], "account.suspend", stage.wallet->hex, "lost");
	judge(&(struct call){ "account.reinstate", "h", stage.administrator[0], 1, 1, { stage.wallet->hex } });
	none();
	complete();
	no_such();
	stage_close();
	return ktap_exit();
}
