/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tally.h - what was sent, counted by what the gate must say of it. A frame is
 * counted when the kernel took it, never before.
 */
#ifndef VOLTGATE_SIM_TALLY_H
#define VOLTGATE_SIM_TALLY_H

#include <stdio.h>
#include "tools/sim/craft.h"

struct tally {
	u64 expected[VG_REASON_COUNT];
	u64 modes[MODE_COUNT];
	u64 its[VG_REASON_COUNT]; /* what the agent must say of the ITS frames handed to it */
	u64 foreign;		  /* not the gate's; in no reason */
	u64 actions;		  /* accepted ones, of which the verdict log must have a record */
	u64 frames;
	u64 bytes;
	u64 retries; /* times the interface's queue was full */
	u64 elapsed_us;
};

void tally_count(struct tally *tally, const struct shot *shot);
void tally_add(struct tally *sum, const struct tally *part);
/* One JSON object in one line: {"frames", "for_gate", "foreign", "actions", "expected": {...}, "its": {...}, "modes":
 * {...}, ...}. */
void tally_print_json(const struct tally *tally, const char *interface, u64 seed, u32 vehicles, FILE *out);
void tally_print_text(const struct tally *tally, FILE *out);

#endif
