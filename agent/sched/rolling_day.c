// SPDX-License-Identifier: GPL-2.0
/*
 * rolling_day.c - a day in which vehicles are late, come unannounced, and
 * chargers fail; the plan is made anew each time. See rolling.h.
 *
 * Who loses a charger becomes another vehicle from there on: one more row of the fleet, at the station, with the energy
 * it has; the old row keeps what it got. So what was driven is a plan of the fleet at the end, which the checker
 * follows.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "agent/sched/rolling.h"

#define DAY_EVERY 4
#define DAY_ROUNDS 60
#define DAY_INTERRUPTED_MAX 4096

struct day_failure {
	u32 station, from, end; /* periods */
};

struct rolling_day_run {
	const struct rolling_options *options;
	struct rolling_report *report;
	struct fleet known, actual; /* the same rows; they differ in when vehicles arrive */
	bool *absent;
	u32 *chargers, *working; /* as known, and as will be */
	struct assign_session *promised;
	struct day_failure *failure;
	u32 failures, now, room;
	struct assign_plan *plan;
	u64 random;
	bool news;
};

static u32 day_random(struct rolling_day_run *run, u32 below)
{
	run->random = run->random * 6364136223846793005ULL + 1442695040888963407ULL;
	return (u32)((run->random >> 33) % (below ? below : 1));
}

static double day_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* --- what will happen --- */

static void day_draw_vehicles(struct rolling_day_run *run)
{
	u32 v;

	for (v = 0; v < run->known.vehicles; v++) {
		struct fleet_vehicle *vehicle = &run->actual.vehicle[v];
		bool late = day_random(run, 100) < run->options->late_pct;
		u32 by = day_random(run, run->options->late_most_s + 1);

		if (late && vehicle->arrival_s + by < vehicle->deadline_s) {
			vehicle->arrival_s += by;
			run->report->late += by > 0;
		}
		run->absent[v] = day_random(run, 100) < run->options->surprise_pct;
		run->report->surprises += run->absent[v];
	}
}

static void day_draw_failures(struct rolling_day_run *run)
{
	const struct fleet *fleet = &run->known;
	u32 i, t;

	for (i = 0; i < fleet->stations; i++) {
		bool fails = day_random(run, 100) < run->options->broken_pct && fleet->station[i].chargers;
		struct day_failure failure = { .station = i, .from = day_random(run, fleet->periods) };

		failure.end = failure.from + 1 + day_random(run, fleet->periods / 8 + 1);
		if (failure.end > fleet->periods)
			failure.end = fleet->periods;
		if (!fails)
			continue;
		run->failure[run->failures++] = failure;
		for (t = failure.from; t < failure.end; t++)
			run->working[(size_t)i * fleet->periods + t]--;
	}
	run->report->failures = run->failures;
}

/* --- what becomes known --- */

static void day_learn_vehicles(struct rolling_day_run *run)
{
	u32 v, now_s = run->now * run->known.period_s;

	for (v = 0; v < run->known.vehicles; v++) {
		if (run->absent[v] && run->actual.vehicle[v].arrival_s <= now_s) {
			run->absent[v] = false;
			run->known.vehicle[v].arrival_s = run->actual.vehicle[v].arrival_s;
			run->news = true;
		}
		/* at the time it said, the driver of a late one says when it will be */
		if (!run->absent[v] && run->known.vehicle[v].arrival_s <= now_s + run->known.period_s &&
		    run->known.vehicle[v].arrival_s != run->actual.vehicle[v].arrival_s) {
			run->known.vehicle[v].arrival_s = run->actual.vehicle[v].arrival_s;
			run->news = true;
		}
	}
}

/* What a session gave until now. */
static u32 day_given_wh(const struct rolling_day_run *run, u32 vehicle, const struct assign_session *session)
{
	const struct fleet *fleet = &run->known;
	u32 rate = fleet_rate_w(&fleet->vehicle[vehicle], &fleet->station[session->station]);
	u64 given =
		run->now > session->start ? (u64)(run->now - session->start) * ((u64)rate * fleet->period_s / 3600) : 0;

	return given < session->energy_wh ? (u32)given : session->energy_wh;
}

static void day_change_rows(struct rolling_day_run *run, u32 vehicle, const struct fleet_vehicle *old,
			    const struct fleet_vehicle *rest)
{
	u32 added = run->known.vehicles;

	run->known.vehicle[vehicle] = run->actual.vehicle[vehicle] = *old;
	run->known.vehicle[added] = run->actual.vehicle[added] = *rest;
	run->promised[added] = (struct assign_session){ .state = ASSIGN_LEFT, .station = ASSIGN_NONE };
	run->absent[added] = false;
	run->known.vehicles = ++run->actual.vehicles;
}

/* A promise ends: the vehicle's row ends with what it got, and a new row goes on at the station. */
static void day_break(struct rolling_day_run *run, u32 vehicle)
{
	struct assign_session *session = &run->promised[vehicle];
	const struct fleet *fleet = &run->known;
	const struct fleet_station *where = &fleet->station[session->station];
	struct fleet_vehicle old = fleet->vehicle[vehicle], rest = old;
	u32 distance = fleet_distance_m(fleet, &old, where), given = day_given_wh(run, vehicle, session);
	u64 there = rolling_sets_out(fleet, vehicle, session) + fleet_travel_s(fleet, distance);
	u32 now_s = run->now * fleet->period_s;

	rest.x_m = where->x_m;
	rest.y_m = where->y_m;
	rest.energy_wh = old.energy_wh - fleet_travel_wh(&old, distance) + given;
	rest.arrival_s = there > now_s ? (u32)there : now_s;
	snprintf(rest.name, sizeof(rest.name), "%.26s~%u", old.name, run->now);
	if (given) {
		old.need_wh = rest.energy_wh;
		session->periods = run->now - session->start;
		session->energy_wh = given;
	} else {
		old.need_wh = old.energy_wh; /* it got nothing: nothing was wanted here */
		*session = (struct assign_session){ .state = ASSIGN_CONTENT, .station = ASSIGN_NONE };
	}
	run->report->broken++;
	day_change_rows(run, vehicle, &old, &rest);
}

/* The promise that begins last among those that need @station's charger in period @t; ASSIGN_NONE: enough chargers. */
static u32 day_overrun(const struct rolling_day_run *run, u32 station, u32 t)
{
	u32 v, count = 0, last = ASSIGN_NONE;

	for (v = 0; v < run->known.vehicles; v++) {
		const struct assign_session *session = &run->promised[v];

		if (session->state != ASSIGN_SERVED || session->station != station || t < session->start ||
		    t >= session->start + session->periods)
			continue;
		count++;
		if (last == ASSIGN_NONE || session->start >= run->promised[last].start)
			last = v;
	}
	return count > run->chargers[(size_t)station * run->known.periods + t] ? last : ASSIGN_NONE;
}

static void day_learn_failures(struct rolling_day_run *run)
{
	u32 i, t, vehicle;

	for (i = 0; i < run->failures; i++) {
		const struct day_failure *failure = &run->failure[i];

		if (failure->from != run->now)
			continue;
		run->news = true;
		for (t = failure->from; t < failure->end; t++) {
			run->chargers[(size_t)failure->station * run->known.periods + t]--;
			while (run->known.vehicles < run->room &&
			       (vehicle = day_overrun(run, failure->station, t)) != ASSIGN_NONE)
				day_break(run, vehicle);
		}
	}
}

/* --- planning --- */

static int day_plan(struct rolling_day_run *run)
{
	struct rolling_state state = { .fleet = &run->known,
				       .now = run->now,
				       .chargers = run->chargers,
				       .promised = run->promised,
				       .absent = run->absent };
	struct assign_options options = { .rounds = DAY_ROUNDS, .quick = true };
	double began = day_clock(), took;
	int err;

	assign_free(run->plan);
	run->plan = NULL;
	err = rolling_renew(&state, &options, &run->plan);
	took = day_clock() - began;
	if (took > run->report->slowest_s)
		run->report->slowest_s = took;
	run->report->plans++;
	if (!err && run->options->seen && !run->options->seen(run->options->arg, &state, run->plan))
		run->report->ended = true;
	return err;
}

/* Who sets out before the next look has a promise. */
static void day_promise(struct rolling_day_run *run)
{
	u64 next_s = (u64)(run->now + 1) * run->known.period_s;
	u32 v;

	for (v = 0; v < run->plan->vehicles; v++) {
		const struct assign_session *session = &run->plan->session[v];

		if (session->state != ASSIGN_SERVED || run->promised[v].state == ASSIGN_SERVED ||
		    rolling_sets_out(&run->known, v, session) >= next_s)
			continue;
		run->promised[v] = *session;
		run->report->promises++;
	}
}

static int day_live(struct rolling_day_run *run)
{
	u32 every = run->options->every ? run->options->every : DAY_EVERY;
	int err = 0;

	for (run->now = 0; !err && !run->report->ended && run->now < run->known.periods; run->now++) {
		run->news = run->now % every == 0;
		day_learn_vehicles(run);
		day_learn_failures(run);
		if (run->news)
			err = day_plan(run);
		if (!err)
			day_promise(run);
	}
	return err;
}

/* --- at the end --- */

static int day_judge(struct rolling_day_run *run)
{
	struct assign_problem problem = { .fleet = &run->actual, .chargers = run->working };
	struct assign_plan driven = { .vehicles = run->actual.vehicles, .session = run->promised };
	struct assign_verdict verdict;
	int err = assign_follow(&problem, &driven, &verdict);
	u32 v;

	run->report->good = verdict.good;
	run->report->cost = verdict.cost;
	snprintf(run->report->text, sizeof(run->report->text), "%s", verdict.text);
	for (v = 0; v < run->actual.vehicles; v++) {
		const struct fleet_vehicle *vehicle = &run->actual.vehicle[v];

		run->report->served += run->promised[v].state == ASSIGN_SERVED;
		run->report->left += run->promised[v].state != ASSIGN_SERVED && vehicle->energy_wh < vehicle->need_wh;
	}
	return err;
}

/* Before the day begins: what would be best if all were known. */
static int day_foresee(struct rolling_day_run *run)
{
	struct assign_problem problem = { .fleet = &run->actual, .chargers = run->working };
	struct assign_options options = { .quick = run->actual.vehicles > 500 };
	struct assign_plan *plan;
	int err = assign_solve(&problem, &options, &plan);

	if (err)
		return err;
	run->report->clairvoyant_cost = plan->cost;
	run->report->clairvoyant_bound = plan->bound;
	assign_free(plan);
	return 0;
}

static int day_open(struct rolling_day_run *run, const struct fleet *fleet)
{
	size_t cells = (size_t)fleet->stations * fleet->periods, at, v;

	run->room = fleet->vehicles + DAY_INTERRUPTED_MAX;
	run->random = run->options->seed * 2862933555777941757ULL + 3037000493ULL;
	run->known = run->actual = *fleet;
	run->known.vehicle = calloc((size_t)run->room + 1, sizeof(*fleet->vehicle));
	run->actual.vehicle = calloc((size_t)run->room + 1, sizeof(*fleet->vehicle));
	run->absent = calloc((size_t)run->room + 1, sizeof(*run->absent));
	run->promised = calloc((size_t)run->room + 1, sizeof(*run->promised));
	run->chargers = calloc(cells + 1, sizeof(*run->chargers));
	run->working = calloc(cells + 1, sizeof(*run->working));
	run->failure = calloc((size_t)fleet->stations + 1, sizeof(*run->failure));
	if (!run->known.vehicle || !run->actual.vehicle || !run->absent || !run->promised || !run->chargers ||
	    !run->working || !run->failure)
		return -ENOMEM;
	for (at = 0; at < cells; at++)
		run->chargers[at] = run->working[at] = fleet->station[at / fleet->periods].chargers;
	for (v = 0; v < fleet->vehicles; v++) {
		run->known.vehicle[v] = run->actual.vehicle[v] = fleet->vehicle[v];
		run->promised[v] = (struct assign_session){ .state = ASSIGN_LEFT, .station = ASSIGN_NONE };
	}
	day_draw_vehicles(run);
	day_draw_failures(run);
	return 0;
}

int rolling_day(const struct fleet *fleet, const struct rolling_options *options, struct rolling_report *ret_report)
{
	struct rolling_day_run run = { .options = options, .report = ret_report };
	int err;

	*ret_report = (struct rolling_report){ .plans = 0 };
	err = day_open(&run, fleet);
	if (!err)
		err = day_foresee(&run);
	if (!err)
		err = day_live(&run);
	if (!err)
		err = day_judge(&run);
	assign_free(run.plan);
	free(run.known.vehicle);
	free(run.actual.vehicle);
	free(run.absent);
	free(run.promised);
	free(run.chargers);
	free(run.working);
	free(run.failure);
	return err;
}
