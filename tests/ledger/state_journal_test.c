// SPDX-License-Identifier: GPL-2.0
/*
 * state_journal_test.c - the bucket hashes in the store, with chunks that come
 * round many times: opened again and again, after power cuts, with overlays above while the chunks are written; and
 * what is taken away or put back behind the state's back is found.
 */
#include <errno.h>
#include <stdlib.h>

#include "ledger/state_parts.h"
#include "tests/ktap.h"
#include "tests/ledger/state_lasting.h"
#include "tests/ledger/state_rig.h"

#define COMMITS 1600
#define KEYS 3000

static struct lasting lasting;
static struct rig_random dice = { 21 };
static const u8 seed[32] = { 4 };
static u8 roots[COMMITS + 2][32]; /* by number */

static struct state *opened(int wanted)
{
	struct state *state = NULL;
	int error = state_open(lasting_store(&lasting), seed, &state);

	if (error != wanted)
		printf("# %d %s\n", error, lasting.store->error);
	if (!state)
		return NULL;
	state->turn_changes = 6;
	state->turn_bytes = 700;
	return state;
}

static void put_some(struct overlay *overlay, u64 number)
{
	u32 count = 1 + rig_draw(&dice, 12);
	u8 key[8] = "k";

	while (count--) {
		u32 draw = rig_draw(&dice, KEYS);

		memcpy(key + 1, &draw, sizeof(draw));
		if (rig_draw(&dice, 4))
			overlay_put(overlay, rig_span(key, 8), rig_span(&number, 8),
				    (struct state_version){ number, count });
		else
			overlay_delete(overlay, rig_span(key, 8));
	}
}

static bool commit(struct state *state, struct overlay *overlay, bool sync)
{
	struct state_mark mark = { .number = state_mark(state)->number + 1 };

	if (overlay_root(overlay, mark.root))
		return false;
	memcpy(roots[mark.number], mark.root, 32);
	return !state_commit(overlay, &mark, sync);
}

static bool right_root(struct state *state)
{
	const struct state_mark *mark = state_mark(state);
	u8 root[32];
	u64 keys;

	return !memcmp(mark->root, roots[mark->number], 32) && !state_recompute(state, root, &keys) &&
	       !memcmp(root, mark->root, 32);
}

/* Commits with one or two more overlays above, whose roots were made before. */
static bool step(struct state *state)
{
	u64 number = state_mark(state)->number + 1;
	struct overlay *line[3];
	u8 root[32];
	u32 i;

	for (i = 0; i < 3; i++) {
		line[i] = overlay_new(state, i ? line[i - 1] : NULL);
		put_some(line[i], number + i);
		if (overlay_root(line[i], root))
			return false;
	}
	if (!commit(state, line[0], !rig_draw(&dice, 9)))
		return false;
	overlay_drop(line[1]);
	return true;
}

static void test_turns(void)
{
	struct state *state = opened(0);
	u32 reopened = 0, cut = 0, records;
	bool right = state != NULL;

	while (right && state_mark(state)->number < COMMITS) {
		right = step(state);
		if (!right || rig_draw(&dice, 60))
			continue;
		state_close(state);
		if (!rig_draw(&dice, 3)) {
			lasting_crash(&lasting, 0);
			cut++;
		}
		state = opened(0);
		right = state && right_root(state);
		reopened++;
	}
	records = right ? (u32)(state->journal.sequence - state->journal.first) : 0;
	ktap_ok(right && reopened > 10 && cut > 3, "%u times opened again, %u of them after a power cut", reopened,
		cut);
	ktap_ok(right && state->journal.stamps[0] > 1000 && records <= 600,
		"chunks came round; %u records of the journal are left", records);
	state_close(state);
}

static bool take_away(struct span name)
{
	struct store *store = lasting_store(&lasting);
	struct store_batch *batch = store->ops->batch_new(store);

	store->ops->batch_delete(batch, name);
	return !store->ops->batch_write(store, batch, true);
}

static bool put_back(struct span name, const u8 *bytes, size_t len)
{
	struct store *store = lasting_store(&lasting);
	struct store_batch *batch = store->ops->batch_new(store);

	store->ops->batch_put(batch, name, rig_span(bytes, len));
	return !store->ops->batch_write(store, batch, true);
}

/* The store loses commit @sequence's record, then has it again. */
static bool without_record(u64 sequence)
{
	struct store *store = lasting_store(&lasting);
	struct writer writer;
	u8 name[9], *bytes;
	struct span key = { name, 9 };
	size_t len;
	bool right;

	writer_init(&writer, name, sizeof(name));
	writer_u8(&writer, 'j');
	writer_u64(&writer, sequence);
	if (store->ops->get(store, key, &bytes, &len))
		return false;
	right = take_away(key) && !opened(-EIO) && strstr(store->error, "missing");
	right = put_back(key, bytes, len) && right;
	free(bytes);
	return right;
}

/* One bit of a value in bucket @name changes; its hash does not. */
static void test_value(struct state *state, struct span name, struct span key)
{
	struct store *store = lasting_store(&lasting);
	struct state_value value;
	u8 *bytes, root[32];
	u64 keys;
	size_t len;
	bool right = !store->ops->get(store, name, &bytes, &len);

	if (right) {
		bytes[len - 1] ^= 1; /* the last value's last byte */
		right = put_back(name, bytes, len) && state_recompute(state, root, &keys) == -EIO &&
			strstr(store->error, "does not have its hash") && state_get(state, key, &value) == -EIO;
		free(bytes);
	}
	ktap_ok(right, "a value that is not its hash's is neither served nor recomputed from");
}

static void test_lost(void)
{
	struct state *state = opened(0);
	struct store *store = lasting_store(&lasting);
	struct state_value value;
	u8 name[5], key[8] = "k", *old;
	u64 first, last;
	size_t len;
	u32 draw = 0;
	bool right = false;

	if (!ktap_ok(state != NULL, "opened"))
		return;
	first = state->journal.first;
	last = state->journal.sequence;
	state_close(state);
	ktap_ok(without_record(first) && without_record(last) && without_record((first + last) / 2),
		"a commit's record that is missing is told");
	state = opened(0);
	do { /* a key that is there, alone or not in its bucket */
		memcpy(key + 1, &draw, sizeof(draw));
	} while (draw++ < KEYS && state_get(state, rig_span(key, 8), &value));
	bucket_name(name, buckettree_bucket(seed, rig_span(key, 8)));
	if (!store->ops->get(store, rig_span(name, 5), &old, &len)) {
		struct overlay *overlay = overlay_new(state, NULL);

		overlay_put(overlay, rig_span(key, 8), rig_word("newer"), (struct state_version){ 1u << 30, 1 });
		right = commit(state, overlay, true);
		state_close(state);
		right = right && put_back(rig_span(name, 5), old, len);
		free(old);
		state = opened(0);
		right = right && state_get(state, rig_span(key, 8), &value) == -EIO && strstr(store->error, "Bucket");
	}
	ktap_ok(right, "an old bucket in the place of the new one is not believed");
	test_value(state, rig_span(name, 5), rig_span(key, 8));
	right = take_away(rig_span(name, 5));
	state_close(state);
	state = opened(0);
	ktap_ok(right && state_get(state, rig_span(key, 8), &value) == -EIO,
		"nor a bucket that is gone taken for empty");
	state_close(state);
}

int main(void)
{
	ktap_plan(0);
	lasting_init(&lasting);
	test_turns();
	test_lost();
	lasting_done(&lasting);
	return ktap_exit();
}
