// SPDX-License-Identifier: GPL-2.0
/*
 * state_model_test.c - random operations on two states at once, one in memory and one in LevelDB, against the naive
 * model: every read, every first key, every root, proofs, recomputation, history, dropping and committing overlays,
 * closing and opening again.
 */
#include <errno.h>
#include <stdlib.h>

#include "ledger/buckettree.h"
#include "tests/ktap.h"
#include "tests/ledger/state_rig.h"

#define DEPTH 6
#define SEEDS 12
#define STEPS 1500
#define POOL 240

struct run {
	struct rig_random random;
	u8 seed[32];
	char folder[64], why[160];
	struct state *states[2]; /* memory, LevelDB */
	struct overlay *overlays[2][DEPTH];
	struct rig_model *models; /* [0] committed, [i + 1] overlay i */
	u32 depth;
	u64 number;
	u8 keys[POOL][16];
	u32 key_lens[POOL];
	struct { /* what history must say: newest last */
		u32 key;
		struct state_version version;
		bool deleted;
		u8 value[8];
	} * past;
	u32 past_count;
	u64 checks;
};

static bool fail(struct run *run, const char *why)
{
	if (!run->why[0])
		snprintf(run->why, sizeof(run->why), "%s", why);
	return false;
}

/* Keys crowd into few buckets, so that buckets hold several; some begin alike. */
static void draw_keys(struct run *run)
{
	static const char spaces[] = "cmrkpneMx";
	u32 i, j;

	for (i = 0; i < POOL; i++)
		do {
			run->key_lens[i] = 1 + rig_draw(&run->random, 15);
			run->keys[i][0] = (u8)spaces[rig_draw(&run->random, sizeof(spaces) - 1)];
			if (i % 3 == 0)
				run->keys[i][0] = 'x';
			for (j = 1; j < run->key_lens[i]; j++)
				run->keys[i][j] = (u8)rig_draw(&run->random, i % 2 ? 3 : 256);
		} while (i % 4 && buckettree_bucket(run->seed, rig_span(run->keys[i], run->key_lens[i])) % 4096 > 12);
}

static struct span key_at(struct run *run, u32 index)
{
	return rig_span(run->keys[index], run->key_lens[index]);
}

static struct rig_model *top_model(struct run *run)
{
	return &run->models[run->depth];
}

static bool same_value(int error, const struct state_value *value, const struct rig_pair *pair)
{
	if (!pair || !pair->there)
		return error == -ENOENT && !value->version.number && !value->version.index;
	return !error && value->version.number == pair->version.number && value->version.index == pair->version.index &&
	       span_equal(value->bytes, rig_span(pair->value, pair->value_len));
}

static bool step_read(struct run *run)
{
	struct span key = key_at(run, rig_draw(&run->random, POOL));
	struct state_value value;
	u32 twin, level = rig_draw(&run->random, run->depth + 1);

	for (twin = 0; twin < 2; twin++) {
		int error = level ? overlay_get(run->overlays[twin][level - 1], key, &value)
				  : state_get(run->states[twin], key, &value);

		if (!same_value(error, &value, rig_find(&run->models[level], key)))
			return fail(run, "a read differs from the model");
	}
	return true;
}

static bool step_first(struct run *run)
{
	struct span key = key_at(run, rig_draw(&run->random, POOL)), from = key_at(run, rig_draw(&run->random, POOL));
	struct span prefix = rig_span(key.bytes, 1 + rig_draw(&run->random, 2) % key.len);
	const struct rig_pair *pair;
	u32 twin;

	if (!run->depth)
		return true;
	if (rig_draw(&run->random, 2)) { /* as pruning asks */
		prefix = rig_word("x");
		from = prefix;
	}
	pair = rig_first(top_model(run), prefix, from);
	for (twin = 0; twin < 2; twin++) {
		u8 *found = NULL;
		size_t len = 0;
		int there = overlay_first(run->overlays[twin][run->depth - 1], prefix, from, &found, &len);
		bool right = there == (pair != NULL) &&
			     (!pair || span_equal(rig_span(found, len), rig_span(pair->key, pair->key_len)));

		free(found);
		if (!right)
			return fail(run, "the first key differs from the model");
	}
	return true;
}

static bool step_write(struct run *run)
{
	u32 index = rig_draw(&run->random, POOL), twin;
	struct state_version version = { run->number + run->depth - 1, 1 + rig_draw(&run->random, 1000000) };
	bool deletes = rig_draw(&run->random, 3) == 0;
	u8 bytes[RIG_VALUE_MAX];
	u32 longest = rig_draw(&run->random, 4) ? 40 : RIG_VALUE_MAX;
	struct span key = key_at(run, index),
		    value = { bytes, longest - rig_draw(&run->random, 41) }; /* some too long for their buckets */

	if (!run->depth)
		return true;
	memset(bytes, (int)rig_draw(&run->random, 256), sizeof(bytes));
	for (twin = 0; twin < 2; twin++) {
		struct overlay *overlay = run->overlays[twin][run->depth - 1];
		int error = deletes ? overlay_delete(overlay, key) : overlay_put(overlay, key, value, version);

		if (error)
			return fail(run, "a write was refused");
		if (run->depth > 1 && overlay_put(run->overlays[twin][0], key, value, version) != -EBUSY)
			return fail(run, "an overlay below another one was changed");
	}
	if (deletes)
		rig_delete(top_model(run), key);
	else
		rig_put(top_model(run), key, value, version);
	return true;
}

static bool step_push(struct run *run)
{
	u32 twin;

	if (run->depth == DEPTH)
		return true;
	for (twin = 0; twin < 2; twin++) {
		struct overlay *below = run->depth ? run->overlays[twin][run->depth - 1] : NULL;

		run->overlays[twin][run->depth] = overlay_new(run->states[twin], below);
		if (!run->overlays[twin][run->depth] || overlay_new(run->states[twin], below))
			return fail(run, "an overlay was not made, or a second one beside it was");
	}
	run->models[run->depth + 1] = run->models[run->depth];
	run->depth++;
	return true;
}

static bool step_drop(struct run *run)
{
	u32 level, twin;

	if (!run->depth)
		return true;
	level = rig_draw(&run->random, run->depth);
	for (twin = 0; twin < 2; twin++)
		overlay_drop(run->overlays[twin][level]);
	run->depth = level;
	return true;
}

static bool step_root(struct run *run)
{
	u32 level = rig_draw(&run->random, run->depth + 1), twin;
	u8 wanted[32], root[32];

	rig_root(&run->models[level], run->seed, wanted);
	for (twin = 0; twin < 2; twin++) {
		if (!level)
			memcpy(root, state_mark(run->states[twin])->root, 32);
		else if (overlay_root(run->overlays[twin][level - 1], root))
			return fail(run, "a root could not be made");
		if (memcmp(root, wanted, 32))
			return fail(run, "a root differs from the model's");
	}
	return true;
}

static void remember(struct run *run)
{
	struct rig_model *before = &run->models[0], *after = &run->models[1];
	u32 i;

	for (i = 0; i < POOL; i++) {
		struct rig_pair *old = rig_find(before, key_at(run, i)), *now = rig_find(after, key_at(run, i));
		bool was = old && old->there, is = now && now->there;

		if (!strchr(STATE_HISTORY_SPACES, run->keys[i][0]))
			continue;
		if (!is && !was)
			continue;
		if (is && was && old->version.number == now->version.number && old->version.index == now->version.index)
			continue;
		run->past[run->past_count].key = i;
		run->past[run->past_count].deleted = !is;
		run->past[run->past_count].version = is ? now->version : (struct state_version){ run->number, 0 };
		memcpy(run->past[run->past_count++].value, now->value, 8);
	}
}

static bool step_commit(struct run *run)
{
	struct state_mark mark = { .number = run->number };
	u8 recomputed[32];
	u32 twin, level;
	u64 keys;

	if (!run->depth)
		return true;
	remember(run);
	rig_root(&run->models[1], run->seed, mark.root);
	for (twin = 0; twin < 2; twin++) {
		if (run->depth > 1 && state_commit(run->overlays[twin][1], &mark, false) != -EINVAL)
			return fail(run, "an overlay that does not lie on the committed state was committed");
		if (state_commit(run->overlays[twin][0], &mark, rig_draw(&run->random, 2)))
			return fail(run, "a commit failed");
		if (state_recompute(run->states[twin], recomputed, &keys) || memcmp(recomputed, mark.root, 32))
			return fail(run, "the root recomputed from nothing differs");
		for (level = 1; level < run->depth; level++)
			run->overlays[twin][level - 1] = run->overlays[twin][level];
	}
	for (level = 0; level < run->depth; level++)
		run->models[level] = run->models[level + 1];
	run->depth--;
	run->number++;
	return true;
}

static bool step_prove(struct run *run)
{
	struct span key = key_at(run, rig_draw(&run->random, POOL)), other = key_at(run, rig_draw(&run->random, POOL));
	struct rig_pair *pair = rig_find(&run->models[0], key);
	u8 root[32], *proof, hash[32], held[32], wanted[32], record[12 + RIG_VALUE_MAX];
	struct writer writer;
	size_t len, at;
	u32 twin;
	int there;

	writer_init(&writer, record, sizeof(record));
	if (pair) {
		writer_u64(&writer, pair->version.number);
		writer_u32(&writer, pair->version.index);
		writer_bytes(&writer, pair->value, pair->value_len);
	}
	ledger_hash_bytes(LEDGER_DOMAIN_VALUE, record, writer_len(&writer), wanted);
	for (twin = 0; twin < 2; twin++) {
		memcpy(root, state_mark(run->states[twin])->root, 32);
		if (state_prove(run->states[twin], key, &proof, &len))
			return fail(run, "a proof could not be made");
		there = buckettree_check(run->seed, root, key, rig_span(proof, len), held);
		if (buckettree_bucket(run->seed, key) != buckettree_bucket(run->seed, other) &&
		    buckettree_check(run->seed, root, other, rig_span(proof, len), hash) != -EBADMSG)
			return fail(run, "a proof of one bucket spoke for another");
		at = rig_draw(&run->random, (u32)len);
		proof[at] ^= (u8)(1 << rig_draw(&run->random, 8));
		run->checks += buckettree_check(run->seed, root, key, rig_span(proof, len), hash) == -EBADMSG &&
			       buckettree_check(run->seed, root, key, rig_span(proof, len - 1), hash) == -EBADMSG;
		run->checks--;
		free(proof);
		if (there != (pair && pair->there) || (there && memcmp(held, wanted, 32)))
			return fail(run, "a proof does not say what the state says");
	}
	return true;
}

static bool step_reopen(struct run *run)
{
	struct store *store;
	char error[320];

	while (run->depth)
		if (!step_drop(run))
			return false;
	state_close(run->states[1]);
	run->states[1] = NULL;
	if (store_leveldb_open(run->folder, false, &store, error) || state_open(store, run->seed, &run->states[1]))
		return fail(run, "the state could not be opened again");
	if (memcmp(state_mark(run->states[0]), state_mark(run->states[1]), sizeof(struct state_mark)))
		return fail(run, "the mark changed by closing and opening");
	return true;
}

struct history {
	struct run *run;
	u32 key, left;
	bool right;
};

static bool history_each(void *arg, const struct state_version *version, bool deleted, struct span value)
{
	struct history *history = arg;
	struct run *run = history->run;

	while (history->left && run->past[history->left - 1].key != history->key)
		history->left--;
	if (!history->left--)
		return history->right = false;
	history->right =
		history->right && run->past[history->left].deleted == deleted &&
		run->past[history->left].version.number == version->number &&
		run->past[history->left].version.index == version->index &&
		(deleted || !memcmp(run->past[history->left].value, value.bytes, value.len < 8 ? value.len : 8));
	return true;
}

static bool check_history(struct run *run)
{
	u32 i, twin;

	for (i = 0; i < POOL; i++)
		for (twin = 0; twin < 2; twin++) {
			struct history history = { run, i, run->past_count, true };

			if (state_history(run->states[twin], key_at(run, i), history_each, &history) || !history.right)
				return fail(run, "a key's history differs");
			while (history.left && run->past[history.left - 1].key != i)
				history.left--;
			if (history.left)
				return fail(run, "a key's history is not whole");
		}
	return true;
}

static bool run_start(struct run *run, u64 seed)
{
	struct store *store;
	char error[320];
	u32 i;

	memset(run, 0, sizeof(*run));
	run->random.word = seed;
	run->number = 1;
	for (i = 0; i < 32; i++)
		run->seed[i] = (u8)rig_draw(&run->random, 256);
	draw_keys(run);
	run->models = calloc(DEPTH + 1, sizeof(*run->models));
	run->past = calloc(STEPS * POOL, sizeof(*run->past));
	rig_folder(run->folder);
	if (store_memory_open(&store) || state_open(store, run->seed, &run->states[0]))
		return fail(run, "the state in memory could not be opened");
	if (store_leveldb_open(run->folder, true, &store, error) || state_open(store, run->seed, &run->states[1]))
		return fail(run, "the state in LevelDB could not be opened");
	return true;
}

static void run_end(struct run *run)
{
	state_close(run->states[0]);
	state_close(run->states[1]);
	rig_folder_done(run->folder);
	free(run->models);
	free(run->past);
}

int main(void)
{
	static bool (*const steps[])(struct run * run) = { step_write, step_write, step_write, step_write,
							   step_write, step_read,  step_read,  step_first,
							   step_root,  step_push,  step_prove };
	static struct run run;
	u64 seed;
	u32 step;

	ktap_plan(0);
	for (seed = 1; seed <= SEEDS; seed++) {
		bool right = run_start(&run, seed);

		for (step = 0; right && step < STEPS; step++) {
			u32 draw = rig_draw(&run.random, 100);

			if (draw < 3)
				right = step_commit(&run);
			else if (draw < 4)
				right = step_drop(&run);
			else if (draw < 5)
				right = rig_draw(&run.random, 6) || step_reopen(&run);
			else
				right = steps[rig_draw(&run.random, sizeof(steps) / sizeof(steps[0]))](&run);
		}
		right = right && check_history(&run);
		ktap_ok(right && !run.checks, "seed %llu: %u steps, %llu blocks, step %u: %s", (unsigned long long)seed,
			STEPS, (unsigned long long)run.number - 1, step, right ? "all as the model" : run.why);
		run_end(&run);
	}
	return ktap_exit();
}
