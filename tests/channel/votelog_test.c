// SPDX-License-Identifier: GPL-2.0
/*
 * votelog_test.c - the vote log against a disk that crashes at every
 * operation, tears, flips and fills up: what was synced is there again, or its loss is named.
 */
#include <errno.h>
#include <stdlib.h>

#include "agent/channel/votelog.h"
#include "tests/ktap.h"

#define BATCHES 24

static const u8 channel_id[32] = { 1 }, node_key[32] = { 2 };

static struct votelog_options options_for(struct disk *disk, u64 epoch)
{
	struct votelog_options options = { .disk = disk, .epoch = epoch, .file_bytes = 2000 };

	memcpy(options.channel, channel_id, 32);
	memcpy(options.node, node_key, 32);
	return options;
}

/* Record @index of the test: its bytes follow from its number. */
static size_t record_make(u32 index, u8 *bytes)
{
	size_t len = index % 7 == 3 ? 1500 : 100 + index;

	memset(bytes, 0, len);
	for (size_t i = 0; i < len; i++)
		bytes[i] = index % 5 == 2 ? 0 : (u8)(index * 31 + i);
	memcpy(bytes, &index, sizeof(index));
	return len;
}

static int append(struct votelog *log, u32 index)
{
	u8 bytes[4096];
	size_t len = record_make(index, bytes);

	return votelog_append(log, index % 7 == 3 ? VOTELOG_BODY : VOTELOG_MESSAGE, index, (struct span){ bytes, len });
}

struct seen {
	u32 first, next;
	bool wrong;
};

static int see(void *arg, enum votelog_kind kind, u64 number, struct span bytes)
{
	struct seen *seen = arg;
	u8 expected[4096];
	size_t len;

	if (kind == VOTELOG_MARK)
		return 0;
	len = record_make(number, expected);
	if (!seen->next)
		seen->first = number;
	else if (number != seen->next)
		seen->wrong = true;
	if (len != bytes.len || memcmp(expected, bytes.bytes, len))
		seen->wrong = true;
	seen->next = number + 1;
	return 0;
}

/* Two records a batch; stops at the first error. Highest record synced, or 0. */
static u32 write_all(struct disk *disk, int *ret_error)
{
	struct votelog_options options = options_for(disk, 0);
	struct votelog_error fault;
	struct votelog *log;
	u32 synced = 0, index = 1;
	bool fresh;
	int error = votelog_open(&options, &log, &fresh, &fault);

	if (!error && fresh) {
		votelog_close(log);
		error = votelog_create(&options, &log);
	}
	*ret_error = error;
	if (error)
		return 0;
	for (u32 batch = 0; batch < BATCHES && !error; batch++) {
		error = append(log, index);
		error = error ?: append(log, index + 1);
		error = error ?: votelog_sync(log);
		if (error)
			break;
		index += 2;
		synced = index - 1;
		if (batch % 6 == 5)
			error = votelog_stable(log, index > 16 ? index - 16 : 0);
	}
	*ret_error = error;
	votelog_close(log);
	return synced;
}

static int read_all(struct disk *disk, struct seen *seen, bool *ret_fresh, struct votelog_error *fault)
{
	struct votelog_options options = options_for(disk, 0);
	struct votelog *log;
	int error = votelog_open(&options, &log, ret_fresh, fault);

	*seen = (struct seen){ 0 };
	if (error)
		return error;
	error = votelog_replay(log, see, seen, fault);
	if (!error && !*ret_fresh) /* and it goes on from there */
		error = append(log, seen->next ? seen->next : 1) ?: votelog_sync(log);
	votelog_close(log);
	return error;
}

static void crash_test(void)
{
	struct votelog_error fault;
	struct disk *disk;
	struct seen seen;
	u64 operations;
	u32 bad = 0, runs = 0;
	bool fresh;
	int error;

	disk_memory_open(&disk);
	write_all(disk, &error);
	operations = disk_memory_operations(disk);
	ktap_ok(!error, "a log of %d batches in several files takes %llu operations", BATCHES,
		(unsigned long long)operations);
	disk_done(disk);
	for (u64 at = 1; at <= operations; at++) {
		for (u64 seed = 0; seed < 12; seed++) {
			u32 synced;

			disk_memory_open(&disk);
			disk_memory_fail_after(disk, at, EIO);
			synced = write_all(disk, &error);
			disk_memory_fail_after(disk, 0, 0);
			disk_memory_crash(disk, seed);
			error = read_all(disk, &seen, &fresh, &fault);
			runs++;
			if (error || seen.wrong || (synced && (fresh || seen.next <= synced))) {
				if (bad++ < 5)
					printf("# operation %llu, seed %llu: %d, %u of %u synced: %s %s %llu\n",
					       (unsigned long long)at, (unsigned long long)seed, error, seen.next,
					       synced, fault.text, fault.file, (unsigned long long)fault.offset);
			}
			disk_done(disk);
		}
	}
	ktap_ok(!bad, "%u crashes: all that was synced is there, and the log goes on", runs);
}

static void last_name(void *arg, const char *name)
{
	char *last = arg;

	if (strcmp(name, last) > 0)
		snprintf(last, 64, "%s", name);
}

static void flip_test(void)
{
	u32 silent = 0, flips = 0, unnamed = 0;
	struct votelog_error fault;
	char last[64] = "";
	struct disk *disk;
	struct seen seen;
	bool fresh;
	int error;
	u32 synced;

	disk_memory_open(&disk);
	synced = write_all(disk, &error);
	disk->ops->list(disk, last_name, last);
	for (u32 file = 0; file < 64; file++) {
		char name[64];
		struct disk_file *handle;
		ssize_t size;

		snprintf(name, sizeof(name), "%010u.vgv", file);
		if (disk->ops->open(disk, name, false, &handle))
			continue;
		size = disk->ops->size(handle);
		disk->ops->close(handle);
		for (ssize_t offset = 0; offset < size; offset++) {
			struct votelog_options options = options_for(disk, 0);
			struct votelog *log;

			disk_memory_flip(disk, name, offset, 1 << offset % 8);
			error = votelog_open(&options, &log, &fresh, &fault);
			flips++;
			if (!error) {
				seen = (struct seen){ 0 };
				votelog_replay(log, see, &seen, &fault);
				votelog_close(log);
				if (silent++ < 5)
					printf("# %s, offset %zd: not noticed\n", name, offset);
			} else if (strcmp(fault.file, name) || fault.offset > (u64)offset || !fault.text[0]) {
				if (unnamed++ < 5)
					printf("# %s, offset %zd: said to be in %s at %llu\n", name, offset, fault.file,
					       (unsigned long long)fault.offset);
			}
			disk_memory_flip(disk, name, offset, 1 << offset % 8);
		}
	}
	ktap_ok(flips > 1000 && !silent, "%u flipped bits in files up to %s, each noticed", flips, last);
	ktap_ok(!unnamed, "and named by file and record");
	error = read_all(disk, &seen, &fresh, &fault);
	ktap_ok(!error && seen.next == synced + 1 && !seen.wrong, "whole again, it reads to its end");
	disk_done(disk);
}

static void refuse_test(void)
{
	struct votelog_options options;
	struct votelog_error fault;
	struct votelog *log;
	struct disk *disk;
	struct seen seen;
	bool fresh;
	int error;

	disk_memory_open(&disk);
	error = read_all(disk, &seen, &fresh, &fault);
	ktap_ok(!error && fresh, "an empty folder is fresh");
	write_all(disk, &error);
	options = options_for(disk, 0);
	options.node[0] ^= 1;
	ktap_ok(votelog_open(&options, &log, &fresh, &fault) == -EPROTO && strstr(fault.text, "another node"),
		"another node's log is refused: %s", fault.text);
	options = options_for(disk, 0);
	options.channel[0] ^= 1;
	ktap_ok(votelog_open(&options, &log, &fresh, &fault) == -EPROTO && strstr(fault.text, "another channel"),
		"another channel's log is refused");
	options = options_for(disk, 1);
	error = votelog_open(&options, &log, &fresh, &fault);
	ktap_ok(!error && !fresh, "in a later epoch it begins anew and is not fresh");
	seen = (struct seen){ 0 };
	ktap_ok(!error && !votelog_replay(log, see, &seen, &fault) && !seen.next, "and holds none of the old votes");
	append(log, 1);
	votelog_sync(log);
	votelog_close(log);
	options = options_for(disk, 0);
	ktap_ok(votelog_open(&options, &log, &fresh, &fault) == -ESTALE, "an earlier epoch's node does not touch it");
	disk_done(disk);
}

static void full_test(void)
{
	struct votelog_options options;
	struct votelog_error fault;
	struct votelog *log;
	struct disk *disk;
	struct seen seen;
	u32 full = 0;
	bool fresh;
	int error;

	disk_memory_open(&disk);
	options = options_for(disk, 0);
	error = votelog_create(&options, &log);
	for (u32 index = 1; index < 40 && !error; index++) {
		error = append(log, index);
		disk_memory_fail_after(disk, 1 + index % 2, ENOSPC);
		if (votelog_sync(log) == -ENOSPC)
			full++;
		disk_memory_fail_after(disk, 0, 0);
		error = error ?: votelog_sync(log);
	}
	votelog_close(log);
	ktap_ok(!error && full > 20, "the disk was full %u times", full);
	disk_memory_crash(disk, 3);
	error = read_all(disk, &seen, &fresh, &fault);
	ktap_ok(!error && !seen.wrong && seen.first == 1 && seen.next == 40, "and nothing is lost or twice");
	disk_done(disk);
}

/* A process is killed after its sync failed: the next one is bound by what it reads, so that must not go away. */
static void killed_test(void)
{
	struct votelog_options options;
	struct votelog_error fault;
	struct votelog *log;
	struct disk *disk;
	struct seen seen;
	u32 right = 0;
	bool fresh;

	for (u32 after = 0; after < 6; after++) {
		disk_memory_open(&disk);
		options = options_for(disk, 0);
		if (votelog_create(&options, &log) || append(log, 1) || votelog_sync(log))
			abort();
		for (u32 index = 2; index < 4 + after; index++)
			if (append(log, index))
				abort();
		disk_memory_fail_after(disk, 1, ENOSPC); /* it is written, and not synced */
		if (votelog_sync(log) != -ENOSPC)
			abort();
		disk_memory_fail_after(disk, 0, 0);
		votelog_close(log);
		if (votelog_open(&options, &log, &fresh, &fault))
			abort();
		votelog_close(log);
		disk_memory_crash(disk, 0);
		right += !read_all(disk, &seen, &fresh, &fault) && !seen.wrong && seen.next == 4 + after;
		disk_done(disk);
	}
	ktap_ok(right == 6, "what a killed process left in memory binds the next, even after a power cut (%u of 6)",
		right);
}

int main(void)
{
	ktap_plan(0);
	crash_test();
	flip_test();
	refuse_test();
	full_test();
	killed_test();
	return ktap_exit();
}
