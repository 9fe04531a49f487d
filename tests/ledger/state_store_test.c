// SPDX-License-Identifier: GPL-2.0
/*
 * state_store_test.c - the two stores side by side under random batches: what is got and walked is the same; a walk
 * sees what was there when it began; the one in memory forgets what was not synced.
 */
#include <errno.h>
#include <stdlib.h>

#include "tests/ktap.h"
#include "tests/ledger/state_rig.h"

#define STEPS 4000

static struct store *stores[2]; /* LevelDB, memory */
static struct rig_random dice = { 5 };

static struct span key_of(u8 bytes[8], u32 draw)
{
	memset(bytes, 'a', 8);
	memcpy(bytes + 1, &draw, 2);
	return rig_span(bytes, 1 + draw % 5);
}

static void write_some(bool sync)
{
	struct store_batch *batches[2];
	u8 key[8], value[30];
	u32 count = rig_draw(&dice, 6), i;

	for (i = 0; i < 2; i++)
		batches[i] = stores[i]->ops->batch_new(stores[i]);
	while (count--) {
		u32 draw = rig_draw(&dice, 300), deletes = rig_draw(&dice, 3) == 0;
		struct span bytes = { value, rig_draw(&dice, sizeof(value)) };

		memset(value, (int)rig_draw(&dice, 256), sizeof(value));
		for (i = 0; i < 2; i++)
			if (deletes)
				stores[i]->ops->batch_delete(batches[i], key_of(key, draw));
			else
				stores[i]->ops->batch_put(batches[i], key_of(key, draw), bytes);
	}
	for (i = 0; i < 2; i++)
		if (stores[i]->ops->batch_write(stores[i], batches[i], sync))
			abort();
}

static bool same_get(void)
{
	u8 bytes[8], *values[2] = { NULL, NULL };
	struct span key = key_of(bytes, rig_draw(&dice, 300));
	size_t lens[2] = { 0, 0 };
	int errors[2], i;
	bool same;

	for (i = 0; i < 2; i++)
		errors[i] = stores[i]->ops->get(stores[i], key, &values[i], &lens[i]);
	same = errors[0] == errors[1] && span_equal(rig_span(values[0], lens[0]), rig_span(values[1], lens[1]));
	free(values[0]);
	free(values[1]);
	return same;
}

/* Both from one key on; in the middle of it more is written. */
static bool same_walk(bool writes)
{
	u8 bytes[8];
	struct span from = key_of(bytes, rig_draw(&dice, 300)), keys[2], values[2];
	struct store_walk *walks[2];
	bool more[2] = { true, true }, same = true;
	int error = 0, i, steps = 0;

	for (i = 0; i < 2; i++)
		walks[i] = stores[i]->ops->walk(stores[i], from);
	while (same && more[0]) {
		for (i = 0; i < 2; i++)
			more[i] = stores[i]->ops->walk_next(walks[i], &keys[i], &values[i], &error);
		same = !error && more[0] == more[1] &&
		       (!more[0] || (span_equal(keys[0], keys[1]) && span_equal(values[0], values[1])));
		if (writes && steps++ % 7 == 0)
			write_some(steps % 3 == 0);
	}
	for (i = 0; i < 2; i++)
		stores[i]->ops->walk_free(walks[i]);
	return same;
}

static bool put_one(const char *key, const char *value, bool sync)
{
	struct store_batch *batch = stores[1]->ops->batch_new(stores[1]);

	stores[1]->ops->batch_put(batch, rig_word(key), rig_word(value));
	return !stores[1]->ops->batch_write(stores[1], batch, sync);
}

static bool holds(const char *key, const char *value)
{
	size_t len = 0;
	u8 *bytes;
	int error = stores[1]->ops->get(stores[1], rig_word(key), &bytes, &len);
	bool right = value ? !error && span_equal(rig_span(bytes, len), rig_word(value)) : error == -ENOENT;

	if (!error)
		free(bytes);
	return right;
}

int main(void)
{
	char folder[64], error[320];
	bool right = true;
	u32 step;

	ktap_plan(0);
	rig_folder(folder);
	if (store_leveldb_open(folder, true, &stores[0], error) || store_memory_open(&stores[1]))
		return 1;
	for (step = 0; right && step < STEPS; step++) {
		write_some(rig_draw(&dice, 20) == 0);
		right = same_get() && (step % 25 || same_walk(step % 50 == 0));
	}
	ktap_ok(right, "%u of %u steps alike, walks under writing among them", step, STEPS);
	ktap_ok(put_one("zz", "old", true) && put_one("zz", "new", false) && put_one("zzz", "more", false) &&
			(store_memory_crash(stores[1]), holds("zz", "old")) && holds("zzz", NULL),
		"a power cut takes back what was not synced");
	store_memory_fail_after(stores[1], 1, -ENOSPC);
	ktap_ok(put_one("zz", "a", false) && !put_one("zz", "b", true) && holds("zz", "a"),
		"a write that fails changes nothing");
	stores[0]->ops->close(stores[0]);
	stores[1]->ops->close(stores[1]);
	ktap_ok(store_leveldb_open(folder, true, &stores[0], error) == -EEXIST &&
			store_leveldb_open("/nowhere/at/all", false, &stores[0], error) == -ENOENT && *error,
		"a database is not made over another, nor opened where none is");
	rig_folder_done(folder);
	return ktap_exit();
}
