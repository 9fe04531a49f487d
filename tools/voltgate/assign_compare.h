/* SPDX-License-Identifier: GPL-2.0 */
/*
 * assign_compare.h - voltgate assign compare: charging at each station by the
 * optimum and by rules of thumb.
 */
#ifndef VOLTGATE_TOOLS_ASSIGN_COMPARE_H
#define VOLTGATE_TOOLS_ASSIGN_COMPARE_H

#include "tools/voltgate/cli.h"

/* The words after "compare". An enum cli_exit. */
int assign_compare(const struct cli *cli, int argc, char **argv);

#endif
