// SPDX-License-Identifier: GPL-2.0
/*
 * kv.c - the contract "kv": keys and counters for whoever needs no more. Any
 * enrolled client may change any of its keys.
 *
 *   put KEY VALUE   get KEY   delete KEY
 *   add KEY AMOUNT [LEAST MOST]     a counter, by delta; numbers in decimal; without range: 64 bits
 *   count KEY                       a counter in decimal, not entered into the read set; an absent one is 0
 *   put-private COLLECTION KEY      value: the private arguments after their 16 random bytes
 *   delete-private COLLECTION KEY
 *   get-private COLLECTION KEY      as a query only: a transaction's result stands on the chain
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "agent/contract/contract.h"

/* A decimal number with an optional '-', nothing else; false if it is none or does not fit. */
static bool number_of(struct span text, s64 *ret_number)
{
	bool negative = text.len && text.bytes[0] == '-';
	s64 number = 0;
	size_t i;

	if (text.len == negative)
		return false;
	for (i = negative; i < text.len; i++) {
		if (text.bytes[i] < '0' || text.bytes[i] > '9' || __builtin_mul_overflow(number, 10, &number) ||
		    __builtin_sub_overflow(number, text.bytes[i] - '0', &number))
			return false;
	}
	/* Gathered below zero, where there is room for one more. */
	return negative ? (*ret_number = number, true) : !__builtin_sub_overflow(0, number, ret_number);
}

static int kv_put(struct contract_run *run, const struct span *arguments, u32 count)
{
	(void)count;
	return contract_put(run, arguments[0], arguments[1]);
}

static int kv_get(struct contract_run *run, const struct span *arguments, u32 count)
{
	struct span value;
	int result = contract_get(run, arguments[0], &value);

	(void)count;
	if (result == -ENOENT)
		return contract_refuse(run, result, "There is no value under this key.");
	return result ?: contract_result(run, value);
}

static int kv_delete(struct contract_run *run, const struct span *arguments, u32 count)
{
	(void)count;
	return contract_delete(run, arguments[0]);
}

static int kv_add(struct contract_run *run, const struct span *arguments, u32 count)
{
	s64 amount, least = INT64_MIN, most = INT64_MAX;

	if (count == 3 || !number_of(arguments[1], &amount) ||
	    (count == 4 && (!number_of(arguments[2], &least) || !number_of(arguments[3], &most))))
		return contract_refuse(run, -EINVAL, "add takes a key, a decimal amount and perhaps two limits.");
	return contract_delta(run, arguments[0], amount, least, most);
}

static int kv_count(struct contract_run *run, const struct span *arguments, u32 count)
{
	struct reader reader;
	struct span value;
	s64 counter = 0;
	char text[24];
	int result;

	(void)count;
	result = contract_peek(run, arguments[0], &value);
	if (result && result != -ENOENT)
		return result;
	if (!result) {
		reader_init(&reader, value.bytes, value.len);
		counter = (s64)reader_u64(&reader);
		if (!reader_done(&reader))
			return contract_refuse(run, -EINVAL, "The key holds no counter.");
	}
	result = snprintf(text, sizeof(text), "%" PRId64, (int64_t)counter);
	return contract_result(run, (struct span){ (const u8 *)text, result });
}

static int kv_put_private(struct contract_run *run, const struct span *arguments, u32 count)
{
	(void)count;
	return contract_put_private(run, arguments[0], arguments[1], contract_private_arguments(run));
}

static int kv_get_private(struct contract_run *run, const struct span *arguments, u32 count)
{
	struct span value;
	int result;

	(void)count;
	if (!contract_is_query(run))
		return contract_refuse(run, -EPERM, "A transaction's result stands on the chain: ask by a query.");
	result = contract_get_private(run, arguments[0], arguments[1], &value);
	if (result == -ENOENT)
		return contract_refuse(run, result, "This node holds no such private value.");
	return result ?: contract_result(run, value);
}

static int kv_delete_private(struct contract_run *run, const struct span *arguments, u32 count)
{
	(void)count;
	return contract_delete_private(run, arguments[0], arguments[1]);
}

static const struct {
	const char *name;
	u32 least, most; /* arguments */
	int (*call)(struct contract_run *run, const struct span *arguments, u32 count);
} functions[] = {
	{ "put", 2, 2, kv_put },
	{ "get", 1, 1, kv_get },
	{ "delete", 1, 1, kv_delete },
	{ "add", 2, 4, kv_add },
	{ "count", 1, 1, kv_count },
	{ "put-private", 2, 2, kv_put_private },
	{ "get-private", 2, 2, kv_get_private },
	{ "delete-private", 2, 2, kv_delete_private },
};

static int kv_invoke(struct contract_run *run, struct span function, const struct span *arguments, u32 count)
{
	size_t i;

	for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		if (strlen(functions[i].name) != function.len ||
		    memcmp(functions[i].name, function.bytes, function.len))
			continue;
		if (count != functions[i].least && functions[i].least == functions[i].most)
			return contract_refuse(run, -EINVAL, "%s takes %u arguments, not %u.", functions[i].name,
					       functions[i].least, count);
		if (count < functions[i].least || count > functions[i].most)
			return contract_refuse(run, -EINVAL, "%s takes %u to %u arguments, not %u.", functions[i].name,
					       functions[i].least, functions[i].most, count);
		return functions[i].call(run, arguments, count);
	}
	return contract_refuse(run, -ENOSYS, "Contract kv has put, get, delete, add, count and their private forms.");
}

const struct contract contract_kv = { "kv", kv_invoke, false };
