// SPDX-License-Identifier: GPL-2.0
/*
 * charging_print.c - see charging_print.h. What unit a number has is told by its member's name
 * (agent/contract/CHARGING.md).
 */
#include "tools/voltgate/charging_print.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "agent/time_text.h"

enum unit {
	UNIT_NONE,
	UNIT_MONEY,
	UNIT_PRICE,
	UNIT_ENERGY,
	UNIT_POWER,
	UNIT_TIME,
	UNIT_DEGREES,
	UNIT_DISTANCE,
	UNIT_MICRO
};

static const struct {
	const char *name;
	enum unit unit;
} units[] = {
	{ "amount", UNIT_MONEY },
	{ "balance", UNIT_MONEY },
	{ "cost", UNIT_MONEY },
	{ "noted", UNIT_MONEY },
	{ "account", UNIT_MONEY },
	{ "price", UNIT_PRICE },
	{ "energy_price", UNIT_PRICE },
	{ "service_price", UNIT_PRICE },
	{ "unit_price", UNIT_PRICE },
	{ "price_ceiling", UNIT_PRICE },
	{ "service", UNIT_PRICE },
	{ "energy", UNIT_ENERGY },
	{ "metered", UNIT_ENERGY },
	{ "register", UNIT_ENERGY },
	{ "energy_ceiling", UNIT_ENERGY },
	{ "start_register", UNIT_ENERGY },
	{ "stop_register", UNIT_ENERGY },
	{ "power", UNIT_POWER },
	{ "time", UNIT_TIME },
	{ "from", UNIT_TIME },
	{ "to", UNIT_TIME },
	{ "opened", UNIT_TIME },
	{ "changed", UNIT_TIME },
	{ "settled", UNIT_TIME },
	{ "issued", UNIT_TIME },
	{ "started", UNIT_TIME },
	{ "since", UNIT_TIME },
	{ "until", UNIT_TIME },
	{ "touched", UNIT_TIME },
	{ "expires", UNIT_TIME },
	{ "read", UNIT_TIME },
	{ "price_until", UNIT_TIME },
	{ "latitude", UNIT_DEGREES },
	{ "longitude", UNIT_DEGREES },
	{ "distance", UNIT_DISTANCE },
	{ "credit", UNIT_MICRO },
	{ "credibility", UNIT_MICRO },
	{ "rating", UNIT_MICRO },
	{ "experience", UNIT_MICRO },
};

static enum unit unit_of(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(units[i].name, name))
			return units[i].unit;
	return UNIT_NONE;
}

/* @number over a power of ten as a decimal; @scale has as many zeros as @decimals. */
static void decimal(json_int_t number, unsigned long long scale, int decimals, const char *unit, char ret_text[64])
{
	unsigned long long size = number < 0 ? -(unsigned long long)number : (unsigned long long)number;

	snprintf(ret_text, 64, "%s%llu.%0*llu%s%s", number < 0 ? "-" : "", size / scale, decimals, size % scale,
		 *unit ? " " : "", unit);
}

static void number(const char *name, json_int_t value, char ret_text[64])
{
	switch (unit_of(name)) {
	case UNIT_MONEY:
		decimal(value, 10000, 4, "yuan", ret_text);
		return;
	case UNIT_PRICE:
		decimal(value, 10000, 4, "yuan/kWh", ret_text);
		return;
	case UNIT_DEGREES:
		decimal(value, 1000000, 6, "", ret_text);
		return;
	case UNIT_MICRO:
		decimal(value, 1000000, 6, "", ret_text);
		return;
	case UNIT_TIME:
		if (!value || !time_text_utc((u64)value, ret_text))
			strcpy(ret_text, "-");
		return;
	case UNIT_ENERGY:
		snprintf(ret_text, 64, "%lld Wh", (long long)value);
		return;
	case UNIT_POWER:
		snprintf(ret_text, 64, "%lld W", (long long)value);
		return;
	case UNIT_DISTANCE:
		snprintf(ret_text, 64, "%lld m", (long long)value);
		return;
	case UNIT_NONE:
		snprintf(ret_text, 64, "%lld", (long long)value);
		return;
	}
}

static void member(int indent, const char *name, const json_t *value);

static void object(int indent, const json_t *value)
{
	const char *name;
	json_t *part;

	json_object_foreach ((json_t *)value, name, part)
		member(indent, name, part);
}

static void list(int indent, const json_t *values)
{
	const json_t *part;
	size_t i;

	json_array_foreach (values, i, part) {
		if (i)
			printf("\n");
		if (json_is_object(part))
			object(indent, part);
		else
			member(indent, "", part);
	}
}

/* Names are shown with blanks for underscores. */
static void label(int indent, const char *name)
{
	int i, width = 18 - indent;

	printf("%*s", indent, "");
	for (i = 0; name[i]; i++)
		putchar(name[i] == '_' ? ' ' : name[i]);
	printf("%*s", i < width ? width - i : 1, "");
}

static void member(int indent, const char *name, const json_t *value)
{
	char text[64];

	label(indent, name);
	if (json_is_integer(value)) {
		number(name, json_integer_value(value), text);
		printf("%s\n", text);
	} else if (json_is_string(value)) {
		printf("%s\n", json_string_value(value));
	} else if (json_is_boolean(value)) {
		printf("%s\n", json_is_true(value) ? "yes" : "no");
	} else if (json_is_object(value) || json_is_array(value)) {
		printf("\n");
		if (json_is_object(value))
			object(indent + 2, value);
		else
			list(indent + 2, value);
	} else {
		printf("-\n");
	}
}

void charging_print(const json_t *answer)
{
	if (json_is_object(answer))
		object(0, answer);
	else if (json_is_array(answer) && json_array_size(answer))
		list(0, answer);
	else if (json_is_array(answer))
		printf("none\n");
}
