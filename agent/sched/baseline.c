// SPDX-License-Identifier: GPL-2.0
/*
 * baseline.c - charging without a plan: see baseline.h.
 */
#include <errno.h>
#include <stdlib.h>

#include "agent/sched/baseline.h"

#define BASELINE_PORTION_WH 50

const char *const baseline_names[BASELINES] = { "uncontrolled", "first come", "earliest deadline", "least laxity",
						"round robin" };

struct baseline_turn {
	s64 rank;
	u32 session;
};

struct baseline_run {
	const struct charging_site *site;
	enum baseline method;
	struct charging_plan *plan;
	struct baseline_turn *turn;
	u32 *left; /* Wh still wanted */
	u32 turns, next;
};

static int baseline_compare(const void *one, const void *other)
{
	const struct baseline_turn *a = one, *b = other;

	return a->rank != b->rank ? (a->rank < b->rank ? -1 : 1) : (int)a->session - (int)b->session;
}

static s64 baseline_rank(const struct baseline_run *run, u32 i, u32 t)
{
	const struct charging_session *session = &run->site->session[i];

	switch (run->method) {
	case BASELINE_EARLIEST_DEADLINE:
		return session->departure_s;
	case BASELINE_LEAST_LAXITY:
		return (s64)session->departure_s - (s64)t * run->site->period_s -
		       (s64)run->left[i] * 3600 / session->power_w;
	case BASELINE_ROUND_ROBIN:
		return i >= run->next ? i : (s64)i + run->site->sessions;
	default:
		return session->arrival_s;
	}
}

static u32 baseline_give(struct baseline_run *run, u32 i, u32 t, u32 most)
{
	u32 *wh = &run->plan->wh[(size_t)i * run->site->periods + t], room = charging_most_wh(run->site, i, t) - *wh;

	if (room > run->left[i])
		room = run->left[i];
	if (room > most)
		room = most;
	*wh += room;
	run->left[i] -= room;
	return room;
}

/* In portions, round and round, until power or wishes end. */
static void baseline_round(struct baseline_run *run, u32 t, u32 power)
{
	u32 given = 1, at, portion;

	while (power && given)
		for (at = 0, given = 0; at < run->turns && power; at++) {
			portion = power < BASELINE_PORTION_WH ? power : BASELINE_PORTION_WH;
			portion = baseline_give(run, run->turn[at].session, t, portion);
			power -= portion;
			given += portion;
			if (portion)
				run->next = run->turn[at].session + 1;
		}
}

static void baseline_period(struct baseline_run *run, u32 t)
{
	u32 power = charging_limit_wh(run->site, t), i, at;

	run->turns = 0;
	for (i = 0; i < run->site->sessions; i++)
		if (run->left[i] && charging_most_wh(run->site, i, t))
			run->turn[run->turns++] = (struct baseline_turn){ baseline_rank(run, i, t), i };
	qsort(run->turn, run->turns, sizeof(*run->turn), baseline_compare);
	if (run->method == BASELINE_ROUND_ROBIN) {
		baseline_round(run, t, power);
		return;
	}
	for (at = 0; at < run->turns; at++) {
		u32 given = baseline_give(run, run->turn[at].session, t,
					  run->method == BASELINE_UNCONTROLLED ? 0xffffffffu : power);

		power -= given < power ? given : power;
	}
}

int baseline_charge(const struct charging_site *site, enum baseline method, struct charging_plan **ret_plan)
{
	struct baseline_run run = { .site = site, .method = method };
	int err = -ENOMEM;
	u32 i, t;

	run.plan = charging_plan_new(site);
	run.turn = calloc((size_t)site->sessions + 1, sizeof(*run.turn));
	run.left = calloc((size_t)site->sessions + 1, sizeof(*run.left));
	if (run.plan && run.turn && run.left) {
		for (i = 0; i < site->sessions; i++)
			run.left[i] = site->session[i].energy_wh;
		for (t = 0; t < site->periods; t++)
			baseline_period(&run, t);
		err = 0;
	}
	if (err)
		charging_free(run.plan);
	else
		*ret_plan = run.plan;
	free(run.turn);
	free(run.left);
	return err;
}
