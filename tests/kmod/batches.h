/* SPDX-License-Identifier: GPL-2.0 */
/*
 * batches.h - puts the parts of batches together as they come, from dumps or
 * notifications, and checks them as an agent does.
 */
#ifndef VOLTGATE_TESTS_KMOD_BATCHES_H
#define VOLTGATE_TESTS_KMOD_BATCHES_H

#include "agent/chain.h"
#include "tests/kmod/wire.h"

struct batches {
	struct chain chain;
	struct batch batch; /* in the making */
	u32 filled;
	u64 want;	 /* number to come next; parts of others are left out */
	u64 records[16]; /* by kind */
	u64 faults;
	u32 largest;					/* bytes of a message */
	void (*record)(const struct vg_record *record); /* may be NULL */
};

/* A wire_answer_fn; @arg is struct batches. */
void batches_take(void *arg, const struct wire_answer *answer);
/* Fetches from the gate what is there from ->want on. What wire_call() returns. */
int batches_fetch(struct batches *batches, struct wire *wire);

#endif
