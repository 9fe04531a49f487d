/* SPDX-License-Identifier: GPL-2.0 */
/*
 * session_add.h - voltgate session add.
 */
#ifndef VOLTGATE_TOOLS_SESSION_ADD_H
#define VOLTGATE_TOOLS_SESSION_ADD_H

#include "tools/voltgate/cli.h"

/* @argv: the words after "session add". Returns enum cli_exit. */
int session_add(const struct cli *cli, int argc, char **argv);

#endif
