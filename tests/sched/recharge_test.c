// SPDX-License-Identifier: GPL-2.0
/*
 * recharge_test.c - routes with partial recharge: tiny instances in whole
 * numbers against an oracle, never worse than full recharge, and the checker on amounts that are wrong.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "agent/sched/router.h"
#include "tests/ktap.h"
#include "tests/sched/oracle.h"

static struct routing routing;

static int solve(const struct evrptw *instance, bool partial, u64 rounds)
{
	struct router_options options = { .seed = 1, .rounds = rounds, .partial = partial };
	struct router_report report;

	return router_solve(instance, &options, &routing, &report);
}

static u64 state;

static int draw(int least, int most)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return least + (int)((state >> 33) % (u64)(most - least + 1));
}

/* Whole distances (city blocks), whole windows, one unit of energy and of time a block. */
static struct evrptw *draw_instance(u64 seed)
{
	struct evrptw *instance = calloc(1, sizeof(*instance));
	u32 i, j;

	state = seed * 77;
	instance->customers = (u32)draw(2, 4);
	instance->stations = (u32)draw(1, 2);
	instance->nodes = 1 + instance->customers + instance->stations;
	instance->capacity = draw(20, 60);
	instance->battery = draw(22, 44);
	instance->consumption = instance->recharging = 1;
	for (i = 0; i < instance->nodes; i++) {
		struct evrptw_node *node = &instance->node[i];

		node->kind = !i ? EVRPTW_DEPOT : i <= instance->customers ? EVRPTW_CUSTOMER : EVRPTW_STATION;
		node->x = draw(0, 16);
		node->y = draw(0, 16);
		node->due = node->kind == EVRPTW_STATION && !draw(0, 3) ? draw(60, 200) : 300;
		if (node->kind != EVRPTW_CUSTOMER)
			continue;
		node->demand = draw(1, 20);
		node->ready = draw(0, 100);
		node->due = node->ready + draw(5, 50);
		node->service = draw(0, 10);
	}
	instance->distance = calloc((size_t)instance->nodes * instance->nodes, sizeof(double));
	instance->time = calloc((size_t)instance->nodes * instance->nodes, sizeof(double));
	for (i = 0; i < instance->nodes; i++)
		for (j = 0; j < instance->nodes; j++)
			instance->distance[i * instance->nodes + j] = instance->time[i * instance->nodes + j] =
				fabs(instance->node[i].x - instance->node[j].x) +
				fabs(instance->node[i].y - instance->node[j].y);
	return instance;
}

static void test_oracle(void)
{
	u32 seed, agreed = 0, impossible = 0, better = 0;
	struct routing_fault fault;
	double distance;

	for (seed = 1; seed <= 120; seed++) {
		struct evrptw *instance = draw_instance(seed);
		struct oracle oracle, full;
		int err = solve(instance, true, 1500);

		oracle_solve_partial(instance, &oracle);
		oracle_solve(instance, &full);
		better += oracle.vehicles &&
			  (!full.vehicles || full.vehicles > oracle.vehicles || full.distance > oracle.distance + 1e-9);
		impossible += !oracle.vehicles;
		if (!oracle.vehicles
			    ? err == -EINVAL
			    : !err && !routing_check(instance, &routing, &distance, &fault) && routing.partial &&
				      routing.vehicles == oracle.vehicles && fabs(distance - oracle.distance) < 1e-6)
			agreed++;
		else
			printf("# seed %u: solver %d, %u vehicles, %.6f; oracle %u, %.6f %s\n", seed, err,
			       routing.vehicles, routing.distance, oracle.vehicles, oracle.distance, fault.text);
		evrptw_free(instance);
	}
	ktap_ok(agreed == 120, "120 tiny instances as good as trying everything (%u of them impossible)", impossible);
	ktap_ok(better > 5, "partial recharge is better than full in some (%u)", better);
}

static void test_small(void)
{
	static const char *const names[] = { "c101C5",	"c103C5",  "r104C5",  "r105C5",	 "rc105C5",
					     "rc108C5", "r202C10", "c205C10", "r103C10", "rc108C10" };
	const char *shared = getenv("SHARED");
	u32 i, good = 0, there = 0;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct routing_fault fault = { "" };
		struct evrptw_error error;
		struct evrptw *instance;
		double full, distance;
		char path[512];
		u32 vehicles;

		snprintf(path, sizeof(path), "%s/data/evrptw/%s.txt", shared ? shared : "../shared", names[i]);
		if (evrptw_load(path, &instance, &error))
			continue;
		there++;
		solve(instance, false, 3000);
		vehicles = routing.vehicles;
		full = routing.distance;
		solve(instance, true, 3000);
		good += !routing_check(instance, &routing, &distance, &fault) &&
			(routing.vehicles < vehicles || (routing.vehicles == vehicles && distance < full + 1e-6));
		if (*fault.text)
			printf("# %s: %s\n", names[i], fault.text);
		evrptw_free(instance);
	}
	if (!there)
		ktap_skip("published instances",
			  "no $SHARED/data/evrptw; set SHARED to the folder with the shared data");
	else
		ktap_ok(there >= 5 && good == there, "never worse than full recharge on %u published instances (%u)",
			there, good);
}

static void test_checker(void)
{
	struct evrptw *instance = draw_instance(1);
	struct routing_fault fault = { "" };
	double distance;
	u32 i, station = 0, seed;

	/* one whose plan charges, and not all */
	for (seed = 1; seed < 200 && !station; seed++) {
		evrptw_free(instance);
		instance = draw_instance(seed);
		if (solve(instance, true, 500))
			continue;
		for (i = 0; i < routing.stop_count; i++)
			if (routing.charge[i] > 1)
				station = i + 1;
	}
	ktap_ok(station && !routing_check(instance, &routing, &distance, &fault), "a plan with charges is good: %s",
		fault.text);
	routing.charge[station - 1] -= 0.5;
	ktap_ok(routing_check(instance, &routing, &distance, &fault) && strstr(fault.text, "runs out of energy"),
		"the amounts are the least: half a unit less is too little: %s", fault.text);
	routing.charge[station - 1] = instance->battery + 1;
	ktap_ok(routing_check(instance, &routing, &distance, &fault) && strstr(fault.text, "and holds"),
		"more than the battery holds is seen: %s", fault.text);
	routing.charge[station - 1] = NAN;
	ktap_ok(routing_check(instance, &routing, &distance, &fault), "an amount that is no number is seen");
	routing.charge[station - 1] = -1;
	ktap_ok(routing_check(instance, &routing, &distance, &fault), "a station that takes energy is seen");
	evrptw_free(instance);
}

int main(void)
{
	ktap_plan(0);
	test_checker();
	test_oracle();
	test_small();
	return ktap_exit();
}
