/* SPDX-License-Identifier: GPL-2.0 */
/*
 * recharge.h - recharging by as much as one likes: what a vehicle can be at a
 * place, and what it must be.
 *
 * Forward: at each time from @time on it can have energy + (t - time) / recharging, but not more than @most: all
 * stations charge at one rate, so charging longer at an earlier one is this one slope. Backward: a rest of a route is
 * possible for (t, b) if b >= energy, t <= latest, t - recharging * b <= charge; charging changes neither side of the
 * last.
 */
#ifndef VOLTGATE_SCHED_RECHARGE_H
#define VOLTGATE_SCHED_RECHARGE_H

#include <stdbool.h>

#include "agent/sched/evrptw.h"

struct recharge_state { /* forward */
	double time, energy, most;
};

struct recharge_need { /* backward */
	double energy, latest, charge;
};

/* Drives on; false: no charging before could have been enough. */
bool recharge_drive(const struct evrptw *instance, double time, double energy, struct recharge_state *state);
/* At a station that must be reached by @due. */
bool recharge_plug(const struct evrptw *instance, double due, struct recharge_state *state);
/* At a customer or the depot: window and service. */
bool recharge_serve(const struct evrptw *instance, const struct evrptw_node *node, struct recharge_state *state);
/* Is @one as good as @other at all times, within @epsilon? */
bool recharge_beats(const struct evrptw *instance, const struct recharge_state *one, const struct recharge_state *other,
		    double epsilon);
/* Is there a moment at which @state meets @need? */
bool recharge_meets(const struct evrptw *instance, const struct recharge_state *state,
		    const struct recharge_need *need);

/* The needs before, from those after. False: impossible for everybody. */
bool recharge_drive_back(const struct evrptw *instance, double time, double energy, struct recharge_need *need);
void recharge_plug_back(const struct evrptw *instance, double due, struct recharge_need *need);
bool recharge_serve_back(const struct evrptw *instance, const struct evrptw_node *node, struct recharge_need *need);

/* How much to take at each of the stops of one vehicle, the least that is enough; 0 at customers. False: impossible. */
bool recharge_amounts(const struct evrptw *instance, const u16 *stops, u32 count, double *ret_charge);
/* The same, and leaves out stations where nothing is taken and that are on nobody's way; returns the stops that remain.
 */
u32 recharge_settle(const struct evrptw *instance, u16 *stops, u32 count, double *ret_charge);

#endif
