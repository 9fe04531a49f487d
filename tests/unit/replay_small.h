/* SPDX-License-Identifier: GPL-2.0 */
/*
 * replay_small.h - every history of a small replay window, to a depth, against
 * a naive model: a bit mask of all sequences ever taken. The includer defines
 * VG_REPLAY_BITS, HISTORY_DEPTH and SEQUENCE_MAX (below 64) before.
 */
#ifndef VOLTGATE_TESTS_REPLAY_SMALL_H
#define VOLTGATE_TESTS_REPLAY_SMALL_H

#include "tests/ktap.h"
#include "voltgate/replay.h"

struct model {
	u64 taken;
	u64 head;
};

static unsigned long histories, wrong;

static bool model_commit(struct model *model, u64 sequence)
{
	if (model->taken >> sequence & 1 || sequence + VG_REPLAY_BITS <= model->head)
		return false;
	model->taken |= 1ULL << sequence;
	if (sequence > model->head)
		model->head = sequence;
	return true;
}

static void explore(struct vg_replay window, struct model model, int depth)
{
	u64 sequence;

	histories++;
	if (!depth)
		return;
	for (sequence = 1; sequence <= SEQUENCE_MAX; sequence++) {
		struct vg_replay next_window = window;
		struct model next_model = model;
		bool seen = vg_replay_seen(&window, sequence);
		bool taken = vg_replay_commit(&next_window, sequence);

		if (taken == seen || taken != model_commit(&next_model, sequence) ||
		    next_window.head != next_model.head) {
			wrong++;
			continue;
		}
		explore(next_window, next_model, depth - 1);
	}
}

int main(void)
{
	struct vg_replay window = { 0 };
	struct model model = { 0 };

	ktap_plan(1);
	explore(window, model, HISTORY_DEPTH);
	ktap_ok(!wrong,
		"window of %d: %lu histories of sequences 1..%d to a depth of %d, %lu steps differ from the model",
		VG_REPLAY_BITS, histories, SEQUENCE_MAX, HISTORY_DEPTH, wrong);
	return ktap_exit();
}

#endif
