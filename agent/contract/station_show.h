/* SPDX-License-Identifier: GPL-2.0 */
/* station_show.h - the queries of noun "station"; private to station_calls.c. */
#ifndef VOLTGATE_CONTRACT_STATION_SHOW_H
#define VOLTGATE_CONTRACT_STATION_SHOW_H

#include "agent/contract/station.h"

int station_show(struct contract_run *run, const struct span *arguments, u32 count);
int station_list(struct contract_run *run, const struct span *arguments, u32 count);

#endif
