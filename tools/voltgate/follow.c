// SPDX-License-Identifier: GPL-2.0
/*
 * follow.c - the agent's `follow` for alarms, verdicts and actions.
 */
#include "tools/voltgate/follow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/voltgate/room.h"
#include "tools/voltgate/say.h"

int follow_words_take(const char *command, const char *other, int argc, char **argv, struct follow_words *ret_words)
{
	char *end;
	int at;

	memset(ret_words, 0, sizeof(*ret_words));
	for (at = 1; at < argc; at++) {
		if (!strcmp(argv[at], "-f") || !strcmp(argv[at], "--follow")) {
			ret_words->follow = true;
		} else if (!strcmp(argv[at], "-c")) {
			if (at + 1 >= argc)
				return say_usage(command, "-c needs a number after it");
			ret_words->count = strtoul(argv[++at], &end, 10);
			if (argv[at][0] < '0' || argv[at][0] > '9' || *end || !ret_words->count)
				return say_usage(command, "-c takes a number from 1 on, not \"%.60s\"", argv[at]);
		} else if (other && argv[at][0] != '-' && !ret_words->other) {
			ret_words->other = argv[at];
		} else {
			return say_usage(command, "\"%.60s\" is no word of %s (-f, -c COUNT%s%s)", argv[at], command,
					 other ? ", " : "", other ? other : "");
		}
	}
	return CLI_OK;
}

int follow_agent(const struct cli *cli, struct control_client *client, const char *what, unsigned long count,
		 follow_print *print)
{
	struct gate_error text = { "" };
	unsigned long seen = 0;
	json_t *object;
	int got, error;

	error = control_client_send(client, json_pack("{s:s, s:s}", "do", "follow", "what", what), &text);
	while (!error) {
		got = control_client_next(client, -1, &object, &text);
		if (got <= 0) {
			error = got;
			break;
		}
		if (cli->json)
			say_json(json_incref(object));
		else
			print(object);
		json_decref(object);
		if (fflush(stdout)) /* whoever read us is gone, or the disk is full */
			return say_done(CLI_REFUSED);
		if (count && ++seen >= count)
			break;
	}
	return room_status(error, &text);
}
