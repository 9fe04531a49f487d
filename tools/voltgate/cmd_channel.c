// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_channel.c - voltgate channel: makes a channel's genesis.
 */
#include <string.h>

#include "tools/voltgate/genesis_create.h"
#include "tools/voltgate/say.h"

static const char *const verbs[] = { "create", NULL };

static int channel(const struct cli *cli, int argc, char **argv)
{
	if (argc < 2)
		return say_usage("channel", "say what to do: create");
	if (!strcmp(argv[1], "create"))
		return genesis_create(cli, argc - 1, argv + 1);
	return say_unknown("channel", "verb of channel (create)", argv[1], verbs);
}

const struct cli_command cmd_channel = {
	.name = "channel",
	.run = channel,
	.usage = "create FILE --name NAME --regulator KEY... --organisation NAME=CERTIFICATE... "
		 "--node ORGANISATION:NAME:HOST:PORT:ROLES=CERTIFICATE... [--regulators-needed N] "
		 "[--collection NAME:ORGANISATIONS[:BLOCKS]]... [--set PARAMETER=VALUE]...",
	.summary = "Ledger channels: make one's genesis",
	.help = "create works offline and writes a new file, the genesis, which every node of the channel joins with. "
		"ROLES are\n"
		"replica,endorser, replica, endorser or keeper. KEY is a certificate's file, a public key's file or 64 "
		"hex\n"
		"digits. A collection is private data for the organisations named (with commas between), forgotten so "
		"many\n"
		"blocks after its commit where a number is given.",
	.verbs = verbs,
};
