/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cli.h - what main.c gives every command of voltgate: the options before
 * it, and the command table's type.
 */
#ifndef VOLTGATE_TOOLS_CLI_H
#define VOLTGATE_TOOLS_CLI_H

#include <stdbool.h>

/* Exit statuses, the same for every command. */
enum cli_exit {
	CLI_OK = 0,
	CLI_USAGE = 1,	     /* the words were wrong; nothing was tried */
	CLI_REFUSED = 2,     /* kernel, agent or evidence said no */
	CLI_UNREACHABLE = 3, /* no gate answers */
};

struct cli {
	bool json;	    /* -j: one object a line on standard output */
	bool statistics;    /* -s */
	const char *netns;  /* -n; NULL: where we are */
	const char *socket; /* -S, or the default path */
	bool socket_given;  /* -S: never ask the kernel */
};

/*
 * A command gets its own words: argv[0] is its name, argv[argc] is NULL.
 * Returns enum cli_exit, after one sentence on standard error where not 0.
 */
struct cli_command {
	const char *name;
	int (*run)(const struct cli *cli, int argc, char **argv);
	const char *usage;	  /* words after the name, one form a line */
	const char *summary;	  /* what it does, without a full stop */
	const char *help;	  /* more, for `help NAME`; whole sentences */
	const char *const *verbs; /* second words, NULL-terminated; NULL: none */
};

extern const struct cli_command cmd_attach, cmd_detach, cmd_status, cmd_session, cmd_revoke, cmd_policy, cmd_deny,
	cmd_counters, cmd_alarms, cmd_verdicts, cmd_actions, cmd_key, cmd_flush, cmd_its, cmd_verify, cmd_doctor,
	cmd_route, cmd_plan, cmd_org, cmd_ledger, cmd_channel, cmd_node, cmd_block, cmd_tx, cmd_peer, cmd_wallet,
	cmd_assign, cmd_account, cmd_station, cmd_charge, cmd_bill, cmd_rate, cmd_record;

#endif
