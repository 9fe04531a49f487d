// SPDX-License-Identifier: GPL-2.0
/*
 * file_crash_test.c - block files and the power cut: a run of appends, syncs
 * and cuts is stopped at every operation on the disk, many seeds each say what
 * the disk kept. What was synced is there, bytes are right, opening works, and life goes on.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "ledger/blockfile.h"
#include "tests/ktap.h"
#include "tests/ledger/file_sample.h"

#define FILE_BYTES 4000
#define SEEDS 40

struct run {
	struct disk *disk;
	struct blockfile *files;
	struct blockfile_error error;
	u64 torn, synced;  /* synced: blocks below this number were on the disk */
	u64 kept_by_a_cut; /* while a cut is under way both ends are right: the lower one */
};

static int run_open(struct run *run)
{
	struct blockfile_options options = { .disk = run->disk, .file_bytes = FILE_BYTES };

	memcpy(options.channel, sample_channel, 32);
	run->files = NULL;
	return blockfile_open(&options, &run->files, &run->torn, &run->error);
}

static u32 block_size_of(u64 number)
{
	return (u32)(number * 37 % 900);
}

static int run_append(struct run *run, u64 number)
{
	struct span block = sample_block(number, 1, block_size_of(number));
	int code = blockfile_append(run->files, number, block);

	free((void *)block.bytes);
	return code;
}

/* Appends in groups as a node does, cuts once. Stops at the first error. */
static int run_work(struct run *run)
{
	u64 number;
	int code;

	for (number = 0; number < 26; number++) {
		code = run_append(run, number);
		if (code)
			return code;
		if (number % 3 == 2 || number == 19) {
			code = blockfile_sync(run->files);
			if (code)
				return code;
			run->synced = number + 1;
		}
	}
	run->kept_by_a_cut = 11;
	code = blockfile_cut(run->files, 11);
	if (code)
		return code;
	run->synced = 11;
	for (number = 11; number < 18; number++) {
		code = run_append(run, number);
		if (code)
			return code;
	}
	return 0;
}

/* Are all blocks right, and none missing that was synced? */
static bool run_whole(struct run *run)
{
	u64 number, least = run->synced < run->kept_by_a_cut ? run->synced : run->kept_by_a_cut;
	struct span block;
	u8 *bytes;

	if (blockfile_next(run->files) < least)
		return false;
	for (number = 0; number < blockfile_next(run->files); number++) {
		if (blockfile_read(run->files, number, &bytes, &block.len, &run->error))
			return false;
		block.bytes = bytes;
		if (!sample_is(block, number, 1, block_size_of(number))) {
			free(bytes);
			return false;
		}
		free(bytes);
	}
	return true;
}

/* Crash after @operations of the disk, with @seed. Returns whether all is as it must be; @ret_torn counts repairs. */
static bool crash_once(u64 operations, u64 seed, u64 *ret_torn)
{
	struct run run = { .kept_by_a_cut = ~0ull };
	u64 number;
	int code;
	bool right = false;

	disk_memory_open(&run.disk);
	disk_memory_fail_after(run.disk, operations, EIO);
	if (!run_open(&run))
		run_work(&run);
	disk_memory_crash(run.disk, seed);
	blockfile_close(run.files);
	code = run_open(&run);
	if (code) {
		printf("# operation %llu seed %llu: %s at %llu: %s\n", (unsigned long long)operations,
		       (unsigned long long)seed, run.error.file, (unsigned long long)run.error.offset, run.error.text);
		goto out;
	}
	*ret_torn += run.torn > 0;
	right = run_whole(&run);
	number = blockfile_next(run.files);
	run.synced = number + 3;
	run.kept_by_a_cut = ~0ull;
	for (; right && number < run.synced; number++)
		right = !run_append(&run, number);
	right = right && !blockfile_sync(run.files);
	disk_memory_crash(run.disk, 0); /* and once more, right after a sync */
	blockfile_close(run.files);
	right = !run_open(&run) && right && run_whole(&run);
	if (!right)
		printf("# operation %llu seed %llu: blocks are wrong or missing\n", (unsigned long long)operations,
		       (unsigned long long)seed);
out:
	blockfile_close(run.files);
	disk_done(run.disk);
	return right;
}

static u64 operations_of_a_run(void)
{
	struct run run = { .synced = 0 };
	u64 operations;

	disk_memory_open(&run.disk);
	if (run_open(&run) || run_work(&run))
		abort();
	operations = disk_memory_operations(run.disk);
	blockfile_close(run.files);
	disk_done(run.disk);
	return operations;
}

/* A block that rotted after it was synced is no torn tail, though the index was lost with it. */
static void test_rot_without_index(void)
{
	struct run run = { .synced = 0 };
	u64 number;
	int code;

	disk_memory_open(&run.disk);
	run_open(&run);
	for (number = 0; number < 4; number++) {
		run_append(&run, number);
		blockfile_sync(run.files);
	}
	blockfile_close(run.files);
	run.disk->ops->remove(run.disk, "0000000000.vgi");
	disk_memory_flip(run.disk, "0000000000.vgb", 52 + 16 + 40, 1);
	code = run_open(&run);
	ktap_ok(code == -EBADMSG && run.error.offset == 52,
		"a rotten record before synced ones is no torn tail: %s at %llu", run.error.file,
		(unsigned long long)run.error.offset);
	blockfile_close(run.files);
	disk_done(run.disk);
}

int main(void)
{
	u64 operations = operations_of_a_run(), at, seed, right = 0, all = 0, torn = 0;

	ktap_plan(0);
	for (at = 1; at <= operations; at++)
		for (seed = 0; seed < SEEDS; seed++, all++)
			right += crash_once(at, seed ? seed * 7919 + at : 0, &torn);
	ktap_ok(right == all, "power cut at every operation: what was synced is there, nothing is wrong (%llu of %llu)",
		(unsigned long long)right, (unsigned long long)all);
	ktap_ok(torn > all / 50, "torn tails were found and cut off (%llu times)", (unsigned long long)torn);
	test_rot_without_index();
	return ktap_exit();
}
