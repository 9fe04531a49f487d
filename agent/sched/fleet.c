// SPDX-License-Identifier: GPL-2.0
/*
 * fleet.c - a fleet's memory and its roads: see fleet.h.
 */
#include <math.h>
#include <stdlib.h>

#include "agent/sched/fleet.h"

void fleet_free(struct fleet *fleet)
{
	if (!fleet)
		return;
	free(fleet->vehicle);
	free(fleet->station);
	free(fleet->price);
	free(fleet);
}

/* The least root whose square is not below @square: the same on every machine. */
static u64 fleet_root(u64 square)
{
	u64 root = (u64)sqrt((double)square);

	while (root && (root - 1) * (root - 1) >= square)
		root--;
	while (root * root < square)
		root++;
	return root;
}

u32 fleet_distance_m(const struct fleet *fleet, const struct fleet_vehicle *vehicle,
		     const struct fleet_station *station)
{
	s64 x = (s64)vehicle->x_m - station->x_m, y = (s64)vehicle->y_m - station->y_m;

	return (u32)((fleet_root((u64)(x * x + y * y)) * fleet->detour_pct + 99) / 100);
}

u32 fleet_travel_s(const struct fleet *fleet, u32 distance_m)
{
	return (u32)(((u64)distance_m * 3600 + fleet->speed_m_h - 1) / fleet->speed_m_h);
}

u32 fleet_rate_w(const struct fleet_vehicle *vehicle, const struct fleet_station *station)
{
	u32 rate = vehicle->power_w < station->power_w ? vehicle->power_w : station->power_w;

	return station->limit_w && station->limit_w < rate ? station->limit_w : rate;
}

u32 fleet_travel_wh(const struct fleet_vehicle *vehicle, u32 distance_m)
{
	return (u32)(((u64)distance_m * vehicle->use_wh_km + 999) / 1000);
}
