// SPDX-License-Identifier: GPL-2.0
/* fault.c - faults come, last a while, and are mended; in the calm all of them are. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/cluster/plan.h"

#define FAULT_ALL_LINKS 1000 /* what WIRE_MEND mends, by number; below: member of that index */
#define FAULT_LOSS 1001
#define FAULT_DELAY 1002

static u64 while_us(struct world *world)
{
	return draw_chance(&world->draw, 700) ? draw_between(&world->draw, 20000, 800000)
					      : draw_between(&world->draw, 800000, 5000000);
}

static struct member *any(struct world *world)
{
	return &world->members[draw_below(&world->draw, world->member_count)];
}

/* A correct replica that is up, or NULL. */
static struct member *any_correct(struct world *world)
{
	u32 i, at = (u32)draw_below(&world->draw, world->member_count);

	for (i = 0; i < world->member_count; i++) {
		struct member *member = &world->members[(at + i) % world->member_count];

		if (member_correct(member) && member->channel && !member->paused && member->replica != ~0U)
			return member;
	}
	return NULL;
}

/* Replicas that count against f. */
static u32 bad(const struct world *world)
{
	u32 count = world->plan.liars, i;

	for (i = 0; i < world->member_count; i++)
		count += member_correct(&world->members[i]) &&
			 (world->members[i].lost_votes || llabs(world->members[i].skew_us) > 400000);
	return count;
}

static u32 tolerated(const struct world *world)
{
	u32 i;

	for (i = 0; i < world->member_count; i++)
		if (member_correct(&world->members[i]) && world->members[i].channel)
			return (membership_replicas(ledger_membership(member_ledger(&world->members[i]))) - 1) / 3;
	return 0;
}

static void cut(struct world *world, struct member *member, bool power, u64 us)
{
	if (!member->channel)
		return;
	member_stop(member, power);
	world_at(world, world->now_us + us, WIRE_START, member->index, 0);
}

static void split(struct world *world)
{
	bool side[WORLD_MEMBERS];
	u32 i, j;

	for (i = 0; i < WORLD_MEMBERS; i++)
		side[i] = draw_chance(&world->draw, 500);
	for (i = 0; i < WORLD_MEMBERS; i++)
		for (j = 0; j < WORLD_MEMBERS; j++)
			world->weather.blocked[i][j] = side[i] != side[j];
	world_tell(world, "The network falls apart.");
	world_at(world, world->now_us + while_us(world), WIRE_MEND, 0, FAULT_ALL_LINKS);
}

static void alone(struct world *world)
{
	u32 who = any(world)->index, how = (u32)draw_below(&world->draw, 3), i;

	for (i = 0; i < WORLD_MEMBERS; i++) {
		world->weather.blocked[i][who] |= how != 1;
		world->weather.blocked[who][i] |= how != 2;
	}
	world_tell(world, "%s is cut off (%u).", world->members[who].name, how);
	world_at(world, world->now_us + while_us(world), WIRE_MEND, 0, FAULT_ALL_LINKS);
}

static void minority(struct world *world)
{
	u32 f = tolerated(world), off = 0, i, at = any(world)->index;
	u64 until = while_us(world) + 500000;

	for (i = 0; i < world->member_count && off <= f; i++) {
		struct member *member = &world->members[(at + i) % world->member_count];

		if (member->channel && member_correct(member) && member->replica != ~0U) {
			cut(world, member, draw_chance(&world->draw, 500), until + draw_below(&world->draw, 100000));
			off++;
		}
	}
}

static void disk(struct world *world, struct member *member, bool full)
{
	enum vault_disk which = draw_chance(&world->draw, 500) ? VAULT_BLOCKS : VAULT_VOTES;

	if (!member->channel || member->disk_failing)
		return;
	member->disk_failing = true;
	world_tell(world, "%s's disk %u %s", member->name, which, full ? "fills up" : "is about to fail");
	disk_memory_fail_after(member->vault.disks[which], draw_between(&world->draw, 1, 60), full ? ENOSPC : EIO);
	world_at(world, world->now_us + while_us(world), WIRE_MEND, 0, member->index);
}

static void mend_disk(struct world *world, struct member *member)
{
	if (!member->disk_failing)
		return;
	disk_memory_fail_after(member->vault.disks[VAULT_BLOCKS], 0, 0);
	disk_memory_fail_after(member->vault.disks[VAULT_VOTES], 0, 0);
	if (!member->channel) /* it broke, and its power was cut */
		world_at(world, world->now_us + 1000, WIRE_START, member->index, 0);
	member->disk_failing = false;
	world_tell(world, "%s's disk is mended", member->name);
}

static void lose_votes(struct world *world, struct member *member)
{
	/* A replica without a block cannot know that it ever voted: that one is an operator's to mend. */
	if (!member || !member_height(member) || bad(world) >= tolerated(world))
		return;
	member_stop(member, true);
	if (vault_lose_votes(&member->vault))
		abort();
	member->lost_votes = true;
	world_tell(world, "%s loses its votes", member->name);
	world_at(world, world->now_us + while_us(world), WIRE_START, member->index, 0);
}

/* Only with a majority of correct, unhampered replicas in the next set, too. */
static void add(struct world *world)
{
	struct member *at = any_correct(world), *member = &world->members[world->member_count];
	struct membership *next;

	if (!at || world->member_count >= WORLD_MEMBERS - 1 || world->member_count > world->plan.members + 4)
		return;
	next = malloc(sizeof(*next));
	if (!next)
		abort();
	*next = *ledger_membership(member_ledger(at));
	if (membership_replicas(next) < 31) {
		draw_bytes(&world->draw, member->key, 32);
		plan_node(next, member->key, world->member_count);
		next->sequence++;
		next->epoch++;
		if (crowd_configure(world, at, next)) {
			if (member_init(world, member))
				abort();
			world->member_count++;
			world_at(world, world->now_us + while_us(world), WIRE_START, member->index, 0);
			world_tell(world, "%s is to join", member->name);
		}
	}
	free(next);
}

/* Out of the replicas, or out of the channel; or one that is in the channel only becomes a replica again. */
static bool change(struct world *world, struct membership *next, u32 index)
{
	struct membership_node *node = &next->nodes[index];
	u32 replicas = membership_replicas(next);

	if (!(node->roles & MEMBERSHIP_REPLICA)) {
		node->roles |= MEMBERSHIP_REPLICA;
		return replicas < 31;
	}
	if (replicas <= 4 || (replicas - 2) / 3 < bad(world))
		return false;
	if (draw_chance(&world->draw, 600)) {
		node->roles &= (u8)~MEMBERSHIP_REPLICA;
		return true;
	}
	memmove(node, node + 1, (next->node_count - index - 1) * sizeof(*node));
	memset(&next->nodes[--next->node_count], 0, sizeof(*node));
	return true;
}

static void drop(struct world *world)
{
	struct member *at = any_correct(world), *member = any(world);
	struct membership *next;
	int index;

	if (!at || at == member || !member_correct(member))
		return;
	next = malloc(sizeof(*next));
	if (!next)
		abort();
	*next = *ledger_membership(member_ledger(at));
	index = membership_node_index(next, member->key);
	if (index >= 0 && change(world, next, (u32)index)) {
		next->sequence++;
		next->epoch++;
		if (crowd_configure(world, at, next))
			world_tell(world, "%s is to leave or to come back", member->name);
	}
	free(next);
}

static void clocks(struct world *world)
{
	u32 i;

	for (i = 0; i < world->member_count; i++)
		if (llabs(world->members[i].skew_us) <= 400000)
			world->members[i].skew_us = (s64)draw_below(&world->draw, 400001) - 200000;
}

static void clock_far(struct world *world, struct member *member)
{
	if (!member || bad(world) >= tolerated(world))
		return;
	member->skew_us =
		((s64)draw_between(&world->draw, 2000000, 4000000000ULL)) * (draw_chance(&world->draw, 500) ? 1 : -1);
	world_tell(world, "%s's clock is %lld ms off", member->name, (long long)member->skew_us / 1000);
}

static struct member *primary(struct world *world)
{
	struct member *at = any_correct(world);
	struct channel_status status;
	u32 i;

	if (!at)
		return NULL;
	channel_status(at->channel, &status);
	for (i = 0; i < world->member_count; i++)
		if (world->members[i].replica == status.consensus.primary && world->members[i].epoch == at->epoch &&
		    world->members[i].channel)
			return &world->members[i];
	return NULL;
}

static void network(struct world *world, enum plan_kind kind)
{
	switch (kind) {
	case PLAN_LOSS:
		world->weather.loss = (u32)draw_between(&world->draw, 5, 300);
		world_at(world, world->now_us + while_us(world), WIRE_MEND, 0, FAULT_LOSS);
		break;
	case PLAN_DELAY:
		world->weather.delay_us = draw_between(&world->draw, 10000, 1500000);
		world_at(world, world->now_us + while_us(world), WIRE_MEND, 0, FAULT_DELAY);
		break;
	case PLAN_SPLIT:
		split(world);
		break;
	default:
		alone(world);
		break;
	}
}

static void processes(struct world *world, enum plan_kind kind)
{
	struct member *member = kind == PLAN_PRIMARY ? primary(world) : any(world);
	u32 i;

	if (!member)
		return;
	switch (kind) {
	case PLAN_STORM:
		for (i = 0; i < world->member_count; i++)
			cut(world, &world->members[i], true, while_us(world));
		break;
	case PLAN_MINORITY:
		minority(world);
		break;
	case PLAN_PAUSE:
		if (member->channel && !member->paused) {
			member_pause(member);
			world_at(world, world->now_us + while_us(world) * 2, WIRE_RESUME, member->index, 0);
		}
		break;
	default:
		cut(world, member, kind == PLAN_POWER || draw_chance(&world->draw, 300), while_us(world));
		break;
	}
}

void plan_fault(struct world *world)
{
	enum plan_kind kind;

	if (world_calm(world))
		return;
	do {
		kind = (enum plan_kind)draw_below(&world->draw, PLAN_FAULTS);
	} while (!(world->plan.faults & 1ULL << kind));
	switch (kind) {
	case PLAN_CLOCK:
		clocks(world);
		break;
	case PLAN_CLOCK_FAR:
		clock_far(world, any_correct(world));
		break;
	case PLAN_DISK_FULL:
	case PLAN_DISK_DIES:
		disk(world, any(world), kind == PLAN_DISK_FULL);
		break;
	case PLAN_LOSE_VOTES:
		lose_votes(world, any_correct(world));
		break;
	case PLAN_ADD:
		add(world);
		break;
	case PLAN_REMOVE:
		drop(world);
		break;
	default:
		if (kind <= PLAN_ALONE)
			network(world, kind);
		else
			processes(world, kind);
		break;
	}
	world_at(world,
		 world->now_us +
			 draw_between(&world->draw, world->plan.fault_every_us / 2, world->plan.fault_every_us * 2),
		 WIRE_FAULT, 0, 0);
}

void plan_mend(struct world *world, u64 number)
{
	if (number == FAULT_ALL_LINKS) {
		memset(world->weather.blocked, 0, sizeof(world->weather.blocked));
		world_tell(world, "The network is whole again.");
	} else if (number == FAULT_LOSS) {
		world->weather.loss = 0;
	} else if (number == FAULT_DELAY) {
		world->weather.delay_us = 0;
	} else if (number < world->member_count) {
		mend_disk(world, &world->members[number]);
	}
}

void plan_calm(struct world *world)
{
	u32 i;

	memset(&world->weather, 0, sizeof(world->weather));
	for (i = 0; i < world->member_count; i++) {
		struct member *member = &world->members[i];

		mend_disk(world, member);
		member_resume(member);
		member->skew_us = (s64)draw_below(&world->draw, 200001) - 100000;
		if (!member->channel)
			world_at(world, world->now_us + draw_below(&world->draw, 100000), WIRE_START, member->index, 0);
	}
}
