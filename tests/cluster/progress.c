// SPDX-License-Identifier: GPL-2.0
/*
 * progress.c - the record is text: the program's hash and the range, how far all seeds are done and which rules they
 * passed through, and the seeds that failed. It is written anew beside the old one and renamed.
 */
#include "tests/cluster/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ledger/hash.h"

static u64 now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec;
}

/* Another build may run the same seeds otherwise. */
static void program_hash(char ret_hex[65])
{
	FILE *program = fopen("/proc/self/exe", "re");
	size_t room = 64u << 20, len = 0;
	u8 *bytes = malloc(room), hash[32] = { 0 };
	u32 i;

	if (program && bytes)
		len = fread(bytes, 1, room, program);
	if (len)
		ledger_hash_bytes(LEDGER_DOMAIN_MESSAGE, bytes, len, hash);
	for (i = 0; i < 32; i++)
		snprintf(ret_hex + 2 * i, 3, "%02x", hash[i]);
	free(bytes);
	if (program)
		fclose(program);
}

static void record_read(struct progress *progress, FILE *file)
{
	char mine[65], theirs[65];
	u64 first, last, through, seed;
	u32 rules;

	program_hash(mine);
	if (fscanf(file, "%64s %llu %llu %llu %x", theirs, &first, &last, &through, &rules) != 5 ||
	    strcmp(mine, theirs) || first != progress->first || last != progress->last || through > last)
		return;
	progress->through = through;
	progress->earlier = through + 1 - first;
	progress->rules = rules;
	while (progress->failed_count < PROGRESS_FAILED_MAX && fscanf(file, "%llu", &seed) == 1)
		progress->failed[progress->failed_count++] = seed;
}

void progress_init(struct progress *progress, const char *file, u64 first, u64 last)
{
	FILE *record = file ? fopen(file, "re") : NULL;
	u32 i;

	*progress = (struct progress){ .file = file, .first = first, .last = last, .through = first - 1 };
	progress->started_s = progress->told_s = progress->kept_s = now_s();
	if (!record)
		return;
	record_read(progress, record);
	fclose(record);
	progress->earlier_failed = progress->failed_count;
	if (progress->earlier)
		printf("# an interrupted run of the same program had done the seeds up to %llu, %u failed\n",
		       progress->through, progress->failed_count);
	for (i = 0; i < progress->failed_count; i++)
		printf("seed %llu: It failed in the interrupted run.\n", progress->failed[i]);
	fflush(stdout);
}

static void record_write(const struct progress *progress)
{
	char path[4096], hex[65];
	FILE *file;
	u32 i;

	snprintf(path, sizeof(path), "%.4000s.new", progress->file);
	file = fopen(path, "we");
	if (!file)
		return;
	program_hash(hex);
	fprintf(file, "%s %llu %llu %llu %x\n", hex, progress->first, progress->last, progress->through,
		progress->rules);
	for (i = 0; i < progress->failed_count; i++)
		if (progress->failed[i] <= progress->through)
			fprintf(file, "%llu\n", progress->failed[i]);
	if (!fclose(file))
		rename(path, progress->file);
}

void progress_tick(struct progress *progress, u64 done, u64 failed)
{
	u64 now = now_s();

	if (now >= progress->told_s + 15) {
		fprintf(stderr, "# %llu of %llu seeds, %llu failed, %llu s\n", progress->earlier + done,
			progress->last - progress->first + 1, failed, now - progress->started_s);
		progress->told_s = now;
	}
	if (progress->file && progress->through >= progress->first && now >= progress->kept_s + 5) {
		record_write(progress);
		progress->kept_s = now;
	}
}

void progress_done(struct progress *progress)
{
	if (progress->file)
		remove(progress->file);
}
