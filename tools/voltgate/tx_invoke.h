/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tx_invoke.h - voltgate tx invoke and query: contracts called with a client's key.
 */
#ifndef VOLTGATE_TOOLS_TX_INVOKE_H
#define VOLTGATE_TOOLS_TX_INVOKE_H

#include "tools/voltgate/cli.h"

/* argv[0] is "invoke" or "query". */
int tx_invoke(const struct cli *cli, int argc, char **argv);
/* cmd_tx.c: gives a transaction's bytes (hex) to the agent and says what became of it. */
int tx_submit_hex(const struct cli *cli, const char *channel, const char *hex);

#endif
