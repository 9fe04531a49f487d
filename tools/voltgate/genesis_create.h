/* SPDX-License-Identifier: GPL-2.0 */
/*
 * genesis_create.h - voltgate channel create: a channel's genesis from words, offline.
 */
#ifndef VOLTGATE_TOOLS_GENESIS_CREATE_H
#define VOLTGATE_TOOLS_GENESIS_CREATE_H

#include "ledger/membership.h"
#include "tools/voltgate/cli.h"

/* argv[0] is "create". */
int genesis_create(const struct cli *cli, int argc, char **argv);
/*
 * Takes one option and its value (--name, --regulator, --regulators-needed,
 * --organisation, --node, --collection, --set) into @membership. Nodes are put in order by genesis_order().
 */
int genesis_take(struct membership *membership, const char *option, const char *value);
void genesis_order(struct membership *membership);
/* Is @word one of genesis_take()'s options? */
bool genesis_option(const char *word);

#endif
