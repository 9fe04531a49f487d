/* SPDX-License-Identifier: GPL-2.0 */
/*
 * assign_replay.h - voltgate assign replay: a day on which things go
 * otherwise than planned, by seed.
 */
#ifndef VOLTGATE_TOOLS_ASSIGN_REPLAY_H
#define VOLTGATE_TOOLS_ASSIGN_REPLAY_H

#include "tools/voltgate/cli.h"

/* The words after "replay". An enum cli_exit. */
int assign_replay(const struct cli *cli, int argc, char **argv);

#endif
