// SPDX-License-Identifier: GPL-2.0
/*
 * charging.c - the optimum at a site, as a flow: session -> (session, period)
 * -> period. What a session does not get flows past the periods at a cost above all prices, so the most energy comes
 * first; for sessions that must be met, at a cost above that.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/sched/charging_parts.h"
#include "agent/sched/flow.h"

u32 charging_most_wh(const struct charging_site *site, u32 i, u32 t)
{
	const struct charging_session *session = &site->session[i];
	u64 begins = (u64)t * site->period_s, ends = begins + site->period_s;

	if (session->arrival_s > begins)
		begins = session->arrival_s;
	if (session->departure_s < ends)
		ends = session->departure_s;
	return ends > begins ? (u32)((ends - begins) * session->power_w / 3600) : 0;
}

u32 charging_limit_wh(const struct charging_site *site, u32 t)
{
	return (u32)((u64)site->limit_w[t] * site->period_s / 3600);
}

struct charging_plan *charging_plan_new(const struct charging_site *site)
{
	struct charging_plan *plan = calloc(1, sizeof(*plan));

	if (plan)
		plan->wh = calloc((size_t)site->sessions * site->periods + 1, sizeof(*plan->wh));
	if (!plan || !plan->wh) {
		free(plan);
		return NULL;
	}
	plan->sessions = site->sessions;
	plan->periods = site->periods;
	return plan;
}

void charging_free(struct charging_plan *plan)
{
	if (!plan)
		return;
	free(plan->wh);
	free(plan);
}

/* Nodes: 0 the source, 1 the sink, sessions, periods. */
static int charging_flow_build(const struct charging_site *site, const bool *must, struct flow *flow)
{
	u32 first = 2 + site->sessions, i, t, most, bad = 0, dearest = 1;
	s64 short_cost;

	for (t = 0; t < site->periods; t++)
		if (site->price[t] > dearest)
			dearest = site->price[t];
	/* a detour changes the price once for each session on it, at most */
	short_cost = (s64)dearest * ((s64)site->sessions + 2);
	for (i = 0; i < site->sessions; i++) {
		bad |= flow_add(flow, 0, 2 + i, site->session[i].energy_wh, 0) == FLOW_NONE;
		bad |= flow_add(flow, 2 + i, 1, site->session[i].energy_wh,
				must && must[i] ? 3 * short_cost : short_cost) == FLOW_NONE;
		for (t = 0; t < site->periods; t++) {
			most = charging_most_wh(site, i, t);
			if (most)
				bad |= flow_add(flow, 2 + i, first + t, most, site->price[t]) == FLOW_NONE;
		}
	}
	for (t = 0; t < site->periods; t++)
		bad |= flow_add(flow, first + t, 1, charging_limit_wh(site, t), 0) == FLOW_NONE;
	return bad ? -ENOMEM : 0;
}

/* Arcs come back in the order in which they were made. */
static void charging_flow_read(const struct charging_site *site, const struct flow *flow, struct charging_plan *plan)
{
	u32 i, t, arc = 0;

	for (i = 0; i < site->sessions; i++) {
		arc += 4;
		for (t = 0; t < site->periods; t++)
			if (charging_most_wh(site, i, t)) {
				plan->wh[(size_t)i * site->periods + t] = (u32)flow_through(flow, arc);
				arc += 2;
			}
	}
	plan->proven = flow_proven(flow);
}

static int charging_flow(const struct charging_site *site, const bool *must, struct charging_plan **ret_plan)
{
	struct charging_plan *plan = charging_plan_new(site);
	struct flow *flow = NULL;
	int err = plan ? flow_new(2 + site->sessions + site->periods, 2 * site->sessions + site->periods, &flow)
		       : -ENOMEM;

	if (!err)
		err = charging_flow_build(site, must, flow);
	if (!err)
		err = flow_solve(flow, 0, 1, NULL, NULL);
	if (!err) {
		charging_flow_read(site, flow, plan);
		*ret_plan = plan;
	} else {
		charging_free(plan);
	}
	flow_free(flow);
	return err;
}

/* Could the session have all that it wants if nobody else were there? */
static bool charging_alone(const struct charging_site *site, u32 i)
{
	u64 sum = 0;
	u32 t;

	for (t = 0; t < site->periods; t++) {
		u32 most = charging_most_wh(site, i, t), limit = charging_limit_wh(site, t);

		sum += most < limit ? most : limit;
	}
	return sum >= site->session[i].energy_wh;
}

/* Does the plan meet all that could be met alone? Then none meets more. */
static bool charging_meets_all(const struct charging_site *site, const struct charging_plan *plan)
{
	u32 i, t;
	u64 got;

	for (i = 0; i < site->sessions; i++) {
		for (got = 0, t = 0; t < site->periods; t++)
			got += plan->wh[(size_t)i * site->periods + t];
		if (got < site->session[i].energy_wh && charging_alone(site, i))
			return false;
	}
	return true;
}

int charging_optimum(const struct charging_site *site, enum charging_goal goal, struct charging_plan **ret_plan)
{
	bool *must = calloc((size_t)site->sessions + 1, sizeof(*must)), proven = true;
	struct charging_plan *plan = NULL;
	int err = must ? charging_flow(site, NULL, &plan) : -ENOMEM;

	if (!err && goal == CHARGING_DEADLINES && !charging_meets_all(site, plan)) {
		charging_free(plan);
		plan = NULL;
		err = charging_choose_met(site, must, &proven);
		if (!err)
			err = charging_flow(site, must, &plan);
	}
	if (!err) {
		plan->proven &= proven;
		*ret_plan = plan;
	}
	free(must);
	return err;
}

/* --- the check --- */

static void charging_score_session(const struct charging_site *site, const struct charging_plan *plan, u32 i,
				   struct charging_score *score)
{
	u64 got = 0;
	u32 t;

	for (t = 0; t < site->periods; t++) {
		u32 wh = plan->wh[(size_t)i * site->periods + t];

		if (wh > charging_most_wh(site, i, t))
			snprintf(score->text, sizeof(score->text),
				 "session %u takes %u Wh in period %u; it can take %u", i, wh, t,
				 charging_most_wh(site, i, t));
		got += wh;
		score->money += (s64)wh * site->price[t];
	}
	if (got > site->session[i].energy_wh)
		snprintf(score->text, sizeof(score->text), "session %u gets %llu Wh; it wanted %u", i,
			 (unsigned long long)got, site->session[i].energy_wh);
	score->served_wh += got;
	score->wanted_wh += site->session[i].energy_wh;
	score->unmet += got < site->session[i].energy_wh;
}

void charging_score(const struct charging_site *site, const struct charging_plan *plan,
		    struct charging_score *ret_score)
{
	u32 i, t;

	*ret_score = (struct charging_score){ .text = "" };
	for (i = 0; i < site->sessions; i++)
		charging_score_session(site, plan, i, ret_score);
	for (t = 0; t < site->periods; t++) {
		u64 sum = 0, limit = charging_limit_wh(site, t), watts;

		for (i = 0; i < site->sessions; i++)
			sum += plan->wh[(size_t)i * site->periods + t];
		if (sum > limit)
			ret_score->overload_wh += sum - limit;
		watts = sum * 3600 / site->period_s;
		if (watts > ret_score->peak_w)
			ret_score->peak_w = (u32)watts;
	}
}

/* --- from a fleet --- */

/* The station a vehicle stands nearest to; the first of equals. */
static u32 charging_nearest(const struct fleet *fleet, u32 vehicle)
{
	u32 best = 0, least = 0xffffffffu, i, far;

	for (i = 0; i < fleet->stations; i++) {
		far = fleet_distance_m(fleet, &fleet->vehicle[vehicle], &fleet->station[i]);
		if (far < least) {
			least = far;
			best = i;
		}
	}
	return best;
}

static struct charging_session charging_plugged(const struct fleet *fleet, u32 vehicle, u32 station)
{
	const struct fleet_vehicle *who = &fleet->vehicle[vehicle];
	u32 distance = fleet_distance_m(fleet, who, &fleet->station[station]), spent = fleet_travel_wh(who, distance);
	u32 stock = who->energy_wh > spent ? who->energy_wh - spent : 0;

	return (struct charging_session){ .arrival_s = who->arrival_s + fleet_travel_s(fleet, distance),
					  .departure_s = who->deadline_s,
					  .energy_wh = who->need_wh > stock ? who->need_wh - stock : 0,
					  .power_w = fleet_rate_w(who, &fleet->station[station]),
					  .gives_back = who->gives_back,
					  .battery_wh = who->battery_wh,
					  .stock_wh = stock };
}

int charging_site_from_fleet(const struct fleet *fleet, u32 station, struct charging_site *ret_site)
{
	const struct fleet_station *where = &fleet->station[station];
	struct charging_session *session = calloc((size_t)fleet->vehicles + 1, sizeof(*session));
	u32 *limit = calloc((size_t)fleet->periods + 1, sizeof(*limit)), v, t;
	u64 all = (u64)where->chargers * where->power_w;

	if (!session || !limit) {
		free(session);
		free(limit);
		return -ENOMEM;
	}
	*ret_site = (struct charging_site){ .period_s = fleet->period_s,
					    .periods = fleet->periods,
					    .session = session,
					    .limit_w = limit,
					    .price = &fleet->price[(size_t)station * fleet->periods] };
	for (v = 0; v < fleet->vehicles; v++)
		if (charging_nearest(fleet, v) == station)
			session[ret_site->sessions++] = charging_plugged(fleet, v, station);
	for (t = 0; t < fleet->periods; t++)
		limit[t] = where->limit_w && where->limit_w < all ? where->limit_w
			   : all < 0xffffffffu			  ? (u32)all
								  : 0xffffffffu;
	return 0;
}

void charging_site_done(struct charging_site *site)
{
	free((void *)site->session);
	free((void *)site->limit_w);
	*site = (struct charging_site){ .sessions = 0 };
}
