// SPDX-License-Identifier: GPL-2.0
/*
 * rolling.c - a new plan around promises: see rolling.h.
 */
#include <errno.h>
#include <stdlib.h>

#include "agent/sched/rolling.h"

u64 rolling_sets_out(const struct fleet *fleet, u32 vehicle, const struct assign_session *session)
{
	u64 begins = (u64)session->start * fleet->period_s;
	u32 way_s = fleet_travel_s(
		fleet, fleet_distance_m(fleet, &fleet->vehicle[vehicle], &fleet->station[session->station]));

	return begins > way_s ? begins - way_s : 0;
}

struct rolling_renewal {
	const struct rolling_state *state;
	struct fleet fleet; /* nobody sets out before now */
	u32 *chargers;
	s64 *watts;
	bool *leave;
};

static void renewal_close(struct rolling_renewal *renewal)
{
	free(renewal->fleet.vehicle);
	free(renewal->chargers);
	free(renewal->watts);
	free(renewal->leave);
}

static int renewal_open(struct rolling_renewal *renewal)
{
	const struct rolling_state *state = renewal->state;
	const struct fleet *fleet = state->fleet;
	size_t cells = (size_t)fleet->stations * fleet->periods, at;

	renewal->fleet = *fleet;
	renewal->fleet.vehicle = calloc((size_t)fleet->vehicles + 1, sizeof(*fleet->vehicle));
	renewal->chargers = calloc(cells + 1, sizeof(*renewal->chargers));
	renewal->watts = calloc(cells + 1, sizeof(*renewal->watts));
	renewal->leave = calloc((size_t)fleet->vehicles + 1, sizeof(*renewal->leave));
	if (!renewal->fleet.vehicle || !renewal->chargers || !renewal->watts || !renewal->leave)
		return -ENOMEM;
	for (at = 0; at < cells; at++) {
		const struct fleet_station *station = &fleet->station[at / fleet->periods];

		renewal->chargers[at] = state->chargers ? state->chargers[at] : station->chargers;
		renewal->watts[at] = station->limit_w ? (s64)station->limit_w : -1;
	}
	return 0;
}

/* Takes what promises need, and the past, from what there is. */
static int renewal_reserve(struct rolling_renewal *renewal)
{
	const struct rolling_state *state = renewal->state;
	const struct fleet *fleet = state->fleet;
	u32 v, t, i;

	for (v = 0; v < fleet->vehicles; v++) {
		const struct assign_session *session = &state->promised[v];
		u32 rate;

		renewal->leave[v] = session->state == ASSIGN_SERVED || (state->absent && state->absent[v]);
		if (session->state != ASSIGN_SERVED)
			continue;
		rate = fleet_rate_w(&fleet->vehicle[v], &fleet->station[session->station]);
		for (t = session->start; t < session->start + session->periods; t++) {
			size_t at = (size_t)session->station * fleet->periods + t;

			if (t < state->now)
				continue;
			if (!renewal->chargers[at] || (renewal->watts[at] >= 0 && renewal->watts[at] < rate))
				return -EINVAL;
			renewal->chargers[at]--;
			renewal->watts[at] -= renewal->watts[at] >= 0 ? rate : 0;
		}
	}
	for (i = 0; i < fleet->stations; i++)
		for (t = 0; t < state->now && t < fleet->periods; t++)
			renewal->chargers[(size_t)i * fleet->periods + t] = 0;
	return 0;
}

static void renewal_set_out_now(struct rolling_renewal *renewal)
{
	const struct fleet *fleet = renewal->state->fleet;
	u32 v, now_s = renewal->state->now * fleet->period_s;

	for (v = 0; v < fleet->vehicles; v++) {
		struct fleet_vehicle *vehicle = &renewal->fleet.vehicle[v];

		*vehicle = fleet->vehicle[v];
		if (vehicle->arrival_s < now_s)
			vehicle->arrival_s = now_s;
	}
}

/* Puts the promises back in, and says what the whole costs. */
static int renewal_whole(const struct rolling_renewal *renewal, struct assign_plan *plan)
{
	const struct rolling_state *state = renewal->state;
	struct assign_problem problem = { .fleet = state->fleet, .leave = state->absent };
	struct assign_verdict verdict;
	s64 rest = plan->cost;
	int err;
	u32 v;

	for (v = 0; v < plan->vehicles; v++)
		if (state->promised[v].state == ASSIGN_SERVED) {
			plan->session[v] = state->promised[v];
			plan->served++;
			plan->content--;
		}
	err = assign_follow(&problem, plan, &verdict);
	plan->cost = verdict.cost;
	plan->bound += verdict.cost - rest;
	return err;
}

int rolling_renew(const struct rolling_state *state, const struct assign_options *options,
		  struct assign_plan **ret_plan)
{
	struct rolling_renewal renewal = { .state = state };
	struct assign_problem problem = { .fleet = &renewal.fleet };
	struct assign_plan *plan = NULL;
	int err = renewal_open(&renewal);

	if (!err)
		err = renewal_reserve(&renewal);
	if (!err) {
		renewal_set_out_now(&renewal);
		problem.chargers = renewal.chargers;
		problem.watts = renewal.watts;
		problem.leave = renewal.leave;
		err = assign_solve(&problem, options, &plan);
	}
	if (!err)
		err = renewal_whole(&renewal, plan);
	if (err)
		assign_free(plan);
	else
		*ret_plan = plan;
	renewal_close(&renewal);
	return err;
}
