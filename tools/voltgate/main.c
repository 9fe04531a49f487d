// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - voltgate, the gate's command line: options, the table of commands,
 * help. Each command is a file of its own, cmd_NAME.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/control.h"
#include "tools/voltgate/say.h"

static const struct cli_command *const commands[] = {
	&cmd_attach,   &cmd_detach, &cmd_status,  &cmd_session,	 &cmd_revoke, &cmd_policy, &cmd_deny,
	&cmd_counters, &cmd_alarms, &cmd_actions, &cmd_verdicts, &cmd_key,    &cmd_flush,  &cmd_its,
	&cmd_verify,   &cmd_doctor, &cmd_route,	  &cmd_plan,	 &cmd_org,    &cmd_ledger, &cmd_channel,
	&cmd_node,     &cmd_block,  &cmd_tx,	  &cmd_peer,	 &cmd_wallet, &cmd_assign, &cmd_account,
	&cmd_station,  &cmd_charge, &cmd_bill,	  &cmd_rate,	 &cmd_record,
};
#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static const char options_text[] =
	"Options, before or after the command:\n"
	"  -j, --json          one JSON object a line\n"
	"  -s, --statistics    more figures\n"
	"  -n, --netns NAME    in the network namespace NAME (ip netns)\n"
	"  -S, --socket PATH   ask the agent at PATH, never the kernel (default " CONTROL_PATH ")\n"
	"  -h, --help          this, or of a command\n"
	"  -V, --version\n"
	"Exit status: 0 done, 1 wrong usage, 2 refused, 3 no gate answers.\n";

static const struct cli_command *command_find(const char *name)
{
	size_t i;

	for (i = 0; i < COMMAND_COUNT; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

static int command_unknown(const char *name)
{
	const char *names[COMMAND_COUNT + 2];
	size_t i, count = 0;

	for (i = 0; i < COMMAND_COUNT; i++)
		names[count++] = commands[i]->name;
	names[count++] = "help";
	names[count] = NULL;
	return say_unknown(NULL, "command", name, names);
}

static int help_all(void)
{
	size_t i;

	printf("Usage: voltgate [OPTIONS] COMMAND [WORDS]\n\nCommands (voltgate help COMMAND says more):\n");
	for (i = 0; i < COMMAND_COUNT; i++)
		printf("  %-10s %s\n", commands[i]->name, commands[i]->summary);
	printf("\n%s", options_text);
	return say_done(CLI_OK);
}

static int help_one(const char *name)
{
	const struct cli_command *command = command_find(name);
	const char *line;

	if (!command)
		return command_unknown(name);
	for (line = command->usage; *line;) {
		int len = (int)strcspn(line, "\n");

		printf("%s voltgate %s%s%.*s\n", line == command->usage ? "Usage:" : "      ", name, len ? " " : "",
		       len, line);
		line += len;
		line += *line == '\n';
		if (!len)
			break;
	}
	if (!*command->usage)
		printf("Usage: voltgate %s\n", name);
	printf("\n%s.\n%s\n", command->summary, command->help);
	return say_done(CLI_OK);
}

/* Moves this process; the agent's socket is a file and reached all the same. */
static int enter_netns(const char *name)
{
	char path[256];
	int fd, error = 0;

	if (!*name || strchr(name, '/') || strlen(name) > 200)
		return say_usage(NULL, "\"%.60s\" is no name of a network namespace; \"ip netns list\" shows them",
				 name);
	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return say_failure(CLI_REFUSED, "there is no network namespace \"%s\"; \"ip netns list\" shows them",
				   name);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		error = errno;
	if (fd >= 0)
		close(fd);
	if (error == EPERM || error == EACCES)
		return say_failure(CLI_REFUSED, "entering the network namespace \"%s\" needs root: run this with sudo",
				   name);
	if (error)
		return say_failure(CLI_REFUSED, "cannot enter the network namespace \"%s\": %s", name, strerror(error));
	return CLI_OK;
}

struct asked {
	bool help, version;
};

/* -j, -s, -h, -V alone or together (-js). False, and nothing taken, if another letter is among them. */
static bool take_flags(const char *letters, struct cli *cli, struct asked *asked)
{
	if (!*letters || strspn(letters, "jshV") != strlen(letters))
		return false;
	cli->json |= strchr(letters, 'j') != NULL;
	cli->statistics |= strchr(letters, 's') != NULL;
	asked->help |= strchr(letters, 'h') != NULL;
	asked->version |= strchr(letters, 'V') != NULL;
	return true;
}

static bool take_long(const char *word, struct cli *cli, struct asked *asked)
{
	static const struct {
		const char *word, *letter;
	} flags[] = { { "--json", "j" }, { "--statistics", "s" }, { "--help", "h" }, { "--version", "V" } };
	size_t i;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (!strcmp(word, flags[i].word))
			return take_flags(flags[i].letter, cli, asked);
	return false;
}

/* -n and -S with their value. 1: taken (@at moved over the value), 0: not ours, -1: no value. */
static int take_value(char **argv, int *at, struct cli *cli)
{
	bool netns = !strcmp(argv[*at], "-n") || !strcmp(argv[*at], "--netns");
	bool socket = !strcmp(argv[*at], "-S") || !strcmp(argv[*at], "--socket");

	if (!netns && !socket)
		return 0;
	if (!argv[*at + 1])
		return -1;
	++*at;
	if (netns)
		cli->netns = argv[*at];
	if (socket)
		cli->socket = argv[*at];
	cli->socket_given |= socket;
	return 1;
}

/* Takes the options above out of @argv, wherever before "--" they stand; the rest is the command's. */
static int take_options(int *argc, char **argv, struct cli *cli, struct asked *asked)
{
	int from, to = 0;

	for (from = 1; from < *argc && strcmp(argv[from], "--"); from++) {
		int at = from, taken = take_value(argv, &from, cli);

		if (taken < 0)
			return say_usage(NULL, "option %s needs a value", argv[at]);
		if (taken ||
		    (argv[at][0] == '-' && (take_flags(argv[at] + 1, cli, asked) || take_long(argv[at], cli, asked))))
			continue;
		if (!to && argv[at][0] == '-' && argv[at][1])
			return say_usage(NULL, "%.60s is no option of voltgate", argv[at]);
		argv[to++] = argv[at];
	}
	for (; from < *argc; from++)
		argv[to++] = argv[from];
	argv[to] = NULL;
	*argc = to;
	return CLI_OK;
}

static int run(const struct cli *cli, int argc, char **argv)
{
	const struct cli_command *command = command_find(argv[0]);
	int status;

	if (!command)
		return command_unknown(argv[0]);
	if (cli->netns) {
		status = enter_netns(cli->netns);
		if (status)
			return status;
	}
	return say_done(command->run(cli, argc, argv));
}

int main(int argc, char **argv)
{
	struct cli cli = { .socket = CONTROL_PATH };
	struct asked asked = { 0 };
	int status = take_options(&argc, argv, &cli, &asked);

	if (status)
		return status;
	if (asked.version) {
		printf("voltgate " VOLTGATE_VERSION "\n");
		return say_done(CLI_OK);
	}
	if (argc && !strcmp(argv[0], "help"))
		return argc > 1 ? help_one(argv[1]) : help_all();
	if (asked.help)
		return argc ? help_one(argv[0]) : help_all();
	if (!argc)
		return say_usage(NULL, "a command is missing");
	return run(&cli, argc, argv);
}
