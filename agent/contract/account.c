// SPDX-License-Identifier: GPL-2.0
/* account.c - accounts as their organisations see them; balances change by delta, so that nothing here meets a bill. */
#include <errno.h>
#include <inttypes.h>

#include "agent/contract/account.h"
#include "agent/contract/account_vehicle.h"
#include "agent/contract/answer.h"
#include "agent/contract/argument.h"
#include "agent/contract/charging.h"
#include "agent/contract/money.h"
#include "agent/contract/session.h"
#include "ledger/credential.h"

#define ACCOUNT_VERSION 1

struct account_key account_key(char space, const u8 wallet[32])
{
	struct account_key key;

	key.bytes[0] = space;
	memcpy(key.bytes + 1, wallet, 32);
	return key;
}

int account_decode(struct span value, struct account *ret_account)
{
	struct reader reader;

	reader_init(&reader, value.bytes, value.len);
	if (reader_u8(&reader) != ACCOUNT_VERSION)
		return -EBADMSG;
	ret_account->organisation = reader_u16(&reader);
	ret_account->state = reader_u8(&reader);
	ret_account->opened = reader_u64(&reader);
	ret_account->changed = reader_u64(&reader);
	if (!reader_done(&reader) || (ret_account->state != ACCOUNT_ACTIVE && ret_account->state != ACCOUNT_SUSPENDED))
		return -EBADMSG;
	return 0;
}

int account_get(struct contract_run *run, const u8 wallet[32], struct account *ret_account)
{
	struct account_key key = account_key('a', wallet);
	struct span value;
	int result = contract_get(run, ACCOUNT_SPAN(key), &value);

	if (result == -ENOENT)
		return contract_refuse(run, result, "The wallet has no account; its owner calls account.register.");
	if (!result && account_decode(value, ret_account))
		return contract_refuse(run, -EIO, "The account's record is damaged.");
	return result;
}

int account_put(struct contract_run *run, const u8 wallet[32], const struct account *account)
{
	struct account_key key = account_key('a', wallet);
	struct writer writer;
	u8 bytes[ACCOUNT_LEN];

	writer_init(&writer, bytes, sizeof(bytes));
	writer_u8(&writer, ACCOUNT_VERSION);
	writer_u16(&writer, account->organisation);
	writer_u8(&writer, account->state);
	writer_u64(&writer, account->opened);
	writer_u64(&writer, account->changed);
	return contract_put(run, ACCOUNT_SPAN(key), (struct span){ bytes, writer_len(&writer) });
}

int account_active(struct contract_run *run, const u8 wallet[32], struct account *ret_account)
{
	int result = account_get(run, wallet, ret_account);

	if (!result && ret_account->state == ACCOUNT_SUSPENDED)
		return contract_refuse(run, -EACCES,
				       "The account is suspended; its organisation's administrator reinstates it.");
	return result;
}

int account_suspend(struct contract_run *run, const u8 wallet[32])
{
	struct account account;
	int result = account_get(run, wallet, &account);

	if (result || account.state == ACCOUNT_SUSPENDED)
		return result;
	account.state = ACCOUNT_SUSPENDED;
	account.changed = contract_time(run);
	return account_put(run, wallet, &account);
}

int account_balance(struct contract_run *run, const u8 wallet[32], bool record, u64 *ret_money)
{
	struct account_key key = account_key('b', wallet);
	struct reader reader;
	struct span value;
	int result =
		record ? contract_get(run, ACCOUNT_SPAN(key), &value) : contract_peek(run, ACCOUNT_SPAN(key), &value);

	*ret_money = 0;
	if (result)
		return result == -ENOENT ? 0 : result;
	reader_init(&reader, value.bytes, value.len);
	*ret_money = reader_u64(&reader);
	return 0;
}

/* What functions that change a wallet's account answer. */
static int give_account(struct contract_run *run, const u8 wallet[32], const struct account *account)
{
	json_t *object = json_object();

	answer_hex(object, "wallet", wallet, 32);
	answer_organisation(object, "organisation", run, account->organisation);
	answer_text(object, "state", account->state == ACCOUNT_ACTIVE ? "active" : "suspended");
	return answer_give(run, object);
}

static int account_register(struct contract_run *run, const struct span *arguments, u32 count)
{
	struct account account = { .state = ACCOUNT_ACTIVE,
				   .opened = contract_time(run),
				   .changed = contract_time(run) };
	const u8 *wallet = contract_client(run);
	struct account_key key = account_key('a', wallet);
	struct contract_member asker;
	struct span value;
	int result = charging_asker(run, &asker);

	(void)arguments, (void)count;
	account.organisation = asker.organisation;
	result = result ?: contract_get(run, ACCOUNT_SPAN(key), &value);
	if (!result)
		return contract_refuse(run, -EEXIST, "The wallet has an account already.");
	if (result != -ENOENT)
		return result;
	result = contract_private_arguments(run).len ? account_vehicle_put(run, wallet) : 0;
	result = result ?: account_put(run, wallet, &account);
	return result ?: give_account(run, wallet, &account);
}

/* Money from outside, or to it: the wallet's balance and the channel's sum change together (PROTOCOL.md M1). */
static int move_outside(struct contract_run *run, const struct span *arguments, bool in)
{
	struct account_key key;
	struct account account;
	u64 amount, balance;
	json_t *object;
	u8 wallet[32];
	int result = argument_hex(run, arguments[0], "WALLET", wallet, sizeof(wallet));

	result = result ?: argument_number(run, arguments[1], "AMOUNT", 1, MONEY_MOST, &amount);
	result = result ?: account_get(run, wallet, &account);
	result = result ?: charging_concerns(run, account.organisation, "wallet");
	result = result ?: account_balance(run, wallet, false, &balance);
	if (!result && !in && balance < amount)
		return contract_refuse(run, -ERANGE, "The balance is %" PRIu64 ", less than AMOUNT.",
				       (uint64_t)balance);
	if (!result && in && balance + amount > MONEY_MOST)
		return contract_refuse(run, -ERANGE, "The balance would be above %llu.", MONEY_MOST);
	if (result)
		return result;
	key = account_key('b', wallet);
	result = contract_delta(run, ACCOUNT_SPAN(key), in ? (s64)amount : -(s64)amount, 0, MONEY_MOST);
	result = result ?: contract_delta(run, (struct span){ (const u8 *)(in ? "D" : "W"), 1 }, amount, 0, INT64_MAX);
	object = json_object();
	answer_hex(object, "wallet", wallet, sizeof(wallet));
	answer_number(object, "amount", amount);
	return result ?: answer_give(run, object);
}

static int account_deposit(struct contract_run *run, const struct span *arguments, u32 count)
{
	(void)count;
	return move_outside(run, arguments, true);
}

static int account_withdraw(struct contract_run *run, const struct span *arguments, u32 count)
{
	(void)count;
	return move_outside(run, arguments, false);
}

/* Suspends or reinstates: a decision of the wallet's own organisation. */
static int account_set(struct contract_run *run, const struct span *arguments, u8 state)
{
	struct account account;
	u8 wallet[32];
	int result = argument_hex(run, arguments[0], "WALLET", wallet, sizeof(wallet));

	if (state == ACCOUNT_SUSPENDED)
		result = result ?: argument_words(run, arguments[1], "REASON", ACCOUNT_REASON_MAX);
	result = result ?: account_get(run, wallet, &account);
	result = result ?: charging_concerns(run, account.organisation, "wallet");
	if (!result && account.state == state)
		return contract_refuse(run, -EALREADY, "The account is %s already.",
				       state == ACCOUNT_ACTIVE ? "active" : "suspended");
	account.state = state;
	account.changed = contract_time(run);
	result = result ?: account_put(run, wallet, &account);
	return result ?: give_account(run, wallet, &account);
}

static int account_suspend_asked(struct contract_run *run, const struct span *arguments, u32 count)
{
	(void)count;
	return account_set(run, arguments, ACCOUNT_SUSPENDED);
}

static int account_reinstate(struct contract_run *run, const struct span *arguments, u32 count)
{
	(void)count;
	return account_set(run, arguments, ACCOUNT_ACTIVE);
}

/* What the wallet does now, with the time-out of a reservation by header time. */
static void put_doing(struct contract_run *run, json_t *object, const struct wallet *wallet)
{
	bool over = wallet->doing == WALLET_RESERVED && wallet->until <= contract_time(run);
	u8 doing = over ? WALLET_NOTHING : wallet->doing;

	answer_number(object, "bills", wallet->bills);
	answer_text(object, "doing",
		    doing == WALLET_CHARGING   ? "charging"
		    : doing == WALLET_RESERVED ? "reserved"
					       : "nothing");
	if (doing == WALLET_CHARGING)
		answer_hex(object, "session", wallet->holder, 32);
	if (doing != WALLET_RESERVED)
		return;
	answer_hex(object, "station", wallet->holder, 32);
	answer_number(object, "charger", wallet->charger);
	answer_number(object, "until", wallet->until);
}

static int account_show(struct contract_run *run, const struct span *arguments, u32 count)
{
	struct account account;
	struct wallet wallet;
	json_t *object;
	u8 key[32];
	u64 balance;
	int result = argument_hex(run, arguments[0], "WALLET", key, sizeof(key));

	(void)count;
	result = result ?: account_get(run, key, &account);
	result = result ?: account_balance(run, key, true, &balance);
	result = result ?: wallet_get(run, key, &wallet);
	if (result)
		return result;
	object = json_object();
	answer_hex(object, "wallet", key, sizeof(key));
	answer_organisation(object, "organisation", run, account.organisation);
	answer_text(object, "state", account.state == ACCOUNT_ACTIVE ? "active" : "suspended");
	answer_number(object, "opened", account.opened);
	answer_number(object, "changed", account.changed);
	answer_number(object, "balance", balance);
	put_doing(run, object, &wallet);
	return answer_give(run, object);
}

static const char *role_word(u8 role)
{
	switch (role) {
	case CREDENTIAL_CLIENT:
		return "client";
	case CREDENTIAL_ATTESTOR:
		return "attestor";
	case CREDENTIAL_ADMINISTRATOR:
		return "administrator";
	}
	return "node";
}

/* What committed state holds of the wallet's credential: its certificate on this channel. */
static int account_certificate(struct contract_run *run, const struct span *arguments, u32 count)
{
	struct contract_member member;
	json_t *object;
	u8 wallet[32];
	int result = argument_hex(run, arguments[0], "WALLET", wallet, sizeof(wallet));

	(void)count;
	result = result ?: contract_member(run, wallet, &member);
	if (result == -ENOENT)
		return contract_refuse(run, result, "No organisation enrolled this key.");
	if (result)
		return result;
	object = json_object();
	answer_hex(object, "wallet", wallet, sizeof(wallet));
	answer_organisation(object, "organisation", run, member.organisation);
	answer_text(object, "role", role_word(member.role));
	answer_number(object, "serial", member.serial);
	answer_number(object, "expires", member.expires);
	answer_bool(object, "revoked", member.revoked);
	answer_bool(object, "valid", !member.revoked && (!member.expires || member.expires >= contract_time(run)));
	return answer_give(run, object);
}

static const struct charging_function functions[] = {
	{ "register", 0, 0, 0, account_register, "" },
	{ "vehicle", 0, 0, 0, account_vehicle, "" },
	{ "file", 0, 0, CHARGING_ADMINISTRATOR, account_file, "" },
	{ "deposit", 2, 2, CHARGING_ADMINISTRATOR, account_deposit, "WALLET AMOUNT" },
	{ "withdraw", 2, 2, CHARGING_ADMINISTRATOR, account_withdraw, "WALLET AMOUNT" },
	{ "suspend", 2, 2, CHARGING_ADMINISTRATOR, account_suspend_asked, "WALLET REASON" },
	{ "reinstate", 1, 1, CHARGING_ADMINISTRATOR, account_reinstate, "WALLET" },
	{ "order", 2, 2, 0, account_order, "WALLET REASON" },
	{ "reveal", 1, 1, CHARGING_QUERY, account_reveal, "WALLET" },
	{ "certificate", 1, 1, CHARGING_QUERY, account_certificate, "WALLET" },
	{ "show", 1, 1, CHARGING_QUERY, account_show, "WALLET" },
	{ .name = NULL },
};

const struct charging_noun charging_account = { "account", functions };
