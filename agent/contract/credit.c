// SPDX-License-Identifier: GPL-2.0
/* credit.c - see credit.h. Points are deltas: bills of one wallet that settle in one block do not invalidate each
 * other. */
#include <errno.h>
#include <stdint.h>

#include "agent/contract/account.h"
#include "agent/contract/answer.h"
#include "agent/contract/argument.h"
#include "agent/contract/charging.h"
#include "agent/contract/credit.h"

#define THRESHOLD_ZERO 1000 /* the parameter is in thousandths above -1 */

int credit_count(struct contract_run *run, const u8 wallet[32], bool paid)
{
	struct account_key count = account_key('j', wallet), sum = account_key('c', wallet);
	int result = contract_delta(run, ACCOUNT_SPAN(count), 1, 0, INT64_MAX);

	return result ?: contract_delta(run, ACCOUNT_SPAN(sum), paid ? 1 : -1, -INT64_MAX, INT64_MAX);
}

static int counter_get(struct contract_run *run, char space, const u8 wallet[32], bool record, s64 *ret_counter)
{
	struct account_key key = account_key(space, wallet);
	struct reader reader;
	struct span value;
	int result =
		record ? contract_get(run, ACCOUNT_SPAN(key), &value) : contract_peek(run, ACCOUNT_SPAN(key), &value);

	*ret_counter = 0;
	if (result)
		return result == -ENOENT ? 0 : result;
	reader_init(&reader, value.bytes, value.len);
	*ret_counter = (s64)reader_u64(&reader);
	return reader_done(&reader) ? 0 : contract_refuse(run, -EIO, "The wallet's credit is damaged.");
}

int credit_get(struct contract_run *run, const u8 wallet[32], bool record, struct credit *ret_credit)
{
	s64 count = 0;
	int result = counter_get(run, 'j', wallet, record, &count);

	ret_credit->count = count;
	return result ?: counter_get(run, 'c', wallet, record, &ret_credit->sum);
}

s64 credit_micro(const struct credit *credit)
{
	return credit->count ? (s64)((__int128)credit->sum * CREDIT_MICRO / (__int128)credit->count) : 0;
}

int credit_against(const struct credit *credit, u64 threshold_milli)
{
	__int128 threshold = (__int128)threshold_milli - THRESHOLD_ZERO;
	__int128 left = (__int128)credit->sum * 1000, right = threshold * (__int128)credit->count;

	if (!credit->count) {
		left = 0;
		right = threshold;
	}
	return (left > right) - (left < right);
}

static int credit_show(struct contract_run *run, const struct span *arguments, u32 count)
{
	u64 threshold = contract_parameter(run, MEMBERSHIP_CREDIT_THRESHOLD_MILLI);
	struct account account;
	struct credit credit;
	json_t *object;
	u8 wallet[32];
	int result = argument_hex(run, arguments[0], "WALLET", wallet, sizeof(wallet));

	(void)count;
	result = result ?: account_get(run, wallet, &account);
	result = result ?: credit_get(run, wallet, true, &credit);
	if (result)
		return result;
	object = json_object();
	answer_hex(object, "wallet", wallet, sizeof(wallet));
	answer_signed(object, "credit", credit_micro(&credit));
	answer_number(object, "settlements", credit.count);
	answer_signed(object, "points", credit.sum);
	answer_signed(object, "threshold", ((s64)threshold - THRESHOLD_ZERO) * (CREDIT_MICRO / 1000));
	answer_bool(object, "charges", credit_against(&credit, threshold) >= 0);
	answer_bool(object, "rates", credit_against(&credit, threshold) > 0);
	return answer_give(run, object);
}

static const struct charging_function functions[] = {
	{ "show", 1, 1, CHARGING_QUERY, credit_show, "WALLET" },
	{ .name = NULL },
};

const struct charging_noun charging_credit = { "credit", functions };
