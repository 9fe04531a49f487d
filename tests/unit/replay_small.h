/* SPDX-License-Identifier: GPL-2.0 */
/*
 * replay_small.h - every history of a small replay window, to a depth, against
 * a naive model: the set of all sequences ever taken. The includer defines
 * VG_REPLAY_BITS, HISTORY_DEPTH and SEQUENCES, the sequences that histories
 * are made of (below MODEL_MAX), before.
 */
#ifndef VOLTGATE_TESTS_REPLAY_SMALL_H
#define VOLTGATE_TESTS_REPLAY_SMALL_H

#include "tests/ktap.h"
#include "voltgate/replay.h"

#define MODEL_MAX 512

struct model {
	bool taken[MODEL_MAX];
	u64 head;
};

static const u16 sequences[] = { SEQUENCES };
#define SEQUENCE_COUNT (sizeof(sequences) / sizeof(sequences[0]))

static unsigned long histories, wrong;

static bool model_commit(struct model *model, u64 sequence)
{
	if (model->taken[sequence] || sequence + VG_REPLAY_BITS <= model->head)
		return false;
	model->taken[sequence] = true;
	if (sequence > model->head)
		model->head = sequence;
	return true;
}

/* The model is undone step by step, for copying it would cost more than all else. */
static void explore(const struct vg_replay *window, struct model *model, int depth)
{
	size_t i;

	histories++;
	if (!depth)
		return;
	for (i = 0; i < SEQUENCE_COUNT; i++) {
		u64 sequence = sequences[i], head = model->head;
		struct vg_replay next = *window;
		bool seen = vg_replay_seen(window, sequence);
		bool taken = vg_replay_commit(&next, sequence);
		bool expected = model_commit(model, sequence);

		if (taken == seen || taken != expected || next.head != model->head)
			wrong++;
		else
			explore(&next, model, depth - 1);
		if (expected)
			model->taken[sequence] = false;
		model->head = head;
	}
}

int main(void)
{
	struct vg_replay window = { 0 };
	struct model model = { .head = 0 };

	ktap_plan(1);
	explore(&window, &model, HISTORY_DEPTH);
	ktap_ok(!wrong, "window of %d: %lu histories of %zu sequences to a depth of %d, %lu steps differ from the model",
		VG_REPLAY_BITS, histories, SEQUENCE_COUNT, HISTORY_DEPTH, wrong);
	return ktap_exit();
}

#endif
