// SPDX-License-Identifier: GPL-2.0
/* rating_test.c - who may rate, what a score does to a station by paper eq. (3), and that scores meet without
 * conflict. The formula itself is held against high precision by tests/txn/rating_check.py. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "agent/contract/session.h"
#include "ledger/rating.h"
#include "tests/contract/session_stage.h"
#include "tests/ktap.h"

#define MINUTE (60 * WORLD_SECOND)
#define MANY 40

static bool refused(int got, int wanted, const char *words)
{
	bool right = got == wanted && strstr(stage.output.refusal, words);

	if (!right)
		printf("# got %d: %s\n", got, stage.output.refusal);
	return right;
}

/* A session of @energy_wh at @drive's station from register @from on, settled. */
static bool charged(struct drive *drive, u64 from, u64 energy_wh)
{
	u64 t = stage.world.time + WORLD_SECOND;

	return !drive_start(drive, from, t, true) &&
	       !drive_meter(drive, "session.stop", 1, from + energy_wh, t + MINUTE, true);
}

static u64 shown(const char *station, const char *member)
{
	QUERY("rating.show", station);
	return stage_number(member);
}

/* Paper eq. (3) as printed, or with W / 5. */
static double after(double rating, double experience, double credibility, double score, bool scaled)
{
	double phi = 1 - 1 / (1 + exp(-(rating - 6) / 0.7));
	double next = rating + 0.1 * (1 + experience) * phi * credibility * (score / (scaled ? 5 : 1) - rating / 6);

	return next < 0 ? 0 : next > 6 ? 6 : next;
}

static void first_score(struct drive *drive)
{
	double wanted;

	ktap_ok(!shown(drive->station, "rating") && !shown(drive->station, "scores"), "nobody rated: 0");
	ktap_ok(refused(SIMULATE(drive->client, "rating.rate", stage_hex(drive->session, 32), "5"), -ENOENT,
			"no charging"),
		"a session that is none: %s", stage.output.refusal);
	drive_start(drive, 1000, stage.world.time + WORLD_SECOND, true);
	ktap_ok(refused(SIMULATE(drive->client, "rating.rate", drive->session, "5"), -EINVAL, "after it has ended"),
		"while it charges: %s", stage.output.refusal);
	drive_meter(drive, "session.stop", 1, 3000, stage.world.time + MINUTE, true);
	ktap_ok(refused(SIMULATE(stage.other, "rating.rate", drive->session, "5"), -EACCES, "another wallet's"),
		"another wallet: %s", stage.output.refusal);
	ktap_ok(refused(SIMULATE(drive->client, "rating.rate", drive->session, "0"), -EINVAL, "SCORE") &&
			refused(SIMULATE(drive->client, "rating.rate", drive->session, "6"), -EINVAL, "SCORE") &&
			refused(SIMULATE(drive->client, "rating.rate", drive->session, "-1"), -EINVAL, "SCORE") &&
			refused(SIMULATE(drive->client, "rating.rate", drive->session, "4.5"), -EINVAL, "SCORE"),
		"a score that is none: %s", stage.output.refusal);
	wanted = after(0, shown(drive->station, "experience") / 1e6, 1, 4, false);
	ktap_ok(!DO(drive->client, "rating.rate", drive->session, "4") && stage_number("credibility") == 1000000,
		"rated 4 with credit 1: %s", stage.output.refusal);
	ktap_ok(fabs(shown(drive->station, "rating") / 1e6 - wanted) < 2e-6 && shown(drive->station, "scores") == 1,
		"eq. (3): %.6f", wanted);
	ktap_ok(refused(SIMULATE(drive->client, "rating.rate", drive->session, "4"), -EALREADY, "once"),
		"a second time: %s", stage.output.refusal);
}

/* The same session rated twice in one block: the second conflicts. */
static void twice_in_a_block(struct drive *drive)
{
	u32 i;

	charged(drive, 3000, 1000);
	for (i = 0; i < 2; i++) {
		SIMULATE(drive->client, "rating.rate", drive->session, "1");
		stage_order(drive->client);
	}
	stage_block(WORLD_SECOND);
	ktap_ok(stage.world.result->outcomes[0] == LEDGER_VALID && stage.world.result->outcomes[1] == LEDGER_CONFLICT,
		"twice in one block: one counts");
	ktap_ok(shown(drive->station, "scores") == 2, "and is counted once");
}

/* Scores of many wallets in one block: all valid, in the block's order, with M of before the block. */
static struct drive hot(void)
{
	static struct drive drives[MANY];
	struct rating_input input = { .alpha_milli = 10000, .credibility = 1000000 };
	struct stage_client *clients = stage_enrol_many("rater", MANY, 0);
	char score[2] = "";
	s64 rating = 0;
	u32 i, valid = 0;

	drives[0] = drive_to(&clients[0], "hot");
	for (i = 0; i < MANY; i++) {
		DO(&clients[i], "account.register");
		DO(stage.administrator[0], "account.deposit", clients[i].hex, "100000");
		drives[i] = drives[0];
		drives[i].client = &clients[i];
		charged(&drives[i], 1000 + 1000 * i, 1000);
	}
	input.experience = shown(drives[0].station, "experience");
	for (i = 0; i < MANY; i++) {
		score[0] = (char)('1' + i % 5);
		SIMULATE(&clients[i], "rating.rate", drives[i].session, score);
		stage_order(&clients[i]);
		input.score = 1 + i % 5;
		rating = rating_next(rating, &input);
	}
	stage_block(WORLD_SECOND);
	for (i = 0; i < MANY; i++)
		valid += stage.world.result->outcomes[i] == LEDGER_VALID;
	ktap_ok(valid == MANY, "%u scores for one station in one block: %u valid", MANY, valid);
	ktap_ok(shown(drives[0].station, "rating") == (u64)((rating * 1000000 + RATING_ONE / 2) / RATING_ONE) &&
			shown(drives[0].station, "scores") == MANY,
		"in the block's order, with M of before the block");
	return drives[0];
}

/* A debtor's score does not count: its credit is at the threshold, or below. */
static void low_credit(struct drive *drive)
{
	struct stage_client *poor = stage_enrol("poor", 0, CREDENTIAL_CLIENT);
	struct drive own = *drive;

	DO(poor, "account.register");
	own.client = poor;
	charged(&own, 4000, 1000);
	QUERY("session.show", own.session);
	ktap_ok(!strcmp(stage_text("state"), "unpaid"), "a bill that the wallet could not pay");
	QUERY("credit.show", poor->hex);
	ktap_ok(stage_number("credit") == -1000000 && stage_number("settlements") == 1, "its credit is -1");
	ktap_ok(refused(SIMULATE(poor, "rating.rate", own.session, "1"), -EACCES, "do not count"),
		"its score does not count: %s", stage.output.refusal);
	DO(stage.administrator[0], "account.deposit", poor->hex, "100000");
	ktap_ok(!DO(poor, "settlement.pay", own.session), "it pays late: %s", stage.output.refusal);
	QUERY("credit.show", poor->hex);
	ktap_ok(!stage_number("credit") && stage_number("settlements") == 2, "its credit is 0");
	ktap_ok(refused(SIMULATE(poor, "rating.rate", own.session, "1"), -EACCES, "do not count"),
		"which is at the threshold: it does not count either");
	own.client = poor;
	charged(&own, 5000, 1000);
	QUERY("credit.show", poor->hex);
	ktap_ok(stage_number("credit") == 333333, "a paid bill more: a third");
	ktap_ok(!DO(poor, "rating.rate", own.session, "1") && stage_number("credibility") == 333333,
		"and it rates with that: %s", stage.output.refusal);
}

/* By a gate's verdict: the mandate of the session speaks, another's does not. */
static void by_mandate(struct drive *drive)
{
	static struct evidence evidence;

	charged(drive, 6000, 1000);
	evidence.mandate =
		(struct mandate){ .tariff = drive->tariff, .price = drive->price, .energy = drive->energy_wh };
	sodium_hex2bin(evidence.mandate.charging, 32, drive->session, 64, NULL, NULL, NULL);
	sodium_hex2bin(evidence.mandate.station, 32, drive->station, 64, NULL, NULL, NULL);
	stage.evidence = &evidence;
	ktap_ok(!SIMULATE(drive->client, "rating.rate", drive->session, "2"), "by a mandate that continues it: %s",
		stage.output.refusal);
	evidence.mandate.charging[0] ^= 1;
	ktap_ok(refused(SIMULATE(drive->client, "rating.rate", drive->session, "2"), -EACCES, "another charging"),
		"by one of another session: %s", stage.output.refusal);
	stage.evidence = NULL;
}

/* The channel counts fifths: a poor score lowers a rating. */
static void scaled(struct drive *drive)
{
	static u8 bytes[MEMBERSHIP_UPDATE_MAX + 256];
	struct membership next = stage.world.membership;
	double wanted;
	u64 before;
	size_t len;

	next.sequence++;
	next.parameters[MEMBERSHIP_RATING_SCALED] = 1;
	len = world_config(&stage.world, next.sequence - 1, &next, 3, bytes, sizeof(bytes));
	ktap_ok(world_try(&stage.world, bytes, len) == LEDGER_VALID, "rating-scaled is now 1");
	charged(drive, 1000 + 1000 * MANY, 1000);
	before = shown(drive->station, "rating");
	wanted = after(before / 1e6, shown(drive->station, "experience") / 1e6, 1, 1, true);
	DO(drive->client, "rating.rate", drive->session, "1");
	ktap_ok(fabs(shown(drive->station, "rating") / 1e6 - wanted) < 2e-6 && wanted < before / 1e6,
		"a poor score lowers it: %.6f to %.6f", before / 1e6, wanted);
}

int main(void)
{
	struct drive drive;

	ktap_plan(0);
	stage_open();
	DO(stage.wallet, "account.register");
	DO(stage.other, "account.register");
	DO(stage.administrator[0], "account.deposit", stage.wallet->hex, "1000000");
	drive = drive_to(stage.wallet, "rated");
	first_score(&drive);
	twice_in_a_block(&drive);
	low_credit(&drive);
	by_mandate(&drive);
	drive = hot();
	scaled(&drive);
	stage_close();
	return ktap_exit();
}
