// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_flush.c - voltgate flush.
 */
#include <stdio.h>

#include "agent/gate_json.h"
#include "tools/voltgate/room.h"
#include "tools/voltgate/say.h"

static int flush(const struct cli *cli, int argc, char **argv)
{
	struct gate *gate;
	int error;

	if (argc > 1)
		return say_usage("flush", "flush takes no words, not \"%.60s\"", argv[1]);
	error = room_gate(cli, &gate);
	if (error)
		return error;
	error = gate->ops->flush(gate);
	if (!error && cli->json)
		say_json(json_pack("{s:b}", "flushed", 1));
	else if (!error)
		printf("all sessions, deny entries and alarm aggregates are gone; the verdict chain goes on\n");
	return room_close(gate, error);
}

const struct cli_command cmd_flush = {
	.name = "flush",
	.run = flush,
	.usage = "",
	.summary = "Remove all sessions, deny entries and alarm aggregates",
	.help = "The verdict chain goes on and records the end of each session.",
	.verbs = NULL,
};
