// SPDX-License-Identifier: GPL-2.0
/*
 * dispatch_test.c - reserve and N-1: by hand, both forms against each other on
 * limits drawn by seed, flows after outages against the network solved without the branch, properties, and a
 * certificate that sees what is wrong with them.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "agent/sched/certificate.h"
#include "agent/sched/conflict.h"
#include "agent/sched/contingency.h"
#include "tests/ktap.h"
#include "tests/sched/drawn.h"

static struct dispatch_plan *solve(const struct dispatch_problem *problem, struct certificate *certificate)
{
	struct dispatch_error error;
	struct dispatch_plan *found = NULL;

	certificate->good = false;
	if (dispatch_solve(problem, &found, &error))
		return NULL;
	certificate_check(problem, found, certificate);
	if (!certificate->good)
		printf("# form %d: %s\n", problem->form, certificate->worst);
	return found;
}

static void add_branch(struct grid *grid, u32 from, u32 to, double limit)
{
	*grid_add_branch(grid) = (struct grid_branch){ .from = from,
						       .to = to,
						       .susceptance = 1000,
						       .limit = limit,
						       .angle_least = -INFINITY,
						       .angle_most = INFINITY };
}

/* --- reserve --- */

/* One bus: A at 10 up to 100 MW, B at 30 up to 50 MW, load 90: A keeps what B cannot hold. */
static void test_reserve_by_hand(void)
{
	static const double load = 90, reserve[2] = { 35, 80 };
	struct grid *grid = grid_new();
	struct dispatch_problem problem = {
		.grid = grid, .periods = 1, .hours = 1, .load = &load, .limits_scale = 1, .reserve = reserve
	};
	struct certificate certificate;
	struct dispatch_plan *found;

	grid_add_bus(grid)->number = 1;
	*grid_add_unit(grid) = (struct grid_unit){ .most = 100, .cost.linear = 10 };
	*grid_add_unit(grid) = (struct grid_unit){ .most = 50, .ramp = 180, .cost.linear = 30 };
	grid_finish(grid, "hand");
	found = solve(&problem, &certificate);
	ktap_ok(certificate.good && fabs(found->output[0] - 90) < 1e-6 && fabs(found->reserve_price[0]) < 1e-6,
		"reserve that is there anyway costs nothing");
	dispatch_free(found);
	problem.reserve = &(double){ 55 }; /* B holds 30 at most in ten minutes, A must keep 25: B gives 15 */
	found = solve(&problem, &certificate);
	ktap_ok(certificate.good && fabs(found->output[0] - 75) < 1e-6 && fabs(found->reserve_price[0] - 20) < 1e-6 &&
			fabs(found->price[0] - 30) < 1e-6,
		"reserve that is short moves output to the dear unit, and has its price");
	if (found) {
		found->reserve[1] += 5;
		certificate_check(&problem, found, &certificate);
		ktap_ok(!certificate.good, "more reserve than ten minutes of ramp give is seen");
		found->reserve[1] -= 5;
		found->reserve_price[0] += 0.1;
		certificate_check(&problem, found, &certificate);
		ktap_ok(!certificate.good, "a wrong price of reserve is seen");
	}
	dispatch_free(found);
	problem.reserve = &reserve[1]; /* 150 MW of units, 90 of load */
	ktap_ok(!solve(&problem, &certificate), "and there is no plan where units cannot hold the reserve");
	grid_free(grid);
}

/* --- outages --- */

/* Two circuits of 50 MW: 80 MW fit over both, and only 50 once one of them may fail. */
static void test_outage_by_hand(void)
{
	static const double load[2] = { 0, 80 };
	struct grid *grid = grid_new();
	struct dispatch_problem problem = { .grid = grid, .periods = 1, .hours = 1, .load = load, .limits_scale = 1 };
	struct certificate certificate;
	struct dispatch_plan *found;
	u32 form;

	grid_add_bus(grid)->number = 1;
	grid_add_bus(grid)->number = 2;
	add_branch(grid, 0, 1, 50);
	add_branch(grid, 0, 1, 50);
	*grid_add_unit(grid) = (struct grid_unit){ .bus = 0, .most = 200, .cost.linear = 10 };
	*grid_add_unit(grid) = (struct grid_unit){ .bus = 1, .most = 200, .cost.linear = 30 };
	grid_finish(grid, "hand");
	found = solve(&problem, &certificate);
	ktap_ok(certificate.good && fabs(found->output[0] - 80) < 1e-6, "two circuits carry 80 MW");
	dispatch_free(found);
	problem.secure = true;
	for (form = DISPATCH_LAZY; form <= DISPATCH_FULL; form++) {
		problem.form = form;
		found = solve(&problem, &certificate);
		ktap_ok(certificate.good && fabs(found->output[0] - 50) < 1e-6 && fabs(found->price[0] - 10) < 1e-6 &&
				fabs(found->price[1] - 30) < 1e-6 && !found->splits,
			"with N-1 they carry 50, and prices part (%s)", form ? "angles" : "factors");
		dispatch_free(found);
	}
	problem.outage_scale = 1.2;
	found = solve(&problem, &certificate);
	ktap_ok(certificate.good && fabs(found->output[0] - 60) < 1e-6, "or 60 where 120 %% are borne after an outage");
	dispatch_free(found);
	grid->branches = 1;
	grid->branch[0].limit = 90;
	problem.form = DISPATCH_LAZY;
	found = solve(&problem, &certificate);
	ktap_ok(certificate.good && found->splits == 1 && fabs(found->output[0] - 80) < 1e-6,
		"a branch whose outage splits the network is counted, not secured");
	dispatch_free(found);
	grid_free(grid);
}

/* Flows after each outage = flows of the network without the branch, worked out from nothing. */
static void test_factors(void)
{
	struct grid *grid = load_case("case30"), *without;
	struct ptdf *ptdf = NULL, *other;
	double injection[64], angle[64], flow[64], after[64], factor[64], worst = 0;
	u32 k, l, splits = 0, lone = 0;

	if (!grid) {
		ktap_skip("outage factors", "no $SHARED/data/matpower");
		return;
	}
	for (l = 0; l < grid->buses; l++)
		injection[l] = l ? draw(-20, 20) : 0;
	for (l = 1; l < grid->buses; l++)
		injection[0] -= injection[l];
	ptdf_new(grid, &ptdf);
	ptdf_angles(ptdf, injection, angle);
	ptdf_flows(grid, angle, flow);
	for (k = 0; k < grid->branches; k++) {
		bool split = contingency_factors(grid, ptdf, k, factor) == -ENOENT;

		splits += split;
		without = load_case("case30");
		without->branch[k] = without->branch[--without->branches];
		without->islands = 0;
		grid_finish(without, "without");
		lone += without->islands > 1;
		if (!split && without->islands == 1 && !ptdf_new(without, &other)) {
			ptdf_angles(other, injection, angle);
			ptdf_flows(without, angle, after);
			for (l = 0; l < without->branches; l++) {
				u32 at = l == k ? without->branches : l;

				worst = fmax(worst, fabs(after[l] - flow[at] - factor[at] * flow[k]));
			}
			ptdf_free(other);
		}
		grid_free(without);
	}
	ktap_ok(worst < 1e-8 && splits == lone && splits,
		"flows after %u outages fit to %.1e MW, %u outages split the network", grid->branches - splits, worst,
		splits);
	ptdf_free(ptdf);
	grid_free(grid);
}

/* Limits near the largest flow that any outage leaves, so that those after outages bind. */
static void limit_branches(struct grid *grid, const double *flow)
{
	double factor[64];
	struct ptdf *ptdf = NULL;
	u32 k, l;

	ptdf_new(grid, &ptdf);
	for (l = 0; l < grid->branches; l++)
		grid->branch[l].limit = fabs(flow[l]);
	for (k = 0; k < grid->branches; k++)
		for (l = 0; !contingency_factors(grid, ptdf, k, factor) && l < grid->branches; l++)
			grid->branch[l].limit = fmax(grid->branch[l].limit, fabs(flow[l] + factor[l] * flow[k]));
	for (l = 0; l < grid->branches; l++)
		grid->branch[l].limit = draw(0, 1) < 0.3 ? fmax(10, draw(0.97, 1.25) * grid->branch[l].limit) : 0;
	ptdf_free(ptdf);
}

static void test_drawn(void)
{
	static const char *const names[] = { "case9", "case30", "case39" };
	u32 round, i, same = 0, tried = 0, infeasible = 0, outages = 0;

	for (round = 0; round < 18; round++) {
		struct grid *grid = load_case(names[round % 3]);
		struct dispatch_problem problem = { .grid = grid, .periods = 2, .hours = 1, .secure = true };
		double *load, reserve[2];
		struct certificate certificate[3];
		struct dispatch_plan *free_plan, *lazy, *full;

		if (!grid)
			break;
		tried++;
		problem.load = load = loads(grid, 2, 0.6, 0.9);
		for (i = 0; i < grid->units; i++)
			grid->unit[i].ramp = draw(0, 1) < 0.5 ? draw(30, 200) : 0;
		reserve[0] = reserve[1] = draw(0, 80);
		problem.reserve = round % 2 ? reserve : NULL;
		problem.secure = false;
		free_plan = solve(&problem, &certificate[0]);
		problem.secure = true;
		problem.limits_scale = 1;
		if (free_plan)
			limit_branches(grid, free_plan->flow);
		lazy = solve(&problem, &certificate[1]);
		problem.form = DISPATCH_FULL;
		full = solve(&problem, &certificate[2]);
		infeasible += !lazy && !full;
		if ((!lazy && !full) || (lazy && full && certificate[1].good && certificate[2].good &&
					 fabs(lazy->cost - full->cost) <= 1e-7 * fabs(full->cost)))
			same++;
		else
			printf("# round %u: %f against %f\n", round, lazy ? lazy->cost : NAN, full ? full->cost : NAN);
		outages += lazy ? lazy->outages : 0;
		dispatch_free(free_plan);
		dispatch_free(lazy);
		dispatch_free(full);
		free(load);
		grid_free(grid);
	}
	if (!tried) {
		ktap_skip("drawn limits", "no $SHARED/data/matpower");
		return;
	}
	ktap_ok(same == tried && infeasible < tried / 2,
		"%u drawn cases with N-1 and reserve: factors and angles agree, certified (%u without any plan)", tried,
		infeasible);
	ktap_ok(outages > 10, "limits after outages did bind (%u)", outages);
}

/* --- the certificate sees what is wrong with outages --- */

static void test_certificate(void)
{
	struct grid *grid = load_case("case39");
	struct dispatch_problem problem = {
		.grid = grid, .periods = 1, .hours = 1, .limits_scale = 1, .secure = true, .outage_scale = 1.3
	};
	struct certificate certificate;
	struct dispatch_plan *found, *loose;
	double *load;

	if (!grid) {
		ktap_skip("certificate", "no $SHARED/data/matpower");
		return;
	}
	problem.load = load = loads(grid, 1, 0.85, 0.85);
	found = solve(&problem, &certificate);
	ktap_ok(found && certificate.good && found->outages && found->splits,
		"case39 at 85 %% load is secured: %u limits after outages bind", found ? found->outages : 0);
	problem.secure = false;
	loose = solve(&problem, &certificate);
	ktap_ok(loose && certificate.good && found && loose->cost < found->cost, "security costs %.2f",
		found && loose ? found->cost - loose->cost : 0);
	problem.secure = true;
	certificate_check(&problem, loose, &certificate);
	ktap_ok(!certificate.good && strstr(certificate.worst, "after the outage"),
		"an unsecured plan is not certified: %s", certificate.worst);
	if (found && found->outages) {
		found->after[0].rent *= 1.01;
		certificate_check(&problem, found, &certificate);
		ktap_ok(!certificate.good, "a wrong rent on a limit after an outage is seen");
	}
	dispatch_free(found);
	dispatch_free(loose);
	free(load);
	grid_free(grid);
}

/* --- an end by the clock or by the one who watches --- */

static bool enough(void *context, u32 round, u32 limits, double cost)
{
	(void)limits;
	*(u32 *)context = round;
	return round >= 1 && cost > 0;
}

static void test_stopped(void)
{
	struct grid *grid = load_case("case30");
	u32 rounds = 0;
	struct dispatch_problem problem = {
		.grid = grid, .periods = 1, .hours = 1, .limits_scale = 0.7, .progress = enough, .context = &rounds
	};
	struct dispatch_error error;
	struct dispatch_plan *found = NULL;
	double *load;
	int err;

	if (!grid) {
		ktap_skip("stopped", "no $SHARED/data/matpower");
		return;
	}
	problem.load = load = loads(grid, 1, 1, 1);
	err = dispatch_solve(&problem, &found, &error);
	ktap_ok(err == -EINTR && rounds == 1 && strstr(error.text, "ended after 1 rounds") &&
			strstr(error.text, "no plan") && strstr(error.text, "at least"),
		"who watches can end the search: %s", error.text);
	problem.progress = NULL;
	problem.seconds = 1e-9;
	err = dispatch_solve(&problem, &found, &error);
	ktap_ok(err == -EINTR, "and so can the clock");
	free(load);
	grid_free(grid);
}

/* One unit that is paid to give, and a station that would burn energy: found by branching, two periods deep. */
static void burning(struct dispatch_problem *problem, struct dispatch_stations *stations)
{
	static struct dispatch_station station = { "S", 0, 0.8, 0.8 };
	static double power[4] = { 10, 10, 10, 10 }, least[4], most[4] = { 4, 4, 4, 4 }, load[4] = { 20, 20, 20, 20 };
	struct grid *grid = grid_new();

	*stations = (struct dispatch_stations){ 1, &station, power, power, least, most };
	grid_add_bus(grid)->number = 1;
	*grid_add_unit(grid) = (struct grid_unit){ .most = 60, .cost.linear = -5 };
	grid_finish(grid, "hand");
	*problem = (struct dispatch_problem){
		.grid = grid, .periods = 4, .hours = 1, .load = load, .stations = stations, .limits_scale = 1
	};
}

struct patience {
	u32 asked, most;
	struct dispatch_problem *late; /* its time is over instead */
};

static bool impatient(void *context, u32 round, u32 limits, double cost)
{
	struct patience *patience = context;

	(void)round;
	(void)limits;
	(void)cost;
	if (++patience->asked <= patience->most)
		return false;
	if (patience->late)
		patience->late->seconds = 1e-9;
	return !patience->late;
}

/* Ended ever later: first there is no plan, then one that is not the best and says how far it may be from it. */
static void test_best_so_far(bool by_clock)
{
	struct dispatch_stations stations;
	struct dispatch_problem problem;
	struct dispatch_error error;
	struct certificate certificate;
	struct dispatch_plan *best = NULL, *found;
	struct patience patience = { .late = by_clock ? &problem : NULL };
	u32 none = 0, early = 0, wrong = 0;

	burning(&problem, &stations);
	dispatch_solve(&problem, &best, &error);
	ktap_ok(best && !best->cut_short && best->branchings > 4, "a search with branches");
	problem.progress = impatient;
	problem.context = &patience;
	for (patience.most = 0; best && patience.most < 60; patience.most++) {
		int err = dispatch_solve(&problem, &found, &error);

		patience.asked = 0;
		problem.seconds = 0;
		none += err == -EINTR;
		wrong += err && (err != -EINTR || !strstr(error.text, "no plan"));
		if (err)
			continue;
		certificate_check(&problem, found, &certificate);
		early += found->cut_short;
		/* it is a plan, and the bound that comes with it lies below the best there is */
		wrong += !certificate.good || found->cost < best->cost - 1e-6 ||
			 found->cost - found->excluded_gap * fmax(1, fabs(found->cost)) > best->cost + 1e-6;
		dispatch_free(found);
	}
	ktap_ok(none && early && !wrong, "ended by %s %u times before there was a plan, %u times with the best so far",
		by_clock ? "the clock" : "who watches", none, early);
	dispatch_free(best);
	grid_free((struct grid *)problem.grid);
}

/* --- conflicts --- */

static bool said(const struct dispatch_problem *problem, struct conflict *ret_conflict, const char *word,
		 char text[600])
{
	if (conflict_find(problem, ret_conflict))
		return false;
	conflict_words(problem, ret_conflict, text, 600);
	return strstr(text, word);
}

/* A of 100 MW and B, which could hold 30: 90 MW of load leave 60 upwards where 70 are asked for, in one of two periods.
 */
static void test_reserve_conflict(void)
{
	static const double load[2] = { 60, 90 }, reserve[2] = { 70, 70 };
	struct grid *grid = grid_new();
	struct dispatch_problem problem = {
		.grid = grid, .periods = 2, .hours = 1, .load = load, .limits_scale = 1, .reserve = reserve
	};
	struct conflict conflict;
	char text[600] = "";

	grid_add_bus(grid)->number = 1;
	*grid_add_unit(grid) = (struct grid_unit){ .name = "A", .most = 100, .cost.linear = 10 };
	*grid_add_unit(grid) = (struct grid_unit){ .name = "B", .most = 50, .ramp = 180, .cost.linear = 30 };
	grid_finish(grid, "hand");
	ktap_ok(said(&problem, &conflict, "period 2 asks for a reserve of 70 MW", text) && conflict.count == 3 &&
			strstr(text, "unit A") && strstr(text, "unit B"),
		"a reserve that cannot be kept is named: %s", text);
	grid_free(grid);
}

/* Three lines side by side, 80 MW over them: two that are left carry it, one alone could not; the third is thin. */
static void test_outage_conflict(void)
{
	static const double load[2] = { 0, 80 };
	struct grid *grid = grid_new();
	struct dispatch_problem problem = {
		.grid = grid, .periods = 1, .hours = 1, .load = load, .limits_scale = 1, .secure = true
	};
	struct conflict conflict;
	char text[600] = "";
	u32 l;

	for (l = 0; l < 2; l++)
		grid_add_bus(grid)->number = l + 1;
	*grid_add_unit(grid) = (struct grid_unit){ .name = "A", .most = 100, .cost.linear = 10 };
	for (l = 0; l < 3; l++) {
		struct grid_branch *branch = grid_add_branch(grid);

		*branch = (struct grid_branch){ .from = 0,
						.to = 1,
						.susceptance = l == 2 ? 10 : 1000,
						.limit = 50,
						.angle_least = -INFINITY,
						.angle_most = INFINITY };
		snprintf(branch->name, sizeof(branch->name), "L%u", l + 1);
	}
	grid_finish(grid, "hand");
	ktap_ok(said(&problem, &conflict, "after the outage of branch L", text) && conflict.count == 1 &&
			conflict.limit[0].kind == CONFLICT_OUTAGE && conflict.limit[0].index < 2,
		"an outage that cannot be survived is named: %s", text);
	problem.secure = false;
	ktap_ok(conflict_find(&problem, &conflict) == -ENOENT, "without it there is no conflict");
	grid_free(grid);
}

int main(void)
{
	ktap_plan(0);
	test_reserve_by_hand();
	test_outage_by_hand();
	test_factors();
	test_drawn();
	test_certificate();
	test_stopped();
	test_best_so_far(false);
	test_best_so_far(true);
	test_reserve_conflict();
	test_outage_conflict();
	return ktap_exit();
}
