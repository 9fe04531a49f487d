// SPDX-License-Identifier: GPL-2.0
/*
 * coer_test.c - the reader of COER: values at the edges of their encodings,
 * what is not canonical, what is too long, and that nothing is read beyond.
 */
#include <errno.h>

#include "agent/its/coer.h"
#include "tests/ktap.h"

struct number_case {
	const char *name;
	u8 bytes[8];
	u32 len;
	int error;
	long long value;
};

static void check_lengths(void)
{
	static const struct number_case cases[] = {
		{ "0", { 0 }, 1, 0, 0 },
		{ "127 of 0 left", { 127 }, 1, -EBADMSG, 0 },
		{ "128 in the short form", { 0x80 }, 1, -EBADMSG, 0 },
		{ "long form below 128", { 0x81, 0x7f }, 2, -EBADMSG, 0 },
		{ "long form with a zero in front", { 0x82, 0x00, 0x90 }, 3, -EBADMSG, 0 },
		{ "four octets of length", { 0x84, 1, 0, 0, 0 }, 5, -EBADMSG, 0 },
		{ "nothing", { 0 }, 0, -EBADMSG, 0 },
		{ "length cut off", { 0x82, 0x01 }, 2, -EBADMSG, 0 },
	};
	u8 long_form[2 + 200] = { 0x81, 200 };
	struct coer coer;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		u32 value;

		coer = coer_of(cases[i].bytes, cases[i].len);
		value = coer_length(&coer);
		ktap_ok(coer.error == cases[i].error && value == cases[i].value, "length: %s", cases[i].name);
	}
	coer = coer_of(long_form, sizeof(long_form));
	ktap_ok(coer_length(&coer) == 200 && !coer.error, "length: 200 in two octets");
	long_form[1] = 0x7f;
	coer = coer_of(long_form, sizeof(long_form));
	ktap_ok(coer_length(&coer) == 0 && coer.error == -EBADMSG,
		"length: long form below 128, with as many bytes there");
	memcpy(long_form, "\x82\x00\x90", 3);
	coer = coer_of(long_form, sizeof(long_form));
	ktap_ok(coer_length(&coer) == 0 && coer.error == -EBADMSG, "length: a zero in front, with as many bytes there");
	memcpy(long_form, "\x81\xc8", 2);
	coer = coer_of(long_form, sizeof(long_form) - 1);
	ktap_ok(coer_length(&coer) == 0 && coer.error == -EBADMSG, "length: one more than is left");
}

static void check_integers(void)
{
	static const struct number_case unsigned_cases[] = {
		{ "0", { 1, 0 }, 2, 0, 0 },
		{ "36", { 1, 36 }, 2, 0, 36 },
		{ "2^32 - 1", { 4, 255, 255, 255, 255 }, 5, 0, 4294967295LL },
		{ "without octets", { 0 }, 1, -EBADMSG, 0 },
		{ "with a zero in front", { 2, 0, 36 }, 3, -EBADMSG, 0 },
		{ "of five octets", { 5, 1, 0, 0, 0, 0 }, 6, -EOPNOTSUPP, 0 },
	};
	static const struct number_case signed_cases[] = {
		{ "-1", { 1, 0xff }, 2, 0, -1 },
		{ "-129", { 2, 0xff, 0x7f }, 3, 0, -129 },
		{ "128", { 2, 0, 0x80 }, 3, 0, 128 },
		{ "-1 in two octets", { 2, 0xff, 0xff }, 3, -EBADMSG, 0 },
		{ "1 in two octets", { 2, 0, 1 }, 3, -EBADMSG, 0 },
	};
	struct coer coer;
	size_t i;

	for (i = 0; i < sizeof(unsigned_cases) / sizeof(unsigned_cases[0]); i++) {
		const struct number_case *one = &unsigned_cases[i];
		u32 value;

		coer = coer_of(one->bytes, one->len);
		value = coer_unsigned(&coer);
		ktap_ok(coer.error == one->error && value == one->value, "unsigned integer %s", one->name);
	}
	for (i = 0; i < sizeof(signed_cases) / sizeof(signed_cases[0]); i++) {
		const struct number_case *one = &signed_cases[i];
		int value;

		coer = coer_of(one->bytes, one->len);
		value = coer_signed(&coer);
		ktap_ok(coer.error == one->error && value == one->value, "signed integer %s", one->name);
	}
}

static void check_structures(void)
{
	struct coer coer = coer_of("\x83", 1), inner;

	ktap_ok(coer_choice(&coer) == 3 && !coer.error, "choice 3");
	coer = coer_of("\x03", 1);
	coer_choice(&coer);
	ktap_ok(coer.error == -EBADMSG, "a choice of another class is refused");
	coer = coer_of("\xbf\x40", 2);
	coer_choice(&coer);
	ktap_ok(coer.error == -EBADMSG, "a choice with a long tag is refused");
	coer = coer_of("\x01\x02\xaa\xbb", 4);
	ktap_ok(coer_count(&coer, 1) == 2 && !coer.error, "a count that fits");
	coer = coer_of("\x04\xff\xff\xff\xff\xaa", 6);
	ktap_ok(coer_count(&coer, 1) == 0 && coer.error == -EBADMSG, "a count beyond what is left is refused");
	coer = coer_of("\x41", 1);
	coer_preamble(&coer, 7);
	ktap_ok(coer.error == -EBADMSG, "unused bits of a preamble must be zero");
	coer = coer_of("\x02\x04\x80", 3);
	ktap_ok(coer_extensions(&coer) == 1u << 31 && !coer.error, "the first of four additions");
	coer = coer_of("\x02\x04\x00", 3);
	coer_extensions(&coer);
	ktap_ok(coer.error == -EBADMSG, "no additions at all are not said this way");
	coer = coer_of("\x02\x04\x88", 3);
	coer_extensions(&coer);
	ktap_ok(coer.error == -EBADMSG, "unused bits of the additions must be zero");
	coer = coer_of("\x02\x01\x02\xee", 4);
	inner = coer_sub(coer_octets(&coer, 0, 10));
	coer_u8(&inner);
	coer_end(&coer, &inner);
	ktap_ok(coer.error == -EBADMSG, "what is left in an open type is refused");
	coer = coer_of("\x02\x01\x02", 3);
	coer_octets(&coer, 3, 10);
	ktap_ok(coer.error == -EBADMSG, "a string shorter than its type allows is refused");
}

static void check_sticky(void)
{
	struct coer coer = coer_of("\x01\x02\x03", 3);

	coer_u64(&coer);
	ktap_ok(coer.error == -EBADMSG && coer_u8(&coer) == 0 && !coer_bytes(&coer, 0) && coer.at == coer.end,
		"after an error every read gives nothing");
	coer_fail(&coer, -EOPNOTSUPP);
	ktap_ok(coer.error == -EBADMSG, "the first error stays");
}

int main(void)
{
	ktap_plan(0);
	check_lengths();
	check_integers();
	check_structures();
	check_sticky();
	return ktap_exit();
}
