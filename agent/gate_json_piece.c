// SPDX-License-Identifier: GPL-2.0
/*
 * gate_json_piece.c - single values of the JSON form: ids, numbers, times,
 * hex strings, errors. See gate_json.h.
 */
#include "agent/gate_json.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/time_text.h"

#define EXACT_MAX ((u64)1 << 53) /* up to here every JSON reader keeps integers exact */

static const char digits[] = "0123456789abcdef";

int gate_json_refuse(struct gate_error *ret_error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(ret_error->text, sizeof(ret_error->text), format, args);
	va_end(args);
	return -EINVAL;
}

json_t *gate_json_finish(json_t *object, int failed)
{
	if (object && !failed)
		return object;
	json_decref(object);
	return NULL;
}

json_t *gate_json_error(int error, const char *text)
{
	return json_pack("{s:s, s:i}", "error", text, "errno", error < 0 ? -error : error);
}

int gate_json_put_id(json_t *object, const char *name, u64 id)
{
	char text[17];

	snprintf(text, sizeof(text), "%016llx", (unsigned long long)id);
	return json_object_set_new(object, name, json_string(text));
}

int gate_json_put_u64(json_t *object, const char *name, u64 number)
{
	char text[24];

	if (number <= EXACT_MAX)
		return json_object_set_new(object, name, json_integer((json_int_t)number));
	snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	return json_object_set_new(object, name, json_string(text));
}

int gate_json_put_time(json_t *object, const char *name, u64 time64)
{
	char key[64], text[TIME_TEXT_LEN];
	json_t *utc;

	if ((size_t)snprintf(key, sizeof(key), "%s_utc", name) >= sizeof(key))
		return -1;
	utc = time_text_utc(time64, text) ? json_string(text) : json_null();
	if (gate_json_put_u64(object, name, time64)) {
		json_decref(utc);
		return -1;
	}
	return json_object_set_new(object, key, utc);
}

int gate_json_put_hex(json_t *object, const char *name, const void *bytes, size_t len)
{
	const u8 *from = bytes;
	char *text = malloc(2 * len + 1);
	json_t *value;
	size_t i;

	if (!text)
		return -1;
	for (i = 0; i < len; i++) {
		text[2 * i] = digits[from[i] >> 4];
		text[2 * i + 1] = digits[from[i] & 15];
	}
	value = json_stringn(text, 2 * len);
	explicit_bzero(text, 2 * len);
	free(text);
	return json_object_set_new(object, name, value);
}

int gate_json_get_text(const json_t *object, const char *name, const char **ret_text, struct gate_error *ret_error)
{
	const json_t *value = json_object_get(object, name);

	if (!value)
		return gate_json_refuse(ret_error, "\"%s\" is missing; it is a string", name);
	if (!json_is_string(value) || strlen(json_string_value(value)) != json_string_length(value))
		return gate_json_refuse(ret_error, "\"%s\" must be a string without NUL characters", name);
	*ret_text = json_string_value(value);
	return 0;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int gate_json_get_hex(const json_t *object, const char *name, void *ret_bytes, size_t len, struct gate_error *ret_error)
{
	u8 *to = ret_bytes;
	const char *text;
	size_t i;
	int error;

	error = gate_json_get_text(object, name, &text, ret_error);
	if (error)
		return error;
	if (strlen(text) != 2 * len)
		return gate_json_refuse(ret_error, "\"%s\" must be %zu hex digits, not %zu characters", name, 2 * len,
					strlen(text));
	for (i = 0; i < len; i++) {
		int high = hex_value(text[2 * i]), low = hex_value(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return gate_json_refuse(ret_error, "\"%s\" must be hex digits; characters %zu and %zu are not",
						name, 2 * i + 1, 2 * i + 2);
		to[i] = (u8)(high << 4 | low);
	}
	return 0;
}

int gate_json_get_id(const json_t *object, const char *name, u64 *ret_id, struct gate_error *ret_error)
{
	u8 bytes[8];
	int error, i;

	error = gate_json_get_hex(object, name, bytes, sizeof(bytes), ret_error);
	if (error)
		return error;
	*ret_id = 0;
	for (i = 0; i < 8; i++)
		*ret_id = *ret_id << 8 | bytes[i];
	return 0;
}

/* Decimal digits only, so that " 1", "+1" and "1e3" are refused. */
static bool parse_decimal(const char *text, u64 *ret_number)
{
	char *end;

	if (!*text || strspn(text, "0123456789") != strlen(text))
		return false;
	errno = 0;
	*ret_number = strtoull(text, &end, 10);
	return !errno && !*end;
}

int gate_json_get_u64(const json_t *object, const char *name, u64 *ret_number, struct gate_error *ret_error)
{
	const json_t *value = json_object_get(object, name);

	if (!value)
		return gate_json_refuse(ret_error, "\"%s\" is missing; it is a number from 0 on", name);
	if (json_is_integer(value) && json_integer_value(value) >= 0) {
		*ret_number = (u64)json_integer_value(value);
		return 0;
	}
	if (json_is_string(value) && strlen(json_string_value(value)) == json_string_length(value) &&
	    parse_decimal(json_string_value(value), ret_number))
		return 0;
	return gate_json_refuse(ret_error, "\"%s\" must be an integer from 0 to 18446744073709551615", name);
}

int gate_json_get_s64(const json_t *object, const char *name, s64 *ret_number, struct gate_error *ret_error)
{
	const json_t *value = json_object_get(object, name);
	const char *text;
	u64 number;

	if (!value)
		return gate_json_refuse(ret_error, "\"%s\" is missing; it is a number", name);
	if (json_is_integer(value)) {
		*ret_number = json_integer_value(value);
		return 0;
	}
	text = json_string_value(value);
	if (text && strlen(text) == json_string_length(value) && parse_decimal(text + (*text == '-'), &number) &&
	    number <= INT64_MAX) {
		*ret_number = *text == '-' ? -(s64)number : (s64)number;
		return 0;
	}
	return gate_json_refuse(ret_error, "\"%s\" must be an integer", name);
}
