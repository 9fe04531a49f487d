// SPDX-License-Identifier: GPL-2.0
/*
 * execute_prune.c - what is looked at again once block time has passed: the 'x'
 * keys in order of time, a bounded number a block, so that no block pays for a
 * quiet hour before it (PROTOCOL.md L14).
 */
#include <errno.h>
#include <stdlib.h>

#include "ledger/execute_run.h"

#define DUE_HEAD_LEN 9 /* 'x', time */
#define DUE_KEY_MAX EXECUTE_EVIDENCE_KEY_LEN
#define PRUNE_LEAST 64

static const u8 due_space[] = { 'x' };

static void due_time_write(u8 *bytes, u64 time)
{
	struct writer writer;

	writer_init(&writer, bytes, 8);
	writer_u64(&writer, time);
}

void execute_due(struct execute_run *run, u64 due, struct span key)
{
	static const u8 one[] = { 1 };
	u8 bytes[DUE_HEAD_LEN + DUE_KEY_MAX] = { due_space[0] };

	due_time_write(bytes + 1, due);
	memcpy(bytes + DUE_HEAD_LEN, key.bytes, key.len);
	execute_put(run, (struct span){ bytes, DUE_HEAD_LEN + key.len }, (struct span){ one, 1 }, run->index);
}

static void due_handle(struct execute_run *run, struct span key)
{
	if (key.bytes[0] == 'n')
		execute_window_prune(run, key);
	else
		execute_batch_prune(run, key);
}

/*
 * Where nothing is left before: without it, a store that marks deletions would
 * be walked from its first day in every block.
 */
static u64 pruned_up_to(struct execute_run *run)
{
	struct state_value value;
	struct reader reader;

	if (execute_get(run, (struct span){ due_space, 1 }, &value))
		return 0;
	reader_init(&reader, value.bytes.bytes, value.bytes.len);
	return reader_u64(&reader);
}

/* Takes the first due entry off; false if there is none. */
static bool prune_one(struct execute_run *run, u64 *up_to)
{
	u8 from[DUE_HEAD_LEN] = { due_space[0] }, *key = NULL;
	struct reader reader;
	size_t len = 0;
	int found;
	u64 due;

	due_time_write(from + 1, *up_to);
	found = overlay_first(run->overlay, (struct span){ due_space, 1 }, (struct span){ from, sizeof(from) }, &key,
			      &len);
	if (found < 0)
		run->error = found;
	if (found <= 0)
		return false;
	reader_init(&reader, key + 1, len - 1);
	due = reader_u64(&reader);
	if (due < run->context->time) {
		*up_to = due;
		execute_delete(run, (struct span){ key, len });
		due_handle(run, (struct span){ reader.at, reader_left(&reader) });
	}
	free(key);
	return due < run->context->time;
}

void execute_prune(struct execute_run *run)
{
	u32 most = PRUNE_LEAST + 2 * run->index, done = 0;
	u64 before = pruned_up_to(run), up_to = before;
	u8 bytes[8];

	while (done < most && !run->error && prune_one(run, &up_to))
		done++;
	if (up_to == before)
		return;
	due_time_write(bytes, up_to);
	execute_put(run, (struct span){ due_space, 1 }, (struct span){ bytes, sizeof(bytes) }, run->index);
}
