/* SPDX-License-Identifier: GPL-2.0 */
/*
 * consortium_open.h - a channel's consortium as the command line finds it: its
 * configuration is had from a genesis file or from the agent.
 */
#ifndef VOLTGATE_TOOLS_CONSORTIUM_OPEN_H
#define VOLTGATE_TOOLS_CONSORTIUM_OPEN_H

#include "agent/client/consortium.h"
#include "tools/voltgate/cli.h"

/* Where the configuration is had from, and who asks. */
struct consortium_words {
	const char *channel;	 /* name or id */
	const char *genesis;	 /* a file; NULL: the agent is asked */
	const char *certificate; /* PEM */
	const char *key;
};

/*
 * Opens it; a genesis that later configurations replaced is brought up to date from the nodes that answer.
 * CLI_OK, or a status after a sentence.
 */
int consortium_open(const struct cli *cli, const struct consortium_words *words, struct consortium **ret_consortium);

#endif
