// SPDX-License-Identifier: GPL-2.0
/* account_table_test.c - the table of functions in CHARGING.md is the one in the code, line by line. */
#include <stdio.h>
#include <string.h>

#include "agent/contract/charging.h"
#include "tests/ktap.h"

#define DOCUMENT "agent/contract/CHARGING.md"

static const char *who(u32 flags)
{
	if (flags & CHARGING_QUERY)
		return "query";
	if (flags & CHARGING_MANDATED)
		return "mandate";
	return flags & CHARGING_ADMINISTRATOR ? "administrator" : "client";
}

/* The row of a function as the document has it; '|' is written with a stroke before it. */
static void row(const struct charging_noun *noun, const struct charging_function *function, char *text, size_t size)
{
	size_t len = snprintf(text, size, "| %s.%s |", noun->name, function->name);
	const char *at;

	for (at = function->usage; *at && len + 4 < size; at++)
		len += snprintf(text + len, size - len, "%s%s%c", at == function->usage ? " " : "",
				*at == '|' ? "\\" : "", *at);
	snprintf(text + len, size - len, " | %s |\n", who(function->flags));
}

/* How many words the usage has: those in brackets are optional, "..." repeats. */
static bool usage_counts(const struct charging_function *function)
{
	u32 least = 0, most = 0, depth = 0;
	bool repeats = strstr(function->usage, "]...");
	const char *at;

	for (at = function->usage; *at; at++) {
		depth += *at == '[';
		if (*at != '[' && *at != ' ' && *at != ']' && (at == function->usage || strchr(" [", at[-1]))) {
			least += !depth;
			most++;
		}
		depth -= *at == ']';
	}
	return least == function->least && (repeats ? most < function->most : most == function->most);
}

int main(void)
{
	static char lines[200][600], text[600];
	const struct charging_function *function;
	const struct charging_noun *noun;
	FILE *file = fopen(DOCUMENT, "r");
	u32 line_count = 0, rows = 0, at, i;
	bool usages = true, all = true;

	ktap_plan(3);
	while (file && line_count < 200 && fgets(text, sizeof(text), file))
		if (!strncmp(text, "| ", 2) && strchr(text, '.') && strncmp(text, "| function", 10))
			strcpy(lines[line_count++], text);
	for (i = 0; (noun = charging_noun(i)); i++) {
		for (function = noun->functions; function->name; function++, rows++) {
			row(noun, function, text, sizeof(text));
			for (at = 0; at < line_count && strcmp(lines[at], text); at++)
				;
			if (at == line_count)
				printf("# not there: %s", text);
			all &= at < line_count;
			if (!usage_counts(function))
				printf("# %s.%s: its usage is not its number of arguments\n", noun->name,
				       function->name);
			usages &= usage_counts(function);
		}
	}
	ktap_ok(all && rows, DOCUMENT " has all %u functions", rows);
	ktap_ok(line_count == rows, "and no other (%u rows)", line_count);
	ktap_ok(usages, "usages name as many arguments as functions take");
	return file && !fclose(file) ? ktap_exit() : 1;
}
