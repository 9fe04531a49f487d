/* SPDX-License-Identifier: GPL-2.0 */
/*
 * say.h - how the command line speaks: results on standard output (text or
 * one JSON object a line), one sentence on standard error when it fails.
 */
#ifndef VOLTGATE_TOOLS_SAY_H
#define VOLTGATE_TOOLS_SAY_H

#include <jansson.h>
#include "voltgate/types.h"
#include "tools/voltgate/cli.h"

/* "voltgate: SENTENCE." on standard error; returns CLI_USAGE with a hint at help. */
int say_usage(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same with another status. */
int say_failure(enum cli_exit status, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A word that is none of @words (NULL-terminated): names the nearest where one is near. Returns CLI_USAGE. */
int say_unknown(const char *command, const char *what, const char *word, const char *const *words);
/* The nearest of @words to @word, or NULL if none is near enough to be meant. */
const char *say_nearest(const char *word, const char *const *words);
/* Prints @object as one line and drops the reference. CLI_OK, or CLI_REFUSED if output fails or @object is NULL. */
int say_json(json_t *object);
/* "12,345,678" for people; the text lives until the fourth call after. */
const char *say_count(unsigned long long count);
/* "label   value" on a line of its own: bytes in hex, a Time64 as UTC ("-" where it has none). */
void say_hex(const char *label, const u8 *bytes, size_t len);
void say_time(const char *label, u64 time64);
/* Flushes standard output: CLI_REFUSED and a sentence if something could not be written, else @status. */
int say_done(int status);

#endif
