/* SPDX-License-Identifier: GPL-2.0 */
/* live_stations.h - the charging stations of a channel, as the live page lists them. */
#ifndef VOLTGATE_LIVE_STATIONS_H
#define VOLTGATE_LIVE_STATIONS_H

#include <jansson.h>

#include "ledger/ledger.h"

#define LIVE_STATIONS_MAX 200 /* shown of a channel */

/* Appends what the contract "charging" answers of each station; a channel without stations adds nothing. */
void live_stations_add(struct ledger *ledger, json_t *list);

#endif
