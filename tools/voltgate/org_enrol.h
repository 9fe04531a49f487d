/* SPDX-License-Identifier: GPL-2.0 */
/*
 * org_enrol.h - voltgate org enrol, voltgate org revoke: transactions that an
 * organisation's authority signs, written to a file.
 */
#ifndef VOLTGATE_TOOLS_ORG_ENROL_H
#define VOLTGATE_TOOLS_ORG_ENROL_H

#include "tools/voltgate/cli.h"

int org_enrol(const struct cli *cli, int argc, char **argv);

#endif
