// SPDX-License-Identifier: GPL-2.0
/*
 * plan_test.c - dispatch: MATPOWER's optima ($(SHARED)/data/matpower), both
 * forms against each other on limits drawn by seed, properties of an optimum, a certificate that
 * sees what is wrong, and the paper's day ($(SHARED)/paper).
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "agent/sched/certificate.h"
#include "agent/sched/conflict.h"
#include "agent/sched/gridfiles.h"
#include "tests/ktap.h"
#include "tests/sched/drawn.h"

/* The plan of @form, certified; NULL: none. */
static struct dispatch_plan *plan(const struct grid *grid, u32 periods, const double *load, double scale,
				  enum dispatch_form form, bool *ret_good)
{
	struct dispatch_problem problem = {
		.grid = grid, .periods = periods, .hours = 1, .load = load, .limits_scale = scale, .form = form
	};
	struct certificate certificate;
	struct dispatch_error error;
	struct dispatch_plan *found = NULL;

	*ret_good = false;
	if (dispatch_solve(&problem, &found, &error))
		return NULL;
	certificate_check(&problem, found, &certificate);
	*ret_good = certificate.good;
	if (!certificate.good)
		printf("# form %d: %s\n", form, certificate.worst);
	return found;
}

/* --- published optima --- */

static const struct {
	const char *name;
	double cost,
		tolerance; /* case5's came from an interior point method that stopped 7e-8 early; ours is a vertex */
} optima[] = { { "case5", 17479.896925, 1e-8 },
	       { "case9", 5216.026608, 1e-8 },
	       { "case30", 565.205966, 1e-8 },
	       { "case39", 41263.940786, 1e-8 },
	       { "case118", 125947.881418, 1e-8 } };

static void test_optima(void)
{
	static const double case5[] = { 16.9774, 26.3845, 30, 39.9427, 10 };
	enum dispatch_form form;
	u32 i, b;

	for (i = 0; i < sizeof(optima) / sizeof(*optima); i++) {
		struct grid *grid = load_case(optima[i].name);
		double *load;

		if (!grid) {
			ktap_skip(optima[i].name,
				  "no $SHARED/data/matpower; set SHARED to the folder with the shared data");
			continue;
		}
		load = loads(grid, 1, 1, 1);
		for (form = DISPATCH_LAZY; form <= DISPATCH_FULL; form++) {
			bool good, prices = true;
			struct dispatch_plan *found = plan(grid, 1, load, 1, form, &good);

			for (b = 0; found && !i && b < 5; b++)
				prices &= fabs(found->price[b] - case5[b]) < 1e-4;
			ktap_ok(found && good && prices &&
					fabs(found->cost - optima[i].cost) <= optima[i].tolerance * optima[i].cost,
				"%s: %.6f by %s, certified", optima[i].name, found ? found->cost : 0,
				form ? "angles" : "factors");
			dispatch_free(found);
		}
		free(load);
		grid_free(grid);
	}
}

/* --- both forms on limits that bind --- */

static void limit_branches(struct grid *grid, const double *flow)
{
	u32 i;

	for (i = 0; i < grid->branches; i++)
		grid->branch[i].limit = draw(0, 1) < 0.2 ? fmax(5, fabs(flow[i]) * draw(0.85, 1.1)) : 0;
}

static void test_forms(void)
{
	static const char *const names[] = { "case9", "case14", "case30", "case39", "case118" };
	u32 same = 0, infeasible = 0, binding = 0, tried = 0, i, round;

	for (round = 0; round < 40; round++) {
		struct grid *grid = load_case(names[round % 5]);
		struct dispatch_plan *free_plan, *lazy, *full;
		bool good, lazy_good, full_good;
		double *load;

		if (!grid)
			break;
		tried++;
		load = loads(grid, 2, 0.7, 1);
		for (i = 0; i < grid->units; i++)
			grid->unit[i].ramp = draw(0, 1) < 0.3 ? draw(5, 60) : 0;
		free_plan = plan(grid, 2, load, 0, DISPATCH_LAZY, &good);
		if (free_plan)
			limit_branches(grid, free_plan->flow);
		lazy = plan(grid, 2, load, 1, DISPATCH_LAZY, &lazy_good);
		full = plan(grid, 2, load, 1, DISPATCH_FULL, &full_good);
		if (!lazy && !full)
			infeasible++;
		if ((!lazy && !full) || (lazy && full && lazy_good && full_good &&
					 fabs(lazy->cost - full->cost) <= 1e-8 * fabs(full->cost)))
			same++;
		else
			printf("# round %u %s: %f %d against %f %d\n", round, grid->name, lazy ? lazy->cost : NAN,
			       lazy_good, full ? full->cost : NAN, full_good);
		binding += lazy ? lazy->binding : 0;
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
	ktap_ok(same == tried, "%u drawn cases: factors and angles agree, both certified (%u without any plan)", tried,
		infeasible);
	ktap_ok(binding > 20 && infeasible < tried / 2, "limits did bind (%u times)", binding);
}

/* --- properties --- */

static double cost_of(const struct grid *grid, const double *load, double scale)
{
	bool good;
	struct dispatch_plan *found = plan(grid, 1, load, scale, DISPATCH_LAZY, &good);
	double cost = found && good ? found->cost : INFINITY;

	dispatch_free(found);
	return cost;
}

static void test_properties(void)
{
	struct grid *grid = load_case("case39");
	double *load, before, cost, more;
	struct dispatch_plan *found;
	bool good, rises = true, supports = true;
	u32 i;

	if (!grid) {
		ktap_skip("properties", "no $SHARED/data/matpower");
		return;
	}
	load = loads(grid, 1, 1, 1);
	before = cost_of(grid, load, 1);
	for (i = 0; i < 7; i++) {
		cost = cost_of(grid, load, 1 - 0.03 * (i + 1));
		rises &= cost >= before - 1e-9 * before;
		before = cost;
	}
	ktap_ok(rises, "tighter limits never lower the cost");
	before = cost_of(grid, load, 0.8);
	found = plan(grid, 1, load, 0.8, DISPATCH_LAZY, &good);
	for (i = 0; found && i < grid->buses; i++) { /* cost(load + d) >= cost(load) + price d, by convexity */
		double step = i % 2 ? 0.5 : -0.5;

		load[i] += step;
		more = cost_of(grid, load, 0.8);
		supports &= more >= before + found->price[i] * step - 1e-7 * before;
		load[i] -= step;
	}
	ktap_ok(found && found->binding && supports, "prices are subgradients of the cost, with limits that bind");
	dispatch_free(found);
	*grid_add_unit(grid) = (struct grid_unit){ .bus = 7, .most = 10 };
	ktap_ok(cost_of(grid, load, 0.8) <= before, "a unit that costs nothing never raises the cost");
	free(load);
	grid_free(grid);
}

/* --- the certificate sees what is wrong --- */

static void test_certificate(void)
{
	struct grid *grid = load_case("case39");
	struct dispatch_problem problem = { .grid = grid, .periods = 1, .hours = 1, .limits_scale = 0.8 };
	struct dispatch_error error;
	struct dispatch_plan *found;
	struct certificate certificate;
	u32 kind, caught = 0;
	double *load;

	if (!grid) {
		ktap_skip("certificate", "no $SHARED/data/matpower");
		return;
	}
	problem.load = load = loads(grid, 1, 1, 1);
	for (kind = 0; kind < 8; kind++) {
		if (dispatch_solve(&problem, &found, &error))
			break;
		switch (kind) {
		case 0:
			found->output[0] += 1; /* out of balance */
			break;
		case 1:
			found->output[0] += 1; /* balanced, but dearer */
			found->output[1] -= 1;
			break;
		case 2:
			found->price[4] += 0.01;
			break;
		case 3:
			found->cost *= 0.999;
			break;
		case 4:
			found->flow[3] *= 0.9;
			break;
		case 5:
			found->rent[3] += 0.5; /* a rent on a branch that has room */
			break;
		case 6:
			found->angle[5] = NAN;
			break;
		case 7:
			found->output[2] = grid->unit[2].most + 5;
			break;
		}
		certificate_check(&problem, found, &certificate);
		caught += !certificate.good;
		if (certificate.good)
			printf("# fault %u passed\n", kind);
		dispatch_free(found);
	}
	ktap_ok(caught == 8, "eight plans broken on purpose are not certified");
	free(load);
	grid_free(grid);
}

/* --- why there is no plan --- */

/* Taking away any one limit of the set makes a plan possible; the set alone does not. */
static void test_conflict(struct grid *grid, const double *load)
{
	struct dispatch_problem problem = { .grid = grid, .periods = 2, .hours = 1, .load = load, .limits_scale = 1 };
	struct conflict conflict;
	char text[400];

	grid->unit[1].most = 20;
	*grid_add_unit(grid) = (struct grid_unit){ .bus = 0, .most = 7 }; /* no part of it */
	ktap_ok(!conflict_find(&problem, &conflict) && conflict.period == 0 && conflict.count == 2 &&
			conflict.limit[0].kind == CONFLICT_BRANCH && conflict.limit[1].kind == CONFLICT_UNIT_MOST &&
			conflict.limit[1].index == 1,
		"the conflict is the line and the unit behind it, nothing else");
	conflict_words(&problem, &conflict, text, sizeof(text));
	ktap_ok(strstr(text, "period 1") && strstr(text, "carries -50 to 50 MW") && strstr(text, "gives 20 MW at most"),
		"in words: %s", text);
	grid->branch[0].limit = 60;
	grid->unit[0].ramp = grid->unit[1].ramp = grid->unit[2].ramp = 10;
	ktap_ok(!conflict_find(&problem, &conflict) && conflict.period == ~0U && conflict.count == 3 &&
			conflict.limit[0].kind == CONFLICT_RAMP,
		"where each period alone is possible, the ramps are the reason");
	grid->unit[0].ramp = 0;
	ktap_ok(conflict_find(&problem, &conflict) == -ENOENT, "and where there is a plan there is no conflict");
}

/* --- by hand: two buses, a line of 50 MW, one cheap and one dear unit --- */

static void test_by_hand(void)
{
	struct grid *grid = grid_new();
	double load[4] = { 0, 80, 0, 30 };
	struct dispatch_plan *found;
	bool good;

	grid_add_bus(grid)->number = 1;
	grid_add_bus(grid)->number = 2;
	*grid_add_branch(grid) = (struct grid_branch){
		.from = 0, .to = 1, .susceptance = 1000, .limit = 50, .angle_least = -INFINITY, .angle_most = INFINITY
	};
	*grid_add_unit(grid) = (struct grid_unit){ .bus = 0, .most = 200, .cost.linear = 10 };
	*grid_add_unit(grid) = (struct grid_unit){ .bus = 1, .most = 200, .cost.linear = 30 };
	grid_finish(grid, "hand");
	found = plan(grid, 2, load, 1, DISPATCH_LAZY, &good);
	ktap_ok(good && fabs(found->cost - (50 * 10 + 30 * 30 + 30 * 10)) < 1e-6 && fabs(found->price[0] - 10) < 1e-6 &&
			fabs(found->price[1] - 30) < 1e-6 && fabs(found->price[3] - 10) < 1e-6 &&
			fabs(found->rent[0] + 20) < 1e-6,
		"two buses by hand: prices 10 and 30 where the line is full, 10 where it is not");
	dispatch_free(found);
	grid->unit[1].most = 20;
	ktap_ok(!plan(grid, 2, load, 1, DISPATCH_LAZY, &good) && !plan(grid, 2, load, 1, DISPATCH_FULL, &good),
		"and no plan where neither line nor unit can serve the load");
	test_conflict(grid, load);
	grid_free(grid);
}

/* --- vehicles at stations --- */

/* One bus, a cheap and a dear hour by a quadratic cost; a station of 90 % each way. */
static void test_station_by_hand(void)
{
	static const struct dispatch_station station = { "S", 0, 0.9, 0.9 };
	static const double charge[2] = { 10, 10 }, discharge[2] = { 0, 8 }, least[2] = { 0, 3 }, most[2] = { 9, 9 };
	const struct dispatch_stations stations = { 1, &station, charge, discharge, least, most };
	double load[2] = { 20, 60 };
	struct dispatch_problem problem = {
		.periods = 2, .hours = 1, .load = load, .stations = &stations, .limits_scale = 1
	};
	struct certificate certificate;
	struct dispatch_error error;
	struct dispatch_plan *found;

	problem.grid = grid_new();
	grid_add_bus((struct grid *)problem.grid)->number = 1;
	*grid_add_unit((struct grid *)problem.grid) = (struct grid_unit){ .most = 200, .cost.quadratic = 0.5 };
	grid_finish((struct grid *)problem.grid, "hand");
	if (dispatch_solve(&problem, &found, &error)) {
		ktap_ok(false, "a station by hand: %s", error.text);
		return;
	}
	certificate_check(&problem, found, &certificate);
	/* charges 10 at prices near 30, gives 5.4 back near 54.6: the stock of 9 falls to 3 */
	ktap_ok(certificate.good && fabs(found->charge[0] - 10) < 1e-6 && fabs(found->discharge[1] - 5.4) < 1e-6 &&
			fabs(found->price[0] - 30) < 1e-6 && fabs(found->price[1] - 54.6) < 1e-6,
		"vehicles charge in the cheap hour and give back in the dear one (%s)", certificate.worst);
	found->worth[1] += 0.1;
	certificate_check(&problem, found, &certificate);
	ktap_ok(!certificate.good, "a wrong worth of stored energy is seen");
	dispatch_free(found);
	grid_free((struct grid *)problem.grid);
}

/* A unit that must run and costs less the more it gives makes prices negative: burning energy would pay. */
static void test_station_both(void)
{
	static const struct dispatch_station station = { "S", 0, 0.8, 0.8 };
	static const double charge[2] = { 10, 10 }, discharge[2] = { 10, 10 }, least[2] = { 0, 0 }, most[2] = { 4, 4 };
	const struct dispatch_stations stations = { 1, &station, charge, discharge, least, most };
	double load[2] = { 20, 20 };
	struct dispatch_problem problem = {
		.periods = 2, .hours = 1, .load = load, .stations = &stations, .limits_scale = 1
	};
	struct certificate certificate;
	struct dispatch_error error;
	struct dispatch_plan *found;
	bool both;

	problem.grid = grid_new();
	grid_add_bus((struct grid *)problem.grid)->number = 1;
	*grid_add_unit((struct grid *)problem.grid) = (struct grid_unit){ .least = 0, .most = 60, .cost.linear = -5 };
	grid_finish((struct grid *)problem.grid, "hand");
	if (dispatch_solve(&problem, &found, &error)) {
		ktap_ok(false, "a station under negative prices: %s", error.text);
		return;
	}
	certificate_check(&problem, found, &certificate);
	both = (found->charge[0] > 1e-6 && found->discharge[0] > 1e-6) ||
	       (found->charge[1] > 1e-6 && found->discharge[1] > 1e-6);
	ktap_ok(!both && found->branchings > 0 && found->excluded_gap >= 0 && certificate.good &&
			fabs(found->cost + 225) < 1e-6,
		"where prices invite charging and discharging at once it is excluded, with the gap stated (%.3f; %s)",
		found->excluded_gap, certificate.worst);
	dispatch_free(found);
	grid_free((struct grid *)problem.grid);
}

/* Stations on a real network: both forms agree, certified. */
static void test_station_network(void)
{
	struct grid *grid = load_case("case39");
	enum { PERIODS = 6, STATIONS = 3 };
	static struct dispatch_station station[STATIONS] = { { "A", 3, 0.95, 0.95 },
							     { "B", 15, 0.9, 0.9 },
							     { "C", 26, 1, 0.9 } };
	static double charge[PERIODS * STATIONS], discharge[PERIODS * STATIONS], least[PERIODS * STATIONS],
		most[PERIODS * STATIONS];
	const struct dispatch_stations stations = { STATIONS, station, charge, discharge, least, most };
	struct dispatch_problem problem = {
		.grid = grid, .periods = PERIODS, .hours = 1, .stations = &stations, .limits_scale = 0.86
	};
	struct certificate certificate[2];
	struct dispatch_error error;
	struct dispatch_plan *found[2] = { NULL };
	double *load;
	u32 i, form;

	if (!grid) {
		ktap_skip("stations on a network", "no $SHARED/data/matpower");
		return;
	}
	problem.load = load = loads(grid, PERIODS, 0.8, 0.98);
	for (i = 0; i < PERIODS * STATIONS; i++) {
		charge[i] = draw(20, 60);
		discharge[i] = i % 2 ? draw(0, 40) : 0;
		least[i] = i / STATIONS == PERIODS - 1 ? 60 : 0;
		most[i] = 120;
	}
	for (form = 0; form < 2; form++) {
		problem.form = form;
		if (!dispatch_solve(&problem, &found[form], &error))
			certificate_check(&problem, found[form], &certificate[form]);
	}
	ktap_ok(found[0] && found[1] && certificate[0].good && certificate[1].good && found[0]->binding &&
			fabs(found[0]->cost - found[1]->cost) < 1e-8 * found[0]->cost,
		"three stations on case39 over six periods: both forms cost %.4f, certified",
		found[0] ? found[0]->cost : 0);
	dispatch_free(found[0]);
	dispatch_free(found[1]);
	free(load);
	grid_free(grid);
}

/* --- the paper's day --- */

static void test_paper(bool areas, double cost)
{
	struct gridfiles files;
	struct dispatch_problem problem;
	struct certificate certificate;
	struct dispatch_error error;
	struct dispatch_plan *found;
	char path[512];
	u32 i, dg2 = 0, circuits = 0, loop = 0, lone = 0;

	snprintf(path, sizeof(path), "%s/paper", shared());
	if (gridfiles_load(path, areas, &files)) {
		ktap_skip("the paper's day", "no $SHARED/paper; set SHARED to the folder with the shared data");
		gridfiles_free(&files);
		return;
	}
	problem = (struct dispatch_problem){ .grid = files.grid,
					     .periods = files.periods,
					     .hours = 1,
					     .load = files.load,
					     .available = files.available,
					     .limits_scale = 1 };
	if (dispatch_solve(&problem, &found, &error)) {
		ktap_ok(false, "the paper's day: %s", error.text);
		return;
	}
	certificate_check(&problem, found, &certificate);
	ktap_ok(certificate.good && fabs(found->cost - cost) < 0.05, "the paper's day costs %.1f yuan %s", found->cost,
		areas ? "with each area's total kept" : "with Table 2's totals");
	for (i = 0; i < files.grid->faults; i++) {
		const char *text = files.grid->fault[i].text;

		dg2 += strstr(text, "DG2 gives") != NULL;
		circuits += strstr(text, "branches 22 and 23") != NULL;
		loop += strstr(text, "branch 19") && strstr(text, "itself");
		lone += strstr(text, "14 24 32") || strstr(text, "6 islands");
	}
	ktap_ok(dg2 == 9 && circuits == 1 && loop == 1 && lone == 2, "its tables' faults are named (%u %u %u %u)", dg2,
		circuits, loop, lone);
	dispatch_free(found);
	gridfiles_free(&files);
}

int main(void)
{
	ktap_plan(0);
	test_by_hand();
	test_optima();
	test_forms();
	test_properties();
	test_certificate();
	test_station_by_hand();
	test_station_both();
	test_station_network();
	test_paper(false, 2459823.5);
	test_paper(true, 2591157.3);
	return ktap_exit();
}
