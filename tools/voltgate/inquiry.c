// SPDX-License-Identifier: GPL-2.0
/*
 * inquiry.c - one request to the agent and its answers: see inquiry.h.
 */
#include "tools/voltgate/inquiry.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/voltgate/room.h"
#include "tools/voltgate/say.h"

struct inquiry_way {
	const struct cli *cli;
	inquiry_print *print;
	int status;
};

static int inquiry_each(void *arg, const json_t *object)
{
	struct inquiry_way *way = arg;

	if (way->cli->json)
		way->status = say_json(json_deep_copy(object));
	else
		way->print(object);
	return 0;
}

int inquiry(const struct cli *cli, json_t *request, inquiry_print *print)
{
	struct inquiry_way way = { cli, print, CLI_OK };
	struct gate_error text = { "" };
	struct control_client *client;
	int status = room_agent(cli, &client), error;

	if (status) {
		json_decref(request);
		return status;
	}
	error = control_client_call(client, request, inquiry_each, &way, &text);
	control_client_close(client);
	return error ? room_status(error, &text) : way.status;
}

static int inquiry_keep(void *arg, const json_t *object)
{
	json_t **kept = arg;

	if (!*kept)
		*kept = json_deep_copy(object);
	return 0;
}

int inquiry_one(const struct cli *cli, json_t *request, json_t **ret_object)
{
	struct gate_error text = { "" };
	struct control_client *client;
	int status = room_agent(cli, &client), error;

	*ret_object = NULL;
	if (status) {
		json_decref(request);
		return status;
	}
	error = control_client_call(client, request, inquiry_keep, ret_object, &text);
	control_client_close(client);
	if (!error && *ret_object)
		return CLI_OK;
	json_decref(*ret_object);
	*ret_object = NULL;
	return error ? room_status(error, &text) : say_failure(CLI_REFUSED, "the agent answered with nothing");
}

const char *inquiry_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "-";
}

unsigned long long inquiry_number(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	if (json_is_string(value))
		return strtoull(json_string_value(value), NULL, 10);
	return (unsigned long long)json_integer_value(value);
}

bool inquiry_flag(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

void inquiry_line(const char *label, const char *format, ...)
{
	va_list args;

	printf("%-14s", label);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}
