// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_tx.c - voltgate tx: transactions looked up, given to the agent, or made
 * with a client's key (tx_invoke.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tools/voltgate/inquiry.h"
#include "tools/voltgate/say.h"
#include "tools/voltgate/tx_invoke.h"

#define TX_FILE_MAX 32000 /* what fits into a line of the agent's socket as hex */

static const char *const verbs[] = { "get", "submit", "invoke", "query", NULL };

static void print_transaction(const json_t *object)
{
	inquiry_line("transaction", "%s", inquiry_text(object, "hash"));
	inquiry_line("block", "%llu, index %llu", inquiry_number(object, "block"), inquiry_number(object, "index"));
	inquiry_line("outcome", "%s: %s", inquiry_text(object, "outcome"), inquiry_text(object, "sentence"));
	inquiry_line("kind", "%s", inquiry_text(object, "kind"));
	if (json_object_get(object, "client"))
		inquiry_line("client", "%s, nonce %llu", inquiry_text(object, "client"),
			     inquiry_number(object, "nonce"));
	if (json_object_get(object, "contract"))
		inquiry_line("call", "%s %s, %zu endorsements", inquiry_text(object, "contract"),
			     inquiry_text(object, "function"),
			     json_array_size(json_object_get(object, "endorsements")));
}

static int get(const struct cli *cli, int argc, char **argv)
{
	if (argc != 3 || strlen(argv[2]) != 64 || strspn(argv[2], "0123456789abcdef") != 64)
		return say_usage("tx", "tx get takes a channel and the 64 hex digits of a transaction's or proposal's "
				       "hash");
	return inquiry(cli, json_pack("{s:s, s:s, s:s}", "do", "tx-get", "channel", argv[1], "hash", argv[2]),
		       print_transaction);
}

static int read_hex(const char *path, char **ret_hex)
{
	u8 bytes[TX_FILE_MAX + 1];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, bytes, sizeof(bytes));
	int error = got < 0 ? errno : 0;

	if (fd >= 0)
		close(fd);
	if (error)
		return say_failure(CLI_REFUSED, "cannot read %s: %s", path, strerror(error));
	if (got > TX_FILE_MAX)
		return say_failure(CLI_REFUSED, "%s is longer than %d bytes: send it over gRPC", path, TX_FILE_MAX);
	*ret_hex = malloc(2 * (size_t)got + 1);
	if (!*ret_hex)
		return say_failure(CLI_REFUSED, "out of memory");
	sodium_bin2hex(*ret_hex, 2 * (size_t)got + 1, bytes, (size_t)got);
	return CLI_OK;
}

int tx_submit_hex(const struct cli *cli, const char *channel, const char *hex)
{
	json_t *object;
	const char *outcome;
	int status = inquiry_one(
		cli, json_pack("{s:s, s:s, s:s}", "do", "tx-submit", "channel", channel, "transaction", hex), &object);

	if (status)
		return status;
	outcome = inquiry_text(object, "outcome");
	if (strcmp(outcome, "valid"))
		status = CLI_REFUSED;
	if (!cli->json)
		printf("%s in block %llu, index %llu: %s\n", inquiry_text(object, "hash"),
		       inquiry_number(object, "block"), inquiry_number(object, "index"), outcome);
	if (!cli->json && status)
		say_failure(CLI_REFUSED, "it is in the chain, but not valid: %s", inquiry_text(object, "sentence"));
	if (cli->json)
		say_json(json_incref(object));
	json_decref(object);
	return status;
}

static int submit(const struct cli *cli, int argc, char **argv)
{
	char *hex;
	int status;

	if (argc != 3)
		return say_usage("tx", "tx submit takes a channel and a file with a transaction's bytes");
	status = read_hex(argv[2], &hex);
	if (status)
		return status;
	status = tx_submit_hex(cli, argv[1], hex);
	free(hex);
	return status;
}

static int tx(const struct cli *cli, int argc, char **argv)
{
	if (argc < 2)
		return say_usage("tx", "say what to do: get, submit, invoke or query");
	if (!strcmp(argv[1], "get"))
		return get(cli, argc - 1, argv + 1);
	if (!strcmp(argv[1], "submit"))
		return submit(cli, argc - 1, argv + 1);
	if (!strcmp(argv[1], "invoke") || !strcmp(argv[1], "query"))
		return tx_invoke(cli, argc - 1, argv + 1);
	return say_unknown("tx", "verb of tx (get, submit, invoke, query)", argv[1], verbs);
}

const struct cli_command cmd_tx = {
	.name = "tx",
	.run = tx,
	.usage = "get CHANNEL HASH\n"
		 "submit CHANNEL FILE\n"
		 "invoke CHANNEL --certificate FILE --key FILE [--genesis FILE] [--node NAME] [--timeout SECONDS] "
		 "[--single] [--private COLLECTION=FILE] CONTRACT FUNCTION [ARGUMENT]...\n"
		 "invoke CHANNEL --certificate FILE --key FILE [--genesis FILE] [--node NAME] [--timeout SECONDS] "
		 "[--single] --batch FILE [--flight N]\n"
		 "query CHANNEL --certificate FILE --key FILE [--genesis FILE] [--node NAME] [--timeout SECONDS] "
		 "CONTRACT FUNCTION [ARGUMENT]...",
	.summary = "Look up, submit and make transactions",
	.help = "get asks the agent's node; submit gives it the bytes of a transaction and waits for its fate. invoke "
		"makes\none with a client's key, has it endorsed by nodes of as many organisations as the channel asks "
		"for, submits\nit over gRPC and waits; a node that fails is replaced by another. The channel's nodes "
		"are those of its\nconfiguration: from the genesis file (brought up to date by what f + 1 nodes say), "
		"else from the agent.\n--batch reads one call a line, words parted by blanks (\"-\": standard input), "
		"N "
		"under way at once (default 32).\nWhat --private names goes to the collection's organisations only. "
		"query asks one node's contract; nothing is ordered.",
	.verbs = verbs,
};
