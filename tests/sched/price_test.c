// SPDX-License-Identifier: GPL-2.0
/*
 * price_test.c - tariffs and what vehicles make of them: the response against
 * brute force, the worst ties against all of them on a tiny case, groups that close the gap, bounds that hold.
 */
#include <math.h>
#include <stdlib.h>

#include "agent/sched/gridfiles.h"
#include "agent/sched/guidance.h"
#include "tests/ktap.h"
#include "tests/sched/drawn.h"

/* --- the response --- */

/* The least bill of a vehicle that takes up whole units of its power: every set of periods tried. */
static double brute(const struct pricelist *tariff, const struct crowd_class *class, u32 whole)
{
	double best = INFINITY, bill;
	u32 set, t;

	for (set = 0; set < 1U << tariff->periods; set++) {
		if ((u32)__builtin_popcount(set) != whole)
			continue;
		for (bill = 0, t = 0; t < tariff->periods; t++)
			if (set >> t & 1)
				bill += t < class->arrive || t > class->depart
						? INFINITY
						: class->power * 1000 *
							  tariff->price[t * tariff->stations + class->station];
		best = fmin(best, bill);
	}
	return best;
}

static void test_response(void)
{
	struct crowd_station station[2] = { { .efficiency = 1 }, { .efficiency = 1 } };
	struct crowd_class class[1];
	struct crowd crowd = { 2, 1, station, class };
	struct pricelist tariff;
	u32 round, i, fine = 0;

	pricelist_new(8, 2, &tariff);
	for (round = 0; round < 200; round++) {
		double power[16] = { 0 }, bill, energy = 0, outside = 0;
		u32 whole;

		for (i = 0; i < 16; i++)
			tariff.price[i] = (int32_t)draw(-3, 12);
		class[0] = (struct crowd_class){ .station = round % 2, .count = 1, .power = 0.01 };
		class[0].arrive = (u32)draw(0, 6);
		class[0].depart = class[0].arrive + (u32)draw(0, 8 - class[0].arrive);
		whole = (u32)draw(0, class[0].depart - class[0].arrive + 2);
		class[0].energy = 0.01 * whole;
		response_power(&crowd, &tariff, 1, NULL, (struct response_share){ 0 }, power, &bill);
		for (i = 0; i < 16; i++) {
			energy += power[i];
			if (i % 2 != class[0].station || i / 2 < class[0].arrive || i / 2 > class[0].depart)
				outside += fabs(power[i]);
		}
		fine += fabs(bill - brute(&tariff, class, whole)) < 1e-9 && fabs(energy - class[0].energy) < 1e-12 &&
			!outside;
	}
	ktap_ok(fine == 200, "200 drawn vehicles pay what the best of all choices costs (%u)", fine);
	pricelist_done(&tariff);
}

/* Groups share a class without loss. */
static void test_shares(void)
{
	struct crowd_station station = { .efficiency = 0.9 };
	struct crowd_class class[3] = { { 0, 7, 0, 3, 0.02, 0.01 },
					{ 0, 1, 1, 2, 0.01, 0.01 },
					{ 0, 100, 0, 3, 0.005, 0.01 } };
	struct crowd crowd = { 1, 3, &station, class };
	struct pricelist tariff;
	double whole[4] = { 0 }, parts[4] = { 0 }, worst = 0;
	u32 g, i;

	pricelist_new(4, 1, &tariff);
	for (i = 0; i < 4; i++)
		tariff.price[i] = (int32_t)(i * 7 % 5);
	response_power(&crowd, &tariff, 1, NULL, (struct response_share){ 0 }, whole, NULL);
	for (g = 0; g < 6; g++)
		response_power(&crowd, &tariff, 1, NULL, (struct response_share){ g, 6 }, parts, NULL);
	for (i = 0; i < 4; i++)
		worst = fmax(worst, fabs(whole[i] - parts[i]));
	ktap_ok(worst < 1e-12, "six groups are together what all are");
	pricelist_done(&tariff);
}

/* --- one bus, a quadratic unit: the optimum is flat, so one tariff leaves all indifferent --- */

static struct grid *one_bus(void)
{
	struct grid *grid = grid_new();

	grid_add_bus(grid)->number = 1;
	*grid_add_unit(grid) = (struct grid_unit){ .most = 1000, .cost.quadratic = 0.5 };
	grid_finish(grid, "hand");
	return grid;
}

static void test_by_hand(void)
{
	static const double load[2] = { 20, 20 };
	struct crowd_station station = { .efficiency = 1 };
	struct crowd_class class = { 0, 100, 0, 1, 0.1, 0.1 };
	struct crowd crowd = { 1, 1, &station, &class };
	struct grid *grid = one_bus();
	struct dispatch_problem problem = { .grid = grid, .periods = 2, .hours = 1, .load = load, .limits_scale = 1 };
	struct guidance_words words = { .groups = 1, .starts = 2 };
	struct dispatch_error error;
	struct guidance guidance;
	double before = INFINITY;
	bool falls = true;
	int err;

	err = guidance_run(&problem, &crowd, &words, &guidance, &error);
	/* 10 MWh: spread 5 and 5 costs 625; all in one hour costs 650 */
	ktap_ok(!err && guidance.exact && fabs(guidance.central - 625) < 1e-6 &&
			fabs(guidance.single.cost - 650) < 1e-6 && guidance.tariff.price[0] == 250 &&
			guidance.tariff.price[1] == 250 && fabs(guidance.single.gap - 0.04) < 1e-9 &&
			fabs(guidance.single.bill - 10 * 1000 * 250) < 1e-6,
		"at a flat tariff of 250 all may choose the same hour: 650 instead of 625, a gap of 4 %%");
	guidance_done(&guidance);
	for (words.groups = 2; words.groups <= 50; words.groups *= 5) {
		err = guidance_run(&problem, &crowd, &words, &guidance, &error);
		falls &= !err && guidance.grouped.gap <= before + 1e-12 && guidance.grouped.gap > -1e-9;
		printf("# %u groups: gap %.6f\n", words.groups, guidance.grouped.gap);
		before = guidance.grouped.gap;
		guidance_done(&guidance);
	}
	ktap_ok(falls && before < 1e-4, "groups that are asked in turn close it (50: %.2e)", before);
	grid_free(grid);
}

/* --- the worst of all ties, by brute force --- */

/* Two periods with equal tariffs for all; every way that three classes may choose. */
static void test_worst(void)
{
	struct crowd_station station = { .efficiency = 1 };
	struct crowd_class class[3] = { { 0, 1, 0, 2, 5, 5 }, { 0, 1, 0, 1, 3, 3 }, { 0, 1, 1, 2, 4, 4 } };
	struct crowd crowd = { 1, 3, &station, class };
	struct grid *grid = one_bus();
	double load[3], worst, cost, at[3];
	u32 round, choice, t, found = 0;

	for (round = 0; round < 20; round++) {
		struct dispatch_problem problem = {
			.grid = grid, .periods = 3, .hours = 1, .load = load, .limits_scale = 1
		};
		struct guidance_words words = { .groups = 1, .starts = 3 };
		struct dispatch_error error;
		struct guidance guidance;

		for (t = 0; t < 3; t++)
			load[t] = draw(10, 12);
		guidance_run(&problem, &crowd, &words, &guidance, &error);
		for (worst = 0, choice = 0; choice < 27; choice++) {
			u32 pick[3] = { choice % 3, choice / 3 % 3, choice / 9 };

			if (pick[1] > 1 || pick[2] < 1)
				continue;
			memcpy(at, load, sizeof(at));
			for (t = 0; t < 3; t++)
				at[pick[t]] += class[t].energy;
			for (cost = 0, t = 0; t < 3; t++)
				cost += 0.5 * at[t] * at[t];
			for (t = 0; t < 3; t++) { /* only what is cheapest may be chosen */
				u32 other;

				for (other = class[t].arrive; other <= class[t].depart; other++)
					if (guidance.tariff.price[other] < guidance.tariff.price[pick[t]])
						cost = 0;
			}
			worst = fmax(worst, cost);
		}
		found += fabs(worst - guidance.single.cost) < 1e-6;
		guidance_done(&guidance);
	}
	ktap_ok(found == 20, "the worst of all ties is found in %u of 20 drawn cases", found);
	grid_free(grid);
}

/* --- the paper's case --- */

static void test_paper(void)
{
	struct gridfiles files;
	struct guidance guidance[2];
	struct guidance_words words = { .groups = 30, .starts = 0 };
	struct dispatch_error error = { "" };
	int err = gridfiles_load("agent/sched/cases/paper36", false, &files);
	struct dispatch_problem problem = { .grid = files.grid,
					    .periods = files.periods,
					    .hours = 1,
					    .load = files.load,
					    .available = files.available,
					    .limits_scale = 1 };

	memset(guidance, 0, sizeof(guidance));
	if (!err)
		err = guidance_run(&problem, &files.crowd, &words, &guidance[0], &error);
	printf("# central %.1f; on arrival %.1f (gap %.4f, %.1f MWh shed); one tariff %.1f (%.4f, %.1f MWh shed); 40 "
	       "groups %.1f (%.5f, %.2f MWh shed), %u dispatches %s\n",
	       guidance[0].central, guidance[0].uncontrolled.cost, guidance[0].uncontrolled.gap,
	       guidance[0].uncontrolled.shed, guidance[0].single.cost, guidance[0].single.gap, guidance[0].single.shed,
	       guidance[0].grouped.cost, guidance[0].grouped.gap, guidance[0].grouped.shed, guidance[0].solved,
	       error.text);
	ktap_ok(!err && guidance[0].grouped.gap < 0.2 * guidance[0].single.gap && guidance[0].grouped.gap > -1e-6,
		"the paper's case: guidance by groups has a fifth of one tariff's gap at most");
	words.groups = 5;
	if (!err)
		err = guidance_run(&problem, &files.crowd, &words, &guidance[1], &error);
	ktap_ok(!err && guidance[1].grouped.gap > guidance[0].grouped.gap, "and more groups less than few (%.4f, %.5f)",
		guidance[1].grouped.gap, guidance[0].grouped.gap);
	guidance_done(&guidance[0]);
	guidance_done(&guidance[1]);
	gridfiles_free(&files);
}

int main(void)
{
	ktap_plan(0);
	test_response();
	test_shares();
	test_by_hand();
	test_worst();
	test_paper();
	return ktap_exit();
}
