/* SPDX-License-Identifier: GPL-2.0 */
/*
 * follow.h - events as they come, until interrupted or counted out.
 */
#ifndef VOLTGATE_TOOLS_FOLLOW_H
#define VOLTGATE_TOOLS_FOLLOW_H

#include "agent/control_client.h"
#include "tools/voltgate/cli.h"

/* Prints one event for people. */
typedef void follow_print(const json_t *object);

/* Words of the commands that follow: -f, -c COUNT, and at most one other word. */
struct follow_words {
	bool follow;
	unsigned long count; /* end after so many; 0: never */
	const char *other;   /* NULL: none */
};

/* @other: what one other word may be, for the sentence; NULL: none may. CLI_OK or CLI_USAGE after a sentence. */
int follow_words_take(const char *command, const char *other, int argc, char **argv, struct follow_words *ret_words);
/* Asks the agent at @client to follow @what and prints each event (-j: its JSON). Returns enum cli_exit. */
int follow_agent(const struct cli *cli, struct control_client *client, const char *what, unsigned long count,
		 follow_print *print);

#endif
