// SPDX-License-Identifier: GPL-2.0
/*
 * rolling_test.c - days on which vehicles are late, come unannounced and
 * chargers fail: promises are kept, what was driven passes the check, and what foresight would have saved is told.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/sched/rolling.h"
#include "tests/ktap.h"
#include "tests/sched/fleetdraw.h"

static struct fleet *draw_fleet(u64 seed, u32 vehicles)
{
	struct fleetdraw wish = { .seed = seed,
				  .vehicles = vehicles,
				  .stations = 6,
				  .periods = 48,
				  .period_s = 1800,
				  .choices = 4,
				  .chargers = 2,
				  .span_m = 9000,
				  .sessions = 4,
				  .limited = true,
				  .tariffs = true };

	return fleetdraw(&wish);
}

/* Sees every plan; remembers every promise it has seen. */
struct witness {
	struct assign_session promise[256];
	u32 vehicles, changed, plans, past;
};

static bool same_session(const struct assign_session *one, const struct assign_session *other)
{
	return one->station == other->station && one->start == other->start && one->periods == other->periods &&
	       one->energy_wh == other->energy_wh;
}

static bool witness_plan(void *arg, const struct rolling_state *state, const struct assign_plan *plan)
{
	struct witness *witness = arg;
	u32 v;

	witness->plans++;
	for (v = 0; v < state->fleet->vehicles && v < 256; v++) {
		struct assign_session *promise = &witness->promise[v];
		const struct assign_session *session = &plan->session[v];

		if (promise->state == ASSIGN_SERVED && !same_session(promise, session))
			witness->changed++;
		if (state->promised[v].state == ASSIGN_SERVED) {
			witness->changed += !same_session(&state->promised[v], session);
			*promise = state->promised[v];
		} else if (session->state == ASSIGN_SERVED && session->start < state->now) {
			witness->past++;
		}
	}
	return true;
}

static void test_days(void)
{
	u32 seed, kept = 0, good = 0, bounded = 0, plans = 0, late = 0;
	double worst = 0, sum = 0;

	for (seed = 1; seed <= 8; seed++) {
		struct fleet *fleet = draw_fleet(seed, 40);
		struct witness witness = { .plans = 0 };
		struct rolling_options options = { .seed = seed,
						   .late_pct = 30,
						   .late_most_s = 5400,
						   .surprise_pct = 30,
						   .seen = witness_plan,
						   .arg = &witness };
		struct rolling_report report;
		double ratio;

		if (rolling_day(fleet, &options, &report))
			abort();
		kept += !witness.changed && !witness.past && !report.broken;
		good += report.good;
		if (!report.good)
			printf("# %s\n", report.text);
		bounded += report.cost >= report.clairvoyant_bound;
		plans += witness.plans == report.plans ? report.plans : 0;
		late += report.late + report.surprises;
		ratio = (double)report.cost / (double)report.clairvoyant_cost;
		worst = ratio > worst ? ratio : worst;
		sum += ratio;
		fleet_free(fleet);
	}
	printf("# cost against the clairvoyant's: %.3f on average, %.3f at worst\n", sum / 8, worst);
	ktap_ok(kept == 8 && plans > 50 && late > 60, "no plan of %u breaks a promise or begins in the past", plans);
	ktap_ok(good == 8, "what was driven passes the check");
	ktap_ok(bounded == 8, "no day is cheaper than foresight");
}

static void test_failures(void)
{
	u32 seed, good = 0, broken = 0, failures = 0, same = 0;

	for (seed = 1; seed <= 6; seed++) {
		struct fleet *fleet = draw_fleet(seed, 60);
		struct rolling_options options = {
			.seed = seed, .late_pct = 20, .late_most_s = 3600, .broken_pct = 100
		};
		struct rolling_report report, again;

		rolling_day(fleet, &options, &report);
		rolling_day(fleet, &options, &again);
		good += report.good;
		if (!report.good)
			printf("# seed %u: %s\n", seed, report.text);
		broken += report.broken;
		failures += report.failures;
		same += report.cost == again.cost && report.plans == again.plans && report.broken == again.broken &&
			report.promises == again.promises;
		fleet_free(fleet);
	}
	ktap_ok(good == 6 && broken > 3 && failures >= 30,
		"%u failures break %u promises, and what was driven still passes the check", failures, broken);
	ktap_ok(same == 6, "a seed decides the day");
}

static void test_quiet(void)
{
	struct fleet *fleet = draw_fleet(3, 30);
	struct rolling_options options = { .seed = 1 };
	struct rolling_report report;

	rolling_day(fleet, &options, &report);
	ktap_ok(report.good && report.cost >= report.clairvoyant_bound &&
			(double)report.cost <= 1.02 * (double)report.clairvoyant_cost,
		"a day as announced costs what was planned (%.4f of it)",
		(double)report.cost / (double)report.clairvoyant_cost);
	fleet_free(fleet);
}

static void test_overrun(void)
{
	struct fleet *fleet = draw_fleet(3, 3);
	struct assign_session promised[3];
	struct rolling_state state = { .fleet = fleet, .promised = promised };
	struct assign_options options = { .quick = true };
	struct assign_plan *plan;
	u32 v;

	fleet->station[0].chargers = 2;
	fleet->station[0].limit_w = 0;
	for (v = 0; v < 3; v++)
		promised[v] = (struct assign_session){ ASSIGN_SERVED, 0, 10, 2, 1000 };
	ktap_ok(rolling_renew(&state, &options, &plan) == -EINVAL, "three promises of two chargers are refused");
	fleet_free(fleet);
}

int main(void)
{
	ktap_plan(0);
	test_quiet();
	test_overrun();
	test_days();
	test_failures();
	return ktap_exit();
}
