// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_node.c - voltgate node: the ledger's node of the agent here.
 */
#include <stdio.h>

#include "tools/voltgate/inquiry.h"
#include "tools/voltgate/say.h"

static const char *const verbs[] = { "status", NULL };

static void print(const json_t *object)
{
	inquiry_line("node", "%s of %s, version %s", inquiry_text(object, "name"), inquiry_text(object, "organisation"),
		     inquiry_text(object, "version"));
	inquiry_line("key", "%s", inquiry_text(object, "key"));
	inquiry_line("listens", "%s (port %llu)%s", inquiry_text(object, "listen"), inquiry_number(object, "port"),
		     inquiry_number(object, "metrics_port") ? ", metrics too" : "");
	inquiry_line("folder", "%s", inquiry_text(object, "folder"));
	inquiry_line("clock", "%s%s", inquiry_text(object, "clock_utc"),
		     json_integer_value(json_object_get(object, "clock_offset_us"))
			     ? ", TEST CLOCK: clock-offset-us is not 0"
			     : "");
	inquiry_line("channels", "%llu, of them stopped %llu", inquiry_number(object, "channels"),
		     inquiry_number(object, "channels_stopped"));
	inquiry_line("connections", "%llu with %llu calls; refused: %llu handshakes, %llu calls",
		     inquiry_number(object, "connections"), inquiry_number(object, "calls"),
		     inquiry_number(object, "refused_handshakes"), inquiry_number(object, "refused_calls"));
	inquiry_line("parcels", "%llu refused, %llu of channels not here or not the sender's",
		     inquiry_number(object, "refused_parcels"), inquiry_number(object, "unknown_channel_parcels"));
}

static int node(const struct cli *cli, int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "status"))
		return say_unknown("node", "verb of node (status)", argv[1], verbs);
	if (argc > 2)
		return say_usage("node", "node status takes no words, not \"%.60s\"", argv[2]);
	return inquiry(cli, json_pack("{s:s}", "do", "node-status"), print);
}

const struct cli_command cmd_node = {
	.name = "node",
	.run = node,
	.usage = "status",
	.summary = "Show the ledger's node of the agent",
	.help = "The agent runs a node where [node] in its configuration has an address to listen on. Its channels "
		"are\n"
		"shown by \"voltgate channel\", its links to other nodes by \"voltgate peer\".",
	.verbs = verbs,
};
