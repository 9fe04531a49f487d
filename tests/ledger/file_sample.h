/* SPDX-License-Identifier: GPL-2.0 */
/*
 * file_sample.h - blocks made from numbers, for the tests of blocks and block files.
 */
#ifndef VOLTGATE_TESTS_LEDGER_FILE_SAMPLE_H
#define VOLTGATE_TESTS_LEDGER_FILE_SAMPLE_H

#include "ledger/block.h"

extern const u8 sample_channel[32];

/* Block @number with @count transactions of about @size bytes and a quorum of 4 made-up signatures; malloc'd. */
struct span sample_block(u64 number, u32 count, u32 size);
bool sample_is(struct span block, u64 number, u32 count, u32 size);
u64 sample_draw(u64 *seed);

#endif
