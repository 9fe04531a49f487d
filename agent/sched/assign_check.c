// SPDX-License-Identifier: GPL-2.0
/*
 * assign_check.c - follows every vehicle of a plan to its charger, period by
 * period, and adds up what it costs. Shares nothing with what makes plans but the fleet and its roads.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/sched/assign.h"

struct follow {
	const struct assign_problem *problem;
	const struct fleet *fleet;
	u32 *heads; /* stations x periods: at chargers */
	u64 *watts;
	struct assign_verdict *verdict;
	u64 battery_wh; /* of the vehicles served */
};

__attribute__((format(printf, 2, 3))) static bool follow_fault(struct follow *follow, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(follow->verdict->text, sizeof(follow->verdict->text), format, arguments);
	va_end(arguments);
	return false;
}

static s64 follow_unserved(const struct follow *follow)
{
	return follow->fleet->unserved * 1000;
}

/* Charges through the session's periods; returns the money and, in @ret_done_s, when it is done. */
static s64 follow_charge(struct follow *follow, const struct fleet_vehicle *who, const struct assign_session *session,
			 u64 *ret_done_s)
{
	const struct fleet *fleet = follow->fleet;
	const struct fleet_station *where = &fleet->station[session->station];
	u32 rate = fleet_rate_w(who, where), left = session->energy_wh, t, wh;
	u32 most = (u32)((u64)rate * fleet->period_s / 3600);
	s64 money = 0;

	for (t = session->start; t < session->start + session->periods; t++) {
		size_t at = (size_t)session->station * fleet->periods + t;

		wh = left < most ? left : most;
		left -= wh;
		money += (s64)wh * fleet->price[at];
		follow->heads[at]++;
		follow->watts[at] += rate;
		*ret_done_s = (u64)t * fleet->period_s + ((u64)wh * 3600 + rate - 1) / rate;
		if (!left && t + 1 < session->start + session->periods) { /* holds the charger for nothing */
			follow_fault(follow, "vehicle %s's session is longer than its charge", who->name);
			return -1;
		}
	}
	if (left) {
		follow_fault(follow, "vehicle %s lacks %u Wh at the end of its session", who->name, left);
		return -1;
	}
	return money;
}

static bool follow_session(struct follow *follow, u32 vehicle, const struct assign_session *session)
{
	const struct fleet *fleet = follow->fleet;
	const struct fleet_vehicle *who = &fleet->vehicle[vehicle];
	const struct fleet_station *where = &fleet->station[session->station];
	struct assign_verdict *verdict = follow->verdict;
	u32 distance = fleet_distance_m(fleet, who, where), spent = fleet_travel_wh(who, distance);
	u64 there = (u64)who->arrival_s + fleet_travel_s(fleet, distance), begins, done = 0;
	s64 money;

	if (spent > who->energy_wh)
		return follow_fault(follow, "vehicle %s has %u Wh; the way to station %s takes %u", who->name,
				    who->energy_wh, where->name, spent);
	if (!session->periods || session->start >= fleet->periods || session->periods > fleet->periods - session->start)
		return follow_fault(follow, "vehicle %s's session lies outside of the plan's %u periods", who->name,
				    fleet->periods);
	begins = (u64)session->start * fleet->period_s;
	if (begins < there)
		return follow_fault(follow, "vehicle %s reaches station %s at %llu s; its session begins at %llu s",
				    who->name, where->name, (unsigned long long)there, (unsigned long long)begins);
	if (who->energy_wh - spent + session->energy_wh < who->need_wh)
		return follow_fault(follow, "vehicle %s leaves with %u Wh; it needs %u", who->name,
				    who->energy_wh - spent + session->energy_wh, who->need_wh);
	if ((u64)who->energy_wh - spent + session->energy_wh > who->battery_wh)
		return follow_fault(follow, "vehicle %s cannot hold more than %u Wh", who->name, who->battery_wh);
	money = follow_charge(follow, who, session, &done);
	if (money < 0)
		return false;
	if (done > who->deadline_s)
		return follow_fault(follow, "vehicle %s is done at %llu s; its deadline is %u s", who->name,
				    (unsigned long long)done, who->deadline_s);
	verdict->money += money;
	verdict->energy_wh += session->energy_wh;
	verdict->waiting_s += begins - there;
	verdict->distance_m += distance;
	follow->battery_wh += who->battery_wh;
	verdict->cost += money * who->weight_price_pct / 100 +
			 (s64)who->weight_time_hour * (s64)(done - who->arrival_s) * 1000 / 3600 +
			 (s64)who->weight_rating_unit * (FLEET_RATING_MAX - where->rating) * 1000 / 100;
	return true;
}

static bool follow_limits(struct follow *follow)
{
	const struct assign_problem *problem = follow->problem;
	const struct fleet *fleet = follow->fleet;
	u32 i, t;

	for (i = 0; i < fleet->stations; i++)
		for (t = 0; t < fleet->periods; t++) {
			const struct fleet_station *where = &fleet->station[i];
			size_t at = (size_t)i * fleet->periods + t;
			u32 heads = problem->chargers ? problem->chargers[at] : where->chargers;
			s64 watts = problem->watts ? problem->watts[at] : where->limit_w ? (s64)where->limit_w : -1;

			if (follow->heads[at] > heads)
				return follow_fault(follow,
						    "station %s has %u chargers in period %u; %u vehicles charge",
						    where->name, heads, t, follow->heads[at]);
			if (watts >= 0 && follow->watts[at] > (u64)watts)
				return follow_fault(
					follow, "station %s may take %lld W in period %u; the plan takes %llu",
					where->name, (long long)watts, t, (unsigned long long)follow->watts[at]);
		}
	return true;
}

/* Paper eq. (6): what the stations can give over the plan against the batteries served. */
static u32 follow_load(const struct follow *follow)
{
	const struct fleet *fleet = follow->fleet;
	u64 capacity = 0, load;
	u32 i;

	for (i = 0; i < fleet->stations; i++) {
		const struct fleet_station *where = &fleet->station[i];
		u64 watts = (u64)where->chargers * where->power_w;

		if (where->limit_w && where->limit_w < watts)
			watts = where->limit_w;
		capacity += watts * fleet->periods * fleet->period_s / 3600;
	}
	load = follow->battery_wh ? (u64)((unsigned __int128)capacity * 100 / follow->battery_wh) : 0;
	return load < 0xffffffffu ? (u32)load : 0xffffffffu;
}

static bool follow_all(struct follow *follow, const struct assign_plan *plan)
{
	const struct fleet *fleet = follow->fleet;
	u32 v;

	if (plan->vehicles != fleet->vehicles)
		return follow_fault(follow, "the plan is for %u vehicles; the fleet has %u", plan->vehicles,
				    fleet->vehicles);
	for (v = 0; v < plan->vehicles; v++) {
		const struct assign_session *session = &plan->session[v];
		const struct fleet_vehicle *who = &fleet->vehicle[v];

		if (session->station != ASSIGN_NONE && session->station >= fleet->stations)
			return follow_fault(follow, "vehicle %s goes to a station that is not there", who->name);
		if (session->station != ASSIGN_NONE && follow->problem->leave && follow->problem->leave[v])
			return follow_fault(follow, "vehicle %s was not to be planned", who->name);
		if (session->station != ASSIGN_NONE) {
			if (!follow_session(follow, v, session))
				return false;
		} else if (who->energy_wh < who->need_wh && !(follow->problem->leave && follow->problem->leave[v])) {
			follow->verdict->cost += follow_unserved(follow);
		}
	}
	return follow_limits(follow);
}

int assign_follow(const struct assign_problem *problem, const struct assign_plan *plan,
		  struct assign_verdict *ret_verdict)
{
	const struct fleet *fleet = problem->fleet;
	size_t cells = (size_t)fleet->stations * fleet->periods + 1;
	struct follow follow = { .problem = problem, .fleet = fleet, .verdict = ret_verdict };

	*ret_verdict = (struct assign_verdict){ .good = false };
	follow.heads = calloc(cells, sizeof(*follow.heads));
	follow.watts = calloc(cells, sizeof(*follow.watts));
	if (!follow.heads || !follow.watts) {
		free(follow.heads);
		free(follow.watts);
		return -ENOMEM;
	}
	ret_verdict->good = follow_all(&follow, plan);
	ret_verdict->load_pct = follow_load(&follow);
	free(follow.heads);
	free(follow.watts);
	return 0;
}

int assign_check(const struct assign_problem *problem, const struct assign_plan *plan,
		 struct assign_verdict *ret_verdict)
{
	int err = assign_follow(problem, plan, ret_verdict);

	if (err || !ret_verdict->good || plan->cost == ret_verdict->cost)
		return err;
	ret_verdict->good = false;
	snprintf(ret_verdict->text, sizeof(ret_verdict->text),
		 "the plan says a cost of %lld; it costs %lld (1e-7 yuan)", (long long)plan->cost,
		 (long long)ret_verdict->cost);
	return 0;
}
