// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_channel.c - voltgate channel: makes a channel's genesis, and what the
 * node here does with channels.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/voltgate/channel_update.h"
#include "tools/voltgate/genesis_create.h"
#include "tools/voltgate/inquiry.h"
#include "tools/voltgate/say.h"

static const char *const verbs[] = { "create", "list", "show", "join", "leave", "update", NULL };

static void print_line(const json_t *object)
{
	const char *stopped = json_string_value(json_object_get(object, "stopped"));

	printf("%-16s %.16s  ", inquiry_text(object, "name"), inquiry_text(object, "id"));
	if (stopped)
		printf("STOPPED: %s\n", stopped);
	else
		printf("height %s%s, %s\n", say_count(inquiry_number(object, "durable")),
		       inquiry_number(object, "behind") ? " (behind)" : "",
		       !inquiry_flag(object, "member")	 ? "this node is no member"
		       : inquiry_flag(object, "replica") ? "orders"
							 : "keeps the ledger");
}

static void print_consensus(const json_t *object)
{
	const json_t *consensus = json_object_get(object, "consensus");

	if (!consensus)
		return;
	inquiry_line("consensus", "view %llu%s, primary %s, %llu blocks in flight%s", inquiry_number(consensus, "view"),
		     inquiry_flag(consensus, "changing_view") ? " (changing)" : "", inquiry_text(consensus, "primary"),
		     inquiry_number(consensus, "in_flight"),
		     inquiry_flag(consensus, "mute") ? ", MUTE: its votes were lost" : "");
}

static void print_whole(const json_t *object)
{
	const json_t *item;
	const char *word;
	json_t *value;
	size_t i;

	print_line(object);
	inquiry_line("id", "%s", inquiry_text(object, "id"));
	inquiry_line("head", "%s", inquiry_text(object, "head"));
	inquiry_line("state root", "%s", inquiry_text(object, "root"));
	inquiry_line("configuration", "%llu, epoch %llu, %llu keys revoked", inquiry_number(object, "sequence"),
		     inquiry_number(object, "epoch"), inquiry_number(object, "revoked"));
	print_consensus(object);
	inquiry_line("waiting", "%s transactions", say_count(inquiry_number(object, "waiting")));
	json_array_foreach (json_object_get(object, "organisations"), i, item)
		inquiry_line("organisation", "%s %.16s", inquiry_text(item, "name"), inquiry_text(item, "authority"));
	json_array_foreach (json_object_get(object, "nodes"), i, item)
		inquiry_line("node", "%s of %s at %s%s%s", inquiry_text(item, "name"),
			     inquiry_text(item, "organisation"), inquiry_text(item, "address"),
			     inquiry_flag(item, "replica") ? ", orders" : "",
			     inquiry_flag(item, "endorser") ? ", endorses" : "");
	json_array_foreach (json_object_get(object, "collections"), i, item)
		inquiry_line("collection", "%s", inquiry_text(item, "name"));
	json_object_foreach (json_object_get(object, "parameters"), word, value)
		printf("  %-26s %lld\n", word, (long long)json_integer_value(value));
}

static int join(const struct cli *cli, const char *file)
{
	char *path = realpath(file, NULL);
	int status;

	if (!path)
		return say_failure(CLI_REFUSED, "there is no file %s", file);
	status = inquiry(cli, json_pack("{s:s, s:s}", "do", "channel-join", "path", path), print_line);
	free(path);
	return status;
}

static int one(const struct cli *cli, int argc, char **argv)
{
	if (argc != 2)
		return say_usage("channel", "channel %s takes %s", argv[0],
				 strcmp(argv[0], "join") ? "a channel's name, id or the id's first digits"
							 : "a genesis file");
	if (!strcmp(argv[0], "join"))
		return join(cli, argv[1]);
	return inquiry(cli,
		       json_pack("{s:s, s:s}", "do", strcmp(argv[0], "show") ? "channel-leave" : "channel-show",
				 "channel", argv[1]),
		       print_whole);
}

static int channel(const struct cli *cli, int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	if (argc < 2)
		return say_usage("channel", "say what to do: create, list, show, join, leave or update");
	if (!strcmp(verb, "create"))
		return genesis_create(cli, argc - 1, argv + 1);
	if (!strcmp(verb, "update"))
		return channel_update(cli, argc - 1, argv + 1);
	if (!strcmp(verb, "show") || !strcmp(verb, "join") || !strcmp(verb, "leave"))
		return one(cli, argc - 1, argv + 1);
	if (strcmp(verb, "list"))
		return say_unknown("channel", "verb of channel (create, list, show, join, leave, update)", verb, verbs);
	if (argc > 2)
		return say_usage("channel", "channel list takes no words, not \"%.60s\"", argv[2]);
	return inquiry(cli, json_pack("{s:s}", "do", "channels"), print_line);
}

const struct cli_command cmd_channel = {
	.name = "channel",
	.run = channel,
	.usage = "create FILE --name NAME --regulator KEY... --organisation NAME=CERTIFICATE... "
		 "--node ORGANISATION:NAME:HOST:PORT:ROLES=CERTIFICATE... [--regulators-needed N] "
		 "[--collection NAME:ORGANISATIONS[:BLOCKS]]... [--set PARAMETER=VALUE]...\n"
		 "list\n"
		 "show CHANNEL\n"
		 "join FILE\n"
		 "leave CHANNEL\n"
		 "update CHANNEL --key FILE... [--out FILE] [--remove-node NAME]... [--remove-organisation NAME]... "
		 "[--regulator KEY]... [--organisation NAME=CERTIFICATE]... "
		 "[--node ORGANISATION:NAME:HOST:PORT:ROLES=CERTIFICATE]... [--regulators-needed N] "
		 "[--collection NAME:ORGANISATIONS[:BLOCKS]]... [--set PARAMETER=VALUE]...",
	.summary = "Ledger channels: make, join, leave and change them",
	.help = "create works offline and writes a new file, the genesis, which every node of the channel joins with. "
		"ROLES are\n"
		"replica,endorser, replica, endorser or keeper. KEY is a certificate's file, a public key's file or 64 "
		"hex\n"
		"digits. A collection is private data for the organisations named (with commas between), forgotten so "
		"many\n"
		"blocks after its commit where a number is given. list, show, join and leave are about the agent's "
		"node; what\n"
		"it left is kept in its folder under left, and taken up again if it joins again. update changes what "
		"the agent\n"
		"knows as the present configuration, signs it with the regulators' keys, and submits it, or writes it "
		"to a file\n"
		"for \"voltgate tx submit\".",
	.verbs = verbs,
};
