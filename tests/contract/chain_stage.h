/* SPDX-License-Identifier: GPL-2.0 */
/* chain_stage.h - a gate's sealed batches for tests of anchors and alarms: heads, and single records with their path.
 */
#ifndef VOLTGATE_TESTS_CONTRACT_CHAIN_STAGE_H
#define VOLTGATE_TESTS_CONTRACT_CHAIN_STAGE_H

#include "tests/contract/money_stage.h"

struct chain_texts { /* arguments, in static memory until the fourth next call */
	const char *head, *signature, *proof;
};

/* What may differ from a right one; changes are made before hashing and signing. */
struct chain_batch {
	struct world_verdict verdict;
};

/* Batch @number of the stage's attestor with an alarm record at @index of five; @packets refused for @reason. */
struct chain_batch chain_batch(u64 number, u32 index, u8 reason, u64 packets);
struct chain_texts chain_seal(struct chain_batch *batch);

#endif
