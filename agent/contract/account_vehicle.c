// SPDX-License-Identifier: GPL-2.0
/*
 * account_vehicle.c - EV numbers: private values that the chain knows by salted
 * hashes alone; who may look them up, and a regulator's order to open one (PROTOCOL.md M10).
 *
 *   wallet -> number: written with the account, under a key that follows from the wallet (no secret)
 *   number -> wallet: filed by an administrator; believed only if the first agrees. Without it all accounts are tried.
 */
#include <errno.h>
#include <stdlib.h>

#include "agent/contract/account.h"
#include "agent/contract/account_vehicle.h"
#include "agent/contract/answer.h"
#include "agent/contract/argument.h"
#include "agent/contract/charging.h"
#include "agent/contract/contract_run.h"

#define ORDER_MAX (2 + 8 + 2 + ACCOUNT_REASON_MAX)

static const struct span collection = { (const u8 *)CHARGING_COLLECTION, sizeof(CHARGING_COLLECTION) - 1 };

struct vehicle_key {
	u8 bytes[1 + ACCOUNT_VEHICLE_MAX];
	size_t len;
};

static struct span vehicle_key(struct vehicle_key *key, struct span vehicle)
{
	key->bytes[0] = 'e';
	memcpy(key->bytes + 1, vehicle.bytes, vehicle.len);
	return (struct span){ key->bytes, 1 + vehicle.len };
}

int account_vehicle_put(struct contract_run *run, const u8 wallet[32])
{
	struct span vehicle = contract_private_arguments(run);
	struct account_key key = account_key('w', wallet);
	int result = argument_words(run, vehicle, "The EV number", ACCOUNT_VEHICLE_MAX);

	return result ?: contract_put_private(run, collection, ACCOUNT_SPAN(key), vehicle);
}

int account_vehicle(struct contract_run *run, const struct span *arguments, u32 count)
{
	const u8 *wallet = contract_client(run);
	struct account account;
	json_t *object;
	int result = account_get(run, wallet, &account);

	(void)arguments, (void)count;
	result = result ?: account_vehicle_put(run, wallet);
	if (result)
		return result;
	object = json_object();
	answer_hex(object, "wallet", wallet, 32);
	return answer_give(run, object);
}

int account_file(struct contract_run *run, const struct span *arguments, u32 count)
{
	struct span given = contract_private_arguments(run), vehicle;
	struct vehicle_key key;
	json_t *object;
	int result;

	(void)arguments, (void)count;
	if (given.len < 32)
		return contract_refuse(run, -EINVAL,
				       "The private arguments are 16 random bytes, the wallet's 32, then the "
				       "EV number.");
	vehicle = (struct span){ given.bytes + 32, given.len - 32 };
	result = argument_words(run, vehicle, "The EV number", ACCOUNT_VEHICLE_MAX);
	result = result
			 ?: contract_put_private(run, collection, vehicle_key(&key, vehicle),
						 (struct span){ given.bytes, 32 });
	if (result)
		return result;
	object = json_object();
	answer_bool(object, "filed", true);
	return answer_give(run, object);
}

/* --- looking up --- */

/* Does @wallet's own record name @vehicle? 1, 0, -errno. */
static int wallet_has(struct contract_run *run, const u8 wallet[32], struct span vehicle)
{
	struct account_key key = account_key('w', wallet);
	struct span value;
	int result;

	result = contract_get_private(run, collection, ACCOUNT_SPAN(key), &value);
	if (result)
		return result == -ENOENT ? 0 : result;
	return span_equal(value, vehicle);
}

struct search {
	struct contract_run *run;
	struct span vehicle;
	u8 *ret_wallet;
	int found; /* 1, 0, -errno */
};

static bool search_one(void *arg, struct span key, struct span value)
{
	struct search *search = arg;

	(void)value;
	if (key.len != 33)
		return true;
	search->found = wallet_has(search->run, key.bytes + 1, search->vehicle);
	if (search->found > 0)
		memcpy(search->ret_wallet, key.bytes + 1, 32);
	return !search->found;
}

int account_of_vehicle(struct contract_run *run, struct span vehicle, u8 ret_wallet[32])
{
	struct search search = { .run = run, .vehicle = vehicle, .ret_wallet = ret_wallet };
	struct vehicle_key key;
	struct span wallet;
	int result = argument_words(run, vehicle, "VEHICLE", ACCOUNT_VEHICLE_MAX);

	result = result ?: contract_get_private(run, collection, vehicle_key(&key, vehicle), &wallet);
	if (!result && wallet.len == 32 && wallet_has(run, wallet.bytes, vehicle) == 1) {
		memcpy(ret_wallet, wallet.bytes, 32);
		return 0;
	}
	if (result && (result != -ENOENT || *run->output->refusal))
		return result; /* not entitled, no such collection */
	result = contract_scan(run, (struct span){ (const u8 *)"a", 1 }, (struct span){ NULL, 0 }, search_one, &search);
	*run->output->refusal = 0;
	if (!result && search.found < 0)
		return contract_failed(run, search.found);
	if (!result && !search.found)
		result = contract_refuse(run, -ENOENT, "This node knows no account with this EV number.");
	return result;
}

/* --- a regulator's order --- */

static bool is_regulator(const struct contract_run *run, const u8 key[32])
{
	const struct membership *membership = contract_membership(run);
	u32 i;

	for (i = 0; membership && i < membership->regulator_count; i++)
		if (!memcmp(membership->regulators[i], key, 32))
			return true;
	return false;
}

int account_order(struct contract_run *run, const struct span *arguments, u32 count)
{
	struct contract_member asker;
	struct account account;
	struct account_key key;
	struct writer writer;
	u8 bytes[ORDER_MAX];
	json_t *object;
	u8 wallet[32];
	int result;

	(void)count;
	if (!is_regulator(run, contract_client(run)))
		return contract_refuse(run, -EACCES, "Only a regulator of the channel orders an EV number opened.");
	result = argument_hex(run, arguments[0], "WALLET", wallet, sizeof(wallet));
	result = result ?: argument_words(run, arguments[1], "REASON", ACCOUNT_REASON_MAX);
	result = result ?: charging_asker(run, &asker);
	result = result ?: account_get(run, wallet, &account);
	if (result)
		return result;
	writer_init(&writer, bytes, sizeof(bytes));
	writer_u16(&writer, asker.organisation);
	writer_u64(&writer, contract_time(run));
	writer_span16(&writer, arguments[1]);
	key = account_key('o', wallet);
	result = contract_put(run, ACCOUNT_SPAN(key), (struct span){ bytes, writer_len(&writer) });
	object = json_object();
	answer_hex(object, "wallet", wallet, sizeof(wallet));
	answer_organisation(object, "opened_to", run, asker.organisation);
	return result ?: answer_give(run, object);
}

/* The organisation to which an order opened @wallet. -ENOENT: none. */
static int order_organisation(struct contract_run *run, const u8 wallet[32])
{
	struct account_key key = account_key('o', wallet);
	struct reader reader;
	struct span value;
	int result = contract_get(run, ACCOUNT_SPAN(key), &value);

	if (result)
		return result;
	reader_init(&reader, value.bytes, value.len);
	return reader_u16(&reader);
}

/*
 * The value as this node holds it, whatever collection the asker is entitled to: an order opened this one to it. The
 * node itself checks what it holds against the hash on the chain.
 */
static int open_value(struct contract_run *run, const u8 wallet[32], struct span *ret_value)
{
	struct account_key key = account_key('w', wallet);
	u8 *bytes = NULL;
	size_t len = 0;
	int result = -ENOENT;

	if (run->input->private_get)
		result = run->input->private_get(run->input->arg, collection, ACCOUNT_SPAN(key), &bytes, &len);
	if (result)
		return contract_refuse(run, result, "This node holds no EV number of this wallet.");
	*ret_value = contract_memory_copy(run, (struct span){ bytes, len });
	free(bytes);
	return ret_value->bytes ? 0 : contract_failed(run, -ENOMEM);
}

int account_reveal(struct contract_run *run, const struct span *arguments, u32 count)
{
	struct account account;
	struct span vehicle;
	json_t *object;
	u8 wallet[32];
	int result = argument_hex(run, arguments[0], "WALLET", wallet, sizeof(wallet)), ordered;

	(void)count;
	result = result ?: account_get(run, wallet, &account);
	if (result)
		return result;
	ordered = order_organisation(run, wallet);
	if (ordered < 0 && ordered != -ENOENT)
		return ordered;
	if (!(run->input->organisations >> account.organisation & 1) &&
	    (ordered < 0 || !(run->input->organisations >> ordered & 1)))
		return contract_refuse(
			run, -EACCES,
			"An EV number is opened to its own organisation, and to a regulator's that ordered it "
			"(account.order).");
	result = open_value(run, wallet, &vehicle);
	if (result)
		return result;
	object = json_object();
	answer_hex(object, "wallet", wallet, sizeof(wallet));
	answer_part(object, "vehicle", json_stringn((const char *)vehicle.bytes, vehicle.len));
	return answer_give(run, object);
}
