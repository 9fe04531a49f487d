// SPDX-License-Identifier: GPL-2.0
/*
 * admm_test.c - areas that agree: against the central optimum, over a network in
 * memory that loses, delays and doubles messages by seed, with an area killed and started again; and messages that are
 * none.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "agent/sched/consensus.h"
#include "agent/sched/crowd.h"
#include "agent/sched/gridfiles.h"
#include "tests/ktap.h"
#include "tests/sched/drawn.h"

#define NET_MOST 4096

struct letter {
	u64 at;
	u32 to;
	size_t len;
	u8 *bytes;
};

struct net {
	u32 areas;
	struct area *area[AREA_MOST];
	struct consensus *consensus[AREA_MOST];
	struct dispatch_problem *problem;
	u64 now, instance;
	double scale;		  /* of prices */
	double lost, twice, late; /* shares; late: up to 200 ms */
	u32 letters;
	struct letter letter[NET_MOST];
	u64 sent;
};

static void post(struct net *net, u32 to, const u8 *bytes, size_t len, u64 at)
{
	struct letter *letter = &net->letter[net->letters];

	if (net->letters == NET_MOST)
		return; /* lost */
	*letter = (struct letter){ at, to, len, malloc(len) };
	memcpy(letter->bytes, bytes, len);
	net->letters++;
}

static void net_send(void *context, u32 to, const u8 *bytes, size_t len)
{
	struct net *net = context;

	net->sent++;
	if (draw(0, 1) < net->lost)
		return;
	post(net, to, bytes, len, net->now + 1 + (draw(0, 1) < net->late ? (u64)draw(0, 200) : 0));
	if (draw(0, 1) < net->twice)
		post(net, to, bytes, len, net->now + 1 + (u64)draw(0, 300));
}

static int start(struct net *net, u32 i)
{
	struct consensus_words words = {
		.areas = net->areas, .instance = ++net->instance, .scale = net->scale, .send = net_send, .context = net
	};
	struct dispatch_error error = { "" };
	int err = area_new(net->problem, i, &net->area[i], &error);

	if (err)
		printf("# area %u: %s\n", i, error.text);
	return err ? err : consensus_new(net->area[i], &words, &net->consensus[i], &error);
}

static void stop(struct net *net, u32 i)
{
	consensus_free(net->consensus[i]);
	area_free(net->area[i]);
	net->consensus[i] = NULL;
	net->area[i] = NULL;
}

/* The next letter that is due, or time goes on. */
static void step(struct net *net)
{
	u32 i, due = NET_MOST;
	u64 next = net->now + 1000, when;

	for (i = 0; i < net->letters; i++)
		if (net->letter[i].at <= net->now && (due == NET_MOST || net->letter[i].at < net->letter[due].at))
			due = i;
	if (due < NET_MOST) {
		struct letter letter = net->letter[due];

		net->letter[due] = net->letter[--net->letters];
		if (net->consensus[letter.to])
			consensus_receive(net->consensus[letter.to], letter.bytes, letter.len);
		free(letter.bytes);
		return;
	}
	for (i = 0; i < net->areas; i++) {
		when = net->consensus[i] ? consensus_tick(net->consensus[i], net->now) : next;
		next = when < next ? when : next;
	}
	for (i = 0; i < net->letters; i++)
		next = net->letter[i].at < next ? net->letter[i].at : next;
	net->now = next > net->now ? next : net->now + 1;
}

static bool all_done(const struct net *net)
{
	u32 i;

	for (i = 0; i < net->areas; i++)
		if (!net->consensus[i] || consensus_phase(net->consensus[i]) != CONSENSUS_DONE)
			return false;
	return true;
}

struct outcome {
	bool agreed;
	double cost, mismatch, over; /* over: MW by which a branch passes its limit */
	u32 rounds, epochs;
	u64 bytes;
};

static bool any_failed(const struct net *net)
{
	u32 i;

	for (i = 0; i < net->areas; i++)
		if (net->consensus[i] && consensus_phase(net->consensus[i]) == CONSENSUS_FAILED)
			return true;
	return false;
}

static struct outcome settle(struct net *net, u32 kill_at)
{
	struct outcome outcome = { 0 };
	struct dispatch_plan *plan;
	u32 i, steps, killed = 0;

	for (i = 0; i < net->areas; i++)
		if (start(net, i))
			return outcome;
	for (steps = 0; steps < 200000 && !all_done(net) && !any_failed(net); steps++) {
		step(net);
		if (kill_at && !killed && consensus_round(net->consensus[1]) >= kill_at) {
			stop(net, 1);
			killed = steps + 1;
		}
		if (killed && !net->consensus[1] && steps > killed + 30)
			start(net, 1);
	}
	outcome.agreed = all_done(net);
	for (i = 0; i < net->areas; i++)
		if (consensus_phase(net->consensus[i]) == CONSENSUS_FAILED)
			printf("# area %u: %s\n", i + 1, consensus_error(net->consensus[i]));
	plan = dispatch_plan_new(net->problem->grid, net->problem->periods,
				 net->problem->stations ? net->problem->stations->count : 0);
	for (i = 0; i < net->areas; i++) {
		const struct consensus_tally *tally = consensus_tally(net->consensus[i]);

		area_put(net->area[i], plan);
		outcome.mismatch = fmax(outcome.mismatch, consensus_mismatch(net->consensus[i]));
		outcome.rounds = tally->rounds > outcome.rounds ? tally->rounds : outcome.rounds;
		outcome.epochs = tally->epochs > outcome.epochs ? tally->epochs : outcome.epochs;
		outcome.bytes += tally->bytes;
	}
	outcome.cost = plan->cost;
	area_flows(net->problem, plan);
	for (i = 0; i < plan->periods * plan->branches; i++) {
		double least, most;

		dispatch_flow_limits(&net->problem->grid->branch[i % plan->branches], net->problem->limits_scale,
				     &least, &most);
		outcome.over = fmax(outcome.over, fmax(least - plan->flow[i], plan->flow[i] - most));
	}
	dispatch_free(plan);
	for (i = 0; i < net->areas; i++)
		stop(net, i);
	for (i = 0; i < net->letters; i++)
		free(net->letter[i].bytes);
	net->letters = 0;
	return outcome;
}

static void judge(struct net *net, u32 kill_at, double central, const char *what)
{
	struct outcome outcome = settle(net, kill_at);
	double gap = fabs(outcome.cost - central) / central;

	ktap_ok(outcome.agreed && gap < 1e-4 && outcome.mismatch <= 1e-4 && outcome.over < 1e-3 &&
			(!kill_at || outcome.epochs > 0),
		"%s: %.1f, %.1e from the central optimum, ends within %.1e MW, limits within %.1e, %u rounds, %u "
		"epochs, %llu bytes",
		what, outcome.cost, gap, outcome.mismatch, outcome.over, outcome.rounds, outcome.epochs,
		(unsigned long long)outcome.bytes);
}

static void test_paper(u32 periods)
{
	struct gridfiles files;
	struct dispatch_stations stations = { 0 };
	struct dispatch_plan *plan = NULL;
	struct dispatch_error error;
	struct net *net = calloc(1, sizeof(*net));
	struct dispatch_problem problem;

	if (!net || gridfiles_load("agent/sched/cases/paper36", false, &files)) {
		ktap_ok(false, "agent/sched/cases/paper36 is read");
		return;
	}
	if (periods >= files.periods)
		crowd_flexible(&files.crowd, files.periods, 1, &stations);
	problem = (struct dispatch_problem){ .grid = files.grid,
					     .periods = periods,
					     .hours = 1,
					     .load = files.load,
					     .available = files.available,
					     .stations = stations.count ? &stations : NULL,
					     .limits_scale = periods < 24 ? 0.6 : 1 };
	net->scale = 1000;
	net->problem = &problem;
	net->areas = area_count(files.grid);
	if (dispatch_solve(&problem, &plan, &error)) {
		ktap_ok(false, "the central optimum: %s", error.text);
		return;
	}
	printf("# central %.1f, %u limits bind\n", plan->cost, plan->binding);
	if (periods >= files.periods) {
		judge(net, 0, plan->cost, "three areas, a day with vehicles");
	} else {
		judge(net, 0, plan->cost, "three areas");
		net->lost = 0.1;
		net->twice = 0.2;
		net->late = 0.2;
		judge(net, 0, plan->cost, "a tenth lost, a fifth late, a fifth twice");
		judge(net, 25, plan->cost, "besides, an area killed and started again");
		net->lost = net->twice = net->late = 0;
		judge(net, 10, plan->cost, "killed on a good network");
	}
	dispatch_free(plan);
	crowd_flexible_done(&stations);
	gridfiles_free(&files);
	free(net);
}

/* A published case cut into four areas by bus numbers. */
static void test_case(const char *name, u32 areas, double scale)
{
	struct grid *grid = load_case(name);
	struct net *net = calloc(1, sizeof(*net));
	struct dispatch_problem problem = { .grid = grid, .periods = 1, .hours = 1, .limits_scale = scale };
	struct dispatch_plan *plan = NULL;
	struct dispatch_error error;
	double *load;
	u32 i;

	if (!grid || !net) {
		ktap_skip(name, "no $SHARED/data/matpower; set SHARED to the folder with the shared data");
		free(net);
		return;
	}
	problem.load = load = loads(grid, 1, 0.9, 0.9);
	for (i = 0; i < grid->buses; i++)
		grid->bus[i].area = i * areas / grid->buses;
	net->scale = 30;
	net->problem = &problem;
	net->areas = areas;
	if (dispatch_solve(&problem, &plan, &error))
		ktap_ok(false, "%s: %s", name, error.text);
	else
		judge(net, 0, plan->cost, name);
	dispatch_free(plan);
	free(load);
	free(net);
	grid_free(grid);
}

/* --- messages --- */

/* Two areas that share so many branches that a period more would not fit into their messages. */
static void test_too_much(void)
{
	static double load[2 * 160];
	struct dispatch_problem problem = { .periods = 159, .hours = 1, .load = load, .limits_scale = 1 };
	struct consensus_words words = { .areas = 2, .instance = 1, .send = net_send };
	struct consensus *consensus = NULL;
	struct dispatch_error error = { "" };
	struct grid *grid = grid_new();
	struct area *area = NULL;
	int fits, more;
	u32 i;

	for (i = 0; i < 2; i++) {
		struct grid_bus *bus = grid_add_bus(grid);

		bus->number = (int)i + 1;
		bus->area = i;
		*grid_add_unit(grid) = (struct grid_unit){ .bus = i, .most = 200, .cost = { .linear = 10 } };
	}
	for (i = 0; i < 400; i++)
		*grid_add_branch(grid) = (struct grid_branch){ .from = 0,
							       .to = 1,
							       .susceptance = 9,
							       .limit = 50,
							       .angle_least = -INFINITY,
							       .angle_most = INFINITY };
	grid_finish(grid, "many ties");
	problem.grid = grid;
	fits = area_new(&problem, 0, &area, &error) ?: consensus_new(area, &words, &consensus, &error);
	consensus_free(consensus);
	area_free(area);
	problem.periods = 160;
	more = area_new(&problem, 0, &area, &error) ?: consensus_new(area, &words, &consensus, &error);
	ktap_ok(!fits && more == -E2BIG && strstr(error.text, "share 400 branches"),
		"areas with more to tell than messages hold are refused (%s)", error.text);
	area_free(area);
	grid_free(grid);
}

static void test_messages(void)
{
	struct consensus_message *one = calloc(2, sizeof(*one)), *other = one + 1;
	u8 bytes[CONSENSUS_BYTES];
	size_t len, cut;
	bool good = true;
	u32 i, refused = 0;

	*one = (struct consensus_message){ .type = CONSENSUS_DATA,
					   .from = 1,
					   .to = 2,
					   .chunk = 1,
					   .chunks = 2,
					   .calm = 3,
					   .epoch = 4,
					   .round = 5,
					   .stop = 6,
					   .first = 1000,
					   .count = 3,
					   .total = 1003,
					   .instance = 7 };
	for (i = 0; i < 3; i++)
		one->number[i] = draw(-100, 100);
	len = consensus_encode(one, bytes);
	good = !consensus_decode(bytes, len, other) && !memcmp(one, other, sizeof(*one));
	ktap_ok(good, "a message comes out as it went in");
	for (cut = 0; cut < len; cut++)
		refused += consensus_decode(bytes, cut, other) == -EBADMSG;
	ktap_ok(refused == len, "cut off at any of %zu places it is refused", len);
	one->number[1] = NAN;
	ktap_ok(consensus_decode(bytes, consensus_encode(one, bytes), other) == -EBADMSG,
		"and so is what is no number");
	free(one);
}

int main(void)
{
	ktap_plan(0);
	test_messages();
	test_too_much();
	test_paper(3); /* a whole day with vehicles: admm_cli.py */
	test_case("case30", 3, 0.9);
	return ktap_exit();
}
