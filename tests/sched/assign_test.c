// SPDX-License-Identifier: GPL-2.0
/*
 * assign_test.c - vehicles to chargers: tiny fleets by trying everything, the
 * checker against plans broken on purpose, conflicts that are irreducible, and what must hold for any fleet.
 */
#include <stdlib.h>
#include <string.h>

#include "agent/sched/assign_conflict.h"
#include "tests/ktap.h"
#include "tests/sched/fleetdraw.h"

static struct fleet *tiny(u64 seed, u32 sessions, bool limited)
{
	struct fleetdraw wish = { .seed = seed,
				  .vehicles = 5,
				  .stations = 2,
				  .periods = 8,
				  .period_s = 1800,
				  .choices = 2,
				  .chargers = 1,
				  .span_m = 5000,
				  .sessions = sessions,
				  .limited = limited,
				  .tariffs = true };

	return fleetdraw(&wish);
}

static struct assign_plan *solve(const struct fleet *fleet, bool quick)
{
	struct assign_problem problem = { .fleet = fleet };
	struct assign_options options = { .quick = quick };
	struct assign_plan *plan = NULL;

	if (assign_solve(&problem, &options, &plan))
		abort();
	return plan;
}

/* --- by trying everything: every station, start and length for every vehicle, judged by the checker --- */

struct tried {
	struct assign_problem problem;
	struct assign_plan plan;
	s64 best;
	u32 most; /* served */
};

/* What one vehicle alone can do, found by asking the checker. */
static u32 sessions_of(const struct assign_problem *problem, u32 vehicle, struct assign_session *ret, u32 room)
{
	const struct fleet *fleet = problem->fleet;
	struct assign_plan *plan = assign_plan_new(fleet->vehicles);
	const struct fleet_vehicle *who = &fleet->vehicle[vehicle];
	struct assign_verdict verdict;
	u32 count = 0, v, station, start, periods;

	for (v = 0; v < fleet->vehicles; v++)
		plan->session[v].station = ASSIGN_NONE;
	for (station = 0; station < fleet->stations; station++)
		for (start = 0; start < fleet->periods; start++)
			for (periods = 1; start + periods <= fleet->periods; periods++) {
				u32 far = fleet_distance_m(fleet, who, &fleet->station[station]);
				u32 energy = who->need_wh - who->energy_wh + fleet_travel_wh(who, far);

				plan->session[vehicle] =
					(struct assign_session){ ASSIGN_SERVED, station, start, periods, energy };
				assign_check(problem, plan, &verdict);
				if ((verdict.good || strstr(verdict.text, "says a cost")) && count < room)
					ret[count++] = plan->session[vehicle];
			}
	assign_free(plan);
	return count;
}

static void try_vehicle(struct tried *tried, u32 vehicle, u32 served, struct assign_session (*can)[64],
			const u32 *count)
{
	const struct fleet *fleet = tried->problem.fleet;
	struct assign_verdict verdict;
	u32 i;

	if (vehicle == fleet->vehicles) {
		assign_check(&tried->problem, &tried->plan, &verdict);
		if (!verdict.good && !strstr(verdict.text, "says a cost"))
			return;
		if (verdict.cost < tried->best)
			tried->best = verdict.cost;
		if (served > tried->most)
			tried->most = served;
		return;
	}
	for (i = 0; i < count[vehicle]; i++) {
		tried->plan.session[vehicle] = can[vehicle][i];
		try_vehicle(tried, vehicle + 1, served + 1, can, count);
	}
	tried->plan.session[vehicle] = (struct assign_session){ .station = ASSIGN_NONE };
	try_vehicle(tried, vehicle + 1, served, can, count);
}

/* Cost and most vehicles served, by trying. */
static void try_all(const struct fleet *fleet, struct tried *tried)
{
	static struct assign_session can[8][64];
	struct assign_session session[8];
	u32 count[8], v;

	*tried = (struct tried){ .problem = { .fleet = fleet }, .best = 1ll << 62 };
	tried->plan.session = session;
	tried->plan.vehicles = fleet->vehicles;
	for (v = 0; v < fleet->vehicles; v++)
		count[v] = sessions_of(&tried->problem, v, can[v], 64);
	for (v = 0; v < fleet->vehicles; v++)
		tried->plan.session[v] = (struct assign_session){ .station = ASSIGN_NONE };
	try_vehicle(tried, 0, 0, can, count);
}

static void test_tiny(const char *what, u32 sessions, bool limited, enum assign_method method)
{
	u32 seed, agreed = 0, by = 0, left = 0;

	for (seed = 1; seed <= 60; seed++) {
		struct fleet *fleet = tiny(seed, sessions, limited);
		struct assign_plan *plan = solve(fleet, false);
		struct tried tried;

		try_all(fleet, &tried);
		if (plan->cost == tried.best && plan->bound <= plan->cost && plan->proven)
			agreed++;
		else
			printf("# seed %u: cost %lld, bound %lld, proven %u; tried %lld\n", seed, (long long)plan->cost,
			       (long long)plan->bound, plan->proven, (long long)tried.best);
		by += plan->method == method;
		left += plan->left > 0;
		assign_free(plan);
		fleet_free(fleet);
	}
	ktap_ok(agreed == 60 && by, "60 tiny fleets, %s: as good as trying everything (%u left somebody)", what, left);
}

/* --- conflicts --- */

static bool all_served(const struct fleet *fleet, const u32 *vehicle, u32 count, u32 without)
{
	struct fleet some = *fleet;
	struct tried tried;
	u32 i, kept = 0;

	some.vehicle = calloc(count + 1u, sizeof(*some.vehicle));
	for (i = 0; i < count; i++)
		if (i != without)
			some.vehicle[kept++] = fleet->vehicle[vehicle[i]];
	some.vehicles = kept;
	try_all(&some, &tried);
	free(some.vehicle);
	return tried.most == kept;
}

/* 1: irreducible by trying everything; 0: not; -1: there is no conflict. */
static int conflict_holds(const struct fleet *fleet, const struct assign_plan *plan)
{
	struct assign_problem problem = { .fleet = fleet };
	struct assign_conflict conflict;
	char text[1000];
	u32 v;
	int good;

	for (v = 0; v < plan->vehicles && plan->session[v].state != ASSIGN_LEFT; v++)
		;
	if (v == plan->vehicles || assign_conflict_find(&problem, plan, v, 30, &conflict))
		return -1;
	good = conflict.irreducible && !all_served(fleet, conflict.vehicle, conflict.vehicles, ASSIGN_NONE);
	for (v = 0; v < conflict.vehicles; v++)
		good &= all_served(fleet, conflict.vehicle, conflict.vehicles, v);
	assign_conflict_words(&problem, &conflict, text, sizeof(text));
	good &= strstr(text, "served") != NULL && strlen(text) < 900;
	if (!good)
		printf("# %s\n", text);
	assign_conflict_done(&conflict);
	return good;
}

static void test_conflicts(void)
{
	u32 seed, found = 0, good = 0;

	for (seed = 1; seed <= 60; seed++) {
		struct fleet *fleet = tiny(seed, 4, true);
		struct assign_plan *plan = solve(fleet, false);
		int holds = conflict_holds(fleet, plan);

		found += holds >= 0;
		good += holds > 0;
		assign_free(plan);
		fleet_free(fleet);
	}
	ktap_ok(found > 5 && good == found, "conflicts are irreducible by trying everything (%u of %u)", good, found);
}

/* --- the checker --- */

static bool refused(const struct fleet *fleet, struct assign_plan *plan, const char *words)
{
	struct assign_problem problem = { .fleet = fleet };
	struct assign_verdict verdict;

	assign_check(&problem, plan, &verdict);
	if (verdict.good || !strstr(verdict.text, words))
		printf("# %s\n", verdict.text);
	return !verdict.good && strstr(verdict.text, words);
}

static void test_checker(void)
{
	struct fleet *fleet = tiny(3, 2, false);
	struct assign_problem problem = { .fleet = fleet };
	struct assign_plan *plan = solve(fleet, false);
	struct assign_session good = plan->session[0], *session = &plan->session[0];
	struct assign_verdict verdict;
	u32 v;

	assign_check(&problem, plan, &verdict);
	ktap_ok(verdict.good && good.state == ASSIGN_SERVED, "a good plan is good: %s", verdict.text);
	plan->cost--;
	ktap_ok(refused(fleet, plan, "says a cost"), "a wrong cost is seen");
	plan->cost++;
	session->start = 0;
	fleet->vehicle[0].arrival_s += 100;
	ktap_ok(refused(fleet, plan, "session begins at"), "a session before the vehicle is there is seen");
	fleet->vehicle[0].arrival_s -= 100;
	*session = good;
	session->energy_wh--;
	ktap_ok(refused(fleet, plan, "it needs"), "a Wh too few is seen");
	*session = good;
	session->periods++;
	ktap_ok(refused(fleet, plan, "longer than its charge"), "a charger held for nothing is seen");
	*session = good;
	session->start = fleet->periods - session->periods;
	fleet->vehicle[0].deadline_s = session->start * fleet->period_s;
	ktap_ok(refused(fleet, plan, "its deadline"), "a session that ends too late is seen");
	*session = good;
	session->start = fleet->periods;
	ktap_ok(refused(fleet, plan, "outside"), "a session outside of the plan is seen");
	*session = good;
	session->station = 7;
	ktap_ok(refused(fleet, plan, "not there"), "a station that is not there is seen");
	*session = good;
	fleet->vehicle[0].energy_wh = 0;
	ktap_ok(refused(fleet, plan, "the way to"), "an empty battery on the way is seen");
	assign_free(plan);
	fleet_free(fleet);
	fleet = tiny(3, 2, false);
	plan = solve(fleet, false);
	problem.fleet = fleet;
	for (v = 0; v < fleet->stations; v++)
		fleet->station[v].chargers = 0;
	ktap_ok(refused(fleet, plan, "0 chargers"), "more vehicles than chargers are seen");
	for (v = 0; v < fleet->stations; v++) {
		fleet->station[v].chargers = 5;
		fleet->station[v].limit_w = 0;
	}
	problem.watts = calloc(1000, sizeof(s64));
	assign_check(&problem, plan, &verdict);
	ktap_ok(!verdict.good && strstr(verdict.text, "may take 0 W"), "too much power is seen");
	free((void *)problem.watts);
	assign_free(plan);
	fleet_free(fleet);
}

/* --- what must hold for any fleet --- */

static void test_properties(void)
{
	u32 seed, good = 0, better = 0, gaps = 0, same = 0;

	for (seed = 1; seed <= 6; seed++) {
		struct fleetdraw wish = { .seed = seed,
					  .vehicles = 150,
					  .stations = 12,
					  .periods = 96,
					  .period_s = 900,
					  .choices = 4,
					  .chargers = 2,
					  .span_m = 12000,
					  .sessions = 5,
					  .limited = true,
					  .tariffs = true };
		struct fleet *fleet = fleetdraw(&wish);
		struct assign_problem problem = { .fleet = fleet };
		struct assign_plan *plan = solve(fleet, true), *again = solve(fleet, true), *nearest, *more;
		struct assign_verdict verdict, near;
		u32 i;

		assign_check(&problem, plan, &verdict);
		assign_nearest(&problem, &nearest);
		assign_check(&problem, nearest, &near);
		good += verdict.good && near.good;
		better += nearest->cost >= plan->cost && nearest->cost >= plan->bound;
		gaps += (double)(plan->cost - plan->bound) < 0.1 * (double)plan->cost;
		same += plan->cost == again->cost &&
			!memcmp(plan->session, again->session, fleet->vehicles * sizeof(*plan->session));
		for (i = 0; i < fleet->stations; i++) {
			fleet->station[i].chargers += 2;
			fleet->station[i].limit_w = 0;
		}
		more = solve(fleet, true);
		better += more->bound <= plan->cost;
		assign_free(more);
		assign_free(plan);
		assign_free(again);
		assign_free(nearest);
		fleet_free(fleet);
	}
	ktap_ok(good == 6, "plans of 150 vehicles pass the check");
	ktap_ok(better == 12, "nobody by himself is cheaper than the plan; more chargers never cost more");
	ktap_ok(gaps == 6, "the gap is stated and below a tenth");
	ktap_ok(same == 6, "the same fleet gives the same plan");
}

static bool say_no(void *arg, const char *what, double done, const struct assign_plan *plan)
{
	(void)what;
	(void)done;
	(void)plan;
	return ++*(u32 *)arg < 5;
}

static void test_stop(void)
{
	struct fleetdraw wish = { .seed = 9,
				  .vehicles = 2000,
				  .stations = 60,
				  .periods = 96,
				  .period_s = 900,
				  .choices = 6,
				  .chargers = 3,
				  .span_m = 30000,
				  .sessions = 5,
				  .tariffs = true };
	struct fleet *fleet = fleetdraw(&wish);
	struct assign_problem problem = { .fleet = fleet };
	u32 asked = 0;
	struct assign_options options = { .progress = say_no, .arg = &asked };
	struct assign_plan *plan;
	struct assign_verdict verdict;

	assign_solve(&problem, &options, &plan);
	assign_check(&problem, plan, &verdict);
	ktap_ok(plan->cut_short && asked == 5 && verdict.good && plan->served > 1000 && plan->bound <= plan->cost,
		"told to stop, it leaves the best plan so far (%u served): %s", plan->served, verdict.text);
	assign_free(plan);
	fleet_free(fleet);
}

static void test_hopeless(void)
{
	struct fleet *fleet = tiny(3, 2, false);
	struct assign_problem problem = { .fleet = fleet };
	struct assign_plan *plan;
	char text[240];

	fleet->vehicle[1].energy_wh = 0;
	fleet->vehicle[1].x_m += 1000;
	fleet->vehicle[2].deadline_s = fleet->vehicle[2].arrival_s + 1;
	fleet->vehicle[3].need_wh = 1;
	plan = solve(fleet, false);
	assign_why(&problem, plan, 1, text, sizeof(text));
	ktap_ok(plan->session[1].state == ASSIGN_FAR && strstr(text, "reaches no station"), "too far is told: %s",
		text);
	assign_why(&problem, plan, 2, text, sizeof(text));
	ktap_ok(plan->session[2].state == ASSIGN_LATE && strstr(text, "in time"), "too late is told: %s", text);
	ktap_ok(plan->session[3].state == ASSIGN_CONTENT && plan->content == 1 && plan->hopeless == 2,
		"who needs nothing gets nothing");
	assign_free(plan);
	fleet_free(fleet);
}

int main(void)
{
	ktap_plan(0);
	test_checker();
	test_hopeless();
	test_tiny("sessions of several periods", 3, true, ASSIGN_BY_CBC);
	test_tiny("sessions of one period", 1, false, ASSIGN_BY_FLOW);
	test_conflicts();
	test_properties();
	test_stop();
	return ktap_exit();
}
