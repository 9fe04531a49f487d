// SPDX-License-Identifier: GPL-2.0
/*
 * say.c - sentences, JSON lines and suggestions of the command line.
 */
#include "agent/time_text.h"
#include "tools/voltgate/say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define WORD_MAX 32

/* One line whatever was passed on to us, ended by one full stop. */
static void print_sentence(const char *text)
{
	size_t len = strlen(text), i;

	while (len && (text[len - 1] == '.' || text[len - 1] == '\n'))
		len--;
	fputs("voltgate: ", stderr);
	for (i = 0; i < len; i++)
		fputc((unsigned char)text[i] < ' ' || text[i] == 0x7f ? ' ' : text[i], stderr);
	fputs(".\n", stderr);
}

int say_usage(const char *command, const char *format, ...)
{
	char text[512], whole[640];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	snprintf(whole, sizeof(whole), "%s; see: voltgate help%s%s", text, command ? " " : "", command ? command : "");
	print_sentence(whole);
	return CLI_USAGE;
}

int say_failure(enum cli_exit status, const char *format, ...)
{
	char text[1280];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fflush(stdout);
	print_sentence(text);
	return status;
}

/* Edits (insert, drop, change, swap of neighbours) that make @b of @a; both at most WORD_MAX long. */
static size_t distance(const char *a, const char *b)
{
	size_t rows = strlen(a), columns = strlen(b), i, j;
	size_t d[WORD_MAX + 1][WORD_MAX + 1];

	for (i = 0; i <= rows; i++)
		d[i][0] = i;
	for (j = 0; j <= columns; j++)
		d[0][j] = j;
	for (i = 1; i <= rows; i++)
		for (j = 1; j <= columns; j++) {
			size_t best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);

			best = d[i - 1][j] + 1 < best ? d[i - 1][j] + 1 : best;
			best = d[i][j - 1] + 1 < best ? d[i][j - 1] + 1 : best;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    d[i - 2][j - 2] + 1 < best)
				best = d[i - 2][j - 2] + 1;
			d[i][j] = best;
		}
	return d[rows][columns];
}

const char *say_nearest(const char *word, const char *const *words)
{
	size_t len = strlen(word), best = len / 3 + 2;
	const char *nearest = NULL;

	if (!len || len > WORD_MAX)
		return NULL;
	for (; *words; words++) {
		size_t far;

		if (strlen(*words) > WORD_MAX)
			continue;
		far = len > 1 && !strncmp(*words, word, len) ? 0 : distance(word, *words);
		if (far < best && far < strlen(*words)) {
			best = far;
			nearest = *words;
		}
	}
	return nearest;
}

int say_unknown(const char *command, const char *what, const char *word, const char *const *words)
{
	const char *nearest = say_nearest(word, words);

	if (nearest)
		return say_usage(command, "\"%.60s\" is no %s; do you mean \"%s\"", word, what, nearest);
	return say_usage(command, "\"%.60s\" is no %s", word, what);
}

int say_json(json_t *object)
{
	int failed = !object || json_dumpf(object, stdout, JSON_COMPACT) || putchar('\n') == EOF;

	if (!object)
		return say_failure(CLI_REFUSED, "out of memory");
	json_decref(object);
	return failed ? say_done(CLI_REFUSED) : CLI_OK;
}

const char *say_count(unsigned long long count)
{
	static char texts[4][32];
	static unsigned int turn;
	char digits[24], *to = texts[turn++ % 4], *start = to;
	int len = snprintf(digits, sizeof(digits), "%llu", count), i;

	for (i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
	return start;
}

int say_done(int status)
{
	if (fflush(stdout) || ferror(stdout))
		return say_failure(CLI_REFUSED, "cannot write the output: %s", strerror(errno));
	return status;
}

void say_hex(const char *label, const u8 *bytes, size_t len)
{
	size_t i;

	printf("%-12s", label);
	for (i = 0; i < len; i++)
		printf("%02x", bytes[i]);
	putchar('\n');
}

void say_time(const char *label, u64 time64)
{
	char text[TIME_TEXT_LEN];

	printf("%-12s%s\n", label, time_text_utc(time64, text) ? text : "-");
}
