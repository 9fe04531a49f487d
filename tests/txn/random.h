/* SPDX-License-Identifier: GPL-2.0 */
/*
 * random.h - random transactions for a world, by seed (the same for one
 * compiler: several are drawn in one expression). They depend on the world's state (versions read, time), so that most
 * are valid or nearly so.
 */
#ifndef VOLTGATE_TESTS_TXN_RANDOM_H
#define VOLTGATE_TESTS_TXN_RANDOM_H

#include "tests/txn/world.h"

#define RANDOM_CLIENTS 4

/* For world_open(): short lives, so that a test sees ends. */
void random_tune(struct membership *genesis);
void random_begin(struct world *world, u64 seed);
u64 random_draw(u64 below);
/* Microseconds until the next block. */
u64 random_pause(void);
/* @size: TRANSACTION_MAX. */
size_t random_transaction(u8 *into, size_t size);

#endif
