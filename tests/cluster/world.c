// SPDX-License-Identifier: GPL-2.0
/* world.c - the loop of a run: one event after the other, in virtual time. */
#include "tests/cluster/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/cluster/scenario.h"
#include "tests/cluster/seal.h"

#define WORLD_EVENTS_MAX 60000000ULL
#define WORLD_TALE 60000
#define WORLD_LOOK_US 50000

void world_fail(struct world *world, const char *format, ...)
{
	va_list args;

	if (world->failed)
		return;
	world->failed = true;
	va_start(args, format);
	vsnprintf(world->failure, sizeof(world->failure), format, args);
	va_end(args);
	world_tell(world, "FAILED: %s", world->failure);
}

void world_tell(struct world *world, const char *format, ...)
{
	char line[600];
	va_list args;

	if (!world->verbose)
		return;
	if (!world->tale)
		world->tale = calloc(WORLD_TALE, sizeof(*world->tale));
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	free(world->tale[world->tale_at % WORLD_TALE]);
	if (asprintf(&world->tale[world->tale_at++ % WORLD_TALE], "%10.3f ms %s", (double)world->now_us / 1000, line) <
	    0)
		abort();
}

void world_at(struct world *world, u64 at_us, enum wire_kind kind, u32 member, u64 number)
{
	struct wire_event event = {
		.at = at_us > world->now_us ? at_us : world->now_us, .kind = kind, .member = member, .number = number
	};

	wire_push(&world->wire, &event);
}

void world_digest(struct world *world, const void *bytes, size_t len)
{
	u64 digest = world->digest, word;

	for (; len >= 8; bytes = (const u8 *)bytes + 8, len -= 8) {
		memcpy(&word, bytes, 8);
		digest = (digest ^ word) * 0x9fb21c651e98df25ULL;
		digest ^= digest >> 29;
	}
	word = len;
	memcpy(&word, bytes, len);
	digest = (digest ^ word ^ len << 56) * 0x9fb21c651e98df25ULL;
	world->digest = digest ^ digest >> 31;
}

static void carry_to(struct world *world, struct member *from, struct member *to, struct span bytes)
{
	struct wire_event event = { .kind = WIRE_PARCEL, .member = to->index, .from = from->index, .len = bytes.len };
	u64 delay = draw_between(&world->draw, world->plan.delay_least_us, world->plan.delay_most_us);

	if (world->weather.blocked[from->index][to->index] || draw_chance(&world->draw, world->weather.loss))
		return;
	if (world->weather.delay_us && draw_chance(&world->draw, 300))
		delay += draw_below(&world->draw, world->weather.delay_us);
	event.at = world->now_us + delay;
	event.bytes = malloc(bytes.len ? bytes.len : 1);
	if (!event.bytes)
		abort();
	memcpy(event.bytes, bytes.bytes, bytes.len);
	wire_push(&world->wire, &event);
	world->parcels++;
	world->parcel_bytes += bytes.len;
}

void world_carry(struct world *world, struct member *from, const u8 key[32], struct span bytes)
{
	u32 i;

	for (i = 0; i < world->member_count; i++) {
		struct member *to = &world->members[i];

		if (to == from || !to->joined || memcmp(to->key, key, 32) || !memcmp(to->key, from->key, 32))
			continue;
		carry_to(world, from, to, bytes);
		if (draw_chance(&world->draw, world->weather.copies))
			carry_to(world, from, to, bytes);
	}
}

static void look(struct world *world)
{
	if (!world_calm(world) && (world->now_us > world->plan.trouble_us ||
				   (!world->scenario && judge_height(world) >= world->plan.target))) {
		world_tell(world, "The trouble ends.");
		world->calm_at = world->now_us;
		plan_calm(world);
	}
	if (judge_satisfied(world)) {
		world->over = true;
		return;
	}
	world_at(world, world->now_us + WORLD_LOOK_US, WIRE_LOOK, 0, 0);
}

static void step(struct world *world)
{
	if (world_calm(world))
		return;
	world->scenario->step(world, (world->now_us - 1000000) / 1000);
	world_at(world, world->now_us + SCENARIO_STEP_US, WIRE_FAULT, 0, 0);
}

static void happen(struct world *world, struct wire_event *event)
{
	u64 words[] = { event->at, event->kind, event->member, event->from, event->number };

	world_digest(world, words, sizeof(words));
	if (event->bytes)
		world_digest(world, event->bytes, event->len);
	switch (event->kind) {
	case WIRE_PARCEL:
	case WIRE_WAKE:
	case WIRE_FLUSH:
	case WIRE_START:
	case WIRE_RESUME:
		member_event(&world->members[event->member], event);
		break;
	case WIRE_LIE:
		liar_turn(&world->members[event->member]);
		break;
	case WIRE_FAULT:
		if (world->scenario)
			step(world);
		else
			plan_fault(world);
		break;
	case WIRE_MEND:
		plan_mend(world, event->number);
		break;
	case WIRE_CLIENT:
		crowd_turn(world, event->member);
		break;
	case WIRE_LOOK:
		look(world);
		break;
	}
	free(event->bytes);
}

static int world_init(struct world *world, u64 seed, const struct scenario *scenario, bool verbose)
{
	u32 i;

	memset(world, 0, sizeof(*world));
	world->seed = seed;
	world->scenario = scenario;
	world->verbose = verbose;
	world->calm_at = ~0ULL;
	world->now_us = 1000000;
	draw_seed(&world->draw, seed);
	seal_start(seed);
	world->members = calloc(WORLD_MEMBERS, sizeof(*world->members));
	if (!world->members)
		return -1;
	plan_draw(world);
	if (crowd_init(world) || judge_init(world))
		return -1;
	for (i = 0; i < world->member_count; i++)
		if (member_init(world, &world->members[i]))
			return -1;
	for (i = 0; i < world->member_count; i++)
		world_at(world, world->now_us + draw_below(&world->draw, 20000), WIRE_START, i, 0);
	for (i = 0; i < world->member_count; i++)
		if (world->members[i].liar)
			world_at(world, world->now_us, WIRE_LIE, i, 0);
	world_at(world, world->now_us, WIRE_LOOK, 0, 0);
	if (world->plan.faults || (scenario && scenario->step))
		world_at(world, world->now_us + (scenario ? 0 : world->plan.fault_every_us), WIRE_FAULT, 0, 0);
	return 0;
}

int world_run(struct world *world, u64 seed, const struct scenario *scenario, bool verbose)
{
	struct wire_event event;

	if (world_init(world, seed, scenario, verbose))
		world_fail(world, "The simulation could not be set up.");
	while (!world->failed && !world->over) {
		if (!wire_pop(&world->wire, &event)) {
			world_fail(world, "Nothing will ever happen again, and the run is not over.");
			break;
		}
		world->now_us = event.at;
		if (++world->events > WORLD_EVENTS_MAX)
			world_fail(world, "%llu events, and no end: something is busy without getting anywhere.",
				   (unsigned long long)world->events);
		happen(world, &event);
	}
	if (!world->failed)
		judge_end(world);
	if (!world->failed && scenario && scenario->end)
		scenario->end(world);
	world->ended_at = world->now_us;
	return world->failed;
}

void world_done(struct world *world)
{
	u32 i;

	for (i = 0; world->members && i < world->member_count; i++)
		member_done(&world->members[i]);
	crowd_done(world);
	judge_done(world);
	wire_done(&world->wire);
	for (i = 0; world->tale && i < WORLD_TALE; i++)
		free(world->tale[i]);
	free(world->tale);
	free(world->members);
	memset(world, 0, sizeof(*world));
}
