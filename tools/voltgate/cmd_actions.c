// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_actions.c - voltgate actions -f: the action packets on which the agent
 * acts, each covered by a verified verdict.
 */
#include <stdio.h>
#include <string.h>

#include "tools/voltgate/follow.h"
#include "tools/voltgate/room.h"
#include "tools/voltgate/say.h"

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "-";
}

static void print_text(const json_t *object)
{
	printf("%s  %-14s  session %s  sequence %lld  %zu bytes  %s\n", text_of(object, "time_utc"),
	       text_of(object, "type"), text_of(object, "session"),
	       (long long)json_integer_value(json_object_get(object, "sequence")),
	       strlen(text_of(object, "payload")) / 2, text_of(object, "grade"));
}

static int actions(const struct cli *cli, int argc, char **argv)
{
	struct control_client *client;
	struct follow_words words;
	int status = follow_words_take("actions", NULL, argc, argv, &words);

	if (status)
		return status;
	if (!words.follow)
		return say_usage("actions", "actions are not kept: follow them with -f");
	status = room_agent(cli, &client);
	if (status)
		return status;
	status = follow_agent(cli, client, "actions", words.count, print_text);
	control_client_close(client);
	return status;
}

const struct cli_command cmd_actions = {
	.name = "actions",
	.run = actions,
	.usage = "-f [-c COUNT]",
	.summary = "Follow the action packets that verdicts cover",
	.help = "Each is printed once its verdict record came in a batch that verified. -j carries the payload in hex.",
	.verbs = NULL,
};
