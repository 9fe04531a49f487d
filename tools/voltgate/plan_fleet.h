/* SPDX-License-Identifier: GPL-2.0 */
/*
 * plan_fleet.h - voltgate plan CASE --fleet FILE.
 */
#ifndef VOLTGATE_TOOLS_PLAN_FLEET_H
#define VOLTGATE_TOOLS_PLAN_FLEET_H

#include "tools/voltgate/cli.h"
#include "tools/voltgate/plan_case.h"

/* Takes --fleet FILE out of the words; FILE, "" where it is missing, NULL where there is no --fleet. */
const char *plan_fleet_word(int *argc, char **argv);
/* Dispatch with the vehicles of @path. An enum cli_exit. */
int plan_fleet(const struct cli *cli, const struct plan_words *words, const char *path);

#endif
