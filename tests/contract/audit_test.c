// SPDX-License-Identifier: GPL-2.0
/* audit_test.c - the charging contract's state judged as a whole: a right one passes, and every value that tells
 * another story is found and named. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "agent/contract/audit.h"
#include "agent/contract/bill.h"
#include "tests/contract/session_stage.h"
#include "tests/ktap.h"

#define MINUTE (60 * WORLD_SECOND)

static struct charging_audit audit;
static u8 key_bytes[256];

/* Own key: @space and @bytes behind it. */
static struct span own(char space, const void *bytes, size_t len)
{
	struct writer writer;

	writer_init(&writer, key_bytes, sizeof(key_bytes));
	writer_bytes(&writer, "k" CHARGING_NAME, sizeof("k" CHARGING_NAME));
	writer_u8(&writer, (u8)space);
	writer_bytes(&writer, bytes, len);
	return (struct span){ key_bytes, writer_len(&writer) };
}

/* Puts @value (deletes if NULL) past every contract, as damage or a lie would. */
static void force(struct span key, const u8 *value, size_t len)
{
	struct state_version version = { stage.world.number, 1 };
	struct state_mark mark = *state_mark(stage.world.state);
	struct overlay *overlay = overlay_new(stage.world.state, NULL);

	if (!overlay ||
	    (value ? overlay_put(overlay, key, (struct span){ value, len }, version) : overlay_delete(overlay, key)) ||
	    overlay_root(overlay, mark.root) || state_commit(overlay, &mark, false)) {
		printf("Bail out! the state cannot be changed\n");
		exit(1);
	}
}

/* Adds @by to the byte at @at of what stands under @key: the audit names it; then all is as before. */
static void spoil(struct span key, size_t at, u8 by, const char *what, const char *words)
{
	u8 before[8192], after[8192];
	struct state_value value;
	size_t len;
	int got;

	if (world_get(&stage.world, key, &value)) {
		ktap_ok(false, "%s: there is no such key", what);
		return;
	}
	len = value.bytes.len;
	memcpy(before, value.bytes.bytes, len);
	memcpy(after, before, len);
	after[at] += by;
	force(key, after, len);
	got = charging_audit(stage.world.state, &audit);
	ktap_ok(got == -EBADMSG && strstr(audit.fault, words), "%s: %s", what, audit.fault);
	force(key, before, len);
}

/* Takes the key away for one audit. */
static void lose(struct span key, const char *what, const char *words)
{
	struct state_value value;
	u8 before[8192];
	size_t len;
	int got;

	if (world_get(&stage.world, key, &value)) {
		ktap_ok(false, "%s: there is no such key", what);
		return;
	}
	len = value.bytes.len;
	memcpy(before, value.bytes.bytes, len);
	force(key, NULL, 0);
	got = charging_audit(stage.world.state, &audit);
	ktap_ok(got == -EBADMSG && strstr(audit.fault, words), "%s: %s", what, audit.fault);
	force(key, before, len);
}

static void unhex(const char *text, u8 ret_bytes[32])
{
	sodium_hex2bin(ret_bytes, 32, text, 64, NULL, NULL, NULL);
}

static const u8 *wallet(void)
{
	return stage.wallet->key.public;
}

static void right(void)
{
	ktap_ok(!charging_audit(stage.world.state, &audit) && audit.accounts == 2 && audit.stations == 1 &&
			audit.sessions == 4 && audit.bills == 3 && audit.notes == 2,
		"a right state passes: %s", audit.fault);
	ktap_ok(audit.deposits == 1000000 && audit.withdrawals == 5000 && audit.balances == 995000 && audit.due == 5000,
		"with its sums: %llu in balances, %llu due", (unsigned long long)audit.balances,
		(unsigned long long)audit.due);
}

static void money(const u8 station[32])
{
	spoil(own('b', wallet(), 32), 7, 1, "a balance with 1/10000 yuan more", "not conserved");
	spoil(own('g', station, 32), 7, 255, "a station's account with that much less", "not conserved");
	spoil(own('D', "", 0), 7, 1, "deposits that nobody made", "not conserved");
	spoil(own('W', "", 0), 6, 1, "withdrawals that nobody made", "not conserved");
	spoil(own('b', wallet(), 32), 0, 0x80, "a negative balance", "is negative");
	spoil(own('g', station, 32), 0, 0x80, "a negative account of a station", "is negative");
	lose(own('a', wallet(), 32), "money of nobody", "not registered");
	lose(own('s', station, 32), "money of no station", "not registered");
	lose(own('b', wallet(), 32), "a balance that went", "not conserved");
}

/* From a wallet to a station without a bill: sums agree, the bills do not. */
static void moved(const u8 station[32])
{
	u8 keys[2][256], values[2][8], before[2][8];
	struct state_value value;
	size_t lens[2];
	u32 i;

	for (i = 0; i < 2; i++) {
		struct span key = i ? own('g', station, 32) : own('b', wallet(), 32);

		lens[i] = key.len;
		memcpy(keys[i], key.bytes, key.len);
		world_get(&stage.world, key, &value);
		memcpy(before[i], value.bytes.bytes, 8);
		memcpy(values[i], before[i], 8);
		values[i][6] += i ? 1 : 255; /* 256 more, 256 less, without a carry in this test's sums */
		force((struct span){ keys[i], lens[i] }, values[i], 8);
	}
	ktap_ok(charging_audit(state_mark(stage.world.state) ? stage.world.state : NULL, &audit) == -EBADMSG &&
			strstr(audit.fault, "paid bills"),
		"money that went to a station without a bill: %s", audit.fault);
	for (i = 0; i < 2; i++)
		force((struct span){ keys[i], lens[i] }, before[i], 8);
}

/* The index by organisation: what a bill is worth by now. */
static void indices(u64 number)
{
	struct bill_key key = bill_key(wallet(), number);
	struct bill_index_key index;
	struct state_value value;
	static struct bill bill;

	world_get(&stage.world, own('l', key.bytes + 1, 40), &value);
	bill_decode(value.bytes, &bill);
	index = bill_index_key(bill.organisation, bill.settled, wallet(), number);
	spoil(own('L', index.bytes + 1, sizeof(index.bytes) - 1), 8, 1, "an indexed energy changed", "not indexed");
	spoil(own('L', index.bytes + 1, sizeof(index.bytes) - 1), 24, 1, "an indexed debt changed", "not indexed");
	lose(own('L', index.bytes + 1, sizeof(index.bytes) - 1), "an index entry that went", "not indexed");
	index = bill_index_key(3, bill.settled, wallet(), number);
	force(own('L', index.bytes + 1, sizeof(index.bytes) - 1), (const u8 *)"", 1);
	ktap_ok(charging_audit(stage.world.state, &audit) == -EBADMSG && strstr(audit.fault, "entries"),
		"an index entry of no bill: %s", audit.fault);
	force(own('L', index.bytes + 1, sizeof(index.bytes) - 1), NULL, 0);
}

static void bills(const char *const sessions[4], const u8 station[32])
{
	struct bill_key first = bill_key(wallet(), 1);
	u8 id[32], tariff[36], later[40];

	unhex(sessions[0], id);
	memcpy(tariff, station, 32);
	memcpy(tariff + 32, "\0\0\0\1", 4);
	/* By bill.h the cost stands at 123, the first line at 141. */
	spoil(own('l', first.bytes + 1, 40), 130, 1, "a bill's cost changed", "another cost than its session");
	spoil(own('l', first.bytes + 1, 40), 141 + 23, 1, "a line's energy changed", "line of another cost");
	spoil(own('l', first.bytes + 1, 40), 141 + 31, 1, "a line's price changed", "prices that its tariff has not");
	spoil(own('l', first.bytes + 1, 40), 141 + 47, 1, "a line's cost changed", "line of another cost");
	spoil(own('l', first.bytes + 1, 40), 5, 1, "a bill of another session", "another session's");
	lose(own('l', first.bytes + 1, 40), "a bill that went", "missing");
	lose(own('i', id, 32), "a bill without its session", "of no session");
	lose(own('t', tariff, 36), "a bill without its tariff", "tariff that its station never had");
	spoil(own('i', id, 32), 1, 255, "a settled session that charges again", "");
	indices(1);
	memcpy(later, first.bytes + 1, 40);
	later[39] = 4;
	force(own('l', later, 40), (const u8 *)"", 0);
	ktap_ok(charging_audit(stage.world.state, &audit) == -EBADMSG, "a bill more than the wallet counts: %s",
		audit.fault);
	force(own('l', later, 40), NULL, 0);
}

static void notes(const char *session)
{
	struct bill_key first = bill_key(wallet(), 1);
	u8 key[44], id[32];

	unhex(session, id);
	memcpy(key, first.bytes + 1, 40);
	memcpy(key + 40, "\0\0\0\1", 4);
	spoil(own('n', key, 44), 8, 1, "a note's amount changed", "add up to");
	lose(own('n', key, 44), "a note that went", "is missing");
	key[43] = 2;
	lose(own('n', key, 44), "the last note that went", "is missing");
	key[43] = 3;
	force(own('n', key, 44), (const u8 *)"\1\0\0\0\0\0\0\0\1", 9);
	ktap_ok(charging_audit(stage.world.state, &audit) == -EBADMSG && strstr(audit.fault, "more credit notes"),
		"a note more than the session counts: %s", audit.fault);
	force(own('n', key, 44), NULL, 0);
}

static void rest(const u8 station[32])
{
	static const u8 high[8] = { 0, 0, 0, 6, 0, 0, 0, 1 };

	spoil(own('c', wallet(), 32), 7, 100, "more credit points than settlements", "credit points");
	force(own('R', station, 32), high, 8);
	ktap_ok(charging_audit(stage.world.state, &audit) == -EBADMSG && strstr(audit.fault, "rating"),
		"a rating above 6: %s", audit.fault);
	force(own('R', station, 32), NULL, 0);
	spoil(own('a', wallet(), 32), 0, 1, "an account of another version", "damaged");
	ktap_ok(!charging_audit(stage.world.state, &audit), "all is as before: %s", audit.fault);
}

int main(void)
{
	static char ids[4][65];
	const char *sessions[4] = { ids[0], ids[1], ids[2], ids[3] };
	u8 station[32];
	struct drive drive;
	u32 i;

	ktap_plan(0);
	stage_open();
	ktap_ok(!charging_audit(stage.world.state, &audit) && !audit.accounts, "a channel without accounts passes");
	DO(stage.wallet, "account.register");
	DO(stage.other, "account.register");
	DO(stage.administrator[0], "account.deposit", stage.wallet->hex, "1000000");
	drive = drive_to(stage.wallet, "audited");
	unhex(drive.station, station);
	for (i = 0; i < 2; i++) {
		drive_start(&drive, 1000 + 1000 * i, stage.world.time + WORLD_SECOND, true);
		drive_meter(&drive, "session.stop", 1, 2000 + 1000 * i, stage.world.time + MINUTE, true);
		strcpy(ids[i], drive.session);
	}
	DO(stage.administrator[0], "note.issue", stage.wallet->hex, "1", "100", "too slow");
	DO(stage.administrator[0], "note.issue", stage.wallet->hex, "1", "50", "and late");
	DO(stage.administrator[0], "account.withdraw", stage.wallet->hex, "5000");
	drive.client = stage.other; /* who has no money */
	drive_start(&drive, 3000, stage.world.time + WORLD_SECOND, true);
	drive_meter(&drive, "session.stop", 1, 4000, stage.world.time + MINUTE, true);
	strcpy(ids[2], drive.session);
	drive.client = stage.wallet;
	drive_start(&drive, 4000, stage.world.time + WORLD_SECOND, true);
	right();
	money(station);
	moved(station);
	bills(sessions, station);
	notes(ids[0]);
	rest(station);
	stage_close();
	return ktap_exit();
}
