/* SPDX-License-Identifier: GPL-2.0 */
/*
 * inquiry.h - one request to the agent and its answers, printed: with -j as they
 * come, else for people.
 */
#ifndef VOLTGATE_TOOLS_INQUIRY_H
#define VOLTGATE_TOOLS_INQUIRY_H

#include <jansson.h>

#include "tools/voltgate/cli.h"

/* Prints one object for people. */
typedef void inquiry_print(const json_t *object);

/* Takes @request's reference. Returns enum cli_exit, after a sentence where not 0. */
int inquiry(const struct cli *cli, json_t *request, inquiry_print *print);
/* The first object of the answer; its reference is the caller's. CLI_OK, or a status after a sentence. */
int inquiry_one(const struct cli *cli, json_t *request, json_t **ret_object);

/* Values of an object, whatever they are: text ("-" if there is none), numbers that may be strings, flags. */
const char *inquiry_text(const json_t *object, const char *name);
unsigned long long inquiry_number(const json_t *object, const char *name);
bool inquiry_flag(const json_t *object, const char *name);
/* "label       value" on a line of its own. */
void inquiry_line(const char *label, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
