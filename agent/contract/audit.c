// SPDX-License-Identifier: GPL-2.0
/* audit.c - walks the contract's keys once and sums (PROTOCOL.md M11); see audit.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "agent/contract/account.h"
#include "agent/contract/audit_room.h"
#include "agent/contract/charging.h"
#include "ledger/rating.h"

#define OWN_LEN sizeof("k" CHARGING_NAME) /* "k", the name, and the 0 behind it */

bool charging_audit_fault(struct charging_audit_room *room, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(room->audit->fault, sizeof(room->audit->fault), format, args);
	va_end(args);
	room->error = -EBADMSG;
	return false;
}

const char *charging_audit_name(const u8 *bytes)
{
	static _Thread_local char names[4][17];
	static _Thread_local u32 turn;

	return sodium_bin2hex(names[turn++ % 4], sizeof(names[0]), bytes, 8) ?: "";
}

bool charging_audit_get(struct charging_audit_room *room, const u8 *key, size_t len, struct span *ret_value)
{
	u8 bytes[OWN_LEN + 128];
	struct state_value value;
	int error;

	memcpy(bytes, "k" CHARGING_NAME, OWN_LEN);
	memcpy(bytes + OWN_LEN, key, len);
	error = state_get(room->state, (struct span){ bytes, OWN_LEN + len }, &value);
	if (error && error != -ENOENT)
		room->error = error;
	*ret_value = value.bytes;
	return !error;
}

static bool there(struct charging_audit_room *room, char space, const u8 key[32])
{
	struct account_key full = account_key(space, key);
	struct span value;

	return charging_audit_get(room, full.bytes, sizeof(full.bytes), &value);
}

/* A counter that must not be negative. */
static bool counter(struct charging_audit_room *room, struct span value, const char *what, const u8 *name,
		    u64 *ret_counter)
{
	struct reader reader;

	reader_init(&reader, value.bytes, value.len);
	*ret_counter = reader_u64(&reader);
	if (!reader_done(&reader))
		return charging_audit_fault(room, "The %s %s is no counter.", what,
					    name ? charging_audit_name(name) : "");
	if ((s64)*ret_counter < 0)
		return charging_audit_fault(room, "The %s %s is negative: %" PRId64 ".", what,
					    name ? charging_audit_name(name) : "", (int64_t)*ret_counter);
	return true;
}

static bool judge_balance(struct charging_audit_room *room, char space, struct span key, struct span value)
{
	bool station = space == 'g';
	u64 balance;

	if (!counter(room, value, station ? "account of station" : "balance of wallet", key.bytes, &balance))
		return false;
	room->balances += balance;
	if (station)
		room->stations += balance;
	if (!there(room, station ? 's' : 'a', key.bytes))
		return charging_audit_fault(room, "There is money of %s %s, which is not registered.",
					    station ? "station" : "wallet", charging_audit_name(key.bytes));
	return true;
}

/* 'c': within the number of points. */
static bool judge_points(struct charging_audit_room *room, struct span key, struct span value)
{
	struct account_key count_key = account_key('j', key.bytes);
	struct span count_value;
	struct reader reader;
	s64 points, count = 0;

	reader_init(&reader, value.bytes, value.len);
	points = (s64)reader_u64(&reader);
	if (charging_audit_get(room, count_key.bytes, sizeof(count_key.bytes), &count_value)) {
		reader_init(&reader, count_value.bytes, count_value.len);
		count = (s64)reader_u64(&reader);
	}
	if (points > count || points < -count)
		return charging_audit_fault(room, "Wallet %s has %" PRId64 " credit points of %" PRId64 " settlements.",
					    charging_audit_name(key.bytes), (int64_t)points, (int64_t)count);
	return true;
}

static bool judge_rating(struct charging_audit_room *room, struct span key, struct span value)
{
	struct reader reader;
	s64 rating;

	reader_init(&reader, value.bytes, value.len);
	rating = (s64)reader_u64(&reader);
	if (!reader_done(&reader) || rating < 0 || rating > RATING_MOST)
		return charging_audit_fault(room, "The rating of station %s does not lie within 0 and %d.",
					    charging_audit_name(key.bytes), RATING_D);
	return true;
}

/* 'w': as many bills as it counts, numbered from 1 on: the last is there, and none after it. */
static bool judge_wallet(struct charging_audit_room *room, struct span key, struct span value)
{
	struct bill_key last, next;
	struct wallet wallet;
	u64 bills;

	if (wallet_decode(value, &wallet))
		return charging_audit_fault(room, "The record of wallet %s is damaged.",
					    charging_audit_name(key.bytes));
	for (bills = wallet.bills; bills; bills--) {
		last = bill_key(key.bytes, bills);
		if (!charging_audit_get(room, last.bytes, sizeof(last.bytes), &value))
			return charging_audit_fault(
				room, "Wallet %s has %" PRIu64 " bills, but number %" PRIu64 " is missing.",
				charging_audit_name(key.bytes), (uint64_t)wallet.bills, (uint64_t)bills);
	}
	next = bill_key(key.bytes, wallet.bills + 1);
	if (charging_audit_get(room, next.bytes, sizeof(next.bytes), &value))
		return charging_audit_fault(room, "Wallet %s has more bills than the %" PRIu64 " that it counts.",
					    charging_audit_name(key.bytes), (uint64_t)wallet.bills);
	return true;
}

static bool judge_account(struct charging_audit_room *room, struct span key, struct span value)
{
	struct account account;

	room->audit->accounts++;
	return !account_decode(value, &account) ||
	       charging_audit_fault(room, "The account of wallet %s is damaged.", charging_audit_name(key.bytes));
}

static bool judge_station(struct charging_audit_room *room, struct span key, struct span value)
{
	struct station station;

	room->audit->stations++;
	return !station_decode(value, &station) ||
	       charging_audit_fault(room, "The record of station %s is damaged.", charging_audit_name(key.bytes));
}

/* @key: without its first letter. */
static bool judge(struct charging_audit_room *room, char space, struct span key, struct span value)
{
	if (space == 'D' && !key.len)
		return counter(room, value, "sum of deposits", NULL, &room->audit->deposits);
	if (space == 'W' && !key.len)
		return counter(room, value, "sum of withdrawals", NULL, &room->audit->withdrawals);
	if (space == 'l')
		return charging_audit_bill(room, key, value);
	if (space == 'n')
		return charging_audit_note(room, key, value);
	if (space == 'L')
		return ++room->indexed;
	if (key.len != 32) /* indices and what bears no money */
		return true;
	switch (space) {
	case 'a':
		return judge_account(room, key, value);
	case 's':
		return judge_station(room, key, value);
	case 'b':
	case 'g':
		return judge_balance(room, space, key, value);
	case 'c':
		return judge_points(room, key, value);
	case 'R':
		return judge_rating(room, key, value);
	case 'w':
		return judge_wallet(room, key, value);
	case 'i':
		return charging_audit_session(room, key, value);
	}
	return true;
}

static bool judge_one(void *arg, struct span key, const struct state_value *value)
{
	struct charging_audit_room *room = arg;

	if (key.len <= OWN_LEN)
		return charging_audit_fault(room, "The contract has a key without a name.");
	return judge(room, key.bytes[OWN_LEN], (struct span){ key.bytes + OWN_LEN + 1, key.len - OWN_LEN - 1 },
		     value->bytes) &&
	       !room->error;
}

static void judge_sums(struct charging_audit_room *room)
{
	struct charging_audit *audit = room->audit;

	audit->balances = (u64)room->balances;
	if (room->balances != (__int128)audit->deposits - audit->withdrawals)
		charging_audit_fault(room,
				     "Money is not conserved: balances add up to %" PRIu64
				     ", deposits less withdrawals are "
				     "%" PRId64 ".",
				     (uint64_t)audit->balances, (int64_t)(audit->deposits - audit->withdrawals));
	else if (room->stations > room->paid)
		charging_audit_fault(
			room, "Stations hold %" PRIu64 ", more than the %" PRIu64 " that paid bills brought them.",
			(uint64_t)room->stations, (uint64_t)room->paid);
	else if (room->indexed != room->to_index)
		charging_audit_fault(room,
				     "The index by organisation has %" PRIu64 " entries for the %" PRIu64
				     " that bills demand.",
				     (uint64_t)room->indexed, (uint64_t)room->to_index);
}

int charging_audit(struct state *state, struct charging_audit *ret_audit)
{
	struct charging_audit_room *room = calloc(1, sizeof(*room));
	struct span under = { (const u8 *)"k" CHARGING_NAME, OWN_LEN };
	int error;

	memset(ret_audit, 0, sizeof(*ret_audit));
	if (!room)
		return -ENOMEM;
	room->state = state;
	room->audit = ret_audit;
	error = state_walk(state, under, under, judge_one, room);
	if (!error && !room->error)
		judge_sums(room);
	error = error ?: room->error;
	free(room);
	return error;
}
