// SPDX-License-Identifier: GPL-2.0
/*
 * replay_test.c - the window of 1024 against a naive model: a list of the
 * sequences taken, of which only those within the window are kept. Random
 * histories with jumps around the window's size, at 1 and near 2^64 (PROTOCOL.md P4, L7).
 */
#include <stdlib.h>

#include "tests/ktap.h"
#include "voltgate/replay.h"

struct model {
	u64 taken[VG_REPLAY_BITS]; /* unordered, all within the window */
	u32 count;
	u64 head;
};

static u64 random_state = 0x9e3779b97f4a7c15ULL;

static u64 draw(u64 below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % below;
}

static bool below_window(const struct model *model, u64 sequence)
{
	return sequence < model->head && model->head - sequence >= VG_REPLAY_BITS;
}

static bool model_commit(struct model *model, u64 sequence)
{
	u32 i, kept = 0;

	if (below_window(model, sequence))
		return false;
	for (i = 0; i < model->count; i++)
		if (model->taken[i] == sequence)
			return false;
	if (sequence > model->head)
		model->head = sequence;
	for (i = 0; i < model->count; i++)
		if (!below_window(model, model->taken[i]))
			model->taken[kept++] = model->taken[i];
	model->taken[kept++] = sequence;
	model->count = kept;
	return true;
}

/* The next sequence to try: mostly near the head, at times exactly at the window's edges, at times far. */
static u64 next_sequence(const struct model *model, u64 ceiling)
{
	static const u64 jumps[] = { 63, 64, 65, 127, 128, 1022, 1023, 1024, 1025, 2047, 2048, 2049, 4096 };
	u64 jump = jumps[draw(sizeof(jumps) / sizeof(jumps[0]))];
	u64 head = model->head, sequence;

	switch (draw(8)) {
	case 0:
		sequence = head <= ceiling - jump ? head + jump : ceiling;
		break;
	case 1:
		sequence = head > jump ? head - jump : 1;
		break;
	case 2:
	case 3:
		sequence = head < ceiling ? head + 1 : head;
		break;
	case 4:
		sequence = head <= ceiling - 70 ? head + draw(70) : ceiling;
		break;
	default:
		sequence = head > draw(1030) ? head - draw(head < 1030 ? head : 1030) : 1;
	}
	return sequence ? sequence : 1;
}

static bool same_step(struct vg_replay *window, struct model *model, u64 sequence)
{
	bool seen = vg_replay_seen(window, sequence);
	bool taken = vg_replay_commit(window, sequence);

	return taken != seen && taken == model_commit(model, sequence) && window->head == model->head;
}

static void test_random(const char *name, u64 start, u64 ceiling, int rounds, int steps)
{
	long wrong = 0;
	int round, step;

	for (round = 0; round < rounds; round++) {
		struct vg_replay window = { 0 };
		struct model model = { .count = 0 };

		wrong += !same_step(&window, &model, start);
		for (step = 0; step < steps; step++)
			wrong += !same_step(&window, &model, next_sequence(&model, ceiling));
	}
	ktap_ok(!wrong, "%s: %d histories of %d steps, %ld differ from the model", name, rounds, steps, wrong);
}

/* After one jump from a window that is full, each sequence around both edges is judged as the model judges it. */
static void test_jump(u64 start, u64 jump)
{
	struct vg_replay window = { 0 };
	struct model model = { .count = 0 };
	long wrong = 0;
	u64 s;

	for (s = start; s < start + VG_REPLAY_BITS; s++)
		wrong += !same_step(&window, &model, s);
	wrong += !same_step(&window, &model, s - 1 + jump);
	for (s = start; s && s <= model.head && s < start + 4 * VG_REPLAY_BITS; s++)
		wrong += !same_step(&window, &model, s);
	ktap_ok(!wrong, "a full window from %llu, then a jump of %llu: %ld steps differ", (unsigned long long)start,
		(unsigned long long)jump, wrong);
}

static void test_end(void)
{
	struct vg_replay window = { 0 };

	ktap_ok(vg_replay_commit(&window, ~0ULL) && !vg_replay_commit(&window, ~0ULL) &&
			!vg_replay_commit(&window, 1) && !vg_replay_commit(&window, ~0ULL - 1024) &&
			vg_replay_commit(&window, ~0ULL - 1023) && !vg_replay_commit(&window, 0),
		"the last sequence there is ends the session: nothing wraps to 0 or 1");
}

int main(void)
{
	static const u64 jumps[] = { 1, 2, 63, 64, 65, 1022, 1023, 1024, 1025, 2048, 3000 };
	size_t i;

	ktap_plan(0);
	test_random("from 1", 1, ~0ULL, 200, 2000);
	test_random("from 2^63", 1ULL << 63, ~0ULL, 50, 2000);
	test_random("near 2^64", ~0ULL - 5000, ~0ULL, 200, 2000);
	for (i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++) {
		test_jump(1, jumps[i]);
		test_jump(~0ULL - 4200, jumps[i]);
		test_jump(777, jumps[i]);
	}
	test_end();
	return ktap_exit();
}
