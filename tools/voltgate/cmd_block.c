// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_block.c - voltgate block: blocks of a channel as the node here holds them.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tools/voltgate/follow.h"
#include "tools/voltgate/inquiry.h"
#include "tools/voltgate/room.h"
#include "tools/voltgate/say.h"

static const char *const verbs[] = { "get", "list", "follow", NULL };

static void print_block(const json_t *object)
{
	const char *channel = json_string_value(json_object_get(object, "channel"));

	printf("%s%sblock %llu  %s  %llu transactions, %llu valid  epoch %llu view %llu  %.16s\n",
	       channel ? channel : "", channel ? "  " : "", inquiry_number(object, "number"),
	       inquiry_text(object, "time_utc"), inquiry_number(object, "transactions"),
	       inquiry_number(object, "valid"), inquiry_number(object, "epoch"), inquiry_number(object, "view"),
	       inquiry_text(object, "hash"));
}

/* The block first, then its transactions. */
static void print_whole(const json_t *object)
{
	if (json_object_get(object, "kind")) {
		printf("  %5llu  %-8s %-16s %.16s\n", inquiry_number(object, "index"), inquiry_text(object, "kind"),
		       inquiry_text(object, "outcome"), inquiry_text(object, "hash"));
		return;
	}
	if (!json_object_get(object, "number")) {
		printf("  %5llu  %-8s %-16s %.16s\n", inquiry_number(object, "index"), "-",
		       inquiry_text(object, "outcome"), inquiry_text(object, "hash"));
		return;
	}
	print_block(object);
	inquiry_line("hash", "%s", inquiry_text(object, "hash"));
	inquiry_line("previous", "%s", inquiry_text(object, "previous"));
	inquiry_line("state root", "%s", inquiry_text(object, "state_root"));
	inquiry_line("transactions", "%s", inquiry_text(object, "transactions_root"));
	inquiry_line("certificate", "%llu signatures of %.16s", inquiry_number(object, "signatures"),
		     inquiry_text(object, "replicas"));
}

static bool number_of(const char *word, unsigned long long *ret_number)
{
	char *end;

	*ret_number = strtoull(word, &end, 10);
	return word[0] >= '0' && word[0] <= '9' && !*end;
}

static int get(const struct cli *cli, int argc, char **argv)
{
	unsigned long long number;

	if (argc != 3 || !number_of(argv[2], &number))
		return say_usage("block", "block get takes a channel and a number");
	return inquiry(
		cli, json_pack("{s:s, s:s, s:I}", "do", "block-get", "channel", argv[1], "number", (json_int_t)number),
		print_whole);
}

static int list(const struct cli *cli, int argc, char **argv)
{
	unsigned long long from = 0, count = 10;
	json_t *request;
	bool given = false;
	int at;

	if (argc < 2 || argv[1][0] == '-')
		return say_usage("block", "block list takes a channel");
	for (at = 2; at < argc; at++) {
		bool is_from = !strcmp(argv[at], "--from"), is_count = !strcmp(argv[at], "-c");

		if ((!is_from && !is_count) || at + 1 >= argc)
			return say_usage("block", "\"%.60s\" is no word of block list (--from NUMBER, -c COUNT)",
					 argv[at]);
		if (!number_of(argv[++at], is_from ? &from : &count))
			return say_usage("block", "%s takes a number, not \"%.60s\"", argv[at - 1], argv[at]);
		given |= is_from;
	}
	if (!count || count > 1000)
		return say_usage("block", "-c takes a number from 1 to 1000");
	request = json_pack("{s:s, s:s, s:I}", "do", "block-list", "channel", argv[1], "count", (json_int_t)count);
	if (given)
		json_object_set_new(request, "from", json_integer((json_int_t)from));
	return inquiry(cli, request, print_block);
}

static int follow(const struct cli *cli, int argc, char **argv)
{
	struct control_client *client;
	struct follow_words words;
	int status = follow_words_take("block", NULL, argc, argv, &words);

	if (!status)
		status = room_agent(cli, &client);
	if (status)
		return status;
	status = follow_agent(cli, client, "blocks", words.count, print_block);
	control_client_close(client);
	return status;
}

static int block(const struct cli *cli, int argc, char **argv)
{
	if (argc < 2)
		return say_usage("block", "say what to do: get, list or follow");
	if (!strcmp(argv[1], "get"))
		return get(cli, argc - 1, argv + 1);
	if (!strcmp(argv[1], "list"))
		return list(cli, argc - 1, argv + 1);
	if (!strcmp(argv[1], "follow"))
		return follow(cli, argc - 1, argv + 1);
	return say_unknown("block", "verb of block (get, list, follow)", argv[1], verbs);
}

const struct cli_command cmd_block = {
	.name = "block",
	.run = block,
	.usage = "get CHANNEL NUMBER\nlist CHANNEL [--from NUMBER] [-c COUNT]\nfollow [-c COUNT]",
	.summary = "Show blocks of a channel",
	.help = "get shows a block and its transactions with what became of each; list the last ten blocks, or COUNT "
		"from\nNUMBER on; follow all channels' blocks as they become durable here. CHANNEL is a name or the "
		"id's "
		"first digits.\n\"voltgate ledger verify\" checks a ledger on the disk.",
	.verbs = verbs,
};
