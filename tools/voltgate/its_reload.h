/* SPDX-License-Identifier: GPL-2.0 */
/*
 * its_reload.h - voltgate its reload.
 */
#ifndef VOLTGATE_TOOLS_ITS_RELOAD_H
#define VOLTGATE_TOOLS_ITS_RELOAD_H

#include "tools/voltgate/cli.h"

/* Makes the agent read its trust folder again. Returns enum cli_exit. */
int its_reload(const struct cli *cli);

#endif
