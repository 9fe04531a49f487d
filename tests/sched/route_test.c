// SPDX-License-Identifier: GPL-2.0
/*
 * route_test.c - routes: the tabulated bests of the small instances
 * ($(SHARED)/data/evrptw), an oracle on tiny random instances, the checker
 * against routes broken on purpose, and that a seed decides everything.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <strings.h>

#include "agent/sched/router.h"
#include "tests/ktap.h"
#include "tests/sched/oracle.h"

#define ROUNDS 8000

static struct routing routing, again;

static int solve(const struct evrptw *instance, u64 seed, u64 rounds, struct routing *ret_routing)
{
	struct router_options options = { .seed = seed, .rounds = rounds };
	struct router_report report;

	return router_solve(instance, &options, ret_routing, &report);
}

/* --- the published table --- */

static bool load_shared(const char *name, struct evrptw **ret_instance)
{
	const char *shared = getenv("SHARED");
	struct evrptw_error error;
	char path[512], lower[64];
	u32 i;

	/* the table has C101C5 where the file is c101C5 */
	snprintf(lower, sizeof(lower), "%s", name);
	for (i = 0; lower[i] == 'R' || lower[i] == 'C'; i++)
		lower[i] += 'a' - 'A';
	snprintf(path, sizeof(path), "%s/data/evrptw/%s.txt", shared ? shared : "../shared", lower);
	return !evrptw_load(path, ret_instance, &error);
}

static void test_row(const char *name, u32 vehicles, double best)
{
	struct routing_fault fault = { "" };
	struct evrptw *instance;
	struct oracle oracle = { .vehicles = vehicles, .distance = best };
	double distance = 0;
	int err;

	if (!load_shared(name, &instance))
		return; /* not among the files that are there */
	if (instance->customers <= 5)
		oracle_solve(instance, &oracle); /* the table was typed by hand; what can be proved is proved */
	err = solve(instance, 1, ROUNDS, &routing);
	if (!err)
		err = routing_check(instance, &routing, &distance, &fault);
	ktap_ok(!err && routing.vehicles == oracle.vehicles && distance < oracle.distance + 0.01 &&
			distance > oracle.distance - 0.02 && fabs(oracle.distance - best) < 0.02,
		"%s: %u vehicles, %.2f (table: %u, %.2f) %s", name, routing.vehicles, distance, vehicles, best,
		fault.text);
	evrptw_free(instance);
}

static void test_table(void)
{
	const char *shared = getenv("SHARED");
	char path[512], line[128], name[64];
	double one, other;
	u32 vehicles;
	FILE *table;

	snprintf(path, sizeof(path), "%s/data/evrptw/schneider_small.csv", shared ? shared : "../shared");
	table = fopen(path, "r");
	if (!table) {
		ktap_skip("published bests", "no $SHARED/data/evrptw; set SHARED to the folder with the shared data");
		return;
	}
	while (fgets(line, sizeof(line), table))
		if (sscanf(line, "%63[^,],%u,%lf,%lf", name, &vehicles, &one, &other) == 4)
			test_row(name, vehicles, fmin(one, other));
	fclose(table);
}

/* --- tiny instances drawn by seed --- */

static u64 draw_state;

static double draw(double least, double most)
{
	draw_state = draw_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return least + (most - least) * (double)(draw_state >> 33) / (double)(1ULL << 31);
}

static struct evrptw *draw_instance(u64 seed)
{
	struct evrptw *instance = calloc(1, sizeof(*instance));
	u32 i, j;

	draw_state = seed;
	snprintf(instance->name, sizeof(instance->name), "drawn %llu", (unsigned long long)seed);
	instance->customers = 2 + (u32)draw(0, 3.99);
	instance->stations = 1 + (u32)draw(0, 2.99);
	instance->nodes = 1 + instance->customers + instance->stations;
	instance->capacity = draw(20, 60);
	instance->battery = draw(60, 140);
	instance->consumption = draw(0.5, 1.2);
	instance->recharging = draw(0, 1) < 0.2 ? 0 : draw(0.1, 1.5);
	for (i = 0; i < instance->nodes; i++) {
		struct evrptw_node *node = &instance->node[i];

		node->kind = !i ? EVRPTW_DEPOT : i <= instance->customers ? EVRPTW_CUSTOMER : EVRPTW_STATION;
		node->x = draw(0, 60);
		node->y = draw(0, 60);
		node->due = 600;
		if (node->kind != EVRPTW_CUSTOMER)
			continue;
		node->demand = draw(1, 20);
		node->ready = draw(0, 300);
		node->due = node->ready + draw(20, 200);
		node->service = draw(0, 20);
	}
	instance->distance = calloc((size_t)instance->nodes * instance->nodes, sizeof(double));
	instance->time = calloc((size_t)instance->nodes * instance->nodes, sizeof(double));
	for (i = 0; i < instance->nodes; i++)
		for (j = 0; j < instance->nodes; j++) {
			double far = hypot(instance->node[i].x - instance->node[j].x,
					   instance->node[i].y - instance->node[j].y);

			instance->distance[i * instance->nodes + j] = far;
			instance->time[i * instance->nodes + j] = far;
		}
	return instance;
}

static void test_oracle(void)
{
	u32 agreed = 0, impossible = 0, seed;
	struct routing_fault fault;
	double distance;

	for (seed = 1; seed <= 80; seed++) {
		struct evrptw *instance = draw_instance(seed);
		struct oracle oracle;
		int err = solve(instance, seed, 1500, &routing);

		oracle_solve(instance, &oracle);
		if (!oracle.vehicles && err == -EINVAL) {
			impossible++;
			agreed++;
		} else if (!err && !routing_check(instance, &routing, &distance, &fault) &&
			   routing.vehicles == oracle.vehicles && fabs(distance - oracle.distance) < 1e-6) {
			agreed++;
		} else {
			printf("# seed %u: solver %d, %u vehicles, %.6f; oracle %u, %.6f\n", seed, err,
			       routing.vehicles, routing.distance, oracle.vehicles, oracle.distance);
		}
		evrptw_free(instance);
	}
	ktap_ok(agreed == 80, "80 tiny instances as good as trying everything (%u of them impossible)", impossible);
	ktap_ok(impossible > 2 && impossible < 40, "both kinds were among them");
}

/* --- the checker sees what is wrong --- */

static bool refused(const struct evrptw *instance, const struct routing *plan, const char *words)
{
	struct routing_fault fault = { "" };
	double distance;

	return routing_check(instance, plan, &distance, &fault) == -EINVAL && strstr(fault.text, words);
}

static void test_checker(void)
{
	static struct evrptw instance; /* depot, customers 1 and 2, station 3 in a row, ten apart */
	static double far[16];
	static struct routing plan = { .vehicles = 1, .stop_count = 3, .stops = { 1, 3, 2 } };
	struct routing_fault fault = { "" };
	double distance;
	u32 i, j;

	instance = (struct evrptw){ .nodes = 4,
				    .customers = 2,
				    .stations = 1,
				    .capacity = 10,
				    .battery = 40,
				    .consumption = 1,
				    .recharging = 1,
				    .distance = far,
				    .time = far };
	for (i = 0; i < 4; i++) {
		instance.node[i] = (struct evrptw_node){ .kind = !i	 ? EVRPTW_DEPOT
								 : i < 3 ? EVRPTW_CUSTOMER
									 : EVRPTW_STATION,
							 .demand = i == 1 || i == 2 ? 5 : 0,
							 .due = 1000 };
		for (j = 0; j < 4; j++)
			far[i * 4 + j] = 10 * fabs((double)i - (double)j);
	}
	plan.route[0].count = 3;
	ktap_ok(!routing_check(&instance, &plan, &distance, &fault) && distance == 60, "a good plan is good");
	instance.node[2].due = 69;
	ktap_ok(refused(&instance, &plan, "its window closed"), "too late, by the time of charging, is seen");
	instance.node[2].due = 1000;
	instance.battery = 25;
	ktap_ok(refused(&instance, &plan, "runs out of energy"), "an empty battery is seen");
	instance.battery = 40;
	instance.capacity = 9;
	ktap_ok(refused(&instance, &plan, "carries 10; it holds 9"), "too heavy a load is seen");
	instance.capacity = 10;
	plan.stops[2] = 3;
	ktap_ok(refused(&instance, &plan, "Customer 2 is not visited"), "a customer left out is seen");
	plan.stops[2] = 1;
	ktap_ok(refused(&instance, &plan, "visited twice"), "a customer served twice is seen");
	plan.stops[2] = 7;
	ktap_ok(refused(&instance, &plan, "no customer or station"), "a node that is not there is seen");
	plan.stops[2] = 2;
	plan.route[0].count = 9;
	ktap_ok(refused(&instance, &plan, "outside the plan"), "a route beyond the stops is seen");
	plan.route[0].count = 3;
	instance.vehicles = 1;
	plan.vehicles = 2;
	ktap_ok(refused(&instance, &plan, "there are 1"), "too many vehicles are seen");
	plan.vehicles = 1;
}

static void test_seed(void)
{
	struct evrptw *instance = draw_instance(7);

	solve(instance, 3, 5000, &routing);
	solve(instance, 3, 5000, &again);
	ktap_ok(!memcmp(&routing, &again, sizeof(routing)), "a seed decides everything");
	evrptw_free(instance);
}

int main(void)
{
	ktap_plan(0);
	test_checker();
	test_seed();
	test_oracle();
	test_table();
	return ktap_exit();
}
