// SPDX-License-Identifier: GPL-2.0
/* plan.c - what a seed draws before its run starts: size, parameters, who lies, which kinds of faults come. */
#include "tests/cluster/plan.h"
#include "tests/cluster/scenario.h"

#include <stdio.h>
#include <stdlib.h>

/* Every size from 4 to 16 and 31 within each 200 seeds; mostly 4 and 7. */
static u32 draw_n(struct world *world)
{
	u64 at = world->seed % 50;

	if (world->scenario)
		return 4;
	if (at < 13)
		return (u32)(4 + at);
	if (at == 13 && world->seed / 50 % 4 == 0)
		return 31;
	return draw_chance(&world->draw, 650) ? 4 : 7;
}

static void draw_parameters(struct world *world, struct membership *genesis)
{
	u64 *values = genesis->parameters;
	u64 window = draw_between(&world->draw, 4, 40);

	values[MEMBERSHIP_ENDORSING_ORGANISATIONS] = 0;
	values[MEMBERSHIP_OPEN_REQUESTS] = 1;
	values[MEMBERSHIP_TRANSACTION_LIFE_S] = 86400;
	values[MEMBERSHIP_BATCH_TRANSACTIONS] = draw_between(&world->draw, 1, 12);
	values[MEMBERSHIP_BATCH_BYTES] = 65536;
	values[MEMBERSHIP_BATCH_WAIT_US] = draw_below(&world->draw, 4000);
	values[MEMBERSHIP_WINDOW] = window;
	values[MEMBERSHIP_CHECKPOINT_BLOCKS] = draw_between(&world->draw, 1, window / 2);
	values[MEMBERSHIP_REQUEST_TIMEOUT_MS] = draw_between(&world->draw, 150, 500);
	values[MEMBERSHIP_VIEW_TIMEOUT_MS] = draw_between(&world->draw, 150, 500);
	values[MEMBERSHIP_TIME_SKEW_MS] = 1000;
}

static int compare_keys(const void *one, const void *other)
{
	return memcmp(one, other, 32);
}

static void draw_genesis(struct world *world)
{
	struct membership *genesis = &world->plan.genesis;
	u8 keys[WORLD_MEMBERS][32];
	u32 i;

	membership_defaults(genesis);
	snprintf(genesis->name, sizeof(genesis->name), "simulated");
	draw_bytes(&world->draw, genesis->seed, 32);
	genesis->regulator_count = 1;
	draw_bytes(&world->draw, genesis->regulators[0], 32);
	genesis->organisation_count = 1;
	snprintf(genesis->organisations[0].name, sizeof(genesis->organisations[0].name), "org");
	draw_bytes(&world->draw, genesis->organisations[0].authority, 32);
	draw_parameters(world, genesis);
	draw_bytes(&world->draw, keys, sizeof(keys));
	qsort(keys, world->plan.n, 32, compare_keys);
	for (i = 0; i < world->plan.n; i++) {
		memcpy(world->members[i].key, keys[i], 32);
		plan_node(genesis, keys[i], i);
	}
}

void plan_node(struct membership *membership, const u8 key[32], u32 index)
{
	struct membership_node *node;
	u32 at;

	for (at = 0; at < membership->node_count && memcmp(membership->nodes[at].key, key, 32) < 0; at++)
		;
	memmove(&membership->nodes[at + 1], &membership->nodes[at],
		(membership->node_count - at) * sizeof(*membership->nodes));
	node = &membership->nodes[at];
	memset(node, 0, sizeof(*node));
	membership->node_count++;
	memcpy(node->key, key, 32);
	node->roles = MEMBERSHIP_REPLICA;
	snprintf(node->name, sizeof(node->name), "n%u", index);
	snprintf(node->address, sizeof(node->address), "10.0.0.%u:4000", index + 1);
}

static void draw_liars(struct world *world)
{
	struct plan *plan = &world->plan;
	u32 f = (plan->n - 1) / 3, i;

	plan->liars = draw_chance(&world->draw, 550) ? (u32)draw_between(&world->draw, 1, f) : 0;
	for (i = 0; i < plan->liars; i++) {
		struct member *member;

		do {
			member = &world->members[draw_below(&world->draw, plan->n)];
		} while (member->liar || member->twin);
		if (draw_chance(&world->draw, 250) && world->member_count < WORLD_MEMBERS - 8) {
			struct member *other = &world->members[world->member_count++];

			memcpy(other->key, member->key, 32);
			other->twin = true;
			member->twin = true;
		} else if (liar_init(member)) {
			abort();
		}
	}
}

static void draw_faults(struct world *world)
{
	struct plan *plan = &world->plan;
	u32 i, kinds = draw_chance(&world->draw, 80) ? 0 : (u32)draw_between(&world->draw, 1, 5);

	for (i = 0; i < kinds; i++)
		plan->faults |= 1ULL << draw_below(&world->draw, PLAN_FAULTS);
	plan->fault_every_us = (u32)draw_between(&world->draw, 30000, 600000);
	plan->trouble_us = draw_between(&world->draw, 5000000, 25000000);
	if (draw_chance(&world->draw, 250))
		world->weather.copies = (u32)draw_between(&world->draw, 1, 200);
}

void plan_draw(struct world *world)
{
	struct plan *plan = &world->plan;
	const struct scenario *scenario = world->scenario;

	plan->n = draw_n(world);
	plan->only = ~0U;
	plan->target = 200;
	plan->pool = draw_chance(&world->draw, 200) ? (u32)draw_between(&world->draw, 16, 100) : 2000;
	plan->snapshot_after = world->seed % 5 == 1 ? 4 + (u32)(world->seed / 5 % 30) : 0;
	world->member_count = plan->n;
	draw_genesis(world);
	plan->delay_least_us = (u32)draw_between(&world->draw, 50, 2000);
	plan->delay_most_us = plan->delay_least_us + (u32)draw_below(&world->draw, 8000);
	plan->flush_us = (u32)draw_below(&world->draw, 1500);
	if (scenario) {
		plan->trouble_us = 1000000 + scenario->trouble_ms * 1000;
		if (scenario->begin)
			scenario->begin(world);
	} else {
		draw_liars(world);
		draw_faults(world);
	}
	plan->members = world->member_count;
	/* Grown patience (C15) may have to run out once for each liar in turn before things move again. */
	plan->bound_us =
		60000000 + (plan->liars + 2) * 64 * 1000 * plan->genesis.parameters[MEMBERSHIP_VIEW_TIMEOUT_MS];
}
