// SPDX-License-Identifier: GPL-2.0
/* answer.c - see answer.h. jansson keeps members in the order in which they were set. */
#include <errno.h>
#include <stdlib.h>

#include <sodium.h>

#include "agent/contract/answer.h"

void answer_number(json_t *object, const char *name, u64 number)
{
	json_object_set_new(object, name, json_integer((json_int_t)number));
}

void answer_signed(json_t *object, const char *name, s64 number)
{
	json_object_set_new(object, name, json_integer(number));
}

void answer_hex(json_t *object, const char *name, const void *bytes, size_t len)
{
	char text[2 * 64 + 1];

	sodium_bin2hex(text, sizeof(text), bytes, len);
	json_object_set_new(object, name, json_string(text));
}

void answer_text(json_t *object, const char *name, const char *text)
{
	json_object_set_new(object, name, json_string(text));
}

void answer_bool(json_t *object, const char *name, bool value)
{
	json_object_set_new(object, name, json_boolean(value));
}

void answer_organisation(json_t *object, const char *name, const struct contract_run *run, u16 organisation)
{
	const struct membership *membership = contract_membership(run);

	if (membership && organisation < membership->organisation_count)
		answer_text(object, name, membership->organisations[organisation].name);
	else
		answer_number(object, name, organisation);
}

void answer_part(json_t *object, const char *name, json_t *part)
{
	json_object_set_new(object, name, part);
}

void answer_item(json_t *array, json_t *part)
{
	json_array_append_new(array, part);
}

int answer_give(struct contract_run *run, json_t *value)
{
	char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;
	int result;

	if (text)
		result = contract_result(run, (struct span){ (const u8 *)text, strlen(text) });
	else
		result = contract_refuse(run, -ENOMEM, "There is no memory for an answer.");
	free(text);
	json_decref(value);
	return result;
}
