/* SPDX-License-Identifier: GPL-2.0 */
/*
 * travel.h - one wallet at two places: its charging sessions one after the
 * other, and whether a vehicle can have come from one to the next.
 */
#ifndef VOLTGATE_CONTRACT_TRAVEL_H
#define VOLTGATE_CONTRACT_TRAVEL_H

#include <jansson.h>

#include "agent/contract/contract.h"

/* Can a vehicle have come from one place to the other within @between_us, by the channel's max-speed-kmh? Distances
 * count as a hundredth less, for a sphere is not the earth. @ret_metres: so counted. */
bool travel_possible(struct contract_run *run, u64 between_us, int latitude, int longitude, int other_latitude,
		     int other_longitude, u64 *ret_metres);
/*
 * Queries only: the pairs of @wallet's sessions, as its bills and the one under way have them, between which it would
 * have had to be faster: two vehicles with one key, at whosever gateways. The caller drops the array.
 */
int travel_find(struct contract_run *run, const u8 wallet[32], json_t **ret_array);

#endif
