/* SPDX-License-Identifier: GPL-2.0 */
/*
 * station_guide.h - voltgate station guide: the utility's prices, as "voltgate
 * plan -j guide" made them, onto the ledger: a plan for each station named, and a tariff with its energy prices.
 */
#ifndef VOLTGATE_TOOLS_STATION_GUIDE_H
#define VOLTGATE_TOOLS_STATION_GUIDE_H

#include "tools/voltgate/cli.h"

/* argv[0] is "guide". */
int station_guide(const struct cli *cli, int argc, char **argv);

#endif
