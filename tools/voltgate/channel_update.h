/* SPDX-License-Identifier: GPL-2.0 */
/*
 * channel_update.h - voltgate channel update: a channel's next configuration,
 * signed by its regulators.
 */
#ifndef VOLTGATE_TOOLS_CHANNEL_UPDATE_H
#define VOLTGATE_TOOLS_CHANNEL_UPDATE_H

#include "tools/voltgate/cli.h"

/* argv[0] is "update". */
int channel_update(const struct cli *cli, int argc, char **argv);

#endif
