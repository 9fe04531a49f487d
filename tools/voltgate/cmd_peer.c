// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_peer.c - voltgate peer: the node's links to the other nodes.
 */
#include <stdio.h>

#include "tools/voltgate/inquiry.h"
#include "tools/voltgate/say.h"

static const char *const verbs[] = { "list", NULL };

static void print(const json_t *object)
{
	const char *trouble = json_string_value(json_object_get(object, "trouble"));

	printf("%-12s %-10s %-24s %-10s %s sent, %s waiting, %s refused%s%s\n", inquiry_text(object, "name"),
	       inquiry_text(object, "organisation"), inquiry_text(object, "address"), inquiry_text(object, "state"),
	       say_count(inquiry_number(object, "sent_parcels")), say_count(inquiry_number(object, "queued_bytes")),
	       say_count(inquiry_number(object, "refused_parcels")), trouble ? ": " : "", trouble ? trouble : "");
}

static int peer(const struct cli *cli, int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "list"))
		return say_unknown("peer", "verb of peer (list)", argv[1], verbs);
	if (argc > 2)
		return say_usage("peer", "peer list takes no words, not \"%.60s\"", argv[2]);
	return inquiry(cli, json_pack("{s:s}", "do", "peers"), print);
}

const struct cli_command cmd_peer = {
	.name = "peer",
	.run = peer,
	.usage = "list",
	.summary = "Show the node's links to other nodes",
	.help = "There is a link to each node with which a channel is shared, and to no other. Parcels are what nodes\n"
		"send each other; those refused found their queue full, which the protocol bears.",
	.verbs = verbs,
};
