// SPDX-License-Identifier: GPL-2.0
/* argument.c - see argument.h. */
#include <errno.h>
#include <inttypes.h>

#include "agent/contract/argument.h"

/* Digits alone, without leading zeros; false too if it does not fit. */
static bool digits_number(const u8 *text, size_t len, u64 *ret_number)
{
	u64 number = 0;
	size_t i;

	if (!len || (len > 1 && text[0] == '0'))
		return false;
	for (i = 0; i < len; i++)
		if (text[i] < '0' || text[i] > '9' || __builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, text[i] - '0', &number))
			return false;
	*ret_number = number;
	return true;
}

static bool digits_only(const u8 *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (text[i] < '0' || text[i] > '9')
			return false;
	return len > 0;
}

int argument_number(struct contract_run *run, struct span text, const char *name, u64 least, u64 most, u64 *ret_number)
{
	if (!text.len)
		return contract_refuse(run, -EINVAL, "%s is empty; it is a decimal number.", name);
	if (text.bytes[0] == '-' && digits_only(text.bytes + 1, text.len - 1))
		return contract_refuse(run, -EINVAL, "%s is negative; it lies from %" PRIu64 " to %" PRIu64 ".", name,
				       (uint64_t)least, (uint64_t)most);
	if (!digits_only(text.bytes, text.len) || (text.len > 1 && text.bytes[0] == '0'))
		return contract_refuse(run, -EINVAL, "%s is no decimal number without sign and leading zeros.", name);
	if (!digits_number(text.bytes, text.len, ret_number) || *ret_number < least || *ret_number > most)
		return contract_refuse(run, -EINVAL, "%s lies from %" PRIu64 " to %" PRIu64 ".", name, (uint64_t)least,
				       (uint64_t)most);
	return 0;
}

int argument_signed(struct contract_run *run, struct span text, const char *name, s64 least, s64 most, s64 *ret_number)
{
	bool negative = text.len && text.bytes[0] == '-';
	u64 number;

	if (!text.len)
		return contract_refuse(run, -EINVAL, "%s is empty; it is a decimal number.", name);
	if (!digits_only(text.bytes + negative, text.len - negative) ||
	    (text.len > 1U + negative && text.bytes[negative] == '0') ||
	    (negative && text.len == 2 && text.bytes[1] == '0'))
		return contract_refuse(run, -EINVAL, "%s is no decimal number without leading zeros.", name);
	if (!digits_number(text.bytes + negative, text.len - negative, &number) || number > INT64_MAX)
		goto outside;
	*ret_number = negative ? -(s64)number : (s64)number;
	if (*ret_number >= least && *ret_number <= most)
		return 0;
outside:
	return contract_refuse(run, -EINVAL, "%s lies from %" PRId64 " to %" PRId64 ".", name, (int64_t)least,
			       (int64_t)most);
}

static int hex_digit(u8 letter)
{
	if (letter >= '0' && letter <= '9')
		return letter - '0';
	return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

int argument_hex(struct contract_run *run, struct span text, const char *name, void *ret_bytes, size_t len)
{
	u8 *bytes = ret_bytes;
	int high, low;
	size_t i;

	if (text.len != 2 * len)
		return contract_refuse(run, -EINVAL, "%s has %zu lower-case hex digits, not %zu characters.", name,
				       2 * len, text.len);
	for (i = 0; i < len; i++) {
		high = hex_digit(text.bytes[2 * i]);
		low = hex_digit(text.bytes[2 * i + 1]);
		if (high < 0 || low < 0)
			return contract_refuse(run, -EINVAL, "%s has a character that is no lower-case hex digit.",
					       name);
		bytes[i] = high << 4 | low;
	}
	return 0;
}

/* Length of the well-formed character at @text, 0 if there is none: shortest forms, no surrogates, to U+10FFFF. */
static size_t character_len(const u8 *text, size_t left)
{
	static const u32 least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	u32 code = text[0];
	size_t len, i;

	if (code < 0x80)
		return 1;
	len = code >= 0xf0 && code < 0xf8 ? 4 : code >= 0xe0 && code < 0xf0 ? 3 : code >= 0xc0 && code < 0xe0 ? 2 : 0;
	if (!len || len > left)
		return 0;
	code &= 0x7f >> len;
	for (i = 1; i < len; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (text[i] & 0x3f);
	}
	return code < least[len] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? 0 : len;
}

int argument_words(struct contract_run *run, struct span text, const char *name, size_t most)
{
	size_t at, len;

	if (!text.len || text.len > most)
		return contract_refuse(run, -EINVAL, "%s has 1 to %zu bytes, not %zu.", name, most, text.len);
	for (at = 0; at < text.len; at += len) {
		len = character_len(text.bytes + at, text.len - at);
		if (!len)
			return contract_refuse(run, -EINVAL, "%s is not UTF-8 at byte %zu.", name, at);
		if (text.bytes[at] < 0x20 || text.bytes[at] == 0x7f)
			return contract_refuse(run, -EINVAL, "%s has a control character at byte %zu.", name, at);
	}
	return 0;
}
