// SPDX-License-Identifier: GPL-2.0
/*
 * its_reload.c - asks the agent to read its ITS trust folder again.
 */
#include "tools/voltgate/its_reload.h"

#include <stdio.h>

#include "tools/voltgate/room.h"
#include "tools/voltgate/say.h"

static int each_answer(void *arg, const json_t *object)
{
	const struct cli *cli = arg;
	const char *name;
	json_t *value;

	if (cli->json)
		return say_json(json_copy((json_t *)object)) ? -1 : 0;
	json_object_foreach ((json_t *)object, name, value)
		if (json_is_integer(value))
			printf("%-20s %lld\n", name, (long long)json_integer_value(value));
	return 0;
}

int its_reload(const struct cli *cli)
{
	struct gate_error text = { "" };
	struct control_client *client;
	int error, status = room_agent(cli, &client);

	if (status)
		return status;
	error = control_client_call(client, json_pack("{s:s}", "do", "its-trust-reload"), each_answer, (void *)cli,
				    &text);
	control_client_close(client);
	if (!error && !cli->json)
		printf("the agent has read its trust folder again\n");
	return room_status(error, &text);
}
