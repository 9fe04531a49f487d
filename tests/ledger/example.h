/* SPDX-License-Identifier: GPL-2.0 */
/*
 * example.h - a worked example of ledger/FORMAT.md: bytes shown with where they lie and what they are, and looked for
 * in the page. Header-only.
 */
#ifndef VOLTGATE_TESTS_LEDGER_EXAMPLE_H
#define VOLTGATE_TESTS_LEDGER_EXAMPLE_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "ledger/cursor.h"
#include "tests/ktap.h"

#define EXAMPLE_ROOM 65536
#define EXAMPLE_PER_LINE 32

static char shown[EXAMPLE_ROOM];
static size_t shown_len;

__attribute__((format(printf, 1, 2))) static inline void show(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	shown_len += (size_t)vsnprintf(shown + shown_len, sizeof(shown) - shown_len, format, args);
	va_end(args);
}

/* Takes @len bytes off @reader and shows them. */
static inline void field(struct reader *reader, const u8 *start, size_t len, const char *what)
{
	size_t at = (size_t)(reader->at - start), i;
	const u8 *bytes = reader_bytes(reader, len);

	if (!bytes)
		abort();
	for (i = 0; i < len; i++) {
		if (i % EXAMPLE_PER_LINE == 0)
			show("%s%4zu  ", i ? "\n" : "", at + i);
		show("%02x", bytes[i]);
	}
	show("%*s  %s\n", len < 16 ? (int)(32 - 2 * len) : 0, "", what);
}

static inline char *example_page(const char *name)
{
	char *text = calloc(1, 1 << 20);
	FILE *file = fopen(name, "r");

	if (file) {
		if (fread(text, 1, (1 << 20) - 1, file) == 0)
			text[0] = 0;
		fclose(file);
	}
	return text;
}

/* Prints what was shown for --print, or compares it with the page; the test's exit status. */
static inline int example_end(int argc, char **argv, const char *what)
{
	char *text;

	if (argc > 1 && !strcmp(argv[1], "--print")) {
		fputs(shown, stdout);
		return 0;
	}
	ktap_plan(1);
	text = example_page(argc > 1 ? argv[1] : "ledger/FORMAT.md");
	ktap_ok(strstr(text, shown) != NULL, "%s of ledger/FORMAT.md is what the code writes", what);
	free(text);
	return ktap_exit();
}

#endif
