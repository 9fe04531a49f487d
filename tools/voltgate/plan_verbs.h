/* SPDX-License-Identifier: GPL-2.0 */
/*
 * plan_verbs.h - what voltgate plan does besides planning, a file each. All
 * take the words after their name and return enum cli_exit.
 */
#ifndef VOLTGATE_TOOLS_PLAN_VERBS_H
#define VOLTGATE_TOOLS_PLAN_VERBS_H

#include "tools/voltgate/plan_case.h"
#include "tools/voltgate/say.h"

int plan_congestion(const struct cli *cli, int argc, char **argv);
int plan_guide(const struct cli *cli, int argc, char **argv);
int plan_areas(const struct cli *cli, int argc, char **argv);
int plan_area(const struct cli *cli, int argc, char **argv);

#endif
