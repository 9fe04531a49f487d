/* SPDX-License-Identifier: GPL-2.0 */
/*
 * synthetic.h - cases made by seed for the scheduler's benchmark: a mesh of any
 * size, loads over a day, stations, crowds of vehicles.
 */
#ifndef VOLTGATE_BENCH_SYNTHETIC_H
#define VOLTGATE_BENCH_SYNTHETIC_H

#include "agent/sched/crowd.h"

/* A mesh of @side x @side buses with some long lines, a unit at every eighth bus, limits near the flows of its base
 * hour. */
struct grid *synthetic_grid(u32 side, u64 seed);
/* Each bus's load over the day, two peaks, noise of 5 %. The caller's to free. */
double *synthetic_load(const struct grid *grid, u32 periods, double peak, u64 seed);
/* Limits @share times the unconstrained flow at the buses' own loads, at least @least. 0 or -errno. */
int synthetic_limits(struct grid *grid, double share, double least);
/* @count stations at drawn buses, each with vehicles that need @energy MWh of a day in windows of six hours. */
int synthetic_stations(const struct grid *grid, u32 periods, u32 count, double energy, u64 seed,
		       struct dispatch_stations *ret_stations);
/* @vehicles classes of one over @stations stations. */
int synthetic_crowd(const struct grid *grid, u32 periods, u32 stations, u32 vehicles, double energy, u64 seed,
		    struct crowd *ret_crowd);

#endif
