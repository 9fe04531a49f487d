// SPDX-License-Identifier: GPL-2.0
/*
 * state_bench.c - what a block of updates costs on a state of so many keys:
 * state_bench [KEYS [BLOCKS [UPDATES]]]; prints milliseconds of processor and wall clock a block, by part.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/ledger/state_rig.h"

static double now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static struct span key_of(u32 number, u8 key[40])
{
	memset(key, 0, 40);
	memcpy(key, "kbench", 6);
	memcpy(key + 8, &number, 4);
	return rig_span(key, 32);
}

struct cost {
	double read, write, root, commit, processor, wall;
};

static void block(struct state *state, struct rig_random *random, u64 number, u32 first, u32 keys, u32 updates,
		  bool reads, struct cost *cost)
{
	struct overlay *overlay = overlay_new(state, NULL);
	struct state_mark mark = { .number = number };
	double wall = now(CLOCK_MONOTONIC), processor = now(CLOCK_PROCESS_CPUTIME_ID), at;
	struct state_value value;
	u8 key[40], bytes[64];
	u32 *drawn = malloc(updates * sizeof(*drawn)), i;

	memset(bytes, (int)number, sizeof(bytes));
	for (i = 0; i < updates; i++)
		drawn[i] = keys ? rig_draw(random, keys) : first + i;
	at = now(CLOCK_THREAD_CPUTIME_ID);
	for (i = 0; i < updates && reads; i++)
		overlay_get(overlay, key_of(drawn[i], key), &value);
	cost->read += now(CLOCK_THREAD_CPUTIME_ID) - at;
	at = now(CLOCK_THREAD_CPUTIME_ID);
	for (i = 0; i < updates; i++)
		overlay_put(overlay, key_of(drawn[i], key), rig_span(bytes, sizeof(bytes)),
			    (struct state_version){ number, i });
	cost->write += now(CLOCK_THREAD_CPUTIME_ID) - at;
	at = now(CLOCK_THREAD_CPUTIME_ID);
	if (overlay_root(overlay, mark.root))
		abort();
	cost->root += now(CLOCK_THREAD_CPUTIME_ID) - at;
	at = now(CLOCK_THREAD_CPUTIME_ID);
	if (state_commit(overlay, &mark, false))
		abort();
	cost->commit += now(CLOCK_THREAD_CPUTIME_ID) - at;
	cost->wall += now(CLOCK_MONOTONIC) - wall;
	cost->processor += now(CLOCK_PROCESS_CPUTIME_ID) - processor;
	free(drawn);
}

int main(int argc, char **argv)
{
	u32 keys = argc > 1 ? (u32)atoi(argv[1]) : 1000, blocks = argc > 2 ? (u32)atoi(argv[2]) : 100;
	u32 updates = argc > 3 ? (u32)atoi(argv[3]) : 1000, i;
	struct rig_random random = { 1 };
	struct cost fill = { 0 }, cost = { 0 };
	struct state *state;
	struct store *store;
	u8 seed[32] = { 3 };
	char folder[64], error[320] = "";
	double at;
	u64 number = 0;

	rig_folder(folder);
	if (store_leveldb_open(folder, true, &store, error) || state_open(store, seed, &state)) {
		printf("%s\n", error);
		return 1;
	}
	for (i = 0; i < keys; i += 10000)
		block(state, &random, ++number, i, 0, keys - i < 10000 ? keys - i : 10000, false, &fill);
	for (i = 0; i < blocks; i++)
		block(state, &random, ++number, 0, keys, updates, true, &cost);
	printf("%u keys (filled in %.0f ms), blocks of %u: %.2f ms wall, %.2f ms processor (with compaction); this "
	       "thread: read %.2f, put %.2f, root "
	       "%.2f, "
	       "commit %.2f\n",
	       keys, fill.wall, updates, cost.wall / blocks, cost.processor / blocks, cost.read / blocks,
	       cost.write / blocks, cost.root / blocks, cost.commit / blocks);
	state_close(state);
	at = now(CLOCK_MONOTONIC);
	if (store_leveldb_open(folder, false, &store, error) || state_open(store, seed, &state)) {
		printf("%s\n", error);
		return 1;
	}
	printf("opened in %.0f ms\n", now(CLOCK_MONOTONIC) - at);
	state_close(state);
	rig_folder_done(folder);
	return 0;
}
