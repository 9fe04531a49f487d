// SPDX-License-Identifier: GPL-2.0
/*
 * recharge.c - see recharge.h.
 */
#include <math.h>

#include "agent/sched/recharge.h"

#define RECHARGE_EPSILON 1e-9

bool recharge_drive(const struct evrptw *instance, double time, double energy, struct recharge_state *state)
{
	state->most -= energy;
	if (state->most < -RECHARGE_EPSILON)
		return false;
	state->energy -= energy;
	state->time += time;
	if (state->energy < 0) { /* it has charged for longer before */
		state->time -= state->energy * instance->recharging;
		state->energy = 0;
	}
	return true;
}

bool recharge_plug(const struct evrptw *instance, double due, struct recharge_state *state)
{
	if (state->time > due + RECHARGE_EPSILON)
		return false;
	state->most = instance->battery;
	if (instance->recharging <= 0)
		state->energy = instance->battery;
	return true;
}

/* What it can have after @time more. */
static double recharge_after(const struct evrptw *instance, const struct recharge_state *state, double time)
{
	if (state->energy >= state->most || instance->recharging <= 0)
		return state->energy;
	return fmin(state->most, state->energy + time / instance->recharging);
}

bool recharge_serve(const struct evrptw *instance, const struct evrptw_node *node, struct recharge_state *state)
{
	if (state->time > node->due + RECHARGE_EPSILON)
		return false;
	state->most = recharge_after(instance, state, fmax(0, node->due - state->time));
	if (state->time < node->ready) {
		state->energy = recharge_after(instance, state, node->ready - state->time);
		state->time = node->ready;
	}
	state->time += node->service;
	return true;
}

bool recharge_beats(const struct evrptw *instance, const struct recharge_state *one, const struct recharge_state *other,
		    double epsilon)
{
	return one->time <= other->time + epsilon && one->most >= other->most - epsilon &&
	       recharge_after(instance, one, fmax(0, other->time - one->time)) >= other->energy - epsilon;
}

bool recharge_meets(const struct evrptw *instance, const struct recharge_state *state, const struct recharge_need *need)
{
	double g = instance->recharging;

	return state->most >= need->energy - RECHARGE_EPSILON &&
	       state->time - g * state->energy <= need->charge + RECHARGE_EPSILON &&
	       state->time + g * fmax(0, need->energy - state->energy) <= need->latest + RECHARGE_EPSILON;
}

bool recharge_drive_back(const struct evrptw *instance, double time, double energy, struct recharge_need *need)
{
	need->energy += energy;
	need->latest -= time;
	need->charge -= time + instance->recharging * energy;
	return need->energy <= instance->battery + RECHARGE_EPSILON;
}

/* Whoever comes with less than is needed charges the difference, and that takes its time. */
void recharge_plug_back(const struct evrptw *instance, double due, struct recharge_need *need)
{
	need->charge = fmin(need->charge, need->latest - instance->recharging * need->energy);
	need->latest = fmin(need->latest, due);
	need->energy = 0;
}

bool recharge_serve_back(const struct evrptw *instance, const struct evrptw_node *node, struct recharge_need *need)
{
	need->latest -= node->service;
	need->charge -= node->service;
	if (node->ready > need->latest + RECHARGE_EPSILON)
		return false;
	need->latest = fmin(need->latest, node->due);
	if (need->charge <
	    INFINITY) { /* who waits for the window leaves at a time that is known: enough energy for that */
		if (instance->recharging > 0)
			need->energy = fmax(need->energy, (node->ready - need->charge) / instance->recharging);
		else if (node->ready > need->charge + RECHARGE_EPSILON)
			return false;
	}
	return need->energy <= instance->battery + RECHARGE_EPSILON;
}

/* What must be there on leaving each stop, into @ret_leave. */
static bool recharge_needs(const struct evrptw *instance, const u16 *stops, u32 count, double *ret_leave)
{
	struct recharge_need need = { .latest = instance->node[0].due, .charge = INFINITY };
	u32 i, after = 0;

	for (i = count; i-- > 0; after = stops[i]) {
		if (!recharge_drive_back(instance, evrptw_time(instance, stops[i], after),
					 evrptw_distance(instance, stops[i], after) * instance->consumption, &need))
			return false;
		ret_leave[i] = need.energy;
		if (instance->node[stops[i]].kind == EVRPTW_STATION)
			recharge_plug_back(instance, instance->node[stops[i]].due, &need);
		else if (!recharge_serve_back(instance, &instance->node[stops[i]], &need))
			return false;
	}
	return true;
}

bool recharge_amounts(const struct evrptw *instance, const u16 *stops, u32 count, double *ret_charge)
{
	double energy = instance->battery, leave;
	u32 i, before = 0;

	if (!recharge_needs(instance, stops, count, ret_charge))
		return false;
	for (i = 0; i < count; before = stops[i++]) {
		leave = ret_charge[i];
		energy -= evrptw_distance(instance, before, stops[i]) * instance->consumption;
		ret_charge[i] = 0;
		if (instance->node[stops[i]].kind != EVRPTW_STATION || leave <= energy)
			continue;
		ret_charge[i] = leave - energy;
		energy = leave;
	}
	return true;
}

u32 recharge_settle(const struct evrptw *instance, u16 *stops, u32 count, double *ret_charge)
{
	u32 i, kept = 0, before = 0, after;

	recharge_amounts(instance, stops, count, ret_charge);
	for (i = 0; i < count; i++) {
		after = i + 1 < count ? stops[i + 1] : 0;
		if (instance->node[stops[i]].kind == EVRPTW_STATION && ret_charge[i] <= 0 &&
		    evrptw_distance(instance, before, after) <=
			    evrptw_distance(instance, before, stops[i]) + evrptw_distance(instance, stops[i], after))
			continue;
		before = stops[kept] = stops[i];
		ret_charge[kept++] = ret_charge[i];
	}
	return kept;
}
